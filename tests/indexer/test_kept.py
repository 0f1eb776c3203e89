"""indexer.kept: rows are read once, told in order, and forgotten oldest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.kept import KeptRows

ROWS = 12


class _Index:
    """Rows with two entries each, whose places go through all rows twice; it remembers what was read of it."""

    def __init__(self) -> None:
        self.read: list[list[int]] = []

    def load(self, rows: Sequence[int]) -> Iterator[tuple[int, int, str]]:
        self.read.append(list(rows))
        for row in reversed(rows):
            yield row, row, f"first of {row}"
            yield row, ROWS + row, f"second of {row}"

    @staticmethod
    def entries(rows: Sequence[int]) -> list[str]:
        chosen = sorted(set(rows))
        return [f"{part} of {row}" for part in ("first", "second") for row in chosen]


def test_entries_come_in_the_order_of_their_places() -> None:
    """The order of rows in a question, or in what is read, does not change that of the entries."""
    index = _Index()
    expected = ["first of 1", "first of 3", "second of 1", "second of 3"]
    assert KeptRows[str](most=5).of([3, 1], index.load) == expected == index.entries([1, 3])


def test_a_row_is_read_once() -> None:
    """Only what was not read before is asked for, each row once and in the order of the question."""
    index, kept = _Index(), KeptRows[str](most=5)
    kept.of([2, 1, 2], index.load)
    kept.of([1, 3, 2], index.load)
    kept.of([3, 2, 1], index.load)
    assert index.read == [[2, 1], [3]]


def test_a_row_without_entries_is_read_once_too() -> None:
    """That there is nothing is something to keep."""
    kept = KeptRows[str](most=5)
    asked: list[Sequence[int]] = []

    def load(rows: Sequence[int]) -> list[tuple[int, int, str]]:
        asked.append(rows)
        return []

    assert kept.of([7], load) == kept.of([7, 8], load) == []
    assert asked == [[7], [8]]


def test_nothing_is_read_for_no_rows() -> None:
    """An empty question costs nothing."""
    index = _Index()
    assert KeptRows[str](most=5).of([], index.load) == []
    assert index.read == []


def test_what_was_read_first_is_forgotten_first() -> None:
    """No more rows are kept than wanted, so memory does not grow with the index."""
    index, kept = _Index(), KeptRows[str](most=3)
    for row in range(5):
        kept.of([row], index.load)
    kept.of([2, 3, 4], index.load)
    assert index.read == [[0], [1], [2], [3], [4]]
    kept.of([1], index.load)
    assert index.read[5:] == [[1]]


def test_more_rows_than_are_kept_come_whole() -> None:
    """A question for many rows is answered in full, whatever is kept of it."""
    index, kept = _Index(), KeptRows[str](most=2)
    assert kept.of(range(ROWS), index.load) == index.entries(range(ROWS))
    assert kept.of([ROWS - 2, ROWS - 1], index.load) == index.entries([ROWS - 2, ROWS - 1])
    assert len(index.read) == 1


def test_a_failure_keeps_nothing() -> None:
    """What could not be read is read again the next time."""
    index, kept = _Index(), KeptRows[str](most=5)

    def fail(_: Sequence[int]) -> Iterator[tuple[int, int, str]]:
        yield 1, 1, "half"
        raise OSError

    with pytest.raises(OSError, match=r"^$"):
        kept.of([1], fail)
    assert kept.of([1], index.load) == index.entries([1])


@given(st.lists(st.lists(st.integers(0, ROWS - 1), max_size=ROWS), max_size=8), st.integers(0, ROWS))
def test_keeping_changes_no_answer(questions: list[list[int]], most: int) -> None:
    """Whatever was asked before, the entries of rows are those that the index has."""
    index, kept = _Index(), KeptRows[str](most=most)
    for rows in questions:
        assert kept.of(rows, index.load) == index.entries(rows)


def test_threads_may_ask_at_once() -> None:
    """Several searches at once get each their own rows, in full."""
    index, kept = _Index(), KeptRows[str](most=4)
    questions = [[(n * step) % ROWS for n in range(5)] for step in range(1, 40)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda rows: kept.of(rows, index.load), questions))
    assert found == [index.entries(rows) for rows in questions]
