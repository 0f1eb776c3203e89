"""Local similarity, as in case-based reasoning: a case that agrees with what the text names gains a little.

Kind of challenge, industry and region count only where the text names them; what it does not say is ignored, and
nothing is ever taken away. Broader names take narrower ones in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from search.naming import Mention
from search.ranking import LATE_DEPTH, RankedItem
from search.situation import Situation
from search.view import View

# In the unit of the fused score, for all that the text names of one facet; docs/decisions/0012-agreement.md.
AGREEMENT_WEIGHTS: Mapping[str, float] = {"challenge-type": 0.8, "industry": 0.2, "region": 0.1}
_DECIMALS = 6


def reward_agreement(view: View, ranked: Sequence[RankedItem], situation: Situation) -> list[RankedItem]:
    """Return ranked items with what agreement adds to the best of them, best first.

    Only the first sixty gain, so that a longer answer begins like a shorter one.
    """
    shares = {
        "challenge-type": _shares(view, "challenge-type", situation.challenge_types, every=True),
        "industry": _shares(view, "industry", situation.industries, every=False),
        "region": _shares(view, "region", situation.regions, every=False),
    }
    best = [_rewarded(item, shares) for item in ranked[:LATE_DEPTH]]
    return [*sorted(best, key=lambda item: -item.score), *ranked[LATE_DEPTH:]]


def _shares(view: View, facet: str, mentions: Sequence[Mention], *, every: bool) -> dict[int, float]:
    """Return by row how much of what is named an item has: a share where `every` one counts, else all for any."""
    values = list(dict.fromkeys(mention.value for mention in mentions))
    if not values:
        return {}
    if not every:
        return dict.fromkeys(view.engine.rows_with(facet, values), 1.0)
    shares: dict[int, float] = {}
    for value in values:
        for row in view.engine.rows_with(facet, [value]):
            shares[row] = shares.get(row, 0.0) + 1.0 / len(values)
    return shares


def _rewarded(item: RankedItem, shares: Mapping[str, Mapping[int, float]]) -> RankedItem:
    for facet, by_row in shares.items():
        if item.row in by_row:
            item = item.adjusted(facet, round(AGREEMENT_WEIGHTS[facet] * by_row[item.row], _DECIMALS))
    return item
