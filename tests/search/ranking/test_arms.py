"""search.ranking.arms: the costly arm looks at the passages of an item that are nearest to the challenge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from library.documents import SectionKind
from search.engine import Engine, PassageCosines
from search.ranking.arms import score_pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from indexer.tokens import TokenVectors
    from search.understanding.challenge import Challenge

LIKELY = 4
PROBLEM = ("challenge", "context")
KINDS = (*PROBLEM, "solution", "results")


@dataclass
class _Challenge:
    tokens: tuple[str, ...] = ("pieces",)


@dataclass
class _Engine:
    """An engine that gives every passage one MaxSim, and notes which passages it was asked for."""

    of_passage: NDArray[np.float32]
    owners: NDArray[np.int64]
    kinds: NDArray[np.str_]
    asked: list[int] = field(default_factory=list)

    def passage_matches(self, _: Sequence[TokenVectors], rows: NDArray[np.int64]) -> PassageCosines:
        self.asked = rows.tolist()
        return PassageCosines(self.of_passage[None, rows], rows, self.owners[rows], self.kinds[rows])


@st.composite
def _passages(draw: st.DrawFn) -> tuple[_Engine, PassageCosines]:
    """Draw the passages of up to six items, with the cosines of each with up to three parts of a challenge."""
    chance = draw(st.randoms(use_true_random=False))
    owners = np.repeat(np.arange(6), [chance.randint(0, 14) for _ in range(6)])
    parts = chance.randint(1, 3)
    cosines = np.array([[chance.randint(-9, 9) / 10 for _ in owners] for _ in range(parts)], dtype=np.float32)
    kinds = np.array([chance.choice(KINDS) for _ in owners], dtype=np.str_)
    of_passage = np.array([chance.randint(-9, 9) / 10 for _ in owners], dtype=np.float32)
    return _Engine(of_passage, owners, kinds), PassageCosines(cosines, np.arange(len(owners)), owners, kinds)


def _naive(cosines: PassageCosines, item: int) -> list[int]:
    """Return the likely passages of an item, as the rule reads: ties in the order of the text."""
    chosen: set[int] = set()
    own = [row for row in cosines.rows.tolist() if cosines.item_rows[row] == item]
    for part in cosines.cosines:
        for rows in (own, [row for row in own if cosines.kinds[row] in PROBLEM]):
            nearest = sorted((-float(part[row]), row) for row in rows)
            chosen.update(row for _, row in nearest[:LIKELY])
    return sorted(chosen)


def _score(engine: _Engine, items: list[int], cosines: PassageCosines) -> dict[int, float]:
    return score_pieces(cast("Engine", engine), cast("Challenge", _Challenge()), items, cosines)


@given(_passages(), st.sets(st.integers(0, 5)))
def test_pieces_are_compared_with_the_likely_passages_of_each_item(
    drawn: tuple[_Engine, PassageCosines], items: set[int]
) -> None:
    """The nearest four to each part of the challenge, and four of the problem; of the items asked for and no other."""
    engine, cosines = drawn
    found = _score(engine, list(items), cosines)
    assert engine.asked == [row for item in sorted(items) for row in _naive(cosines, item)]
    assert set(found) == {item for item in items if (cosines.item_rows == item).any()}


@given(_passages())
def test_an_item_scores_by_its_best_passage_and_the_best_of_its_problem(
    drawn: tuple[_Engine, PassageCosines],
) -> None:
    """The mean of both, over the likely passages; what marks no problem is judged by its best passage alone."""
    engine, cosines = drawn
    for item, score in _score(engine, list(range(6)), cosines).items():
        rows = _naive(cosines, item)
        best = max(engine.of_passage[rows])
        problem = [engine.of_passage[row] for row in rows if engine.kinds[row] in PROBLEM]
        assert abs(score - (best + max(problem, default=best)) / 2) < 1e-5


def test_kinds_that_tell_a_problem_are_the_schemas() -> None:
    """The test's own names are those of the sections."""
    assert set(PROBLEM) == {str(kind) for kind in (SectionKind.CHALLENGE, SectionKind.CONTEXT)}
