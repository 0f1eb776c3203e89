"""Measure how fast a search starts: `casebook search` beside the obvious script with sentence-transformers.

    python -m bench.cold_start [--python PATH]

Both are started in turn, each in a new process, on an index of the same cases and the same vectors.
The first round fills the disk cache and is not counted.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.generated import write_cases
from bench.reporting import RESULTS, ROOT, append_result, format_table
from bench.timing import CASEBOOK, Spread, time_program
from commands.progress import LineProgress
from indexer.build import build_index
from indexer.generations import PASSAGE_VECTORS, current_generation
from library.errors import CasebookError
from library.settings import load_settings
from search.engine import LocalEngine

CHALLENGE = "central purchasing questions our price lists after two plants were merged"
TARGET = 0.1
_LENGTH = 900
_CASEBOOK = "casebook search"
_OBVIOUS = "obvious script"


def main() -> None:
    """Prepare, run both programs in turn, and print what they took."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="casebook-cold-start-") as temporary:
        work = (options.work or Path(temporary)).resolve()
        try:
            commands = _prepare(work, options.cases, options.python)
        except (CasebookError, OSError) as error:
            sys.exit(f"Error: {error}")
        seconds = _run_in_turn(commands, options.runs)
    spreads = {name: Spread.from_seconds(values) for name, values in seconds.items()}
    _present(spreads, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.cold_start", description="Measure how fast a search starts.")
    parser.add_argument("--cases", type=int, default=1_000, metavar="N", help="size of the library [1000]")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="counted runs of each program [5]")
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep library and index here")
    parser.add_argument(
        "--python", default=sys.executable, metavar="PATH", help="an interpreter with sentence-transformers and faiss"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", default=RESULTS / "cold_start.jsonl")
    return parser.parse_args()


def _prepare(work: Path, cases: int, python: str) -> dict[str, Sequence[str]]:
    """Index generated cases, hand the same vectors to the obvious script, and return both commands."""
    library = work / "generated-library"
    write_cases(library, count=cases, length=_LENGTH)
    settings = load_settings(library=library, data=library / ".casebook")
    build_index(settings, progress=LineProgress())
    index, titles = work / "obvious.faiss", work / "obvious.json"
    shutil.copyfile(current_generation(settings.data_folder) / f"{PASSAGE_VECTORS}.faiss", index)
    titles.write_text(json.dumps(_titles(settings.data_folder)), encoding="utf-8")
    places = ("--library", str(library), "--data", str(settings.data_folder))
    script = str(ROOT / "bench" / "obvious_search.py")
    return {
        _CASEBOOK: (*CASEBOOK, "search", CHALLENGE, *places),
        # -P: the script's folder, whose http.py is not the standard library's, stays out of the path.
        _OBVIOUS: (python, "-P", script, str(index), str(titles), CHALLENGE),
    }


def _titles(data: Path) -> list[str]:
    """Return the title of the case of each passage, in the order of the vectors."""
    engine = LocalEngine.from_data_folder(data)
    try:
        rows = [record.row for record in engine.records()]
        texts = engine.texts(rows)
        passages = sorted(engine.passages(rows), key=lambda passage: passage.row)
        return [texts[passage.item_row].item.title for passage in passages]
    finally:
        engine.close()


def _run_in_turn(commands: Mapping[str, Sequence[str]], runs: int) -> dict[str, list[float]]:
    """Run each program once uncounted, then all of them in turn, so that a busy moment hits both."""
    for command in commands.values():
        time_program(command)
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            seconds[name].append(time_program(command).seconds)
    return seconds


def _present(spreads: Mapping[str, Spread], options: argparse.Namespace) -> None:
    ratio = spreads[_CASEBOOK].median / spreads[_OBVIOUS].median
    rows = [[name, *spread.as_cells()] for name, spread in spreads.items()]
    print(f"Process start to printed answer, {options.cases} cases, {options.runs} runs each in turn\n")
    print(format_table(["program", "median", "least", "most"], rows))
    print(f"\nratio {ratio:.4f} (target at most {TARGET}: {'met' if ratio <= TARGET else 'missed'})")
    figures: dict[str, object] = {"bench": "cold_start", "cases": options.cases, "runs": options.runs}
    figures |= {name: spread.as_data() for name, spread in spreads.items()}
    append_result(options.out, {**figures, "ratio": round(ratio, 4)})


if __name__ == "__main__":
    main()
