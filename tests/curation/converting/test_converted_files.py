"""Real files become drafts: what they say is recognised, nothing of it is lost, and what cannot be read is told."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from docx import Document as WordFile
from pptx import Presentation
from pptx.util import Inches

from curation.converting import sniffing
from curation.converting.drafts import Reading
from curation.import_plan import ImportPlan
from curation.importing import ImportReport, import_files
from library.codes import industries, regions
from library.documents import Document, SectionKind, heading_kinds, read_document
from library.errors import ImportFileError
from library.items import BusinessCase
from tests.conftest import write_library

PLAN = ImportPlan(today=date(2026, 3, 1))
READING = Reading(heading_kinds(), (regions(), industries()))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return write_library(tmp_path / "library", {})


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def _import(library: Path, *paths: Path, plan: ImportPlan = PLAN) -> ImportReport:
    return import_files(library, list(paths), plan, READING)


def _read(library: Path, item_id: str) -> tuple[Document, BusinessCase]:
    path = f"cases/{item_id}.md"
    read = read_document(path, (library / path).read_bytes(), heading_kinds())
    assert read.document is not None, read.problems
    assert isinstance(read.document.item, BusinessCase)
    return read.document, read.document.item


def _parts(document: Document) -> dict[str, str]:
    return {str(section.kind or section.path[-1:]): section.text for section in document.sections}


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def _word(path: Path, *, title: str = "A brewer asks for a price cut") -> None:
    file = WordFile()
    file.add_heading(title, 1)
    file.add_paragraph("Confidential, for the account team.")
    file.add_heading("The customer's challenge", 2)
    file.add_paragraph("A brewer in Germany wants five percent off every can.")
    file.add_heading("Our solution", 2)
    file.add_paragraph("We counted what a stopped line costs.")
    table = file.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, (("Plant", "Stops"), ("North", "12")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    file.add_heading("Results", 2)
    file.add_paragraph("Downtime fell from 12 to 7 hours.", style="List Bullet")
    file.add_paragraph("Saved EUR 2.4 million a year.", style="List Bullet")
    file.add_heading("Team", 2)
    file.add_paragraph("Key account, service and finance.")
    file.save(str(path))


def _slides(path: Path, slides: Sequence[tuple[str, str]], *, notes: str = "") -> None:
    deck = Presentation()
    for title, text in slides:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    if notes:
        slide.notes_slide.notes_text_frame.text = notes
    deck.save(str(path))


def _pdf(path: Path, lines: Sequence[str], *, encrypted: bool = False) -> None:
    """Write the smallest PDF that shows lines of text."""
    shown = " ".join(f"({line}) Tj 0 -20 Td" for line in lines)
    stream = f"BT /F1 12 Tf 72 720 Td {shown} ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (b"11" * 32, b"22" * 32),
    ]
    content = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    lock = b" /Encrypt 6 0 R /ID [<00> <00>]" if encrypted else b""
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(content)
    content += b"xref\n0 7\n0000000000 65535 f \n" + table
    path.write_bytes(content + b"trailer << /Size 7 /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (lock, start))


def test_word_file_becomes_a_draft(library: Path, inbox: Path) -> None:
    """Title, parts, figures, industry and region are recognised, and the rest goes behind them."""
    _word(inbox / "notes.docx")

    report = _import(library, inbox / "notes.docx")

    document, case = _read(library, "case-a-brewer-asks-for-a-price-cut")
    parts = _parts(document)
    assert report.created == (case.id,)
    assert (case.title, case.status, case.language) == ("A brewer asks for a price cut", "draft", "en")
    assert "five percent" in parts[SectionKind.CHALLENGE]
    assert "stopped line" in parts[SectionKind.SOLUTION]
    assert "North" in parts[SectionKind.SOLUTION]
    assert [(figure.baseline, figure.result, figure.unit, figure.currency) for figure in case.value] == [
        ("12", "7", "hours", ""),
        ("", "2.4", "million", "EUR"),
    ]
    assert case.regions == ("DE",)
    assert case.industries
    assert {"Confidential", "service", "finance"} <= _words(document.body)
    assert report.drafts[0].missing == ()


def test_the_title_of_a_word_file_is_the_cases(library: Path, inbox: Path) -> None:
    """A paragraph in Word's style for titles is a heading, whatever else has one that nobody knows."""
    document = WordFile()
    document.add_heading("One store for two plants", 0)
    document.add_heading("Challenge", 1)
    document.add_paragraph("They wait three days for a bearing.")
    document.add_heading("A word on people", 1)
    document.add_paragraph("Ask the storekeepers first.")
    document.save(str(inbox / "story.docx"))
    _import(library, inbox)
    read, case = _read(library, "case-one-store-for-two-plants")
    assert case.title == "One store for two plants"
    assert "Ask the storekeepers first." in " ".join(_parts(read).values())


