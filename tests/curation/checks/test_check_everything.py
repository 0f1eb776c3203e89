"""All checks together, over files and over a text that is not saved."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from curation.checks.checking import Checks, check_files, check_text
from curation.checks.results import NameKind
from library.access import Asker
from library.problems import Severity
from search.view import View
from tests.conftest import case_text, concept_text, index_library, settings_for, write_library
from tests.curation.checks.written import SPOKEN

NEVER = "review_interval: P900Y\n"
LINKS = {"challenge_types": "chl-a", "competencies": "cmp-a", "enablers": "enb-a"}
FILES = {
    "cases/case-a.md": case_text(**LINKS, challenge=SPOKEN, more=NEVER),
    "cases/case-b.md": "broken",
    "kb/challenges/chl-a.md": concept_text("A", more=NEVER),
    "kb/competencies/cmp-a.md": concept_text("A", more=NEVER),
    "kb/enablers/enb-a.md": concept_text("A", more=NEVER),
}
DRAFT = case_text(**LINKS, status="draft", challenge=SPOKEN, solution="Dr. Keller signed.")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with a good case, a broken file and a deny list beside it."""
    (tmp_path / "names.txt").write_text("Nordmed AG\n", encoding="utf-8")
    return write_library(tmp_path / "lib", FILES)


def test_files_are_checked_in_every_way(library: Path) -> None:
    """Each file that can be read has its completeness; one that cannot has its problem."""
    report = check_files(settings_for(library))
    assert report.checked == 5
    assert [item.path for item in report.items] == sorted(set(FILES) - {"cases/case-b.md"})
    assert [problem.path for problem in report.problems] == ["cases/case-b.md"]


def test_account_in_a_published_case_fails(library: Path) -> None:
    """The deny list of the settings is used, and what it finds in an approved case fails the check."""
    text = FILES["cases/case-a.md"].replace("We solved it.", "Nordmed solved it.")
    write_library(library, {"cases/case-a.md": text})
    settings = settings_for(library, deny_list=library.parent / "names.txt")
    report = check_files(settings, [library / "cases/case-a.md"])
    assert not report.passed
    assert [name.kind for name in report.items[0].names] == [NameKind.ACCOUNT]
    write_library(library, {"cases/case-a.md": text.replace("status: approved", "status: draft")})
    assert check_files(settings, [library / "cases/case-a.md"]).passed


def test_hints_and_warnings_pass(library: Path) -> None:
    """Advice never fails a check."""
    write_library(library, {"cases/case-a.md": case_text(**LINKS, challenge="seamless " * 40, solution="Dr. Keller.")})
    report = check_files(settings_for(library), [library / "cases/case-a.md"])
    assert {problem.severity for problem in report.problems} >= {Severity.HINT, Severity.WARNING}
    assert report.passed


def test_stale_review_goes_by_the_day(library: Path) -> None:
    """The day may be given, so that what is due next month can be asked for."""
    settings = settings_for(library)
    types = {"chl-a": "challenge_type", "cmp-a": "competency", "enb-a": "enabler"}
    text = case_text(**LINKS, challenge=SPOKEN)
    made = Checks.of(settings)
    for day, count in ((date(2027, 6, 1), 0), (date(2027, 8, 1), 1)):
        checks = Checks(made.regions, made.industries, today=day)
        assert len(check_text(settings, "cases/case-x.md", text, checks=checks, types=types).problems) == count


def test_unsaved_text_is_checked_without_a_file(library: Path) -> None:
    """A text is checked as a file would be, and refers to what its author may see, no more."""
    settings = settings_for(library)
    types = {"chl-a": "challenge_type", "cmp-a": "competency"}
    report = check_text(settings, "cases/case-x.md", DRAFT, checks=Checks.of(settings), types=types)
    assert [name.text for name in report.items[0].names] == ["Dr. Keller"]
    assert "there is no enabler 'enb-a'" in " ".join(problem.message for problem in report.problems)
    assert not (library / "cases/case-x.md").exists()


def test_unreadable_text_is_told(library: Path) -> None:
    """A text that is no item has a blocker and nothing else."""
    settings = settings_for(library)
    report = check_text(settings, "cases/case-x.md", "Notes.", checks=Checks.of(settings), types={})
    assert [problem.severity for problem in report.problems] == [Severity.BLOCKER]
    assert report.items == ()


def test_near_duplicate_says_what_to_do(library: Path) -> None:
    """A draft that tells a case again is asked to be its replication."""
    settings = settings_for(library)
    engine = index_library(library)
    view = View(engine, Asker())
    types = {record.id: record.type for record in view.by_id.values()}
    report = check_text(settings, "cases/case-x.md", DRAFT, checks=Checks.of(settings, view), types=types)
    engine.close()
    assert [one.id for one in report.items[0].duplicates] == ["case-a"]
    (problem,) = [problem for problem in report.problems if "case-a" in problem.message]
    assert "Add a replication instead? Write `replicates: case-a`" in problem.remedy
    assert problem.severity is Severity.WARNING
