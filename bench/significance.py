"""Tell differences from chance: paired comparisons of two runs, and intervals of an area under the curve.

Smucker, Allan & Carterette 2007, "A Comparison of Statistical Significance Tests for Information
Retrieval Evaluation", find bootstrap and randomisation tests to agree; the interval here is of the
former, p of the latter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from search.evaluation.metrics import Estimate

Counts = NDArray[np.int64]

_RESAMPLES = 10_000
_SEED = 20_260
_SAME = 1e-12
_AT_ONCE = 500  # resamples, to bound memory


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean difference over paired queries with its 95% interval and two-sided p."""

    mean: float
    low: float
    high: float
    p: float
    count: int

    def as_cells(self) -> list[str]:
        """Return n, difference with interval, and p as cells of a table."""
        return [str(self.count), f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]", f"{self.p:.3f}"]

    def as_data(self) -> dict[str, float]:
        """Return the figures as they are kept."""
        figures = {"mean": self.mean, "low": self.low, "high": self.high, "p": self.p}
        return {name: round(value, 4) for name, value in figures.items()} | {"n": self.count}


def compare_paired(sets: Sequence[Sequence[float]], *, resamples: int = _RESAMPLES, seed: int = _SEED) -> Difference:
    """Compare two runs by their differences per query, given by set; each set weighs the same.

    Interval: percentile bootstrap, queries drawn within each set. p: share of random swaps of the two
    runs' values whose mean difference is at least as far from 0 (Fisher's randomisation test), the
    observed one counted in. Raises ValueError if there is no set, or one without queries.
    """
    if not sets or not all(sets):
        raise ValueError("no pairs to compare")
    draw = np.random.default_rng(seed)
    drawn, swapped = np.zeros(resamples), np.zeros(resamples)
    for differences in sets:
        values = np.asarray(differences, dtype=np.float64)
        for first in range(0, resamples, _AT_ONCE):
            part = slice(first, min(first + _AT_ONCE, resamples))
            shape = (part.stop - part.start, len(values))
            drawn[part] += values[draw.integers(len(values), size=shape)].mean(axis=1)
            swapped[part] += (values * (2 * draw.integers(2, size=shape) - 1)).mean(axis=1)
    mean = fmean(fmean(differences) for differences in sets)
    low, high = np.quantile(drawn / len(sets), (0.025, 0.975))
    further = int((np.abs(swapped / len(sets)) >= abs(mean) - _SAME).sum())
    return Difference(mean, float(low), float(high), (further + 1) / (resamples + 1), sum(map(len, sets)))


def estimate_area(
    positives: Mapping[str, float], negatives: Mapping[str, float], *, resamples: int = 2_000, seed: int = _SEED
) -> Estimate:
    """Return the area under the ROC curve of scores by query, with a 95% bootstrap interval.

    A query that stands on both sides is drawn for both at once, for its two scores depend on each other.
    Raises ValueError if one side is empty.
    """
    if not positives or not negatives:
        raise ValueError("an area needs scores on both sides")
    above = np.asarray(list(positives.values()))[:, None]
    below = np.asarray(list(negatives.values()))[None, :]
    won = (above > below) + (above == below) / 2.0
    ids = [*positives, *(id_ for id_ in negatives if id_ not in positives)]
    columns = [ids.index(id_) for id_ in negatives]
    draw = np.random.default_rng(seed)
    areas = []
    for _ in range(resamples):
        times = np.concatenate([_draw_times(len(above), draw), _draw_times(len(ids) - len(above), draw)])
        left, right = times[: len(above)], times[columns]
        if right.sum():
            areas.append(float(left @ won @ right / (left.sum() * right.sum())))
    low, high = np.quantile(areas, (0.025, 0.975))
    return Estimate(float(won.mean()), float(low), float(high), len(positives) + len(negatives))


def _draw_times(count: int, draw: np.random.Generator) -> Counts:
    """Return how often each of `count` queries is drawn when as many are drawn with replacement."""
    if not count:
        return np.zeros(0, dtype=np.int64)
    return np.bincount(draw.integers(count, size=count), minlength=count)
