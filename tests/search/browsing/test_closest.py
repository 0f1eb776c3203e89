"""The cases closest to a case are kept, for the asker and in the index that they were found for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from library.access import Asker
from library.errors import UnknownItemError
from search.answering.assembling import similar_cases
from search.answers.options import SearchOptions
from search.browsing.closest import closest_cases
from search.engine import Engine
from search.view import View
from tests.conftest import case_text, index_library, write_library

RED, NOBODY = Asker(user="ann", groups=frozenset({"red"})), Asker(user="bob")
OPTIONS = SearchOptions(limit=4, facets=False)
FILES = {
    "cases/price.md": case_text(title="Price", challenge="Purchasing demands a price cut at the tender."),
    "cases/tender.md": case_text(title="Tender", challenge="The tender demands a price cut of purchasing."),
    "cases/hidden.md": case_text(
        title="Hidden",
        classification="confidential",
        more="access_groups: [red]\n",
        challenge="Purchasing demands a price cut at the tender.",
    ),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library whose index holds a hidden case close to another."""
    return write_library(tmp_path_factory.mktemp("library"), FILES)


@pytest.fixture(scope="module")
def engine(root: Path) -> Engine:
    """Its index."""
    return index_library(root)


def test_what_was_found_is_kept(engine: Engine) -> None:
    """The second time nothing is searched, and the same cases come as from a search."""
    first = closest_cases(View(engine, RED), "price", OPTIONS)
    assert closest_cases(View(engine, RED), "price", OPTIONS) is first
    assert first == similar_cases(engine, "price", asker=RED, options=OPTIONS).cases


def test_nobody_gets_what_was_found_for_another(engine: Engine) -> None:
    """A hidden case is close for who sees it, and is not there for anybody else, whoever came first."""
    seen = [case.id for case in closest_cases(View(engine, RED), "price", OPTIONS)]
    assert "hidden" in seen
    assert [case.id for case in closest_cases(View(engine, NOBODY), "price", OPTIONS)] == ["tender"]
    closest_cases(View(engine, RED), "hidden", OPTIONS)
    with pytest.raises(UnknownItemError):
        closest_cases(View(engine, NOBODY), "hidden", OPTIONS)


@pytest.mark.parametrize("changed", [{"limit": 1}, {"contact": "somebody"}, {"language": "de"}])
def test_another_way_to_answer_is_another_answer(changed: dict[str, object], engine: Engine) -> None:
    """What was found with other options is not shown."""
    closest_cases(View(engine, RED), "price", OPTIONS)
    others = replace(OPTIONS, **changed)  # type: ignore[arg-type]
    found = closest_cases(View(engine, RED), "price", others)
    assert found == similar_cases(engine, "price", asker=RED, options=others).cases


def test_another_index_is_searched_anew(engine: Engine, root: Path) -> None:
    """When the library has changed a page shows it at once."""
    before = closest_cases(View(engine, RED), "price", OPTIONS)
    write_library(root, {"cases/new.md": case_text(title="New", challenge="A price cut at the tender of purchasing.")})
    after = closest_cases(View(index_library(root), RED), "price", OPTIONS)
    assert "new" in {case.id for case in after} - {case.id for case in before}
