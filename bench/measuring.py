"""Rank every judged challenge of a collection, with each arm alone and with all of them, and measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.history import Earlier, best_earlier
from bench.judged import Collection, groups_of
from bench.refusing import Refusals, Refusing
from bench.significance import Difference, compare_paired
from bench.weights import mixtures, reweigh
from indexer.generations import Manifest
from library.access import Asker
from search.engine import LocalEngine
from search.evaluation.judgements import JudgedChallenge
from search.evaluation.metrics import Estimate, estimate_mean
from search.ranking.arms import LATE
from search.ranking.fusion import ARM_WEIGHTS, RankedItem, rank
from search.understanding.challenge import Challenge, understand
from search.understanding.focusing import focuser
from search.view import View

Values = dict[str, dict[str, float]]  # by query: the measures

FUSED = "fused"
_DEPTH = 100  # as many as an arm proposes
_DECIMALS = 5
_UNCOMPARED = "judged@5"  # more of it is no better answer


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured on one collection.

    `arms` holds estimates by arm, group of challenges and measure; `values` the fused ranking's measures by
    query; `table` (queries, mixtures) the main measure of every mixture of weights.
    """

    collection: Collection
    manifest: Manifest
    arms: Mapping[str, Mapping[str, Mapping[str, Estimate]]]
    values: Values
    table: NDArray[np.float64]
    refusals: Sequence[Refusals]
    earlier: Earlier | None

    def differences(self, measure: str) -> list[float]:
        """Return how much each query gained on the best earlier run; nothing if there is none."""
        if self.earlier is None:
            return []
        # Kept values are rounded; what is below that is no difference.
        earlier = self.earlier.values
        return [round(values[measure] - earlier[id_][measure], _DECIMALS) for id_, values in self.values.items()]

    def compare(self) -> dict[str, Difference]:
        """Compare with the best earlier run by measure."""
        measures = [name for name in self.collection.kind.measures if name != _UNCOMPARED]
        return {name: compare_paired([self.differences(name)]) for name in measures} if self.earlier else {}


@dataclass(slots=True)
class _Runs:
    """Every arm's rankings by query, and the fused one as it was made."""

    challenges: dict[str, Challenge] = field(default_factory=dict)
    rankings: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    fused: dict[str, list[RankedItem]] = field(default_factory=dict)


def measure_collection(engine: LocalEngine, collection: Collection, *, kept: Path) -> Measured:
    """Measure a collection; `kept` holds the results of earlier runs."""
    rows = {engine.records()[row].id: row for row in View(engine, Asker()).rows("business_case")}
    runs = _rank_all(engine, collection, rows)
    measures, answerable = collection.kind.measures, collection.answerable
    values = {
        entry.id: {name: measure(runs.rankings[FUSED][entry.id], entry.grades) for name, measure in measures.items()}
        for entry in answerable
    }
    return Measured(
        collection=collection,
        manifest=engine.manifest,
        arms={arm: _estimates(collection, rankings) for arm, rankings in runs.rankings.items()},
        values=values,
        table=_mixture_values(collection, runs.fused, {row: id_ for id_, row in rows.items()}),
        refusals=Refusing(engine, collection, rows, runs.challenges).measure_sizes(),
        earlier=best_earlier(kept, collection, engine.manifest.model),
    )


def _rank_all(engine: LocalEngine, collection: Collection, rows: Mapping[str, int]) -> _Runs:
    """Rank every answerable challenge with each arm alone, then with all of them; understand the others too."""
    runs = _Runs(rankings={arm: {} for arm in (*ARM_WEIGHTS, FUSED)})
    ids = {row: id_ for id_, row in rows.items()}
    written_in = View(engine, Asker()).languages("business_case")
    focused = focuser(engine, list(rows.values()))
    for entry in collection.challenges:
        runs.challenges[entry.id] = understand(entry.text, engine.encoder, written_in=written_in, focused=focused)
    for entry in collection.answerable:
        challenge = runs.challenges[entry.id]
        fused = rank(engine, challenge, list(rows.values()), limit=_DEPTH)
        runs.fused[entry.id] = fused
        runs.rankings[FUSED][entry.id] = [ids[row] for row in _shown(fused)]
        for arm in ARM_WEIGHTS:
            if arm == LATE:  # proposes nothing itself: it re-ranks what the others found
                found = [item for item in fused if arm in item.arms and item.arms[arm].raw]
                alone = reweigh(found, ARM_WEIGHTS, [{arm: 1.0}])[0]
            else:
                alone = _shown(rank(engine, challenge, list(rows.values()), limit=_DEPTH, weights={arm: 1.0}))
            runs.rankings[arm][entry.id] = [ids[row] for row in alone]
    return runs


def _shown(ranked: Sequence[RankedItem]) -> list[int]:
    """Return the rows of a ranking, those under another right behind it.

    What no arm has evidence for stands at the end by id; nothing has found it.
    """
    found = [item for item in ranked if any(part.weight and part.raw for part in item.arms.values())]
    return [row for item in found for row in (item.row, *item.grouped)]


def _estimates(collection: Collection, rankings: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Estimate]]:
    """Return the estimates over all challenges, then over those of each kind and language."""
    return {
        group: {
            name: estimate_mean([measure(rankings[entry.id], entry.grades) for entry in chosen])
            for name, measure in collection.kind.measures.items()
        }
        for group, chosen in groups_of(collection.answerable).items()
    }


def _mixture_values(
    collection: Collection, fused: Mapping[str, Sequence[RankedItem]], ids: Mapping[int, str]
) -> NDArray[np.float64]:
    """Return (queries, mixtures) the main measure under every mixture of weights."""
    measure = collection.kind.measures[collection.kind.main_measure]
    grid = mixtures(list(ARM_WEIGHTS))

    def values(entry: JudgedChallenge) -> list[float]:
        orders = reweigh(fused[entry.id], ARM_WEIGHTS, grid)
        return [measure([ids[row] for row in order], entry.grades) for order in orders]

    return np.array([values(entry) for entry in collection.answerable])
