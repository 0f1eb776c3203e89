"""Where in a file something stands: fields of the front matter, lines of the body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from library.front_matter import FENCE

_KEY = re.compile(r"([A-Za-z_]\w*)\s*:")
_FENCES = (FENCE, "...")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, counted from 1; `field` is the front matter's field that it belongs to, empty in the body."""

    number: int
    field: str
    text: str


def lines_of(text: str) -> Iterator[Line]:
    """Yield the lines of a file, but for the fences of its front matter and comments there."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    in_front = lines[0].rstrip() == FENCE
    name = ""
    for number, line in enumerate(lines[1:] if in_front else lines, 2 if in_front else 1):
        if in_front and line.rstrip() in _FENCES:
            in_front, name = False, ""
        elif in_front:
            begun = _KEY.match(line)
            name = begun[1] if begun else name
            if not line.lstrip().startswith("#"):
                yield Line(number, name, line)
        else:
            yield Line(number, "", line)


def line_of_field(text: str, name: str) -> int:
    """Return the line on which a field of the front matter begins; 1 if it is not written there."""
    return next((line.number for line in lines_of(text) if line.field == name), 1)


def line_of_phrase(text: str, phrase: str, *, start: int = 1) -> int:
    """Return the first line of the body from `start` on that holds a phrase, else `start`."""
    body = (line for line in lines_of(text) if not line.field and line.number >= start)
    return next((line.number for line in body if phrase in line.text), start)
