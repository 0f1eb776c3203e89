"""The audit: who did what with which item, and when. Appended to only, each line with the hash of the one before.

It never holds a word of an item, nor of a query. Of whoever changes the state's file with other tools, the hashes
tell what he changed or took out, except at the end: so keep the last hash elsewhere, and ask for it (`head`).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from curation.spreadsheets import guard_cell
from curation.state import State
from library.access import CLOSED_CLASSES, Asker
from library.errors import StateError

_COLUMNS = "number, at, who, what, item, detail, previous, hash"
_FIRST = bytes(32)
_FIELDS = ("number", "at", "who", "what", "item", "detail", "hash")
_log = logging.getLogger("casebook.audit")


class Act(StrEnum):
    """What was done with an item."""

    SAVED = "saved"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    VERIFIED = "verified"
    REASSIGNED = "reassigned"
    ARCHIVED = "archived"
    RENAMED = "renamed"
    PURGED = "purged"
    REFUSED = "refused"
    READ_CONFIDENTIAL = "read_confidential"


class ReadItem(Protocol):
    """An item or a record of one, as far as the audit needs it."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def classification(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what with which item; `detail` is a content's hash or what was refused, never a text."""

    who: str
    what: Act
    item: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line; `at` is UTC (ISO 8601, whole seconds), `detail` a content's hash or what was refused."""

    number: int
    at: str
    who: str
    what: str
    item: str
    detail: str
    previous: bytes
    hash: bytes

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {**{name: getattr(self, name) for name in _FIELDS}, "hash": self.hash.hex()}

    def is_whole(self) -> bool:
        """Whether the line says what it said when it was written."""
        return self.hash == _hash((self.number, self.at, self.who, self.what, self.item, self.detail), self.previous)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines are wanted: from and before a time or day (ISO 8601, UTC), of one item."""

    since: str = ""
    until: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What a check of the chain found: how many lines there are, the last one's hash, what is wrong with which."""

    lines: int
    head: str
    faults: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"lines": self.lines, "head": self.head, "faults": list(self.faults)}


def name_of(asker: Asker) -> str:
    """Return what the audit calls an asker: his name, as `owner` and `authors` write it."""
    name = " ".join(asker.user.split()) or "(no name)"
    return name.encode("utf-8", "backslashreplace").decode()


def record_act(state: State, entry: AuditEntry) -> None:
    """Append a line by itself; cheap, since it does not wait for the disk.

    Raises:
        StateError: the state cannot be written.
    """
    with state.writing(lasting=False) as db:
        append_act(db, entry)


def record_refusal(state: State, asker: Asker, item: str, refused: str) -> None:
    """Append that somebody was refused something; he is refused it too where the state cannot be written."""
    try:
        record_act(state, AuditEntry(name_of(asker), Act.REFUSED, item, refused))
    except StateError as error:
        _log.warning("A refusal is not in the audit: %s", error.message)


def record_reading(state: State, asker: Asker, item: str) -> None:
    """Append that somebody read a confidential item, before he does; a state that is busy keeps nobody from reading."""
    try:
        record_act(state, AuditEntry(name_of(asker), Act.READ_CONFIDENTIAL, item))
    except StateError as error:
        _log.warning("A reading is not in the audit: %s", error.message)


def note_reading(state: State, asker: Asker, item: ReadItem) -> None:
    """Append that somebody is about to read an item, if it is a confidential one; every surface tells of it here."""
    if item.classification in CLOSED_CLASSES:
        record_reading(state, asker, item.id)


