"""Filters decide who takes part before anything is ranked; facets count what the other filters leave."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from library.access import Asker, Role
from library.codes import industries, regions
from library.errors import ChallengeError
from search.answering.assembling import SearchOptions, search_cases
from search.engine import LocalEngine
from search.filters import CASE_FACETS, CaseFilter, FacetCount, Filters
from search.view import View
from tests.conftest import case_text, concept_text, index_library, write_library

ANYONE = Asker()
RED = Asker(groups=frozenset({"red"}))
# Skills and one area above two of them; a challenge type and an enabler that only the red group knows.
BROADER = {"cmp-area": "", "cmp-sell": "cmp-area", "cmp-plan": "cmp-area", "cmp-lead": ""}
CHALLENGES = ("chl-price", "chl-secret")
ENABLERS = ("enb-sponsor", "enb-coe", "enb-hidden")
CLOSED = ("chl-secret", "enb-hidden")
GUARD = "access_groups: [red]\n"


@dataclass(frozen=True)
class _Case:
    """A random case as its file says it."""

    id: str
    status: str
    is_closed: bool
    day: date
    values: Mapping[str, tuple[str, ...]]

    def as_text(self) -> str:
        values = self.values
        return case_text(
            title=f"Case {self.id}",
            status=self.status,
            classification="confidential" if self.is_closed else "internal",
            language=values["language"][0],
            industry=values["industry"][0],
            region=values["region"][0],
            outcome=values["outcome"][0],
            challenge_types=", ".join(values["challenge-type"]),
            competencies=", ".join(values["competency"]),
            enablers=", ".join(values["enabler"]),
            challenge=f"The customer of {self.id} had a problem with price and delivery.",
            more=GUARD if self.is_closed else "",
        ).replace("last_verified: 2026-06-30", f"last_verified: {self.day.isoformat()}")


def _random_case(rng: random.Random, number: int) -> _Case:
    def some(values: Sequence[str]) -> tuple[str, ...]:
        return tuple(rng.sample(values, rng.randint(0, 2)))

    return _Case(
        id=f"case-{number:02}",
        status="draft" if rng.random() < 0.1 else "approved",
        is_closed=rng.random() < 0.25,
        day=date(2026, rng.randint(2, 9), 1),
        values={
            "industry": (rng.choice(["10", "11", "C", "86", "Q", "Space mining"]),),
            "region": (rng.choice(["DE", "FR", "DACH", "US", "JP", "EMEA", "Atlantis"]),),
            "challenge-type": some(CHALLENGES),
            "competency": some(tuple(BROADER)),
            "enabler": some(ENABLERS),
            "outcome": (rng.choice(["success", "partial"]),),
            "language": (rng.choice(["en", "de"]),),
        },
    )


CASES = tuple(_random_case(random.Random(seed), seed) for seed in range(40))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    """Forty random cases with their concepts, indexed."""

    def concept(concept_id: str, broader: str = "") -> str:
        is_closed = concept_id in CLOSED
        more = (f"broader: {broader}\n" if broader else "") + (GUARD if is_closed else "")
        label = concept_id.partition("-")[2].capitalize()
        return concept_text(label, more=more, classification="restricted" if is_closed else "internal")

    files = {f"cases/{case.id}.md": case.as_text() for case in CASES}
    files |= {f"kb/competencies/{name}.md": concept(name, broader) for name, broader in BROADER.items()}
    files |= {f"kb/challenges/{name}.md": concept(name) for name in CHALLENGES}
    files |= {f"kb/enablers/{name}.md": concept(name) for name in ENABLERS}
    engine = index_library(write_library(tmp_path_factory.mktemp("filters"), files))
    yield engine
    engine.close()


def _visible_cases(asker: Asker) -> list[_Case]:
    return [case for case in CASES if case.status == "approved" and (not case.is_closed or asker is RED)]


def _all_values(case: _Case, facet: str) -> set[str]:
    """Return a case's values of a facet with everything broader, by the shipped lists and BROADER."""
    values = set(case.values[facet])
    if facet == "industry":
        return values.union(*(industries().ancestors(value) for value in values))
    if facet == "region":
        return values.union(*(regions().ancestors(value) for value in values))
    if facet == "competency":
        return values | {BROADER[value] for value in values if BROADER[value]}
    return values


def _passes(case: _Case, filters: Filters, *, without: str = "") -> bool:
    in_time = filters.since is None or without == "since" or case.day >= filters.since
    return in_time and all(
        _all_values(case, facet) & set(wanted) for facet, wanted in filters.values.items() if facet != without
    )


