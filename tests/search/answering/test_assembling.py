"""search.answering.assembling: a whole answer on a small library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.access import Asker
from library.errors import ChallengeError, UnknownItemError
from search.answering.assembling import SearchOptions, search_cases, similar_cases
from search.engine import LocalEngine
from search.filters import Filters
from search.rendering.text import Styles, render_answer
from tests.conftest import case_text, concept_text, index_library, write_library

FILES = {
    "kb/challenges/chl-sponsor.md": concept_text("Sponsor change", more="alt_labels:\n  en: [champion left]\n"),
    "kb/challenges/chl-price.md": concept_text("Price pressure"),
    "kb/competencies/cmp-value.md": concept_text("Quantifying value"),
    "kb/enablers/enb-sponsor.md": concept_text("Sponsorship", more="how_to_engage: Ask the programme office.\n"),
    "kb/enablers/enb-desk.md": concept_text("Pricing desk"),
    "kb/industries/note-food.md": (
        "---\ntitle: Food trends\nsummary: What food buyers do.\nstatus: approved\nclassification: internal\n"
        "last_verified: 2026-06-30\nindustries: [{scheme: isic, code: '10'}]\nnote_kind: trend\nsources: [Eurostat]\n"
        "---\n\n## Trend\n\nFood buyers press on price and change sponsors.\n"
    ),
    "cases/case-sponsor.md": case_text(
        title="Champion gone",
        challenge="Our executive sponsor left and the new director reviews all suppliers.",
        challenge_types="chl-sponsor",
        competencies="cmp-value",
        enablers="{id: enb-sponsor, effect: critical}, enb-desk",
        more="contact: sam@example.org\nvalue:\n  - {metric: Revenue kept, baseline: '10', result: '9', unit: M EUR}\n",
    ),
    "cases/case-price.md": case_text(
        title="Prices",
        challenge="Purchasing demands a price cut of five percent.",
        challenge_types="chl-price",
        competencies="cmp-value",
        enablers="{id: enb-desk, effect: missing}",
    ),
    "cases/case-secret.md": case_text(
        title="Zebra",
        challenge="The sponsor at Zebra left.",
        challenge_types="chl-sponsor",
        classification="confidential",
        more="access_groups: [red]\nexistence: discoverable\nowner: role:zebra\n",
    ),
    "cases/case-deutsch.md": case_text(
        title="Preise", language="de", challenge="Der Einkauf verlangt niedrigere Preise.", challenge_types="chl-price"
    ),
}


WORDS = ("sponsor", "left", "price", "cut", "director", "suppliers", "Einkauf", "Preise", "zebra", "five")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    return index_library(write_library(tmp_path_factory.mktemp("answering"), FILES))


def test_answer_holds_what_a_reader_needs(engine: LocalEngine) -> None:
    """The closest case comes with its facts, its passage with marked words, and what it links to."""
    answer = search_cases(engine, "our sponsor left", asker=Asker())
    first = answer.cases[0]
    assert first.id == "case-sponsor"
    assert (first.customer, first.outcome, first.contact) == ("a customer", "success", "sam@example.org")
    assert [(entry.id, entry.label) for entry in first.industries] == [("10", first.industries[0].label)]
    assert first.value[0]["metric"] == "Revenue kept"
    assert [(entry.label, entry.effect) for entry in first.enablers] == [
        ("Sponsorship", "critical"),
        ("Pricing desk", None),
    ]
    passage = first.passages[0]
    assert {passage.text[start:end] for start, end in passage.highlights} == {"sponsor", "left"}


def test_roll_up_counts_what_the_cases_share(engine: LocalEngine) -> None:
    """Competencies and enablers come with the cases that need them, weightiest first, and how to engage them."""
    answer = search_cases(engine, "our sponsor left", asker=Asker())
    assert answer.competencies[0].id == "cmp-value"
    assert set(answer.competencies[0].cases) == {"case-sponsor", "case-price"}
    by_id = {entry.id: entry for entry in answer.enablers}
    assert by_id["enb-sponsor"].how_to_engage == "Ask the programme office."
    assert by_id["enb-desk"].effects == {"case-price": "missing"}


def test_reason_rests_on_what_the_text_says(engine: LocalEngine) -> None:
    """The sentence tells the shared kind of challenge and the main difference; the words that say so are echoed."""
    answer = search_cases(engine, "the champion left at a French bottler", asker=Asker())
    first = answer.cases[0]
    assert first.id == "case-sponsor"
    assert first.reason.startswith("Same kind of challenge: Sponsor change; main difference: another industry (")
    assert [(entry.aspect, entry.id, entry.words) for entry in answer.understood] == [
        ("challenge", "chl-sponsor", "champion left"),
        ("industry", "11", "bottler"),
    ]
    assert all("the champion left at a French bottler"[e.start : e.end] == e.words for e in answer.understood)


def test_similar_explains_by_the_cases_own_fields(engine: LocalEngine) -> None:
    """Two cases are compared by their fields; nothing is said to stand in a text that nobody typed."""
    answer = similar_cases(engine, "case-price", asker=Asker())
    assert answer.understood == ()
    german = next(case for case in answer.cases if case.id == "case-deutsch")
    assert [entry.aspect for entry in german.matches] == ["challenge", "industry", "region"]


@given(st.lists(st.sampled_from(WORDS), min_size=2))
def test_numbers_add_up(engine: LocalEngine, words: list[str]) -> None:
    """Whatever is asked, a case's score is the sum of its arms' parts and of its adjustments."""
    for case in search_cases(engine, " ".join(words), asker=Asker(groups=frozenset({"red"}))).cases:
        parts = sum(arm.weight * arm.normalised for arm in case.arms.values())
        assert parts + sum(case.adjustments.values()) == pytest.approx(case.score, abs=1e-5)


def test_contact_falls_back_to_the_coe(engine: LocalEngine) -> None:
    """There is always someone to ask."""
    answer = search_cases(engine, "price cut", asker=Asker(), options=SearchOptions(contact="coe@example.org"))
    assert {entry.contact for entry in answer.contacts} == {"sam@example.org", "coe@example.org"}


def test_stub_tells_of_a_case_without_telling_it(engine: LocalEngine) -> None:
    """A discoverable case is a stub for who may not see it: opaque id, types, section, the COE as contact."""
    answer = search_cases(engine, "the champion left", asker=Asker(), options=SearchOptions(contact="coe@example.org"))
    assert [stub.contact for stub in answer.stubs] == ["coe@example.org"]
    assert [entry.id for entry in answer.stubs[0].challenge_types] == ["chl-sponsor"]
    assert [entry.id for entry in answer.stubs[0].industry_sections] == ["C"]
    told = json.dumps(answer.as_dict())
    assert "Zebra" not in told
    assert "case-secret" not in told
    assert "zebra" not in told


def test_stub_is_a_case_for_its_group(engine: LocalEngine) -> None:
    """Who is in the group finds the case itself, and no stub of it."""
    answer = search_cases(engine, "the champion left", asker=Asker(groups=frozenset({"red"})))
    assert "case-secret" in [case.id for case in answer.cases]
    assert answer.stubs == ()


def test_stub_is_not_shown_for_another_problem(engine: LocalEngine) -> None:
    """A stub is matched on its challenge types, not shown to everybody for everything."""
    assert search_cases(engine, "price cut of five percent", asker=Asker()).stubs == ()


def test_limit_bounds_the_cases_only(engine: LocalEngine) -> None:
    """The total and the facets count all cases that pass, however few are shown."""
    answer = search_cases(engine, "price", asker=Asker(), options=SearchOptions(limit=1))
    assert len(answer.cases) == 1
    assert answer.total == 3
    assert sum(count.count for count in answer.facets["language"]) == 3


def test_empty_filter_result_is_a_filter_problem(engine: LocalEngine) -> None:
    """Nothing passes: the answer says which filter to relax, not that the library holds nothing."""
    filters = Filters({"language": ("de",), "outcome": ("partial",)})
    answer = search_cases(engine, "price", asker=Asker(), filters=filters)
    assert (answer.verdict, answer.cases) == ("none", ())
    assert [(entry.filter, entry.cases) for entry in answer.relax] == [("outcome", 1)]
    assert "No case passes the filters" in answer.verdict_text
    assert "Without --outcome there would be 1 case." in render_answer(answer, Styles())


def test_similar_leaves_the_case_itself_out(engine: LocalEngine) -> None:
    """The cases closest to a case are others, found without loading a model."""
    answer = similar_cases(engine, "case-price", asker=Asker())
    assert [case.id for case in answer.cases][:1] == ["case-sponsor"] or "case-price" not in [
        case.id for case in answer.cases
    ]
    assert "case-price" not in [case.id for case in answer.cases]
    assert len(answer.cases) == 2


def test_similar_takes_cases_that_the_asker_sees(engine: LocalEngine) -> None:
    """A hidden id and one that does not exist get the same error; a concept is told to be none."""
    messages = []
    for item_id in ("case-secret", "case-nothing"):
        with pytest.raises(UnknownItemError) as caught:
            similar_cases(engine, item_id, asker=Asker())
        messages.append(caught.value.message.replace(item_id, "ID"))
    assert messages[0] == messages[1]
    with pytest.raises(ChallengeError, match="is no case"):
        similar_cases(engine, "enb-desk", asker=Asker())


def test_library_without_cases_says_so(tmp_path: Path) -> None:
    """An empty library is no error: the answer has no case and says why."""
    engine = index_library(write_library(tmp_path, {"kb/enablers/enb-desk.md": FILES["kb/enablers/enb-desk.md"]}))
    answer = search_cases(engine, "price", asker=Asker())
    assert (answer.verdict, answer.total, answer.verdict_text) == ("none", 0, "There is no case that you may see.")
    engine.close()


def test_answer_as_text_shows_reasons(engine: LocalEngine) -> None:
    """The text form tells title, value, marked words, enablers with effect, contact; --explain the arms."""
    answer = search_cases(engine, "our sponsor left", asker=Asker())
    text = render_answer(answer, Styles(), explain=True)
    for part in ("1. Champion gone", "*sponsor*", "Revenue kept: 10 → 9 M EUR", "Sponsorship (critical in 1)"):
        assert part in text
    for part in ("sam@example.org: case-sponsor", "Whom to ask", "passages       raw", f"search {answer.search_id}"):
        assert part in text
    assert "passages       raw" not in render_answer(answer, Styles())