def test_every_word_of_a_deck_of_cases_stands_in_one_of_them(library: Path, inbox: Path) -> None:
    """A deck with several cases is split where a challenge has a title of its own; cover and notes are kept."""
    slides = [("Success stories", "Spring edition"), ("Case 1: Brewer", "Ten plants"), ("Challenge", "Prices"),
              ("Solution", "Alpha"), ("Value", "Saved 5 %"), ("Case 2: Baker", "Two plants"), ("Challenge", "Waste"),
              ("Solution", "Beta")]  # fmt: skip
    _slides(inbox / "deck.pptx", slides, notes="Ask finance first.")

    report = _import(library, inbox / "deck.pptx")

    assert report.created == ("case-brewer", "case-baker")
    brewer, baker = (_read(library, item_id)[0] for item_id in report.created)
    assert _parts(brewer)[SectionKind.CHALLENGE] == "Prices"
    assert _parts(baker)[SectionKind.CHALLENGE] == "Waste"
    said = _words(f"{brewer.item.title} {brewer.body} {baker.item.title} {baker.body}")
    assert _words(" ".join(f"{title} {text}" for title, text in slides)) - {"Case", "1", "2"} <= said
    assert "finance" in said
    assert "value" in report.drafts[1].missing


def test_slides_that_are_a_case_each_are_split(library: Path, inbox: Path) -> None:
    """Labels on a slide part it, and its title is the case's."""
    _slides(inbox / "one-pagers.pptx", [
        ("Brewer saves water", "Challenge: Water is dear.\nSolution: We closed the loop."),
        ("Baker saves flour", "Herausforderung: Zu viel Ausschuss.\nLösung: Neue Waage."),
    ])  # fmt: skip

    report = _import(library, inbox / "one-pagers.pptx")

    assert report.created == ("case-brewer-saves-water", "case-baker-saves-flour")
    assert _parts(_read(library, report.created[1])[0])[SectionKind.SOLUTION] == "Neue Waage."


def test_report_with_headings_is_split_below_its_title(library: Path, inbox: Path) -> None:
    """A heading over several challenges is the file's, not a case's."""
    (inbox / "report.md").write_text(
        "# Our cases\n\nIntro.\n\n## Alpha\n\n### Challenge\n\nOne.\n\n### Details\n\nMore.\n\n"
        "## Beta\n\n### Défi\n\nTwo.\n"
    )

    report = _import(library, inbox / "report.md")

    assert report.created == ("case-alpha", "case-beta")
    assert {"Our", "cases", "Intro", "Details", "More"} <= _words(_read(library, "case-alpha")[0].body)


def test_pdf_lines_that_are_headings_part_it(library: Path, inbox: Path) -> None:
    """A PDF knows no headings; a line with nothing but `Challenge` is one."""
    _pdf(inbox / "flyer.pdf", ["A dairy cuts waste", "Challenge", "Too much milk is lost.", "Solution", "We measured."])

    report = _import(library, inbox / "flyer.pdf")

    parts = _parts(_read(library, "case-a-dairy-cuts-waste")[0])
    assert parts[SectionKind.CHALLENGE] == "Too much milk is lost."
    assert report.drafts[0].recognised[:3] == ("title", "challenge", "solution")


def test_web_page_and_table_rows_are_read(library: Path, inbox: Path) -> None:
    """A table whose first column names the parts is one way to write a case; scripts are no text."""
    (inbox / "page.html").write_bytes(
        "<html><head><meta charset='latin-1'><script>steal()</script></head><body><h1>Käse</h1><table><tr><td>Challenge"
        "</td><td>Zu dünn</td></tr><tr><td>Solution</td><td>Dicker</td></tr></table></body></html>".encode("latin-1")
    )

    _import(library, inbox / "page.html")

    document, case = _read(library, "case-kase")
    assert case.title == "Käse"
    assert _parts(document)[SectionKind.CHALLENGE] == "Zu dünn"
    assert "steal" not in document.body


def test_text_in_latin_1_and_without_any_label_is_context(library: Path, inbox: Path) -> None:
    """Text of which nothing is recognised is kept whole, and what is missing is told."""
    (inbox / "gespräch.txt").write_bytes(
        "Gespräch beim Kunden\n\nEr möchte weniger zahlen, und zwar für alles.".encode("cp1252")
    )

    report = _import(library, inbox / "gespräch.txt")

    document, case = _read(library, "case-gesprach-beim-kunden")
    assert case.language == "de"
    assert "möchte weniger" in _parts(document)[SectionKind.CONTEXT]
    assert {"challenge", "solution", "value"} <= set(report.drafts[0].missing)


