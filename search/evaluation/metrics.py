"""Measure rankings against graded judgements: pure functions over ids and grades.

A ranking is a sequence of ids, best first. `grades` holds the judged ids of one query; an id that is
not in it counts as grade 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

Gain = Callable[[int], float]

_DRAWN_AT_ONCE = 500_000  # values, to bound memory


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over queries with the bounds of its bootstrap interval."""

    mean: float
    low: float
    high: float
    count: int


def exponential_gain(grade: int) -> float:
    """Return 2^grade - 1 (Burges et al. 2005), which sets the closest far above the partly fitting."""
    return 2.0**grade - 1.0


def linear_gain(grade: int) -> float:
    """Return the grade itself, as Järvelin & Kekäläinen (2002), trec_eval and BEIR do."""
    return float(grade)


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], *, depth: int, gain: Gain) -> float:
    """Return the normalised discounted cumulative gain of the first `depth` results, in 0..1.

    DCG = sum over places i = 1..depth of gain(grade_i) / log2(i + 1); nDCG = DCG / ideal DCG, where the
    ideal ranking holds all judged ids, best grade first. 0 if no id has a gain. Järvelin & Kekäläinen
    2002, "Cumulated gain-based evaluation of IR techniques", with the discount log2(i + 1) that
    discounts from the second place on.
    """
    ideal = _discounted(sorted(grades.values(), reverse=True)[:depth], gain)
    found = _discounted([grades.get(item_id, 0) for item_id in ranking[:depth]], gain)
    return found / ideal if ideal else 0.0


def success(ranking: Sequence[str], grades: Mapping[str, int], *, depth: int, least: int) -> float:
    """Return 1 if one of the first `depth` results has at least the grade `least`, else 0."""
    return float(any(grades.get(item_id, 0) >= least for item_id in ranking[:depth]))


def recall(ranking: Sequence[str], grades: Mapping[str, int], *, depth: int, least: int) -> float:
    """Return |relevant among the first `depth`| / |relevant|; relevant is a grade of at least `least`.

    0 if nothing is relevant. With more than `depth` relevant ids it cannot reach 1.
    """
    relevant = {item_id for item_id, grade in grades.items() if grade >= least}
    return len(relevant.intersection(ranking[:depth])) / len(relevant) if relevant else 0.0


def judged_share(ranking: Sequence[str], grades: Mapping[str, int], *, depth: int) -> float:
    """Return |judged among the first `depth`| / |results among the first `depth`|; 0 if there are none.

    Far below 1, the other measures are lower bounds: what nobody judged counts as grade 0.
    """
    shown = ranking[:depth]
    return sum(item_id in grades for item_id in shown) / len(shown) if shown else 0.0


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, int], *, least: int) -> float:
    """Return 1 / place of the first result of at least the grade `least`; 0 if there is none.

    Its mean over queries is the mean reciprocal rank (Voorhees 1999, "The TREC-8 Question Answering Track Report").
    """
    return next((1.0 / place for place, item_id in enumerate(ranking, 1) if grades.get(item_id, 0) >= least), 0.0)


def area_under_curve(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Return the share of pairs in which the positive has the higher score; equal scores count one half.

    This is the area under the ROC curve (Hanley & McNeil 1982, "The Meaning and Use of the Area under a
    Receiver Operating Characteristic (ROC) Curve"). Raises ValueError if one side is empty.
    """
    if not positives or not negatives:
        raise ValueError("an area needs scores on both sides")
    won = sum((high > low) + (high == low) / 2.0 for high in positives for low in negatives)
    return won / (len(positives) * len(negatives))


def estimate_mean(
    values: Sequence[float], *, resamples: int = 2_000, level: float = 0.95, seed: int = 20_260
) -> Estimate:
    """Return the mean of one value per query with its percentile bootstrap interval.

    Queries are drawn with replacement `resamples` times; the bounds are the (1 - level) / 2 and
    (1 + level) / 2 quantiles of the means (Efron & Tibshirani 1993, chapter 13). The same values and
    seed give the same interval. Raises ValueError for no values.
    """
    if not values:
        raise ValueError("no values to estimate a mean of")
    import numpy as np

    draw = np.random.default_rng(seed)
    given = np.asarray(values, dtype=np.float64)
    at_once = max(1, _DRAWN_AT_ONCE // len(given))
    means: list[float] = []
    while len(means) < resamples:
        size = (min(at_once, resamples - len(means)), len(given))
        means += given[draw.integers(len(given), size=size)].mean(axis=1).tolist()
    means.sort()
    outside = (1.0 - level) / 2.0
    low = means[math.floor(resamples * outside)]
    high = means[math.ceil(resamples * (1.0 - outside)) - 1]
    return Estimate(fmean(values), low, high, len(values))


def _discounted(grades: Sequence[int], gain: Gain) -> float:
    return sum(gain(grade) / math.log2(place + 1) for place, grade in enumerate(grades, 1))
