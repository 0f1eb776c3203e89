"""Facets: an item has its own values and everything broader that follows, each once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.catalogue import FacetRecord
from indexer.facets import broader_concepts, facet_records
from library.codes import industries, industry_value, regions
from library.items import AnyItem, BusinessCase, Competency, Enabler, EnablerUse, Industry, IndustryNote

_IDS = [f"c{n}" for n in range(6)]


def _facets(item: AnyItem, concepts: dict[str, AnyItem] | None = None) -> list[FacetRecord]:
    climb = broader_concepts(concepts or {})
    return list(facet_records(7, item, regions=regions(), industries=industries(), broader=climb))


def _values(item: AnyItem, facet: str, *, direct: bool, concepts: dict[str, AnyItem] | None = None) -> list[str]:
    return [f.value for f in _facets(item, concepts) if f.facet == facet and f.direct is direct]


def test_a_region_brings_everything_that_it_lies_in() -> None:
    """A case from Germany is found under DACH, Europe and EMEA, and says so without claiming them itself."""
    case = BusinessCase(id="a", title="A", regions=("DE",))
    assert _values(case, "region", direct=True) == ["DE"]
    assert {"DACH", "150", "EMEA"} <= set(_values(case, "region", direct=False))


def test_names_become_codes_and_unknown_ones_stand_for_themselves() -> None:
    """A label and its code are one value; a firm's own word stays as it was written."""
    case = BusinessCase(
        id="a", title="A", regions=("Germany", "DE", "Atlantis"), industries=(Industry(code="Unheard"),)
    )
    assert _values(case, "region", direct=True) == ["DE", "Atlantis"]
    assert _values(case, "industry", direct=True) == ["Unheard"]
    assert _values(case, "industry", direct=False) == []


def test_a_division_brings_its_section() -> None:
    """ISIC division 10 is found under section C."""
    case = BusinessCase(id="a", title="A", industries=(Industry(scheme="isic", code="10"),))
    assert _values(case, "industry", direct=True) == ["10"]
    assert _values(case, "industry", direct=False) == ["C"]


def test_a_value_that_is_both_direct_and_broader_is_direct_once() -> None:
    """Naming Germany and Europe gives Europe one record, the direct one."""
    case = BusinessCase(id="a", title="A", regions=("DE", "150"))
    records = [f for f in _facets(case) if f.value == "150"]
    assert records == [FacetRecord(7, "region", "150", direct=True)]


def test_concepts_bring_their_broader_ones() -> None:
    """A case on a competency is found under its area, nearest first."""
    concepts: dict[str, AnyItem] = {
        "skill": Competency(id="skill", title="Skill", broader=("area",)),
        "area": Competency(id="area", title="Area", broader=("top",)),
        "top": Competency(id="top", title="Top"),
    }
    case = BusinessCase(id="a", title="A", competencies=("skill",))
    assert _values(case, "competency", direct=False, concepts=concepts) == ["area", "top"]


def test_a_concept_that_is_not_among_the_given_ones_leads_nowhere() -> None:
    """Hierarchies go through given concepts alone, so a hidden one tells nothing of what is above it."""
    concepts: dict[str, AnyItem] = {"top": Competency(id="top", title="Top")}
    case = BusinessCase(id="a", title="A", competencies=("hidden",))
    assert _values(case, "competency", direct=True, concepts=concepts) == ["hidden"]
    assert _values(case, "competency", direct=False, concepts=concepts) == []


@given(edges=st.lists(st.tuples(st.sampled_from(_IDS), st.sampled_from(_IDS)), max_size=15))
def test_climbing_ends_whatever_points_where(edges: list[tuple[str, str]]) -> None:
    """Circles in `broader` end, and no concept is broader than itself."""
    concepts: dict[str, AnyItem] = {
        name: Enabler(id=name, title=name, broader=tuple(up for down, up in edges if down == name)) for name in _IDS
    }
    climb = broader_concepts(concepts)
    for name in _IDS:
        above = climb(name)
        assert len(above) == len(set(above))
        assert name not in above
        assert {up for down, up in edges if down == name and up != name} <= set(above)


@given(values=st.lists(st.sampled_from(["DE", "Germany", "150", "EMEA", "Atlantis", "FR"]), max_size=6))
def test_no_value_is_recorded_twice(values: list[str]) -> None:
    """Counts would be wrong if an item had a value twice, directly or through narrower ones."""
    keys = [(f.facet, f.value) for f in _facets(BusinessCase(id="a", title="A", regions=tuple(values)))]
    assert len(keys) == len(set(keys))


def test_empty_fields_give_no_values() -> None:
    """What a case leaves open is no facet value; its language always is one."""
    assert _facets(BusinessCase(id="a", title="A")) == [FacetRecord(7, "language", "en", direct=True)]


def test_each_type_has_its_own_facets() -> None:
    """Cases have outcome, enablers and offerings, notes their kind; a concept only its language."""
    case = BusinessCase(
        id="a",
        title="A",
        outcome="partial",
        enablers=(EnablerUse(id="enb-coe", effect="missing"),),
        offerings=("pumps",),
        market_archetype="integrated",
        challenge_types=("chl-x",),
    )
    note = IndustryNote(id="n", title="N", note_kind="trend", market_archetype="integrated")
    assert {f.facet for f in _facets(case)} == {
        "language", "outcome", "enabler", "offering", "market-archetype", "challenge-type",
    }  # fmt: skip
    assert {f.facet for f in _facets(note)} == {"language", "note-kind", "market-archetype"}
    assert {f.facet for f in _facets(Competency(id="c", title="C", language="de"))} == {"language"}


def test_a_code_of_another_scheme_is_not_taken_for_isic() -> None:
    """`C` of a firm's own scheme is no manufacturing; it stands for itself."""
    assert industry_value("own", "C") == "own:C"
    assert industry_value("nace", "10") == "10"
    assert industry_value("", "brewery") == "11"
    assert industry_value("", "Unheard of") == "Unheard of"