def append_act(db: sqlite3.Connection, entry: AuditEntry, *, at: str = "") -> None:
    """Append a line within a transaction of the state."""
    last = db.execute("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    number, previous = last or (0, _FIRST)
    said = (number + 1, at or now_text(), entry.who, entry.what.value, entry.item, entry.detail)
    row = (*said, previous, _hash(said, previous))
    db.execute(f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608


def audit_lines(state: State, wanted: AuditFilter | None = None) -> list[AuditLine]:
    """Return lines in the order in which they were written; whoever calls this has checked who asks.

    Raises:
        StateError: the state cannot be read.
    """
    wanted = wanted or AuditFilter()
    conditions = {"at>=?": wanted.since, "at<?": wanted.until, "item=?": wanted.item}
    given = {condition: value for condition, value in conditions.items() if value}
    where = " AND ".join(given) or "1"
    query = f"SELECT {_COLUMNS} FROM audit WHERE {where} ORDER BY number"  # noqa: S608
    with state.reading() as db:
        return [AuditLine(*row) for row in db.execute(query, tuple(given.values()))]


def verify_audit(state: State, *, head: str = "") -> AuditCheck:
    """Check every line against the one before it, and every review against its line.

    `head` is a hash that was the last one at some time: it must still be there.

    Raises:
        StateError: the state cannot be read.
    """
    lines = audit_lines(state)
    faults = list(_chain_faults(lines))
    if head and head not in {line.hash.hex() for line in lines}:
        faults.append(f"no line has the hash {head}: the end of the audit was taken away or written anew")
    faults += _review_faults(state, lines)
    return AuditCheck(len(lines), lines[-1].hash.hex() if lines else "", tuple(faults))


def savers_of(db: sqlite3.Connection, item: str) -> frozenset[str]:
    """Return who saved an item since it was approved, and in any case who saved it last."""
    query = "SELECT what, who FROM audit WHERE item=? AND what IN (?, ?) ORDER BY number"
    savers: frozenset[str] = frozenset()
    last: frozenset[str] = frozenset()
    for what, who in db.execute(query, (item, Act.SAVED, Act.APPROVED)):
        if what == Act.SAVED:
            last = frozenset({who})
            savers |= last
        else:
            savers = last
    return savers


def as_json_lines(lines: list[AuditLine]) -> Iterator[str]:
    """Yield each line as JSON."""
    for line in lines:
        yield json.dumps(line.as_dict(), ensure_ascii=False)


def as_csv_lines(lines: list[AuditLine]) -> Iterator[str]:
    """Yield a head and each line as CSV, safe to open in a spreadsheet."""
    yield _csv_row(_FIELDS)
    for line in lines:
        yield _csv_row(tuple(guard_cell(str(value)) for value in line.as_dict().values()))


def now_text() -> str:
    """Return the time as the audit writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _chain_faults(lines: list[AuditLine]) -> Iterator[str]:
    before, number = _FIRST, 0
    for line in lines:
        if line.number != number + 1:
            yield f"line {number + 1} is missing"
        elif line.previous != before:
            yield f"line {line.number} does not follow the one before it"
        if not line.is_whole():
            yield f"line {line.number} was changed"
        before, number = line.hash, line.number


def _review_faults(state: State, lines: list[AuditLine]) -> Iterator[str]:
    """Yield each review that the audit does not know, an approval that nobody gave, or one of another text."""
    known = {(line.at, line.who, line.what, line.item, line.detail) for line in lines}
    query = "SELECT number, approves, text, at, who, what, item, content_hash FROM reviews ORDER BY number"
    with state.reading() as db:
        for number, approves, text, *said in db.execute(query):
            _, _, what, item, content_hash = said
            if tuple(said) not in known:
                yield f"review {number} ({what} {item}) has no line in the audit"
            if approves and what in (Act.SUBMITTED, Act.RETURNED, Act.ARCHIVED):
                yield f"review {number} ({what} {item}) approves nothing, and was made to"
            if text is not None and _hash_of_text(text) != content_hash:
                yield f"review {number} ({what} {item}) keeps another text than was approved"


def _hash(said: tuple[int | str, ...], previous: bytes) -> bytes:
    content = json.dumps([*said, previous.hex()], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).digest()


def _hash_of_text(compressed: bytes) -> str:
    try:
        return hashlib.sha256(zlib.decompress(compressed)).hexdigest()
    except zlib.error:
        return ""


def _csv_row(cells: tuple[str, ...]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow(cells)
    return stream.getvalue()
