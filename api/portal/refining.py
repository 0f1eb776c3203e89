"""What an answer's address says beside the challenge: filters, what a team has, how many cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urlencode

from api.requests.problems import ProblemError
from search.answers.answer import Answer
from search.filters import CASE_FACETS, FacetCount, Filters

LIMITS = (5, 10, 20)
_SHOWN_VALUES = 6
_EVERYTHING = {("region", "001")}  # the world: it narrows nothing
_SINCE_YEARS = (1, 2, 3, 5)
_NAMES = frozenset({*CASE_FACETS, "since", "have", "limit"})
_MOST_VALUES = 50
_MOST_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Refinement:
    """How an answer is narrowed; its form in an address is `query`."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: date | None = None
    have: tuple[str, ...] = ()
    limit: int = LIMITS[0]

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[str, str]]) -> Refinement:
        """Read an address or a form; what is no filter is left alone.

        Raises:
            ProblemError: a day that is none, or too much.
        """
        given = [(name, value.strip()) for name, value in pairs if name in _NAMES and value.strip()]
        if len(given) > _MOST_VALUES * len(CASE_FACETS) or any(len(value) > _MOST_CHARACTERS for _, value in given):
            raise ProblemError("invalid", "There are too many filters.")
        values = {facet: tuple(dict.fromkeys(value for name, value in given if name == facet)) for facet in CASE_FACETS}
        single = dict(given)
        return cls(
            values={facet: wanted for facet, wanted in values.items() if wanted},
            since=_day(single.get("since", "")),
            have=tuple(dict.fromkeys(value for name, value in given if name == "have")),
            limit=next((limit for limit in LIMITS if single.get("limit") == str(limit)), LIMITS[0]),
        )

    @property
    def filters(self) -> Filters:
        """The filters as search takes them."""
        return Filters(self.values, self.since)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered at all."""
        return bool(self.values or self.since)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """All of it as fields of a form."""
        since = [("since", self.since.isoformat())] if self.since else []
        limit = [("limit", str(self.limit))] if self.limit != LIMITS[0] else []
        chosen = [(facet, value) for facet, values in self.values.items() for value in values]
        return [*chosen, *since, *(("have", id_) for id_ in self.have), *limit]

    @property
    def query(self) -> str:
        """All of it as an address has it, with the question mark; nothing if there is none."""
        return f"?{urlencode(self.pairs)}" if self.pairs else ""

    def without(self, facet: str, value: str | None = None) -> Refinement:
        """Return it without a filter, or without one value of it."""
        if facet == "since":
            return replace(self, since=None)
        kept = tuple(one for one in self.values.get(facet, ()) if value is not None and one != value)
        others = {name: values for name, values in self.values.items() if name != facet}
        return replace(self, values={**others, **({facet: kept} if kept else {})})

    def without_filters(self) -> Refinement:
        """Return it without any filter."""
        return replace(self, values={}, since=None)

    def longer(self) -> Refinement | None:
        """Return it with more cases; None if there are no more."""
        more = next((limit for limit in LIMITS if limit > self.limit), None)
        return replace(self, limit=more) if more else None


@dataclass(frozen=True, slots=True)
class FacetGroup:
    """A facet as a form shows it: what is chosen and what is most frequent first, the rest apart."""

    facet: str
    chosen: tuple[str, ...]
    first: tuple[FacetCount, ...]
    rest: tuple[FacetCount, ...]


def facet_groups(
    counts: Mapping[str, tuple[FacetCount, ...]],
    chosen: Mapping[str, tuple[str, ...]],
    label: Callable[[str, str], str],
) -> tuple[FacetGroup, ...]:
    """Return the facets that tell cases apart, or that something is chosen of; `label` says what a value is called."""
    groups = []
    for facet in CASE_FACETS:
        picked = chosen.get(facet, ())
        entries = [entry for entry in counts.get(facet, ()) if (facet, entry.value) not in _EVERYTHING]
        if len(entries) < 2 and not picked:  # noqa: PLR2004  one value narrows nothing
            continue
        known = {entry.value: entry for entry in entries}
        # What no case has beside the other filters is still chosen, and can be taken back.
        first = [known.get(value) or FacetCount(value, label(facet, value), 0) for value in picked]
        others = [entry for entry in entries if entry.value not in picked]
        room = max(0, _SHOWN_VALUES - len(first))
        groups.append(FacetGroup(facet, picked, (*first, *others[:room]), tuple(others[room:])))
    return tuple(groups)


@dataclass(frozen=True, slots=True)
class Lift:
    """A filter to lift: how many cases there would be, and the address without it."""

    facet: str
    cases: int
    query: str


def lifts(answer: Answer, refinement: Refinement) -> tuple[Lift, ...]:
    """Return which filters to lift, the most rewarding first."""
    return tuple(Lift(entry.filter, entry.cases, refinement.without(entry.filter).query) for entry in answer.relax)


def since_days(chosen: date | None, today: date) -> tuple[date, ...]:
    """Return the days that a form offers, the latest first, with the one that is chosen."""
    offered = {today.replace(year=today.year - years, day=min(today.day, 28)) for years in _SINCE_YEARS}
    return tuple(sorted({*offered, *((chosen,) if chosen else ())}, reverse=True))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ProblemError("invalid", "Write a day such as 2026-03-31.") from None
