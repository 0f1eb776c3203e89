"""Say honestly whether anything close was found, from raw similarity; never from a fused score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from search.ranking.fusion import RankedItem

# Closeness is COSINE_SHARE * cosine + (1 - COSINE_SHARE) * coverage; where these figures come from:
# docs/decisions/0005-verdict.md.
COSINE_SHARE = 0.6
STRONG = 0.38
POSSIBLE = 0.30
# Words alone never make a case close: one that nearly every case holds would do.
STRONG_COSINE = 0.36
# A few words have less to be near with.
FEW_WORDS = 6
POSSIBLE_FOR_FEW = 0.27
# Of a text that had to be glossed, less may be understood than a firm answer can rest on; of one in a language that
# nobody knows, so little that nothing near can be told from what is not.
STRONG_UNDERSTOOD = 0.6
STRANGE_UNDERSTOOD = 0.2
_JUDGED = 10  # the fused order is not the order of closeness; the closest stands among the first few


class Verdict(StrEnum):
    """How close the closest case is."""

    STRONG = "strong"
    POSSIBLE = "possible"
    NONE = "none"


class Caveat(StrEnum):
    """Why more could be said of the same challenge in other words."""

    STRANGE = "strange"
    HALF_READ = "half_read"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the closeness that it rests on (0 to 1); `search.explaining.phrases` says it in words."""

    verdict: Verdict
    closeness: float
    caveat: Caveat | None = None


def judge(
    ranked: Sequence[RankedItem],
    *,
    words: int,
    word_ceiling: float,
    strange: bool = False,
    understood: float = 1.0,
) -> Judgement:
    """Return the verdict on a ranked answer.

    `words` is how many different words the challenge has, `word_ceiling` the score of an item that would hold each
    over and over; `strange` says that it is in a language which neither the model nor a glossary knows, `understood`
    which share of its words is read nevertheless.
    """
    if not ranked:
        return Judgement(Verdict.NONE, 0.0)
    closeness = measure_closeness(ranked[:_JUDGED], word_ceiling)
    is_near = max(_raw(item, "passages") for item in ranked[:_JUDGED]) >= STRONG_COSINE
    least = POSSIBLE_FOR_FEW if words <= FEW_WORDS else POSSIBLE
    if closeness < least or (strange and understood < STRANGE_UNDERSTOOD):
        verdict = Verdict.NONE
    elif closeness >= STRONG and is_near and not strange and understood >= STRONG_UNDERSTOOD:
        verdict = Verdict.STRONG
    else:
        verdict = Verdict.POSSIBLE
    half_read = Caveat.HALF_READ if understood < STRONG_UNDERSTOOD else None
    return Judgement(verdict, round(closeness, 4), Caveat.STRANGE if strange else half_read)


def measure_closeness(ranked: Sequence[RankedItem], word_ceiling: float) -> float:
    """Return how close the best items are: the highest raw cosine of a passage, and the highest coverage.

    Coverage is an item's BM25 over the highest that the challenge's words could reach (0 to 1), so a rare word that it
    lacks counts most.
    """
    cosine = max((_raw(item, "passages") for item in ranked), default=0.0)
    words = max((_raw(item, "words") for item in ranked), default=0.0)
    coverage = min(1.0, words / word_ceiling) if word_ceiling > 0 else 0.0
    return COSINE_SHARE * max(0.0, cosine) + (1 - COSINE_SHARE) * coverage


def _raw(item: RankedItem, arm: str) -> float:
    return item.arms[arm].raw if arm in item.arms else 0.0
