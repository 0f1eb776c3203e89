"""Local similarity, as in case-based reasoning: a case that agrees with what the text names gains a little.

Kind of challenge, industry and region count only where the text names them; what it does not say is ignored, and
nothing is ever taken away. Broader names take narrower ones in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from search.ranking.fusion import REORDERED, RankedItem
from search.understanding.naming import Mention
from search.understanding.situation import Situation
from search.view import View

# In the unit of the fused score, for all that the text names of one facet; docs/decisions/0012-agreement.md.
AGREEMENT_WEIGHTS: Mapping[str, float] = {"challenge-type": 0.8, "industry": 0.2, "region": 0.1}
_DECIMALS = 6


def reward_agreement(view: View, ranked: Sequence[RankedItem], situation: Situation) -> list[RankedItem]:
    """Return ranked items with what agreement adds to the best of them, best first.

    Only the first sixty gain, so that a longer answer begins like a shorter one.
    """
    shares = {
        "challenge-type": _share_types(view, [item.row for item in ranked[:REORDERED]], situation.challenge_types),
        "industry": _share_any(view, "industry", situation.industries),
        "region": _share_any(view, "region", situation.regions),
    }
    best = [_rewarded(item, shares) for item in ranked[:REORDERED]]
    return [*sorted(best, key=lambda item: -item.score), *ranked[REORDERED:]]


def broader_types(view: View) -> Mapping[str, frozenset[str]]:
    """Return for each challenge type that the asker sees itself and all that is broader, by way of what he sees."""
    return view.once("broader types", lambda: _broader_types(view))


def are_about(types: Iterable[str], broader: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return challenge types with all that is broader."""
    return frozenset().union(*(broader.get(id_, frozenset({id_})) for id_ in types))


def _broader_types(view: View) -> dict[str, frozenset[str]]:
    kinds = {row: record.id for row, record in view.records.items() if record.type == "challenge_type"}
    above: dict[str, list[str]] = {}
    for link in view.links(list(kinds)):
        if link.field == "broader" and link.target_row in kinds:
            above.setdefault(kinds[link.source_row], []).append(kinds[link.target_row])
    return {id_: _climb(id_, above) for id_ in kinds.values()}


def _climb(start: str, above: Mapping[str, Sequence[str]]) -> frozenset[str]:
    found, waiting = {start}, [start]
    while waiting:
        fresh = [id_ for id_ in above.get(waiting.pop(), ()) if id_ not in found]
        found.update(fresh)
        waiting += fresh
    return frozenset(found)


def _share_types(view: View, rows: Sequence[int], mentions: Sequence[Mention]) -> dict[int, float]:
    """Return by row which share of the challenge types that are named an item is about."""
    named = {mention.value for mention in mentions}
    if not named:
        return {}
    own: dict[int, list[str]] = {}
    for entry in view.facets(rows):
        if entry.facet == "challenge-type" and entry.value in view.by_id:
            own.setdefault(entry.item_row, []).append(entry.value)
    broader = broader_types(view)
    shared = {row: len(named & are_about(types, broader)) for row, types in own.items()}
    return {row: count / len(named) for row, count in shared.items() if count}


def _share_any(view: View, facet: str, mentions: Sequence[Mention]) -> dict[int, float]:
    """Return the rows that have any of the values that are named, with 1."""
    values = list(dict.fromkeys(mention.value for mention in mentions))
    return dict.fromkeys(view.engine.rows_with(facet, values), 1.0) if values else {}


def _rewarded(item: RankedItem, shares: Mapping[str, Mapping[int, float]]) -> RankedItem:
    for facet, by_row in shares.items():
        if item.row in by_row:
            item = item.adjusted(facet, round(AGREEMENT_WEIGHTS[facet] * by_row[item.row], _DECIMALS))
    return item
