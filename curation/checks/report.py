"""A check's report as text, as JSON, and as annotations for GitHub."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curation.checks.results import CheckReport, Completeness, ItemCheck
from library.problems import Problem, Severity

_MOST_IN_FULL = 10  # files; of more, completeness would hide the problems
_LEVELS = {
    Severity.BLOCKER: "error",
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.TODO: "notice",
    Severity.HINT: "notice",
}


def text_lines(report: CheckReport) -> Iterator[str]:
    """Yield a line for each problem; of a few files also how complete they are and what to add next."""
    yield from (problem.as_text() for problem in report.problems)
    if report.checked <= _MOST_IN_FULL:
        for item in report.items:
            if item.completeness.gaps:
                yield from _gap_lines(item)


def counts_of(report: CheckReport) -> dict[str, int]:
    """Return how many problems there are by severity."""
    return {severity.value: report.count(severity) for severity in Severity}


def summary_line(report: CheckReport) -> str:
    """Return what was checked and how much was found, in a line."""
    counts = counts_of(report).items()
    found = ", ".join(f"{count} {severity}{'' if count == 1 else 's'}" for severity, count in counts if count)
    return f"{report.checked} file{'' if report.checked == 1 else 's'} checked: {found or 'no problems'}."


def as_json(report: CheckReport) -> dict[str, Any]:
    """Return the documented JSON (docs/search-json.md)."""
    return {
        "checked": report.checked,
        "passed": report.passed,
        "counts": counts_of(report),
        "problems": [problem.as_dict() for problem in report.problems],
        "items": [_item_json(item) for item in report.items],
    }


def github_lines(report: CheckReport, *, library: Path, root: Path) -> Iterator[str]:
    """Yield a workflow command for each problem; files are named from `root`, the folder that was checked out.

    What is next to add to a draft is one notice.
    """
    for problem in report.problems:
        yield _annotation(_LEVELS[problem.severity], problem, library, root)
    for item in report.items:
        if item.completeness.gaps and item.status in ("draft", "in_review"):
            message = " ".join(_gap_lines(item))
            notice = Problem(item.path, 1, Severity.HINT, message, "")
            yield _annotation("notice", notice, library, root)


def _gap_lines(item: ItemCheck) -> Iterator[str]:
    yield f"{item.path}: {_percent(item.completeness)} complete. Next to add:"
    for number, gap in enumerate(item.completeness.next, 1):
        yield f"  {number}. {gap.what}: {gap.why}. For example: {gap.example}"


def _percent(completeness: Completeness) -> str:
    return f"{completeness.share:.0%}"


def _item_json(item: ItemCheck) -> dict[str, Any]:
    gaps = [
        {"part": gap.part, "what": gap.what, "why": gap.why, "example": gap.example} for gap in item.completeness.next
    ]
    return {
        "path": item.path,
        "id": item.id,
        "completeness": {"share": item.completeness.share, "next": gaps},
        "duplicates": [
            {"id": one.id, "title": one.title, "likeness": one.likeness, "shared_words": one.shared}
            for one in item.duplicates
        ],
        "names": [{"kind": name.kind.value, "line": name.line, "text": name.text} for name in item.names],
    }


def _annotation(level: str, problem: Problem, library: Path, root: Path) -> str:
    file = _property(Path(os.path.relpath(library / problem.path, root)).as_posix())
    line = f",line={problem.line}" if problem.line else ""
    message = _data(f"{problem.message}. {problem.remedy}".rstrip() if problem.remedy else problem.message)
    return f"::{level} file={file}{line},title={_property(f'casebook check: {problem.severity}')}::{message}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
