"""Tell of cases that the asker may know of but not see: by challenge type, naming nothing else."""

from __future__ import annotations

from collections.abc import Collection

from library.codes import industries
from library.items import Concept
from search.answers.answer import Named, Stub
from search.answers.options import SearchOptions
from search.filters import CaseFilter
from search.ranking.agreement import are_about, broader_types
from search.view import View

SHOWN_STUBS = 3


def find_stubs(
    view: View, case_filter: CaseFilter, options: SearchOptions, wanted: Collection[str]
) -> tuple[Stub, ...]:
    """Return stubs on one of the wanted challenge types or a narrower one, those that have most of them first."""
    found = []
    broader = broader_types(view)
    for row in case_filter.stub_rows:
        values = [entry.value for entry in view.facets([row]) if entry.facet == "challenge-type"]
        shown = [value for value in values if value in view.by_id]
        common = len(are_about(shown, broader).intersection(wanted))
        if common:
            found.append((-common, view.stubs[row].stub_id, row, shown))
    return tuple(
        Stub(stub_id, _named_types(view, shown, options), _sections(case_filter, row, options), options.contact)
        for _, stub_id, row, shown in sorted(found)[:SHOWN_STUBS]
    )


def _named_types(view: View, ids: list[str], options: SearchOptions) -> tuple[Named, ...]:
    texts = view.texts([view.by_id[id_].row for id_ in ids])
    items = [texts[view.by_id[id_].row].item for id_ in ids]
    return tuple(Named(item.id, item.label(options.language)) for item in items if isinstance(item, Concept))


def _sections(case_filter: CaseFilter, row: int, options: SearchOptions) -> tuple[Named, ...]:
    known = industries()
    return tuple(Named(code, known.label(code, options.language)) for code in sorted(case_filter.stub_sections(row)))
