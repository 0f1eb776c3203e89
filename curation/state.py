"""What cannot be rebuilt: keys, feedback, reviews and the audit, in one SQLite file that is only ever migrated.

The file is opened when it is first needed, and made when something is first written; reading never
makes it. Of items it holds the texts that were approved, which a purge takes out again. Its folder must be
on a local disk: the write-ahead log needs memory that processes share.
"""

from __future__ import annotations

import os
import sqlite3
import time
import weakref
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

from library.errors import StateBusyError, StateError

BUSY_SECONDS = 5.0
_PAUSE = 0.01
# "CSBK": tells a state from any other SQLite file.
APPLICATION_ID = 0x4353424B
# Appended to, never changed: a file of version n has seen the first n.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE keys (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, secret_hash BLOB NOT NULL,
            created TEXT NOT NULL, expires TEXT NOT NULL, last_used TEXT, revoked TEXT
        )
        """,
        """
        CREATE TABLE feedback (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL, search_id TEXT NOT NULL,
            case_id TEXT NOT NULL, kind TEXT NOT NULL, comment TEXT NOT NULL, caller TEXT NOT NULL, key TEXT
        )
        """,
        """
        CREATE TABLE repeatable_writes (
            caller TEXT NOT NULL, key TEXT NOT NULL, fingerprint BLOB NOT NULL, at REAL NOT NULL,
            status INTEGER NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (caller, key)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX repeatable_writes_at ON repeatable_writes (at)",
    ),
    (
        """
        CREATE TABLE audit (
            number INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, item TEXT NOT NULL,
            detail TEXT NOT NULL, previous BLOB NOT NULL, hash BLOB NOT NULL
        )
        """,
        "CREATE INDEX audit_item ON audit (item, number)",
        """
        CREATE TABLE reviews (
            number INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, item TEXT NOT NULL,
            content_hash TEXT NOT NULL, approves INTEGER NOT NULL, guard TEXT NOT NULL, reason TEXT NOT NULL, text BLOB
        )
        """,
        "CREATE INDEX reviews_item ON reviews (item, number)",
        # Numbers follow each other, so that no line can be put in the place of another (INSERT OR REPLACE).
        """
        CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
        WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit)
        BEGIN SELECT RAISE(ABORT, 'the audit is only appended to'); END
        """,
        """
        CREATE TRIGGER reviews_in_order BEFORE INSERT ON reviews
        WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM reviews)
        BEGIN SELECT RAISE(ABORT, 'reviews are only appended to'); END
        """,
        """
        CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is only appended to'); END
        """,
        """
        CREATE TRIGGER audit_kept BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is only appended to'); END
        """,
        """
        CREATE TRIGGER reviews_kept BEFORE DELETE ON reviews
        BEGIN SELECT RAISE(ABORT, 'reviews are only appended to'); END
        """,
        # A purge takes texts out, once the audit says so.
        """
        CREATE TRIGGER reviews_unchanged BEFORE UPDATE ON reviews
        WHEN NOT (
            NEW.text IS NULL AND NEW.reason = '' AND NEW.guard = '{}'
            AND NEW.number IS OLD.number AND NEW.at IS OLD.at AND NEW.who IS OLD.who AND NEW.what IS OLD.what
            AND NEW.item IS OLD.item AND NEW.content_hash IS OLD.content_hash AND NEW.approves IS OLD.approves
            AND EXISTS (SELECT 1 FROM audit WHERE item = OLD.item AND what = 'purged')
        )
        BEGIN SELECT RAISE(ABORT, 'reviews are only appended to'); END
        """,
    ),
)
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_Idle: TypeAlias = "defaultdict[int, list[sqlite3.Connection]]"
_RESTORE = "Put back the copy of your last backup, or name another file with CASEBOOK_STATE."


