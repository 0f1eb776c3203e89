"""What users say of the cases that they found: kept in the state, listed for the desk."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from curation.state import State
from library.access import Role
from library.errors import RoleError
from search.view import View

MAX_COMMENT_LENGTH = 2_000
READERS = frozenset({Role.CURATOR, Role.PUBLISHER})
_COLUMNS = "id, at, search_id, case_id, kind, comment, caller, key"


class FeedbackKind(StrEnum):
    """What a user says of a case: for their challenge, or of the case itself."""

    HELPFUL = "helpful"
    NOT_HELPFUL = "not_helpful"
    USED = "used"
    OUTDATED = "outdated"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody says; `caller` and `key` are the names that logs know, never a person's."""

    case_id: str
    kind: FeedbackKind
    caller: str
    search_id: str = ""
    comment: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """A remark that was kept, with its id and the time in UTC (ISO 8601, whole seconds)."""

    id: str
    at: str
    remark: Remark

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"id": self.id, "at": self.at, **asdict(self.remark)}


def keep_remark(db: sqlite3.Connection, remark: Remark) -> Feedback:
    """Keep a remark within a transaction of the state."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    feedback = Feedback(uuid4().hex, at, remark)
    row = (
        feedback.id,
        at,
        remark.search_id,
        remark.case_id,
        remark.kind.value,
        remark.comment,
        remark.caller,
        remark.key,
    )
    db.execute(f"INSERT INTO feedback ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
    return feedback


def list_feedback(state: State, view: View) -> tuple[Feedback, ...]:
    """Return what was said of the cases that a curator or publisher sees, the latest first.

    Raises:
        RoleError: the asker is neither curator nor publisher.
        StateError: the state cannot be read.
    """
    if view.asker.role not in READERS or view.asker.is_service:
        hint = "Ask with the role of a curator or publisher."
        command = "--role curator says that you are one."
        raise RoleError("Feedback is for curators and publishers.", hint=hint, command=command)
    with state.reading() as db:
        rows = db.execute(f"SELECT {_COLUMNS} FROM feedback ORDER BY number DESC").fetchall()  # noqa: S608
    return tuple(feedback for row in rows if (feedback := _feedback_of(row)).remark.case_id in view.by_id)


def _feedback_of(row: tuple[Any, ...]) -> Feedback:
    feedback_id, at, search_id, case_id, kind, comment, caller, key = row
    return Feedback(feedback_id, at, Remark(case_id, FeedbackKind(kind), caller, search_id, comment, key))
