"""Score the concepts of one type for a draft: how like their pages, carried by the nearest cases, named in the text.

The weights were chosen by leaving every case of the sample library out in turn, with its own links hidden
(docs/decisions, "Suggestions").
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.ranking.fusion import RankedItem, rank
from search.understanding.challenge import Challenge
from search.view import View

NEIGHBOURS = 12
_STEEP = 0.4  # how fast a neighbour's vote fades with its distance from the first, in units of the fused score
_VOTE_WEIGHT = 0.5
_NAMED_WEIGHT = 1.5


@dataclass(frozen=True, slots=True)
class ScoredConcept:
    """A concept with its score, and the rows of the nearest cases that carry it, nearest first."""

    row: int
    score: float
    carriers: tuple[int, ...]


def score_concepts(
    view: View, challenge: Challenge, concepts: Sequence[int], near: Sequence[RankedItem], *, named: frozenset[int]
) -> list[ScoredConcept]:
    """Return concepts, best first; `near` are the nearest cases, `named` the concepts that the text names."""
    if not concepts:
        return []
    pages = {item.row: item.score for item in rank(view.engine, challenge, concepts, limit=len(concepts))}
    carried = _carriers(view, near[:NEIGHBOURS])
    votes = {row: sum(weight for _, weight in carried.get(row, ())) for row in concepts}
    alike, voted = _standardised({row: pages.get(row, 0.0) for row in concepts}), _standardised(votes)
    scored = [
        ScoredConcept(
            row,
            round(alike[row] + _VOTE_WEIGHT * voted[row] + _NAMED_WEIGHT * (row in named), 6),
            tuple(case for case, _ in carried.get(row, ())),
        )
        for row in concepts
    ]
    return sorted(scored, key=lambda concept: (-concept.score, concept.row))


def _carriers(view: View, near: Sequence[RankedItem]) -> dict[int, list[tuple[int, float]]]:
    """Return which near cases link to each concept, with the weight of each one's vote."""
    weights = {item.row: math.exp((item.score - near[0].score) / _STEEP) for item in near}
    carried: dict[int, list[tuple[int, float]]] = {}
    links = {(link.source_row, link.target_row) for link in view.links(list(weights))}
    for case, weight in weights.items():
        for source, target in sorted(links):
            if source == case:
                carried.setdefault(target, []).append((case, weight))
    return carried


def _standardised(values: Mapping[int, float]) -> dict[int, float]:
    """Return z-scores; nothing but zeros where all values are alike."""
    mean = sum(values.values()) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values.values()) / len(values))
    return {row: (value - mean) / spread if spread else 0.0 for row, value in values.items()}
