"""Requests that write, sent again: the same key and the same body give the same answer, and write once.

What is written and the answer that is kept go into one transaction. So there is nothing half done after
a crash, and of two at once the second waits for the first and is given its answer.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.requests.problems import ProblemError
from curation.state import State
from library.errors import StateBusyError

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
# 1 to 128 visible ASCII characters.
KEY_PATTERN = r"^[!-~]{1,128}$"
KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class RepeatableRequest:
    """A request that may come again: who sent it, under which key (None: it is not meant to), and what it says."""

    caller: str
    key: str | None
    operation: str
    body: Mapping[str, Any]

    @property
    def fingerprint(self) -> bytes:
        """The SHA-256 of what the request says; the order of fields and white space do not count."""
        content = json.dumps([self.operation, self.body], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).digest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer, and whether it is one that was given before."""

    status: int
    answer: Mapping[str, Any]
    replayed: bool = False

    def headers(self) -> dict[str, str]:
        """Return the header that marks a repeated answer."""
        return {REPLAYED_HEADER: "true"} if self.replayed else {}


Write = Callable[[sqlite3.Connection], Outcome]


def write_once(
    state: State, request: RepeatableRequest, write: Write, *, clock: Callable[[], float] = time.time
) -> Outcome:
    """Write within one transaction and keep the answer for a day, or return the one that is kept.

    Raises:
        ProblemError: 422 if the key was used for another request, 409 if others wrote for longer than one waits.
        StateError: the state cannot be written.
    """
    try:
        with state.writing() as db:
            return write(db) if request.key is None else _written_once(db, request, write, clock())
    except StateBusyError as error:
        if request.key is None:
            raise
        raise ProblemError("request-in-progress", headers={"Retry-After": "1"}) from error


def _written_once(db: sqlite3.Connection, request: RepeatableRequest, write: Write, now: float) -> Outcome:
    db.execute("DELETE FROM repeatable_writes WHERE at<?", (now - KEPT_SECONDS,))
    kept = db.execute(
        "SELECT fingerprint, status, answer FROM repeatable_writes WHERE caller=? AND key=?",
        (request.caller, request.key),
    ).fetchone()
    if kept is None:
        outcome = write(db)
        row = (request.caller, request.key, request.fingerprint, now, outcome.status, json.dumps(outcome.answer))
        db.execute("INSERT INTO repeatable_writes VALUES (?, ?, ?, ?, ?, ?)", row)
        return outcome
    fingerprint, status, answer = kept
    if fingerprint != request.fingerprint:
        raise ProblemError("idempotency-mismatch", errors=[{"field": HEADER, "message": "Use a new key."}])
    return Outcome(status, json.loads(answer), replayed=True)
