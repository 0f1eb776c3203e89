"""search.answering.presenting: what an answer tells of a case, from the view alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from library.access import Asker
from search.answering.presenting import CasePresenter
from search.answers.answer import FoundCase
from search.answers.options import SearchOptions
from search.engine import LocalEngine
from search.ranking.fusion import rank
from search.understanding.challenge import understand
from search.understanding.situation import read_situation
from search.view import View
from tests.conftest import case_text, concept_text, index_library, write_library

LABELS = "alt_labels:\n  en: [sponsor left, executive champion]\n  de: [Förderer geht]\n"
FILES = {
    "kb/challenges/chl-sponsor.md": concept_text("Loss of support", more=LABELS),
    "kb/enablers/enb-desk.md": concept_text("Pricing desk"),
    "kb/enablers/enb-zebra.md": concept_text("Zebra desk", classification="confidential"),
    "cases/case-first.md": case_text(
        title="First",
        challenge="Our executive champion was gone by May, and nobody told us.",
        challenge_types="chl-sponsor",
        enablers="{id: enb-desk, effect: critical}, {id: enb-zebra, effect: missing}",
        more=(
            "practice_maturity: good_practice\nreplication_conditions: [A named deputy.]\n"
            "contraindications: [Small accounts.]\npitfalls: [Nobody noticed.]\n"
            "value:\n  - {metric: A, evidence: estimated}\n  - {metric: B, evidence: finance_validated}\n"
        ),
    ),
    "cases/case-again.md": case_text(title="Again", more="replicates: case-first\n"),
    "cases/case-third.md": case_text(title="Third", more="replicates: case-again\n"),
    "cases/case-hidden.md": case_text(title="Zebra", classification="restricted", more="replicates: case-first\n"),
    "cases/case-draft.md": case_text(title="Draft", status="draft", more="replicates: case-first\nowner: ann\n"),
    "cases/case-erster.md": case_text(title="Erster", language="de", more="translation_of: case-first\n"),
    "cases/case-premier.md": case_text(title="Premier", language="fr", more="translation_of: case-first\n"),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    engine = index_library(write_library(tmp_path_factory.mktemp("presenting"), FILES))
    yield engine
    engine.close()


def _present(
    engine: LocalEngine,
    text: str = "the sponsor left",
    *,
    shown: str = "case-first",
    grouped: tuple[str, ...] = (),
    asker: Asker | None = None,
    **options: object,
) -> FoundCase:
    """Return one case as an answer presents it, with others grouped under it."""
    rows = {record.id: record.row for record in engine.records()}
    view = View(engine, asker or Asker())
    challenge = understand(text, engine.encoder)
    (ranked,) = rank(engine, challenge, [rows[shown]], limit=1)
    ranked = replace(ranked, grouped=tuple(rows[id_] for id_ in grouped), adjustments={"stage": 0.25})
    situation = read_situation(text, view, languages=challenge.languages)
    chosen = replace(SearchOptions(today=date(2026, 11, 1)), **options)  # type: ignore[arg-type]  # given by name
    (case,) = CasePresenter(view, chosen, challenge, situation, [ranked]).cases()
    return case


def _marked(case: FoundCase) -> set[str]:
    return {passage.text[start:end] for passage in case.passages for start, end in passage.highlights}


def test_trust_is_told_at_a_glance(engine: LocalEngine) -> None:
    """Status, last check, best grade of evidence, maturity and the visible approved replications."""
    trust = _present(engine).trust
    assert (trust.status, trust.last_verified, trust.review_overdue) == ("approved", date(2026, 6, 30), False)
    assert (trust.evidence, trust.practice_maturity, trust.replications) == ("finance_validated", "good_practice", 1)


def test_drafts_are_no_replications(engine: LocalEngine) -> None:
    """A draft is no proof that a practice works elsewhere, not even for its owner."""
    assert _present(engine, asker=Asker(user="ann")).trust.replications == 1


def test_review_is_overdue_after_its_day(engine: LocalEngine) -> None:
    """A case verified a year ago says so on the day after its review was due."""
    due = _present(engine).review_due
    assert due is not None
    assert _present(engine, today=due).trust.review_overdue is False
    assert _present(engine, today=date(due.year + 1, 1, 1)).trust.review_overdue is True


def test_case_without_figures_has_no_evidence(engine: LocalEngine) -> None:
    """No grade is made up for a case that states no figures."""
    assert _present(engine, shown="case-again").trust.evidence is None


def test_conditions_and_pitfalls_come_with_the_case(engine: LocalEngine) -> None:
    """What it takes to repeat a case is told beside it."""
    case = _present(engine)
    assert (case.conditions, case.contraindications, case.pitfalls) == (
        ("A named deputy.",),
        ("Small accounts.",),
        ("Nobody noticed.",),
    )


def test_words_of_another_name_are_highlighted(engine: LocalEngine) -> None:
    """The challenge names a concept by one name; where a passage uses another one, its words are marked too."""
    for text, marked in (("the sponsor left", True), ("Der Förderer geht", True), ("prices rise", False)):
        assert ({"executive", "champion"} <= _marked(_present(engine, text))) is marked, text


def test_enabler_that_the_asker_does_not_see_is_not_missing(engine: LocalEngine) -> None:
    """A confidential enabler appears neither among the enablers nor as a difference."""
    case = _present(engine)
    assert [entry.id for entry in case.enablers] == ["enb-desk"]
    assert all(entry.aspect != "enabler" for entry in case.differs)


def test_critical_enabler_that_the_team_lacks_is_a_difference(engine: LocalEngine) -> None:
    """Only who says what he has is told what he has not."""
    assert [entry.values for entry in _present(engine, have=("cmp-x",)).differs] == [("enb-desk",)]
    assert _present(engine, have=("enb-desk",)).differs == ()


def test_grouped_cases_tell_how_they_are_related(engine: LocalEngine) -> None:
    """Replications and translations stand under a case with their relation to it; hidden ones do not."""
    case = _present(engine, grouped=("case-again", "case-third", "case-erster", "case-hidden"))
    assert [(entry.id, entry.relation, entry.language) for entry in case.grouped] == [
        ("case-again", "replication", "en"),
        ("case-third", "practice", "en"),
        ("case-erster", "translation", "de"),
    ]
    assert case.grouped[0].title == "Again"
    assert [entry.id for entry in case.grouped[0].industries] == ["10"]


@pytest.mark.parametrize(
    ("shown", "other", "relation"),
    [
        ("case-again", "case-first", "replicated"),
        ("case-erster", "case-first", "translation"),
        ("case-erster", "case-premier", "translation"),
        ("case-third", "case-again", "replicated"),
        ("case-first", "case-again", "replication"),
        ("case-first", "case-third", "practice"),
        ("case-third", "case-first", "practice"),
    ],
)
def test_relation_is_seen_from_the_shown_case(engine: LocalEngine, shown: str, other: str, relation: str) -> None:
    """What the shown case replicates is `replicated`; where another stands between, it is no more than the practice."""
    assert [entry.relation for entry in _present(engine, shown=shown, grouped=(other,)).grouped] == [relation]


def test_adjustments_are_carried_to_the_answer(engine: LocalEngine) -> None:
    """What was added to a score is told with it."""
    assert dict(_present(engine).adjustments) == {"stage": 0.25}
    assert _present(engine).grouped == ()
