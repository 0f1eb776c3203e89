"""Measure how good answers are: on the sample library, and on judged collections outside the project.

    python -m bench.quality --sample      the sample library with the challenges of tests/relevance
    python -m bench.quality --real DIR    written-up cases with graded challenges
    python -m bench.quality --beir DIR    a BEIR collection such as SciFact

A collection is imported, indexed and ranked as a user's library would be; every arm is measured
alone, then all of them fused. The fused ranking is compared with the best one kept, query by query;
weights are cross-validated; refusals are measured in libraries of several sizes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.judged import ALL, BEIR, REAL, SAMPLE, Collection, Kind, open_collection, read_collection
from bench.measuring import FUSED, Measured, measure_collection
from bench.refusing import Refusal, Refusals
from bench.reporting import RESULTS, ROOT, append_result, format_table
from bench.significance import Difference, compare_paired
from bench.weights import FOLDS, Validated, cross_validate, mixtures
from library.errors import CasebookError, JudgementsError
from search.evaluation.metrics import Estimate, estimate_mean
from search.ranking.fusion import ARM_WEIGHTS

RELEVANCE = ROOT / "tests" / "relevance"
KEPT = RESULTS / "quality.jsonl"


def main() -> None:
    """Measure the collections that the command line names."""
    options = _options()
    chosen = [(SAMPLE, RELEVANCE if options.sample else None), (REAL, options.real), (BEIR, options.beir)]
    measured = []
    try:
        with tempfile.TemporaryDirectory(prefix="casebook-quality-") as temporary:
            for kind, folder in chosen:
                if folder is not None:
                    collection = _read(kind, folder)
                    with open_collection(collection, options.work or Path(temporary), options.model) as engine:
                        measured.append(measure_collection(engine, collection, kept=options.against))
                    print(as_text(measured[-1]))
                    append_result(options.out, as_data(measured[-1]))
    except (CasebookError, OSError) as error:
        sys.exit(f"Error: {error}")
    if len(measured) > 1:
        print(together_as_text(measured))
        append_result(options.out, together_as_data(measured))
    print(f"\nappended to {options.out}", file=sys.stderr)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description="Measure how good answers are.")
    parser.add_argument("--sample", action="store_true", help="the sample library and its judged challenges")
    parser.add_argument(
        "--real", type=Path, metavar="DIR", help="cases.jsonl, queries.jsonl and qrels.tsv (grades 0-3)"
    )
    parser.add_argument("--beir", type=Path, metavar="DIR", help="corpus.jsonl, queries.jsonl and qrels.tsv")
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="keep libraries here, so that nothing is embedded twice"
    )
    parser.add_argument("--model", help="another model than the default one")
    parser.add_argument("--out", type=Path, metavar="FILE", default=KEPT, help="append the figures here")
    parser.add_argument("--against", type=Path, metavar="FILE", default=KEPT, help="compare with the best run in here")
    options = parser.parse_args()
    if not options.sample and options.real is None and options.beir is None:
        parser.error("name a collection: --sample, --real DIR or --beir DIR")
    return options


def _read(kind: Kind, folder: Path) -> Collection:
    collection = read_collection(kind, folder)
    if len(collection.answerable) < FOLDS:
        raise JudgementsError(f"{folder} has fewer than {FOLDS} challenges with an answer.", hint="Judge more.")
    return collection


def as_text(measured: Measured) -> str:
    """Return everything that was measured as tables."""
    manifest, collection = measured.manifest, measured.collection
    cases = manifest.counts["business_case"]
    counts = f"{len(collection.answerable)} challenges with an answer, {len(collection.unanswerable)} without one"
    parts = [
        f"{collection.name}: {cases} cases, {manifest.passages} passages, {manifest.model}; {counts}",
        "mean [95% bootstrap interval over queries]",
        _arms_table(measured),
        _comparison_text(measured),
        _weights_text("weights chosen on this collection", cross_validate([measured.table]), measured.table),
        *map(_refusals_text, measured.refusals),
    ]
    return "\n\n".join(parts) + "\n"


def _arms_table(measured: Measured) -> str:
    names = list(measured.collection.kind.measures)
    rows = [
        [arm, group, str(estimates[names[0]].count), *(_cell(estimates[name]) for name in names)]
        for arm, groups in measured.arms.items()
        for group, estimates in groups.items()
    ]
    return format_table(["arm", "queries", "n", *names], rows)


def _comparison_text(measured: Measured) -> str:
    if measured.earlier is None:
        return "no earlier run of this collection, its judgements and this model to compare with"
    rows = [[name, *difference.as_cells()] for name, difference in measured.compare().items()]
    title = f"against the best run kept ({measured.earlier.commit}, {measured.earlier.date})"
    return f"{title}\n{format_table(['measure', 'n', 'difference', 'p'], rows)}"


def _weights_text(title: str, validated: Validated, table: NDArray[np.float64]) -> str:
    """Tell what cross-validated weights reach, and what the best single mixture does, which saw all queries."""
    values = [value for found in validated.values for value in found]
    best = table.mean(axis=0)
    return (
        f"{title}, {FOLDS} folds: {_cell(estimate_mean(values))} (not cross-validated {best.max():.3f})\n"
        f"  chosen: {_chosen_text(validated)}"
    )


def _chosen_text(validated: Validated) -> str:
    """Return the mixtures that the folds chose, each once."""
    grid = mixtures(list(ARM_WEIGHTS))
    return "; ".join(dict.fromkeys(_mixture_text(grid[place]) for place in validated.chosen))


def _mixture_text(mixture: Mapping[str, float]) -> str:
    return ", ".join(f"{arm} {weight:g}" for arm, weight in mixture.items() if weight)


def _refusals_text(refusals: Refusals) -> str:
    rows = [
        [found.kind, str(found.refused.count), _cell(found.refused), _cell(found.strong)]
        for found in refusals.answerable
    ]
    others = [
        [found.kind, str(found.refused.count), _cell(_rest(found.refused)), _cell(found.strong), _area(found)]
        for found in refusals.unanswerable
    ]
    return "\n\n".join(
        (
            f"verdicts among {refusals.size} cases",
            format_table(["with an answer", "n", "falsely refused", "strong"], rows),
            format_table(["without one", "n", "falsely accepted", "strong", "AUC"], others),
        )
    )


def _area(found: Refusal) -> str:
    return _cell(found.area) if found.area else "-"


def _rest(share: Estimate) -> Estimate:
    """Return the share of the others."""
    return Estimate(1 - share.mean, 1 - share.high, 1 - share.low, share.count)


def _cell(estimate: Estimate) -> str:
    return f"{estimate.mean:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def together_as_text(measured: Sequence[Measured]) -> str:
    """Return the comparison and the cross-validation over all collections."""
    lines = ["all collections together"]
    compared = compare_together(measured)
    if compared:
        earlier = sum(entry.earlier is not None for entry in measured)
        lines += [f"{earlier} of {len(measured)} have an earlier run to compare with"]
        rows = [[f"nDCG, {name}", *difference.as_cells()] for name, difference in compared.items()]
        lines += [format_table(["measure", "n", "difference", "p"], rows)]
    validated = cross_validate([entry.table for entry in measured])
    rows = [
        [entry.collection.name, _cell(estimate_mean(found)), _cell(entry.arms[FUSED][ALL][name])]
        for entry, found in zip(measured, validated.values, strict=True)
        if (name := entry.collection.kind.main_measure)
    ]
    lines += ["", f"weights chosen on all collections, {FOLDS} folds; chosen: {_chosen_text(validated)}"]
    return "\n".join([*lines, format_table(["collection", "cross-validated", "as it is"], rows)])


def compare_together(measured: Sequence[Measured]) -> dict[str, Difference]:
    """Compare the main measures with those of the best earlier runs, collections weighing the same, or queries."""
    differences = [found for entry in measured if (found := entry.differences(entry.collection.kind.main_measure))]
    if not differences:
        return {}
    pooled = [value for found in differences for value in found]
    return {
        "each collection weighs the same": compare_paired(differences),
        "each query weighs the same": compare_paired([pooled]),
    }


def together_as_data(measured: Sequence[Measured]) -> dict[str, object]:
    """Return what is kept of several collections measured in one run."""
    validated = cross_validate([entry.table for entry in measured])
    return {
        "bench": "quality",
        "layout": "together",
        "collections": [entry.collection.name for entry in measured],
        "model": measured[0].manifest.model,
        "differences": {name: difference.as_data() for name, difference in compare_together(measured).items()},
        "cross_validated": {
            entry.collection.name: _bounds(estimate_mean(found))
            for entry, found in zip(measured, validated.values, strict=True)
        },
        "chosen": _chosen_text(validated),
    }


def as_data(measured: Measured) -> dict[str, object]:
    """Return what is kept: figures, and each query's by its id; no text of a challenge."""
    collection, manifest = measured.collection, measured.manifest
    validated = estimate_mean(cross_validate([measured.table]).values[0])
    return {
        "bench": "quality",
        "layout": collection.kind.name,
        "collection": collection.name,
        "judgements": collection.fingerprint,
        "model": manifest.model,
        "casebook": manifest.casebook_version,
        "cases": manifest.counts["business_case"],
        "passages": manifest.passages,
        "weights": dict(ARM_WEIGHTS),
        "arms": {
            arm: {group: _rounded(estimates) for group, estimates in groups.items()}
            for arm, groups in measured.arms.items()
        },
        "cross_validated": _bounds(validated),
        "against": measured.earlier and measured.earlier.commit,
        "differences": {name: difference.as_data() for name, difference in measured.compare().items()},
        "refusals": {str(entry.size): _refusals_data(entry) for entry in measured.refusals},
        "queries": {id_: {name: round(v, 6) for name, v in values.items()} for id_, values in measured.values.items()},
    }


def _refusals_data(refusals: Refusals) -> dict[str, object]:
    """Return each kind's number of challenges and shares of verdicts: mean, lower and upper bound."""
    return {
        side: {
            found.kind: {
                "n": found.refused.count,
                "refused": _bounds(found.refused),
                "strong": _bounds(found.strong),
                **({"AUC": _bounds(found.area)} if found.area else {}),
            }
            for found in kinds
        }
        for side, kinds in (("answerable", refusals.answerable), ("unanswerable", refusals.unanswerable))
    }


def _rounded(estimates: Mapping[str, Estimate]) -> dict[str, object]:
    """Return `n` and, for each measure, mean, lower and upper bound."""
    counts = {estimate.count for estimate in estimates.values()}
    return {"n": max(counts), **{title: _bounds(estimate) for title, estimate in estimates.items()}}


def _bounds(estimate: Estimate) -> list[float]:
    return [round(value, 4) for value in (estimate.mean, estimate.low, estimate.high)]


if __name__ == "__main__":
    main()
