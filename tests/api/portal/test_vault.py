"""What is kept between two requests, and who can read it."""

from __future__ import annotations

import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from api.portal.vault import Room, Vault

KEY = "session abc"


def test_a_text_lies_under_its_secret_alone() -> None:
    """The same secret gives the text, any other nothing; a dropped or replaced one is gone."""
    vault = Vault()
    vault.put(KEY, "one", seconds=10)
    assert (vault.get(KEY), vault.get("session abd")) == ("one", None)
    vault.put(KEY, "two", seconds=10)
    assert vault.get(KEY) == "two"
    vault.drop(KEY)
    assert vault.get(KEY) is None


def test_a_text_is_kept_for_its_time() -> None:
    """Once its time is over a text is not given out, and does not come back."""
    now = [100.0]
    vault = Vault(clock=lambda: now[0])
    vault.put(KEY, "one", seconds=10)
    now[0] = 109.9
    assert vault.get(KEY) == "one"
    now[0] = 110.0
    assert vault.get(KEY) is None


def test_workers_share_a_file(tmp_path: Path) -> None:
    """What one process has put another one gives out."""
    first, second = Vault(tmp_path / "portal.db"), Vault(tmp_path / "portal.db")
    first.put(KEY, "one", seconds=10)
    assert second.get(KEY) == "one"
    second.drop(KEY)
    assert first.get(KEY) is None
    first.close()
    second.close()


def test_the_file_alone_tells_nothing(tmp_path: Path) -> None:
    """Neither a secret nor a text can be read in the file or beside it."""
    vault = Vault(tmp_path / "portal.db")
    vault.put(KEY, "Nightingale", seconds=10)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert content
    assert b"Nightingale" not in content
    assert KEY.encode() not in content
    vault.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_file_is_its_owners(tmp_path: Path) -> None:
    """No other user of the machine may open the file or what SQLite keeps beside it."""
    vault = Vault(tmp_path / "portal.db")
    vault.put(KEY, "one", seconds=10)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    vault.close()


def test_the_eldest_go_when_there_are_too_many() -> None:
    """A flood fills no memory: beyond a number what was put first is forgotten, and what was put anew is not."""
    vault = Vault(room=Room(entries=3))
    for number in (0, 1, 2, 0, 3):
        vault.put(f"session {number}", "one", seconds=10)
    assert [number for number in range(4) if vault.get(f"session {number}")] == [0, 2, 3]


def test_the_eldest_of_one_owner_go_before_any_of_another() -> None:
    """Whoever keeps a lot takes the room of nobody else."""
    vault = Vault(room=Room(each=2))
    vault.put("text of another", "one", seconds=10, owner="another")
    for number in range(5):
        vault.put(f"text {number}", "one", seconds=10, owner="one")
    assert [number for number in range(5) if vault.get(f"text {number}")] == [3, 4]
    assert vault.get("text of another")


def test_long_texts_take_no_more_room_than_short_ones(tmp_path: Path) -> None:
    """Bytes are counted as they lie on the disk, and a file does not grow with what was forgotten."""
    vault = Vault(tmp_path / "held.db", room=Room(bytes=200_000))
    for number in range(60):
        vault.put(f"text {number}", "x" * 20_000, seconds=10, owner=f"session {number}")
    kept = [number for number in range(60) if vault.get(f"text {number}")]
    assert kept == list(range(60 - len(kept), 60))
    assert 20_000 * len(kept) < 200_000 < 40_000 * len(kept)
    assert (tmp_path / "held.db").stat().st_size < 600_000
    vault.close()


def test_what_is_over_is_not_on_the_disk_any_more(tmp_path: Path) -> None:
    """Whatever is put next sweeps out what nobody can have any more."""
    now = [100.0]
    vault = Vault(tmp_path / "held.db", clock=lambda: now[0])
    vault.put("short", "one", seconds=10)
    vault.put("long", "one", seconds=100)
    now[0] = 120.0
    vault.put("new", "one", seconds=10)
    vault.close()
    with sqlite3.connect(tmp_path / "held.db") as db:
        assert db.execute("SELECT COUNT(*) FROM entries").fetchone() == (2,)
    db.close()
