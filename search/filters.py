"""Filters and facets: what may be asked for, which items pass, and how many each value has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from pydantic import Field

from indexer.facets import CONCEPT_FACETS
from library.codes import CodeList, fold_name, industries, regions
from library.errors import FilterError
from library.items import Concept
from search.view import View

_SUGGESTED = 5
_CALLED = {"business_case": "cases", "industry_note": "notes"}
CASE_FACETS = ("industry", "region", "challenge-type", "competency", "enabler", "outcome", "language")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a case must have: any of the values of a facet, in every facet; and a day since which it is known."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: date | None = None
    statuses: tuple[str, ...] = ("approved",)


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many cases have a value."""

    value: Annotated[str, Field(description="The value, as a filter takes it", examples=["DE"])]
    label: Annotated[str, Field(description="Its name in the language of labels", examples=["Germany"])]
    count: Annotated[int, Field(description="How many cases have it, or one narrower", ge=0, examples=[12])]


@dataclass(frozen=True, slots=True)
class Relaxation:
    """How many cases there would be without one of the filters."""

    filter: Annotated[str, Field(description="A facet, or `since`", examples=["region"])]
    cases: Annotated[int, Field(description="How many cases there would be", ge=0, examples=[7])]


class CaseFilter:
    """Filters over the cases, or the items of another type, that one asker sees."""

    def __init__(
        self,
        view: View,
        filters: Filters,
        *,
        known_regions: CodeList | None = None,
        language: str = "en",
        item_type: str = "business_case",
    ) -> None:
        self._view = view
        self._language = language
        self._codes = {"region": known_regions or regions(), "industry": industries()}
        self._item_type = item_type
        self._statuses = frozenset(filters.statuses)
        self._called = _CALLED.get(item_type, "items")
        self._cases = view.rows(item_type, statuses=filters.statuses)
        self._since = filters.since
        self.values = {
            facet: tuple(dict.fromkeys(self._resolve(facet, value) for value in values))
            for facet, values in filters.values.items()
            if values
        }
        self._passing = {facet: view.engine.rows_with(facet, values) for facet, values in self.values.items()}

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered at all."""
        return bool(self.values or self._since)

    def eligible(self, *, without: str = "") -> list[int]:
        """Return the cases that pass, in order of id; `without` leaves one filter out."""
        chosen = list(self._cases)
        for facet, passing in self._passing.items():
            if facet != without:
                chosen = [row for row in chosen if row in passing]
        if self._since and without != "since":
            chosen = [row for row in chosen if self._is_recent(row)]
        return chosen

    def relaxations(self, *, excluded: int | None = None) -> tuple[Relaxation, ...]:
        """Return which filters to drop, the most rewarding first; empty if anything but `excluded` passes."""
        if set(self.eligible()) - {excluded}:
            return ()
        found = [Relaxation(name, len(set(self.eligible(without=name)) - {excluded})) for name in self.as_values()]
        return tuple(sorted((entry for entry in found if entry.cases), key=lambda entry: -entry.cases))

    def counts(self) -> Mapping[str, tuple[FacetCount, ...]]:
        """Count every facet's values over the visible cases that pass the filters of the other facets."""
        if self.is_narrowed:
            return self._counts()
        key = ("counts", self._item_type, self._statuses, self._language, self._codes["region"])
        return self._view.once(key, self._counts)

    def as_values(self) -> dict[str, tuple[str, ...]]:
        """Return the filters as they were understood, the day of `since` among them."""
        since = {"since": (self._since.isoformat(),)} if self._since else {}
        return {**self.values, **since}

    def label(self, facet: str, value: str) -> str:
        """Return how a value is called."""
        if facet in self._codes:
            return self._codes[facet].label(value, self._language)
        if facet in CONCEPT_FACETS:
            return self._concept_titles.get(value, value)
        return value

    @property
    def stub_rows(self) -> list[int]:
        """Stubs that pass; a stub is matched by challenge type and industry section alone."""
        if self._since or set(self.values) - {"challenge-type", "industry"}:
            return []
        wanted = self.values.get("challenge-type")
        sections = {self._section(value) for value in self.values.get("industry", ())}
        return [
            row
            for row in self._view.stubs
            if (wanted is None or row in self._passing["challenge-type"])
            and (not sections or sections & self.stub_sections(row))
        ]

    def stub_sections(self, row: int) -> set[str]:
        """Return the ISIC sections of a stub's industries."""
        found = {self._section(entry.value) for entry in self._view.facets([row]) if entry.facet == "industry"}
        return {section for section in found if section}

    def _counts(self) -> dict[str, tuple[FacetCount, ...]]:
        result = {}
        passing = set(self.eligible())
        for facet in CASE_FACETS:
            among = set(self.eligible(without=facet)) if facet in self.values else passing
            counts = self._view.engine.facet_values(facet, among)
            entries = [
                FacetCount(value, self.label(facet, value), count)
                for value, count in counts.items()
                if self._may_name(facet, value)
            ]
            result[facet] = tuple(sorted(entries, key=lambda entry: (-entry.count, entry.value)))
        return result

    def _section(self, code: str) -> str:
        known = self._codes["industry"]
        return (code, *known.ancestors(code))[-1] if code in known.entries else ""

    def _is_recent(self, row: int) -> bool:
        day = self._view.records[row].day
        return day is not None and self._since is not None and day >= self._since

    def _may_name(self, facet: str, value: str) -> bool:
        return facet not in CONCEPT_FACETS or value in self._view.by_id

    @property
    def _concept_titles(self) -> Mapping[str, str]:
        return self._view.once(("titles", self._language), self._read_concept_titles)

    def _read_concept_titles(self) -> dict[str, str]:
        rows = self._view.rows(*CONCEPT_FACETS.values())
        items = [text.item for text in self._view.texts(rows).values()]
        return {item.id: item.label(self._language) for item in items if isinstance(item, Concept)}

    def _resolve(self, facet: str, value: str) -> str:
        """Return the value that is meant.

        Raises:
            FilterError: nothing visible has it and no list knows it.
        """
        if facet in self._codes:
            resolved = self._codes[facet].resolve(value)
            if resolved is not None:
                return resolved
        names = dict(self._names(facet))
        found = names.get(fold_name(value))
        if found is None:
            message = f"No {facet} is called {value!r}."
            raise FilterError(message, filter_name=facet, value=value, hint=self._nearest(facet, value, names))
        return found

    def _nearest(self, facet: str, value: str, names: Mapping[str, str]) -> str:
        import difflib

        near = _unique(names[name] for name in difflib.get_close_matches(fold_name(value), names, n=5, cutoff=0.6))
        told = [self._told(facet, known) for known in near or self._used(facet)]
        if not told:
            return f"No visible {self._called} have any."
        return f"Did you mean {', '.join(told)}?" if near else f"{self._called.capitalize()} have {', '.join(told)}."

    def _used(self, facet: str) -> list[str]:
        """Return the values that most visible cases have."""
        counts = self._view.engine.facet_values(facet, set(self._cases))
        shown = [value for value in counts if self._may_name(facet, value)]
        return sorted(shown, key=lambda value: (-counts[value], value))[:_SUGGESTED]

    def _told(self, facet: str, value: str) -> str:
        label = self.label(facet, value)
        return value if label == value else f"{value} ({label})"

    def _names(self, facet: str) -> Iterator[tuple[str, str]]:
        """Yield every name that a facet's value goes by, folded, with the value."""
        if facet in CONCEPT_FACETS:
            yield from self._concept_names(CONCEPT_FACETS[facet])
            return
        for value in self._view.engine.facet_values(facet, set(self._cases)):
            yield fold_name(value), value
        if facet == "outcome":
            yield from ((name, name) for name in ("success", "partial", "unsuccessful", "ongoing"))
        if facet in self._codes:
            yield from ((fold_name(code.labels["en"]), code.code) for code in self._codes[facet].entries.values())

    def _concept_names(self, concept_type: str) -> Iterator[tuple[str, str]]:
        rows = set(self._view.rows(concept_type))
        for label in self._view.labels:
            if label.item_row in rows:
                yield fold_name(label.text), self._view.records[label.item_row].id
        for row in rows:
            yield fold_name(self._view.records[row].id), self._view.records[row].id


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
