"""search.ranking.verdict: honest about closeness, never from a fused score."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.ranking.fusion import ArmScore, RankedItem
from search.ranking.verdict import (
    COSINE_SHARE,
    FEW_WORDS,
    POSSIBLE,
    POSSIBLE_FOR_FEW,
    STRANGE_UNDERSTOOD,
    STRONG,
    STRONG_UNDERSTOOD,
    Judgement,
    judge,
    measure_closeness,
)

CEILING = 20.0
_SHARES = st.floats(0, 1)


def _item(cosine: float, words: float = 0.0, *, row: int = 0, score: float = 10.0) -> RankedItem:
    return RankedItem(row, score, {"passages": ArmScore(cosine, 3.0, 0.5), "words": ArmScore(words, 3.0, 0.5)}, ())


def _at(closeness: float) -> RankedItem:
    """Return an item that is as close as wanted, by its cosine alone."""
    return _item(closeness / COSINE_SHARE)


def _judge(
    ranked: list[RankedItem], *, words: int = FEW_WORDS + 1, strange: bool = False, understood: float = 1.0
) -> Judgement:
    return judge(ranked, words=words, word_ceiling=CEILING, strange=strange, understood=understood)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (_item(0.5, 10.0), COSINE_SHARE * 0.5 + (1 - COSINE_SHARE) * 0.5),
        (_item(1.0, CEILING), 1.0),
        (_item(1.0, 3 * CEILING), 1.0),
        (_item(-0.4, 10.0), (1 - COSINE_SHARE) * 0.5),
        (_item(0.0), 0.0),
        (RankedItem(0, 10.0, {"words": ArmScore(10.0, 3.0, 1.0)}, ()), (1 - COSINE_SHARE) * 0.5),
        (RankedItem(0, 10.0, {}, ()), 0.0),
    ],
    ids=["both", "all", "capped", "negative cosine", "nothing", "words alone", "no arm"],
)
def test_closeness_is_cosine_and_coverage(item: RankedItem, expected: float) -> None:
    """Closeness joins the raw cosine and the share of the highest BM25 that can be reached, each from 0 to 1."""
    assert measure_closeness([item], CEILING) == pytest.approx(expected)


def test_words_that_no_item_can_hold_cover_nothing() -> None:
    """Where the challenge has no words to score by, the cosine alone counts."""
    assert measure_closeness([_item(0.5, 10.0)], 0.0) == pytest.approx(COSINE_SHARE * 0.5)


@given(cosine=st.floats(-1, 1), words=st.floats(0, 100), ceiling=st.floats(0, 50))
def test_closeness_lies_between_nothing_and_all(cosine: float, words: float, ceiling: float) -> None:
    """Whatever the arms say, closeness is from 0 to 1."""
    assert -1e-9 <= measure_closeness([_item(cosine, words)], ceiling) <= 1 + 1e-9


@given(cosine=_SHARES, words=_SHARES, more=_SHARES)
def test_more_of_either_is_closer(cosine: float, words: float, more: float) -> None:
    """A higher cosine or a higher coverage never makes a case less close."""
    least = measure_closeness([_item(cosine, words)], 1.0)
    assert measure_closeness([_item(max(cosine, more), words)], 1.0) >= least
    assert measure_closeness([_item(cosine, max(words, more))], 1.0) >= least


@pytest.mark.parametrize(
    ("closeness", "expected"),
    [
        (1.0, "strong"),
        (STRONG + 1e-6, "strong"),
        (STRONG - 1e-6, "possible"),
        (POSSIBLE + 1e-6, "possible"),
        (POSSIBLE - 1e-6, "none"),
        (0.0, "none"),
    ],
)
def test_verdict_follows_the_closest_case(closeness: float, expected: str) -> None:
    """However high the fused score, the raw closeness of the closest decides, wherever it stands."""
    item = _at(closeness) if closeness < COSINE_SHARE else _item(1.0, CEILING)
    judgement = _judge([_item(0.01, score=99.0), item])
    assert judgement.verdict == expected
    assert judgement.closeness == pytest.approx(max(closeness, 0.01 * COSINE_SHARE), abs=1e-4)


@pytest.mark.parametrize(
    ("words", "closeness", "expected"),
    [
        (1, POSSIBLE_FOR_FEW, "possible"),
        (FEW_WORDS, POSSIBLE_FOR_FEW, "possible"),
        (FEW_WORDS, POSSIBLE_FOR_FEW - 1e-6, "none"),
        (FEW_WORDS + 1, POSSIBLE_FOR_FEW, "none"),
        (1, STRONG - 1e-6, "possible"),
    ],
)
def test_a_few_words_need_less_to_be_comparable(words: int, closeness: float, expected: str) -> None:
    """Bare keywords have less to be near with; what is strong is the same for all."""
    assert _judge([_at(closeness + 1e-9)], words=words).verdict == expected


def test_the_best_of_each_counts() -> None:
    """The nearest case and the one that covers most need not be the same."""
    both = measure_closeness([_item(0.5, 2.0), _item(0.1, 10.0, row=1)], CEILING)
    assert both == pytest.approx(COSINE_SHARE * 0.5 + (1 - COSINE_SHARE) * 0.5)
    assert measure_closeness([], CEILING) == 0


def test_half_of_the_words_alone_are_no_comparable_case() -> None:
    """Where the model sees nothing in a case, half of the words are too few to call it comparable."""
    assert _judge([_item(0.0, CEILING)]).closeness == pytest.approx(1 - COSINE_SHARE)
    assert _judge([_item(0.0, CEILING / 2)]).verdict == "none"


@given(closeness=_SHARES, coverage=_SHARES)
def test_a_strange_language_is_never_strong_and_told(closeness: float, coverage: float) -> None:
    """What neither the model nor a glossary reads is no ground for a firm answer, and the answer says so."""
    ranked = [_item(closeness, coverage * CEILING)]
    strange = _judge(ranked, strange=True)
    plain = _judge(ranked)
    assert strange.verdict != "strong"
    assert strange.verdict == (plain.verdict if plain.verdict != "strong" else "possible")
    assert strange.closeness == plain.closeness
    assert (strange.caveat, plain.caveat) == ("strange", None)


def test_a_strange_text_of_which_nothing_is_read_has_no_close_case() -> None:
    """However near the vectors of unread letters are to something, that says nothing."""
    ranked = [_item(1.0, CEILING)]
    assert _judge(ranked, strange=True, understood=STRANGE_UNDERSTOOD - 0.01).verdict == "none"
    assert _judge(ranked, strange=True, understood=STRANGE_UNDERSTOOD).verdict == "possible"


def test_what_a_gloss_left_over_is_no_ground_for_a_firm_answer() -> None:
    """A text of which too little was read is at most comparable, and the answer says why."""
    ranked = [_item(1.0, CEILING)]
    assert _judge(ranked, understood=STRONG_UNDERSTOOD) == _judge(ranked)
    half_read = _judge(ranked, understood=STRONG_UNDERSTOOD - 0.01)
    assert half_read.verdict == "possible"
    assert half_read.caveat == "half_read"
    assert _judge([_item(0.0)], understood=0.1).verdict == "none"


def test_no_case_at_all_is_none() -> None:
    """An empty answer is no close case, and its closeness is zero."""
    judgement = _judge([])
    assert (judgement.verdict, judgement.closeness) == ("none", 0.0)


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 30)), min_size=1, max_size=10), st.randoms())
def test_the_order_of_the_first_ten_does_not_matter(raw: list[tuple[float, float]], chance: random.Random) -> None:
    """The fused order is not that of closeness, so the verdict is the same for any order of the first ten."""
    ranked = [_item(cosine, words, row=row) for row, (cosine, words) in enumerate(raw)]
    expected = _judge(ranked)
    chance.shuffle(ranked)
    assert _judge(ranked) == expected


def test_only_the_first_ten_are_judged() -> None:
    """A case so far down that nobody is shown it does not vouch for the answer."""
    far = [_item(0.01, row=row) for row in range(10)]
    assert _judge([*far, _item(1.0, CEILING)]).verdict == "none"
    assert _judge([*far[1:], _item(1.0, CEILING)]).verdict == "strong"


def test_the_thresholds_are_in_order() -> None:
    """A strong answer is closer than a possible one, and both can be reached."""
    assert 0 < POSSIBLE_FOR_FEW < POSSIBLE < STRONG < 1
    assert math.isclose(measure_closeness([_item(1.0, CEILING)], CEILING), 1.0)
