"""What is made once of all that an asker sees is his alone, and goes with the index."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from library.access import Asker
from search.answering.assembling import search_cases
from search.answers.options import SearchOptions
from search.engine import LocalEngine
from search.view import View
from tests.conftest import case_text, index_library, write_library

RED = Asker(groups=frozenset({"red"}))


@pytest.fixture
def engine(tmp_path: Path) -> LocalEngine:
    return _engine(tmp_path)


def _engine(root: Path) -> LocalEngine:
    closed = case_text(classification="confidential", more="access_groups: [red]\n")
    return index_library(write_library(root, {"cases/case-closed.md": closed, "cases/case-open.md": case_text()}))


def test_what_is_made_is_made_once_for_each_asker(engine: LocalEngine) -> None:
    """A second view of the same asker finds what the first one made; another asker has his own."""
    made: list[int] = []

    def count(asker: Asker) -> int:
        view = View(engine, asker)

        def make() -> int:
            made.append(len(view.records))
            return len(view.records)

        return view.once("records", make)

    assert [count(asker) for asker in (Asker(), RED, Asker(), RED)] == [1, 2, 1, 2]
    assert made == [1, 2]


def test_rows_are_those_of_types_and_statuses(engine: LocalEngine) -> None:
    """What is kept of one question answers no other, and a caller may do with it as he likes."""
    view = View(engine, RED)
    view.rows("business_case").clear()
    assert [view.records[row].id for row in view.rows("business_case")] == ["case-closed", "case-open"]
    assert view.rows("industry_note") == []
    assert view.rows("business_case", statuses=["draft"]) == []
    assert len(view.rows("business_case", statuses=["draft", "approved"])) == len(view.rows("business_case"))


def test_little_is_kept(engine: LocalEngine) -> None:
    """What was not asked for lately is made again, so that nobody's questions fill the memory."""
    view = View(engine, RED)
    first = view.once(0, list[int])
    assert view.once(0, list[int]) is first
    for number in range(1, 1_000):
        view.once(number, list[int])
    assert view.once(0, list[int]) is not first


def test_what_is_made_goes_with_the_index(tmp_path: Path) -> None:
    """Nothing that a view keeps holds on to an index that is no longer served."""
    engine = _engine(tmp_path)
    gone = weakref.ref(engine)
    # All that is kept: rows, names, what is broader, learning, counts, titles.
    answer = search_cases(engine, "The customer had a price problem", asker=RED, options=SearchOptions(facets=True))
    assert answer.facets
    del answer
    engine.close()
    del engine
    gc.collect()
    assert gone() is None
