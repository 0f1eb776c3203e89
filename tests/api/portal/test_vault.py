"""What is kept between two requests, and who can read it."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from api.portal.vault import Vault

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


def test_the_first_go_when_there_are_too_many() -> None:
    """A flood fills no memory: beyond a number what was put first is forgotten."""
    vault = Vault(most=3)
    for number in range(2_000):
        vault.put(f"session {number}", "one", seconds=10)
    kept = [number for number in range(2_000) if vault.get(f"session {number}")]
    assert len(kept) < 600
    assert kept[-1] == 1_999
    assert 0 not in kept
