"""What an asker saw of every item, and when: by his rights of today over what the items were then."""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from weakref import WeakKeyDictionary

from indexer.history import Event, History
from library.access import Asker, Visibility, visible
from search.engine import Engine
from search.view import View

Seen = bytes | None
# What an asker saw of an item: (from when on, its type, a hash of what was served or None), each unlike the one before.
Moment = tuple[str, str, Seen]
Sights = Mapping[str, Sequence[Moment]]


# Going through a long history takes a second; who keeps a copy asks again and again of the same generation.
_MOST_ASKERS = 8
_KEPT: WeakKeyDictionary[Engine, OrderedDict[Asker, Sights]] = WeakKeyDictionary()
_LOCK = threading.Lock()


def kept_sights(view: View) -> Sights:
    """Return what the asker saw; kept for the last askers for as long as the engine lives."""
    with _LOCK:
        kept = _KEPT.setdefault(view.engine, OrderedDict())
        found = kept.get(view.asker)
    if found is None:
        found = sights_of(view.asker, view.engine.history())
    with _LOCK:
        kept[view.asker] = found
        kept.move_to_end(view.asker)
        while len(kept) > _MOST_ASKERS:
            kept.popitem(last=False)
    return found


def sights_of(asker: Asker, history: History) -> Sights:
    """Return what the asker saw of each item that he ever saw."""
    events: dict[str, list[Event]] = {}
    for event in history.events:
        events.setdefault(event.id, []).append(event)
    full = {id_: turns for id_, of_item in events.items() if (turns := _turns(asker, of_item))}
    found = {id_: list(_moments(asker, events[id_], full)) for id_ in full}
    return {id_: moments for id_, moments in found.items() if moments}


# From when on an asker saw an item in full, or did not any more, in order of time; it begins with what he saw.
_Turns = Sequence[tuple[str, bool]]


def _turns(asker: Asker, events: Sequence[Event]) -> _Turns:
    turns: list[tuple[str, bool]] = []
    before = False
    for event in events:
        now = visible(asker, event) is Visibility.FULL
        if now != before:
            turns.append((event.at, now))
            before = now
    return turns


def _moments(asker: Asker, events: Sequence[Event], full: Mapping[str, _Turns]) -> Iterator[Moment]:
    times = [event.at for event in events]
    targets = {reference.target for event in events for reference in event.references}
    turned = {at for target in targets for at, _ in full.get(target, ()) if at > times[0]}
    seen: Seen = None
    kind = ""
    for at in sorted({*times, *turned}):
        event = events[bisect_right(times, at) - 1]
        now = _seen(asker, event, at, full)
        if now != seen:
            kind = event.type if now is not None else kind
            yield at, kind, now
            seen = now


def _seen(asker: Asker, event: Event, at: str, full: Mapping[str, _Turns]) -> Seen:
    """Return a hash of what is served of an item; None if it is not published for the asker."""
    if event.status != "approved" or visible(asker, event) is not Visibility.FULL:
        return None
    served = hashlib.sha256(event.content.encode())
    for entry in event.references:
        if _is_full(full.get(entry.target, ()), at):
            served.update(f"\0{entry.field}\0{entry.target}\0{entry.detail}".encode())
    return served.digest()


def _is_full(turns: _Turns, at: str) -> bool:
    return next((now for when, now in reversed(turns) if when <= at), False)