def test_content_beats_the_name(library: Path, inbox: Path) -> None:
    """A Word file that is called a PDF is read as what it is."""
    _word(inbox / "wrong.pdf")

    assert _import(library, inbox / "wrong.pdf").created == ("case-a-brewer-asks-for-a-price-cut",)


def test_again_means_update(library: Path, inbox: Path) -> None:
    """The same file changes its draft even under another title, and does nothing if nothing changed."""
    _word(inbox / "notes.docx")
    first = _import(library, inbox / "notes.docx")
    assert _import(library, inbox / "notes.docx").unchanged == first.created

    _word(inbox / "notes.docx", title="A brewer asks for less")
    report = _import(library, inbox / "notes.docx")

    assert report.updated == first.created
    assert _read(library, first.created[0])[1].title == "A brewer asks for less"
    assert len(list((library / "cases").iterdir())) == 1


def test_edited_draft_is_left_alone(library: Path, inbox: Path) -> None:
    """What somebody has edited since is not written over, wherever it lies now."""
    _word(inbox / "notes.docx")
    (item_id,) = _import(library, inbox / "notes.docx").created
    path = library / "cases" / f"{item_id}.md"
    path.write_text(path.read_text() + "\nEdited.\n")

    assert _import(library, inbox / "notes.docx").edited == (item_id,)
    assert path.read_text().endswith("Edited.\n")


def test_files_of_one_title_are_two_drafts(library: Path, inbox: Path) -> None:
    """Nothing is written over what another file gave, and each file finds its own draft again."""
    for name in ("a.txt", "b.txt"):
        (inbox / name).write_text(f"Success story\n\nChallenge: {name}")

    first = _import(library, inbox)

    assert first.created == ("case-success-story", "case-success-story-2")
    assert _import(library, inbox).unchanged == first.created


def test_case_that_left_its_file_is_told(library: Path, inbox: Path) -> None:
    """A draft whose file no longer tells it stays, and is named."""
    texts = [f"# Case {n}: {name}\n\n## Challenge\n\nHard.\n\n" for n, name in enumerate(("Ape", "Bee", "Cow"), 1)]
    (inbox / "all.md").write_text("".join(texts))
    _import(library, inbox / "all.md")
    (inbox / "all.md").write_text("".join(texts[:2]))

    report = _import(library, inbox / "all.md")

    assert (report.unchanged, report.gone) == (("case-ape", "case-bee"), ("case-cow",))


