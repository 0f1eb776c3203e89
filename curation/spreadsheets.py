"""Cells that no spreadsheet takes for a formula, and such cells read again."""

from __future__ import annotations

# Those of wide scripts as well: a spreadsheet takes them for the others.
_FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_QUOTE = "'"


def guard_cell(cell: str) -> str:
    """Return a cell with an apostrophe before what a spreadsheet would run, and before an apostrophe."""
    return f"{_QUOTE}{cell}" if cell[:1] in _FORMULA | {_QUOTE} and cell else cell


def unguard_cell(cell: str) -> str:
    """Return a cell without the apostrophe that `guard_cell` put there; one of a text's own stays."""
    return cell[1:] if cell[:1] == _QUOTE and cell[1:2] in _FORMULA | {_QUOTE} and cell[1:] else cell