def _expected_counts(asker: Asker, filters: Filters, facet: str) -> dict[str, int]:
    passing = [case for case in _visible_cases(asker) if _passes(case, filters, without=facet)]
    counts = Counter(value for case in passing for value in _all_values(case, facet))
    return {value: count for value, count in counts.items() if asker is RED or value not in CLOSED}


def _random_filters(rng: random.Random) -> Filters:
    chosen = rng.sample(CASE_FACETS, rng.randint(0, 3))
    known = {
        facet: sorted({value for case in CASES for value in _all_values(case, facet)} - set(CLOSED)) for facet in chosen
    }
    values = {facet: tuple(rng.sample(known[facet], rng.randint(1, min(2, len(known[facet]))))) for facet in chosen}
    return Filters(values, since=date(2026, rng.randint(2, 9), 1) if rng.random() < 0.3 else None)


def _ids(engine: LocalEngine, filters: Filters, asker: Asker = ANYONE) -> list[str]:
    view = View(engine, asker)
    return [view.records[row].id for row in CaseFilter(view, filters).eligible()]


def _with_value(facet: str, *values: str) -> list[str]:
    return [case.id for case in _visible_cases(ANYONE) if set(case.values[facet]) & set(values)]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("asker", [ANYONE, RED], ids=["anyone", "red"])
def test_counts_are_over_the_cases_that_pass_the_other_filters(engine: LocalEngine, asker: Asker, seed: int) -> None:
    """A facet counts each of its values over all visible cases that pass the filters of the other facets."""
    filters = _random_filters(random.Random(seed))
    counts = CaseFilter(View(engine, asker), filters).counts()
    assert counts.keys() == set(CASE_FACETS)
    for facet in CASE_FACETS:
        found = {entry.value: entry.count for entry in counts[facet]}
        assert found == _expected_counts(asker, filters, facet), facet


@pytest.mark.parametrize("seed", range(40))
def test_answer_holds_exactly_the_eligible_cases(engine: LocalEngine, seed: int) -> None:
    """A search returns each case that passes its filters and no other, in whatever order."""
    filters = _random_filters(random.Random(seed))
    answer = search_cases(
        engine, "delivery problem", asker=RED, filters=filters, options=SearchOptions(limit=len(CASES))
    )
    expected = [case.id for case in _visible_cases(RED) if _passes(case, filters)]
    assert sorted(case.id for case in answer.cases) == expected
    assert answer.total == len(expected)


@pytest.mark.parametrize("challenge", ["delivery", "price", "something else entirely"])
def test_counts_do_not_depend_on_the_challenge(engine: LocalEngine, challenge: str) -> None:
    """Facet counts are about the library and the filters, never about what was typed or shown."""
    filters = Filters({"industry": ("C",)})
    answer = search_cases(engine, challenge, asker=ANYONE, filters=filters, options=SearchOptions(limit=1))
    assert dict(answer.facets) == CaseFilter(View(engine, ANYONE), filters).counts()


def test_counts_are_ordered_and_labelled(engine: LocalEngine) -> None:
    """Values come by count, then by name, with the label that a reader knows."""
    counts = CaseFilter(View(engine, ANYONE), Filters()).counts()
    for entries in counts.values():
        assert list(entries) == sorted(entries, key=lambda entry: (-entry.count, entry.value))
    labels = {entry.value: entry.label for entries in counts.values() for entry in entries}
    assert labels["10"] == "Manufacture of food products"
    assert labels["DE"] == "Germany"
    assert labels["cmp-sell"] == "Sell"
    assert labels["Atlantis"] == "Atlantis"


@pytest.mark.parametrize(
    ("facet", "wide", "narrow"),
    [
        ("region", "EMEA", ("DE", "FR", "DACH", "EMEA")),
        ("region", "150", ("DE", "FR", "DACH")),  # Europe
        ("region", "DACH", ("DE", "DACH")),
        ("region", "DE", ("DE",)),
        ("region", "Atlantis", ("Atlantis",)),
        ("industry", "C", ("10", "11", "C")),
        ("industry", "10", ("10",)),
        ("industry", "Q", ("86", "Q")),
        ("competency", "cmp-area", ("cmp-area", "cmp-sell", "cmp-plan")),
        ("competency", "cmp-sell", ("cmp-sell",)),
    ],
)
def test_broader_value_takes_the_narrower_ones_in(
    engine: LocalEngine, facet: str, wide: str, narrow: tuple[str, ...]
) -> None:
    """A filter on a region, industry or area finds what lies in it, and never what lies around it."""
    found = _ids(engine, Filters({facet: (wide,)}))
    assert found == _with_value(facet, *narrow)
    assert 0 < len(found) < len(_visible_cases(ANYONE))


