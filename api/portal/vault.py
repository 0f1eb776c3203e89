"""What the portal keeps between two requests: in memory, or in a file that worker processes share.

Each entry lies under a secret that only its owner has (a session's id, in the browser's cookie): its place is a
hash of the secret and its text is encrypted with it, so that the file alone tells nothing. There is room for so much
and no more: what was put first goes first. Nothing outlives the server. Owns cryptography.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

_BUSY_SECONDS = 2.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries
  (place TEXT UNIQUE, owner TEXT NOT NULL, until REAL NOT NULL, size INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS owners ON entries (owner);
CREATE INDEX IF NOT EXISTS ends ON entries (until);
CREATE INDEX IF NOT EXISTS sizes ON entries (size);
"""
_BEYOND_EACH = """
DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries WHERE owner=? ORDER BY rowid DESC LIMIT -1 OFFSET ?)
"""
_BEYOND_ALL = """
DELETE FROM entries WHERE rowid IN (
  SELECT rowid FROM (
    SELECT rowid, ROW_NUMBER() OVER newest AS place, SUM(size) OVER newest AS bytes FROM entries
    WINDOW newest AS (ORDER BY rowid DESC ROWS UNBOUNDED PRECEDING))
  WHERE place > ? OR bytes > ?)
"""


@dataclass(frozen=True, slots=True)
class Room:
    """How much a vault keeps: entries in all and of one owner, and bytes of their texts as they lie there."""

    entries: int = 20_000
    each: int = 50
    bytes: int = 64_000_000


class Vault:
    """Texts by secret, each until its time is over; usable from several threads, and with a file by several workers."""

    def __init__(
        self, file: Path | None = None, *, room: Room | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        """Keep entries in memory, or in a file (made if missing, best in a temporary folder)."""
        self._room = room or Room()
        self._clock = clock
        self._lock = threading.Lock()
        self._db = _open(file)

    def put(self, secret: str, text: str, *, seconds: float, owner: str = "") -> None:
        """Keep a text under a secret, in place of what is there; the eldest of an owner, and of all, make room."""
        body = _cipher(secret).encrypt(text.encode())
        now, whose = self._clock(), _place(owner) if owner else ""
        row = (_place(secret), whose, now + seconds, len(body), body)
        with self._writing() as db:
            db.execute("DELETE FROM entries WHERE until<=?", (now,))
            db.execute("INSERT OR REPLACE INTO entries (place, owner, until, size, body) VALUES (?, ?, ?, ?, ?)", row)
            if whose:
                db.execute(_BEYOND_EACH, (whose, self._room.each))
            count, size = db.execute("SELECT COUNT(*), SUM(size) FROM entries").fetchone()
            if count > self._room.entries or size > self._room.bytes:
                db.execute(_BEYOND_ALL, (self._room.entries, self._room.bytes))

    def get(self, secret: str) -> str | None:
        """Return the text under a secret, unless its time is over."""
        with self._lock:
            query = "SELECT body FROM entries WHERE place=? AND until>?"
            row = self._db.execute(query, (_place(secret), self._clock())).fetchone()
        return _cipher(secret).decrypt(row[0]).decode() if row else None

    def drop(self, secret: str) -> None:
        """Forget a text."""
        with self._writing() as db:
            db.execute("DELETE FROM entries WHERE place=?", (_place(secret),))

    def drop_all_of(self, owner: str) -> None:
        """Forget everything of an owner."""
        with self._writing() as db:
            db.execute("DELETE FROM entries WHERE owner=?", (_place(owner),))

    def close(self) -> None:
        """Let go of what is held."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Do all of it or nothing, whatever other workers do meanwhile."""
        with self._lock, self._db as db:
            db.execute("BEGIN IMMEDIATE")
            yield db


def _open(file: Path | None) -> sqlite3.Connection:
    if file is not None:
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    place = ":memory:" if file is None else file
    db = sqlite3.connect(place, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=OFF")
    db.execute("PRAGMA secure_delete=ON")
    db.executescript(_SCHEMA)
    return db


def _place(secret: str) -> str:
    return hashlib.sha256(f"place {secret}".encode()).hexdigest()


def _cipher(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"cipher {secret}".encode()).digest()))
