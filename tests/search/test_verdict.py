"""search.verdict: honest about closeness, never from a fused score."""

from __future__ import annotations

import pytest

from search.ranking import ArmScore, RankedItem
from search.verdict import POSSIBLE, STRONG, judge


def _ranked(*cosines: float) -> list[RankedItem]:
    return [RankedItem(n, 10.0 - n, {"passages": ArmScore(cosine, 3.0, 1.0)}, ()) for n, cosine in enumerate(cosines)]


@pytest.mark.parametrize(
    ("cosine", "language", "expected"),
    [
        (STRONG["en"], "en", "strong"),
        (STRONG["en"] - 0.01, "en", "possible"),
        (POSSIBLE["en"] - 0.01, "en", "none"),
        (STRONG["other"], "de", "strong"),
        (POSSIBLE["other"], "fr", "possible"),
        (POSSIBLE["other"] - 0.01, "de", "none"),
    ],
)
def test_verdict_follows_the_best_raw_cosine(cosine: float, language: str, expected: str) -> None:
    """However high the fused score, only the raw cosine decides, on its language's scale."""
    assert judge(_ranked(0.1, cosine), (language,)).verdict == expected


def test_no_case_at_all_is_none() -> None:
    """An empty answer is no close case, and its closeness is zero."""
    judgement = judge([], ("en",))
    assert (judgement.verdict, judgement.closeness) == ("none", 0.0)
