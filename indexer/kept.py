"""Keep what was last read of each row; a published index never changes, so it stays true."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Generic, TypeVar

T = TypeVar("T")
_PLACE = itemgetter(0)  # of an entry; a function of Python takes a millisecond for an answer's links


class KeptRows(Generic[T]):
    """The entries of the last rows that were asked for; usable from several threads."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: dict[int, tuple[tuple[int, T], ...]] = {}

    def of(self, rows: Sequence[int], load: Callable[[Sequence[int]], Iterable[tuple[int, int, T]]]) -> list[T]:
        """Return the entries of rows, in order of their places; `load` gives (row, place, entry) of missing ones."""
        with self._lock:
            found = {row: self._kept[row] for row in rows if row in self._kept}
        missing = [row for row in dict.fromkeys(rows) if row not in found]
        if missing:
            found |= self._loaded(missing, load)
        entries = [entry for placed in found.values() for entry in placed]
        entries.sort(key=_PLACE)
        return [entry for _, entry in entries]

    def _loaded(
        self, rows: Sequence[int], load: Callable[[Sequence[int]], Iterable[tuple[int, int, T]]]
    ) -> dict[int, tuple[tuple[int, T], ...]]:
        read: dict[int, list[tuple[int, T]]] = {row: [] for row in rows}
        for row, place, entry in load(rows):
            read[row].append((place, entry))
        found = {row: tuple(placed) for row, placed in read.items()}
        with self._lock:
            self._kept |= found
            for row in list(self._kept)[: max(0, len(self._kept) - self._most)]:
                del self._kept[row]
        return found
