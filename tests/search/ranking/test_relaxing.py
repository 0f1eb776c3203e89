"""search.ranking.relaxing: which filter is to blame, where nothing passes or nothing close does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from library.access import Asker
from search.answering.assembling import search_cases, similar_cases
from search.answers.answer import Answer
from search.engine import LocalEngine
from search.filters import Filters
from tests.conftest import case_text, index_library, write_library

CLOSE = "Our executive sponsor left and the new director reviews all suppliers."
FILES = {
    "cases/case-close.md": case_text(title="Champion gone", challenge=CLOSE, region="FR", outcome="success"),
    "cases/case-secret.md": case_text(
        title="Zebra", challenge="Zebra stripes fade in the sun of the savanna.", classification="confidential",
        more="access_groups: [red]\n",
    ),
    "cases/case-carbon.md": case_text(title="Carbon", challenge="A brewery wants less carbon.", outcome="partial"),
    "cases/case-stock.md": case_text(title="Stock", challenge="Too much of it lies in warehouses.", outcome="partial"),
}  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    engine = index_library(write_library(tmp_path_factory.mktemp("relaxing"), FILES))
    yield engine
    engine.close()


def _answer(engine: LocalEngine, text: str = CLOSE, *, asker: Asker | None = None, **filters: str) -> Answer:
    chosen = Filters({facet.replace("_", "-"): (value,) for facet, value in filters.items()})
    return search_cases(engine, text, asker=asker or Asker(), filters=chosen)


def _relaxed(answer: Answer) -> list[tuple[str, int]]:
    return [(entry.filter, entry.cases) for entry in answer.relax]


def test_filter_that_keeps_the_close_case_out_is_named(engine: LocalEngine) -> None:
    """What passes is not close; without the region there is a close case, among three."""
    answer = _answer(engine, region="DE", language="en")
    assert (answer.verdict, len(answer.cases)) == ("none", 2)
    assert _relaxed(answer) == [("region", 3)]


def test_no_filter_is_named_if_two_keep_it_out(engine: LocalEngine) -> None:
    """Where dropping one filter gives nothing close, none is blamed."""
    assert _relaxed(_answer(engine, region="DE", outcome="partial")) == []


def test_no_filter_is_named_if_a_close_case_passes(engine: LocalEngine) -> None:
    """Who has a close case needs to drop nothing."""
    answer = _answer(engine, region="FR")
    assert (answer.verdict, answer.relax) == ("strong", ())


def test_no_filter_is_named_without_filters(engine: LocalEngine) -> None:
    """A challenge that nothing is close to is not a filter's fault."""
    answer = _answer(engine, "quantum chromodynamics of gluons")
    assert (answer.verdict, answer.relax) == ("none", ())


def test_hidden_case_makes_no_filter_worth_dropping(engine: LocalEngine) -> None:
    """A close case that the asker may not see is none; who may see it is told."""
    text = "Zebra stripes fade in the sun of the savanna"
    assert _relaxed(_answer(engine, text, outcome="partial")) == []
    red = Asker(groups=frozenset({"red"}))
    assert _relaxed(_answer(engine, text, asker=red, outcome="partial")) == [("outcome", 4)]


def test_the_case_that_is_compared_is_not_counted(engine: LocalEngine) -> None:
    """Where a filter leaves only the case itself, nothing passes, and what others there would be is told."""
    filters = Filters({"region": ("FR",)})
    answer = similar_cases(engine, "case-close", asker=Asker(), filters=filters)
    assert (answer.total, answer.cases) == (0, ())
    assert _relaxed(answer) == [("region", 2)]
