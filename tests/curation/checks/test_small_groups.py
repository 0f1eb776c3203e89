"""A customer without a name is guessed when few firms fit: that is told, and ordinary descriptions are not."""

from __future__ import annotations

import pytest

from curation.checks.results import WrittenItem
from curation.checks.small_groups import find_small_groups
from library.codes import regions
from tests.curation.checks.written import written, written_case

CLOSED = "anonymised: true\n"


def _warned(item: WrittenItem) -> list[str]:
    return [problem.message for problem in find_small_groups(item, regions())]


def _case(customer: str, more: str = CLOSED, **values: str) -> WrittenItem:
    return written(written_case(more=more, **values).text.replace("customer: a customer", f"customer: {customer}"))


@pytest.mark.parametrize(
    ("customer", "told"),
    [
        ("the largest brewer", "the largest"),
        ("die größte Drogeriekette", "größte"),
        ("le plus grand brasseur", "le plus grand"),
        ("Marktführer bei Schrauben", "Marktführer"),
        ("retail bank with 641 branches", "641"),
        ("réseau de 1 340 carrosseries", "1 340"),
    ],
)
def test_what_fits_few_firms(customer: str, told: str) -> None:
    """A rank, or an exact count with one industry and one country, points at one firm."""
    (message,) = _warned(_case(customer))
    assert f"“{told}”" in message
    assert "few firms fit" in message


@pytest.mark.parametrize(
    "customer",
    [
        "global brewer, more than ten plants",
        "retail bank with about 640 branches",
        "bank with 600 branches",
        "maker of pumps, 9 plants",
        "Drogeriekette mit rund 950 Filialen",
    ],
)
def test_ordinary_descriptions(customer: str) -> None:
    """Small and rounded numbers fit many."""
    assert _warned(_case(customer)) == []


def test_exact_count_needs_one_country_and_one_industry() -> None:
    """Over several countries, or a whole region, more firms fit; a region that holds the country is no other."""
    customer = "retail bank with 641 branches"
    assert _warned(_case(customer, region="DE, FR")) == []
    assert _warned(_case(customer, region="EMEA")) == []
    assert _warned(_case(customer, region="DE, DACH"))
    assert _warned(_case(customer, industry="C")) == []


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        ("The largest brewer in Denmark wants less.", True),
        ("Der größte Hersteller in Dänemark will weniger.", True),
        ("Our largest customer wants less.", False),
        ("Their largest plant in Denmark stood still.", False),
        ("The largest part of the saving came late.", False),
    ],
)
def test_running_text_is_told_where_a_place_follows(summary: str, *, told: bool) -> None:
    """In a sentence a superlative is about a firm only with a place behind it, and not if it is about one's own."""
    assert bool(_warned(_case("a brewer", summary=summary))) is told


@pytest.mark.parametrize(
    ("more", "classification", "told"),
    [
        ("", "internal", False),
        ("", "confidential", True),
        ("", "restricted", True),
        (CLOSED, "public", True),
        (f"{CLOSED}illustrative: true\n", "confidential", False),
    ],
)
def test_only_where_nobody_shall_be_recognised(more: str, classification: str, *, told: bool) -> None:
    """A named reference and an invented sample have nobody to protect."""
    assert bool(_warned(_case("the largest brewer", more=more, classification=classification))) is told
