"""What pages of the review show: the queue in tabs, and a difference without the long stretches that stayed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from curation.review.desk import Desk
from curation.review.diff import PartDiff, ReviewDiff, Segment
from curation.review.queue import QueueEntry, QueueOrder, Waiting, review_queue

_AROUND = 120  # characters of what stayed that are shown beside a change


class Tab(StrEnum):
    """Parts of the queue."""

    WAITING = "waiting"
    EDITED = "edited"
    OVERDUE = "overdue"
    USE = "use"

    def takes(self, entry: Entry) -> bool:
        """Whether an entry stands under this tab."""
        return self is Tab.USE or _TABS[entry.queued.waiting] is self


_TABS = {
    Waiting.NEW: Tab.WAITING,
    Waiting.RETURNED: Tab.WAITING,
    Waiting.EDITED: Tab.EDITED,
    Waiting.OVERDUE: Tab.OVERDUE,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of the queue, and since when it waits, as far as that is known."""

    queued: QueueEntry
    since: date | None
    days: int | None


def entries_of(desk: Desk, *, owner: str = "") -> list[Entry]:
    """Return the queue, what is used most first, then what waits longest.

    Raises:
        RoleError: the asker has no queue.
    """
    found = [_entry(desk, queued) for queued in review_queue(desk, order=QueueOrder.USE, owner=owner)]
    return sorted(found, key=lambda entry: (-entry.queued.uses, entry.since or date.max, entry.queued.id))


def shown_parts(diff: ReviewDiff) -> list[PartDiff]:
    """Return what differs, of what stayed only a few words around each change."""
    return [PartDiff(part.name, part.kind, tuple(_shown(part.segments))) for part in diff.parts]


def _entry(desk: Desk, queued: QueueEntry) -> Entry:
    review = desk.reviews.get(queued.id)
    decided = date.fromisoformat(review.at[:10]) if review is not None else None
    since = queued.due or decided or desk.item(queued.id).item.created
    return Entry(queued, since, max((desk.today - since).days, 0) if since else None)


def _shown(segments: tuple[Segment, ...]) -> Iterator[Segment]:
    for n, segment in enumerate(segments):
        if segment.change == "equal":
            yield Segment("equal", _cut(segment.text, is_first=n == 0, is_last=n == len(segments) - 1))
        else:
            yield segment


def _cut(text: str, *, is_first: bool, is_last: bool) -> str:
    if is_first and len(text) > _AROUND:
        return f"… {text[-_AROUND:]}"
    if is_last and len(text) > _AROUND:
        return f"{text[:_AROUND]} …"
    return f"{text[:_AROUND]} … {text[-_AROUND:]}" if len(text) > 2 * _AROUND else text
