"""What was decided of items, appended to only: who approved which content, when, and the approved text itself."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from curation.review.audit import Act, AuditEntry, append_act
from curation.review.guards import Guard
from curation.state import State

_COLUMNS = "at, who, what, item, content_hash, approves, guard, reason"
_GUARD = _COLUMNS.split(", ").index("guard")


@dataclass(frozen=True, slots=True)
class Review:
    """One decision: `content_hash` is the SHA-256 (hex) of the file as the decision left it.

    `approves` says whether that content is approved by it; `text` is kept of such content alone.
    """

    at: str
    who: str
    what: Act
    item: str
    content_hash: str
    approves: bool
    guard: Guard
    reason: str = ""
    text: bytes | None = None


def keep_review(db: sqlite3.Connection, review: Review) -> None:
    """Append a decision, and its line in the audit, within a transaction of the state."""
    (number,) = db.execute("SELECT coalesce(max(number), 0) + 1 FROM reviews").fetchone()
    text = zlib.compress(review.text) if review.approves and review.text is not None else None
    said = (review.at, review.who, review.what.value, review.item, review.content_hash, review.approves)
    row = (number, *said, review.guard.as_json(), review.reason, text)
    db.execute(f"INSERT INTO reviews (number, {_COLUMNS}, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
    append_act(db, AuditEntry(review.who, review.what, review.item, review.content_hash), at=review.at)


def approved_hashes(state: State) -> dict[tuple[str, str], str]:
    """Return the SHA-256 of the content that is approved, by id and type: what the last decision on an item approved.

    An older approval does not come back with the older file: what was approved for everybody may have been
    narrowed since. Nor does one hold where the same bytes are another type: a file's folder decides that.

    Raises:
        StateError: the state cannot be read.
    """
    reviews = last_reviews(state)
    return {(item, one.guard.type): one.content_hash for item, one in reviews.items() if one.approves}


def approved_among(state: State, hashes: Collection[str]) -> int:
    """Return how many of some contents (SHA-256) are approved on record.

    Raises:
        StateError: the state cannot be read.
    """
    return len(set(hashes) & set(approved_hashes(state).values()))


def last_reviews(state: State) -> Mapping[str, Review]:
    """Return the last decision on each item, without its text.

    Raises:
        StateError: the state cannot be read.
    """
    query = f"SELECT {_COLUMNS}, NULL FROM reviews WHERE number IN (SELECT max(number) FROM reviews GROUP BY item)"  # noqa: S608
    with state.reading() as db:
        reviews = [_review_of(row) for row in db.execute(query)]
    return {review.item: review for review in reviews}


def last_approval(state: State, item: str) -> Review | None:
    """Return the last decision that approved some content of an item, with that text; None if it was purged.

    Raises:
        StateError: the state cannot be read.
    """
    query = f"SELECT {_COLUMNS}, text FROM reviews WHERE item=? AND approves ORDER BY number DESC LIMIT 1"  # noqa: S608
    with state.reading() as db:
        row = db.execute(query, (item,)).fetchone()
    review = _review_of(row) if row else None
    return review if review is not None and review.text is not None else None


def approved_texts(state: State, classes: Collection[str]) -> Iterator[Review]:
    """Yield the last approval of each item that was then of one of some classifications, with the approved text.

    Raises:
        StateError: the state cannot be read.
    """
    newest = "SELECT max(number) FROM reviews WHERE approves GROUP BY item"
    query = f"SELECT {_COLUMNS}, text FROM reviews WHERE number IN ({newest}) AND text IS NOT NULL ORDER BY number"  # noqa: S608
    with state.reading() as db:
        for row in db.execute(query):
            if Guard.from_json(row[_GUARD]).classification in classes:
                yield _review_of(row)


def redact_reviews(db: sqlite3.Connection, item: str) -> int:
    """Take texts, reasons and names out of all decisions on a purged item; what was decided, and when, stays."""
    return db.execute("UPDATE reviews SET text=NULL, reason='', guard='{}' WHERE item=?", (item,)).rowcount


def _review_of(row: tuple[Any, ...]) -> Review:
    at, who, what, item, content_hash, approves, guard, reason, text = row
    body = zlib.decompress(text) if text is not None else None
    return Review(at, who, Act(what), item, content_hash, bool(approves), Guard.from_json(guard), reason, body)
