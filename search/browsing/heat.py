"""Which challenges are covered in which industries: cases by kind of challenge and section, as the asker sees them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from library.codes import fold_name, industries
from library.items import Concept
from search.answers.answer import Named
from search.view import View

ELSEWHERE = ""  # of industries that stand in no list
# The fewest cases of each step; a cell without any has none.
STEPS = (1, 2, 4, 7)


@dataclass(frozen=True, slots=True)
class HeatCell:
    """How many cases a kind of challenge has in a section; `step` grows with it, 0 for none."""

    section: str
    count: int
    step: int


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A kind of challenge: its cells in the order of the sections, and how many cases it has in all."""

    challenge_type: Named
    cells: tuple[HeatCell, ...]
    total: int


@dataclass(frozen=True, slots=True)
class HeatTable:
    """The kinds of challenge by the sections in which there is any case; `untouched` are sections without one.

    A case of several sections counts in each, but once in a total.
    """

    sections: tuple[Named, ...]
    rows: tuple[HeatRow, ...]
    totals: tuple[int, ...]
    cases: int
    untouched: tuple[Named, ...]

    @property
    def gaps(self) -> int:
        """How many cells are empty."""
        return sum(cell.count == 0 for row in self.rows for cell in row.cells)


def measure_heat(view: View, language: str) -> HeatTable:
    """Return the coverage of visible approved cases by visible kinds of challenge.

    One that only gathers narrower ones has no row.
    """
    rows = view.rows("business_case")
    sections_of, types_of = _values(view, rows)
    cells = Counter((type_, section) for row in rows for type_ in types_of[row] for section in sections_of[row])
    types = Counter(type_ for row in rows for type_ in types_of[row])
    totals = Counter(section for row in rows for section in sections_of[row])
    known = industries()
    all_sections = [code for code, entry in known.entries.items() if not entry.parents]
    used = [code for code in (*all_sections, ELSEWHERE) if totals[code]]
    return HeatTable(
        sections=tuple(Named(code, known.label(code, language)) for code in used),
        rows=tuple(_row(type_, used, cells, types[type_.id]) for type_ in _types(view, types, language)),
        totals=tuple(totals[code] for code in used),
        cases=len(rows),
        untouched=tuple(Named(code, known.label(code, language)) for code in all_sections if not totals[code]),
    )


def _row(type_: Named, sections: list[str], cells: Mapping[tuple[str, str], int], total: int) -> HeatRow:
    counts = [(section, cells.get((type_.id, section), 0)) for section in sections]
    return HeatRow(type_, tuple(HeatCell(section, count, step_of(count)) for section, count in counts), total)


def step_of(count: int) -> int:
    """Return the step of a number of cases, 0 for none."""
    return sum(count >= fewest for fewest in STEPS)


def _values(view: View, rows: list[int]) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
    """Return each case's sections and kinds of challenge."""
    known = industries()
    sections: dict[int, set[str]] = {row: set() for row in rows}
    types: dict[int, set[str]] = {row: set() for row in rows}
    for entry in view.facets(rows):
        if entry.facet == "industry":
            is_known = entry.value in known.entries
            sections[entry.item_row].add((entry.value, *known.ancestors(entry.value))[-1] if is_known else ELSEWHERE)
        elif entry.facet == "challenge-type" and entry.value in view.by_id:
            types[entry.item_row].add(entry.value)
    return sections, types


def _types(view: View, counts: Mapping[str, int], language: str) -> list[Named]:
    """Return the kinds of challenge that have none below them, or cases of their own, by name."""
    rows = view.rows("challenge_type")
    areas = {link.target_row for link in view.links(rows) if link.field == "broader"}
    items = [text.item for row, text in view.texts(rows).items() if row not in areas or text.item.id in counts]
    named = [Named(item.id, item.label(language)) for item in items if isinstance(item, Concept)]
    return sorted(named, key=lambda entry: (fold_name(entry.label), entry.id))
