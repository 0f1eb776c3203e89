"""What the portal keeps between two requests: in memory, or in a file that worker processes share.

Each entry lies under a secret that only its owner has (a session's id, in the browser's cookie): its place is a
hash of the secret and its text is encrypted with it, so that the file alone tells nothing. Nothing outlives the server.
Owns cryptography.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet

MOST_ENTRIES = 20_000
_PRUNE_EVERY = 500
_BUSY_SECONDS = 2.0


class Vault:
    """Texts by secret, each until its time is over; usable from several threads, and with a file by several workers."""

    def __init__(
        self, file: Path | None = None, *, most: int = MOST_ENTRIES, clock: Callable[[], float] = time.time
    ) -> None:
        """Keep entries in memory, or in a file (made if missing, best in a temporary folder)."""
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._puts = 0
        self._db = _open(file)

    def put(self, secret: str, text: str, *, seconds: float) -> None:
        """Keep a text under a secret; one that is there already is replaced."""
        row = (_place(secret), self._clock() + seconds, _cipher(secret).encrypt(text.encode()))
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO entries (place, until, body) VALUES (?, ?, ?)", row)
            self._puts += 1
            if self._puts % _PRUNE_EVERY == 1:
                self._prune()

    def get(self, secret: str) -> str | None:
        """Return the text under a secret, unless its time is over."""
        with self._lock:
            query = "SELECT body FROM entries WHERE place=? AND until>?"
            row = self._db.execute(query, (_place(secret), self._clock())).fetchone()
        return _cipher(secret).decrypt(row[0]).decode() if row else None

    def drop(self, secret: str) -> None:
        """Forget a text."""
        with self._lock:
            self._db.execute("DELETE FROM entries WHERE place=?", (_place(secret),))

    def close(self) -> None:
        """Let go of what is held."""
        with self._lock:
            self._db.close()

    def _prune(self) -> None:
        """Forget what is over, and what was put first if there is too much."""
        self._db.execute("DELETE FROM entries WHERE until<=?", (self._clock(),))
        newest = "SELECT rowid FROM entries ORDER BY rowid DESC LIMIT ?"
        self._db.execute(f"DELETE FROM entries WHERE rowid NOT IN ({newest})", (self._most,))  # noqa: S608  a constant


def _open(file: Path | None) -> sqlite3.Connection:
    if file is not None:
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    place = ":memory:" if file is None else file
    db = sqlite3.connect(place, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=OFF")
    db.execute("PRAGMA secure_delete=ON")
    db.execute("CREATE TABLE IF NOT EXISTS entries (place TEXT UNIQUE, until REAL NOT NULL, body BLOB NOT NULL)")
    return db


def _place(secret: str) -> str:
    return hashlib.sha256(f"place {secret}".encode()).hexdigest()


def _cipher(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"cipher {secret}".encode()).digest()))
