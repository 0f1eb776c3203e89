"""Rank eligible items for a challenge: four arms over every candidate of any arm, fused; a fifth over the best.

The fused score is a convex combination of z-scores (Bruch et al. 2023, "An Analysis of Fusion
Functions for Hybrid Retrieval"); it orders the answer and says nothing about how good it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, NamedTuple, overload

from pydantic import Field

from search.engine import Engine, PassageCosines
from search.ranking.arms import LATE, score_arms, score_pieces

if TYPE_CHECKING:
    from search.understanding.challenge import Challenge

# Weights of the arms; measured in docs/decisions/0004-arms.md and 0009-late-interaction.md. They add up to one.
ARM_WEIGHTS: Mapping[str, float] = {"passages": 0.18, "problem": 0.15, "words": 0.15, "whole": 0.12, LATE: 0.40}
# How many candidates each arm proposes.
DEPTH = 100
# How many of the best the costly arm looks at, whatever the length of the answer.
LATE_DEPTH = 30
# How many of the best later steps may put in another order, whatever its length.
REORDERED = 60
_DECIMALS = 6
_ALIKE = 1e-9  # scores that differ by less say nothing


@dataclass(frozen=True, slots=True)
class ArmScore:
    """An arm's raw score of an item, the same normalised over all candidates, and the arm's share.

    `normalised` is a z-score; `weight` * `normalised` is what the arm adds to the fused score.
    """

    raw: Annotated[
        float, Field(description="Its own score: a cosine, BM25 for `words`, or MaxSim for `pieces`", examples=[0.4573])
    ]
    normalised: Annotated[float, Field(description="The same as z-score over all candidates", examples=[2.108585])]
    weight: Annotated[
        float,
        Field(description="Its share; `weight` times `normalised` is what it adds to `score`", examples=[0.18]),
    ]


class PassageMatch(NamedTuple):
    """A passage's cosine with the aspect that it fits best."""

    row: int
    aspect: int
    cosine: float


@dataclass(frozen=True, slots=True)
class RankedItem:
    """An item with its score, every arm's part in it, and its passages, best first.

    The score is the sum of the arms' parts and of the adjustments. `grouped` are items that tell of the same
    practice, or the same in another language, and are shown under this one.
    """

    row: int
    score: float
    arms: Mapping[str, ArmScore]
    passages: Sequence[PassageMatch]
    adjustments: Mapping[str, float] = field(default_factory=dict)
    grouped: tuple[int, ...] = ()

    def adjusted(self, name: str, change: float) -> RankedItem:
        """Return the item with its score changed by an adjustment."""
        score = round(self.score + change, _DECIMALS)
        adjustments = {**self.adjustments, name: change}
        return RankedItem(self.row, score, self.arms, self.passages, adjustments, self.grouped)


def rank(
    engine: Engine,
    challenge: Challenge,
    rows: Sequence[int],
    *,
    limit: int,
    weights: Mapping[str, float] = ARM_WEIGHTS,
) -> list[RankedItem]:
    """Return the best items among `rows`, best first; ties in the order of `rows`.

    However many are asked for, scores are normalised over the same candidates, so a longer answer begins like a
    shorter one. What no arm proposed comes below all candidates.
    """
    candidates = _candidates(engine, challenge, rows)
    if not candidates:
        return []
    cosines = engine.passage_cosines(challenge.vectors, candidates)
    raw = _weighty(score_arms(engine, challenge, candidates, cosines), weights)
    normalised = {name: normalise(scores) for name, scores in raw.items()}
    first = _best_first(candidates, lambda row: sum(weights[name] * normalised[name].get(row, 0.0) for name in raw))
    if weights.get(LATE):
        raw[LATE] = score_pieces(engine, challenge, first[:LATE_DEPTH], cosines)
        normalised[LATE] = _with_rest(normalise(raw[LATE]), first[LATE_DEPTH:])
    shares = _shares({name: weights[name] for name, scores in normalised.items() if scores})
    fused = _Fused(raw, normalised, shares)
    scores = fused.scores(first)
    ranked = fused.items(scores, _best_first(first, scores.__getitem__)[:limit], cosines)
    if limit <= len(candidates):
        return ranked
    among = set(candidates)
    others = _rank_others(engine, challenge, [row for row in rows if row not in among], fused)
    return [*ranked, *others[: limit - len(ranked)]]


def normalise(scores: Mapping[int, float]) -> dict[int, float]:
    """Return z-scores by row; empty for an arm without evidence (no scores, or all alike)."""
    return _measure_by(scores, scores)


@dataclass(frozen=True, slots=True)
class _Fused:
    """The arms' scores of items, raw and normalised by arm and row, and every arm's share."""

    raw: Mapping[str, Mapping[int, float]]
    normalised: Mapping[str, Mapping[int, float]]
    shares: Mapping[str, float]

    def scores(self, rows: Sequence[int]) -> dict[int, float]:
        """Return by row the sum of what the arms add, each rounded, so that what is told adds up."""
        arms = [(share, self.normalised[name]) for name, share in self.shares.items()]
        return {
            row: round(sum([round(share * scores.get(row, 0.0), _DECIMALS) for share, scores in arms]), _DECIMALS)
            for row in rows
        }

    def items(self, scores: Mapping[int, float], rows: Sequence[int], cosines: PassageCosines) -> list[RankedItem]:
        """Return items with every part of their scores and with their passages."""
        return [RankedItem(row, scores[row], _ArmsOfItem(self, row), _PassagesOfItem(cosines, row)) for row in rows]


