"""A brief is one page that says what happened, how far to rely on it, and who may be shown it."""

from __future__ import annotations

import io
import re
import sys
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any

import docx
import pptx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from library.access import Asker
from library.errors import UnknownItemError
from library.items import BusinessCase
from search.answers.options import SearchOptions
from search.briefs.boxes import Box, Line, fit_into
from search.briefs.brief import Brief, CaseBrief, make_brief
from search.briefs.files import BriefFormat, file_name, write_brief
from search.briefs.labels import BRIEF_LABELS, Labels
from search.briefs.markdown import escape, write_markdown
from search.briefs.measuring import count_lines, cut_words, line_height, text_width
from search.briefs.page import _TEXT_HEIGHT, _height, fit_to_page
from search.briefs.use import rule_for_use
from search.understanding.sentences import split_sentences
from search.view import View
from tests.conftest import case_text, concept_text, index_library, write_library

TODAY = date(2026, 11, 22)
ANYONE = Asker(is_service=True)
_VALUE = """value:
  - {metric: Cost per delivery, baseline: 14.20, result: 11.90, unit: per drop, currency: EUR, period: 2024 | 2025,
     evidence: customer_verified}
  - {metric: Trust, result: higher, evidence: qualitative}
pitfalls: [The plant was not asked.]
replication_conditions: [The board knows its price of money.]
contraindications: [Small accounts.]
period: 2024-01/2025-06
contact: sam@example.org
sources: [Minutes of the board]
reference_permission: external_anonymised
reference_permission_until: 2027-12-31
anonymised: true
illustrative: true
practice_maturity: good_practice
"""
_LONG = " ".join(f"This is sentence number {n} of a long account of what went on." for n in range(60))
FILES = {
    "cases/plain.md": case_text(
        title="A rebate *refused*",
        challenge="The buyer wants a rebate. He threatens.\n\n- one\n- two",
        solution="We split the tender.",
        competencies="negotiation, secret-skill",
        enablers="{id: corridor, effect: supporting}, {id: sponsor, effect: critical}, secret-tool",
        more=_VALUE,
    ),
    "cases/again.md": case_text(title="Again", more="replicates: plain\n", summary=_LONG[:300]),
    "cases/long.md": case_text(title="Long", challenge=_LONG, solution=_LONG, context=_LONG)
    + f"\n## Approach\n\n{_LONG}\n\n## What went wrong\n\n{_LONG}\n",
    "cases/bare.md": "---\ntitle: Bare\nstatus: approved\nclassification: internal\nsummary: A short one.\n"
    "last_verified: 2020-01-01\nindustries: [C]\nregions: [DE]\ncustomer: somebody\nchallenge_types: []\noutcome: "
    "unsuccessful\ncompetencies: []\nenablers: []\n---\n",
    "cases/hidden.md": case_text(classification="confidential"),
    "kb/competencies/negotiation.md": concept_text("Negotiation"),
    "kb/competencies/secret-skill.md": concept_text("Secret skill", classification="confidential"),
    "kb/enablers/corridor.md": concept_text("Price corridor", more="how_to_engage: Ask the desk. Bring a baseline.\n"),
    "kb/enablers/sponsor.md": concept_text("Sponsorship", more="how_to_engage: Write one page.\n"),
    "kb/enablers/secret-tool.md": concept_text("Secret tool", classification="confidential"),
}


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    return View(index_library(write_library(tmp_path_factory.mktemp("library"), FILES)), ANYONE)


def _brief(view: View, *ids: str, language: str = "en") -> Brief:
    return make_brief(view, ids or ("plain",), SearchOptions(language=language, today=TODAY, contact="the COE"))


def _markdown(view: View, *ids: str, language: str = "en") -> str:
    return write_markdown(_brief(view, *ids, language=language))


