"""Rank eligible items for a challenge: four arms over every candidate of any arm, fused; a fifth over the best.

The fused score is a convex combination of z-scores (Bruch et al. 2023, "An Analysis of Fusion
Functions for Hybrid Retrieval"); it orders the answer and says nothing about how good it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from library.documents import SectionKind
from search.engine import Engine, PassageCosines

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from search.challenge import Challenge

    Vectors = NDArray[np.float32]

# Weights of the arms; measured in docs/decisions/0004-arms.md and 0009-late-interaction.md. They add up to one.
LATE = "pieces"
ARM_WEIGHTS: Mapping[str, float] = {"passages": 0.18, "problem": 0.15, "words": 0.15, "whole": 0.12, LATE: 0.40}
PROBLEM_KINDS = (SectionKind.CHALLENGE, SectionKind.CONTEXT)
# How many candidates each arm proposes.
DEPTH = 100
# How many of the best the costly arm looks at, whatever the length of the answer.
LATE_DEPTH = 60
_DECIMALS = 6
_ALIKE = 1e-9  # scores that differ by less say nothing


@dataclass(frozen=True, slots=True)
class ArmScore:
    """An arm's raw score of an item, the same normalised over all candidates, and the arm's share.

    `normalised` is a z-score; `weight` * `normalised` is what the arm adds to the fused score.
    """

    raw: float
    normalised: float
    weight: float


@dataclass(frozen=True, slots=True)
class PassageMatch:
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
    passages: tuple[PassageMatch, ...]
    adjustments: Mapping[str, float] = field(default_factory=dict)
    grouped: tuple[int, ...] = ()

    def adjusted(self, name: str, change: float) -> RankedItem:
        """Return the item with its score changed by an adjustment."""
        score = round(self.score + change, _DECIMALS)
        return replace(self, score=score, adjustments={**self.adjustments, name: change})


def rank(
    engine: Engine,
    challenge: Challenge,
    rows: Sequence[int],
    *,
    limit: int,
    weights: Mapping[str, float] = ARM_WEIGHTS,
) -> list[RankedItem]:
    """Return the best items among `rows`, best first; ties in the order of `rows`."""
    candidates = _candidates(engine, challenge, rows, depth=max(DEPTH, limit))
    if not candidates:
        return []
    cosines = engine.passage_cosines(challenge.vectors, candidates)
    raw = _raw_scores(engine, challenge, candidates, cosines)
    normalised = {name: normalise(scores) for name, scores in raw.items() if weights.get(name)}
    order = {row: place for place, row in enumerate(rows)}

    def best_first(arms: Mapping[str, Mapping[int, float]], chosen: Sequence[int]) -> list[tuple[float, int]]:
        totals = ((sum(weights[name] * arms[name].get(row, 0.0) for name in arms), row) for row in chosen)
        return sorted(totals, key=lambda entry: (-entry[0], order[entry[1]]))

    first = [row for _, row in best_first(normalised, candidates)[: max(LATE_DEPTH, limit)]]
    if weights.get(LATE):
        raw[LATE] = _late_scores(engine, challenge, first[:LATE_DEPTH])
        normalised[LATE] = _with_rest(normalise(raw[LATE]), first[LATE_DEPTH:])
    shares = _shares({name: weights[name] for name, scores in normalised.items() if scores})
    chosen = [row for _, row in best_first(normalised, first)[:limit]]
    matches = _matches(cosines, chosen)
    return [
        RankedItem(row, round(sum(part.weight * part.normalised for part in parts.values()), _DECIMALS), parts, found)
        for row, parts, found in ((row, _parts(row, raw, normalised, shares), matches.get(row, ())) for row in chosen)
    ]


def normalise(scores: Mapping[int, float]) -> dict[int, float]:
    """Return z-scores by row; empty for an arm without evidence (no scores, or all alike)."""
    values = list(scores.values())
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


def _parts(
    row: int,
    raw: Mapping[str, Mapping[int, float]],
    normalised: Mapping[str, Mapping[int, float]],
    shares: Mapping[str, float],
) -> dict[str, ArmScore]:
    return {
        name: ArmScore(raw[name].get(row, 0.0), scores.get(row, 0.0), shares.get(name, 0.0))
        for name, scores in normalised.items()
    }


def _late_scores(engine: Engine, challenge: Challenge, rows: Sequence[int]) -> dict[int, float]:
    """Return the mean of an item's best match in any passage and in one that tells its problem."""
    if not challenge.tokens:
        return {}
    anywhere, problem = _best_passages(engine.passage_matches(challenge.tokens, rows))
    return {row: round((score + problem.get(row, score)) / 2, _DECIMALS) for row, score in anywhere.items()}


