"""What never has to be computed twice: vectors and token vectors by text, and files that were read and cut before.

One SQLite file outside the generations; deleting it costs time, nothing else. Rows that the last
published generation did not use are dropped, so no text outlives its item here.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexer.encoder import EncoderConfig
    from indexer.tokens import StoredTokens

    Vectors = NDArray[np.float32]

_SCHEMA = """
PRAGMA secure_delete=ON; PRAGMA synchronous=NORMAL;
CREATE TABLE IF NOT EXISTS embeddings (
    fingerprint TEXT NOT NULL, text_hash BLOB NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (fingerprint, text_hash)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (
    space TEXT NOT NULL, text_hash BLOB NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (space, text_hash)
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

    def tokens(self, space: str, hashes: Sequence[bytes]) -> dict[bytes, StoredTokens]:
        """Return the cached token vectors of a space among those asked for, by text hash."""
        from indexer.tokens import StoredTokens

        found = {}
        for chunk in _chunks(hashes):
            marks = ",".join("?" * len(chunk))
            query = f"SELECT text_hash, content FROM tokens WHERE space=? AND text_hash IN ({marks})"  # noqa: S608
            for key, blob in self._db.execute(query, (space, *chunk)):
                found[key] = StoredTokens.from_bytes(blob)
        return found

    def store_tokens(self, space: str, tokens: Mapping[bytes, StoredTokens]) -> None:
        """Keep token vectors at once, as `store_vectors` does."""
        rows = [(space, key, entry.to_bytes()) for key, entry in tokens.items()]
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)", rows)
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

    def compact(self) -> None:
        """Write the file afresh, so that nothing is left in it of what was dropped."""
        self._db.execute("PRAGMA temp_store=MEMORY")
        self._db.execute("VACUUM")

    def keep_only(
        self, config: EncoderConfig, hashes: Iterable[bytes], keys: Iterable[bytes], *, generation: int
    ) -> None:
        """Drop everything that the published generation does not use: texts of other models, other files."""
        with self._db:
            self._db.execute("BEGIN")
            self._db.execute("CREATE TEMP TABLE used (value BLOB PRIMARY KEY) WITHOUT ROWID")
            self._db.executemany("INSERT OR IGNORE INTO used VALUES (?)", ((key,) for key in hashes))
            for table, column, kept in (
                ("embeddings", "fingerprint", config.fingerprint),
                ("tokens", "space", config.token_space),
            ):
                self._db.execute(
                    f"DELETE FROM {table} WHERE {column}<>? OR text_hash NOT IN (SELECT value FROM used)",  # noqa: S608
                    (kept,),
                )
            self._db.execute("DELETE FROM used")
            self._db.executemany("INSERT OR IGNORE INTO used VALUES (?)", ((key,) for key in keys))
            self._db.execute("DELETE FROM files WHERE key NOT IN (SELECT value FROM used)")
            self._db.execute("DROP TABLE used")
            self._db.execute(f"PRAGMA user_version={generation:d}")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    try:
        connection.executescript(_SCHEMA)
    except sqlite3.DatabaseError as error:
        connection.close()
        if isinstance(error, sqlite3.OperationalError):
            raise
        _remove(path)
        connection = sqlite3.connect(path)
        connection.executescript(_SCHEMA)
    return connection


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)


def _chunks(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
