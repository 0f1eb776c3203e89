"""How much room a text takes: lines of a width, as Arial and its metric twins (Helvetica, Liberation Sans) set it.

Widths are the font's published ones, in thousandths of the size. What it lacks is counted wide, and lines are filled
to a little less than their width, so that a reader without the font does not lose the last line.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cache

_WIDTHS = {
    " \u00a0\u202f!,./:;I[\\]ft|": 278,
    "ijl": 222,
    "'": 191,
    "()-r`": 333,
    "{}": 334,
    '"': 355,
    "*": 389,
    "^": 469,
    "Jckcsvxyz": 500,
    "#$?0123456789Labdeghnopqu_": 556,
    "FTZ": 611,
    "+<=>~": 584,
    "&ABEKPSVXY": 667,
    "CDHNRUw": 722,
    "GOQ": 778,
    "Mm": 833,
    "%": 889,
    "W": 944,
    "@": 1015,
    "–": 556,
    "—…": 1000,
    "·’‘": 278,
    "“”„": 333,
    "•": 350,
    "→": 1000,
    "ß": 611,
    "æœ": 944,
}
_BY_CHARACTER = {character: width for characters, width in _WIDTHS.items() for character in characters}
_OTHER = 667
_WIDE = 1000
_BOLD = 1.08
_FILLED = 0.96  # of a line's width
_BREAK = re.compile(r"[ \t\r\f\v]+")  # a line never breaks at other spaces
_LINE = 1.15  # line height of a font of size 1
# A brief is measured again and again while it is shortened. Counts are kept by hash: no text of an item that is
# withdrawn or purged stays in memory here.
_MOST_COUNTS = 8192
_counts: dict[tuple[bytes, float, float, bool], int] = {}


def line_height(size: float) -> float:
    """Return the height of a line in points."""
    return round(size * _LINE, 1)


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a text on one line in points."""
    return sum(_width(character) for character in text) * size / 1000 * (_BOLD if bold else 1)


def count_lines(text: str, width: float, size: float, *, bold: bool = False) -> int:
    """Return how many lines a text takes at a width in points; a word that is wider is broken."""
    return sum(_lines_of_paragraph(line, width * _FILLED, size, bold=bold) for line in text.split("\n"))


def cut_words(text: str, lines: int, width: float, size: float, *, bold: bool = False) -> str:
    """Return a text that takes at most so many lines: the words that fit, and an ellipsis if some do not."""
    if count_lines(text, width, size, bold=bold) <= lines:
        return text
    low, high = 0, len(text)  # `low` characters fit with an ellipsis, `high` do not
    while high - low > 1:
        middle = (low + high) // 2
        if count_lines(f"{text[:middle].rstrip()} …", width, size, bold=bold) <= lines:
            low = middle
        else:
            high = middle
    kept = text[:low]
    at_word = kept.rfind(" ")
    return f"{kept[: at_word if at_word > low // 2 else low].rstrip()} …"


def _lines_of_paragraph(text: str, width: float, size: float, *, bold: bool) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    key = (digest, width, size, bold)
    lines = _counts.get(key)
    if lines is None:
        lines = _filled_lines(text, width, size, bold=bold)
        if len(_counts) >= _MOST_COUNTS:
            _counts.clear()
        _counts[key] = lines
    return lines


def _filled_lines(text: str, width: float, size: float, *, bold: bool) -> int:
    lines, filled = 1, 0.0
    space = text_width(" ", size, bold=bold)
    for word in filter(None, _BREAK.split(text)):
        needed = text_width(word, size, bold=bold)
        gap = space if filled else 0.0
        if filled + gap + needed <= width:
            filled += gap + needed
            continue
        broken = int(needed // width)
        lines += broken + (1 if filled else 0)
        filled = needed - broken * width
    return lines


@cache
def _width(character: str) -> int:
    if character in _BY_CHARACTER:
        return _BY_CHARACTER[character]
    if unicodedata.east_asian_width(character) in "WF":
        return _WIDE
    base = unicodedata.normalize("NFD", character)[0]
    if unicodedata.combining(character):
        return 0
    return _BY_CHARACTER.get(base, _OTHER)
