"""What one asker sees of an index: decided once, before anything is ranked, counted or suggested."""

from __future__ import annotations

import difflib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

from indexer.catalogue import FacetRecord, ItemRecord, ItemText, LabelRecord, LinkRecord
from library.access import Asker, Visibility, visible
from library.errors import UnknownItemError
from search.engine import Engine

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of concepts, in order; their places by language and first term, and by item."""

    labels: list[LabelRecord]
    starting: Mapping[tuple[str, ...], Sequence[int]]
    of_item: Mapping[int, Sequence[int]]

    @classmethod
    def of(cls, labels: Iterable[LabelRecord]) -> _Names:
        """Order names by what they are looked up with."""
        found = list(labels)
        starting: dict[tuple[str, ...], list[int]] = {}
        of_item: dict[int, list[int]] = {}
        for place, label in enumerate(found):
            starting.setdefault((label.language, *label.terms[:1]), []).append(place)
            of_item.setdefault(label.item_row, []).append(place)
        return cls(found, starting, of_item)


_MOST_MADE = 64


class _Seen:
    """What an asker sees: items and stubs by row, items by id; and what was lately made of all that."""

    def __init__(self, records: Mapping[int, ItemRecord], stubs: Mapping[int, ItemRecord]) -> None:
        self.records = records
        self.stubs = stubs
        self.by_id = {record.id: record for record in records.values()}
        self._made: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = threading.Lock()

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made under a key, or make it."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return cast("T", self._made[key])
        made = make()  # twice, where two ask at once
        with self._lock:
            self._made[key] = made
            while len(self._made) > _MOST_MADE:
                self._made.popitem(last=False)
        return made


# Deciding over ten thousand items takes as long as searching them; an engine never changes, and neither do the rules.
_MOST_ASKERS = 16
_SEEN: WeakKeyDictionary[Engine, OrderedDict[Asker, _Seen]] = WeakKeyDictionary()
_LOCK = threading.Lock()


class View:
    """An engine seen by one asker; everything that leaves search comes through here.

    `on_reading` is told of every item that the asker is about to read as a whole, or in long parts.
    """

    def __init__(
        self, engine: Engine, asker: Asker, *, on_reading: Callable[[Asker, ItemRecord], None] | None = None
    ) -> None:
        self.engine = engine
        self.asker = asker
        self._on_reading = on_reading
        self._seen = _seen_by(engine, asker)
        self.records = self._seen.records
        self.stubs = self._seen.stubs
        self.by_id = self._seen.by_id

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` makes of all that the asker sees, kept as long as the index is the same.

        What is made must not hold the engine, which would then never be let go.
        """
        return self._seen.once(key, make)

    def rows(self, *types: str, statuses: Iterable[str] = ("approved",)) -> list[int]:
        """Return the visible items of given types and statuses, in order of id."""
        wanted = frozenset(statuses)
        found = (row for row, record in self.records.items() if record.type in types and record.status in wanted)
        return list(self.once(("rows", types, wanted), lambda: tuple(found)))

    def languages(self, *types: str) -> set[str]:
        """Return the languages, without regions, in which visible items of given types are written."""
        return {self.records[row].language.partition("-")[0].lower() for row in self.rows(*types)}

    def record(self, item_id: str) -> ItemRecord:
        """Return a visible item; raises UnknownItemError, alike whether it is hidden or does not exist."""
        if item_id not in self.by_id:
            near = difflib.get_close_matches(item_id, self.by_id, n=3)
            hint = f"Did you mean {', '.join(near)}?" if near else ""
            command = "" if near else "`casebook list cases` shows what there is."
            raise UnknownItemError(f"There is no item {item_id!r}.", hint=hint, command=command)
        return self.by_id[item_id]

    def read(self, item_id: str) -> tuple[ItemRecord, ItemText]:
        """Return a visible item as it is given out whole; raises UnknownItemError as `record` does."""
        record = self.record(item_id)
        self.note_reading(item_id)
        return record, self.texts([record.row])[record.row]

    def note_reading(self, item_id: str) -> None:
        """Tell who keeps account of it that the asker is about to read a visible item."""
        if self._on_reading is not None and item_id in self.by_id:
            self._on_reading(self.asker, self.by_id[item_id])

    def texts(self, rows: Sequence[int]) -> dict[int, ItemText]:
        """Return visible items in full; others are left out."""
        return dict(self.engine.texts([row for row in rows if row in self.records]))

    def body(self, row: int) -> str:
        """Return a visible item's Markdown; empty for any other."""
        return self.engine.bodies([row]).get(row, "") if row in self.records else ""

    def links(self, rows: Sequence[int], *, backwards: bool = False) -> list[LinkRecord]:
        """Return the links between visible items, from or to the given ones."""
        return [
            link
            for link in self.engine.links([row for row in rows if row in self.records], backwards=backwards)
            if link.source_row in self.records and link.target_row in self.records
        ]

    def facets(self, rows: Sequence[int]) -> list[FacetRecord]:
        """Return the direct facet values of visible items and of stubs."""
        return list(self.engine.facets([row for row in rows if row in self.records or row in self.stubs]))

    @property
    def labels(self) -> Sequence[LabelRecord]:
        """The names of the concepts that the asker sees."""
        return self._names.labels

    @property
    def _names(self) -> _Names:
        return self.once(
            "names", lambda: _Names.of(label for label in self.engine.labels() if label.item_row in self.records)
        )

    def labels_starting(self, terms: Mapping[str, Iterable[str]]) -> Iterator[LabelRecord]:
        """Yield the names, in their order, that begin with one of a language's terms; `terms` gives these by it."""
        names = self._names
        places = (names.starting.get((language, term), ()) for language, own in terms.items() for term in own)
        yield from (names.labels[place] for place in sorted(place for some in places for place in some))

    def labels_of(self, rows: Iterable[int]) -> Iterator[LabelRecord]:
        """Yield the names of those of the given concepts that the asker sees."""
        names = self._names
        yield from (names.labels[place] for row in rows for place in names.of_item.get(row, ()))


def _seen_by(engine: Engine, asker: Asker) -> _Seen:
    """Return what an asker sees; kept for the last askers for as long as the engine lives."""
    with _LOCK:
        kept = _SEEN.setdefault(engine, OrderedDict())
        if asker in kept:
            kept.move_to_end(asker)
            return kept[asker]
    seen = _decide(engine, asker)
    with _LOCK:
        kept[asker] = seen
        while len(kept) > _MOST_ASKERS:
            kept.popitem(last=False)
    return seen


def _decide(engine: Engine, asker: Asker) -> _Seen:
    records: dict[int, ItemRecord] = {}
    stubs: dict[int, ItemRecord] = {}
    for record in engine.records():
        match visible(asker, record):
            case Visibility.FULL:
                records[record.row] = record
            case Visibility.STUB:
                stubs[record.row] = record
    return _Seen(records, stubs)
