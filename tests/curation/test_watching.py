"""What is saved is indexed, once for many files, whatever editors do, and what goes wrong is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import pytest

from curation.watching import Pace, Watcher, is_watched, watch_library
from indexer.build import BuildReport, build_index
from indexer.generations import writer_lock
from library.problems import Problem
from tests.conftest import FakeEncoder, case_text, concept_text, settings_for, write_library

_LONG = 60  # seconds in which a slow machine has done it; no test waits for it
_PACE = Pace(quiet=100, longest=2_000, busy=20)


class _Told:
    """What a watch told, to be waited for."""

    def __init__(self) -> None:
        self.reports: Queue[tuple[BuildReport, tuple[Problem, ...]]] = Queue()
        self.notes: Queue[str] = Queue()
        self.stop = threading.Event()

    def watcher(self) -> Watcher:
        return Watcher(lambda report, fresh: self.reports.put((report, fresh)), self.notes.put, self.stop)

    def report(self) -> BuildReport:
        return self.reports.get(timeout=_LONG)[0]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return write_library(tmp_path / "library", {"kb/challenges/chl-a.md": concept_text("A")})


@contextmanager
def _watched(library: Path) -> Iterator[_Told]:
    told, encoder, settings = _Told(), FakeEncoder(), settings_for(library)

    def watch() -> None:
        watch_library(settings, told.watcher(), publish=lambda: build_index(settings, encoder=encoder), pace=_PACE)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        told.stop.set()
        thread.join(_LONG)
        assert not thread.is_alive()


def test_saved_files_are_indexed(library: Path) -> None:
    """The library is indexed at once, then after every change: new, edited, removed, in a new folder too."""
    with _watched(library) as told:
        assert told.report().indexed == 1
        (library / "kb/challenges/deep").mkdir()
        (library / "kb/challenges/deep/chl-b.md").write_text(concept_text("B"), encoding="utf-8")
        while told.report().indexed != 2:
            pass
        (library / "kb/challenges/chl-a.md").unlink()
        while told.report().indexed != 1:
            pass


def test_folders_that_come_later_or_are_replaced_are_watched(library: Path) -> None:
    """`cases/` that is made while the watch runs is watched, and so is what a checkout puts in its place."""
    with _watched(library) as told:
        assert told.report().indexed == 1
        (library / "cases/deep").mkdir(parents=True)
        (library / "cases/deep/case-a.md").write_text(case_text(), encoding="utf-8")
        while told.report().indexed != 2:
            pass
        (library / "kb").rename(library.parent / "away")
        while told.report().indexed != 1:
            pass
        (library / "kb/challenges").mkdir(parents=True)
        (library / "kb/challenges/chl-b.md").write_text(concept_text("B"), encoding="utf-8")
        while told.report().indexed != 2:
            pass
        (library / "kb/challenges/chl-c.md").write_text(concept_text("C"), encoding="utf-8")
        while told.report().indexed != 3:
            pass


def test_many_files_are_one_run_and_a_broken_one_is_told_once(library: Path) -> None:
    """A pull of hundreds of files does not index hundreds of times; a faulty file is told and the others served."""
    with _watched(library) as told:
        told.report()
        for number in range(200):
            (library / f"kb/challenges/chl-{number}.md").write_text(concept_text(f"C {number}"), encoding="utf-8")
        (library / "kb/challenges/chl-x.md").write_text("---\nlabels: [\n---\n", encoding="utf-8")
        runs: list[tuple[BuildReport, tuple[Problem, ...]]] = []
        while not runs or runs[-1][0].indexed != 201:
            runs.append(told.reports.get(timeout=_LONG))
        assert len(runs) <= 5  # one, unless the machine stood still in between
        assert sum("chl-x" in problem.path for _, fresh in runs for problem in fresh) <= 1


def test_other_writer_is_waited_for(library: Path) -> None:
    """While another process indexes, the watch says so and goes on when it has ended."""
    settings = settings_for(library)
    with writer_lock(settings.data_folder), _watched(library) as told:
        assert "waiting" in told.notes.get(timeout=_LONG)
        assert told.reports.empty()
    with _watched(library) as told:
        assert told.report().indexed == 1


def test_failed_run_is_told_and_the_next_one_tries_again(library: Path) -> None:
    """What goes wrong does not end the watch; the next change is indexed."""
    data = library / ".casebook"
    with _watched(library) as told:
        told.report()
        data.rename(library / ".away")
        data.write_text("a file where the index should be", encoding="utf-8")
        (library / "kb/challenges/chl-b.md").write_text(concept_text("B"), encoding="utf-8")
        while "Not indexed" not in told.notes.get(timeout=_LONG):
            pass
        data.unlink()
        (library / "kb/challenges/chl-c.md").write_text(concept_text("C"), encoding="utf-8")
        while told.report().indexed != 3:
            pass


@pytest.mark.parametrize(
    ("path", "watched"),
    [
        ("cases/a.md", True),
        ("cases/a.MARKDOWN", True),
        ("cases/folder", True),
        ("cases/.a.md.swp", False),
        ("cases/a.md~", False),
        ("cases/#a.md#", False),
        ("cases/4913", False),
        ("cases/~$a.md", False),
        ("cases/a.md.tmp", False),
        ("cases/.casebook-x1.tmp", False),
        ("cases/.git/a.md", False),
        ("cases/a.png", False),
        ("../a.md", False),
    ],
)
def test_files_of_editors_are_no_changes(tmp_path: Path, path: str, watched: bool) -> None:  # noqa: FBT001
    """Swap files, backups, locks and files of other kinds start no run."""
    assert is_watched(tmp_path, str(tmp_path / path)) is watched
