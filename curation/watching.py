"""Index what is saved, as it is saved. Owns watchfiles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR
from threading import Event
from typing import TYPE_CHECKING

from curation.publishing import publish_library
from library.errors import CasebookError, IndexBusyError
from library.problems import Problem
from library.reading import ROOTS, SUFFIXES, find_files
from library.settings import Settings

if TYPE_CHECKING:
    from watchfiles import Change

    from indexer.build import BuildReport
    from indexer.progress import Progress

# What editors write beside a file while they save it: hidden ones, backups, locks of office programs, vim's number.
_PASSING = re.compile(r"^[.#~]|[~#]$|\.(tmp|temp|bak|orig|part|crdownload)$|___jb_|^4913$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait in milliseconds: for quiet, at most for one run, and before a busy index is tried again."""

    quiet: int = 400
    longest: int = 5_000
    busy: int = 500


@dataclass(frozen=True, slots=True)
class Watcher:
    """What a watch tells: each run's report with the problems that are new, and sentences; `stop` ends it."""

    report: Callable[[BuildReport, tuple[Problem, ...]], None]
    notify: Callable[[str], None]
    stop: Event


def watch_library(
    settings: Settings,
    watcher: Watcher,
    *,
    publish: Callable[[], BuildReport] | None = None,
    pace: Pace | None = None,
    progress: Progress | None = None,
) -> None:
    """Index a library now and whenever its files have changed, until `watcher.stop` is set.

    What goes wrong in a run is told and the next change tries again; the last good index stays. Changes that come
    within a moment of each other are one run.

    Raises:
        LibraryError: the folder is no library.
    """
    find_files(settings.library)
    pace = pace or Pace()
    run = _Run(publish or (lambda: publish_library(settings, progress=progress)), watcher, pace)
    root = settings.library.resolve()
    while not watcher.stop.is_set():
        _follow(root, watcher, pace, run)


def _follow(root: Path, watcher: Watcher, pace: Pace, run: _Run) -> None:
    """Publish at every change, until it is stopped or the folders that are watched are others: new, away or replaced.

    What watches a folder is told neither that one came later nor that another has taken its place, as a checkout of
    another branch does it.
    """
    folders = _folders(root)
    # The first round comes without a change: by then nothing that is saved goes unnoticed any more.
    is_first = True
    for found in _rounds(root, tuple(folders), watcher, pace):
        if found or is_first:
            _tell(found, root, watcher)
            run()
        is_first = False
        if _folders(root) != folders:
            return


def _rounds(root: Path, folders: Sequence[Path], watcher: Watcher, pace: Pace) -> Iterator[set[tuple[Change, str]]]:
    """Yield the changes below folders, and nothing where a moment passed without one."""
    from watchfiles import watch

    try:
        yield from watch(
            *folders,
            watch_filter=lambda _, path: is_watched(root, path),
            debounce=pace.longest,
            step=pace.quiet,
            stop_event=watcher.stop,
            rust_timeout=max(pace.quiet, 200),
            yield_on_timeout=True,
            ignore_permission_denied=True,  # the index tells of what cannot be read
        )
    except FileNotFoundError:  # one of them went at this very moment
        watcher.stop.wait(pace.quiet / 1000)


def _folders(root: Path) -> dict[Path, tuple[int, int]]:
    """Return the folders to watch, each with what tells it from another of the same name."""
    found: dict[Path, tuple[int, int]] = {}
    for name in ROOTS:
        with suppress(OSError):
            known = (root / name).stat()
            if S_ISDIR(known.st_mode):
                found[root / name] = (known.st_dev, known.st_ino)
    return found


def is_watched(root: Path, path: str) -> bool:
    """Whether a change at a path can change the index: items, and folders, which have no suffix."""
    parts = Path(path).relative_to(root).parts if Path(path).is_relative_to(root) else ()
    if not parts or any(_PASSING.search(part) for part in parts):
        return False
    return Path(path).suffix.lower() in ("", *SUFFIXES)


class _Run:
    """Publishes; tells only the problems that the run before did not have."""

    def __init__(self, publish: Callable[[], BuildReport], watcher: Watcher, pace: Pace) -> None:
        self._publish = publish
        self._watcher = watcher
        self._pace = pace
        self._known: frozenset[Problem] = frozenset()

    def __call__(self) -> None:
        try:
            report = self._published()
        except CasebookError as error:
            self._watcher.notify(f"Not indexed: {error.message} {error.hint}".rstrip())
            return
        if report is not None:
            fresh = tuple(problem for problem in report.problems if problem not in self._known)
            self._known = frozenset(report.problems)
            self._watcher.report(report, fresh)

    def _published(self) -> BuildReport | None:
        """Return what was published, once no other process writes; None if it was stopped before."""
        waited = False
        while not self._watcher.stop.is_set():
            try:
                return self._publish()
            except IndexBusyError:
                if not waited:
                    self._watcher.notify("Another process is indexing; waiting for it.")
                waited = True
                self._watcher.stop.wait(self._pace.busy / 1000)
        return None


def _tell(found: set[tuple[Change, str]], root: Path, watcher: Watcher) -> None:
    names = sorted({Path(path).relative_to(root).as_posix() for _, path in found})
    if names:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        watcher.notify(f"Changed: {names[0]}{more}.")
