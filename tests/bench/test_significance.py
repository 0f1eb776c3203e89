"""Differences and areas have the intervals and probabilities that theory gives them."""

from __future__ import annotations

from statistics import NormalDist

import pytest

from bench.significance import compare_paired, estimate_area


def test_no_difference() -> None:
    """Two runs with the same values differ by nothing, surely."""
    difference = compare_paired([[0.0] * 10])
    assert (difference.mean, difference.low, difference.high, difference.p, difference.count) == (0, 0, 0, 1, 10)


def test_a_gain_on_every_query_is_no_chance() -> None:
    """Ten equal gains: only 2 of 2^10 swaps are as far out, so p is near 0.002."""
    difference = compare_paired([[0.1] * 10])
    assert difference.mean == pytest.approx(0.1)
    assert (difference.low, difference.high) == pytest.approx((0.1, 0.1))
    assert difference.p == pytest.approx(2 / 1024, abs=0.0015)


def test_interval_and_p_agree_with_the_normal_approximation() -> None:
    """60 gains and 40 losses of 1: mean 0.2, standard error 0.098, and p that of z = 0.2 / 0.1."""
    difference = compare_paired([[1.0] * 60 + [-1.0] * 40])
    assert difference.low == pytest.approx(0.2 - 1.96 * 0.098, abs=0.025)
    assert difference.high == pytest.approx(0.2 + 1.96 * 0.098, abs=0.025)
    # With the correction for steps of 0.02: (0.2 - 0.01) / 0.1.
    assert difference.p == pytest.approx(2 * (1 - NormalDist().cdf(1.9)), abs=0.01)


def test_losses_are_as_improbable_as_gains() -> None:
    """The probability looks at both sides; the sign of the difference is kept."""
    gains = [0.3, 0.1, 0.2, -0.1, 0.25, 0.0, 0.4, 0.15]
    better, worse = compare_paired([gains]), compare_paired([[-gain for gain in gains]])
    assert worse.mean == -better.mean
    assert worse.p == better.p


def test_sets_weigh_the_same() -> None:
    """A set of two queries counts as much as one of a hundred."""
    difference = compare_paired([[1.0, 1.0], [0.0] * 100])
    assert difference.mean == 0.5
    assert difference.count == 102


def test_comparison_of_nothing() -> None:
    """Without pairs, or with an empty set among others, nothing is made up."""
    nothing: list[list[list[float]]] = [[], [[]], [[0.1], []]]
    for sets in nothing:
        with pytest.raises(ValueError, match="no pairs"):
            compare_paired(sets)


def test_cells_and_data_of_a_difference() -> None:
    """The sign is always shown; what is kept has four decimals."""
    difference = compare_paired([[0.1] * 10])
    assert difference.as_cells()[:2] == ["10", "+0.100 [+0.100, +0.100]"]
    assert difference.as_data()["mean"] == 0.1


def test_area_of_separate_scores() -> None:
    """Scores that are apart have an area of 1 in every draw."""
    area = estimate_area({"a": 0.9, "b": 0.8}, {"c": 0.1, "d": 0.2})
    assert (area.mean, area.low, area.high, area.count) == (1.0, 1.0, 1.0, 4)


def test_area_of_equal_scores() -> None:
    """Scores that say nothing have an area of one half."""
    assert estimate_area({"a": 0.5, "b": 0.5}, {"c": 0.5}).mean == 0.5


def test_area_interval_holds_the_area() -> None:
    """The interval lies around the area and has a width where scores overlap."""
    positives = {f"p{n}": n / 20 for n in range(20)}
    negatives = {f"n{n}": n / 20 - 0.25 for n in range(20)}
    area = estimate_area(positives, negatives)
    assert 0.5 < area.low < area.mean < area.high < 1.0


def test_a_query_on_both_sides_is_drawn_once() -> None:
    """Scores that fall by the same amount within each query vary less together than drawn apart."""
    levels = [n / 10 for n in range(10)]
    together = estimate_area(
        {f"q{n}": level + 0.15 for n, level in enumerate(levels)}, {f"q{n}": level for n, level in enumerate(levels)}
    )
    apart = estimate_area(
        {f"q{n}": level + 0.15 for n, level in enumerate(levels)}, {f"r{n}": level for n, level in enumerate(levels)}
    )
    assert together.mean == apart.mean
    assert together.high - together.low < apart.high - apart.low


def test_area_needs_both_sides() -> None:
    """An area without negatives is refused rather than made up."""
    with pytest.raises(ValueError, match="both sides"):
        estimate_area({"a": 0.5}, {})
