"""Cells that no spreadsheet takes for a formula, such cells read again, and cells as long as a text."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager

# Those of wide scripts as well: a spreadsheet takes them for the others.
_FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_QUOTE = "'"


def guard_cell(cell: str) -> str:
    """Return a cell with an apostrophe before what a spreadsheet would run, and before an apostrophe."""
    return f"{_QUOTE}{cell}" if cell[:1] in _FORMULA | {_QUOTE} and cell else cell


def unguard_cell(cell: str) -> str:
    """Return a cell without the apostrophe that `guard_cell` put there; one of a text's own stays."""
    return cell[1:] if cell[:1] == _QUOTE and cell[1:2] in _FORMULA | {_QUOTE} and cell[1:] else cell


@contextmanager
def long_cells(most: int) -> Iterator[None]:
    """Have CSV read with cells of up to so many characters, and as before afterwards: the limit is the process's."""
    before = csv.field_size_limit(most)
    try:
        yield
    finally:
        csv.field_size_limit(before)
