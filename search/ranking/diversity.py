"""Make an answer various: one practice once, and no near-copies one after the other.

Cases that replicate one another, and translations, are shown under the best of them. The rest are ordered
by maximal marginal relevance (Carbonell & Goldstein 1998): each next case is the one whose score, less
its likeness to those before it, is highest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from search.engine import Engine
from search.ranking.fusion import REORDERED, RankedItem
from search.view import View

LIKENESS = "likeness"  # what the adjustment is called
# What a cosine of 1 with a case before it costs, in the unit of the fused score; docs/decisions/0011-diversity.md.
LIKENESS_WEIGHT = 0.5
_POOL = REORDERED  # how many of the best are reordered, whatever the length of the answer
_TOGETHER = frozenset({"replicates", "translation_of"})
_DECIMALS = 6


def diversify(
    engine: Engine, ranked: Sequence[RankedItem], groups: Mapping[int, int], *, limit: int
) -> list[RankedItem]:
    """Return the best of ranked items, one of each group, reordered; scores stay in order.

    `groups` gives the group of each row that has one (see `group_practices`). Only the first sixty are grouped and
    reordered, so that a longer answer begins like a shorter one.
    """
    chosen = _order_by_marginal_relevance(engine, _lead_groups(ranked[:_POOL], groups), limit)
    # What stands below the pool costs as much as the dearest in it, so that it stays below.
    dearest = min((item.adjustments[LIKENESS] for item in chosen), default=0.0)
    return [*chosen, *(item.adjusted(LIKENESS, dearest) for item in ranked[_POOL:][: limit - len(chosen)])]


def group_practices(view: View, rows: Sequence[int]) -> dict[int, int]:
    """Return the group of each case among `rows` that replicates or translates another one there, or is replicated.

    A group goes by its lowest row; links to cases that are not among `rows` do not count.
    """
    among = set(rows)
    leader = {row: row for row in rows}

    def find(row: int) -> int:
        while leader[row] != row:
            row = leader[row]
        return row

    for link in view.links(list(rows)):
        if link.field in _TOGETHER and link.target_row in among:
            low, high = sorted((find(link.source_row), find(link.target_row)))
            leader[high] = low
    groups = {row: find(row) for row in rows}
    sizes: dict[int, int] = {}
    for group in groups.values():
        sizes[group] = sizes.get(group, 0) + 1
    return {row: group for row, group in groups.items() if sizes[group] > 1}


def _lead_groups(ranked: Sequence[RankedItem], groups: Mapping[int, int]) -> list[RankedItem]:
    """Return the best item of each group with the others of it, and all items of no group."""
    members: dict[int, list[int]] = {}
    for item in ranked:
        members.setdefault(groups.get(item.row, -1 - item.row), []).append(item.row)
    return [
        replace(item, grouped=tuple(rows[1:])) if rows[1:] else item
        for item in ranked
        if (rows := members[groups.get(item.row, -1 - item.row)])[0] == item.row
    ]


def _order_by_marginal_relevance(engine: Engine, pool: Sequence[RankedItem], limit: int) -> list[RankedItem]:
    import numpy as np

    if not pool:
        return []
    vectors = engine.item_vectors([item.row for item in pool])
    # What each costs another that comes after it; at least nothing, so the contrary of a case before is no gain.
    prices = np.maximum(np.round(LIKENESS_WEIGHT * (vectors @ vectors.T).astype(np.float64), _DECIMALS), 0.0)
    scores = np.array([item.score for item in pool], dtype=np.float64)
    costs = np.zeros(len(pool))
    chosen = []
    for _ in pool[:limit]:
        best = int(np.argmax(scores - costs))  # the first of several alike
        chosen.append(pool[best].adjusted(LIKENESS, 0.0 - float(costs[best])))  # not -costs: minus nothing is no -0.0
        scores[best] = -np.inf
        costs = np.maximum(costs, prices[best])
    return chosen
