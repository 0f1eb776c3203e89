"""search.answering.rollup: what the cases of an answer took, what to learn, whom to ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.access import Asker
from library.errors import ChallengeError
from search.answering.assembling import search_cases
from search.answering.rollup import NOTE_CLOSENESS, find_contacts, find_offerings, weigh_cases
from search.answers.answer import Answer
from search.answers.options import SearchOptions
from search.engine import LocalEngine
from tests.conftest import case_text, concept_text, index_library, write_library


def _note(title: str, industry: str, *, valid_until: str = "2027-01-31", text: str = "Buyers press on price.") -> str:
    return (
        f"---\ntitle: {title}\nsummary: S.\nstatus: approved\nclassification: internal\nlast_verified: 2026-06-30\n"
        f"industries: [{{scheme: isic, code: '{industry}'}}]\nnote_kind: trend\nvalid_until: {valid_until}\n"
        f"sources: [Eurostat]\n---\n\n## Trend\n\n{text}\n"
    )


def _learning(title: str, links: str, *, language: str = "en", more: str = "") -> str:
    return (
        f"---\ntitle: {title}\nlanguage: {language}\nsummary: S.\nstatus: approved\nclassification: internal\n"
        f"last_verified: 2026-06-30\nlearning_resource_type: workshop\ntime_required: PT8H\n"
        f"url: https://example.org/x\n{links}\n{more}---\n\n## What\n\nTwo days.\n"
    )


HIDDEN = "access_groups: [red]\n"
FILES = {
    "kb/competencies/cmp-value.md": concept_text("Quantifying value"),
    "kb/competencies/cmp-plan.md": concept_text("Planning"),
    "kb/enablers/enb-desk.md": concept_text("Pricing desk", more="how_to_engage: Ask.\nrelated: [lrn-desk]\n"),
    "kb/enablers/enb-sponsor.md": concept_text("Sponsorship"),
    "kb/learning/lrn-value.md": _learning("Figures", "teaches: [cmp-value]\nrelated: [enb-sponsor, cmp-plan]"),
    "kb/learning/lrn-wert.md": _learning("Zahlen", "teaches: [cmp-value]", language="de"),
    "kb/learning/lrn-desk.md": _learning("Prices", "teaches: [cmp-plan, cmp-value]"),
    "kb/learning/lrn-secret.md": _learning("Zebra", "teaches: [cmp-value]", more=HIDDEN).replace(
        "internal", "confidential"
    ),
    "kb/learning/lrn-draft.md": _learning("Later", "teaches: [cmp-value]").replace("approved", "draft"),
    "kb/industries/note-food.md": _note("Food", "10"),
    "kb/industries/note-steel.md": _note("Steel", "24", text="Sponsors left the steel mills."),
    "kb/industries/note-old.md": _note("Old food", "10", valid_until="2025-01-31"),
    "cases/case-price.md": case_text(
        title="Prices",
        challenge="Purchasing demands a price cut of five percent on price.",
        competencies="cmp-value",
        enablers="{id: enb-desk, effect: critical}, {id: enb-sponsor, effect: missing}",
        more="offerings: [Drives, service]\ncontact: ann@example.org\n",
    ),
    "cases/case-rebate.md": case_text(
        title="Rebates",
        challenge="A rebate on the price.",
        competencies="cmp-value, cmp-plan",
        enablers="enb-desk",
        more="offerings: [Service, Drives, drives]\n",
    ),
    "cases/case-plant.md": case_text(
        title="Plant", challenge="The plant stands still.", competencies="cmp-plan", enablers="enb-sponsor"
    ),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    engine = index_library(write_library(tmp_path_factory.mktemp("rollup"), FILES))
    yield engine
    engine.close()


def _answer(engine: LocalEngine, text: str = "a price cut of five percent", **options: object) -> Answer:
    asker = Asker(groups=frozenset({"red"})) if options.pop("inside", False) else Asker()
    chosen = replace(SearchOptions(today=date(2026, 11, 1)), **options)  # type: ignore[arg-type]  # given by name
    return search_cases(engine, text, asker=asker, options=chosen)


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=8))
def test_weights_add_up_and_follow_the_scores(scores: list[float]) -> None:
    """Whatever the sign of the scores, weights are shares of one and never grow where the score falls."""
    weights = weigh_cases({f"case-{n}": score for n, score in enumerate(scores)})
    assert sum(weights.values()) == pytest.approx(1)
    assert min(weights.values()) > 0
    ordered = [weights[f"case-{n}"] for n in sorted(range(len(scores)), key=lambda n: scores[n])]
    assert ordered == sorted(ordered)


def test_no_case_weighs_nothing() -> None:
    """An empty answer has no shares."""
    assert weigh_cases({}) == {}


def test_weight_is_the_share_of_the_cases_that_take_it(engine: LocalEngine) -> None:
    """What the closest case takes weighs more than what two distant ones take, and what all take weighs one."""
    answer = _answer(engine)
    assert answer.cases[0].id == "case-price"
    weights = weigh_cases({case.id: case.score for case in answer.cases})
    found = {entry.id: entry for entry in (*answer.competencies, *answer.enablers)}
    assert found["cmp-value"].weight == pytest.approx(weights["case-price"] + weights["case-rebate"], abs=1e-5)
    assert found["cmp-plan"].weight == pytest.approx(weights["case-rebate"] + weights["case-plant"], abs=1e-5)
    assert [entry.id for entry in answer.competencies] == ["cmp-value", "cmp-plan"]
    assert found["cmp-value"].cases == ("case-price", "case-rebate")


def test_what_was_only_missing_is_a_lesson(engine: LocalEngine) -> None:
    """An enabler that a case lacked is one to learn from, unless another case had it."""
    only = search_cases(engine, "price", asker=Asker(), options=SearchOptions(limit=2))
    assert {entry.id: entry.lesson for entry in only.enablers} == {"enb-desk": False, "enb-sponsor": True}
    assert {entry.id: entry.lesson for entry in _answer(engine).enablers}["enb-sponsor"] is False
    assert {entry.id: dict(entry.effects) for entry in only.enablers} == {
        "enb-desk": {"case-price": "critical"},
        "enb-sponsor": {"case-price": "missing"},
    }


def test_learning_teaches_a_competency_or_is_related_to_an_enabler(engine: LocalEngine) -> None:
    """In either direction for an enabler; what merely relates to a competency does not teach it; drafts are no help."""
    answer = _answer(engine)
    learning = {
        entry.id: [resource.id for resource in entry.learning] for entry in (*answer.competencies, *answer.enablers)
    }
    assert learning == {
        "cmp-value": ["lrn-value", "lrn-desk", "lrn-wert"],
        "cmp-plan": ["lrn-desk"],
        "enb-desk": ["lrn-desk"],
        "enb-sponsor": ["lrn-value"],
    }
    first = answer.competencies[0].learning[0]
    assert (first.title, first.learning_resource_type, first.time_required, first.url) == (
        "Figures",
        "workshop",
        "PT8H",
        "https://example.org/x",
    )


def test_learning_in_the_readers_language_comes_first(engine: LocalEngine) -> None:
    """A German reader gets the German workshop first."""
    assert _answer(engine, language="de").competencies[0].learning[0].id == "lrn-wert"


def test_hidden_learning_is_for_its_group(engine: LocalEngine) -> None:
    """What the asker may not see is not there to learn from."""
    for inside in (True, False):
        resources = _answer(engine, inside=inside).competencies[0].learning
        assert ("lrn-secret" in [resource.id for resource in resources]) is inside


def test_gaps_are_what_the_team_does_not_have(engine: LocalEngine) -> None:
    """By weight, with how to engage and learning; what it has is echoed."""
    answer = _answer(engine, have=("enb-desk", "cmp-value", "enb-desk"))
    assert answer.have == ("enb-desk", "cmp-value")
    assert [entry.id for entry in answer.gaps] == ["enb-sponsor", "cmp-plan"]
    assert answer.gaps[1].learning[0].id == "lrn-desk"
    assert [entry.type for entry in answer.gaps] == ["enabler", "competency"]


def test_gaps_are_listed_for_who_says_what_he_has(engine: LocalEngine) -> None:
    """Without `have` there is no list; with everything there is no gap."""
    assert _answer(engine).gaps == ()
    assert _answer(engine, have=("enb-desk", "cmp-value", "enb-sponsor", "cmp-plan")).gaps == ()


@pytest.mark.parametrize(
    ("have", "hint"),
    [("enb-dsk", "Did you mean enb-desk?"), ("case-price", "casebook list competencies"), ("", "casebook list")],
)
def test_unknown_id_is_told(engine: LocalEngine, have: str, hint: str) -> None:
    """A misspelt id is no silent gap; another type's id is none of these."""
    with pytest.raises(ChallengeError, match="No competency or enabler") as caught:
        _answer(engine, have=(have,))
    assert hint in str(caught.value)


