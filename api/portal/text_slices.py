"""A text cut into slices that are marked or not, so that a template never has to trust markup in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from search.answers.answer import MatchedPassage
from search.explaining.highlighting import Span, cut_excerpt

_EXCERPT = 240


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a text."""

    text: str
    is_marked: bool


def slices(passage: MatchedPassage) -> tuple[Slice, ...]:
    """Return a passage's text in slices."""
    return tuple(_cut(passage.text, passage.highlights))


def excerpt_slices(passage: MatchedPassage, length: int = _EXCERPT) -> tuple[Slice, ...]:
    """Return the part of a passage around its highlights, in slices."""
    text, spans = cut_excerpt(passage.text, passage.highlights, length=length)
    return tuple(_cut(text, spans))


def _cut(text: str, spans: tuple[Span, ...] | list[Span]) -> Iterator[Slice]:
    last = 0
    for start, end in spans:
        yield Slice(text[last:start], is_marked=False)
        yield Slice(text[start:end], is_marked=True)
        last = end
    yield Slice(text[last:], is_marked=False)
