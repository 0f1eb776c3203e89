"""search.rendering.text: an answer as text that is read in two minutes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.access import Asker
from library.items import Effect, Evidence, Maturity, NoteKind, Outcome, Status
from search.answering.assembling import search_cases
from search.answers.answer import Answer, FoundCase, GroupedCase, Relation
from search.answers.options import SearchOptions
from search.engine import LocalEngine
from search.filters import Relaxation
from search.ranking.fusion import ArmScore
from search.rendering.labels import TEXT_LABELS
from search.rendering.text import Styles, render_answer
from tests.conftest import case_text, concept_text, index_library, write_library

LONG = "A long sentence of many words that would fill more than one line if nobody cut it, again and again. " * 4
FILES = {
    "kb/challenges/chl-sponsor.md": concept_text("Sponsor change", more="alt_labels:\n  en: [champion left]\n"),
    "kb/competencies/cmp-value.md": concept_text("Quantifying value"),
    "kb/enablers/enb-sponsor.md": concept_text("Sponsorship", more=f"how_to_engage: {LONG}\n"),
    "kb/enablers/enb-desk.md": concept_text("Pricing desk"),
    "kb/learning/lrn-value.md": (
        "---\ntitle: Value workshop\nsummary: Two days.\nstatus: approved\nclassification: internal\n"
        "last_verified: 2026-06-30\nlearning_resource_type: workshop\ntime_required: PT8H\nteaches: [cmp-value]\n"
        "---\n\n## What\n\nTwo days.\n"
    ),
    "cases/case-sponsor.md": case_text(
        title="Champion gone",
        summary=LONG[:500],
        context=LONG,
        challenge=f"Our executive sponsor left. {LONG}",
        challenge_types="chl-sponsor",
        competencies="cmp-value",
        enablers="{id: enb-sponsor, effect: critical}, {id: enb-desk, effect: missing}",
        outcome="partial",
        more=(
            f"offerings: [Drives]\nreplication_conditions: ['{LONG[:300]}']\npractice_maturity: innovation\n"
            "value:\n  - {metric: Revenue kept, baseline: '10', result: '9', unit: M EUR, evidence: estimated}\n"
            "  - {metric: Second, result: '1'}\n"
        ),
    ),
    "cases/case-price.md": case_text(
        title="Prices", challenge="A price cut.", challenge_types="chl-sponsor", competencies="cmp-value"
    ),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    engine = index_library(write_library(tmp_path_factory.mktemp("rendering"), FILES))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def answer(engine: LocalEngine) -> Answer:
    return _answer(engine)


def _answer(engine: LocalEngine, *have: str) -> Answer:
    options = SearchOptions(have=have, today=date(2027, 10, 1))
    return search_cases(engine, "the champion left at a bottler", asker=Asker(), options=options)


def _lines_of(text: str, place: int) -> list[str]:
    """Return the lines of one case."""
    return re.split(r"^\d\. ", text, flags=re.MULTILINE)[place].split("\n\n")[0].splitlines()


def test_reason_stands_first_and_the_rest_in_order(answer: Answer) -> None:
    """Title, reason, facts, value, what else matches and differs, passage, condition, trust."""
    lines = _lines_of(render_answer(answer, Styles(width=400)), 1)
    assert answer.cases[0].id == "case-sponsor"
    starts = ("Champion gone", "Same kind of challenge: ", "a customer · ", "Value: Revenue kept", "Also differs: ")
    for line, start in zip(lines, (*starts, "| ", "Works if: A long", "verified 2026-06-30"), strict=True):
        assert line.strip().startswith(start), line
    assert lines[-1].strip() == "verified 2026-06-30, review overdue · evidence: estimated · innovation"


def test_reason_is_not_repeated(answer: Answer) -> None:
    """What the sentence says of matches and differences is not said again below it."""
    for case, place in zip(answer.cases, (1, 2), strict=True):
        text = " ".join(" ".join(_lines_of(render_answer(answer, Styles(width=400)), place)).split())
        assert case.differs
        for entry in (*case.matches[1:], *case.differs):
            assert text.count(entry.text) == 1, entry.text


def test_case_takes_few_lines(answer: Answer) -> None:
    """However long its texts, a case is read at a glance, and no line is wider than the terminal."""
    text = render_answer(answer, Styles(width=100))
    assert len(_lines_of(text, 1)) <= 11
    assert max(len(line) for line in text.splitlines()) <= 110


def test_what_the_cases_took_comes_with_how_to_get_it(answer: Answer) -> None:
    """Each competency and enabler with its cases by effect, how to engage it and what to learn."""
    text = render_answer(answer, Styles())
    assert "  - Quantifying value (cases 1, 2)  cmp-value\n      Learn: Value workshop (workshop, 8 h)\n" in text
    assert "  - Sponsorship (critical in 1)  enb-sponsor\n      A long sentence" in text
    assert "  - Pricing desk (missing in 1: a lesson)  enb-desk\n" in text
    assert "What was offered\n  Drives\n" in text
    assert "Do we have these?" not in text


def test_list_of_what_a_team_has_and_lacks(engine: LocalEngine) -> None:
    """Who says what he has gets one list, ticked where he has it, with how to get the rest."""
    text = render_answer(_answer(engine, "enb-sponsor"), Styles())
    section = text.split("Do we have these?\n")[1].split("\n\n")[0]
    assert section.splitlines() == [
        "  [ ] Quantifying value (cases 1, 2)  cmp-value",
        "      Learn: Value workshop (workshop, 8 h)",
        "  [ ] Pricing desk (missing in 1: a lesson)  enb-desk",
        "  [x] Sponsorship  enb-sponsor",
    ]
    assert "Enablers they needed" not in text


def test_what_no_case_took_is_told(engine: LocalEngine) -> None:
    """What a team has and no case of the answer took is not lost from the list."""
    options = SearchOptions(limit=1, have=("enb-desk", "enb-sponsor"))
    answer = search_cases(engine, "A price cut", asker=Asker(), options=options)
    assert [case.id for case in answer.cases] == ["case-price"]
    assert "  These cases did not take: enb-desk, enb-sponsor\n" in render_answer(answer, Styles())


def test_grouped_cases_stand_under_their_case(answer: Answer) -> None:
    """A replication or translation is one line below the case that it belongs to."""
    other = GroupedCase("case-again", "Once more", "replication", "de", ())
    grouped = replace(answer, cases=(replace(answer.cases[0], grouped=(other,)), *answer.cases[1:]))
    assert "   Replication: Once more (de)  case-again" in _lines_of(render_answer(grouped, Styles()), 1)


def test_explanation_tells_what_was_understood(answer: Answer) -> None:
    """--explain shows what was read from the text and the words that say it; the plain form does not."""
    explained = " ".join(render_answer(answer, Styles(), explain=True).split())
    assert "challenge Sponsor change (“champion left”); industry Manufacture of beverages (“bottler”)" in explained
    assert "understood" not in render_answer(answer, Styles())


def test_an_id_is_never_cut(answer: Answer) -> None:
    """However long a grouped case's title is, its id stands whole at the end, set off by two spaces."""
    other = GroupedCase("case-again", LONG, "replicated", "de", ())
    grouped = replace(answer, cases=(replace(answer.cases[0], grouped=(other,)), *answer.cases[1:]))
    (line,) = (line for line in render_answer(grouped, Styles()).splitlines() if "Replicates: " in line)
    assert line.endswith(" … (de)  case-again")
    assert len(line) <= Styles().width


