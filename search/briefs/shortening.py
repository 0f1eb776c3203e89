"""Make a brief fit its page: whole sentences and entries go, the longest part's first, none to nothing at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from search.briefs.brief import CaseBrief, Need
from search.understanding.sentences import split_sentences

# How much of each part is kept as long as something else can still go: (texts: characters; lists: entries), step
# by step. The last step leaves what a brief cannot do without.
_TEXTS = {
    "problem": (500, 300, 150, 0),
    "approach": (350, 200, 0, -1),
    "solution": (500, 300, 150, 0),
    "value_text": (300, 200, 100, 0),
}
_LISTS = {
    "value": (5, 4, 3, 1),
    "went_wrong": (3, 3, 2, 1),
    "conditions": (3, 3, 2, 1),
    "contraindications": (2, 1, 0, 0),
    "enablers": (5, 4, 3, 1),
    "competencies": (8, 6, 4, 2),
    "sources": (8, 4, 1, 1),
}
# An entry may be a text of its own.
_LONG_ENTRY = 220
_STEPS = 4


@dataclass(frozen=True, slots=True)
class _Cut:
    """A way to make a brief shorter, and the length of what it shortens."""

    length: int
    made: CaseBrief


def shorten(brief: CaseBrief, fits: Callable[[CaseBrief], bool]) -> CaseBrief:
    """Return a brief that fits; as short as it can be made if none does."""
    for step in range(_STEPS):
        while not fits(brief):
            cuts = list(_cuts(brief, step))
            if not cuts:
                break
            brief = replace(max(cuts, key=lambda cut: cut.length).made, is_shortened=True)
    return brief


def drop_sentence(text: str) -> str:
    """Return a text without its last sentence; empty if it has one alone."""
    spans = split_sentences(text)
    return text[spans[0][0] : spans[-2][1]] if len(spans) > 1 else ""


def _cuts(brief: CaseBrief, step: int) -> Iterator[_Cut]:
    for name, floors in _TEXTS.items():
        text = getattr(brief, name)
        shorter = drop_sentence(text)
        if text and len(text) > floors[step] and (shorter or floors[step] < 0):
            yield _Cut(len(text), _with(brief, name, shorter))
    for name, least in _LISTS.items():
        yield from _list_cuts(brief, name, getattr(brief, name), least[step])


def _list_cuts(brief: CaseBrief, name: str, entries: Sequence[object], least: int) -> Iterator[_Cut]:
    length = sum(_length(entry) for entry in entries)
    if len(entries) > least:
        made = _with(brief, name, tuple(entries[:-1]))
        yield _Cut(length, replace(made, omitted=brief.omitted + 1) if name == "value" else made)
    for n, entry in enumerate(entries):
        shorter = _shorter_entry(entry)
        if shorter is not None:
            yield _Cut(_length(entry), _with(brief, name, (*entries[:n], shorter, *entries[n + 1 :])))


def _with(brief: CaseBrief, name: str, value: object) -> CaseBrief:
    changed: dict[str, Any] = {name: value}
    return replace(brief, **changed)


def _length(entry: object) -> int:
    return len(entry.label) + len(entry.how) if isinstance(entry, Need) else len(str(entry))


def _shorter_entry(entry: object) -> object | None:
    """Return a list's entry without its last sentence, if it is long and has several."""
    if isinstance(entry, Need):
        how = drop_sentence(entry.how)
        return replace(entry, how=how) if how else None
    shorter = drop_sentence(entry) if isinstance(entry, str) and len(entry) > _LONG_ENTRY else ""
    return shorter or None
