"""Show figures as aligned text, and keep them as data beside the commit that they were measured at."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
# What is measured; a change elsewhere does not make the commit's name wrong.
_MEASURED = ("library", "indexer", "search", "curation", "api", "commands", "cli.py")


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows as columns of text: the first to the left, numbers and all others to the right."""
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def append_result(path: Path, figures: Mapping[str, object]) -> None:
    """Append figures to a file of JSON lines, with today's date and the commit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stamped = {"date": datetime.now(UTC).date().isoformat(), "commit": _commit(), **figures}
    with path.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(json.dumps(stamped, ensure_ascii=False) + "\n")


def _commit() -> str:
    """Return the short name of the commit, `+` behind it if what is measured has changed since; or nothing."""
    name = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--", *_MEASURED)
    return f"{name}+" if name and changed else name


def _git(*arguments: str) -> str:
    program = shutil.which("git")
    if program is None:
        return ""
    done = subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
