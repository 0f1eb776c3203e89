"""An evaluation as text: figures by group, the worst challenges, and what ranked where."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from search.evaluation.metrics import Estimate
from search.evaluation.running import REFUSED, WRONGLY_REFUSED, Evaluation, Measured

_TABLES = (
    ("nDCG@5", "nDCG@10", "success@3", "recall@5", "MRR"),
    ("judged@5", WRONGLY_REFUSED),
    (REFUSED,),
)
_TEXT_WIDTH = 200
_BEST = 3
_NOT_FOUND = 10


def render_evaluation(evaluation: Evaluation, *, worst: int) -> str:
    """Return the text form with the `worst` worst challenges."""
    lines = [*_head(evaluation), *_tables(evaluation)]
    entries = evaluation.worst(worst)
    if entries:
        lines += ["", "Worst answered"]
        lines += [line for entry in entries for line in _entry(entry, evaluation.depth)]
    answered = evaluation.wrongly_answered(worst)
    if answered:
        lines += ["", "Answered though no case is right"]
        lines += [line for entry in answered for line in _entry(entry, evaluation.depth)]
    return "\n".join(lines) + "\n"


def _head(evaluation: Evaluation) -> Iterator[str]:
    answerable = sum(entry.has_answer for entry in evaluation.measured)
    others = len(evaluation.measured) - answerable
    yield (
        f"{evaluation.name}: {_counted(answerable)} with an answer, {others} without one; "
        f"{evaluation.cases} cases, {evaluation.model}"
    )
    if evaluation.unjudged:
        yield f"Left out: {_counted(evaluation.unjudged)} without any judgement."
    if evaluation.unmeasured:
        yield f"Left out: {_counted(evaluation.unmeasured)} whose right cases are all not found or not visible."
    if evaluation.not_found:
        yield f"Judged cases not found or not visible, left out of the figures: {len(evaluation.not_found)}"
        shown = list(evaluation.not_found.items())[:_NOT_FOUND]
        yield from (f"  {place}: {id_}" for id_, place in shown)
        if len(evaluation.not_found) > _NOT_FOUND:
            yield "  ... (all of them with --json)"
    yield "Mean over challenges [95% bootstrap interval]; n challenges"


def _counted(challenges: int) -> str:
    return f"{challenges} challenge{'' if challenges == 1 else 's'}"


def _tables(evaluation: Evaluation) -> Iterator[str]:
    """Yield a table for the figures that stand on the same challenges."""
    for names in _TABLES:
        groups = [
            (group, [estimates[name] for name in names])
            for group, estimates in evaluation.groups.items()
            if names[0] in estimates
        ]
        if groups:
            yield ""
            yield from _columns(
                [
                    ["", "n", *names],
                    *([group, str(row[0].count), *map(_cell, row)] for group, row in groups),
                ]
            )


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        yield "  ".join([row[0].ljust(widths[0]), *cells])


def _cell(estimate: Estimate) -> str:
    return f"{estimate.mean:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def _entry(entry: Measured, depth: int) -> Iterator[str]:
    """Yield a challenge with its first cases and where the best judged ones stood."""
    text = textwrap.shorten(entry.challenge.text, _TEXT_WIDTH, placeholder=" ...")
    shown = [f"{name} {entry.figures[name]:.2f}" for name in ("nDCG@5", "MRR") if name in entry.figures]
    figures = ", ".join([*shown, f"verdict {entry.verdict}", f"closeness {entry.closeness:.2f}"])
    yield f"- {entry.challenge.id} ({entry.challenge.place}): {figures}"
    yield f"  {text}"
    for rank, (id_, grade) in enumerate(entry.first(), 1):
        yield f"  {rank}. {'unjudged' if grade is None else f'grade {grade} '}  {id_}  {entry.titles[id_]}"
    best = [
        f"{id_} (grade {grade}) {f'at {rank}' if rank else f'not among the first {depth}'}"
        for id_, grade, rank in entry.best_judged()[:_BEST]
    ]
    if entry.has_answer:
        yield f"  Best judged: {'; '.join(best)}"
