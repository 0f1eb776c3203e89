"""Let a cross-encoder, if one is set, read the challenge beside each of the first cases and adjust their scores.

It is a second opinion: whatever goes wrong with it is told once, and the answer goes without.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from indexer.models import PairScorer, open_cross_encoder
from library.errors import EncoderError
from search.ranking.fusion import RankedItem, normalise
from search.understanding.challenge import Challenge
from search.view import View

RERANKER = "reranker"  # what the adjustment is called
# How many of the best it reads, whatever the length of the answer: each takes a pass of the model over both texts.
RERANKED = 20
# What one standard deviation of its scores over those adds, in the unit of the fused score. Over the sample library's
# judged challenges the scores of the first twenty have a standard deviation of 0.57 in the median: the model has about
# as much say as all the rest. No cross-encoder ships, so this is tuned to none; `casebook eval` measures yours.
RERANKER_WEIGHT = 0.5
# An empty environment variable counts as not set, so the file's setting is switched off by a word.
_SWITCHED_OFF = ("", "none")
_FEWEST = 2  # one case alone has no order
_DECIMALS = 6


class Reranker:
    """A cross-encoder that is opened when it is first needed, and left alone after it failed once."""

    def __init__(self, open_scorer: Callable[[], PairScorer], notify: Callable[[str], None]) -> None:
        self._open_scorer = open_scorer
        self._notify = notify
        self._scorer: PairScorer | None = None
        self._has_failed = False

    def score(self, challenge: str, texts: Sequence[str]) -> list[float]:
        """Return a score for each text; empty if the model failed, now or before."""
        if self._has_failed:
            return []
        try:
            self._scorer = self._scorer or self._open_scorer()
            return _checked(self._scorer.score(challenge, texts), len(texts))
        except EncoderError as error:
            self._has_failed = True
            hint = f" {error.hint}" if error.hint else ""
            self._notify(f"Note: answered without the reranker. {error.message}{hint}")
            return []


def open_reranker(model: str, notify: Callable[[str], None]) -> Reranker | None:
    """Return the reranker of a setting; none if it is empty or "none". `notify` is told why it cannot be used."""
    return Reranker(lambda: open_cross_encoder(model), notify) if model.lower() not in _SWITCHED_OFF else None


def rerank(
    view: View, challenge: Challenge, ranked: Sequence[RankedItem], reranker: Reranker | None
) -> list[RankedItem]:
    """Return ranked items in the order that their scores have with the reranker's adjustment.

    It reads the first twenty. The rest get the lowest adjustment of those, so that they stay below, in their order,
    and a longer answer begins like a shorter one.
    """
    first = ranked[:RERANKED]
    if reranker is None or len(first) < _FEWEST:
        return list(ranked)
    scores = reranker.score(" ".join(challenge.aspects), list(_case_texts(view, first)))
    normalised = normalise({item.row: score for item, score in zip(first, scores, strict=False)})
    if not normalised:
        return list(ranked)
    changes = {row: round(RERANKER_WEIGHT * value, _DECIMALS) for row, value in normalised.items()}
    lowest = min(changes.values())
    adjusted = [item.adjusted(RERANKER, changes.get(item.row, lowest)) for item in ranked]
    return sorted(adjusted, key=lambda item: -item.score)


def _checked(scores: Sequence[float], expected: int) -> list[float]:
    if len(scores) != expected or not all(math.isfinite(score) for score in scores):
        raise EncoderError("It does not give a number for each case.")
    return list(scores)


def _case_texts(view: View, items: Sequence[RankedItem]) -> Iterator[str]:
    """Yield what is read of each case: its title and its summary, which no served case lacks."""
    texts = view.texts([item.row for item in items])
    for item in items:
        case = texts[item.row].item
        yield f"{case.title}\n{case.summary}"
