"""Ask what freshly chosen weights of the arms would reach: cross-validation over a small grid.

The grid holds every mixture of the arms in quarters (four arms: 35 mixtures), so it owes nothing to the
weights in use. A mixture re-ranks the first hundred cases of the ranking that is; adjustments stay.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from search.ranking.fusion import RankedItem

Values = NDArray[np.float64]

STEPS = 4
FOLDS = 5
_SEED = 20_260
_DECIMALS = 6  # as the ranking rounds


@dataclass(frozen=True, slots=True)
class Validated:
    """What weights reach on queries that they were not chosen on.

    `values` are by set and query; `chosen` is the mixture of each fold.
    """

    values: tuple[tuple[float, ...], ...]
    chosen: tuple[int, ...]


def mixtures(arms: Sequence[str], *, steps: int = STEPS) -> list[dict[str, float]]:
    """Return every way to give the arms weights that are multiples of 1 / `steps` and add up to 1."""
    return [dict(zip(arms, parts, strict=True)) for parts in _parts(len(arms), steps)]


def _parts(count: int, steps: int) -> Iterator[list[float]]:
    """Yield the ways to put `steps` equal parts into `count` places: where the bars between the places stand."""
    for bars in combinations(range(steps + count - 1), count - 1):
        edges = (-1, *bars, steps + count - 1)
        yield [(right - left - 1) / steps for left, right in pairwise(edges)]


def reweigh(
    ranked: Sequence[RankedItem], base: Mapping[str, float], grid: Sequence[Mapping[str, float]]
) -> list[list[int]]:
    """Return the rows of a ranking in the order of each mixture.

    `base` are the weights that the ranking was made with. An arm's share of an item is scaled by mixture /
    base, so what the ranking itself did to the shares of one challenge stays.
    """
    if not ranked:
        return [[] for _ in grid]
    arms = [arm for arm, weight in base.items() if weight]
    parts = [[item.arms.get(arm) for arm in arms] for item in ranked]
    shares: Values = np.array([[part.weight if part else 0.0 for part in row] for row in parts])
    scores: Values = np.array([[part.normalised if part else 0.0 for part in row] for row in parts])
    shares /= [base[arm] for arm in arms]
    factors: Values = np.array([[mixture.get(arm, 0.0) for arm in arms] for mixture in grid]).T
    totals = shares @ factors
    fused = (shares * scores) @ factors / np.where(totals > 0.0, totals, 1.0)
    fused += np.array([[sum(item.adjustments.values())] for item in ranked])
    rows = [item.row for item in ranked]
    order = np.argsort(-np.round(fused, _DECIMALS), axis=0, kind="stable")
    return [[rows[place] for place in column] for column in order.T]


def cross_validate(tables: Sequence[Values], *, folds: int = FOLDS, seed: int = _SEED) -> Validated:
    """Choose a mixture on all folds but one, measure it on that one, in turn.

    `tables` are (queries, mixtures) values, one for each set; each set weighs the same, and the first of
    equally good mixtures is chosen.
    """
    assigned = [_assign(len(table), folds, random.Random(f"{seed} {n}")) for n, table in enumerate(tables)]  # noqa: S311
    values = [np.zeros(len(table)) for table in tables]
    chosen = []
    for fold in range(folds):
        means = [table[places != fold].mean(axis=0) for table, places in zip(tables, assigned, strict=True)]
        best = int(np.argmax(np.round(np.mean(means, axis=0), _DECIMALS)))
        chosen.append(best)
        for table, places, found in zip(tables, assigned, values, strict=True):
            found[places == fold] = table[places == fold, best]
    return Validated(tuple(tuple(found.tolist()) for found in values), tuple(chosen))


def _assign(count: int, folds: int, draw: random.Random) -> NDArray[np.int64]:
    """Return the fold of each query: equally many in each, at random."""
    if count < folds:
        raise ValueError(f"{count} queries do not fill {folds} folds")
    places = [place % folds for place in range(count)]
    draw.shuffle(places)
    return np.asarray(places)
