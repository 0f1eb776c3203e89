"""A map of the cases: two directions in which kinds of challenge differ most, and where each case lies in them.

The projection is linear, X P with P (dim, 2): a ridge regression from whole cases' vectors onto their kinds of
challenge, of which the two strongest directions are kept (reduced-rank regression, Izenman 1975). On the sample
library the five nearest cases on the map share a kind of challenge more often than with principal components: 0.23
of the time against 0.15 for a case that the projection was not fitted with (chance 0.16, all dimensions 0.29). It is
fitted on cases that everybody may see, so one that is hidden moves nothing, and kept as long as the engine.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from indexer.facets import CONCEPT_FACETS
from library.items import BusinessCase
from search.engine import Engine
from search.understanding.challenge import understand
from search.understanding.focusing import focuser
from search.view import View

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

MOST_PLACES = 400  # more marks than this cover each other
_RIDGE = 1.0  # in mean squared lengths of the centred vectors; 0.1 to 3 do about as well
_SECOND_TYPE = 0.5  # a case's further kinds of challenge count half of its main one
_STEPS = 120
_STEPS_TOGETHER = 10  # for which the same pairs are near
_NOTHING = 1e-9  # less is rounding
_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class CasePlace:
    """Where a case lies on the map: `x` and `y` from 0 to 1; `main_type` is the id of its main kind of challenge."""

    id: str
    title: str
    language: str
    customer: str
    main_type: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class CaseMap:
    """The cases' places in order of id, how many cases there are in all, and where the challenge lies, if given."""

    places: tuple[CasePlace, ...]
    total: int
    challenge: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Projection:
    """A linear map to two dimensions: (vector - mean) @ directions."""

    mean: Matrix
    directions: Matrix

    def project(self, vectors: NDArray[np.floating]) -> Matrix:
        """Return the (n, 2) places of (n, dim) vectors."""
        placed: Matrix = (vectors - self.mean) @ self.directions
        return placed


def map_cases(view: View, rows: Sequence[int], *, challenge: str = "") -> CaseMap:
    """Return where cases that the asker sees lie, and a typed challenge among them.

    Of more than `MOST_PLACES` cases every so many is shown, so that the map keeps its shape.

    Raises:
        ChallengeError: the text cannot be used.
    """
    chosen = _spread_choice([row for row in rows if row in view.records])
    projection = projection_of(view.engine)
    placed = projection.project(view.engine.item_vectors(chosen))
    at = projection.project(_challenge_vector(view, challenge)) if challenge else None
    units = _to_unit(placed, at)
    texts = view.texts(chosen)
    places = []
    for row, (x, y) in zip(chosen, units[: len(chosen)], strict=True):
        item = texts[row].item
        assert isinstance(item, BusinessCase)
        main = next((id_ for id_ in item.challenge_types if id_ in view.by_id), "")
        places.append(CasePlace(item.id, item.title, item.language, item.customer, main, x, y))
    return CaseMap(tuple(places), len(rows), units[-1] if challenge else None)


def projection_of(engine: Engine) -> Projection:
    """Return the projection of a generation, made when it is first asked for."""
    with _LOCK:
        kept = _PROJECTIONS.get(engine)
    if kept is None:
        kept = _fit(engine)
        with _LOCK:
            _PROJECTIONS[engine] = kept
    return kept


def part_marks(
    places: Sequence[tuple[float, float]], *, gap: float, size: tuple[float, float]
) -> list[tuple[float, float]]:
    """Return places moved just so far apart that no two are nearer than `gap`, as far as a few steps can.

    All stay within half a gap of the borders of an area that begins at 0,0 and has a size.
    """
    import numpy as np

    at = np.array(places, dtype=np.float64).reshape(-1, 2)
    low, high = gap / 2, np.array(size) - gap / 2
    # Two cases in one place part in directions of their own.
    turns = np.arange(len(at)) * np.pi * (3 - np.sqrt(5))
    own = np.stack([np.cos(turns), np.sin(turns)], axis=1) * gap * 1e-2
    for step in range(_STEPS):
        if step % _STEPS_TOGETHER == 0:
            first, second = _near_pairs(at, gap * 2)
        between = at[first] + own[first] - at[second] - own[second]
        distances = np.maximum(np.hypot(between[:, 0], between[:, 1]), _NOTHING)
        lacking = np.clip(gap - distances, 0.0, None)
        pushes = between / distances[:, None] * lacking[:, None]
        # Halved since both move; among many neighbours less, or a crowd would burst.
        crowd = np.bincount(np.concatenate([first, second]), np.tile(lacking > 0, 2), len(at))
        moves = np.zeros_like(at)
        np.add.at(moves, first, pushes)
        np.subtract.at(moves, second, pushes)
        at = np.clip(at + moves / np.maximum(2, crowd)[:, None], low, high)
    return [(round(float(x), _DECIMALS), round(float(y), _DECIMALS)) for x, y in at]


