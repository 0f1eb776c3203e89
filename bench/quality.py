"""Measure how good answers are, on judged collections that lie outside the project.

    python -m bench.quality --real DIR    written-up cases with graded challenges
    python -m bench.quality --beir DIR    a BEIR collection such as SciFact

Each collection is imported, indexed and ranked as a user's library would be; every arm is measured
alone, then all of them fused.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from bench.metrics import Estimate, estimate_mean, exponential_gain, judged_share, linear_gain, ndcg, recall, success
from bench.reporting import RESULTS, LineProgress, append_result, format_table
from curation.importing import ImportPlan, import_rows
from curation.writing import slug
from indexer.build import build_index
from indexer.generations import Manifest
from library.access import Asker
from library.errors import CasebookError
from library.settings import Settings, load_settings
from search.challenge import understand
from search.engine import LocalEngine
from search.ranking import ARM_WEIGHTS, rank
from search.view import View

Measure = Callable[[Sequence[str], Mapping[str, int]], float]
Rankings = Mapping[str, Sequence[str]]  # by query: ids, best first

FUSED = "fused"
ALL = "all"
UNANSWERABLE = "none"
_DEPTH = 100  # as many as an arm proposes
_ID_LENGTH = 120  # as the import cuts ids
_IMPORT_DAY = date(2026, 1, 1)  # always the same, so that a second run finds nothing changed
_SHOWN_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """How collections of one layout are imported and measured."""

    name: str
    rows: str
    plan: ImportPlan
    measures: Mapping[str, Measure]


@dataclass(frozen=True, slots=True)
class Query:
    """A challenge to search with, and the grades of the ids that were judged for it."""

    id: str
    text: str
    kind: str
    grades: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured: for each arm, kind of query and measure an estimate."""

    manifest: Manifest
    left_out: int
    arms: Mapping[str, Mapping[str, Mapping[str, Estimate]]]


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


def main() -> None:
    """Measure the collections that the command line names."""
    options = _options()
    chosen = [(REAL, options.real), (BEIR, options.beir)]
    try:
        with tempfile.TemporaryDirectory(prefix="casebook-quality-") as temporary:
            for kind, folder in chosen:
                if folder is not None:
                    _run(kind, folder, options.work or Path(temporary), options.model, options.out)
    except (CasebookError, OSError) as error:
        sys.exit(f"Error: {error}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description="Measure how good answers are.")
    parser.add_argument(
        "--real", type=Path, metavar="DIR", help="cases.jsonl, queries.jsonl and qrels.tsv (grades 0-3)"
    )
    parser.add_argument("--beir", type=Path, metavar="DIR", help="corpus.jsonl, queries.jsonl and qrels.tsv")
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="keep libraries here, so that nothing is embedded twice"
    )
    parser.add_argument("--model", help="another model than the default one")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", default=RESULTS / "quality.jsonl", help="append the figures here"
    )
    options = parser.parse_args()
    if options.real is None and options.beir is None:
        parser.error("name a collection with --real DIR or --beir DIR")
    return options


def _run(kind: Kind, folder: Path, work: Path, model: str | None, out: Path) -> None:
    queries = read_queries(folder)
    library = work / f"{kind.name}-{folder.resolve().name}"
    settings = _index(kind, folder, library, model)
    figures = _measure(kind, queries, settings)
    print(_as_text(folder.resolve().name, figures))
    append_result(out, _as_data(kind, folder.resolve().name, figures))
    print(f"\nappended to {out}\n", file=sys.stderr)


def read_queries(folder: Path) -> list[Query]:
    """Return the judged queries of a collection; ids of items as the import writes them."""
    grades: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query_id, item_id, grade = line.split("\t")
        grades.setdefault(query_id, {})[slug(item_id, limit=_ID_LENGTH)] = int(grade)
    rows = [json.loads(line) for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines() if line]
    return [
        Query(row["_id"], row["text"], row.get("kind", ""), grades.get(row["_id"], {}))
        for row in rows
        if row["_id"] in grades or row.get("kind") == UNANSWERABLE
    ]


def _index(kind: Kind, folder: Path, library: Path, model: str | None) -> Settings:
    """Import a collection and index it; files of an earlier import are written anew, vectors are kept."""
    shutil.rmtree(library / "cases", ignore_errors=True)
    (library / "cases").mkdir(parents=True)
    report = import_rows(library, folder / kind.rows, kind.plan)
    for problem in report.problems[:_SHOWN_PROBLEMS]:
        print(problem, file=sys.stderr)
    print(f"{len(report.created)} imported, {len(report.problems)} problems", file=sys.stderr)
    settings = load_settings(library=library, data=library / ".casebook", model=model)
    build_index(settings, progress=LineProgress())
    return settings


