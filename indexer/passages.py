"""Cut documents into passages: short enough for the model, whole sentences where possible, no text lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from library.documents import Document, DocumentSection
from library.items import Concept

TokenCounter = Callable[[str], int]

# 900 characters, the title in front, did best on the real cases; see docs/decisions/0003.
TARGET_LENGTH = 900
# What stands in front may take this share of the model's word pieces.
HEADER_SHARE = 0.4
SUMMARY = "summary"

# Where a text may be cut, best first: between paragraphs, lines, sentences, clauses, words.
_CUTS = tuple(re.compile(pattern) for pattern in (r"\n\n+", r"\n", r"(?<=[.!?…:;])[\"'”’»)\]]*\s+", r",\s+", r"\s+"))


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one section. `text` is shown; `embedded` is what the model reads.

    `kind` is a `SectionKind`, `summary`, or empty; `path` holds the headings from the outermost down.
    """

    kind: str
    path: tuple[str, ...]
    text: str
    embedded: str


def split_document(
    document: Document, *, max_tokens: int, count_tokens: TokenCounter, read: Callable[[str], str] = str
) -> tuple[Passage, ...]:
    """Return a document's passages in order: the summary, then each section's text.

    Every passage's `embedded` text, which is its text as `read` makes it, has at most `max_tokens` word pieces.
    """
    item = document.item
    passages = []
    summary = (SUMMARY, _summary_section(document))
    for kind, section in (summary, *((str(section.kind or ""), section) for section in document.sections)):
        header = _header(read(item.title), [read(name) for name in section.path], max_tokens, count_tokens)
        budget = max_tokens - count_tokens(header)

        def fits(text: str, *, header: str = header, budget: int = budget) -> bool:
            # Counting pieces costs. No ASCII character is ever two pieces (one Korean syllable can be three);
            # the line break between header and text may be one.
            text = read(text)
            short = text.isascii() and len(text) < budget
            return short or count_tokens(_join(header, text)) <= max_tokens

        passages += [
            Passage(kind, section.path, piece.strip(), _join(header, read(piece.strip())))
            for piece in split_text(section.text, target=TARGET_LENGTH, fits=fits)
            if piece.strip()
        ]
    return tuple(passages)


def split_text(text: str, *, target: int, fits: Callable[[str], bool]) -> Iterator[str]:
    """Cut a text into pieces of at most about `target` characters for which `fits` holds.

    The pieces joined are the text. A piece of one character is yielded even if it does not fit.
    """
    waiting = [(0, len(text))] if text else []
    while waiting:
        start, end = waiting.pop()
        if end - start <= 1 or (end - start <= target and fits(text[start:end])):
            yield text[start:end]
        else:
            middle = _best_cut(text, start, end, target)
            waiting += [(middle, end), (start, middle)]


def _best_cut(text: str, start: int, end: int, target: int) -> int:
    """Return where to cut text[start:end]: the best kind of boundary nearest to an even share of it."""
    length = end - start
    wanted = length // max(2, -(-length // target))
    # A cut may lie off the even share by as much as keeps both sides worth having.
    most = min(length - 1, max(wanted, min(target, wanted + wanted // 2)))
    low, best, high = start + max(1, wanted // 2), start + (wanted or 1), start + most
    for pattern in _CUTS:
        cuts = [found.end() for found in pattern.finditer(text, low, high)]
        if cuts:
            return min(cuts, key=lambda cut: abs(cut - best))
    return best


def _summary_section(document: Document) -> DocumentSection:
    """Return the item's summary as a section on line 0; concepts add their labels and definition."""
    item = document.item
    text = item.summary
    if isinstance(item, Concept):
        names = [name for label in ("en", item.language) for name in item.alt_labels.get(label, ())]
        definition = item.definition.get("en", "")
        text = "\n".join(dict.fromkeys(part for part in (", ".join(dict.fromkeys(names)), definition, text) if part))
    return DocumentSection(None, (), 0, text)


def _header(title: str, path: Sequence[str], max_tokens: int, count_tokens: TokenCounter) -> str:
    """Return title and headings, shortened where they would leave too little room for the text."""
    header = " > ".join((title, *path))
    limit = int(max_tokens * HEADER_SHARE)
    while header and count_tokens(header) > limit:
        header = header[: len(header) * 3 // 4].rsplit(" ", 1)[0].rstrip(" >") if " " in header else ""
    return header


def _join(header: str, text: str) -> str:
    return f"{header}\n{text}" if header else text
