"""Progress of a run on standard error: bars on a terminal, lines in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from indexer.progress import Progress, Silence


@contextmanager
def shown_progress(*, quiet: bool) -> Iterator[Progress]:
    """Yield the progress that suits standard error; none if `quiet`."""
    if quiet:
        yield Silence()
    elif sys.stderr.isatty():
        with BarProgress() as bars:
            yield bars
    else:
        yield LineProgress()


class LineProgress:
    """Plain lines for logs: one when a phase begins."""

    def start(self, phase: str, total: int) -> None:
        """Name a phase that has something to do."""
        if total:
            self.notify(f"{phase}: {total}")

    def advance(self, steps: int) -> None:
        """Say nothing; a log needs no steps."""

    def notify(self, message: str) -> None:
        """Print a line."""
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()


class BarProgress:
    """A bar for each phase on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bars = Progress(*columns, console=Console(stderr=True))
        self._task: Any = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def start(self, phase: str, total: int) -> None:
        """Begin a phase's bar."""
        self._task = self._bars.add_task(phase, total=total) if total else None

    def advance(self, steps: int) -> None:
        """Move the bar on."""
        if self._task is not None:
            self._bars.advance(self._task, steps)

    def notify(self, message: str) -> None:
        """Print a line above the bars."""
        self._bars.console.print(message, markup=False, highlight=False)
