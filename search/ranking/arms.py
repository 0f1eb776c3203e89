"""The arms of the ranking: what each says of given items, in its own unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from library.documents import SectionKind
from search.engine import Engine, PassageCosines

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from search.understanding.challenge import Challenge

    Rows = NDArray[np.int64]
    Vectors = NDArray[np.float32]

LATE = "pieces"
PROBLEM_KINDS = (SectionKind.CHALLENGE, SectionKind.CONTEXT)
# How many of an item's passages the costly arm looks at, for each part of the challenge, and as many of those that
# tell its problem; measured in docs/decisions/0009-late-interaction.md.
_LIKELY = 4
_DECIMALS = 6


def score_arms(
    engine: Engine, challenge: Challenge, candidates: Sequence[int], cosines: PassageCosines
) -> dict[str, dict[int, float]]:
    """Return the scores of the four cheap arms by arm and row; `cosines` are those of the candidates' passages."""
    passages, problem = _best_passages(cosines)
    whole = engine.item_cosines(challenge.vectors, candidates).mean(axis=0)
    words = engine.word_scores_of(challenge.term_weights, candidates)
    return {
        "passages": passages,
        # An item that does not mark its problem is judged by whatever passage is nearest; where none does, the
        # arm knows nothing that `passages` does not know.
        "problem": passages | problem if problem else {},
        "words": {row: round(words.get(row, 0.0), _DECIMALS) for row in candidates},
        "whole": dict(zip(candidates, _rounded(whole), strict=True)),
    }


def score_passages(engine: Engine, challenge: Challenge, rows: Sequence[int]) -> dict[int, float]:
    """Return the scores of the arm `passages` alone, of the items that have a passage."""
    nearest, _ = _best_passages(engine.passage_cosines(challenge.vectors, rows))
    return nearest


def score_pieces(
    engine: Engine, challenge: Challenge, rows: Sequence[int], cosines: PassageCosines
) -> dict[int, float]:
    """Return the mean of an item's best match in any passage and in one that tells its problem.

    `cosines` are those of the items' passages, and of others': of each item's passages the nearest are compared.
    """
    if not challenge.tokens:
        return {}
    anywhere, problem = _best_passages(engine.passage_matches(challenge.tokens, _likely_passages(cosines, rows)))
    return {row: round((score + problem.get(row, score)) / 2, _DECIMALS) for row, score in anywhere.items()}


def _likely_passages(cosines: PassageCosines, rows: Sequence[int]) -> Rows:
    """Return the passages of items that are nearest to a part of the challenge, in order."""
    import numpy as np

    own = np.isin(cosines.item_rows, rows)
    likely = np.zeros(len(own), dtype=bool)
    for places in (np.flatnonzero(own), np.flatnonzero(own & _tell_problem(cosines))):
        owners = cosines.item_rows[places]
        firsts = np.flatnonzero(np.diff(np.sort(owners), prepend=-1))
        place_in_item = np.arange(len(places)) - np.repeat(firsts, np.diff(firsts, append=len(places)))
        for nearness in cosines.cosines[:, places]:
            order = np.lexsort((-nearness, owners))  # by item, its nearest first
            likely[places[order[place_in_item < _LIKELY]]] = True
    chosen: Rows = cosines.rows[likely]
    return chosen


def _best_passages(cosines: PassageCosines) -> tuple[dict[int, float], dict[int, float]]:
    """Return each item's best passage, and its best among those that tell its problem, where it marks some."""
    import numpy as np

    return (
        _best_by_item(cosines, np.ones(len(cosines.rows), dtype=bool)),
        _best_by_item(cosines, _tell_problem(cosines)),
    )


def _tell_problem(cosines: PassageCosines) -> NDArray[np.bool_]:
    import numpy as np

    found: NDArray[np.bool_] = np.logical_or.reduce([cosines.kinds == str(kind) for kind in PROBLEM_KINDS])
    return found


def _best_by_item(cosines: PassageCosines, chosen: NDArray[np.bool_]) -> dict[int, float]:
    """Return for each item the mean over aspects of its best chosen passage's cosine."""
    import numpy as np

    owners = cosines.item_rows[chosen]
    if not len(owners):
        return {}
    starts = np.flatnonzero(np.diff(owners, prepend=-1))  # passages of an item stand together
    best = np.maximum.reduceat(cosines.cosines[:, chosen], starts, axis=1).mean(axis=0)
    return dict(zip(owners[starts].tolist(), _rounded(best), strict=True))


def _rounded(scores: Vectors) -> list[float]:
    import numpy as np

    found: list[float] = np.round(scores.astype(np.float64), _DECIMALS).tolist()
    return found
