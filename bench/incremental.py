"""Measure what one changed file costs: `casebook index` after a change beside a full run.

    python -m bench.incremental [--work DIR]

With --work, a later run takes over the full run's index and time (minutes) and says so.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.generated import case_text, write_cases
from bench.reporting import RESULTS, append_result, format_table
from bench.timing import CASEBOOK, Spread, time_program

TARGET = 0.05
_LENGTH = 3_000
_FULL_RUN = "full-run.json"
# Each is about something that no generated case mentions.
_CHANGES = (
    "The observatory dome froze shut on the night of the meteor shower and the astronomers went home.",
    "A flock of flamingos moved into the lagoon beside the salt works and tourists blocked its only bridge.",
    "The orchestra's glockenspiel was stolen hours before the premiere and no museum would lend another.",
    "Truffle dogs refused to enter the old vineyard after an earthquake had opened a cave below it.",
    "The lighthouse keeper's chess club wants to play by radio with a submarine under the ice.",
)


@dataclass(frozen=True, slots=True)
class FullRun:
    """What indexing everything took, and of what."""

    documents: int
    passages: int
    seconds: float
    day: str


@dataclass(frozen=True, slots=True)
class Place:
    """A library and how the command line is told of it."""

    library: Path

    @property
    def options(self) -> tuple[str, ...]:
        """The command line's options; the index never lies where the user's settings say."""
        return ("--library", str(self.library), "--data", str(self.library / ".casebook"), "--json")

    def index(self, *more: str) -> tuple[float, dict[str, Any]]:
        """Index; return the seconds from start to end, and the report."""
        timed = time_program((*CASEBOOK, "index", *self.options, *more))
        report: dict[str, Any] = json.loads(timed.output)
        return timed.seconds, report

    def closest(self, challenge: str) -> str:
        """Return the id of the closest case."""
        answer = json.loads(time_program((*CASEBOOK, "search", challenge, *self.options)).output)
        return str(answer["cases"][0]["id"])


def main() -> None:
    """Index everything, then one changed file at a time, and print what each took."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="casebook-incremental-") as temporary:
        work = (options.work or Path(temporary)).resolve()
        place = Place(work / "generated-library")
        paths = write_cases(place.library, count=options.documents, length=_LENGTH)
        full, is_fresh = _full_run(place, work / _FULL_RUN, len(paths))
        idle, _ = place.index()
        changed = [_change(place, paths, change) for change in _CHANGES[: options.changes]]
    _present(full, is_fresh, idle, changed, options.out)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.incremental", description="Measure one changed file.")
    parser.add_argument("--documents", type=int, default=5_000, metavar="N", help="size of the library [5000]")
    parser.add_argument(
        "--changes", type=int, default=3, choices=range(1, len(_CHANGES) + 1), help="files changed, in turn [3]"
    )
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep library, index and the full run's time here")
    parser.add_argument("--out", type=Path, metavar="FILE", default=RESULTS / "incremental.jsonl")
    return parser.parse_args()


def _full_run(place: Place, record: Path, documents: int) -> tuple[FullRun, bool]:
    """Return the full run and whether it was made now; an earlier one of as many documents is taken over."""
    if record.is_file():
        earlier = FullRun(**json.loads(record.read_text(encoding="utf-8")))
        if earlier.documents == documents:
            place.index()  # undo the changes of the run before
            return earlier, False
    print(f"indexing {documents} documents in full; this takes minutes", file=sys.stderr, flush=True)
    seconds, report = place.index("--full")
    if report["indexed"] != documents:
        sys.exit(f"{report['indexed']} of {documents} documents were indexed: {report['left_out'][:5]}")
    full = FullRun(documents, report["passages"], seconds, datetime.now(UTC).date().isoformat())
    record.write_text(json.dumps(asdict(full)) + "\n", encoding="utf-8")
    return full, True


def _change(place: Place, paths: Sequence[Path], change: str) -> float:
    """Write a sentence into one file, index, and return the seconds; stop if a search does not find it."""
    number = (_CHANGES.index(change) + 1) * len(paths) // (len(_CHANGES) + 1)
    text = case_text(number, length=_LENGTH)
    paths[number].write_text(text.replace("## Challenge\n\n", f"## Challenge\n\n{change} "), encoding="utf-8")
    seconds, report = place.index()
    if report["unchanged"] or not report["embedded"]:
        sys.exit(f"{paths[number].name} was changed, but nothing was embedded")
    found = place.closest(change)
    if found != paths[number].stem:
        sys.exit(f"{paths[number].stem} was changed, but {found} is the closest case to its new sentence")
    return seconds


def _present(full: FullRun, is_fresh: bool, idle: float, changed: Sequence[float], out: Path) -> None:  # noqa: FBT001
    spread = Spread.from_seconds(changed)
    ratio = spread.median / full.seconds
    when = "in this run" if is_fresh else f"taken over from {full.day}"
    rows = [
        ["everything", *Spread.from_seconds([full.seconds]).as_cells(), "1.000"],
        ["one changed file", *spread.as_cells(), f"{ratio:.3f}"],
        ["nothing changed", *Spread.from_seconds([idle]).as_cells(), f"{idle / full.seconds:.3f}"],
    ]
    print(f"casebook index, {full.documents} documents, {full.passages} passages; everything was indexed {when}\n")
    print(format_table(["run", "median", "least", "most", "ratio"], rows))
    print(f"\n{len(changed)} changed files, one at a time; a search found each change.")
    print(f"ratio {ratio:.4f} (target below {TARGET}: {'met' if ratio < TARGET else 'missed'})")
    figures = {"bench": "incremental", "documents": full.documents, "passages": full.passages, "fresh": is_fresh}
    times = {"full": round(full.seconds, 2), "changed": spread.as_data(), "unchanged": round(idle, 2)}
    append_result(out, {**figures, **times, "ratio": round(ratio, 4)})


if __name__ == "__main__":
    main()
