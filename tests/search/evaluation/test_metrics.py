"""The measures agree with examples that were worked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import pytest

from search.evaluation.metrics import (
    area_under_curve,
    estimate_mean,
    exponential_gain,
    judged_share,
    linear_gain,
    ndcg,
    recall,
    reciprocal_rank,
    success,
)

GRADES = {"closest": 3, "comparable": 2, "partly": 1, "no": 0}
COIN = [0.0, 1.0] * 50


def test_gains_of_a_grade() -> None:
    """The exponential gain of grade g is 2^g - 1, the linear one is g; a grade of 0 gains nothing."""
    assert [exponential_gain(grade) for grade in range(4)] == [0.0, 1.0, 3.0, 7.0]
    assert [linear_gain(grade) for grade in range(4)] == [0.0, 1.0, 2.0, 3.0]


def test_ndcg_with_exponential_gain() -> None:
    """(3/log2(2) + 0/log2(3) + 7/log2(4)) / (7/log2(2) + 3/log2(3) + 1/log2(4)) = 6.5 / 9.39279."""
    ranking = ["comparable", "unjudged", "closest"]
    assert ndcg(ranking, GRADES, depth=5, gain=exponential_gain) == pytest.approx(6.5 / 9.3927892607)


def test_ndcg_with_linear_gain() -> None:
    """Grades 3, 2, 3, 0, 1, 2 with a further 3 and 2 unfound: DCG 6.861 over an ideal of 8.740 is 0.785."""
    found = [3, 2, 3, 0, 1, 2]
    grades = {f"found-{place}": grade for place, grade in enumerate(found)} | {"missed-3": 3, "missed-2": 2}
    ranking = [f"found-{place}" for place in range(6)]
    assert ndcg(ranking, grades, depth=6, gain=linear_gain) == pytest.approx(0.785, abs=0.0005)


@pytest.mark.parametrize("gain", [linear_gain, exponential_gain])
def test_ndcg_of_the_ideal_ranking(gain: object) -> None:
    """All judged items, best first, score 1, whatever follows them."""
    ranking = ["closest", "comparable", "partly", "no", "unjudged"]
    assert callable(gain)
    assert ndcg(ranking, GRADES, depth=5, gain=gain) == pytest.approx(1.0)


def test_ndcg_looks_no_deeper_than_its_depth() -> None:
    """What stands below the depth neither helps the ranking nor enters the ideal."""
    grades = {"one": 1, "two": 1, "three": 1}
    assert ndcg(["x", "y", "one"], grades, depth=2, gain=linear_gain) == 0.0
    assert ndcg(["one", "two"], grades, depth=2, gain=linear_gain) == pytest.approx(1.0)


def test_ndcg_without_anything_to_find() -> None:
    """A query whose judged items are all of grade 0 scores 0 instead of dividing by it."""
    assert ndcg(["no"], {"no": 0}, depth=5, gain=exponential_gain) == 0.0


@pytest.mark.parametrize(
    ("ranking", "expected"),
    [
        (["no", "partly", "comparable"], 1.0),
        (["no", "partly", "unjudged", "closest"], 0.0),
        (["closest"], 1.0),
        ([], 0.0),
    ],
)
def test_success_counts_grades_from_the_least_within_the_depth(ranking: Sequence[str], expected: float) -> None:
    """One case of grade 2 or 3 among the first three is a success; grade 1, or place four, is none."""
    assert success(ranking, GRADES, depth=3, least=2) == expected


def test_recall_is_the_found_share_of_the_relevant() -> None:
    """Of the two items of grade 2 or more, one stands among the first two: 1/2."""
    assert recall(["partly", "closest", "comparable"], GRADES, depth=2, least=2) == 0.5
    assert recall(["partly", "closest", "comparable"], GRADES, depth=3, least=2) == 1.0


def test_recall_without_anything_relevant() -> None:
    """A query with nothing relevant scores 0 instead of dividing by it."""
    assert recall(["partly"], {"partly": 1}, depth=5, least=2) == 0.0


def test_judged_share_counts_items_of_grade_0() -> None:
    """An item that was judged to be of no use was judged all the same: 3 of 4 here."""
    assert judged_share(["no", "unjudged", "closest", "partly"], GRADES, depth=5) == 0.75


def test_judged_share_is_of_the_results_shown() -> None:
    """Two results, both judged, are all judged though five were asked for; none at all are not."""
    assert judged_share(["no", "closest"], GRADES, depth=5) == 1.0
    assert judged_share([], GRADES, depth=5) == 0.0


@pytest.mark.parametrize(
    ("ranking", "expected"),
    [(["comparable", "closest"], 1.0), (["partly", "no", "unjudged", "closest"], 0.25), (["partly"], 0.0), ([], 0.0)],
)
def test_reciprocal_rank_is_of_the_first_relevant_result(ranking: Sequence[str], expected: float) -> None:
    """The first case of grade 2 or more on place four scores 1/4; what follows it does not matter."""
    assert reciprocal_rank(ranking, GRADES, least=2) == expected


def test_area_under_curve_is_the_share_of_pairs_in_order() -> None:
    """Of the 2 * 3 pairs the positive wins (0.9 over all three, 0.4 over one) four, and one is a tie: 4.5 / 6."""
    assert area_under_curve([0.9, 0.4], [0.1, 0.4, 0.5]) == pytest.approx(4.5 / 6)


def test_area_under_curve_of_separate_scores() -> None:
    """Scores that are apart have an area of 1, the wrong way round of 0, all alike of one half."""
    assert area_under_curve([0.8, 0.9], [0.1]) == 1.0
    assert area_under_curve([0.1], [0.8, 0.9]) == 0.0
    assert area_under_curve([0.5], [0.5]) == 0.5


def test_area_under_curve_needs_both_sides() -> None:
    """An area without negatives is refused rather than made up."""
    with pytest.raises(ValueError, match="both sides"):
        area_under_curve([0.5], [])


def test_estimate_of_equal_values() -> None:
    """Values without any spread have an interval without width."""
    estimate = estimate_mean([0.25] * 8)
    assert (estimate.mean, estimate.low, estimate.high, estimate.count) == (0.25, 0.25, 0.25, 8)


def test_interval_agrees_with_the_normal_approximation() -> None:
    """100 fair zeros and ones: the mean's standard error is 0.05, so the interval is 0.5 -+ 1.96 * 0.05."""
    estimate = estimate_mean(COIN)
    assert estimate.mean == 0.5
    assert estimate.low == pytest.approx(0.402, abs=0.02)
    assert estimate.high == pytest.approx(0.598, abs=0.02)


def test_interval_narrows_with_a_lower_level() -> None:
    """A 50% interval lies within the 95% one."""
    wide, narrow = estimate_mean(COIN), estimate_mean(COIN, level=0.5)
    assert wide.low < narrow.low < fmean(COIN) < narrow.high < wide.high


def test_interval_is_reproducible() -> None:
    """The same values give the same interval; another seed gives another one."""
    values = [place * place / 97 for place in range(17)]
    assert estimate_mean(values) == estimate_mean(values)
    assert estimate_mean(values) != estimate_mean(values, seed=1)


def test_estimate_of_nothing() -> None:
    """A mean over no queries is refused rather than made up."""
    with pytest.raises(ValueError, match="no values"):
        estimate_mean([])