SCORES = st.floats(-5, 5).map(lambda value: round(value, 6))
SHARES = st.floats(0.001, 1).map(lambda value: round(value, 6))
_PRODUCT = r"raw +\S+ +z (?P<z>\S+) x (?P<weight>\S+) ="
_PART = re.compile(rf"^   (?P<name>\S+) +(?:{_PRODUCT}|adjustment|) *(?P<part>[+-]\d\S+)$", re.MULTILINE)


def _check_sums(text: str) -> int:
    """Check what --explain prints, digit by digit: products, and sums for every score; return how many there are."""
    total, scores = Decimal(0), 0
    for found in _PART.finditer(text):
        part = Decimal(found["part"])
        if found["name"] == "score":
            assert part == total
            total, scores = Decimal(0), scores + 1
            continue
        if found["z"]:
            product = Decimal(found["z"]) * Decimal(found["weight"])
            assert abs(product - part) <= Decimal("0.0000005")
        total += part
    return scores


@given(
    st.lists(st.tuples(SCORES, SHARES), min_size=1, max_size=5),
    st.dictionaries(st.sampled_from(["stage", "industry", "evidence"]), SCORES),
)
def test_explained_numbers_add_up(
    answer: Answer, arms: list[tuple[float, float]], adjustments: dict[str, float]
) -> None:
    """Every part of a score is printed once, and the printed parts add up to the printed score."""
    parts = {f"arm{n}": ArmScore(0.5, normalised, weight) for n, (normalised, weight) in enumerate(arms)}
    score = sum(round(arm.weight * arm.normalised, 6) for arm in parts.values()) + sum(adjustments.values())
    case: FoundCase = replace(answer.cases[0], arms=parts, adjustments=adjustments, score=score)
    assert _check_sums(render_answer(replace(answer, cases=(case, *answer.cases[1:])), Styles(), explain=True)) == 2


