"""Hand out the library or a selection of it: what one asker sees, as JSON Lines, CSV or a folder of Markdown.

References to what the asker does not see are left out, as `show` leaves them out, and so is what is never shown.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from curation.spreadsheets import guard_cell
from curation.vocabulary.integrity import ID
from curation.vocabulary.pages import plain_value
from curation.writing import replace_file, slug, write_text
from library.codes import CodeList
from library.errors import ExportError
from library.front_matter import format_front_matter
from library.items import FOLDERS, ITEM_TYPES
from search.browsing.listing import show_item
from search.filters import CaseFilter, Filters
from search.view import View


class ExportFormat(StrEnum):
    """What an export can be."""

    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items: those of ids, or of types, statuses and (cases alone) filters; all that are approved if nothing."""

    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ("approved",)
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class ExportedItem:
    """An item as its asker sees it: fields as JSON values, `id` and `type` among them, and its Markdown."""

    fields: dict[str, Any]
    body: str

    @property
    def id(self) -> str:
        """The item's id."""
        return str(self.fields["id"])

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {**self.fields, "body": self.body}


def export_items(view: View, selection: Selection, *, known_regions: CodeList | None = None) -> Iterator[ExportedItem]:
    """Yield the selected items in order of type and id.

    Raises:
        UnknownItemError: an id is none that the asker sees.
        ExportError: an id's status was not asked for.
        FilterError: nothing visible has a filter's value.
    """
    for item_id in _selected(view, selection, known_regions):
        record = view.record(item_id)
        yield ExportedItem(show_item(view, item_id).fields, view.body(record.row))


def as_json_lines(items: Iterator[ExportedItem]) -> Iterator[str]:
    """Yield one JSON object an item, with a line end."""
    for item in items:
        yield json.dumps(item.as_dict(), ensure_ascii=False) + "\n"


def as_csv(items: Iterator[ExportedItem]) -> str:
    """Return a table: an item a row, a field a column; several values stand below each other, mappings as JSON."""
    rows = [item.as_dict() for item in items]
    present = {name for row in rows for name in row}
    names = ["id", "type", *(name for name in _field_order() if name in present), "body"]
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, names, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: guard_cell(_cell(value)) for name, value in row.items()} for row in rows)
    return stream.getvalue()


def write_export(text: str, file: Path, *, overwrite: bool = False, for_spreadsheets: bool = False) -> None:
    """Write an export into a file; spreadsheets know UTF-8 by a byte-order mark.

    Raises:
        ExportError: the file exists and may not be replaced.
        LibraryError: it cannot be written.
    """
    if file.is_dir() or (file.exists() and not overwrite):
        hint = "Choose another name." if file.is_dir() else "Choose another name, or say --overwrite."
        raise ExportError(f"{file} exists already.", hint=hint)
    replace_file(file, text.encode("utf-8-sig" if for_spreadsheets else "utf-8"))


def write_folder(items: Iterator[ExportedItem], folder: Path, *, library: Path) -> int:
    """Write items as a library of their own into a new or empty folder; return how many.

    Raises:
        ExportError: the folder holds something, or lies where the library would take it for its own.
        LibraryError: a file cannot be written.
    """
    place, own = folder.resolve(), library.resolve()
    if any(place.is_relative_to(own / root) for root in ("cases", "kb")) or own.is_relative_to(place):
        raise ExportError(f"{folder} is part of the library.", hint="Choose a folder outside of cases/ and kb/.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(f"{folder} is not empty.", hint="Choose a new or an empty folder.")
    taken: set[str] = set()
    for item in items:
        path = _free_path(item, taken)
        fields = {name: plain_value(value) for name, value in item.fields.items() if name not in ("id", "type")}
        fields |= {name: [] for name in _lists_to_state(item.fields["type"]) if name not in fields}
        named = {"id": item.id} if Path(path).stem != item.id else {}
        write_text(folder / path, format_front_matter({**named, **fields}) + item.body, root=folder)
    return len(taken)


def _selected(view: View, selection: Selection, known_regions: CodeList | None) -> list[str]:
    if selection.ids:
        return [_checked(view, item_id, selection.statuses) for item_id in dict.fromkeys(selection.ids)]
    if selection.filters.values or selection.filters.since:
        return [
            view.records[row].id for row in CaseFilter(view, selection.filters, known_regions=known_regions).eligible()
        ]
    types = selection.types or tuple(ITEM_TYPES)
    return [view.records[row].id for kind in types for row in view.rows(kind, statuses=selection.statuses)]


def _checked(view: View, item_id: str, statuses: Sequence[str]) -> str:
    status = view.record(item_id).status
    if status not in statuses:
        hint = f"Ask for the status {status} too if you want it all the same."
        raise ExportError(f"{item_id} is {status}.", hint=hint, command=f"--status {status} does.")
    return item_id


def _field_order() -> list[str]:
    names = dict.fromkeys(name for model in ITEM_TYPES.values() for name in model.model_fields)
    return [name for name in names if name not in ("id", "type")]


def _lists_to_state(kind: str) -> list[str]:
    """Return the lists that an approved item has to state even where they are empty."""
    model = ITEM_TYPES[kind]
    return [name for name in model.TO_PUBLISH if model.model_fields[name].default == ()]


def _cell(value: Any) -> str:  # any JSON value
    match value:
        case str():
            return value
        case None:
            return ""
        case list():
            return "\n".join(_cell(entry) for entry in value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _free_path(item: ExportedItem, taken: set[str]) -> str:
    """Return where an item's file goes; an id that is no name for a file gets one that is."""
    stem = item.id if ID.fullmatch(item.id) and len(item.id) <= 200 else slug(item.id) or "item"  # noqa: PLR2004
    folder, number, path = FOLDERS[item.fields["type"]], 1, ""
    while not path or path in taken:
        path = f"{folder}/{stem}{f'-{number}' if number > 1 else ''}.md"
        number += 1
    taken.add(path)
    return path
