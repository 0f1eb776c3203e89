"""The command that indexes what is saved: watch."""

from typing import TYPE_CHECKING

import typer

from commands.options import Place
from commands.streams import print_lines, print_note

if TYPE_CHECKING:
    from indexer.build import BuildReport
    from library.problems import Problem


def watch(*, place: Place) -> None:
    """Index files whenever they are saved, until Ctrl-C."""
    from threading import Event

    from curation.watching import Watcher, watch_library

    settings = place.settings()
    watcher = Watcher(report=_report, notify=print_note, stop=Event())
    print_note(f"Watching {settings.library}; Ctrl-C ends it.")
    try:
        watch_library(settings, watcher)
    except KeyboardInterrupt:
        print_note("Stopped watching; what was published still answers.")
        raise typer.Exit(0) from None


def _report(report: "BuildReport", fresh: "tuple[Problem, ...]") -> None:
    for problem in fresh:
        print_note(problem.as_text())
    print_lines(report.as_lines()[-1:])
