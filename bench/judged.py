"""Bring a judged collection to where it can be searched: read its challenges, import its cases, index them."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from bench.reporting import ROOT
from commands.progress import LineProgress
from curation.import_plan import ImportPlan
from curation.importing import import_rows
from curation.writing import slug
from indexer.build import build_index
from library.settings import load_settings
from search.engine import LocalEngine
from search.evaluation.judgements import JudgedChallenge, read_judgements
from search.evaluation.metrics import exponential_gain, judged_share, linear_gain, ndcg, recall, success

Measure = Callable[[Sequence[str], Mapping[str, int]], float]

ALL = "all"
_ID_LENGTH = 120  # as the import cuts ids
_IMPORT_DAY = date(2026, 1, 1)  # always the same, so that a second run finds nothing changed
_SHOWN_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """How collections of one layout are imported (a library is not) and measured; the first measure decides."""

    name: str
    rows: str
    plan: ImportPlan | None
    measures: Mapping[str, Measure]

    @property
    def main_measure(self) -> str:
        """The measure by which runs are compared and weights are chosen."""
        return next(iter(self.measures))


@dataclass(frozen=True, slots=True)
class Collection:
    """Judged challenges and the kind of their layout; a case is relevant from grade `least` on."""

    kind: Kind
    folder: Path
    challenges: tuple[JudgedChallenge, ...]
    least: int

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.resolve().name

    @property
    def answerable(self) -> list[JudgedChallenge]:
        """The challenges for which some case is relevant."""
        return [entry for entry in self.challenges if max(entry.grades.values(), default=0) >= self.least]

    @property
    def unanswerable(self) -> list[JudgedChallenge]:
        """The challenges for which no case is."""
        return [entry for entry in self.challenges if max(entry.grades.values(), default=0) < self.least]

    @property
    def fingerprint(self) -> str:
        """Changes whenever a challenge or a grade does, since figures cannot be compared across that."""
        judged = [[entry.id, entry.text, sorted(entry.grades.items())] for entry in self.challenges]
        return hashlib.sha256(json.dumps(sorted(judged)).encode()).hexdigest()[:12]


REAL = Kind(
    name="real",
    rows="cases.jsonl",
    plan=ImportPlan(
        mapping={"customer": "company", "industries": "industry", "regions": "region", "body.value": "impact"},
        defaults={"outcome": "success", "customer": "not stated"},
        approve=True,
        classification="internal",
        today=_IMPORT_DAY,
    ),
    measures={
        "nDCG@5": partial(ndcg, depth=5, gain=exponential_gain),
        "success@3": partial(success, depth=3, least=2),
        "recall@5": partial(recall, depth=5, least=2),
        "judged@5": partial(judged_share, depth=5),
    },
)
SAMPLE = replace(REAL, name="sample", rows="", plan=None)
BEIR = Kind(
    name="beir",
    rows="corpus.jsonl",
    plan=ImportPlan(
        mapping={"id": "_id", "body": "text"},
        defaults={"outcome": "success", "customer": "not stated", "title": "untitled"},
        approve=True,
        classification="internal",
        today=_IMPORT_DAY,
    ),
    measures={
        "nDCG@10": partial(ndcg, depth=10, gain=linear_gain),
        "recall@100": partial(recall, depth=100, least=1),
        "judged@5": partial(judged_share, depth=5),
    },
)


def read_collection(kind: Kind, folder: Path) -> Collection:
    """Read the judged challenges of a folder; ids of cases as the import writes them."""
    judgements = read_judgements(folder)
    challenges = judgements.challenges
    if kind.plan is not None:
        challenges = tuple(
            replace(entry, grades={slug(id_, limit=_ID_LENGTH): grade for id_, grade in entry.grades.items()})
            for entry in challenges
        )
    return Collection(kind, folder, challenges, judgements.least)


@contextmanager
def open_collection(collection: Collection, work: Path, model: str | None) -> Iterator[LocalEngine]:
    """Import and index a collection's cases below `work` and open the result; nothing is embedded twice."""
    kind = collection.kind
    own = work / f"{kind.name}-{collection.name}"
    library = _import(collection.folder / kind.rows, kind.plan, own) if kind.plan else ROOT
    settings = load_settings(library=library, data=own / ".casebook", model=model)
    build_index(settings, progress=LineProgress())
    engine = LocalEngine.from_data_folder(settings.data_folder)
    try:
        _warn_of_missing(engine, collection.answerable)
        yield engine
    finally:
        engine.close()


def groups_of(challenges: Sequence[JudgedChallenge]) -> dict[str, list[JudgedChallenge]]:
    """Return all challenges, then those of each kind and of each language, where there are several."""
    groups = {ALL: list(challenges)}
    for name in ("kind", "language"):
        values = list(dict.fromkeys(getattr(entry, name) for entry in challenges))
        if len(values) > 1:
            groups |= {value: [e for e in challenges if getattr(e, name) == value] for value in values if value}
    return groups


def _import(rows: Path, plan: ImportPlan, library: Path) -> Path:
    """Import a collection as a library; files of an earlier import are written anew, vectors are kept."""
    shutil.rmtree(library / "cases", ignore_errors=True)
    (library / "cases").mkdir(parents=True)
    report = import_rows(library, rows, plan)
    for problem in report.problems[:_SHOWN_PROBLEMS]:
        print(problem, file=sys.stderr)
    print(f"{len(report.created)} imported, {len(report.problems)} problems", file=sys.stderr)
    return library


def _warn_of_missing(engine: LocalEngine, challenges: Sequence[JudgedChallenge]) -> None:
    """Say which judged ids the library lacks: they count as never found."""
    known = {record.id for record in engine.records()}
    missing = sorted({id_ for entry in challenges for id_ in entry.grades} - known)
    if missing:
        shown = ", ".join(missing[:_SHOWN_PROBLEMS])
        print(f"{len(missing)} judged cases are not in the library: {shown}", file=sys.stderr)
