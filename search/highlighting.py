"""Find the words of a passage that the challenge has too, by stem."""

from __future__ import annotations

from collections.abc import Collection

from indexer.lexical import analyse

Span = tuple[int, int]


def find_highlights(text: str, language: str, terms: Collection[str]) -> tuple[Span, ...]:
    """Return [start, end) of each word of `text` whose term is among `terms`, in order."""
    return tuple((word.start, word.end) for word in analyse(text, language) if word.term in terms)


def cut_excerpt(text: str, highlights: tuple[Span, ...], *, length: int) -> tuple[str, tuple[Span, ...]]:
    """Return the stretch of about `length` characters with the most highlights, and these within it."""
    if len(text) <= length:
        return text, highlights
    starts = [0, *(start for start, _ in highlights)]
    best = max(starts, key=lambda start: (sum(start <= s and e <= start + length for s, e in highlights), -start))
    begin = text.rfind(" ", 0, max(0, best - length // 5)) + 1 if best else 0
    end = text.find(" ", begin + length)
    end = len(text) if end < 0 else end
    before, after = "… " if begin else "", " …" if end < len(text) else ""
    shift = len(before) - begin
    kept = tuple((s + shift, e + shift) for s, e in highlights if begin <= s and e <= end)
    return f"{before}{text[begin:end].strip()}{after}", kept
