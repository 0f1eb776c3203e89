"""The questions of an enabler's page by which a team tells whether it has it, apart from the rest of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from library.codes import fold_name
from library.markdown import parse_body

_BEGINNINGS = ("do we have", "haben wir", "avons-nous", "en disposons-nous", "disposons-nous")
_HEADING = re.compile(r"(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_POINT = "- "


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """The questions in plain text, what the page says of the answers, and the rest of the page; both as Markdown."""

    questions: tuple[str, ...]
    advice: str
    rest: str


def read_self_check(markdown: str) -> SelfCheck:
    """Return a page's self-check; without questions all of the page is rest."""
    inside, outside = _parts(markdown)
    texts = [section.text for section in parse_body("\n".join(inside)).sections]
    points = [line.removeprefix(_POINT) for text in texts for line in text.split("\n") if line.startswith(_POINT)]
    if not points:
        return SelfCheck((), "", markdown)
    return SelfCheck(tuple(points), "\n".join(_beside_list(inside)), "\n".join(outside))


def _parts(markdown: str) -> tuple[list[str], list[str]]:
    """Return the lines below the heading of a self-check, and all others; the heading itself is in neither."""
    inside: list[str] = []
    outside: list[str] = []
    level, fenced = 0, False
    for line in markdown.split("\n"):
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.fullmatch(line)
        if heading and level and len(heading[1]) <= level:
            level = 0
        if heading and not level and fold_name(heading[2]).startswith(_BEGINNINGS):
            level = len(heading[1])
            continue
        (inside if level else outside).append(line)
    return inside, outside


def _beside_list(lines: list[str]) -> Iterator[str]:
    """Yield the lines that are no point of a list nor carry one on."""
    in_list = False
    for line in lines:
        if re.match(r"[-*+] ", line):
            in_list = True
        elif not line.strip() or not line.startswith((" ", "\t")):
            in_list = in_list and bool(line.strip())
        if not in_list:
            yield line
