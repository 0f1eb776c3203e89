"""Measure the answers to judged challenges as one asker gets them, and find the worst.

Every challenge is searched as `casebook search` does. What the asker cannot find counts as not judged,
whether it exists or not, so that figures tell nothing of hidden cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from indexer.progress import Progress, Silence
from library.access import Asker
from library.errors import ChallengeError, JudgementsError
from search.answering.assembling import SearchOptions, search_cases
from search.answers.answer import Answer, plain
from search.engine import Engine
from search.evaluation.judgements import JudgedChallenge, Judgements
from search.evaluation.metrics import (
    Estimate,
    estimate_mean,
    exponential_gain,
    judged_share,
    ndcg,
    recall,
    reciprocal_rank,
    success,
)
from search.ranking.verdict import Verdict
from search.view import View

Measure = Callable[[Sequence[str], Mapping[str, int]], float]

ALL = "all"
REFUSED = "refused"
WRONGLY_REFUSED = "wrongly refused"
ANSWERED = "answered"
DEPTH = 20
LEAST_DEPTH = 10  # nDCG@10 looks at so many
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """A challenge's answer: case ids, best first, with their titles; verdict; figures by name.

    `grades` are those of cases that the asker can find.
    """

    challenge: JudgedChallenge
    has_answer: bool
    grades: Mapping[str, int]
    ranking: tuple[str, ...]
    titles: Mapping[str, str]
    verdict: str
    closeness: float
    figures: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, with the first five cases and where every relevant one stands."""
        return {
            "id": self.challenge.id,
            "place": self.challenge.place,
            "text": self.challenge.text,
            "kind": self.challenge.kind,
            "language": self.challenge.language,
            "verdict": self.verdict,
            "closeness": self.closeness,
            "figures": {name: round(value, 4) for name, value in self.figures.items()},
            "first": [
                {"rank": rank, "id": id_, "title": self.titles[id_], "grade": grade}
                for rank, (id_, grade) in enumerate(self.first(), 1)
            ],
            "best": [{"id": id_, "grade": grade, "rank": rank} for id_, grade, rank in self.best_judged()],
        }

    def first(self) -> list[tuple[str, int | None]]:
        """Return the first five cases with their grades, nothing where a case was not judged."""
        return [(id_, self.grades.get(id_)) for id_ in self.ranking[:_SHOWN]]

    def best_judged(self) -> list[tuple[str, int, int | None]]:
        """Return the judged cases that help at all: id, grade and rank (nothing if not found), best grade first."""
        ranks = {id_: rank for rank, id_ in enumerate(self.ranking, 1)}
        judged = [(id_, grade, ranks.get(id_)) for id_, grade in self.grades.items() if grade]
        return sorted(judged, key=lambda entry: (-entry[1], entry[2] or len(ranks) + 1, entry[0]))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured over all challenges and over those of each kind and language.

    `groups` holds estimates by group and name; `not_found` the judged ids that the asker cannot find, with
    the first place that names each; `unmeasured` challenges had no other right case.
    """

    name: str
    model: str
    cases: int
    depth: int
    measured: tuple[Measured, ...]
    groups: Mapping[str, Mapping[str, Estimate]]
    unjudged: int = 0
    unmeasured: int = 0
    not_found: Mapping[str, str] = field(default_factory=dict)

    def worst(self, count: int) -> list[Measured]:
        """Return the answerable challenges with the lowest nDCG@5, then nDCG@10, then reciprocal rank."""
        names = ("nDCG@5", "nDCG@10", "MRR")
        answerable = [entry for entry in self.measured if entry.has_answer]
        return sorted(answerable, key=lambda entry: [entry.figures[name] for name in names])[:count]

    def wrongly_answered(self, count: int) -> list[Measured]:
        """Return the challenges without an answer that got one, the closest first."""
        answered = [entry for entry in self.measured if not entry.has_answer and entry.verdict != Verdict.NONE]
        return sorted(answered, key=lambda entry: -entry.closeness)[:count]

    def shortfalls(self, thresholds: Sequence[Threshold]) -> list[str]:
        """Return in words which figures over all challenges are below what they should reach."""
        return [message for threshold in thresholds if (message := threshold.shortfall(self.groups[ALL]))]

    def as_dict(self, worst: int) -> dict[str, Any]:
        """Return the JSON form (docs/evaluate.md)."""
        result: dict[str, Any] = plain(
            {
                "schema": 1,
                "name": self.name,
                "model": self.model,
                "cases": self.cases,
                "depth": self.depth,
                "challenges": len(self.measured),
                "unjudged": self.unjudged,
                "unmeasured": self.unmeasured,
                "not_found": [{"id": id_, "place": place} for id_, place in self.not_found.items()],
                "groups": {
                    group: {name: asdict(estimate) for name, estimate in estimates.items()}
                    for group, estimates in self.groups.items()
                },
                "worst": [entry.as_dict() for entry in self.worst(worst)],
                "wrongly_answered": [entry.as_dict() for entry in self.wrongly_answered(worst)],
            }
        )
        return result


@dataclass(frozen=True, slots=True)
class Threshold:
    """A figure and the least that it should reach over all challenges."""

    name: str
    least: float

    @classmethod
    def from_text(cls, text: str) -> Threshold:
        """Read METRIC=VALUE; raises ValueError for an unknown metric or a value outside 0..1."""
        name, _, value = (part.strip() for part in text.partition("="))
        known = {metric.casefold(): metric for metric in (*_measures(least=1), REFUSED, ANSWERED)}
        if name.casefold() not in known:
            raise ValueError(f"{text!r} names no metric; write METRIC=VALUE with one of {', '.join(known.values())}.")
        try:
            least = float(value)
        except ValueError:
            least = -1.0
        if not 0.0 <= least <= 1.0:
            raise ValueError(f"{text!r} has no value between 0 and 1.")
        return cls(known[name.casefold()], least)

    def shortfall(self, estimates: Mapping[str, Estimate]) -> str:
        """Say by how much the figure is missed; nothing if it is reached."""
        estimate = estimates.get(WRONGLY_REFUSED if self.name == ANSWERED else self.name)
        if estimate is None:
            return f"{self.name} was not measured: no challenge tells it."
        reached = 1.0 - estimate.mean if self.name == ANSWERED else estimate.mean
        return "" if reached >= self.least - 1e-9 else f"{self.name} is {reached:.4f}, below {self.least:g}."


def evaluate(
    engine: Engine,
    judgements: Judgements,
    *,
    asker: Asker,
    options: SearchOptions | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Search every challenge for an asker, look at as many cases as the options' limit says, and measure.

    Raises:
        JudgementsError: a challenge cannot be searched with, or no challenge has a right case that can be found.
    """
    options = options or SearchOptions(limit=DEPTH)
    options = replace(options, limit=max(options.limit, LEAST_DEPTH), facets=False)
    progress = progress or Silence()
    view = View(engine, asker)
    findable = {view.records[row].id for row in view.rows("business_case")}
    chosen = list(_measurable(judgements, findable))
    if not chosen:
        raise JudgementsError(
            f"No challenge of {judgements.name} has a right case that this asker can find.",
            hint="Write ids as `casebook list cases` shows them; --user, --role and --group say who asks.",
        )
    progress.start("Searching", len(chosen))
    measured = []
    for challenge, has_answer in chosen:
        answer = _search(engine, challenge, asker, options)
        measured.append(_measure(challenge, answer, findable, judgements.least if has_answer else None))
        progress.advance(1)
    return Evaluation(
        name=judgements.name,
        model=engine.manifest.model,
        cases=len(findable),
        depth=options.limit,
        measured=tuple(measured),
        groups=dict(_groups(measured)),
        unjudged=judgements.unjudged,
        unmeasured=len(judgements.challenges) - len(chosen),
        not_found=_not_found(judgements, findable),
    )


