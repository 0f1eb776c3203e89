"""Where sentences end, so that a text is shortened by whole ones; in doubt one goes on."""

from __future__ import annotations

import re
from collections.abc import Callable

Span = tuple[int, int]

# A mark, what may close it, then what a sentence begins with: a capital, a figure, a quote or a bullet.
_END = re.compile(r"[.!?…]+(?:[\"'”’“»)\]]|\s»)*(?=\s+[\"'“„”«‹(\[¿¡–—•-]*\s?[^\W_a-zà-öø-ÿ])|\n")
# What a full stop belongs to: an initial, a short number (German ordinals), or one of these.
_LAST_WORD = re.compile(r"(?:^|[\s(\[„“\"'/-])([^\s(\[„“\"'/]*?)\.$")
_ABBREVIATIONS_TEXT = """
    abb abs abt allg approx apr aug av bd betr bsp bzgl bzw ca cf co corp dec dept dez dgl dipl dr ed eds env esp etc
    evtl excl exkl feb ff fig fr frz geb gegr ggf gmbh hr hrsg inc incl ing inkl int jan jr jul jun kfm lfd lt ltd max
    min mind mio mme mm mr mrd mrs ms nat no nov nr num oct okt orig pct pp prof qty resp rev sec sen sep sept sog sr
    st std str tab tel tsd usw vgl vol vs zb zzgl mill bn
"""
_ABBREVIATIONS = frozenset(_ABBREVIATIONS_TEXT.split())
_ORDINAL_DIGITS = 2


def split_sentences(text: str) -> list[Span]:
    """Return [start, end) of each sentence or line, in order, without the white space around it."""
    ends = [found.end() for found in _END.finditer(text) if not _goes_on(text[: found.end()])]
    spans = []
    start = 0
    for end in (*ends, len(text)):
        piece = text[start:end]
        if piece.strip():
            spans.append((start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())))
        start = end
    return spans


def first_sentences(text: str, fits: Callable[[str], bool]) -> str:
    """Return as many sentences from the beginning as fit together; empty if not even the first does."""
    spans = split_sentences(text)
    if not spans:
        return ""
    start = spans[0][0]
    if fits(text[start : spans[-1][1]]):
        return text[start : spans[-1][1]]
    low, high = 0, len(spans)  # the first `low` fit, `high` do not
    while high - low > 1:
        middle = (low + high) // 2
        if fits(text[start : spans[middle - 1][1]]):
            low = middle
        else:
            high = middle
    return text[start : spans[low - 1][1]] if low else ""


def widen_to_sentences(text: str, span: Span) -> Span:
    """Return a stretch of a text with the sentences at its edges whole."""
    touched = [(start, end) for start, end in split_sentences(text) if start < span[1] and span[0] < end]
    return (touched[0][0], touched[-1][1]) if touched else span


def _goes_on(text: str) -> bool:
    """Whether the full stop at the end of a text belongs to its last word."""
    found = _LAST_WORD.search(text[-30:])
    if found is None:
        return False
    word = found[1].lower()
    last = word.rpartition(".")[2]  # "z.B", "e.g"
    return len(last) == 1 or last in _ABBREVIATIONS or (last.isdecimal() and len(last) <= _ORDINAL_DIGITS)
