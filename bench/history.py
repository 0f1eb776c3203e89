"""Find the best earlier run among the results that were kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from bench.judged import Collection


@dataclass(frozen=True, slots=True)
class Earlier:
    """A run that was kept; `values` are its measures by query."""

    commit: str
    date: str
    values: Mapping[str, Mapping[str, float]]


def best_earlier(kept: Path, collection: Collection, model: str) -> Earlier | None:
    """Return the run with the best main measure on the same collection, judgements and model; the first of equals."""
    if not kept.is_file():
        return None
    wanted = {
        "layout": collection.kind.name,
        "collection": collection.name,
        "judgements": collection.fingerprint,
        "model": model,
    }
    lines = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines() if line.strip()]
    runs = [line for line in lines if all(line.get(name) == value for name, value in wanted.items())]
    runs = [run for run in runs if _has_values(run, collection)]
    if not runs:
        return None
    name = collection.kind.main_measure
    best = max(runs, key=lambda run: fmean(values[name] for values in run["queries"].values()))
    return Earlier(best["commit"], best["date"], best["queries"])


def _has_values(run: Mapping[str, Any], collection: Collection) -> bool:
    """Return whether a run kept every measure of every query."""
    queries = run.get("queries", {})
    names = set(collection.kind.measures)
    return all(names <= set(queries.get(entry.id, {})) for entry in collection.answerable)
