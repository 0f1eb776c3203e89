"""The state: made when first written, only ever migrated, clear about what is wrong with it."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from curation import state as state_module
from curation.state import MIGRATIONS, State
from library.errors import StateBusyError, StateError


def _names(path: Path) -> list[str]:
    with State(path).reading() as db:
        return [name for (name,) in db.execute("SELECT name FROM keys ORDER BY name")]


def _add(state: State, name: str) -> None:
    with state.writing() as db:
        db.execute(
            "INSERT INTO keys VALUES (?, ?, 'reader', x'00', '2026-01-01', '2027-01-01', NULL, NULL)", (name, name)
        )


def _add_and_fail(state: State) -> None:
    with state.writing() as db:
        db.execute("INSERT INTO keys VALUES ('a', 'a', 'reader', x'00', '', '', NULL, NULL)")
        raise ValueError("half-way")


def _fill_up(state: State) -> None:
    with state.writing() as db:
        db.execute("PRAGMA max_page_count=1")
        db.execute("UPDATE keys SET name=hex(zeroblob(1000000))")


def _add_many(path: str, prefix: str) -> None:
    state = State(Path(path), busy_seconds=30)
    for number in range(5):
        _add(state, f"{prefix}{number}")
    state.close()


def test_reading_does_not_make_it(tmp_path: Path) -> None:
    """A state that was never written reads as an empty one, and leaves no file or folder behind."""
    path = tmp_path / "deep" / "state.db"
    assert _names(path) == []
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_read_by_others(tmp_path: Path) -> None:
    """Another object, as in another process, reads what was written."""
    path = tmp_path / "state.db"
    state = State(path)
    _add(state, "a")
    assert _names(path) == ["a"]
    state.close()
    assert _names(path) == ["a"]


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    """The file, its log and the folders that are made for it are open to their owner alone."""
    path = tmp_path / "made" / "here" / "state.db"
    state = State(path)
    _add(state, "a")
    modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()}
    assert modes["state.db"] == 0o600
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    state.close()


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """What fails half-way is not there afterwards, and the state can still be written."""
    state = State(tmp_path / "state.db")
    with pytest.raises(ValueError, match="half-way"):
        _add_and_fail(state)
    assert _names(state.path) == []
    _add(state, "b")
    assert _names(state.path) == ["b"]


def test_many_threads_and_processes_write(tmp_path: Path) -> None:
    """Writers that begin at once, while the file does not exist yet, lose nothing."""
    path = tmp_path / "new" / "state.db"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_add_many, args=(str(path), f"p{number}-")) for number in range(3)]
    for process in processes:
        process.start()
    state = State(path, busy_seconds=30)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: _add(state, f"t{number}"), range(40)))
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(_names(path)) == 55


def test_threads_make_it_together(tmp_path: Path) -> None:
    """Threads that each open a new state for themselves make it once."""
    for attempt in range(10):
        path = tmp_path / f"{attempt}" / "state.db"
        start = threading.Barrier(8)

        def add(number: int, path: Path = path, start: threading.Barrier = start) -> None:
            start.wait()
            state = State(path)
            _add(state, str(number))
            state.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(add, range(8)))
        assert len(_names(path)) == 8


def test_a_new_state_waits_for_another_maker(tmp_path: Path) -> None:
    """The switch to the log, at which SQLite fails at once, waits for another one who is at it."""
    path = tmp_path / "state.db"
    path.touch()
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        leaving = threading.Timer(0.2, lambda: other.execute("COMMIT"))
        leaving.start()
        _add(State(path), "a")
        leaving.join()
    assert _names(path) == ["a"]


def test_a_new_state_does_not_wait_for_ever(tmp_path: Path) -> None:
    """Who cannot switch to the log in time is told that another one is at it."""
    path = tmp_path / "state.db"
    path.touch()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateBusyError, match="another process"):
            _add(State(path, busy_seconds=0.1), "a")


def test_a_newer_state_is_refused(tmp_path: Path) -> None:
    """A state of a newer version is neither read nor written, and the error says so."""
    path = tmp_path / "state.db"
    _add(State(path), "a")
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    with pytest.raises(StateError, match="newer version"), State(path).reading():
        pass
    with pytest.raises(StateError, match="newer version"), State(path).writing():
        pass


def test_an_older_state_is_migrated_and_keeps_what_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that is appended later is taken once, on the rows that are there."""
    path = tmp_path / "state.db"
    _add(State(path), "a")
    step = ("ALTER TABLE keys ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'",)
    monkeypatch.setattr(state_module, "MIGRATIONS", (*MIGRATIONS, step))
    for _ in range(2):
        with State(path).reading() as db:
            assert db.execute("SELECT name, colour FROM keys").fetchall() == [("a", "red")]