def _text_of_word(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    texts = [paragraph.text for paragraph in document.paragraphs]
    texts += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join(texts)


def _text_of_slides(content: bytes) -> str:
    shapes: list[Any] = [shape for slide in pptx.Presentation(io.BytesIO(content)).slides for shape in slide.shapes]
    texts = [shape.text_frame.text for shape in shapes if shape.has_text_frame]
    texts += [cell.text for shape in shapes if shape.has_table for row in shape.table.rows for cell in row.cells]
    return "\n".join(texts)


def test_a_brief_says_what_a_colleague_needs(view: View) -> None:
    """Problem, solution, figures with baseline and evidence, lessons, needs, contact, trust, sources and date."""
    text = _markdown(view)
    for told in (
        "# A rebate \\*refused\\*\n",
        "> **Rule for use:** May be shown to customers without the customer's name until 2027-12-31. Invented example",
        "## The problem\n\nThe buyer wants a rebate. He threatens.\n- one\n- two\n",
        "## What was done\n\nWe split the tender.\n",
        "| Cost per delivery (EUR per drop) | 14.20 | 11.90 | 2024 \\| 2025 | customer verified |",
        "| Trust |  | higher |  | qualitative |",
        "## What went wrong\n\n- The plant was not asked.\n",
        "## Works if\n\n- The board knows its price of money.\n",
        "**Not for:** Small accounts.",
        "**Competencies:** Negotiation\n",
        "- **Sponsorship (critical):** Write one page.\n- **Price corridor (supporting):** Ask the desk.",
        "**Whom to ask:** sam@example.org",
        "**How far to rely on it:** approved · verified 2026-06-30 · good practice · replicated 1x",
        "**Sources:** plain, negotiation, corridor, sponsor, Minutes of the board",
        "Brief of 2026-11-22\n",
    ):
        assert told in text
    assert "a customer · Manufacture of food products · Germany · 2024-01/2025-06 · outcome: success" in text


def test_what_the_asker_does_not_see_is_not_in_a_brief(view: View) -> None:
    """Hidden concepts that a case refers to leave no trace in any format."""
    for form in BriefFormat:
        content = write_brief(_brief(view), form)
        parts = [content] if form is BriefFormat.MARKDOWN else _unpacked(content)
        assert not any(b"ecret" in part for part in parts)


@pytest.mark.parametrize("case_id", ["hidden", "missing", "negotiation"])
def test_only_a_visible_case_has_a_brief(case_id: str, view: View) -> None:
    """A hidden case, a missing one and an item of another type are answered alike."""
    with pytest.raises(UnknownItemError):
        _brief(view, case_id)


def test_a_case_that_says_little_has_a_brief(view: View) -> None:
    """Without text, figures or contact the summary stands, and the centre of excellence is asked."""
    text = _markdown(view, "bare")
    assert "## The problem\n\nA short one.\n" in text
    assert "**Whom to ask:** the COE" in text
    assert "verified 2020-01-01, review overdue" in text
    assert "What it takes" not in text
    for form in (BriefFormat.WORD, BriefFormat.POWERPOINT):
        assert write_brief(_brief(view, "bare"), form)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({}, "Internal use only: no permission to refer to the customer is recorded."),
        ({"reference_permission": "none"}, "Internal use only: the customer gave no permission to refer to it."),
        ({"reference_permission": "internal_only"}, "Internal use only."),
        (
            {"reference_permission": "external_anonymised", "anonymised": True},
            "May be shown to customers without the customer's name.",
        ),
        (
            {"reference_permission": "external_anonymised", "reference_permission_until": "2026-11-22"},
            "May be shown to customers without the customer's name until 2026-11-22. Take out names first: the text",
        ),
        (
            {"reference_permission": "external_named", "reference_permission_until": "2026-11-21"},
            "Internal use only: the permission to show it to customers ended on 2026-11-21.",
        ),
        (
            {"reference_permission": "external_named", "reference_permission_until": "2027-01-01"},
            "May be shown to customers with the customer's name until 2027-01-01.",
        ),
        (
            {"reference_permission": "external_named", "classification": "restricted"},
            "Do not pass on: restricted, for colleagues with access to this case alone.",
        ),
        ({"reference_permission": "external_named", "status": "in_review"}, "Do not pass on: in review, not approved."),
        ({"reference_permission": "none", "classification": "public"}, "Internal use only: the customer gave no"),
    ],
)
def test_the_strictest_rule_is_told(fields: dict[str, object], rule: str) -> None:
    """Status, classification, the customer's permission and its expiry decide; the strictest of them wins."""
    given_fields = {"id": "a", "title": "A", "status": "approved", "classification": "internal", **fields}
    case = BusinessCase.model_validate(given_fields)
    assert rule_for_use(case, Labels("en"), TODAY).startswith(rule)


