"""search.understanding.naming: the regions and industries that a text names, and nothing that it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.codes import industries, regions
from search.understanding.naming import find_industries, find_regions

ALL = ("en", "de", "fr")


def _regions(text: str, languages: tuple[str, ...] = ALL) -> list[str]:
    return [mention.value for mention in find_regions(text, regions(), languages)]


def _industries(text: str) -> list[str]:
    return [mention.value for mention in find_industries(text, industries())]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Their plants in Poland and Germany", ["PL", "DE"]),
        ("Werke in der Türkei und in Österreich", ["TR", "AT"]),
        ("ses usines en Europe du Sud", ["039"]),
        ("11 Werke in DACH", ["DACH"]),
        ("schreibt den Vertrag europaweit aus", ["150"]),
        ("price pressure poland", ["PL"]),
        ("6 plants EU + 2 MX", ["EU", "MX"]),
        ("plants in the UK, the USA, the US and the UAE", ["GB", "US", "AE"]),
        ("a US-based buyer", ["US"]),
        ("Latin America first", ["LATAM"]),
    ],
)
def test_regions_are_found_in_three_languages(text: str, codes: list[str]) -> None:
    """A country, region or firm region counts by any of its names, and by a few safe codes in capitals."""
    assert _regions(text) == codes


@pytest.mark.parametrize(
    "text",
    [
        "RE: FW: the renewal, no reply yet",
        "NO, IT is not IN our hands, said HR; AS agreed, AT least",
        "tell us at once, de la part de nous",
        "Nordmed AG and Baltrema SE, a PE fund, PL products, BR Tom",
        "a new roof: das Dach ist undicht",
        "turkey sandwiches for the workshop",
        "an island of its own",
        "Maurice, Dominique and Chad were there; Jordan called",
        "La Réunion était longue",
        "our global account, worldwide",
        "DE&I is on the agenda, they blame US",
        "the EU regulation and the EU-Verordnung",
        "keller@nordmed.de or 10 of 12",
        "WE ARE IN DE NEED OF HELP, SAYS US BOSS",
    ],
)
def test_other_words_are_no_regions(text: str) -> None:
    """A wrong region is worse than none: replies, forms of companies, names of people and pronouns are not places."""
    assert _regions(text) == []


def test_island_is_a_country_in_german_alone() -> None:
    """What a word means depends on the language that the text is in."""
    assert _regions("Das Werk auf Island", ("de",)) == ["IS"]
    assert _regions("The plant on the Island", ("en",)) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("our largest beverage customer", ["11"]),
        ("a brewer with ten plants", ["11"]),
        ("Unser Konzernkunde (Maschinenbau)", ["28"]),
        ("Client grand compte dans la cosmétique", ["20"]),
        ("client dans la chimie", ["20"]),
        ("big auto OEM", ["29"]),
        ("Hospital group", ["86"]),
        ("Ein Getränkehersteller und ein Versicherungskonzern", ["11", "65"]),
        ("a steel producer, a hotel group and a paper mill", ["24", "55", "17"]),
        ("maker of glass", ["23"]),
        ("bei Brauereien", ["11"]),
    ],
)
def test_industries_are_found_in_three_languages(text: str, codes: list[str]) -> None:
    """An industry counts by words for its firms, and by words for things beside a word for a firm."""
    assert _industries(text) == codes


@pytest.mark.parametrize(
    "text",
    [
        "steel prices and transport costs are up, energy too",
        "we stayed at a hotel, took a taxi and asked a lawyer at the bank",
        "price pressure on plastic packaging",
        "10 or 29 of them, code 86",
        "the sales pipeline, a call with IT and head office",
        "bonne santé et bon travail",
        "we need training and software",
    ],
)
def test_things_are_no_industries(text: str) -> None:
    """What we sell, what a bill is for and what is named in passing tells nothing of the customer."""
    assert _industries(text) == []


def test_longest_name_wins_and_keeps_its_place() -> None:
    """A name within a longer one is not counted again; the words stand where the mention says."""
    text = "They run a paper mill near Central and Eastern Europe."
    (place,) = find_regions(text, regions(), ALL)
    assert (place.value, place.words) == ("CEE", "Central and Eastern Europe")
    assert place.span is not None
    assert text[slice(*place.span)] == place.words


def test_own_regions_of_a_firm_are_found() -> None:
    """A firm's own group of countries is a region as any other."""
    known = regions().with_groups({"Alpine": ["CH", "AT"]})
    assert [mention.value for mention in find_regions("all Alpine plants", known, ALL)] == ["Alpine"]


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    """Whatever is typed, every mention stands in the text at its place."""
    for mention in (*find_regions(text, regions(), ALL), *find_industries(text, industries())):
        assert mention.span is not None
        assert text[slice(*mention.span)] == mention.words