def test_a_step_that_fails_leaves_the_older_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a step of several statements either all are taken or none."""
    path = tmp_path / "state.db"
    _add(State(path), "a")
    steps = ("ALTER TABLE keys ADD COLUMN colour TEXT", "ALTER TABLE nothing ADD COLUMN colour TEXT")
    with monkeypatch.context() as patch:
        patch.setattr(state_module, "MIGRATIONS", (*MIGRATIONS, steps))
        with pytest.raises(StateError), State(path).reading():
            pass
    with State(path).reading() as db:
        assert "colour" not in [row[1] for row in db.execute("PRAGMA table_info(keys)")]


def test_a_file_that_was_just_made_is_filled(tmp_path: Path) -> None:
    """A writer that died after making the file, before its tables, leaves a state that works."""
    path = tmp_path / "state.db"
    path.touch()
    assert _names(path) == []
    _add(State(path), "a")
    assert _names(path) == ["a"]


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be read as one" * 20, b"SQLite format 3\0" + b"\xff" * 4_096]
)
def test_a_damaged_file_is_told(tmp_path: Path, content: bytes) -> None:
    """What is no database is told with its path and a remedy, and left as it is."""
    path = tmp_path / "state.db"
    path.write_bytes(content)
    for opening in (State(path).reading, State(path).writing):
        with pytest.raises(StateError, match=r"state\.db") as caught, opening():
            pass
        assert caught.value.hint
    assert path.read_bytes() == content


def test_another_database_is_not_taken_over(tmp_path: Path) -> None:
    """A SQLite file of something else is refused, and gets no tables of ours."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StateError, match="not a state"), State(path).writing():
        pass
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A path through a file is an error that names the setting."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(StateError, match="cannot be written") as caught,
        State(tmp_path / "file" / "state.db").writing(),
    ):
        pass
    assert "CASEBOOK_STATE" in caught.value.hint


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    """A folder where the file should be is an error like any other."""
    with pytest.raises(StateError, match="cannot be read"), State(tmp_path).reading():
        pass


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs rights that bind this user")
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    """A folder that may not be written is an error, not a crash."""
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StateError, match="cannot be written"), State(tmp_path / "state.db").writing():
            pass
    finally:
        tmp_path.chmod(0o700)


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    """When there is no more room the error says so, and what was written before is still there."""
    state = State(tmp_path / "state.db")
    _add(state, "a")
    with pytest.raises(StateError, match="full") as caught:
        _fill_up(state)
    assert "space" in caught.value.hint
    assert _names(state.path) == ["a"]
    _add(state, "b")


def test_a_long_writer_is_told(tmp_path: Path) -> None:
    """Who cannot write because another does is told to try again; readers do not wait at all."""
    state = State(tmp_path / "state.db", busy_seconds=0.05)
    _add(state, "a")
    with state.writing():
        for patient in (True, False):
            with pytest.raises(StateBusyError), state.writing(patient=patient):
                pass
        assert _names(state.path) == ["a"]
    _add(state, "b")


def test_the_file_is_whole_when_its_writer_has_ended(tmp_path: Path) -> None:
    """A process that writes and ends leaves one file, which can be copied for a backup."""
    path = tmp_path / "state.db"
    process = multiprocessing.get_context("spawn").Process(target=_add_and_end, args=(str(path),))
    process.start()
    process.join()
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.db"]
    copied = path.rename(tmp_path / "copy.db")
    assert _names(copied) == ["a"]


def _add_and_end(path: str) -> None:
    _LIVING_ON.append(State(Path(path)))
    _add(_LIVING_ON[0], "a")


# States that live as long as their process.
_LIVING_ON: list[State] = []
_FORKING = """
import os, sys
from pathlib import Path
from curation.state import State

def add(state, name):
    with state.writing() as db:
        db.execute("INSERT INTO keys VALUES (?, ?, 'reader', x'00', '', '', NULL, NULL)", (name, name))

state = State(Path(sys.argv[1]))
add(state, "a")
child = os.fork()
if child == 0:
    add(state, "b")
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
add(state, "c")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_opens_its_own(tmp_path: Path) -> None:
    """A connection is never used on the other side of a fork."""
    path = tmp_path / "state.db"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", _FORKING, str(path)], check=True, cwd=root)
    assert _names(path) == ["a", "b", "c"]