def test_folder_goes_on_behind_bad_files(library: Path, inbox: Path) -> None:
    """Each file that cannot be read is told with what to do, and the others become drafts."""
    _word(inbox / "good.docx")
    (inbox / "rows.csv").write_text('title;challenge\n"Lost; tender";"They ""left"".\nFor good."\n')
    (inbox / "empty.docx").write_bytes(b"")
    (inbox / "old.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    (inbox / "cut.docx").write_bytes((inbox / "good.docx").read_bytes()[:900])
    (inbox / "image.txt").write_bytes(b"\x89PNG\0\0")
    (inbox / "photo.png").write_bytes(b"\x89PNG\0\0")
    (inbox / "~$good.docx").write_bytes(b"lock")
    (inbox / "broken.pdf").write_bytes(b"%PDF-1.4\nnothing of a PDF")
    _pdf(inbox / "locked.pdf", ["Secret"], encrypted=True)
    _pdf(inbox / "scan.pdf", [])

    report = _import(library, inbox)

    assert len(report.created) == 2
    told = "\n".join(report.problems)
    for said in ("empty.docx is empty", "old.docx is protected", "cut.docx is damaged", "image.txt is neither",
                 "broken.pdf", "locked.pdf is protected", "scan.pdf holds no text"):  # fmt: skip
        assert said in told, told
    assert report.skipped == ("photo.png",)


def test_links_that_lead_away_and_locks_are_left_out(library: Path, inbox: Path, tmp_path: Path) -> None:
    """Nobody chose to import what a link in a folder leads to, nor the lock that a glob hands over."""
    (tmp_path / "secret.txt").write_text("Challenge: secret")
    (inbox / "link.txt").symlink_to(tmp_path / "secret.txt")
    (inbox / "~$open.docx").write_bytes(b"Ann")

    report = _import(library, inbox, inbox / "~$open.docx")

    assert (report.created, report.skipped) == ((), ("link.txt", "~$open.docx"))


def test_json_is_no_text(library: Path, inbox: Path) -> None:
    """JSON in one piece is refused with what to write instead, and makes no draft of brackets."""
    (inbox / "rows.json").write_text('[{"title": "A"}]')

    with pytest.raises(ImportFileError, match="is JSON") as refused:
        _import(library, inbox / "rows.json")

    assert ".jsonl" in refused.value.hint


def test_table_of_before_and_after_gives_figures(library: Path, inbox: Path) -> None:
    """A Word table of figures becomes entries of `value`, its first row heads it, and the table stays in the text."""
    file = WordFile()
    file.add_heading("Parts on the shelf", 1)
    file.add_heading("Results", 2)
    rows = (("Measure", "Before", "After"), ("Stops per month", "21", "8"), ("Freight (EUR)", "186,000", "24,000"))
    table = file.add_table(rows=len(rows), cols=3)
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    file.save(str(inbox / "notes.docx"))

    _import(library, inbox / "notes.docx")

    document, case = _read(library, "case-parts-on-the-shelf")
    found = [(entry.metric, entry.baseline, entry.result, entry.currency) for entry in case.value]
    assert found == [("Stops per month", "21", "8", ""), ("Freight", "186,000", "24,000", "EUR")]
    assert "| Measure | Before | After |\n| --- | --- | --- |\n| Stops" in document.body


def test_front_matter_of_a_text_is_kept(library: Path, inbox: Path) -> None:
    """What a Markdown file states in its front matter is stated by the draft, but for what a review decides."""
    (inbox / "a.md").write_text(
        "---\nid: x\ntitle: Valves\nstatus: approved\nlast_verified: 2020-01-01\nclassification: restricted\n"
        "outcome: partial\nregions: [DE]\nvalue:\n  - {metric: Stops, result: 5}\ntags: [hoses, pumps]\n---\n\n"
        "# Other heading\n\n## Challenge\n\nThey leak in France.\n\n## Further text\n\nMore.\n"
    )

    (draft,) = _import(library, inbox / "a.md").drafts

    document, case = _read(library, "case-valves")
    assert (case.title, case.status, case.last_verified) == ("Valves", "draft", None)
    assert (case.classification, case.outcome, case.regions) == ("restricted", "partial", ("DE",))
    assert [entry.metric for entry in case.value] == ["Stops"]
    assert "figures" in draft.recognised
    assert all(said in document.body for said in ("Other heading", "hoses", "pumps", "More."))
    assert document.body.count("Further text") == 1


def test_front_matter_over_several_cases_is_text(library: Path, inbox: Path) -> None:
    """What stands above several cases belongs to none of them alone, and is kept."""
    cases = "".join(f"# Case {n}: {name}\n\n## Challenge\n\nHard.\n\n" for n, name in enumerate(("Ape", "Bee"), 1))
    (inbox / "all.md").write_text(f"---\ntitle: Zoo\noutcome: success\n---\n\n{cases}")

    assert _import(library, inbox / "all.md").created == ("case-ape", "case-bee")
    assert "Zoo" in _read(library, "case-ape")[0].body


def test_only_file_that_fails_is_an_error(library: Path, inbox: Path) -> None:
    """Who imports one file is told as an error, with a remedy."""
    (inbox / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))

    with pytest.raises(ImportFileError, match="before 2007") as refused:
        _import(library, inbox / "old.doc")

    assert ".docx" in refused.value.hint


def test_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size is known before anything is unpacked."""
    monkeypatch.setattr(sniffing, "MAX_UNPACKED", 1_000_000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(2_000_000))

    with pytest.raises(ImportFileError, match="unpacks to"):
        sniffing.source_of("bomb.docx", packed.getvalue())


def test_file_over_the_limit_is_not_read(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file's size is looked at before its content."""
    monkeypatch.setattr(sniffing, "MAX_BYTES", 10)
    (inbox / "long.txt").write_text("more than ten bytes")

    with pytest.raises(ImportFileError, match="at most"):
        sniffing.read_source(inbox / "long.txt")


def test_files_of_the_library_are_not_imported(library: Path) -> None:
    """The library's own files are no source for it."""
    (library / "cases" / "one.md").write_text("text")

    with pytest.raises(ImportFileError, match="part of the library"):
        _import(library, library / "cases")


def test_name_of_the_source_file_is_not_in_the_draft(library: Path, inbox: Path) -> None:
    """A file's name may be a client's name."""
    _word(inbox / "Zyxwv Breweries.docx")

    (item_id,) = _import(library, inbox / "Zyxwv Breweries.docx").created

    assert "zyxwv" not in (library / "cases" / f"{item_id}.md").read_text().lower()


def test_slide_with_a_text_box_and_table_loses_nothing(library: Path, inbox: Path) -> None:
    """Text outside placeholders is text too."""
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    slide.shapes.add_textbox(0, 0, Inches(3), Inches(1)).text_frame.text = "A free box of words"
    table = slide.shapes.add_table(2, 2, 0, 0, Inches(3), Inches(1)).table
    table.cell(1, 1).text = "Corner"
    deck.save(str(inbox / "free.pptx"))

    (item_id,) = _import(library, inbox / "free.pptx").created

    document, case = _read(library, item_id)
    assert {"free", "box", "Corner"} <= _words(case.title + document.body)
