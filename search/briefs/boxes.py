"""Boxes of a fixed size, and what fits into them: whole sentences first, words if there would be nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from search.briefs.measuring import count_lines, line_height
from search.understanding.sentences import first_sentences


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a slide, in points."""

    left: float
    top: float
    width: float
    height: float

    def lines(self, size: float) -> int:
        """Return how many lines of a size it holds."""
        return int(self.height / line_height(size))


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph: in bold, a label, then the text."""

    text: str
    label: str = ""
    heading: bool = False

    def whole(self) -> str:
        """Return label and text."""
        return f"{self.label}: {self.text}" if self.label else self.text

    def height(self, width: float, size: float) -> int:
        """Return the lines that it takes."""
        return count_lines(self.whole(), width, size, bold=self.heading or len(self.label) * 2 > len(self.whole()))


def fit_into(lines: Sequence[Line], box: Box, size: float) -> list[Line]:
    """Return the paragraphs that fit into a box; the last one by whole sentences, or by words if it would be lost."""
    kept: list[Line] = []
    left = box.lines(size)
    for line in lines:
        shown = _shortened(line, left, box.width, size, must=len(kept) <= 1)
        if shown is None:
            break
        kept.append(shown)
        left -= shown.height(box.width, size)
    return kept


def _shortened(line: Line, lines: int, width: float, size: float, *, must: bool) -> Line | None:
    """Return a paragraph that takes at most so many lines, or None if not even a sentence of it does."""

    def made(text: str) -> Line:
        return Line(text, line.label, line.heading)

    def fits(text: str) -> bool:
        return made(text).height(width, size) <= lines

    if fits(line.text):
        return line
    text = first_sentences(line.text, fits)
    if text.strip("• "):
        return made(text)
    if not must or lines < 1:
        return None
    return made(_cut(line.text, fits))


def _cut(text: str, fits: Callable[[str], bool]) -> str:
    words = text.split(" ")
    while words and not fits(" ".join([*words, "…"])):
        words.pop()
    return " ".join([*words, "…"]) if words else "…"