class _ArmsOfItem(Mapping[str, ArmScore]):
    """Every arm's part in an item's score, made when it is asked for: of a hundred items a few are told of."""

    __slots__ = ("_fused", "_row")

    def __init__(self, fused: _Fused, row: int) -> None:
        self._fused = fused
        self._row = row

    def __getitem__(self, name: str) -> ArmScore:
        fused, row = self._fused, self._row
        normalised = fused.normalised[name].get(row, 0.0)
        return ArmScore(fused.raw[name].get(row, 0.0), normalised, fused.shares.get(name, 0.0))

    def __iter__(self) -> Iterator[str]:
        return iter(self._fused.normalised)

    def __len__(self) -> int:
        return len(self._fused.normalised)


class _PassagesOfItem(Sequence[PassageMatch]):
    """An item's passages, each with its best aspect, best passage first; compared when they are asked for."""

    def __init__(self, cosines: PassageCosines, row: int) -> None:
        self._cosines = cosines
        self._row = row

    @overload
    def __getitem__(self, place: int) -> PassageMatch: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[PassageMatch]: ...
    def __getitem__(self, place: int | slice) -> PassageMatch | Sequence[PassageMatch]:
        return self._matches[place]

    def __len__(self) -> int:
        return len(self._matches)

    def __iter__(self) -> Iterator[PassageMatch]:
        return iter(self._matches)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._matches == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as a list's

    @cached_property
    def _matches(self) -> tuple[PassageMatch, ...]:
        import numpy as np

        own = np.flatnonzero(self._cosines.item_rows == self._row)
        near = self._cosines.cosines[:, own]
        aspects = near.argmax(axis=0)
        best = near[aspects, np.arange(len(own))]
        rounded = np.round(best.astype(np.float64), _DECIMALS)
        rows = self._cosines.rows[own]
        order = np.lexsort((rows, -rounded))
        columns = (column[order].tolist() for column in (rows, aspects, rounded))
        return tuple(map(PassageMatch._make, zip(*columns, strict=True)))


def _rank_others(engine: Engine, challenge: Challenge, rows: Sequence[int], known: _Fused) -> list[RankedItem]:
    """Return items that no arm proposed: in order by the candidates' measure, and none above the worst of these."""
    if not rows:
        return []
    cosines = engine.passage_cosines(challenge.vectors, rows)
    raw = {name: score_arms(engine, challenge, rows, cosines).get(name, {}) for name in known.raw}
    measured = {name: _measure_by(scores, known.raw[name]) for name, scores in raw.items()}
    lowest = {name: min(scores.values(), default=0.0) for name, scores in known.normalised.items()}
    capped = {name: {row: min(measured[name].get(row, low), low) for row in rows} for name, low in lowest.items()}
    fused = _Fused(raw, capped, known.shares)
    order = _best_first(rows, _Fused(raw, measured, known.shares).scores(rows).__getitem__)
    scores = fused.scores(order)
    return fused.items(scores, _best_first(order, scores.__getitem__), cosines)


def _best_first(rows: Sequence[int], score: Callable[[int], float]) -> list[int]:
    """Return rows by score; ties stay in their order."""
    return sorted(rows, key=lambda row: -score(row))


def _weighty(raw: Mapping[str, dict[int, float]], weights: Mapping[str, float]) -> dict[str, dict[int, float]]:
    """Return the arms that have a weight."""
    return {name: scores for name, scores in raw.items() if weights.get(name)}


def _measure_by(scores: Mapping[int, float], measure: Mapping[int, float]) -> dict[int, float]:
    """Return how many standard deviations of `measure` each score lies above its mean; empty if it says nothing."""
    values = list(measure.values())
    if not values:
        return {}
    mean = sum(values) / len(values)
    deviation = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
    if deviation < _ALIKE:
        return {}
    return {row: round((value - mean) / deviation, _DECIMALS) for row, value in scores.items()}


def _with_rest(normalised: dict[int, float], rest: Sequence[int]) -> dict[int, float]:
    """Add what an arm did not look at as its worst: a longer answer then begins like a shorter one."""
    return normalised | dict.fromkeys(rest, min(normalised.values())) if normalised else {}


def _candidates(engine: Engine, challenge: Challenge, rows: Sequence[int]) -> list[int]:
    """Return every candidate of any arm, in the order of `rows`."""
    if len(rows) <= DEPTH:
        return list(rows)
    found = set(engine.word_scores(challenge.term_weights, rows, limit=DEPTH))
    found |= engine.near_items(challenge.vectors, rows, limit=DEPTH)
    return [row for row in rows if row in found]


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Return weights that add up to one as they are told: rounded, the largest taking what that leaves."""
    if not weights:
        return {}
    total = sum(weights.values())
    shares = {name: round(weight / total, _DECIMALS) for name, weight in weights.items()}
    largest = max(shares, key=lambda name: shares[name])
    return shares | {largest: round(1 - sum(share for name, share in shares.items() if name != largest), _DECIMALS)}