class State:
    """Connections to the state; usable from several threads, and by several processes at once."""

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._busy_seconds = busy_seconds
        # By process: a connection must not be used, nor closed, on the other side of a fork.
        self._idle: _Idle = defaultdict(list)
        # At the latest when the process ends: closing the last connection moves what the log holds into the file.
        weakref.finalize(self, _close_idle, self._idle)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection to read from; an empty state stands in for a file that does not exist.

        Raises:
            StateError: the file is damaged, of a newer version, or cannot be read.
        """
        with self._explained("read"), self._lent() if self.path.exists() else _emptied() as connection:
            yield connection

    @contextmanager
    def writing(self, *, patient: bool = True, lasting: bool = True) -> Iterator[sqlite3.Connection]:
        """Lend a connection within a transaction: everything is written at the end, or nothing is.

        An impatient writer does not wait for another one. What need not be `lasting` does not wait for the disk:
        it outlives this process, but perhaps not a failure of power.

        Raises:
            StateBusyError: another process wrote for longer than one waits.
            StateError: the file is damaged, of a newer version, or cannot be written.
        """
        with self._explained("written"):
            self._make()
            with self._lent() as connection:
                connection.execute(f"PRAGMA busy_timeout={self._busy_seconds * 1000 if patient else 0:.0f}")
                connection.execute(f"PRAGMA synchronous={'FULL' if lasting else 'NORMAL'}")
                with _transaction(connection):
                    yield connection

    def compact(self) -> bool:
        """Write the file afresh, without what was deleted from it, and empty its log.

        Returns:
            Whether the log is empty; another process that is just reading keeps it.

        Raises:
            StateError: the file is damaged, of a newer version, or cannot be written.
        """
        if not self.path.exists():
            return True
        with self._explained("written"), self._lent() as connection:
            connection.execute("PRAGMA temp_store=MEMORY")
            connection.execute("VACUUM")
            (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Close the connections that nobody uses; the state can still be used afterwards."""
        _close_idle(self._idle)

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        idle = self._idle[os.getpid()]
        try:
            connection = idle.pop()
        except IndexError:
            connection = self._open()
        try:
            yield connection
        except sqlite3.Error:
            connection.close()
            raise
        except BaseException:
            idle.append(connection)
            raise
        else:
            idle.append(connection)

    def _make(self) -> None:
        """Make the file and its folder, readable by their owner alone."""
        if self.path.exists():
            return
        missing = [folder for folder in self.path.parents if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
        with suppress(FileExistsError):  # another process was faster
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=self._busy_seconds,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        version, known = _number(connection, "user_version"), len(MIGRATIONS)
        if version > known:
            raise StateError(
                f"{self.path} was written by a newer version of Casebook (state {version}, this one knows {known}).",
                hint="Install that version again, or name another file with CASEBOOK_STATE.",
            )
        if _is_foreign(connection):
            raise StateError(f"{self.path} is not a state of Casebook.", hint="Name another file with CASEBOOK_STATE.")
        if version < known:
            self._write_ahead(connection)
            _migrate(connection)

    def _write_ahead(self, connection: sqlite3.Connection) -> None:
        """Switch to the write-ahead log; SQLite itself does not wait here for another one who is at it."""
        until = time.monotonic() + self._busy_seconds
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if not error.sqlite_errorname.startswith(_BUSY) or time.monotonic() > until:
                    raise
                time.sleep(_PAUSE)
            else:
                return

    @contextmanager
    def _explained(self, done: str) -> Iterator[None]:
        """Turn what SQLite and the system say into the one error of this file."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._error_of(error, done) from error
        except OSError as error:
            hint = "Check that the folder exists and its rights, or name another file with CASEBOOK_STATE."
            raise StateError(f"{self.path} cannot be {done}: {error.strerror or error}.", hint=hint) from error

    def _error_of(self, error: sqlite3.Error, done: str) -> StateError:
        code = getattr(error, "sqlite_errorname", "")
        if code.startswith(_BUSY):
            return StateBusyError(f"{self.path} is being written by another process.", hint="Try again in a moment.")
        if code.startswith(_DAMAGED):
            return StateError(f"{self.path} is damaged ({error}).", hint=_RESTORE)
        hint = "Check free space and the rights of the file and its folder."
        return StateError(f"{self.path} cannot be {done}: {error}.", hint=hint)


def _close_idle(idle: _Idle) -> None:
    own = idle[os.getpid()]
    while own:
        own.pop().close()


def _migrate(connection: sqlite3.Connection) -> None:
    """Take the missing steps, all or none; another process may have taken them meanwhile."""
    with _transaction(connection):
        version = _number(connection, "user_version")
        for step in MIGRATIONS[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _emptied() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _migrate(connection)
        yield connection
    finally:
        connection.close()


def _is_foreign(connection: sqlite3.Connection) -> bool:
    """Whether there are tables, and not ours; in this order, since another process may be making them."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(tables) and _number(connection, "application_id") != APPLICATION_ID


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    (value,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(value)