def test_every_label_has_its_languages() -> None:
    """German and French have the labels that English has, with the same values in them."""
    for language in ("de", "fr"):
        assert BRIEF_LABELS[language].keys() == BRIEF_LABELS["en"].keys()
        for name, text in BRIEF_LABELS["en"].items():
            fields = re.findall(r"{\w+}", text)
            assert re.findall(r"{\w+}", BRIEF_LABELS[language][name]) == fields, (language, name)


def test_labels_are_in_the_readers_language(view: View) -> None:
    """Headings, rule and names of concepts and codes follow the reader; the case keeps its own words."""
    assert "## Was getan wurde\n\nWe split the tender." in _markdown(view, language="de-CH")
    assert "Peut être montré à des clients sans le nom du client jusqu’au 2027-12-31." in _markdown(view, language="fr")
    assert "**À qui s’adresser\u00a0:** " in _markdown(view, language="fr")
    assert "## The problem" in _markdown(view, language="nl")


@pytest.mark.parametrize("case_id", ["plain", "long", "bare", "again"])
def test_a_case_takes_one_page(case_id: str, view: View) -> None:
    """However long a case is, its brief is shortened to a page by whole sentences, and says so."""
    brief = _brief(view, case_id)
    fitted = fit_to_page(brief).cases[0]
    assert _height(fitted, brief.labels) <= _TEXT_HEIGHT
    assert fitted.is_shortened is (case_id == "long")
    for name in ("problem", "approach", "solution"):
        whole, kept = getattr(brief.cases[0], name), getattr(fitted, name)
        assert whole.startswith(kept)
        assert len(split_sentences(kept)) == sum(end <= len(kept) for _, end in split_sentences(whole))
    assert ("Shortened; the whole case: long" in write_markdown(brief)) is (case_id == "long")


def test_a_long_case_keeps_something_of_everything(view: View) -> None:
    """Shortening leaves the problem, what was done and what went wrong."""
    fitted = fit_to_page(_brief(view, "long")).cases[0]
    assert fitted.problem
    assert fitted.solution
    assert fitted.went_wrong
    assert _height(fitted, Labels("en")) > 0.8 * _TEXT_HEIGHT


@pytest.mark.parametrize("form", [BriefFormat.WORD, BriefFormat.POWERPOINT])
def test_the_same_brief_is_the_same_bytes(form: BriefFormat, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    """No clock gets into a file, so that who has it already can be told so."""
    first = write_brief(_brief(view, "plain", "long"), form)
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    assert write_brief(_brief(view, "plain", "long"), form) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert archive.namelist()[0] == "[Content_Types].xml"
        assert b"2026-11-22T00:00:00Z" in archive.read("docProps/core.xml")


def _unpacked(content: bytes) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [archive.read(name) for name in archive.namelist()]


def test_a_word_file_has_real_styles_and_a_real_table(view: View) -> None:
    """A4, named styles, a table whose header repeats: what a colleague pastes into a plan stays editable."""
    document = docx.Document(io.BytesIO(write_brief(_brief(view), BriefFormat.WORD)))
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)  # type: ignore[union-attr]
    by_text = {paragraph.text: paragraph.style.name for paragraph in document.paragraphs if paragraph.style}
    assert by_text["A rebate *refused*"] == "Title"
    assert by_text["The problem"] == "Heading 1"
    assert by_text["The plant was not asked."] == "List Bullet"
    table = document.tables[0]
    assert [cell.text for cell in table.rows[0].cells] == ["Measure", "Before", "After", "Period", "Evidence"]
    assert [cell.text for cell in table.rows[1].cells][1:3] == ["14.20", "11.90"]
    assert table.rows[0]._tr.xpath("./w:trPr/w:tblHeader")
    assert (document.core_properties.title, document.core_properties.author) == ("A rebate *refused*", "Casebook")


