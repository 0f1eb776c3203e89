"""Coverage: how much of the problem space the cases cover, as far as the asker may see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from indexer.facets import CONCEPT_FACETS
from search.view import View

_LISTED = ("outcome", "language", "classification")
_COUNTED = ("industry", "region")
_SCARCE = 3  # a challenge type with fewer cases than this is named


@dataclass(frozen=True, slots=True)
class ConceptCoverage:
    """How many concepts of a type there are, and how many cases each has (none left out); areas do not count."""

    total: int
    cases: Mapping[str, int]

    @property
    def covered(self) -> int:
        """Return how many concepts have a case."""
        return sum(1 for count in self.cases.values() if count)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"total": self.total, "covered": self.covered, "cases": dict(self.cases)}


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the cases that an asker sees, of any status, are about.

    `values` says how many cases have each value, by facet; `replicating` and `superseded` are ids.
    """

    values: Mapping[str, Mapping[str, int]]
    concepts: Mapping[str, ConceptCoverage]
    replicating: tuple[str, ...]
    superseded: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "values": {facet: dict(counts) for facet, counts in self.values.items()},
            "concepts": {facet: concepts.as_dict() for facet, concepts in self.concepts.items()},
            "replicating": list(self.replicating),
            "superseded": list(self.superseded),
        }

    def as_lines(self) -> Iterator[str]:
        """Yield the text form."""
        for facet in _LISTED:
            if self.values[facet]:
                yield f"  {facet}: " + ", ".join(f"{count} {value}" for value, count in self.values[facet].items())
        yield f"  {len(self.values['industry'])} industries, {len(self.values['region'])} countries or regions"
        for facet, concepts in self.concepts.items():
            scarce = [f"{id_} ({count})" for id_, count in concepts.cases.items() if count < _SCARCE]
            few = f"; fewer than {_SCARCE} cases: {', '.join(scarce)}" if scarce else ""
            yield f"  {facet}: {concepts.covered} of {concepts.total} have a case{few}"
        yield f"  {len(self.replicating)} replicate an earlier case, {len(self.superseded)} superseded by a later one"


def measure_coverage(view: View) -> Coverage:
    """Return the coverage of all cases that the asker sees, drafts and archived ones among them."""
    records = [record for record in view.records.values() if record.type == "business_case"]
    rows = [record.row for record in records]
    values: dict[str, Counter[str]] = {facet: Counter() for facet in (*_LISTED, *_COUNTED, *CONCEPT_FACETS)}
    for entry in view.facets(rows):
        if entry.facet in values:
            values[entry.facet][entry.value] += 1
    values["classification"].update(record.classification or "none" for record in records)
    links = view.links(rows)
    replaced = view.links(rows, backwards=True)
    return Coverage(
        values={facet: _by_count(values[facet]) for facet in (*_LISTED, *_COUNTED)},
        concepts={facet: _concepts(view, type_, values[facet]) for facet, type_ in CONCEPT_FACETS.items()},
        replicating=_ids(view, [link.source_row for link in links if link.field == "replicates"]),
        superseded=_ids(view, [link.target_row for link in replaced if link.field == "supersedes"]),
    )


def _concepts(view: View, concept_type: str, cases: Mapping[str, int]) -> ConceptCoverage:
    rows = view.rows(concept_type)
    areas = {link.target_row for link in view.links(rows) if link.field == "broader"}
    ids = [view.records[row].id for row in rows if row not in areas]
    return ConceptCoverage(len(ids), {id_: cases.get(id_, 0) for id_ in ids})


def _by_count(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))


def _ids(view: View, rows: list[int]) -> tuple[str, ...]:
    return tuple(sorted({view.records[row].id for row in rows}))
