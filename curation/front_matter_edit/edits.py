"""Edits of a text, carried out from its end; and why there are none that are safe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

from library.errors import EditError

# From where to where, and what stands there then.
Edit: TypeAlias = tuple[int, int, str]
LINE_END = re.compile(r"\r\n|\r|\n")


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Return a text after edits, each in terms of the text as it was; of two at one place the first comes first."""
    ordered = sorted(edits, key=lambda edit: (edit[0], edit[1] > edit[0]))
    for start, end, new in reversed(ordered):
        text = f"{text[:start]}{new}{text[end:]}"
    return text


def line_end(text: str, place: int) -> int:
    """Return the offset behind the line in which a place stands."""
    found = LINE_END.search(text, place)
    return found.end() if found else len(text)


def refusal(text: str, place: int, message: str, remedy: str, *, block: bool = False) -> EditError:
    """Return an error that names the line in the file; a block begins on its second line."""
    line = len(LINE_END.findall(text[:place])) + 1 + block
    return EditError(f"Line {line}: {message}.", hint=f"{remedy}.")