def test_offerings_are_listed_once(engine: LocalEngine) -> None:
    """What most cases offered comes first, in whatever case it is written, once for each of them."""
    offerings = find_offerings(_answer(engine).cases)
    assert [(offering.label, set(offering.cases)) for offering in offerings] == [
        ("Drives", {"case-price", "case-rebate"}),
        ("service", {"case-price", "case-rebate"}),
    ]


def test_notes_of_the_industry_come_first_and_expired_ones_say_so(engine: LocalEngine) -> None:
    """A note about the industries of the cases, or of the text, may be further away; one out of date is marked."""
    answer = _answer(engine, "buyers press on price")
    assert {note.id: note.expired for note in answer.notes} == {"note-food": False, "note-old": True}
    named = _answer(engine, "a steel mill presses on price and the sponsors left")
    assert named.notes[0].id == "note-steel"


def test_distant_note_is_shown_for_its_industry_alone(engine: LocalEngine) -> None:
    """What no other note would be shown for is enough for one about the industry of the closest cases."""
    notes = _answer(engine, "a rebate on the price").notes
    assert [note.id for note in notes] == ["note-food", "note-old"]
    assert all(note.closeness < NOTE_CLOSENESS for note in notes)


def test_note_is_valid_on_its_last_day(engine: LocalEngine) -> None:
    """Expired means that the day has passed."""
    for today, expired in ((date(2027, 1, 31), False), (date(2027, 2, 1), True)):
        notes = {note.id: note.expired for note in _answer(engine, "buyers press on price", today=today).notes}
        assert notes["note-food"] is expired


def test_contacts_stand_in_the_order_of_the_cases(engine: LocalEngine) -> None:
    """Each contact once, with the cases to ask about."""
    cases = _answer(engine).cases
    assert find_contacts(cases)[0].contact == cases[0].contact == "ann@example.org"
    assert sorted(id_ for entry in find_contacts(cases) for id_ in entry.cases) == sorted(case.id for case in cases)
