"""A draft that tells what a case tells already is told so, and only of cases that its author may see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from curation.checks.duplicates import find_duplicates
from library.access import Asker, Role
from search.engine import LocalEngine
from search.view import View
from tests.conftest import FakeEncoder, case_text, concept_text, index_library, write_library
from tests.curation.checks.written import written

PUMPS = "“Your people were here four times for the same pump. My plant manager asks what the contract is for.”"
OVENS = "“The curing oven burns gas all night. Nobody can tell me what one desk frame costs in gas.”"
FILES = {
    "cases/case-pumps.md": case_text(title="Pumps", challenge=PUMPS, solution="We sold running hours, not visits."),
    "cases/case-ovens.md": case_text(title="Ovens", challenge=OVENS, solution="We measured the oven line by line."),
    "cases/case-later.md": case_text(
        title="Later", challenge=PUMPS, solution="We sold running hours again.", more="replicates: case-pumps\n"
    ),
    "cases/case-secret.md": case_text(
        title="Secret", challenge=PUMPS, solution="We sold running hours in secret.", classification="confidential"
    ),
    "kb/enablers/enb-pump.md": concept_text("Pump"),
}
READER = Asker()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    """An index of cases on pumps and one on ovens."""
    opened = index_library(write_library(tmp_path_factory.mktemp("duplicates"), FILES))
    yield opened
    opened.close()


def _found(engine: LocalEngine, text: str, path: str = "cases/case-draft.md", asker: Asker = READER) -> set[str]:
    return {one.id for one in find_duplicates(View(engine, asker), written(text, path).document)}


def _draft(challenge: str = PUMPS, more: str = "", solution: str = "We sold running hours.") -> str:
    return case_text(title="Draft", status="draft", challenge=challenge, solution=solution, more=more)


def test_same_problem_is_told_with_its_title(engine: LocalEngine) -> None:
    """The nearest comes first, with how near it is."""
    found = find_duplicates(View(engine, READER), written(_draft()).document)
    assert {one.title for one in found} == {"Pumps", "Later"}
    assert all(0.5 < one.likeness <= 1.001 and 0.3 < one.shared <= 1.001 for one in found)


def test_other_problem_is_left_alone(engine: LocalEngine) -> None:
    """A draft on something else is near to nothing."""
    other = _draft(challenge="“Who signs the framework tender for rail wagons?”", solution="Our lawyers read it twice.")
    assert _found(engine, other.replace("We supplied the customer.", "A lessor of wagons.")) == set()


@pytest.mark.parametrize("link", ["replicates: case-pumps", "supersedes: [case-pumps]", "translation_of: case-pumps"])
def test_linked_case_is_no_duplicate(engine: LocalEngine, link: str) -> None:
    """Who says that it replicates a case has done what would be advised."""
    assert _found(engine, _draft(more=f"{link}\n")) == {"case-later"}


def test_link_counts_both_ways(engine: LocalEngine) -> None:
    """The case that others replicate is no duplicate of them, nor of itself."""
    assert _found(engine, FILES["cases/case-pumps.md"], "cases/case-pumps.md") == set()


def test_hidden_case_leaves_no_trace(engine: LocalEngine) -> None:
    """A case that the asker may not see is not told; its owner is told."""
    assert "case-secret" not in _found(engine, _draft())
    curator = Asker(role=Role.CURATOR)
    assert "case-secret" not in _found(engine, _draft(), asker=curator)


def test_note_is_not_compared(tmp_path: Path) -> None:
    """Only cases are stories; the model is not even loaded for others."""
    encoder = FakeEncoder()
    opened = index_library(write_library(tmp_path, FILES), encoder)
    encoded = encoder.encoded
    concept = written(concept_text("Pump"), "kb/enablers/enb-other.md").document
    assert find_duplicates(View(opened, READER), concept) == ()
    assert encoder.encoded == encoded
    opened.close()


def test_unchanged_passages_are_not_embedded_again(tmp_path: Path) -> None:
    """Of an indexed case only what was changed since is embedded."""
    encoder = FakeEncoder()
    opened = index_library(write_library(tmp_path, FILES), encoder)
    encoded = encoder.encoded
    view = View(opened, READER)
    text = FILES["cases/case-ovens.md"]
    find_duplicates(view, written(text, "cases/case-ovens.md").document)
    assert encoder.encoded == encoded
    find_duplicates(view, written(text.replace("line by line", "twice"), "cases/case-ovens.md").document)
    assert encoder.encoded == encoded + 1
    opened.close()


def test_draft_without_a_text_or_an_index_without_cases(tmp_path: Path, engine: LocalEngine) -> None:
    """Nothing to compare is nothing found."""
    assert _found(engine, "---\ntitle: A\n---\n") == set()
    empty = index_library(write_library(tmp_path, {"kb/enablers/enb-pump.md": concept_text("Pump")}))
    assert _found(empty, _draft()) == set()
    empty.close()
