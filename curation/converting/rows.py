"""Read rows from JSON Lines and CSV files: a mapping each, with its line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curation.spreadsheets import long_cells
from library.errors import ImportFileError

ROW_SUFFIXES = frozenset({".jsonl", ".ndjson", ".csv", ".tsv"})
_MAX_CELL = 1_000_000


def read_rows(file: Path, problems: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of a file with their lines; what is no row becomes a problem, and the others go on.

    Raises:
        ImportFileError: the file cannot be read, is empty, or a CSV file's first line does not name its columns.
    """
    text = _content(file)
    yield from (_csv if file.suffix.lower() in (".csv", ".tsv") else _json_lines)(file, text, problems)


def _json_lines(file: Path, content: str, problems: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, text in enumerate(content.split("\n"), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            problems.append(f"{file.name}:{line}: no JSON: {error}")
            continue
        if isinstance(row, dict):
            yield line, row
        else:
            problems.append(f"{file.name}:{line}: no JSON object; write one object ({{...}}) a line")


def _csv(file: Path, content: str, problems: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    first = content.split("\n", 1)[0]
    separator = max("\t;,", key=first.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True)
    try:
        names = [name.strip() for name in next(reader)]
        twice = next((name for n, name in enumerate(names) if name in names[:n]), None)
        if twice is not None or not all(names):
            fault = f"names the column {twice!r} twice" if twice else "has a column without a name"
            raise ImportFileError(f"{file.name}:1 {fault}.", hint="Name each column once, in the first line.")
        line = reader.line_num
        with long_cells(_MAX_CELL):
            for cells in reader:
                if len(cells) > len(names):
                    problems.append(f"{file.name}:{line + 1}: {len(cells)} cells, but {len(names)} columns")
                elif any(cell.strip() for cell in cells):
                    yield line + 1, dict(zip(names, cells, strict=False))
                line = reader.line_num
    except csv.Error as error:
        problems.append(f"{file.name}:{reader.line_num}: no CSV: {error}; the rest of the file is left out")


def _content(file: Path) -> str:
    try:
        content = file.read_bytes()
        is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))  # "Unicode text" of spreadsheet programs
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        hint = "Save it as UTF-8; spreadsheet programs call it `CSV UTF-8`."
        raise ImportFileError(f"{file}:{line} is no UTF-8 text: {error.reason}.", hint=hint) from error
    except OSError as error:
        raise ImportFileError(f"{file} cannot be read: {error.strerror}.", hint="Check its name and rights.") from error
    if not text.strip():
        raise ImportFileError(
            f"{file} is empty.", hint="Write one JSON object a line, or a CSV file with named columns."
        )
    return text
