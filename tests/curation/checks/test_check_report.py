"""A report reads well as text, and as annotations that GitHub understands whatever a file says."""

from __future__ import annotations

from pathlib import Path

from curation.checks.report import github_lines, summary_line, text_lines
from curation.checks.results import CheckReport, Completeness, Gap, ItemCheck
from library.problems import Problem, Severity

GAPS = tuple(Gap(f"part-{n}", f"`part-{n}` is missing", "readers need it", "like this") for n in range(5))


def _report(*problems: Problem, status: str = "draft", checked: int = 1) -> CheckReport:
    item = ItemCheck("cases/a.md", "a", "business_case", status, Completeness(0.4, GAPS))
    return CheckReport(checked, problems, (item,))


def _annotation(message: str, *, path: str = "cases/a.md", line: int = 3, severity: Severity = Severity.ERROR) -> str:
    problem = Problem(path, line, severity, message, "Mend it")
    return next(iter(github_lines(_report(problem), library=Path("lib"), root=Path())))


def test_annotation_names_file_and_line() -> None:
    """A problem is shown where it stands, in the repository that holds the library."""
    assert _annotation("it is wrong") == (
        "::error file=lib/cases/a.md,line=3,title=casebook check%3A error::it is wrong. Mend it"
    )


def test_whole_file_has_no_line() -> None:
    """A problem of the whole file stands at the file."""
    assert _annotation("x", line=0).startswith("::error file=lib/cases/a.md,title=")


def test_severities_are_levels() -> None:
    """Only what fails the check is an error to GitHub."""
    levels = {severity: _annotation("x", severity=severity).split(" ")[0] for severity in Severity}
    assert levels == {
        Severity.BLOCKER: "::error",
        Severity.ERROR: "::error",
        Severity.WARNING: "::warning",
        Severity.TODO: "::notice",
        Severity.HINT: "::notice",
    }


def test_nothing_that_a_file_says_ends_an_annotation() -> None:
    """Line ends, percent signs, colons and commas are escaped, so that no text begins a command of its own."""
    line = _annotation("5%\n::error file=x::y\r", path="cases/a,line=9:b%.md")
    assert line.count("\n") == 0
    assert line.count("\r") == 0
    assert "file=lib/cases/a%2Cline=9%3Ab%25.md,line=3" in line
    assert "::5%25%0A::error file=x::y%0D. Mend it" in line


def test_gaps_of_a_draft_are_one_notice() -> None:
    """What is next to add to a draft is told once; a published item has none of it."""
    (notice,) = github_lines(_report(), library=Path(), root=Path())
    assert notice.startswith("::notice file=cases/a.md,line=1,")
    assert "40%25 complete" in notice
    assert list(github_lines(_report(status="approved"), library=Path(), root=Path())) == []


def test_text_tells_the_next_three() -> None:
    """Three things to add are a plan; five are a form."""
    lines = list(text_lines(_report()))
    assert lines[0] == "cases/a.md: 40% complete. Next to add:"
    assert lines[1] == "  1. `part-0` is missing: readers need it. For example: like this"
    assert len(lines) == 4


def test_many_files_are_told_by_their_problems_alone() -> None:
    """Over a whole library what to add next would hide what is wrong."""
    problem = Problem("cases/a.md", 1, Severity.WARNING, "x", "y")
    assert list(text_lines(_report(problem, checked=200))) == [problem.as_text()]


def test_summary_counts_what_was_found() -> None:
    """The sum names each severity that was found."""
    problem = Problem("cases/a.md", 1, Severity.HINT, "x", "y")
    assert summary_line(_report(problem, problem)) == "1 file checked: 2 hints."
    assert summary_line(CheckReport(2, ())) == "2 files checked: no problems."
