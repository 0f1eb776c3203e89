"""The map of cases and its legend as shapes for an SVG: a mark of its own for each kind of challenge."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from library.codes import fold_name
from search.browsing.map import CaseMap, part_marks

WIDTH, HEIGHT = 960, 600
_MARGIN = 36
_GAP = 26.0  # between two marks' middles: each can be hit with a finger where the drawing has its full width
COLOURS = 7  # classes c0 to c6 of the style sheet
_RADIUS = 9.0
_TRIANGLE = 1.2  # the other forms' area at a radius so much larger
_INNER = 0.45  # of a star's outer radius
_CROSS = 0.36  # half the width of a cross's arm, of its radius


@dataclass(frozen=True, slots=True)
class Mark:
    """How a kind of challenge is drawn: an SVG path around 0,0, a colour's number, and whether it is hollow."""

    path: str
    colour: int
    is_hollow: bool


@dataclass(frozen=True, slots=True)
class CaseMark:
    """A case on the map."""

    id: str
    title: str
    language: str
    customer: str
    type_label: str
    mark: Mark
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A kind of challenge, its mark, and the cases of which it is the main one, by title."""

    id: str
    label: str
    mark: Mark
    cases: tuple[CaseMark, ...]


@dataclass(frozen=True, slots=True)
class MapChart:
    """What the map's template draws."""

    width: int
    height: int
    marks: tuple[CaseMark, ...]
    legend: tuple[LegendEntry, ...]
    challenge: tuple[float, float] | None
    star: str
    total: int


def draw_map(cases: CaseMap, labels: Mapping[str, str]) -> MapChart:
    """Return a map as shapes; `labels` are the kinds of challenge by id, with "" for cases of none."""
    main = Counter(place.main_type for place in cases.places)
    order = sorted(main, key=lambda id_: (id_ == "", fold_name(labels[id_]), id_))
    styles = {id_: mark_of(n) for n, id_ in enumerate(order)}
    at = _on_paper([(place.x, place.y) for place in cases.places], cases.challenge)
    marks = tuple(
        CaseMark(
            place.id,
            place.title,
            place.language,
            place.customer,
            labels[place.main_type],
            styles[place.main_type],
            x,
            y,
        )
        for place, (x, y) in zip(cases.places, at, strict=False)
    )
    by_type = {
        id_: [mark for place, mark in zip(cases.places, marks, strict=True) if place.main_type == id_] for id_ in order
    }
    legend = [LegendEntry(id_, labels[id_], styles[id_], _by_title(by_type[id_])) for id_ in order]
    challenge = at[-1] if cases.challenge else None
    return MapChart(WIDTH, HEIGHT, marks, tuple(legend), challenge, _star(5, _RADIUS * 1.8), cases.total)


def mark_of(number: int) -> Mark:
    """Return the mark of the n-th kind: 22 shapes, filled and hollow, then the same again in other colours."""
    shapes = len(_SHAPES)
    return Mark(_SHAPES[number % shapes], number % COLOURS, number // shapes % 2 == 1)


def _on_paper(
    places: Sequence[tuple[float, float]], challenge: tuple[float, float] | None
) -> list[tuple[float, float]]:
    """Return places in the drawing's units, apart from each other and within its borders; the challenge last."""
    inner_width, inner_height = WIDTH - 2 * _MARGIN, HEIGHT - 2 * _MARGIN
    every = [*places, challenge] if challenge else places
    parted = part_marks(
        [(_MARGIN + x * inner_width, _MARGIN + (1 - y) * inner_height) for x, y in every],
        gap=_GAP,
        size=(WIDTH, HEIGHT),
    )
    return [(round(x, 1), round(y, 1)) for x, y in parted]


def _by_title(marks: Iterable[CaseMark]) -> tuple[CaseMark, ...]:
    return tuple(sorted(marks, key=lambda mark: (fold_name(mark.title), mark.id)))


def _polygon(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"


def _regular(corners: int, *, turned: float = 0.0, size: float = 1.0) -> str:
    return _polygon(_around(corners, turned, lambda _: _RADIUS * size))


def _star(points: int, radius: float = _RADIUS, inner: float = _INNER) -> str:
    return _polygon(_around(points * 2, 0.0, lambda n: radius * inner if n % 2 else radius))


def _around(corners: int, turned: float, radius: Callable[[int], float]) -> list[tuple[float, float]]:
    angles = [(n, (turned + n / corners) * math.tau) for n in range(corners)]
    return [(radius(n) * math.sin(angle), -radius(n) * math.cos(angle)) for n, angle in angles]


def _cross(*, turned: float) -> str:
    arm, reach = _CROSS * _RADIUS, _RADIUS
    corner = [(arm, -reach), (arm, -arm), (reach, -arm)]
    quarter = math.tau / 4
    points = [_turn(point, n * quarter + turned * math.tau) for n in range(4) for point in corner]
    return _polygon(points)


def _turn(point: tuple[float, float], angle: float) -> tuple[float, float]:
    x, y = point
    return x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)


def _disc() -> str:
    r = _RADIUS * 0.9
    return f"M{-r} 0A{r} {r} 0 1 0 {r} 0A{r} {r} 0 1 0 {-r} 0Z"


def _half_disc() -> str:
    r = _RADIUS
    return f"M{-r} {r / 2}A{r} {r} 0 0 1 {r} {r / 2}Z"


# Told apart by form alone, also where they are small.
_SHAPES = (
    _disc(),
    _regular(4, turned=1 / 8),
    _regular(3, size=_TRIANGLE),
    _regular(4),
    _cross(turned=0.0),
    _regular(3, turned=1 / 2, size=_TRIANGLE),
    _star(5, _RADIUS * 1.2),
    _half_disc(),
    _cross(turned=1 / 8),
    _regular(3, turned=1 / 4, size=_TRIANGLE),
    _star(4, _RADIUS * 1.3, inner=0.4),
)