def test_each_case_begins_a_page(view: View) -> None:
    """A brief of several cases has a page, or a slide, for each; a case named twice comes once."""
    brief = _brief(view, "plain", "bare", "plain")
    document = docx.Document(io.BytesIO(write_brief(brief, BriefFormat.WORD)))
    begun = [p.text for p in document.paragraphs if p.paragraph_format.page_break_before]
    assert begun == ["Bare"]
    assert len(pptx.Presentation(io.BytesIO(write_brief(brief, BriefFormat.POWERPOINT))).slides) == 2
    assert write_markdown(brief).count("\n---\n") == 1


def test_all_formats_say_the_same(view: View) -> None:
    """Rule, figures, contact and source stand in every format."""
    word, slides = (write_brief(_brief(view), form) for form in (BriefFormat.WORD, BriefFormat.POWERPOINT))
    for text in (_text_of_word(word), _text_of_slides(slides)):
        for told in ("without the customer's name until 2027-12-31", "Invented example", "14.20", "sam@example.org"):
            assert told in text
        assert "Cost per delivery (EUR per drop)" in text
        assert "Sponsorship (critical)" in text
        assert "plain" in text


def _boxes(slide: Any) -> list[tuple[float, float, float, float]]:
    return [tuple(n / 12700 for n in (s.left, s.top, s.left + s.width, s.top + s.height)) for s in slide.shapes]


@pytest.mark.parametrize("case_id", ["plain", "long", "bare"])
@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_nothing_overflows_on_a_slide(case_id: str, language: str, view: View) -> None:
    """Each text fits its box by measured lines, each box lies on the slide, and no two boxes overlap."""
    brief = _brief(view, case_id, language=language)
    cases = tuple(replace(case, title=case.title * 60, customer="customer " * 90) for case in brief.cases)
    for made in (brief, replace(brief, cases=cases)):
        deck: Any = pptx.Presentation(io.BytesIO(write_brief(made, BriefFormat.POWERPOINT)))
        assert (deck.slide_width.pt, deck.slide_height.pt) == (960, 540)
        for slide in deck.slides:
            boxes = _boxes(slide)
            assert all(left >= 0 and top >= 0 and right <= 960 and foot <= 540 for left, top, right, foot in boxes)
            assert not [
                (a, b)
                for n, a in enumerate(boxes)
                for b in boxes[n + 1 :]
                if a[0] < b[2] - 0.1 and b[0] < a[2] - 0.1 and a[1] < b[3] - 0.1 and b[1] < a[3] - 0.1
            ]
            for shape in slide.shapes:
                if shape.has_text_frame:
                    assert _text_height(shape.text_frame, shape.width.pt) <= shape.height.pt + 0.1
                if shape.has_table:
                    _assert_rows_hold_their_texts(shape.table)


def _text_height(frame: Any, width: float) -> float:
    height = 0.0
    for paragraph in frame.paragraphs:
        sizes = [run.font.size.pt for run in paragraph.runs]
        bold = all(run.font.bold for run in paragraph.runs)
        text = paragraph.text.replace("\v", "\n")
        height += count_lines(text, width, max(sizes), bold=bold) * paragraph.line_spacing.pt
    return height


def _assert_rows_hold_their_texts(table: Any) -> None:
    for row in table.rows:
        for cell, column in zip(row.cells, table.columns, strict=True):
            assert _text_height(cell.text_frame, column.width.pt - 8) <= row.height.pt