def _candidates(engine: Engine, challenge: Challenge, rows: Sequence[int], *, depth: int) -> list[int]:
    """Return every candidate of any arm, in the order of `rows`."""
    if len(rows) <= depth:
        return list(rows)
    found = set(engine.word_scores(challenge.term_weights, rows, limit=depth))
    found |= engine.near_items(challenge.vectors, rows, limit=depth)
    return [row for row in rows if row in found]


def _raw_scores(
    engine: Engine, challenge: Challenge, candidates: Sequence[int], cosines: PassageCosines
) -> dict[str, dict[int, float]]:
    passages, problem = _best_passages(cosines)
    whole = engine.item_cosines(challenge.vectors, candidates).mean(axis=0)
    words = engine.word_scores_of(challenge.term_weights, candidates)
    return {
        "passages": passages,
        # An item that does not mark its problem is judged by whatever passage is nearest; where none does, the
        # arm knows nothing that `passages` does not know.
        "problem": passages | problem if problem else {},
        "words": {row: round(words.get(row, 0.0), _DECIMALS) for row in candidates},
        "whole": {row: round(float(value), _DECIMALS) for row, value in zip(candidates, whole, strict=True)},
    }


def _best_passages(cosines: PassageCosines) -> tuple[dict[int, float], dict[int, float]]:
    """Return each item's best passage, and its best among those that tell its problem, where it marks some."""
    import numpy as np

    return (
        _best_by_item(cosines, np.ones(len(cosines.rows), dtype=bool)),
        _best_by_item(cosines, np.isin(cosines.kinds, [str(kind) for kind in PROBLEM_KINDS])),
    )


def _best_by_item(cosines: PassageCosines, chosen: NDArray[np.bool_]) -> dict[int, float]:
    """Return for each item the mean over aspects of its best chosen passage's cosine."""
    import numpy as np

    owners = cosines.item_rows[chosen]
    if not len(owners):
        return {}
    starts = np.flatnonzero(np.diff(owners, prepend=-1))  # passages of an item stand together
    best = np.maximum.reduceat(cosines.cosines[:, chosen], starts, axis=1).mean(axis=0)
    return {int(row): round(float(value), _DECIMALS) for row, value in zip(owners[starts], best, strict=True)}


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Return weights that add up to one."""
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def _matches(cosines: PassageCosines, rows: Sequence[int]) -> dict[int, tuple[PassageMatch, ...]]:
    """Return the passages of items, each with its best aspect, best passage first."""
    import numpy as np

    found: dict[int, tuple[PassageMatch, ...]] = {}
    for row in rows:
        columns = np.flatnonzero(cosines.item_rows == row)
        aspects = cosines.cosines[:, columns].argmax(axis=0)
        matches = [
            PassageMatch(
                int(cosines.rows[column]), int(aspect), round(float(cosines.cosines[aspect, column]), _DECIMALS)
            )
            for column, aspect in zip(columns, aspects, strict=True)
        ]
        found[row] = tuple(sorted(matches, key=lambda match: (-match.cosine, match.row)))
    return found
