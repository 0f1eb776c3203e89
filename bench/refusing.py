"""Measure whether answers are refused when they should be, in libraries of several sizes.

To the challenges without an answer come made ones: those with an answer, in a library without their
right cases. A library of a given size is drawn for each challenge, the same at every run; for a
challenge with an answer it holds its right cases. BM25 keeps the statistics of the whole library. Of
more than a hundred challenges with an answer a hundred are drawn.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.judged import Collection
from bench.significance import estimate_area
from search.challenge import Challenge
from search.engine import Engine
from search.judgements import JudgedChallenge
from search.metrics import Estimate, estimate_mean
from search.ranking import rank
from search.verdict import Verdict, judge

SIZES = (15, 70, 500)
_JUDGED = 10  # as many as a search ranks for its verdict
_SEED = 20_260
_PARTLY = 1
_PROBED = 100  # challenges with an answer; more would only narrow the intervals and take minutes


@dataclass(frozen=True, slots=True)
class Probe:
    """How close the closest case was, and whether the answer was refused."""

    closeness: float
    refused: bool


@dataclass(frozen=True, slots=True)
class Refusals:
    """Figures at one size of library; nothing where there are no such challenges.

    `area` separates challenges with an answer from those without, `area_made` from made ones (without even
    partly fitting cases). Shares: `refused` and `refused_made` should be high, `wrongly_refused` low.
    """

    size: int
    area: Estimate | None
    area_made: Estimate | None
    refused: Estimate | None
    refused_made: Estimate | None
    wrongly_refused: Estimate | None

    def as_estimates(self) -> dict[str, Estimate | None]:
        """Return the figures by name."""
        return {
            "AUC": self.area,
            "AUC made": self.area_made,
            "refused": self.refused,
            "refused made": self.refused_made,
            "wrongly refused": self.wrongly_refused,
        }


class Refusing:
    """Probes one collection; `challenges` are its challenges as they are searched, by id."""

    def __init__(
        self, engine: Engine, collection: Collection, rows: Mapping[str, int], challenges: Mapping[str, Challenge]
    ) -> None:
        self._engine = engine
        self._collection = collection
        self._rows = rows
        self._challenges = challenges
        answerable = collection.answerable
        draw = random.Random(_SEED)  # noqa: S311  a sample, not a secret
        self._answerable = answerable if len(answerable) <= _PROBED else draw.sample(answerable, _PROBED)

    def measure_sizes(self, sizes: Sequence[int] = SIZES) -> list[Refusals]:
        """Measure at each size that the library has, then with all of it."""
        whole = len(self._rows)
        return [self.measure(size) for size in sizes if size < whole] + [self.measure(whole)]

    def measure(self, size: int) -> Refusals:
        """Measure in libraries of one size."""
        least = self._collection.least
        answerable = {e.id: self._probe(e, size, kept=least) for e in self._answerable}
        unanswerable = {e.id: self._probe(e, size) for e in self._collection.unanswerable}
        made = {e.id: self._probe(e, size, removed=least) for e in self._answerable}
        bare = {e.id: self._probe(e, size, removed=_PARTLY) for e in self._answerable}
        return Refusals(
            size=size,
            area=_area(answerable, unanswerable),
            area_made=_area(answerable, bare),
            refused=_share(unanswerable),
            refused_made=_share(made),
            wrongly_refused=_share(answerable),
        )

    def _probe(
        self, entry: JudgedChallenge, size: int, *, kept: int | None = None, removed: int | None = None
    ) -> Probe:
        """Search in a library of a size, with the cases from grade `kept` on and without those from `removed` on."""
        rows = self._draw(entry, size, kept, removed)
        challenge = self._challenges[entry.id]
        ranked = rank(self._engine, challenge, rows, limit=_JUDGED)
        ceiling = self._engine.word_ceiling(challenge.term_weights)
        judgement = judge(ranked, words=len(challenge.term_weights), word_ceiling=ceiling, strange=challenge.is_strange)
        return Probe(judgement.closeness, judgement.verdict is Verdict.NONE)

    def _draw(self, entry: JudgedChallenge, size: int, kept: int | None, removed: int | None) -> list[int]:
        """Return the rows of a library; what it shares with that of another variant is as much as can be."""
        draw = random.Random(f"{_SEED} {entry.id}")  # noqa: S311  a sample, not a secret
        ids = sorted(self._rows)
        draw.shuffle(ids)
        grades = entry.grades
        if removed is not None:
            ids = [id_ for id_ in ids if grades.get(id_, 0) < removed]
        if kept is not None:
            ids.sort(key=lambda id_: grades.get(id_, 0) < kept)
        return sorted(self._rows[id_] for id_ in ids[:size])


def _area(positives: Mapping[str, Probe], negatives: Mapping[str, Probe]) -> Estimate | None:
    if not positives or not negatives:
        return None
    return estimate_area(
        {id_: probe.closeness for id_, probe in positives.items()},
        {id_: probe.closeness for id_, probe in negatives.items()},
    )


def _share(probes: Mapping[str, Probe]) -> Estimate | None:
    return estimate_mean([float(probe.refused) for probe in probes.values()]) if probes else None
