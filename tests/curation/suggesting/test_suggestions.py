"""What is suggested for a draft, why, and how it gets into the file."""

from __future__ import annotations

import pytest

from curation.suggesting.accepting import accept, choose
from curation.suggesting.drafts import Draft
from curation.suggesting.suggestions import Reason, Suggestion, suggest
from library.access import Asker
from library.codes import industries, regions
from library.errors import ChallengeError, EditError, UnknownItemError
from search.engine import LocalEngine
from search.view import View
from tests.conftest import case_text, concept_text, index_library, write_library

CODES = (regions(), industries())
DRAFT = """\
---
title: Invoices arrive twice
# written by hand
competencies: [cmp-patience]  # sure
enablers:
  - {id: enb-time, effect: missing}
---

## Challenge

A brewery in Germany gets every invoice twice. They face price pressure from discounters.

## Solution

We built a ledger that compares invoices.
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    """An index with concepts of each type, cases that carry them, and one case that nobody may see."""
    invoices = {"title": "Double invoices", "challenge": "Invoices came twice, and a ledger compared invoices."}
    files = {
        "kb/challenges/chl-price.md": concept_text("Price pressure"),
        "kb/challenges/chl-waste.md": concept_text("Waste of material"),
        "kb/competencies/cmp-patience.md": concept_text("Patience"),
        "kb/competencies/cmp-ledger.md": concept_text("Accounting"),
        "kb/competencies/cmp-choir.md": concept_text("Singing"),
        "kb/enablers/enb-time.md": concept_text("Time"),
        "kb/enablers/enb-secret.md": concept_text("Hidden thing", classification="restricted"),
        "cases/case-double.md": case_text(**invoices, competencies="cmp-ledger", enablers="enb-time"),
        "cases/case-hidden.md": case_text(**invoices, classification="restricted", competencies="cmp-choir"),
        "cases/case-forest.md": case_text(title="Trees", challenge="A forest burnt.", competencies="cmp-choir"),
    }
    return index_library(write_library(tmp_path_factory.mktemp("suggesting"), files))


@pytest.fixture(scope="module")
def suggestions(engine: LocalEngine) -> list[Suggestion]:
    return suggest(View(engine, Asker()), Draft.from_text(DRAFT), codes=CODES)


def _of(suggestions: list[Suggestion], field: str) -> list[Suggestion]:
    return [suggestion for suggestion in suggestions if suggestion.field == field]


def test_concept_that_the_text_names_comes_first(suggestions: list[Suggestion]) -> None:
    """A name in the text is the strongest reason, and its sentence is the passage."""
    first = _of(suggestions, "challenge_types")[0]

    assert (first.value, first.reason, first.words) == ("chl-price", Reason.NAMED, "price pressure")
    assert first.passage == "They face price pressure from discounters."


def test_concept_of_the_nearest_case_is_carried(suggestions: list[Suggestion]) -> None:
    """What the closest cases link to is suggested, and they are named."""
    first = _of(suggestions, "competencies")[0]

    assert (first.value, first.reason) == ("cmp-ledger", Reason.CARRIED)
    assert first.cases[0] == "case-double"
    assert first.passage in " ".join(DRAFT.split())


def test_regions_and_industries_are_named(suggestions: list[Suggestion]) -> None:
    """Codes come with the words that say them."""
    assert [(one.value, one.words) for one in _of(suggestions, "regions")] == [("DE", "Germany")]
    assert [one.words for one in _of(suggestions, "industries")] == ["brewery"]


def test_related_cases_come_nearest_first(suggestions: list[Suggestion]) -> None:
    """The closest case is the first."""
    assert _of(suggestions, "related")[0].value == "case-double"


def test_what_the_draft_names_is_not_suggested(suggestions: list[Suggestion]) -> None:
    """Nothing is suggested that stands in the front matter."""
    assert not {"cmp-patience", "enb-time"} & {suggestion.value for suggestion in suggestions}


def test_nothing_hidden_is_suggested(suggestions: list[Suggestion]) -> None:
    """What the asker may not see is neither suggested nor given as a reason."""
    said = {suggestion.value for suggestion in suggestions} | {id_ for one in suggestions for id_ in one.cases}

    assert not {"case-hidden", "enb-secret"} & said


def test_draft_needs_words_but_no_front_matter(engine: LocalEngine) -> None:
    """Pasted notes are a draft; nothing is none."""
    view = View(engine, Asker())

    assert suggest(view, Draft.from_text("Invoices came twice."), codes=CODES)
    with pytest.raises(ChallengeError):
        suggest(view, Draft.from_text("---\ntitle: 12\n---\n"), codes=CODES)


def test_case_is_not_related_to_itself(engine: LocalEngine) -> None:
    """A draft that is in the index already does not vote for itself."""
    draft = Draft.from_text(case_text(challenge="Invoices came twice."), path="cases/case-double.md")

    found = suggest(View(engine, Asker()), draft, codes=CODES)

    assert "case-double" not in {one.value for one in found} | {id_ for one in found for id_ in one.cases}


def test_other_items_than_cases_are_refused() -> None:
    """Suggestions are made for cases."""
    with pytest.raises(ChallengeError, match="is no case"):
        Draft.from_text(concept_text("Patience"), path="kb/competencies/cmp-patience.md")


def test_accepted_ones_are_written_and_nothing_else(suggestions: list[Suggestion]) -> None:
    """Lists get an entry in the style of those beside it; comments and the body stay."""
    text = accept(DRAFT, choose(suggestions, ["cmp-ledger", "chl-price", "DE", _industry(suggestions)]))

    assert "competencies: [cmp-patience, cmp-ledger]  # sure\n" in text
    assert "challenge_types: [chl-price]\n" in text
    assert "regions: [DE]\n" in text
    assert "industries:\n  - {scheme: isic, code: " in text
    assert "# written by hand\n" in text
    assert text.endswith(DRAFT.partition("\n---\n")[2])


def _industry(suggestions: list[Suggestion]) -> str:
    """Return the code of the industry that was suggested."""
    return _of(suggestions, "industries")[0].value


def test_enabler_is_written_as_those_beside_it() -> None:
    """A list of mappings gets a mapping, and accepting twice adds once."""
    suggestion = Suggestion("enablers", "enb-new", "New", Reason.SIMILAR, "")

    text = accept(DRAFT, [suggestion, suggestion])

    assert "  - {id: enb-time, effect: missing}\n  - {id: enb-new}\n---\n" in text
    assert accept(text, [suggestion]) == text


def test_only_what_was_suggested_is_accepted(suggestions: list[Suggestion]) -> None:
    """An id with a slip of the pen is refused, with those that there are."""
    with pytest.raises(UnknownItemError) as refused:
        choose(suggestions, ["cmp-leger"])

    assert "cmp-ledger" in refused.value.hint


def test_text_without_front_matter_takes_nothing(suggestions: list[Suggestion]) -> None:
    """There is nowhere to write what is accepted."""
    with pytest.raises(EditError, match="no front matter"):
        accept("Only notes.", suggestions)
