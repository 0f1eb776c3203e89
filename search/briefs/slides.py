"""A brief as PowerPoint slides: one of 16:9 a case, on which nothing overflows. Owns python-pptx; import it late."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE
from pptx.util import Pt

from search.briefs.boxes import Box, Line, fit_into
from search.briefs.brief import Brief, CaseBrief, ValueRow
from search.briefs.labels import Labels
from search.briefs.measuring import count_lines, cut_words, line_height
from search.briefs.packing import pack_alike, printable
from search.briefs.page import flat, told_need

if TYPE_CHECKING:
    from pptx.slide import Slide

WIDTH, HEIGHT = 960.0, 540.0  # points
_FONT = "Arial"
_INK, _FAINT, _ACCENT, _WHITE = map(RGBColor.from_string, ("1F2A44", "555F6E", "9A3412", "FFFFFF"))
_LEFT, _RIGHT, _COLUMN = 36.0, 492.0, 432.0
_TITLE_SIZES = (24.0, 21.0, 18.0, 16.0)
_TEXT, _CELL = 12.0, 11.0
_CELL_PADDING = 4.0
_TABLE_COLUMNS = (0.43, 0.12, 0.12, 0.33)  # measure, before, after, evidence
_MOST_CELL_LINES = 3


TITLE = Box(_LEFT, 20, 888, 58)
LEAD = Box(_LEFT, 80, 888, 26)
RULE = Box(_LEFT, 110, 888, 28)
PROBLEM = Box(_LEFT, 146, _COLUMN, 112)
DONE = Box(_LEFT, 264, _COLUMN, 126)
NEEDS = Box(_LEFT, 396, _COLUMN, 80)
VALUE = Box(_RIGHT, 146, _COLUMN, 190)
LESSONS = Box(_RIGHT, 342, _COLUMN, 70)
CONDITIONS = Box(_RIGHT, 418, _COLUMN, 58)
FOOT = Box(_LEFT, 484, 888, 40)


def write_slides(brief: Brief) -> bytes:
    """Return a brief as a .pptx file; the same brief gives the same bytes."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Pt(WIDTH), Pt(HEIGHT)
    for case in brief.cases:
        _Page(deck.slides.add_slide(deck.slide_layouts[5]), brief, case).fill()
    made = datetime.combine(brief.made, time(), UTC).replace(tzinfo=None)
    properties = deck.core_properties
    properties.title = printable("; ".join(case.title for case in brief.cases))[:255]
    properties.author = properties.last_modified_by = "Casebook"
    properties.created = properties.modified = made
    properties.revision = 1
    written = io.BytesIO()
    deck.save(written)
    return pack_alike(written.getvalue())


