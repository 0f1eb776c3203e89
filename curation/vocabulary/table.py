r"""The vocabulary as a flat CSV table: a concept a row, a field a column, for spreadsheets and translators.

A column is `labels.en`, `alt_labels.de`, `broader`, `status`, ... or `body`. Several values stand below each other in a
cell, a line each; a line break within a value is `\\n` and a backslash `\\`. Mappings stand as `level: description`.
What a cell cannot say stands in `rest` as JSON. A cell that a spreadsheet would take for a formula (it begins with
= + - @ or a tab) has an apostrophe before it, which an import takes away again.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from curation.spreadsheets import guard_cell, long_cells, unguard_cell
from curation.vocabulary.pages import (
    CONCEPT_TYPES,
    ConceptPage,
    Incoming,
    IncomingVocabulary,
    decode_file,
    normal,
    plain_value,
)
from library.errors import VocabularyError
from library.front_matter import Value
from library.items import ITEM_TYPES

_MOST_BYTES = 20_000_000
_BY_LANGUAGE = ("labels", "alt_labels", "hidden_labels", "definition")
_MANY_BY_LANGUAGE = ("alt_labels", "hidden_labels")
_REST = "rest"
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_LINE_END = re.compile(r"\\(n|r|\\)")
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_LEVELS = "proficiency_levels"
_FIELDS = {name for kind in CONCEPT_TYPES for name in ITEM_TYPES[kind].model_fields} - {"imported"}


def write_table(pages: Sequence[ConceptPage]) -> str:
    """Return concepts as CSV with a header line; spreadsheets want it in UTF-8 with a byte-order mark."""
    rows = [_row(page) for page in pages]
    names = list(dict.fromkeys(name for row in rows for name in row))
    order = {name: n for n, name in enumerate(_order())}
    names.sort(key=lambda name: (order.get(name.partition(".")[0], len(order)), name))
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, names, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: guard_cell(cell) for name, cell in row.items()} for row in rows)
    return stream.getvalue()


def read_table(file: Path) -> IncomingVocabulary:
    """Return what a CSV file says of concepts; only the columns that it has are told of.

    Commas, semicolons and tabs are known, UTF-8, UTF-16 and Windows-1252 too.

    Raises:
        VocabularyError: it is no such table.
    """
    text, was_latin = decode_file(file, most_bytes=_MOST_BYTES)
    notes = [f"{file.name} is no UTF-8 and was read as Windows-1252; look at its accents"] if was_latin else []
    rows = _rows(file, text)
    if not rows:
        raise VocabularyError(f"{file} is empty.", hint="Write a header line with `id`, `type`, `labels.en`, ...")
    header = [name.strip() for name in rows[0][1]]
    known = _checked_header(file, header)
    notes += [f"column {name!r} is no field and was left out" for name in header if name and name not in known]
    concepts = [_concept(file, line, header, row, known) for line, row in rows[1:] if any(cell.strip() for cell in row)]
    return IncomingVocabulary(tuple(concepts), tuple(notes))


def _order() -> list[str]:
    fields = dict.fromkeys(name for kind in CONCEPT_TYPES for name in ITEM_TYPES[kind].model_fields)
    first = ("id", "type", "labels", "alt_labels", "hidden_labels", "definition")
    return [*dict.fromkeys((*first, *fields)), "body", _REST]


def _row(page: ConceptPage) -> dict[str, str]:
    """Return the cells of a page; what does not come back the same goes to `rest`."""
    cells = {"id": page.id, "type": page.type}
    rest: dict[str, Value] = {}
    for name, value in page.fields.items():
        told = _cells(name, value) if name in _FIELDS - {"id", "type"} else {}
        if told and all(map(_COLUMN.fullmatch, told)) and normal(name, _value(told).get(name)) == normal(name, value):
            cells |= told
        else:
            rest[name] = value
    cells["body"] = page.body
    if rest:
        cells[_REST] = json.dumps(rest, ensure_ascii=False)
    return cells


def _cells(name: str, value: Value) -> dict[str, str]:
    if name in _BY_LANGUAGE and isinstance(value, dict):
        return {f"{name}.{language}": _cell(texts, f"{name}.{language}") for language, texts in value.items()}
    return {name: _cell(value, name)}


def _cell(value: Value, column: str) -> str:
    match value:
        case str():
            return value if _is_single(column) else _escaped(value)
        case list() if column == _LEVELS:
            return "\n".join(_escaped(_level(entry)) for entry in value)
        case list():
            return "\n".join(_escaped(entry) if isinstance(entry, str) else "" for entry in value)
        case _:
            return ""


def _level(entry: Value) -> str:
    return f"{entry.get('level')}: {entry.get('description')}" if isinstance(entry, dict) else ""


def _value(cells: Mapping[str, str]) -> dict[str, Value]:
    """Return the fields that cells stand for; None where a cell is empty."""
    values: dict[str, Value] = {}
    for column, cell in cells.items():
        name, dot, language = column.partition(".")
        told = _told(column, cell)
        if dot:
            held = values.setdefault(name, {})
            assert isinstance(held, dict)
            held[language] = told
        else:
            values[name] = told
    return values


def _told(column: str, cell: str) -> Value:
    cell = cell.replace("\r\n", "\n")
    if not cell.strip():
        return None
    if _is_single(column):
        return cell
    lines = [_unescaped(line) for line in cell.split("\n")]
    if column == _LEVELS:
        return [dict(zip(("level", "description"), line.split(": ", 1), strict=False)) for line in lines]
    return list(lines)


def _is_single(column: str) -> bool:
    """Whether a column holds one value: a text by language, or a field that is no list."""
    name, dot, _ = column.partition(".")
    if dot:
        return name not in _MANY_BY_LANGUAGE
    fields = (ITEM_TYPES[kind].model_fields.get(name) for kind in CONCEPT_TYPES)
    return next((found.default != () for found in fields if found is not None), True)


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


def _unescaped(text: str) -> str:
    return _LINE_END.sub(lambda found: {"n": "\n", "r": "\r", "\\": "\\"}[found[1]], text)


def _rows(file: Path, text: str) -> list[tuple[int, list[str]]]:
    """Return the rows with the line each ends on, cut by what cuts the header into most columns."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        with long_cells(_MOST_BYTES):
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
            return [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        line = text.count("\n") + 1 if "end of data" in str(error) else reader.line_num
        hint = 'Check the quotes: a quote within a quoted cell is written twice ("").'
        raise VocabularyError(f"{file}, line {line}: {error}.", hint=hint) from error


def _checked_header(file: Path, header: Sequence[str]) -> set[str]:
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise VocabularyError(f"{file}: the column {twice[0]!r} stands twice.", hint="Keep one of them.")
    known = {name for name in header if name in _FIELDS - set(_BY_LANGUAGE) or name in ("type", "body", _REST)}
    by_language = tuple(f"{name}." for name in _BY_LANGUAGE)
    known |= {name for name in header if name.startswith(by_language) and _COLUMN.fullmatch(name)}
    if "id" not in known and not any(name.startswith("labels.") for name in known):
        hint = "Write a header line with `id`, `type`, `labels.en`, ..., as an export of the vocabulary has it."
        raise VocabularyError(f"{file} has no column `id` and no `labels.en`.", hint=hint)
    return known


def _concept(file: Path, line: int, header: Sequence[str], row: Sequence[str], known: set[str]) -> Incoming:
    place = f"{file.name}, line {line}"
    if len(row) > len(header) and any(row[len(header) :]):
        hint = "Put cells that hold the delimiter in quotes."
        raise VocabularyError(f"{place}: {len(row)} cells below {len(header)} columns.", hint=hint)
    cells = {name: unguard_cell(cell) for name, cell in zip(header, row, strict=False) if name in known}
    item_id, kind = cells.pop("id", "").strip(), cells.pop("type", "").strip()
    body, rest = cells.pop("body", None), cells.pop(_REST, "")
    body = None if body is None else body.replace("\r\n", "\n")
    given = {**_value(cells), **_rest(place, rest)}
    return Incoming(item_id, "", kind, given, body=body, place=place)


def _rest(place: str, cell: str) -> dict[str, Value]:
    if not cell.strip():
        return {}
    try:
        values = json.loads(cell)
    except (ValueError, RecursionError) as error:
        raise VocabularyError(f"{place}: `rest` is no JSON.", hint="Leave that column as it was exported.") from error
    if not isinstance(values, dict):
        raise VocabularyError(f"{place}: `rest` is no JSON object.", hint="Leave that column as it was exported.")
    return {name: plain_value(value) for name, value in values.items()}
