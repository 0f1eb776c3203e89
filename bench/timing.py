"""Time programs as a user starts them: from the start of the process to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from bench.reporting import ROOT

CASEBOOK = (sys.executable, "-m", "cli")


@dataclass(frozen=True, slots=True)
class Timed:
    """What a program printed and how many seconds it took."""

    output: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds of several runs."""

    median: float
    least: float
    most: float

    @classmethod
    def from_seconds(cls, seconds: Sequence[float]) -> Spread:
        """Summarise one or more runs."""
        return cls(median(seconds), min(seconds), max(seconds))

    def as_cells(self) -> list[str]:
        """Return the figures as cells of a table."""
        return [f"{value:.2f} s" for value in (self.median, self.least, self.most)]

    def as_data(self) -> dict[str, float]:
        """Return the figures as they are kept."""
        return {"median": round(self.median, 3), "min": round(self.least, 3), "max": round(self.most, 3)}


def time_program(command: Sequence[str]) -> Timed:
    """Run a program in the repository root and wait for its end; stop the benchmark if it fails."""
    started = perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=_environment(), capture_output=True, encoding="utf-8", check=False)
    seconds = perf_counter() - started
    if done.returncode != 0 or not done.stdout.strip():
        sys.exit(f"{' '.join(command)}\nended with status {done.returncode}:\n{done.stderr}")
    return Timed(done.stdout, seconds)


def _environment() -> Mapping[str, str]:
    """Return the environment without the user's own settings, and with no look at any model hub."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CASEBOOK_")}
    return kept | {"HF_HUB_OFFLINE": "1", "PYTHONUTF8": "1"}
