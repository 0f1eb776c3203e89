"""The list of cases by facet: what its address says, and a page of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from api.portal.refining import FacetGroup, Refinement, facet_groups
from search.browsing.sheets import Sheets
from search.browsing.shelf import Shelf
from search.browsing.shown_items import CaseLine
from search.filters import CaseFilter
from search.view import View

PAGE = 20
SORTS = ("recent", "title")


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of the cases that pass: `number` from 1 to `pages`; `first` and `last` are places in the whole list."""

    cases: tuple[CaseLine, ...]
    total: int
    number: int
    pages: int
    groups: tuple[FacetGroup, ...]
    labels: dict[tuple[str, str], str]
    values: dict[str, tuple[str, ...]]

    @property
    def first(self) -> int:
        """The place of the page's first case in the whole list."""
        return (self.number - 1) * PAGE + 1

    @property
    def last(self) -> int:
        """The place of its last."""
        return self.first + len(self.cases) - 1


@dataclass(frozen=True, slots=True)
class Listing:
    """What the address of a list says."""

    refinement: Refinement
    sort: str = SORTS[0]
    number: int = 1

    @classmethod
    def from_pairs(cls, pairs: Sequence[tuple[str, str]]) -> Listing:
        """Read an address; raises ProblemError for a day that is none."""
        given = dict(pairs)
        sort = given.get("sort", "")
        number = given.get("page", "")
        return cls(
            Refinement.from_pairs([(name, value) for name, value in pairs if name not in ("have", "limit")]),
            sort if sort in SORTS else SORTS[0],
            int(number) if number.isascii() and number.isdecimal() and len(number) < 7 else 1,  # noqa: PLR2004
        )

    def query(self, *, page: int = 1, without: tuple[str, str] | None = None, cleared: bool = False) -> str:
        """Return the address's query for another page, or without a filter's value or any filter."""
        kept = self.refinement.without(*without) if without else self.refinement
        pairs = [] if cleared else list(kept.pairs)
        pairs += [("sort", self.sort)] if self.sort != SORTS[0] else []
        pairs += [("page", str(page))] if page > 1 else []
        return f"?{urlencode(pairs)}" if pairs else ""

    def page(self, view: View, case_filter: CaseFilter, sheets: Sheets, language: str) -> CasePage:
        """Return the page that the address asks for, or the last one there is."""
        rows = case_filter.eligible()
        pages = max(1, -(-len(rows) // PAGE))
        number = min(max(self.number, 1), pages)
        ordered = _by_title(view, rows, language) if self.sort == "title" else sheets.newest(rows)
        values = case_filter.as_values()
        labels = {(facet, value): case_filter.label(facet, value) for facet in values for value in values[facet]}
        return CasePage(
            cases=sheets.cases(ordered[(number - 1) * PAGE : number * PAGE]),
            total=len(rows),
            number=number,
            pages=pages,
            groups=facet_groups(case_filter.counts(), values, case_filter.label),
            labels=labels,
            values=values,
        )


def _by_title(view: View, rows: Sequence[int], language: str) -> list[int]:
    titles = Shelf(view, language).titles(rows)
    return sorted(rows, key=lambda row: (titles[row].casefold(), row))
