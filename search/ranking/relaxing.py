"""Say which filter is to blame: where nothing passes, or where without it there would be a close case."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from search.filters import CaseFilter, Relaxation
from search.ranking.verdict import Judgement, Verdict

_JUDGED = 5  # filters: each takes a ranking of the cases that pass without it


def find_relaxations(
    case_filter: CaseFilter,
    verdict: Verdict,
    judge_rows: Callable[[Sequence[int]], Judgement],
    *,
    excluded: int | None = None,
) -> tuple[Relaxation, ...]:
    """Return the filters to drop, the most rewarding first.

    Where nothing passes, those without which something would; where nothing close passes, those without which
    something close would. `judge_rows` judges the challenge over given cases; `excluded` never counts.
    """
    eligible = set(case_filter.eligible()) - {excluded}
    if not eligible:
        return case_filter.relaxations(excluded=excluded)
    if verdict is Verdict.STRONG:
        return ()
    wider = {name: _rows_without(name, case_filter, excluded) for name in case_filter.as_values()}
    names = sorted((name for name in wider if len(wider[name]) > len(eligible)), key=lambda name: -len(wider[name]))
    judged = {name: judge_rows(wider[name]) for name in names[:_JUDGED]}
    close = [name for name, judgement in judged.items() if judgement.verdict is Verdict.STRONG]
    close.sort(key=lambda name: -judged[name].closeness)
    return tuple(Relaxation(name, len(wider[name])) for name in close)


def _rows_without(name: str, case_filter: CaseFilter, excluded: int | None) -> list[int]:
    return [row for row in case_filter.eligible(without=name) if row != excluded]