@pytest.mark.parametrize("text", ["the champion left", "price cut", "zebra", "a sponsor and a price"])
def test_numbers_of_an_answer_add_up_as_printed(engine: LocalEngine, text: str) -> None:
    """What the ranking gives can be added up by hand, whichever arms have evidence."""
    answer = search_cases(engine, text, asker=Asker())
    assert _check_sums(render_answer(answer, Styles(), explain=True)) == len(answer.cases) > 0


def test_arm_without_evidence_says_so(answer: Answer) -> None:
    """An arm that says the same of all candidates is listed, with what it found, as having no part in the score."""
    case = replace(answer.cases[0], arms={"words": ArmScore(0.25, 0.0, 0.0)}, adjustments={}, score=0.0)
    text = render_answer(replace(answer, cases=(case, *answer.cases[1:])), Styles(), explain=True)
    assert "words          raw   0.250000   no evidence: the same for all candidates\n" in text
    assert " x 0.000000" not in text


@pytest.mark.parametrize(
    ("language", "labels"),
    [
        ("de", ("Gelingt, wenn: ", "Weitere Unterschiede: ", "Haben wir das?", "Lernen: ", "Wen fragen", "Beleg: ")),
        (
            "fr",
            (
                *("Fonctionne si\u00a0: ", "Autres différences\u00a0: ", "En disposons-nous\u202f?"),
                *("Apprendre\u00a0: ", "preuve\u00a0: "),
            ),
        ),
        ("it", ("Works if: ", "Also differs: ", "Do we have these?", "Learn: ", "Whom to ask", "evidence: ")),
    ],
)
def test_labels_are_in_the_language_of_the_answer(engine: LocalEngine, language: str, labels: tuple[str, ...]) -> None:
    """Whatever stands around the cases' own words is in the language that was set; another one gets English."""
    options = SearchOptions(have=("enb-desk",), language=language, today=date(2027, 10, 1))
    answer = search_cases(engine, "the champion left at a bottler", asker=Asker(), options=options)
    text = render_answer(answer, Styles(width=400))
    assert [label for label in labels if label not in text] == []
    if language != "it":
        assert re.findall(r"\b(?:Also|Works|Whom|these|critical in|verified|workshop,)\b", text) == []


def test_every_language_has_every_label_with_the_same_values() -> None:
    """No answer fails for want of a label or a value of it."""
    for labels in TEXT_LABELS.values():
        assert list(labels) == list(TEXT_LABELS["en"])
        for key, label in labels.items():
            assert sorted(re.findall(r"{\w+}", label)) == sorted(re.findall(r"{\w+}", TEXT_LABELS["en"][key])), key


def test_every_fixed_value_has_a_name() -> None:
    """What an item may state is never printed as its code."""
    kinds = {
        "outcome": Outcome,
        "status": Status,
        "evidence": Evidence,
        "maturity": Maturity,
        "note": NoteKind,
        "relation": Relation,
        "effect": Effect,
    }
    wanted = {f"{kind}_{value}" for kind, values in kinds.items() for value in get_args(values)}
    assert wanted - {"status_approved"} <= set(TEXT_LABELS["en"])


@pytest.mark.parametrize(
    ("found", "relax", "said"),
    [
        (2, ("region", 12), "Without --region there is a close case, among 12."),
        (0, ("region", 12), "Without --region there would be 12 cases."),
        (0, ("since", 1), "Without --since there would be 1 case."),
        (0, None, "No single filter is to blame; drop two of them."),
    ],
)
def test_filter_to_drop_follows_the_verdict(
    answer: Answer, found: int, relax: tuple[str, int] | None, said: str
) -> None:
    """What to do about filters stands at the top, before the cases that are not close."""
    shown = replace(
        answer,
        cases=answer.cases[:found],
        total=found,
        filters={"region": ("DE",)},
        relax=(Relaxation(*relax),) if relax else (),
    )
    assert render_answer(shown, Styles()).splitlines()[1] == said
