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

from bench.judged import ALL, Collection
from bench.significance import estimate_area
from search.engine import Engine
from search.evaluation.judgements import JudgedChallenge
from search.evaluation.metrics import Estimate, estimate_mean
from search.ranking.fusion import rank
from search.ranking.verdict import Verdict, judge
from search.understanding.challenge import Challenge

SIZES = (15, 70, 500)
_JUDGED = 10  # as many as a search ranks for its verdict
_SEED = 20_260
_PARTLY = 1
MADE = "right cases taken away"
MADE_BARE = "partly fitting ones too"
_PROBED = 100  # challenges with an answer; more would only narrow the intervals and take minutes


@dataclass(frozen=True, slots=True)
class Probe:
    """A challenge's id and kind, how close its closest case was, and what was said of it."""

    id: str
    kind: str
    closeness: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Refusal:
    """How the challenges of a kind were judged, in libraries of one size.

    `refused` is the share with the verdict none, `strong` that with the verdict strong; `area`, of challenges
    without an answer, the area under the curve that separates them from all with one, by closeness.
    """

    kind: str
    refused: Estimate
    strong: Estimate
    area: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Refusals:
    """Figures at one size of library by kind of challenge; a kind without a challenge is left out.

    A refusal of what has an answer is false, and so is a verdict other than none on what has none.
    """

    size: int
    answerable: tuple[Refusal, ...]
    unanswerable: tuple[Refusal, ...]


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
        """Measure in libraries of one size.

        The kinds are those of the challenges, and two made ones: without the right cases, and without even the partly
        fitting.
        """
        least = self._collection.least
        answerable = [self._probe(entry, size, kept=least) for entry in self._answerable]
        unanswerable = _by_kind([self._probe(entry, size) for entry in self._collection.unanswerable])
        unanswerable |= {
            MADE: [self._probe(entry, size, removed=least) for entry in self._answerable],
            MADE_BARE: [self._probe(entry, size, removed=_PARTLY) for entry in self._answerable],
        }
        return Refusals(
            size,
            tuple(_of_answerable(kind, group) for kind, group in _by_kind(answerable).items()),
            tuple(_of_unanswerable(kind, group, answerable) for kind, group in unanswerable.items() if group),
        )

    def _probe(
        self, entry: JudgedChallenge, size: int, *, kept: int | None = None, removed: int | None = None
    ) -> Probe:
        """Search in a library of a size, with the cases from grade `kept` on and without those from `removed` on."""
        rows = self._draw(entry, size, kept, removed)
        challenge = self._challenges[entry.id]
        ranked = rank(self._engine, challenge, rows, limit=_JUDGED)
        ceiling = self._engine.word_ceiling(challenge.term_weights)
        judgement = judge(
            ranked,
            words=len(challenge.term_weights),
            word_ceiling=ceiling,
            strange=challenge.is_strange,
            understood=challenge.understood,
        )
        return Probe(entry.id, entry.kind, judgement.closeness, judgement.verdict)

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


def _by_kind(probes: Sequence[Probe]) -> dict[str, list[Probe]]:
    """Return all probes, then those of each kind of challenge, where there are several."""
    kinds = list(dict.fromkeys(probe.kind for probe in probes))
    groups = {kind: [probe for probe in probes if probe.kind == kind] for kind in kinds if len(kinds) > 1}
    return {ALL: list(probes), **groups}


def _of_answerable(kind: str, probes: Sequence[Probe]) -> Refusal:
    return Refusal(kind, _share(probes, Verdict.NONE), _share(probes, Verdict.STRONG))


def _of_unanswerable(kind: str, probes: Sequence[Probe], answerable: Sequence[Probe]) -> Refusal:
    positives, negatives = ({probe.id: probe.closeness for probe in side} for side in (answerable, probes))
    area = estimate_area(positives, negatives) if positives else None
    return Refusal(kind, _share(probes, Verdict.NONE), _share(probes, Verdict.STRONG), area)


def _share(probes: Sequence[Probe], verdict: Verdict) -> Estimate:
    return estimate_mean([float(probe.verdict is verdict) for probe in probes])