def _measures(least: int) -> dict[str, Measure]:
    """Return what is measured of a ranking; relevant is a grade of at least `least`."""
    return {
        "nDCG@5": partial(ndcg, depth=5, gain=exponential_gain),
        "nDCG@10": partial(ndcg, depth=10, gain=exponential_gain),
        "success@3": partial(success, depth=3, least=least),
        "recall@5": partial(recall, depth=5, least=least),
        "MRR": partial(reciprocal_rank, least=least),
        "judged@5": partial(judged_share, depth=5),
    }


def _measurable(judgements: Judgements, findable: set[str]) -> Iterator[tuple[JudgedChallenge, bool]]:
    """Yield challenges with whether they have an answer; not those whose right cases all cannot be found."""
    for challenge in judgements.challenges:
        if not judgements.has_answer(challenge):
            yield challenge, False
        elif any(grade >= judgements.least for id_, grade in challenge.grades.items() if id_ in findable):
            yield challenge, True


def _search(engine: Engine, challenge: JudgedChallenge, asker: Asker, options: SearchOptions) -> Answer:
    try:
        return search_cases(engine, challenge.text, asker=asker, options=options)
    except ChallengeError as error:
        raise JudgementsError(f"{challenge.place}: {error.message}", hint=error.hint, command=error.command) from None


def _measure(challenge: JudgedChallenge, answer: Answer, findable: set[str], least: int | None) -> Measured:
    """Measure one answer; without `least` the challenge has no right case.

    A case that is shown under another of the same practice stands right behind it.
    """
    ranking = tuple(id_ for case in answer.cases for id_ in (case.id, *(other.id for other in case.grouped)))
    grades = {id_: grade for id_, grade in challenge.grades.items() if id_ in findable}
    refused = float(answer.verdict == Verdict.NONE)
    if least is None:
        figures = {REFUSED: refused}
    else:
        figures = {name: measure(ranking, grades) for name, measure in _measures(least).items()}
        figures[WRONGLY_REFUSED] = refused
    titles = {case.id: case.title for case in answer.cases}
    titles |= {other.id: other.title for case in answer.cases for other in case.grouped}
    has_answer = least is not None
    return Measured(challenge, has_answer, grades, ranking, titles, answer.verdict, answer.closeness, figures)


def _groups(measured: Sequence[Measured]) -> Iterator[tuple[str, dict[str, Estimate]]]:
    """Yield the estimates over all, then by kind and by language where these are given."""
    yield ALL, _estimates(measured)
    for name in ("kind", "language"):
        values = dict.fromkeys(getattr(entry.challenge, name) for entry in measured)
        for value in values:
            if value:
                group = [entry for entry in measured if getattr(entry.challenge, name) == value]
                yield f"{name} {value}", _estimates(group)


def _estimates(measured: Sequence[Measured]) -> dict[str, Estimate]:
    """Return an estimate of each figure over the challenges that have it."""
    names = [*_measures(least=1), WRONGLY_REFUSED, REFUSED]
    values = {name: [entry.figures[name] for entry in measured if name in entry.figures] for name in names}
    return {name: estimate_mean(found) for name, found in values.items() if found}


def _not_found(judgements: Judgements, findable: set[str]) -> dict[str, str]:
    places: dict[str, str] = {}
    for challenge in judgements.challenges:
        for id_, place in challenge.places.items():
            if id_ not in findable:
                places.setdefault(id_, place)
    return places
