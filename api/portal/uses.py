"""What an answer's cases took, as a page tells it: the places of the cases by effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from search.answers.answer import Shared

_ORDER = ("critical", "supporting", "missing", "")


@dataclass(frozen=True, slots=True)
class Use:
    """The places of the cases in which something had the same effect; an empty one if none is stated."""

    effect: str
    places: tuple[int, ...]


def uses(entry: Shared, places: Mapping[str, int]) -> tuple[Use, ...]:
    """Return where a competency or an enabler was taken, the weightiest effect first."""
    by_effect: dict[str, list[int]] = {}
    for case in entry.cases:
        by_effect.setdefault(entry.effects.get(case, ""), []).append(places[case])
    return tuple(Use(effect, tuple(by_effect[effect])) for effect in _ORDER if effect in by_effect)
