"""Rank eligible items for a challenge: four arms, each over every candidate of any arm, fused.

The fused score is a convex combination of z-scores (Bruch et al. 2023, "An Analysis of Fusion
Functions for Hybrid Retrieval"); it orders the answer and says nothing about how good it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from library.documents import SectionKind
from search.engine import Engine, PassageCosines

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from search.challenge import Challenge

    Vectors = NDArray[np.float32]

# Weights of the arms; measured in docs/decisions/0004-arms.md.
ARM_WEIGHTS: Mapping[str, float] = {"passages": 0.30, "problem": 0.25, "words": 0.25, "whole": 0.20}
PROBLEM_KINDS = (SectionKind.CHALLENGE, SectionKind.CONTEXT)
# How many candidates each arm proposes.
DEPTH = 100
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
    """An item with its fused score, every arm's part in it, and its passages, best first."""

    row: int
    score: float
    arms: Mapping[str, ArmScore]
    passages: tuple[PassageMatch, ...]


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
    arms = {name: normalise(scores, weights[name]) for name, scores in raw.items() if name in weights}
    shares = _shares({name: weights[name] for name, scores in arms.items() if scores})
    ranked = []
    for row in candidates:
        parts = {
            name: ArmScore(raw[name].get(row, 0.0), scores.get(row, 0.0), shares.get(name, 0.0))
            for name, scores in arms.items()
        }
        ranked.append((round(sum(part.weight * part.normalised for part in parts.values()), _DECIMALS), row, parts))
    order = {row: place for place, row in enumerate(rows)}
    ranked.sort(key=lambda entry: (-entry[0], order[entry[1]]))
    matches = _matches(cosines, [row for _, row, _ in ranked[:limit]])
    return [RankedItem(row, score, parts, matches.get(row, ())) for score, row, parts in ranked[:limit]]


def normalise(scores: Mapping[int, float], weight: float) -> dict[int, float]:
    """Return z-scores by row; empty for an arm without evidence (no scores, or all alike)."""
    if not weight or not scores:
        return {}
    values = list(scores.values())
    mean = sum(values) / len(values)
    deviation = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
    if deviation < _ALIKE:
        return {}
    return {row: round((value - mean) / deviation, _DECIMALS) for row, value in scores.items()}


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
    import numpy as np

    passages = _best_by_item(cosines, np.ones(len(cosines.rows), dtype=bool))
    problem = _best_by_item(cosines, np.isin(cosines.kinds, [str(kind) for kind in PROBLEM_KINDS]))
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
