"""A brief as blocks on a page of A4: what stands where, in which style, and how high it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from search.briefs.brief import Brief, CaseBrief, Need
from search.briefs.labels import Labels
from search.briefs.measuring import count_lines, line_height
from search.briefs.shortening import shorten

# Points. A4 with margins of 1.8 cm; what is left at the foot is for readers whose font is a little larger.
PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 595.3, 841.9, 51.0
TEXT_WIDTH = PAGE_WIDTH - 2 * MARGIN
_TEXT_HEIGHT = PAGE_HEIGHT - 2 * MARGIN - 12
CELL_PADDING = 4.0
COLUMNS = (0.36, 0.12, 0.12, 0.22, 0.18)  # shares of the width: measure, before, after, period, evidence
_TABLE_SPACE = 3.0


@dataclass(frozen=True, slots=True)
class Style:
    """How a paragraph is set, in points."""

    size: float
    before: float = 0.0
    after: float = 0.0
    indent: float = 0.0
    bold: bool = False


STYLES: Mapping[str, Style] = {
    "title": Style(15, after=3, bold=True),
    "lead": Style(9.5, after=4),
    "rule": Style(9.5, before=2, after=4, bold=True),
    "heading": Style(10.5, before=6, after=1, bold=True),
    "body": Style(9.5, after=2),
    "bullet": Style(9.5, after=1, indent=12),
    "cell": Style(8.5, before=1, after=1),
    "small": Style(8.5, before=2),
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text in a style; `label` stands in bold before it."""

    style: str
    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts, the first of them the header."""

    rows: tuple[tuple[str, ...], ...]


Block = Paragraph | Table


def fit_to_page(brief: Brief) -> Brief:
    """Return a brief whose cases take one page each, shortened where they have to be."""
    cases = (shorten(case, lambda made: _height(made, brief.labels) <= _TEXT_HEIGHT) for case in brief.cases)
    return replace(brief, cases=tuple(cases))


def blocks_of(case: CaseBrief, labels: Labels, day: str) -> list[Block]:
    """Return a case's brief from top to bottom."""
    return [*_opening(case, labels), *_story(case, labels), *_lessons(case, labels), *_closing(case, labels, day)]


def flat(text: str) -> str:
    """Return a text with its paragraphs as lines."""
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())


def told_need(need: Need) -> tuple[str, str]:
    """Return an enabler's name with what it did, and how to engage it."""
    return (f"{need.label} ({need.effect})" if need.effect else need.label), need.how


def _opening(case: CaseBrief, labels: Labels) -> Iterator[Block]:
    yield Paragraph("title", case.title)
    lead = " · ".join(part for part in (case.customer, *case.facts) if part)
    if lead:
        yield Paragraph("lead", lead)
    rule = " ".join(part for part in (case.rule, case.notice) if part)
    if rule:
        yield Paragraph("rule", rule, labels.lead(labels("rule")) if case.rule else "")


def _story(case: CaseBrief, labels: Labels) -> Iterator[Block]:
    for name in ("problem", "approach", "solution"):
        text = flat(getattr(case, name))
        if text:
            yield Paragraph("heading", labels(name))
            yield Paragraph("body", text)
    if case.value or case.value_text:
        yield Paragraph("heading", labels("value"))
    if case.value:
        header = tuple(labels(name) for name in ("metric", "before", "after", "when", "grade"))
        rows = ((row.metric, row.before, row.after, row.period, row.evidence) for row in case.value)
        yield Table((header, *rows))
    if case.omitted:
        yield Paragraph("small", labels("further", count=case.omitted))
    if case.value_text:
        yield Paragraph("body", flat(case.value_text))


def _lessons(case: CaseBrief, labels: Labels) -> Iterator[Block]:
    conditions = "conditions" if case.succeeded else "lessons"
    for name, entries in (("went_wrong", case.went_wrong), (conditions, case.conditions)):
        if entries:
            yield Paragraph("heading", labels(name))
            yield from (Paragraph("bullet", flat(entry)) for entry in entries)
    if case.contraindications:
        yield Paragraph("body", " ".join(case.contraindications), labels.lead(labels("contraindications")))
    if case.competencies or case.enablers:
        yield Paragraph("heading", labels("needs"))
    if case.competencies:
        yield Paragraph("body", ", ".join(case.competencies), labels.lead(labels("competencies")))
    for need in case.enablers:
        name, how = told_need(need)
        yield Paragraph("bullet", how, labels.lead(name))


def _closing(case: CaseBrief, labels: Labels, day: str) -> Iterator[Block]:
    if case.contact:
        yield Paragraph("body", case.contact, labels.lead(labels("ask")))
    for name, entries in (("trust", " · ".join(case.trust)), ("sources", ", ".join(case.sources))):
        if entries:
            yield Paragraph("small", entries, labels.lead(labels(name)))
    notes = [labels("made", day=day), labels("shortened", id=case.id) if case.is_shortened and case.id else ""]
    yield Paragraph("small", " · ".join(note for note in notes if note))


def _height(case: CaseBrief, labels: Labels) -> float:
    return sum(_block_height(block) for block in blocks_of(case, labels, "2026-12-31"))


def _block_height(block: Block) -> float:
    if isinstance(block, Table):
        return _TABLE_SPACE + sum(_row_height(row, bold=not n) for n, row in enumerate(block.rows))
    style = STYLES[block.style]
    text = f"{block.label}: {block.text}" if block.label else block.text
    bold = style.bold or len(block.label) * 2 > len(text)
    lines = count_lines(text, TEXT_WIDTH - style.indent, style.size, bold=bold)
    return style.before + style.after + lines * line_height(style.size)


def _row_height(row: Sequence[str], *, bold: bool) -> float:
    style = STYLES["cell"]
    widths = (share * TEXT_WIDTH - 2 * CELL_PADDING for share in COLUMNS)
    lines = max(count_lines(text, width, style.size, bold=bold) for text, width in zip(row, widths, strict=True))
    return lines * line_height(style.size) + style.before + style.after + 0.5  # the line between two rows