_LOCK = threading.Lock()
_PROJECTIONS: WeakKeyDictionary[Engine, Projection] = WeakKeyDictionary()


def _fit(engine: Engine) -> Projection:
    import numpy as np

    open_ids = {record.id for record in engine.records() if record.is_open}
    rows = [record.row for record in engine.records() if record.is_open and record.type == "business_case"]
    vectors = engine.item_vectors(rows).astype(np.float64)
    if not len(vectors):
        return Projection(np.zeros(vectors.shape[1]), np.eye(vectors.shape[1], 2))
    mean = vectors.mean(axis=0)
    centred = vectors - mean
    types = _type_weights(engine, rows, open_ids)
    by_types = _directions_of_types(centred, types - types.mean(axis=0))
    return Projection(mean, _with_signs(_two_of(by_types, centred)))


def _type_weights(engine: Engine, rows: Sequence[int], open_ids: set[str]) -> Matrix:
    """Return (cases, kinds of challenge): 1 for a case's main kind, less for further ones."""
    import numpy as np

    used: Mapping[int, list[str]] = {row: [] for row in rows}
    for entry in engine.facets(rows):
        if entry.direct and entry.facet in CONCEPT_FACETS and CONCEPT_FACETS[entry.facet] == "challenge_type":
            used[entry.item_row].extend([entry.value] if entry.value in open_ids else [])
    columns = {id_: n for n, id_ in enumerate(sorted({id_ for ids in used.values() for id_ in ids}))}
    weights = np.zeros((len(rows), len(columns)))
    for n, row in enumerate(rows):
        for place, id_ in enumerate(used[row]):
            weights[n, columns[id_]] = _SECOND_TYPE if place else 1.0
    return weights


def _directions_of_types(centred: Matrix, types: Matrix) -> Matrix:
    """Return (dim, up to 2) directions that tell kinds of challenge apart; none if there is nothing to tell apart."""
    import numpy as np

    inner = centred @ centred.T
    scale = float(np.trace(inner)) / len(inner)
    if scale <= 0 or not types.any():
        return np.zeros((centred.shape[1], 0))
    coefficients = centred.T @ np.linalg.solve(inner + _RIDGE * scale * np.eye(len(inner)), types)
    _, strengths, turned = np.linalg.svd(centred @ coefficients, full_matrices=False)
    kept = int((strengths[:2] > strengths[0] * _NOTHING).sum())
    found: Matrix = coefficients @ turned[:kept].T
    return found


def _two_of(directions: Matrix, centred: Matrix) -> Matrix:
    """Return two directions: those given, then the cases' principal components, then any."""
    import numpy as np

    _, strengths, components = np.linalg.svd(centred, full_matrices=False)
    telling = components[strengths > _NOTHING]
    spare = np.eye(centred.shape[1], 2)
    return np.concatenate([directions, telling.T[:, :2], spare], axis=1)[:, :2]


def _with_signs(directions: Matrix) -> Matrix:
    """Return directions of which the largest entry is positive: a decomposition leaves the sign open."""
    import numpy as np

    largest = np.abs(directions).argmax(axis=0)
    signs = np.where(directions[largest, np.arange(directions.shape[1])] < 0, -1.0, 1.0)
    turned: Matrix = directions * signs
    return turned


def _challenge_vector(view: View, text: str) -> Matrix:
    """Return the (1, dim) mean of a challenge's aspects, of unit length as the cases' vectors are."""
    import numpy as np

    focused = focuser(view.engine, view.rows("business_case"))
    written_in = view.languages("business_case")
    challenge = understand(text, view.engine.encoder, written_in=written_in, focused=focused)
    mean = challenge.vectors.astype(np.float64).mean(axis=0, keepdims=True)
    unit: Matrix = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return unit


def _to_unit(placed: Matrix, challenge: Matrix | None) -> list[tuple[float, float]]:
    """Return places from 0 to 1 in both directions, the cases' extremes at the borders, the challenge within them."""
    import numpy as np

    everything = placed if challenge is None else np.concatenate([placed, challenge])
    if not len(placed):
        return [(0.5, 0.5)] * len(everything)
    low, high = placed.min(axis=0), placed.max(axis=0)
    span = np.where(high - low > _NOTHING, high - low, 1.0)
    units = np.clip((everything - low) / span, 0.0, 1.0)
    return [(round(float(x), _DECIMALS), round(float(y), _DECIMALS)) for x, y in units]


def _near_pairs(at: Matrix, reach: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs of places that are nearer than `reach`, each once."""
    import numpy as np

    apart = np.hypot(at[:, None, 0] - at[None, :, 0], at[:, None, 1] - at[None, :, 1])
    first, second = np.nonzero(np.triu(apart < reach, k=1))
    return first, second


def _spread_choice(rows: Sequence[int]) -> list[int]:
    """Return at most `MOST_PLACES` rows, evenly from all of them."""
    if len(rows) <= MOST_PLACES:
        return list(rows)
    return [rows[n * len(rows) // MOST_PLACES] for n in range(MOST_PLACES)]