class _Page:
    """One case's slide."""

    def __init__(self, slide: Slide, brief: Brief, case: CaseBrief) -> None:
        self._slide = slide
        self._labels: Labels = brief.labels
        self._case = case
        self._day = brief.made.isoformat()

    def fill(self) -> None:
        """Put everything in its place."""
        case, labels = self._case, self._labels
        self._title()
        lead = " · ".join(part for part in (case.customer, *case.facts) if part)
        self._write(LEAD, [Line(cut_words(lead, 2, LEAD.width, _CELL))], size=_CELL, colour=_FAINT)
        rule = " ".join(part for part in (case.rule, case.notice) if part)
        told = [Line(rule, labels.lead(labels("rule")) if case.rule else "")] if rule else []
        self._write(RULE, fit_into(told, RULE, _TEXT), colour=_ACCENT)
        self._write(PROBLEM, self._story(PROBLEM, "problem", [case.problem]))
        self._write(DONE, self._story(DONE, "solution", [case.solution or case.approach]))
        self._value()
        self._write(LESSONS, self._story(LESSONS, "went_wrong", case.went_wrong, is_list=True))
        conditions = "conditions" if case.succeeded else "lessons"
        self._write(CONDITIONS, self._story(CONDITIONS, conditions, case.conditions, is_list=True))
        self._write(NEEDS, fit_into(list(self._needs()), NEEDS, _CELL), size=_CELL)
        self._write(FOOT, fit_into(list(self._foot()), FOOT, _CELL), size=_CELL, colour=_FAINT)

    def _title(self) -> None:
        title = self._slide.shapes.title
        assert title is not None
        size = next((s for s in _TITLE_SIZES if _title_fits(self._case.title, s)), _TITLE_SIZES[-1])
        text = cut_words(self._case.title, TITLE.lines(size), TITLE.width, size, bold=True)
        _place(title, TITLE)
        _empty_margins(title.text_frame)
        _fill(title.text_frame, [Line(text, heading=True)], size=size, colour=_INK)

    def _story(self, box: Box, label: str, texts: Sequence[str], *, is_list: bool = False) -> list[Line]:
        """Return a heading with as many whole sentences, or entries of a list, as fit below it."""
        bullet = "• " if is_list else ""
        entries = [Line(bullet + flat(text)) for text in texts if text]
        return fit_into([Line(self._labels(label), heading=True), *entries], box, _TEXT) if entries else []

    def _needs(self) -> Iterator[Line]:
        case, labels = self._case, self._labels
        if case.competencies or case.enablers:
            yield Line(labels("needs"), heading=True)
        enablers = ", ".join(told_need(need)[0] for need in case.enablers)
        if enablers:
            yield Line(enablers, labels.lead(labels("enablers")))
        if case.competencies:
            yield Line(", ".join(case.competencies), labels.lead(labels("competencies")))

    def _foot(self) -> Iterator[Line]:
        case, labels = self._case, self._labels
        if case.contact:
            yield Line(case.contact, labels.lead(labels("ask")))
        if case.trust:
            yield Line(" · ".join(case.trust), labels.lead(labels("trust")))
        made = labels("made", day=self._day)
        yield Line(f"{case.id} · {made}", labels.lead(labels("sources"))) if case.id else Line(made)

    def _value(self) -> None:
        case, labels = self._case, self._labels
        if not case.value:
            self._write(VALUE, self._story(VALUE, "value", [case.value_text]))
            return
        heading = Box(VALUE.left, VALUE.top, VALUE.width, line_height(_TEXT))
        below = VALUE.height - heading.height - line_height(_CELL)
        rows = [_cells(row) for row in case.value]
        header = tuple(labels(name) for name in ("metric", "before", "after", "grade"))
        shown = _rows_that_fit([header, *rows], below)
        self._write(heading, [Line(labels("value"), heading=True)])
        used = self._table(Box(VALUE.left, VALUE.top + heading.height, VALUE.width, below), shown)
        left_out = len(rows) + 1 - len(shown)
        if left_out:
            note = Box(VALUE.left, VALUE.top + heading.height + used, VALUE.width, line_height(_CELL))
            self._write(note, [Line(labels("further", count=left_out))], size=_CELL, colour=_FAINT)

    def _table(self, box: Box, rows: Sequence[Sequence[str]]) -> float:
        """Add a table and return how high it is."""
        height = sum(map(_row_height, rows))
        shape = self._slide.shapes.add_table(
            len(rows), len(_TABLE_COLUMNS), Pt(box.left), Pt(box.top), Pt(box.width), Pt(height)
        )
        table = shape.table
        for place, share in enumerate(_TABLE_COLUMNS):
            table.columns[place].width = Pt(share * box.width)
        for place, texts in enumerate(rows):
            table.rows[place].height = Pt(_row_height(texts))
            cells: Iterable[Any] = table.rows[place].cells
            for cell, text in zip(cells, texts, strict=True):
                cell.margin_left = cell.margin_right = Pt(_CELL_PADDING)
                cell.margin_top = cell.margin_bottom = Pt(1)
                cell.vertical_anchor = MSO_ANCHOR.MIDDLE
                colour = _WHITE if place == 0 else _INK
                _fill(cell.text_frame, [Line(text, heading=place == 0)], size=_CELL, colour=colour)
        return height

    def _write(self, box: Box, lines: Sequence[Line], *, size: float = _TEXT, colour: RGBColor | None = None) -> None:
        if lines:
            shape = self._slide.shapes.add_textbox(Pt(box.left), Pt(box.top), Pt(box.width), Pt(box.height))
            _empty_margins(shape.text_frame)
            _fill(shape.text_frame, lines, size=size, colour=colour or _INK)


def _title_fits(title: str, size: float) -> bool:
    return count_lines(title, TITLE.width, size, bold=True) <= min(2, TITLE.lines(size))


def _cells(row: ValueRow) -> tuple[str, ...]:
    """Return a row's texts, each cut to the lines that a cell may have."""
    evidence = ", ".join(part for part in (row.period, row.evidence) if part)
    texts = zip((row.metric, row.before, row.after, evidence), _TABLE_COLUMNS, strict=True)
    return tuple(cut_words(text, _MOST_CELL_LINES, _cell_width(share), _CELL) for text, share in texts)


def _cell_width(share: float) -> float:
    return share * VALUE.width - 2 * _CELL_PADDING


def _row_height(row: Sequence[str]) -> float:
    lines = (
        count_lines(text, _cell_width(share), _CELL, bold=True) for text, share in zip(row, _TABLE_COLUMNS, strict=True)
    )
    return max(lines) * line_height(_CELL) + 3


def _rows_that_fit(rows: Sequence[Sequence[str]], height: float) -> list[Sequence[str]]:
    shown: list[Sequence[str]] = []
    for row in rows:
        height -= _row_height(row)
        if height < 0:
            break
        shown.append(row)
    return shown


def _place(shape: Any, box: Box) -> None:
    shape.left, shape.top, shape.width, shape.height = Pt(box.left), Pt(box.top), Pt(box.width), Pt(box.height)


def _empty_margins(frame: Any) -> None:
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.vertical_anchor = MSO_ANCHOR.TOP
    frame.auto_size = MSO_AUTO_SIZE.NONE


def _fill(frame: Any, lines: Sequence[Line], *, size: float, colour: RGBColor) -> None:
    """Write paragraphs in a fixed size and line height."""
    frame.word_wrap = True
    for number, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.line_spacing = Pt(line_height(size))
        paragraph.space_before = paragraph.space_after = Pt(0)
        pieces = [(f"{line.label}: ", True)] if line.label else []
        for text, bold in (*pieces, (line.text, line.heading)):
            _add_run(paragraph, text, bold=bold, size=size, colour=colour)


def _add_run(paragraph: Any, text: str, *, bold: bool, size: float, colour: RGBColor) -> None:
    for number, part in enumerate(printable(text).split("\n")):
        if number:
            paragraph.add_line_break()
        run = paragraph.add_run()
        run.text = part
        run.font.name, run.font.size, run.font.bold = _FONT, Pt(size), bold
        run.font.color.rgb = colour
