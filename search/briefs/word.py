"""A brief as a Word document: one page of A4 a case. Owns python-docx; import it where it is needed."""

from __future__ import annotations

import io
from datetime import UTC, datetime, time
from itertools import islice
from typing import TYPE_CHECKING, Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from search.briefs.brief import Brief
from search.briefs.labels import Labels
from search.briefs.measuring import line_height
from search.briefs.packing import pack_alike, printable
from search.briefs.page import (
    CELL_PADDING,
    COLUMNS,
    MARGIN,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    STYLES,
    TEXT_WIDTH,
    Block,
    Table,
    blocks_of,
    fit_to_page,
)

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.table import Table as WordTable

_FONT = "Arial"
_INK, _FAINT, _SHADE = RGBColor(0x1F, 0x2A, 0x44), RGBColor(0x55, 0x5F, 0x6E), "E8ECF3"
_LANGUAGES = {"en": "en-GB", "de": "de-DE", "fr": "fr-FR"}
# The styles of Word that carry ours, so that a reader finds them under their names and can restyle the page.
_NAMES = {
    "title": "Title",
    "lead": "Subtitle",
    "rule": "Intense Quote",
    "heading": "Heading 1",
    "body": "Body Text",
    "bullet": "List Bullet",
    "cell": "Casebook Cell",
    "small": "Casebook Small",
}
_FAINT_STYLES = ("lead", "small")
_COLOURED_STYLES = ("title", "heading")


def write_document(brief: Brief) -> bytes:
    """Return a brief as a .docx file; the same brief gives the same bytes."""
    fitted = fit_to_page(brief)
    document = Document()
    _set_page(document)
    writer = _Writer(document, _set_styles(document, brief.labels))
    for number, case in enumerate(fitted.cases):
        blocks = blocks_of(case, brief.labels, brief.made.isoformat())
        for place, block in enumerate(blocks):
            writer.add(block, starts_page=number > 0 and place == 0)
    _set_properties(document, brief)
    written = io.BytesIO()
    document.save(written)
    return pack_alike(written.getvalue())


def _set_page(document: WordDocument) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Pt(PAGE_WIDTH), Pt(PAGE_HEIGHT)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Pt(MARGIN)


def _set_styles(document: WordDocument, labels: Labels) -> dict[str, str]:
    """Set the document's styles as ours are and return their ids in the file."""
    known = {entry.name for entry in document.styles}
    ids = {}
    for name, style in STYLES.items():
        word = _NAMES[name]
        if word not in known:
            document.styles.add_style(word, WD_STYLE_TYPE.PARAGRAPH)
        found: Any = document.styles[word]
        ids[name] = found.style_id
        found.font.name, found.font.size, found.font.bold = _FONT, Pt(style.size), style.bold
        found.font.italic = False
        found.font.color.rgb = _FAINT if name in _FAINT_STYLES else _INK if name in _COLOURED_STYLES else None
        _set_fonts(found.element, _LANGUAGES[labels.language])
        layout = found.paragraph_format
        layout.space_before, layout.space_after = Pt(style.before), Pt(style.after)
        layout.line_spacing = Pt(line_height(style.size))
        layout.left_indent = Pt(style.indent)
        layout.first_line_indent = Pt(-style.indent)
        layout.right_indent = Pt(0)
        layout.keep_with_next = name == "heading"
        for border in found.element.findall(f".//{qn('w:pBdr')}"):
            border.getparent().remove(border)
    _shade(document.styles[_NAMES["rule"]].element.get_or_add_pPr())
    return ids


def _set_fonts(style: Any, language: str) -> None:
    """Set the font for all scripts (a theme's would win), the language for the speller, and no letter spacing."""
    properties = style.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{script}"), _FONT)
    for name in ("w:spacing", "w:kern", "w:lang"):
        for element in properties.findall(qn(name)):
            properties.remove(element)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), language)
    properties.append(spoken)


def _shade(properties: Any) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", _SHADE)):
        shade.set(qn(f"w:{name}"), value)
    properties.insert_element_before(shade, "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr")


class _Writer:
    """Adds blocks to a document; sets styles by their ids, since looking one up by name reads all of them."""

    def __init__(self, document: WordDocument, style_ids: dict[str, str]) -> None:
        self._document = document
        self._style_ids = style_ids

    def add(self, block: Block, *, starts_page: bool) -> None:
        """Add a block at the end."""
        if isinstance(block, Table):
            self._add_table(block)
            return
        paragraph = self._document.add_paragraph()
        paragraph._p.style = self._style_ids[block.style]  # noqa: SLF001
        if starts_page:
            paragraph.paragraph_format.page_break_before = True
        if block.label:
            paragraph.add_run(printable(f"{block.label}: ")).bold = True
        run = paragraph.add_run()
        for number, line in enumerate(block.text.split("\n")):
            if number:
                run.add_break(WD_BREAK.LINE)
            run.add_text(printable(line))

    def _add_table(self, block: Table) -> None:
        table = self._document.add_table(rows=len(block.rows), cols=len(COLUMNS))
        table._tbl.tblStyle_val = "TableGrid"  # noqa: SLF001
        table.alignment = WD_TABLE_ALIGNMENT.LEFT
        table.autofit = False
        cells = iter(table._cells)  # noqa: SLF001  `row.cells` computes all of them each time
        for number, texts in enumerate(block.rows):
            for cell, text, share in zip(islice(cells, len(texts)), texts, COLUMNS, strict=True):
                cell.width = Pt(share * TEXT_WIDTH)
                paragraph = cell.paragraphs[0]
                paragraph._p.style = self._style_ids["cell"]  # noqa: SLF001
                paragraph.add_run(printable(text)).bold = number == 0
                if number == 0:
                    _shade(cell._tc.get_or_add_tcPr())  # noqa: SLF001
        _repeat_header(table.rows[0]._tr)  # noqa: SLF001
        _set_padding(table)


def _repeat_header(row: Any) -> None:
    row.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _set_padding(table: WordTable) -> None:
    properties = table._tbl.tblPr  # noqa: SLF001
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(round(CELL_PADDING * 20)))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties.insert_element_before(margins, "w:tblLook", "w:tblCaption", "w:tblDescription")


def _set_properties(document: WordDocument, brief: Brief) -> None:
    """Name the document, and date it by the brief, not by the clock."""
    made = datetime.combine(brief.made, time(), UTC)
    properties = document.core_properties
    properties.title = printable("; ".join(case.title for case in brief.cases))[:255]
    properties.author = properties.last_modified_by = "Casebook"
    properties.comments = ""
    properties.language = _LANGUAGES[brief.labels.language]
    properties.created = properties.modified = made
    properties.revision = 1