def test_values_of_one_facet_widen_and_facets_narrow(engine: LocalEngine) -> None:
    """Two values of a facet mean either; two facets mean both."""
    either = _ids(engine, Filters({"region": ("US", "JP")}))
    assert either == _with_value("region", "US", "JP")
    both = _ids(engine, Filters({"region": ("US", "JP"), "outcome": ("success",)}))
    assert both == [case_id for case_id in either if case_id in _with_value("outcome", "success")]
    assert 0 < len(both) < len(either)


@pytest.mark.parametrize(
    ("facet", "typed", "meant"),
    [
        ("region", "germany", "DE"),
        ("region", "Deutschland", "DE"),
        ("region", "emea", "EMEA"),
        ("region", "  atlantis ", "Atlantis"),
        ("industry", "manufacture of FOOD products", "10"),
        ("industry", "c", "C"),
        ("industry", "space mining", "Space mining"),
        ("competency", "SELL", "cmp-sell"),
        ("competency", "CMP-SELL", "cmp-sell"),
        ("enabler", "Coe", "enb-coe"),
        ("challenge-type", "price", "chl-price"),
        ("outcome", "SUCCESS", "success"),
        ("language", "DE", "de"),
    ],
)
def test_values_go_by_code_name_and_label(engine: LocalEngine, facet: str, typed: str, meant: str) -> None:
    """A value may be written as its id or code or as any of its names, in any case."""
    case_filter = CaseFilter(View(engine, ANYONE), Filters({facet: (typed,)}))
    assert case_filter.values == {facet: (meant,)}


def test_since_keeps_what_was_created_or_verified_then_or_later(engine: LocalEngine) -> None:
    """The day itself belongs to it; the later of created and verified counts."""
    day = date(2026, 6, 1)
    found = _ids(engine, Filters(since=day))
    assert found == [case.id for case in _visible_cases(ANYONE) if case.day >= day]
    assert {case.day for case in _visible_cases(ANYONE) if case.id in found} >= {day}


@pytest.mark.parametrize(
    ("facet", "typed", "told"),
    [
        ("region", "Germny", "DE"),
        ("region", "Atlantiss", "Atlantis"),
        ("industry", "Manufacture of fod products", "10"),
        ("challenge-type", "chl-pric", "chl-price"),
        ("competency", "cmp-sel", "cmp-sell"),
        ("enabler", "enb-sponsr", "enb-sponsor"),
        ("outcome", "sucess", "success"),
        ("language", "ed", "de"),
    ],
)
def test_unknown_value_names_the_nearest_known_ones(engine: LocalEngine, facet: str, typed: str, told: str) -> None:
    """A mistyped value is an error that names the facet, the value and what may have been meant."""
    with pytest.raises(ChallengeError, match=f"No {facet} is called '{typed}'") as caught:
        CaseFilter(View(engine, ANYONE), Filters({facet: (typed,)}))
    assert told in caught.value.hint


@pytest.mark.parametrize(("facet", "value"), [("challenge-type", "chl-secret"), ("enabler", "enb-hidden")])
def test_hidden_value_is_unknown(engine: LocalEngine, facet: str, value: str) -> None:
    """A concept that the asker may not see is no value, no suggestion and no count; who may see it uses it."""
    with pytest.raises(ChallengeError) as caught:
        CaseFilter(View(engine, ANYONE), Filters({facet: (value,)}))
    assert value not in caught.value.hint
    assert value not in str(CaseFilter(View(engine, ANYONE), Filters()).counts())
    assert _ids(engine, Filters({facet: (value,)}), RED)


@pytest.mark.parametrize("seed", range(60))
def test_empty_result_names_the_filters_to_relax(engine: LocalEngine, seed: int) -> None:
    """Where nothing passes, each filter whose absence helps is named with how many cases there would be then."""
    filters = _random_filters(random.Random(seed))
    found = CaseFilter(View(engine, ANYONE), filters).relaxations()
    visible = _visible_cases(ANYONE)
    if any(_passes(case, filters) for case in visible):
        assert found == ()
        return
    names = [*filters.values, *(["since"] if filters.since else [])]
    expected = {name: sum(_passes(case, filters, without=name) for case in visible) for name in names}
    assert {entry.filter: entry.cases for entry in found} == {name: count for name, count in expected.items() if count}
    assert [entry.cases for entry in found] == sorted((entry.cases for entry in found), reverse=True)


