"""What waits for the desk: new items, edits that nobody approved, reviews that are due, and what came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from curation.feedback import FeedbackKind
from curation.review.audit import Act
from curation.review.desk import Desk, DeskItem
from curation.review.roles import Action, is_allowed, require_role
from curation.state import State
from library.access import Asker


class Waiting(StrEnum):
    """Why an item is in the queue."""

    NEW = "new"
    EDITED = "edited"
    OVERDUE = "overdue"
    RETURNED = "returned"


class QueueOrder(StrEnum):
    """In which order the queue stands within each reason."""

    USE = "use"
    OWNER = "owner"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """An item that waits, since when it is due (or None), and how often users said that it served them."""

    id: str
    type: str
    title: str
    path: str
    waiting: Waiting
    owner: str
    due: date | None
    uses: int
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            **{name: getattr(self, name) for name in ("id", "type", "title", "path")},
            "waiting": self.waiting.value,
            "owner": self.owner,
            "due": self.due.isoformat() if self.due else None,
            "uses": self.uses,
            "reason": self.reason,
        }


def review_queue(desk: Desk, *, order: QueueOrder = QueueOrder.USE, owner: str = "") -> list[QueueEntry]:
    """Return what waits of all that the asker sees: by reason, then in the order asked for, then by id.

    Contributors find their own items in it, those who govern all of them.

    `new` waits for its first approval or says `in_review`; `edited` says `approved`, and its content has no approval
    on record; `overdue` has to be verified again; `returned` are the asker's own, with the reason.

    Raises:
        RoleError: the asker is neither contributor, curator nor publisher.
    """
    require_role(desk.asker, Action.SEE_QUEUE)
    uses = uses_of(desk.state)
    is_governing = is_allowed(desk.asker, Action.VERIFY)
    seen = [one for one in desk.items().values() if is_governing or _is_own(desk.asker, one)]
    found = [entry for one in seen if (entry := _entry(desk, one, uses)) is not None]
    wanted = [entry for entry in found if not owner or entry.owner.casefold() == owner.casefold()]
    return sorted(wanted, key=lambda entry: (list(Waiting).index(entry.waiting), *_place(entry, order), entry.id))


def uses_of(state: State) -> Mapping[str, int]:
    """Return how often users said that they used a case, by its id.

    Raises:
        StateError: the state cannot be read.
    """
    with state.reading() as db:
        return Counter(
            case for (case,) in db.execute("SELECT case_id FROM feedback WHERE kind=?", (FeedbackKind.USED,))
        )


def queue_lines(entries: Iterable[QueueEntry]) -> Iterator[str]:
    """Yield the text form: a line for each item."""
    for entry in entries:
        more = [f"due {entry.due}"] if entry.due else []
        more += [f"used {entry.uses} times" if entry.uses > 1 else "used once"] if entry.uses else []
        more += [f"owner {entry.owner}"] if entry.owner else []
        more += [f"reason: {entry.reason}"] if entry.reason else []
        yield f"{entry.waiting.value:<9} {entry.id}  {entry.title}" + (f"  ({', '.join(more)})" if more else "")


def _entry(desk: Desk, found: DeskItem, uses: Mapping[str, int]) -> QueueEntry | None:
    waiting = _waiting(desk, found)
    if waiting is None:
        return None
    item = found.item
    review = desk.reviews.get(item.id)
    return QueueEntry(
        id=item.id,
        type=item.type,
        title=item.title,
        path=found.document.path,
        waiting=waiting,
        owner=item.owner or "",
        due=item.review_due() if waiting is Waiting.OVERDUE else None,
        uses=uses.get(item.id, 0),
        reason=review.reason if waiting is Waiting.RETURNED and review is not None else "",
    )


def _waiting(desk: Desk, found: DeskItem) -> Waiting | None:
    item = found.item
    if item.status == "in_review":
        return Waiting.EDITED if found.is_unapproved and item.id in desk.reviews else Waiting.NEW
    if item.status == "approved":
        return Waiting.OVERDUE if desk.is_overdue(found) else None
    review = desk.reviews.get(item.id)
    is_returned = item.status == "draft" and review is not None and review.what is Act.RETURNED
    return Waiting.RETURNED if is_returned and _is_own(desk.asker, found) else None


def _is_own(asker: Asker, found: DeskItem) -> bool:
    return bool(asker.user) and asker.user in (found.item.owner, *found.item.authors)


def _place(entry: QueueEntry, order: QueueOrder) -> tuple[Any, ...]:
    match order:
        case QueueOrder.USE:
            return (-entry.uses,)
        case QueueOrder.OWNER:
            return (not entry.owner, entry.owner.casefold())
        case QueueOrder.DUE:
            return (entry.due or date.max,)
