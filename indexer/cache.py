"""What never has to be computed twice: vectors by text, and files that were read and cut before.

One SQLite file outside the generations; deleting it costs time, nothing else. Rows that the last
published generation did not use are dropped, so no text outlives its item here.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS embeddings (
    fingerprint TEXT NOT NULL, text_hash BLOB NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (fingerprint, text_hash)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""
_CHUNK = 500


def hash_text(text: str) -> bytes:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).digest()


class BuildCache:
    """Vectors by (encoder fingerprint, text), and read files by content."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    @contextmanager
    def open(cls, path: Path, *, fresh: bool = False) -> Iterator[BuildCache]:
        """Open or make the cache; one that is damaged, or unwanted (`fresh`), is thrown away."""
        if fresh:
            _remove(path)
        connection = _connect(path)
        try:
            yield cls(connection)
        finally:
            connection.close()

    def vectors(self, fingerprint: str, hashes: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Return the cached vectors among those asked for, by text hash."""
        import numpy as np

        found = {}
        for chunk in _chunks(hashes):
            marks = ",".join("?" * len(chunk))
            query = f"SELECT text_hash, vector FROM embeddings WHERE fingerprint=? AND text_hash IN ({marks})"  # noqa: S608
            for key, blob in self._db.execute(query, (fingerprint, *chunk)):
                found[key] = np.frombuffer(blob, dtype=np.float32)
        return found

    def store_vectors(self, fingerprint: str, hashes: Iterable[bytes], vectors: Vectors) -> None:
        """Keep vectors at once, so that a killed run does not compute them again."""
        rows = [(fingerprint, key, vector.tobytes()) for key, vector in zip(hashes, vectors, strict=True)]
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?)", rows)
            self._db.execute("PRAGMA user_version=0")

    def files(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the cached values among those asked for."""
        found: dict[bytes, bytes] = {}
        for chunk in _chunks(keys):
            marks = ",".join("?" * len(chunk))
            found.update(self._db.execute(f"SELECT key, value FROM files WHERE key IN ({marks})", chunk))  # noqa: S608
        return found

    def store_files(self, values: dict[bytes, bytes]) -> None:
        """Keep what was read and cut."""
        if not values:
            return
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?)", values.items())
            self._db.execute("PRAGMA user_version=0")

    @property
    def kept_for(self) -> int:
        """The generation that `keep_only` was last called for, or 0 if anything was stored since."""
        (number,) = self._db.execute("PRAGMA user_version").fetchone()
        return int(number)

    def keep_only(self, fingerprint: str, hashes: Iterable[bytes], keys: Iterable[bytes], *, generation: int) -> None:
        """Drop everything that the published generation does not use."""
        with self._db:
            self._db.execute("BEGIN")
            self._db.execute("CREATE TEMP TABLE used (value BLOB PRIMARY KEY) WITHOUT ROWID")
            self._db.executemany("INSERT OR IGNORE INTO used VALUES (?)", ((key,) for key in hashes))
            self._db.execute(
                "DELETE FROM embeddings WHERE fingerprint<>? OR text_hash NOT IN (SELECT value FROM used)",
                (fingerprint,),
            )
            self._db.execute("DELETE FROM used")
            self._db.executemany("INSERT OR IGNORE INTO used VALUES (?)", ((key,) for key in keys))
            self._db.execute("DELETE FROM files WHERE key NOT IN (SELECT value FROM used)")
            self._db.execute("DROP TABLE used")
            self._db.execute(f"PRAGMA user_version={generation:d}")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    try:
        connection.executescript("PRAGMA secure_delete=ON; PRAGMA synchronous=NORMAL;" + _SCHEMA)
    except sqlite3.DatabaseError as error:
        connection.close()
        if isinstance(error, sqlite3.OperationalError):
            raise
        _remove(path)
        connection = sqlite3.connect(path)
        connection.executescript("PRAGMA secure_delete=ON; PRAGMA synchronous=NORMAL;" + _SCHEMA)
    return connection


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)


def _chunks(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
