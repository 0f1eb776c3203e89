"""What every item was, from generation to generation: who could see it, and a hash of what was served of it.

Each generation carries the history of those before it, so a copy of a generation is complete. What an item refers to
is kept apart from the hash of the rest, because an asker is served only references to what he sees. Of an item that
was taken out its id, its owner, its authors and its groups stay: without them nobody could say who has to drop it.
Nothing is ever thinned out, since who was away when it happened would have to take everything anew; an event takes
some 300 bytes. Whoever wants all of it gone deletes the data folder, and a new history begins.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from indexer.generations import HISTORY, MANIFEST, current_generation
from library.documents import Document
from library.errors import IndexMissingError, IndexUnusableError

_ID_BYTES = 16
FORGOTTEN = "forgotten"  # no hash is; an item that is there needs some


@dataclass(frozen=True, slots=True)
class Reference:
    """An item's reference to another; `detail` is what a list's entry says beyond the id, such as an effect."""

    field: str
    target: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """What an item was from a time on; it satisfies `library.access.Guarded`.

    `content` is a hash of its fields and sections without references; it is empty once the item is gone, and then
    nobody sees it.
    """

    at: str
    id: str
    type: str
    status: str = ""
    classification: str | None = None
    access_groups: tuple[str, ...] = ()
    existence: str | None = None
    owner: str | None = None
    authors: tuple[str, ...] = ()
    content: str = ""
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """Events in order of time, then id. `id` is new whenever a history starts afresh; `begins` is when it did.

    Times are UTC with microseconds and of equal length, so that they sort as texts; no two generations share one.
    """

    id: str
    begins: str
    events: tuple[Event, ...]

    def last_events(self) -> dict[str, Event]:
        """Return what each item that ever was is now, by id."""
        return {event.id: event for event in self.events}


def time_text(moment: datetime) -> str:
    """Return a moment as histories write it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def extend_history(previous: History | None, documents: Iterable[Document], now: datetime) -> History:
    """Return the history with what is different now; without a previous one it starts with everything."""
    at = _later_than(previous.events[-1].at if previous and previous.events else "", now)
    if previous is None:
        previous = History(secrets.token_hex(_ID_BYTES), at, ())
    fresh = {document.id: _event(document, at) for document in documents}
    before = {id_: event for id_, event in previous.last_events().items() if event.content}
    gone = [Event(at, id_, before[id_].type) for id_ in before.keys() - fresh.keys()]
    news = [event for event in fresh.values() if event.id not in before or replace(before[event.id], at=at) != event]
    return replace(previous, events=(*previous.events, *sorted([*news, *gone], key=lambda event: event.id)))


def forget_items(history: History, ids: AbstractSet[str]) -> History:
    """Return a history without what was served of some items: neither a hash of it nor what it referred to.

    That they were there, and for whom, stays: whoever holds a copy has to be told to drop it.
    """
    if not ids:
        return history
    events = (
        replace(event, content=FORGOTTEN, references=()) if event.id in ids and event.content else event
        for event in history.events
    )
    return replace(history, events=tuple(events))


def write_history(folder: Path, history: History) -> None:
    """Write a history into a generation's folder: a line about itself, then a line for each event."""
    with (folder / HISTORY).open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(json.dumps({"id": history.id, "begins": history.begins}) + "\n")
        for event in history.events:
            stream.write(json.dumps(_line(event), ensure_ascii=False) + "\n")


def read_history(folder: Path) -> History:
    """Read a generation's history.

    Raises:
        IndexUnusableError: it is missing or damaged.
    """
    try:
        with (folder / HISTORY).open(encoding="utf-8") as stream:
            head = json.loads(stream.readline())
            return History(head["id"], head["begins"], tuple(_event_of_line(json.loads(line)) for line in stream))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise IndexUnusableError(
            f"The history of the index is damaged: {error}", hint="Run `casebook index --full`."
        ) from error


def published_history(data: Path) -> History | None:
    """Return the published generation's history, of whatever format the rest is; None if it has none that is whole."""
    try:
        folder = current_generation(data)
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["checksums"][HISTORY] != hashlib.sha256((folder / HISTORY).read_bytes()).hexdigest():
            return None
        return read_history(folder)
    except (IndexMissingError, IndexUnusableError, OSError, ValueError, TypeError, KeyError):
        return None


def _later_than(last: str, now: datetime) -> str:
    """Return the time now, or just after the last one if the clock was set back."""
    text = time_text(now)
    if text > last:
        return text
    return time_text(datetime.fromisoformat(last) + timedelta(microseconds=1))


def _event(document: Document, at: str) -> Event:
    item = document.item
    fields = item.model_dump(mode="json", exclude_defaults=True, exclude={"imported"})
    served = {name: value for name, value in fields.items() if name not in item.REFERENCES}
    sections = [(section.path, section.text) for section in document.sections]
    content = json.dumps([item.type, served, sections], sort_keys=True, ensure_ascii=False)
    return Event(
        at=at,
        id=item.id,
        type=item.type,
        status=item.status,
        classification=item.classification,
        access_groups=item.access_groups,
        existence=item.existence,
        owner=item.owner,
        authors=item.authors,
        content=hashlib.sha256(content.encode()).hexdigest(),
        references=tuple(_references(fields, item.REFERENCES)),
    )


def _references(fields: Mapping[str, object], names: Iterable[str]) -> Iterator[Reference]:
    for name in names:
        value = fields.get(name)
        for entry in value if isinstance(value, list) else [value] if value else []:
            if isinstance(entry, dict):
                yield Reference(name, str(entry["id"]), json.dumps(entry, sort_keys=True, ensure_ascii=False))
            else:
                yield Reference(name, str(entry))


def _line(event: Event) -> list[object]:
    references = [(entry.field, entry.target, entry.detail) for entry in event.references]
    guard = (event.status, event.classification, event.access_groups, event.existence, event.owner, event.authors)
    return [event.at, event.id, event.type, *guard, event.content, references]


def _event_of_line(line: list[Any]) -> Event:
    at, id_, type_, status, classification, groups, existence, owner, authors, content, references = line
    found = tuple(Reference(*entry) for entry in references)
    guard = (status, classification, tuple(groups), existence, owner, tuple(authors))
    return Event(at, id_, type_, *guard, content, found)
