"""Problems: one line for people, one object for programs, one order for both."""

from __future__ import annotations

from itertools import permutations

import pytest

from library.problems import Problem, Severity


def _problem(path: str = "cases/a.md", line: int = 3, severity: Severity = Severity.ERROR) -> Problem:
    return Problem(path, line, severity, "it is wrong", "Mend it")


def test_text_is_a_place_that_editors_open() -> None:
    """Path and line come first, then what is wrong and what to do."""
    assert _problem().as_text() == "cases/a.md:3: error: it is wrong. Mend it"


def test_problem_of_a_whole_file_names_no_line() -> None:
    """Line 0 is no line."""
    assert _problem(line=0).as_text() == "cases/a.md: error: it is wrong. Mend it"


def test_dictionary_has_the_documented_keys() -> None:
    """Programs read these five keys."""
    expected = {"path": "cases/a.md", "line": 3, "severity": "error", "message": "it is wrong", "remedy": "Mend it"}
    assert _problem().as_dict() == expected


@pytest.mark.parametrize(
    ("severity", "fails"),
    [(Severity.BLOCKER, True), (Severity.ERROR, True), (Severity.WARNING, False), (Severity.TODO, False)],
)
def test_blockers_and_errors_fail_a_check(severity: Severity, fails: bool) -> None:  # noqa: FBT001
    """A draft that is not finished, or a matter of taste, does not."""
    assert _problem(severity=severity).fails_check is fails


def test_order_is_by_path_then_line() -> None:
    """Whatever found the problems, a list of them is read from top to bottom, file by file."""
    ordered = [_problem("a.md", 0), _problem("a.md", 2), _problem("a.md", 10), _problem("b.md", 1)]
    assert all(sorted(mixed) == ordered for mixed in permutations(ordered))
