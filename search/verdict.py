"""Say honestly whether anything close was found, from raw similarity; never from a fused score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from search.ranking import RankedItem

# Raw cosines of all-MiniLM-L6-v2; where they come from: docs/decisions/0005-verdict.md. A text in
# another language than English lies lower throughout, since the default model learned little of it.
STRONG = {"en": 0.50, "other": 0.40}
POSSIBLE = {"en": 0.36, "other": 0.26}
_JUDGED = 10  # the fused order is not the order of cosines; the closest stands among the first few


class Verdict(StrEnum):
    """How close the closest case is."""

    STRONG = "strong"
    POSSIBLE = "possible"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the cosine that it rests on, and what it says in words."""

    verdict: Verdict
    closeness: float
    text: str


_TEXTS = {
    Verdict.STRONG: "There is a close case.",
    Verdict.POSSIBLE: "There may be a comparable case; read why before you rely on it.",
    Verdict.NONE: "No close case was found. These are the nearest; take them as analogues and ask their contacts.",
}


def judge(ranked: Sequence[RankedItem], languages: Sequence[str]) -> Judgement:
    """Return the verdict on a ranked answer; `languages` are those of the challenge."""
    if not ranked:
        return Judgement(Verdict.NONE, 0.0, "No case passes.")
    closeness = max(item.arms["passages"].raw for item in ranked[:_JUDGED] if "passages" in item.arms)
    scale = "en" if "en" in languages else "other"
    if closeness >= STRONG[scale]:
        verdict = Verdict.STRONG
    else:
        verdict = Verdict.POSSIBLE if closeness >= POSSIBLE[scale] else Verdict.NONE
    return Judgement(verdict, round(closeness, 4), _TEXTS[verdict])
