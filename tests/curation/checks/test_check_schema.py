"""A check names everything that keeps an item from being published, and nothing that does not."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from curation.checks.results import CheckReport
from curation.checks.schema import check_library
from library.errors import LibraryError
from library.problems import Severity
from tests.conftest import case_text, concept_text, settings_for, write_library

LINKS = {"challenge_types": "chl-price", "competencies": "cmp-selling", "enablers": "enb-coe"}
BROKEN = ("cases/case-broken.md", 2, Severity.BLOCKER)
WRONG_LINK = ("cases/case-link.md", 12, Severity.ERROR)
ODD_REGION = ("cases/case-region.md", 10, Severity.WARNING)
UNFINISHED = ("cases/deep/case-draft.md", 4, Severity.TODO)
FILES = {
    "cases/case-good.md": case_text(**LINKS),
    BROKEN[0]: "---\ntitle: [unclosed\n---\n\nText.\n",
    WRONG_LINK[0]: case_text(**{**LINKS, "challenge_types": "chl-prise"}),
    ODD_REGION[0]: case_text(**LINKS, region="Atlantis"),
    UNFINISHED[0]: case_text(**LINKS, status="draft", summary=""),
    "kb/challenges/chl-price.md": concept_text("Price"),
    "kb/competencies/cmp-selling.md": concept_text("Selling"),
    "kb/enablers/enb-coe.md": concept_text("Centre"),
    "kb/enablers/README.md": "no item",
    "kb/enablers/notes.txt": "no item",
}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with one file of each kind of trouble among faultless ones."""
    return write_library(tmp_path / "library", FILES)


def _check(library: Path, *paths: str) -> CheckReport:
    return check_library(settings_for(library), [library / path for path in paths])


def _found(report: CheckReport) -> Sequence[tuple[str, int, Severity]]:
    return [(problem.path, problem.line, problem.severity) for problem in report.problems]


def test_whole_library_is_checked_in_order(library: Path) -> None:
    """Without paths every item is checked; problems come with file and line in the order of paths."""
    report = _check(library)
    assert report.checked == 8
    assert _found(report) == [BROKEN, WRONG_LINK, ODD_REGION, UNFINISHED]
    assert [report.count(severity) for severity in Severity] == [1, 1, 1, 1, 0]
    assert not report.passed


@pytest.mark.parametrize(
    ("path", "expected", "passed"),
    [
        (BROKEN[0], BROKEN, False),
        (WRONG_LINK[0], WRONG_LINK, False),
        (ODD_REGION[0], ODD_REGION, True),
        (UNFINISHED[0], UNFINISHED, True),
    ],
)
def test_blockers_and_errors_fail(
    library: Path, path: str, expected: tuple[str, int, Severity], *, passed: bool
) -> None:
    """What keeps an approved item from its readers fails a check; warnings and a draft's gaps do not."""
    report = _check(library, path)
    assert _found(report) == [expected]
    assert report.passed is passed


def test_every_problem_says_what_to_do(library: Path) -> None:
    """No problem stands without a remedy."""
    assert all(problem.message and problem.remedy for problem in _check(library).problems)


def test_reference_is_looked_up_in_the_whole_library(library: Path) -> None:
    """A file checked alone still may refer to items elsewhere, and a near miss is suggested."""
    assert _check(library, "cases/case-good.md").problems == ()
    (problem,) = _check(library, WRONG_LINK[0]).problems
    assert problem.remedy == "Did you mean chl-price?"


def test_folder_stands_for_the_items_below_it(library: Path) -> None:
    """A folder is checked with its subfolders; two paths are checked together, each item once."""
    assert _check(library, "cases").checked == 5
    assert _check(library, "kb").checked == 3
    assert _check(library, "cases", "cases/deep", UNFINISHED[0]).checked == 5
    assert _check(library, ".").checked == 8


def test_folder_name_is_no_prefix(library: Path) -> None:
    """The folder `cases/deep` does not take in `cases/deeper`."""
    write_library(library, {"cases/deeper/case-other.md": case_text()})
    assert _check(library, "cases/deep").checked == 1


def test_paths_may_be_relative_to_the_library(library: Path) -> None:
    """A path is taken from where one stands or, if there is nothing, from the library."""
    report = check_library(settings_for(library), [Path("cases/case-region.md")])
    assert _found(report) == [ODD_REGION]


@pytest.mark.parametrize("path", ["cases/gone.md", "gone"])
def test_missing_path_is_refused(library: Path, path: str) -> None:
    """A mistyped path is an error, not a check of nothing."""
    with pytest.raises(LibraryError, match="There is no file"):
        _check(library, path)


@pytest.mark.parametrize("path", ["kb/enablers/README.md", "kb/enablers/notes.txt"])
def test_file_that_is_no_item_is_refused(library: Path, path: str) -> None:
    """A file that no run would read is not reported as checked."""
    with pytest.raises(LibraryError, match="is no item of the library"):
        _check(library, path)


def test_folder_without_items_is_refused(library: Path) -> None:
    """A folder in which nothing would be checked is told as such."""
    (library / "kb" / "learning").mkdir()
    with pytest.raises(LibraryError, match="There is no item below"):
        _check(library, "kb/learning")


def test_path_outside_the_library_is_refused(library: Path) -> None:
    """A path of another folder is told with the library that was meant."""
    with pytest.raises(LibraryError, match="does not lie in the library") as caught:
        check_library(settings_for(library), [library.parent])
    assert str(library) in caught.value.message
    assert "--library" in caught.value.command


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_link_that_leads_out_of_the_library_is_refused(library: Path) -> None:
    """A link to a file elsewhere blocks, whether the library is checked or it alone."""
    (library.parent / "secret.md").write_text(case_text(), encoding="utf-8")
    (library / "cases" / "case-link-out.md").symlink_to(library.parent / "secret.md")
    assert ("cases/case-link-out.md", 0, Severity.BLOCKER) in _found(_check(library))
    assert ("cases/case-link-out.md", 0, Severity.BLOCKER) in _found(_check(library, "cases/case-link-out.md"))


def test_folder_that_is_no_library_is_refused(tmp_path: Path) -> None:
    """A check of a folder without cases/ and kb/ says what to do instead of passing."""
    with pytest.raises(LibraryError, match="is no library"):
        check_library(settings_for(tmp_path))


def test_empty_library_passes(tmp_path: Path) -> None:
    """Nothing to check is nothing wrong."""
    report = _check(write_library(tmp_path, {}))
    assert (report.checked, report.passed, report.problems) == (0, True, ())


def test_settings_of_the_library_count(library: Path) -> None:
    """A firm's own regions and headings, and its limit of size, are those that the check uses."""
    (library / "casebook.toml").write_text(
        'max_file_kilobytes = 1\n[regions]\nAtlantis = ["FR"]\n[headings]\nchallenge = ["Trouble"]\n', encoding="utf-8"
    )
    text = case_text(**LINKS).replace("## Challenge", "## Trouble")
    write_library(library, {"cases/case-own.md": text, "cases/case-long.md": text + "word " * 300})
    assert _check(library, "cases/case-own.md", ODD_REGION[0]).problems == ()
    assert _found(_check(library, "cases/case-long.md")) == [("cases/case-long.md", 0, Severity.BLOCKER)]


def test_duplicate_id_names_the_other_file(library: Path) -> None:
    """Of two files with one id the later one is blocked, and the message says which came first."""
    write_library(library, {"cases/deep/case-good.md": case_text(**LINKS)})
    (problem,) = _check(library, "cases/deep/case-good.md").problems
    assert problem.severity is Severity.BLOCKER
    assert "cases/case-good.md" in problem.message
