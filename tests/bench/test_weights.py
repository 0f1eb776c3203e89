"""Freshly chosen weights are measured on queries that they were not chosen on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from bench.weights import FOLDS, cross_validate, mixtures, reweigh
from library.access import Asker
from search.engine import LocalEngine
from search.ranking.fusion import ARM_WEIGHTS, ArmScore, RankedItem, rank
from search.understanding.challenge import understand
from search.view import View
from tests.conftest import case_text, index_library, write_library

TEXTS = [
    "central purchasing demands lower prices for the contract",
    "the executive sponsor left the customer and purchasing took over",
    "consignment stock fills the warehouse of the plant",
    "a late delivery stopped the line of the plant twice",
    "the customer bundles suppliers and cuts the list to three",
    "prices of energy rose and the contract has no clause for it",
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    files: dict[str, str | bytes] = {
        f"cases/case-{n}.md": case_text(title=f"Case {n}", challenge=text, context=TEXTS[n - 1])
        for n, text in enumerate(TEXTS)
    }
    opened = index_library(write_library(tmp_path_factory.mktemp("weights"), files))
    yield opened
    opened.close()


def _rank(engine: LocalEngine, text: str, weights: dict[str, float]) -> list[RankedItem]:
    rows = View(engine, Asker()).rows("business_case")
    return rank(engine, understand(text, engine.encoder), rows, limit=50, weights=weights)


def test_mixtures_are_all_and_add_up() -> None:
    """Four arms in quarters make 35 mixtures (the ways to place 4 parts in 4 places), each adding up to 1."""
    grid = mixtures(["a", "b", "c", "d"])
    assert len(grid) == 35
    assert len({tuple(mixture.values()) for mixture in grid}) == 35
    assert all(sum(mixture.values()) == 1.0 for mixture in grid)
    assert mixtures(["a"]) == [{"a": 1.0}]


def test_a_mixture_ranks_as_if_it_had_been_used(engine: LocalEngine) -> None:
    """Re-ranking with other weights gives the ranking that these weights give."""
    text = "purchasing wants lower prices and fewer suppliers"
    ranked = _rank(engine, text, dict(ARM_WEIGHTS))
    grid = [dict(ARM_WEIGHTS), *(dict.fromkeys(pair, 0.5) for pair in (("passages", "words"), ("problem", "whole")))]
    for mixture, rows in zip(grid, reweigh(ranked, ARM_WEIGHTS, grid), strict=True):
        assert rows == [item.row for item in _rank(engine, text, mixture)]


def test_adjustments_stay() -> None:
    """What was added to an item's score is added to it under every mixture."""
    low, high = {"a": ArmScore(0.1, -1.0, 1.0)}, {"a": ArmScore(0.9, 1.0, 1.0)}
    ranked = [RankedItem(1, 1.0, high, ()), RankedItem(2, 4.0, low, (), {"same practice": 5.0})]
    assert reweigh(ranked, {"a": 1.0}, [{"a": 1.0}]) == [[2, 1]]


def test_arms_without_evidence_leave_the_order() -> None:
    """A mixture of arms that say nothing of a challenge keeps the ranking as it was."""
    ranked = [RankedItem(row, 0.0, {"a": ArmScore(0.0, 0.0, 0.0), "b": ArmScore(0, 0, 1)}, ()) for row in (3, 1, 2)]
    assert reweigh(ranked, {"a": 0.5, "b": 0.5}, [{"a": 1.0, "b": 0.0}]) == [[3, 1, 2]]
    assert reweigh([], {"a": 1.0}, [{"a": 1.0}]) == [[]]


def test_a_mixture_that_is_best_everywhere_is_chosen() -> None:
    """Where one mixture beats the others on every query each fold chooses it, and its values come out."""
    table = np.array([[0.1, 0.9, 0.2]] * 10)
    validated = cross_validate([table])
    assert validated.chosen == (1,) * FOLDS
    assert validated.values == ((0.9,) * 10,)


def test_what_is_good_on_one_query_only_is_not_rewarded() -> None:
    """Each query has a mixture that is good for it alone: chosen on others, it is never there."""
    table = np.eye(10)
    assert table.max(axis=1).mean() == 1.0
    assert cross_validate([table]).values == ((0.0,) * 10,)


def test_sets_are_weighed_the_same_when_choosing() -> None:
    """A large set does not outvote a small one: the mixture with the better mean of means is chosen."""
    small, large = np.array([[0.0, 1.0]] * 5), np.array([[0.3, 0.0]] * 100)
    validated = cross_validate([small, large])
    assert validated.chosen == (1,) * FOLDS
    assert validated.values[0] == (1.0,) * 5


def test_folds_are_the_same_at_every_run() -> None:
    """The seed decides the folds, and another seed decides otherwise."""
    table = np.random.default_rng(1).random((23, 6))
    assert cross_validate([table]) == cross_validate([table])
    assert cross_validate([table]) != cross_validate([table], seed=3)


def test_too_few_queries_for_the_folds() -> None:
    """Four queries cannot fill five folds; that is said."""
    with pytest.raises(ValueError, match="4 queries do not fill 5 folds"):
        cross_validate([np.zeros((4, 2))])


def test_rows_of_a_fixture_differ(engine: LocalEngine) -> None:
    """The rankings above are compared on cases that the mixtures order differently."""
    text = "purchasing wants lower prices and fewer suppliers"
    grid = mixtures(list(ARM_WEIGHTS))
    orders = reweigh(_rank(engine, text, dict(ARM_WEIGHTS)), ARM_WEIGHTS, grid)
    assert len({tuple(order) for order in orders}) >= 3