def test_random_filters_include_empty_results(engine: LocalEngine) -> None:
    """The test above is worth its name: some of its filters leave nothing, and some of those can be relaxed."""
    found = [CaseFilter(View(engine, ANYONE), _random_filters(random.Random(seed))) for seed in range(60)]
    empty = [case_filter for case_filter in found if not case_filter.eligible()]
    assert any(case_filter.relaxations() for case_filter in empty)
    assert any(entry.filter == "since" for case_filter in empty for entry in case_filter.relaxations())


def test_answer_tells_what_to_relax(engine: LocalEngine) -> None:
    """An empty answer blames the filters, not the library, and carries what to relax."""
    filters = Filters({"region": ("JP",), "language": ("de",), "outcome": ("success",), "industry": ("86",)})
    answer = search_cases(engine, "delivery", asker=ANYONE, filters=filters)
    assert answer.cases == ()
    assert "filters" in answer.verdict_text
    assert answer.relax == CaseFilter(View(engine, ANYONE), filters).relaxations()


def test_nothing_filtered_is_not_narrowed(engine: LocalEngine) -> None:
    """Without filters every visible approved case takes part, and nothing is to be relaxed."""
    case_filter = CaseFilter(View(engine, ANYONE), Filters({"region": ()}))
    assert not case_filter.is_narrowed
    assert case_filter.relaxations() == ()
    assert len(case_filter.eligible()) == len(_visible_cases(ANYONE))


def test_nothing_visible_counts_nothing(tmp_path: Path) -> None:
    """In a library without cases every facet is there, and empty."""
    engine = index_library(write_library(tmp_path, {"kb/enablers/enb-coe.md": concept_text("Centre")}))
    assert CaseFilter(View(engine, ANYONE), Filters()).counts() == dict.fromkeys(CASE_FACETS, ())
    engine.close()


def test_own_region_of_the_firm_is_known(tmp_path: Path) -> None:
    """A region of casebook.toml is a filter like any other and takes its members in."""
    root = write_library(tmp_path, {"cases/a.md": case_text(region="CH"), "cases/b.md": case_text(region="US")})
    (root / "casebook.toml").write_text('[regions]\nALPS = ["CH", "AT"]\n', encoding="utf-8")
    engine = index_library(root)
    known = regions().with_groups({"ALPS": ["CH", "AT"]})
    case_filter = CaseFilter(View(engine, ANYONE), Filters({"region": ("alps",)}), known_regions=known)
    assert [View(engine, ANYONE).records[row].id for row in case_filter.eligible()] == ["a"]
    assert FacetCount("ALPS", "ALPS", 1) in case_filter.counts()["region"]
    engine.close()


def test_counts_that_are_kept_answer_no_other_question(tmp_path: Path) -> None:
    """One asker's counts differ by language, region list, status and item type, whichever was asked for first."""
    note = (
        "---\ntitle: Note\nsummary: S.\nstatus: approved\nclassification: internal\nlast_verified: 2026-06-30\n"
        "industries: [{scheme: isic, code: '11'}]\nregions: [FR]\nnote_kind: trend\nsources: [x]\n---\n\n## A\n\nB.\n"
    )
    skill = "---\nlabels: {en: Selling, de: Verkaufen}\ndefinition: {en: D.}\nstatus: approved\n"
    skill += "classification: internal\nlast_verified: 2026-06-30\n---\n\n## A\n\nB.\n"
    files = {
        "cases/c.md": case_text(region="DE", competencies="cmp-sell"),
        "cases/d.md": case_text(region="CH", status="in_review"),
        "kb/competencies/cmp-sell.md": skill,
        "kb/industries/n.md": note,
    }
    engine = index_library(write_library(tmp_path, files))
    view = View(engine, Asker(role=Role.CURATOR))
    own = regions().with_groups({"ALPS": ["CH", "DE"]})

    def counted(facet: str, **asked: object) -> dict[str, str]:
        statuses = asked.pop("statuses", ("approved",))
        made = CaseFilter(view, Filters(statuses=statuses), **asked)  # type: ignore[arg-type]  # any of its options
        return {entry.value: entry.label for entry in made.counts()[facet]}

    for _ in range(2):
        assert counted("region")["DE"] == "Germany"
        assert counted("region", language="de")["DE"] == "Deutschland"
        assert counted("competency") == {"cmp-sell": "Selling"}
        assert counted("competency", language="de") == {"cmp-sell": "Verkaufen"}
        assert "CH" not in counted("region")
        assert "CH" in counted("region", statuses=("in_review",))
        assert counted("industry", item_type="industry_note").keys() >= {"11"}
        assert "11" not in counted("industry")
    narrower = CaseFilter(view, Filters(), known_regions=own)
    assert narrower.counts() is not CaseFilter(view, Filters()).counts(), "a firm's own regions have their own names"
    engine.close()