@pytest.mark.parametrize("title", ["tab\tand\x00nul\x0bvt", "a\u00a0b\u202fc", "漢字", "🙂", "<b>&amp;</b>"])
def test_any_title_makes_a_file(title: str, view: View) -> None:
    """Characters that XML does not take are left out; all others stay as they are."""
    brief = _brief(view)
    brief = replace(brief, cases=(replace(brief.cases[0], title=title),))
    told = title.replace("\x00", "").replace("\x0b", "")
    assert told in _text_of_word(write_brief(brief, BriefFormat.WORD))
    assert told in _text_of_slides(write_brief(brief, BriefFormat.POWERPOINT))


@given(st.text(alphabet="ab #*_`[]()<>|\\-+=~1.&;:!\n", min_size=1, max_size=40))
def test_an_authors_text_is_never_markup(text: str) -> None:
    """Escaped text has no headings, emphasis, links, code, images or HTML when it is rendered."""
    rendered = MarkdownIt("commonmark").enable("table").render(escape(text))
    for tag in ("<h", "<em", "<strong", "<a ", "<img", "<code", "<pre", "<hr", "<table", "<blockquote", "<b>", "<!--"):
        assert tag not in rendered


def test_file_names_are_safe(view: View) -> None:
    """A file's name is made of letters, digits, dots and hyphens, whatever the id is."""
    brief = _brief(view, "plain", "bare")
    assert file_name(brief, BriefFormat.WORD) == "brief-plain-and-1-more.docx"
    for case_id, name in (
        ('x"; rm -rf /\r\n', "brief-x-rm--rf.md"),
        ("../../etc/passwd", "brief-etc-passwd.md"),
        ("größe", "brief-groe.md"),
        ("漢字", "brief-case.md"),
        ("a" * 500, f"brief-{'a' * 80}.md"),
    ):
        case: CaseBrief = replace(brief.cases[0], id=case_id)
        assert file_name(replace(brief, cases=(case,)), BriefFormat.MARKDOWN) == name


@given(st.text(max_size=80), st.integers(30, 400))
def test_lines_are_counted_as_words_fill_them(text: str, width: int) -> None:
    """A text takes at least the lines that its width needs, and at least one for each line of its own."""
    lines = count_lines(text, width, 10)
    assert lines >= text.count("\n") + 1
    assert lines >= max(text_width(line, 10) for line in text.split("\n")) / width - 1


def test_what_was_measured_is_not_kept() -> None:
    """No text of an item stays in memory because it was measured: the item may be purged."""
    text = " ".join(map(str, range(9)))
    holders = sys.getrefcount(text)
    count_lines(text, 90, 10)
    assert sys.getrefcount(text) == holders


@given(st.text(alphabet="abc ,.W\n", max_size=200), st.integers(1, 4), st.integers(40, 200))
def test_a_cut_text_takes_no_more_lines_than_allowed(text: str, lines: int, width: int) -> None:
    """What is cut by words fits, or is nothing but an ellipsis."""
    cut = cut_words(text, lines, width, 10)
    assert count_lines(cut, width, 10) <= lines or cut.strip() == "…"


@given(st.text(alphabet="ab. AB\n", max_size=300), st.integers(15, 90), st.integers(60, 300))
def test_what_is_fitted_into_a_box_fits(text: str, height: int, width: int) -> None:
    """Paragraphs in a box take no more lines than it holds."""
    box = Box(0, 0, width, height)
    lines = fit_into([Line("Heading", heading=True), Line(text), Line(text, "Label")], box, 12)
    assert sum(line.height(width, 12) for line in lines) * line_height(12) <= height + line_height(12) * 0.01


def test_widths_are_those_of_the_font() -> None:
    """Some published widths of the font: a wide letter, a narrow one, a figure, a letter with an accent."""
    assert [text_width(letter, 1000) for letter in ("W", "i", "7", "é", "漢")] == [944, 222, 556, 556, 1000]