def _measure(kind: Kind, queries: Sequence[Query], settings: Settings) -> Figures:
    answerable = [query for query in queries if query.kind != UNANSWERABLE]
    engine = LocalEngine.from_data_folder(settings.data_folder)
    try:
        _warn_of_missing(engine, answerable)
        rankings = _rank_all(engine, answerable)
    finally:
        engine.close()
    arms = {arm: dict(_estimates(kind, answerable, rankings[arm])) for arm in rankings}
    return Figures(engine.manifest, len(queries) - len(answerable), arms)


def _warn_of_missing(engine: LocalEngine, queries: Sequence[Query]) -> None:
    """Say which judged ids the library lacks: they would count as never found."""
    known = {record.id for record in engine.records()}
    missing = sorted({item_id for query in queries for item_id in query.grades} - known)
    if missing:
        shown = ", ".join(missing[:_SHOWN_PROBLEMS])
        print(f"{len(missing)} judged items are not in the library: {shown}", file=sys.stderr)


def _rank_all(engine: LocalEngine, queries: Sequence[Query]) -> dict[str, dict[str, list[str]]]:
    """Return each arm's ranking of each query, the fused one last."""
    rows = View(engine, Asker()).rows("business_case")
    ids = {record.row: record.id for record in engine.records()}
    arms: dict[str, Mapping[str, float]] = {name: {name: 1.0} for name in ARM_WEIGHTS}
    arms[FUSED] = ARM_WEIGHTS
    rankings: dict[str, dict[str, list[str]]] = {arm: {} for arm in arms}
    written_in = {record.language for record in engine.records()}
    for query in queries:
        challenge = understand(query.text, engine.encoder, written_in=written_in)
        for arm, weights in arms.items():
            ranked = rank(engine, challenge, rows, limit=_DEPTH, weights=weights)
            # What an arm has no evidence for stands at the end by id; the arm has not found it.
            found = [item for item in ranked if any(part.weight and part.raw for part in item.arms.values())]
            rankings[arm][query.id] = [ids[item.row] for item in found]
    return rankings


def _estimates(kind: Kind, queries: Sequence[Query], rankings: Rankings) -> Iterator[tuple[str, dict[str, Estimate]]]:
    """Yield the estimates over all queries, then over those of each kind, in order of appearance."""
    kinds = list(dict.fromkeys(query.kind for query in queries))
    for name in [ALL, *(kinds if len(kinds) > 1 else [])]:
        chosen = [query for query in queries if name in (ALL, query.kind)]
        yield (
            name,
            {
                title: estimate_mean([measure(rankings[query.id], query.grades) for query in chosen])
                for title, measure in kind.measures.items()
            },
        )


def _as_text(name: str, figures: Figures) -> str:
    manifest = figures.manifest
    header: list[str] = []
    rows = []
    for arm, kinds in figures.arms.items():
        for query_kind, estimates in kinds.items():
            header = ["arm", "queries", "n", *estimates]
            count = str(next(iter(estimates.values())).count)
            rows.append([arm, query_kind, count, *map(_cell, estimates.values())])
    cases = manifest.counts["business_case"]
    left_out = f"; {figures.left_out} queries without an answer left out" if figures.left_out else ""
    title = f"{name}: {cases} cases, {manifest.passages} passages, {manifest.model}{left_out}"
    return f"{title}\nmean [95% bootstrap interval over queries]\n\n{format_table(header, rows)}"


def _cell(estimate: Estimate) -> str:
    return f"{estimate.mean:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _as_data(kind: Kind, name: str, figures: Figures) -> dict[str, object]:
    return {
        "bench": "quality",
        "layout": kind.name,
        "collection": name,
        "model": figures.manifest.model,
        "casebook": figures.manifest.casebook_version,
        "cases": figures.manifest.counts["business_case"],
        "passages": figures.manifest.passages,
        "weights": dict(ARM_WEIGHTS),
        "arms": {
            arm: {query_kind: _rounded(estimates) for query_kind, estimates in kinds.items()}
            for arm, kinds in figures.arms.items()
        },
    }


def _rounded(estimates: Mapping[str, Estimate]) -> dict[str, object]:
    """Return `n` and, for each measure, mean, lower and upper bound."""
    counts = {estimate.count for estimate in estimates.values()}
    values = {title: [round(v, 4) for v in (e.mean, e.low, e.high)] for title, e in estimates.items()}
    return {"n": max(counts), **values}


if __name__ == "__main__":
    main()
