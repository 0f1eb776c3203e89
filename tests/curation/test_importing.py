"""Rows become items; a second run updates them; nothing is lost, doubled, overwritten or put elsewhere."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation.checks.schema import check_library
from curation.import_plan import ImportPlan, plan_pairs
from curation.importing import ImportReport, import_rows
from library.documents import Document, SectionKind, heading_kinds, read_document
from library.errors import ImportFileError, LibraryError
from library.items import BusinessCase
from tests.conftest import case_text, concept_text, settings_for, write_library

FIRST_DAY, SECOND_DAY = date(2026, 3, 1), date(2026, 5, 5)
DRAFTS = ImportPlan(today=FIRST_DAY)
APPROVED = ImportPlan(
    approve=True, classification="internal", defaults={"customer": "a customer", "outcome": "success"}, today=FIRST_DAY
)
ROW = {"id": "One", "title": "A lost tender", "challenge": "They left.", "solution": "We called."}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with nothing in it."""
    return write_library(tmp_path / "library", {})


def _import(library: Path, rows: Sequence[Any] | bytes, plan: ImportPlan = DRAFTS) -> ImportReport:
    file = library.parent / "rows.jsonl"
    content = rows if isinstance(rows, bytes) else "\n".join(json.dumps(row) for row in rows).encode()
    file.write_bytes(content)
    return import_rows(library, file, plan)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _document(library: Path, path: str) -> Document:
    read = read_document(path, (library / path).read_bytes(), heading_kinds())
    assert read.document is not None, read.problems
    return read.document


def _case(library: Path, path: str = "cases/one.md") -> BusinessCase:
    item = _document(library, path).item
    assert isinstance(item, BusinessCase)
    return item


def _text(library: Path, path: str = "cases/one.md") -> str:
    return (library / path).read_text(encoding="utf-8")


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def test_rows_become_drafts(library: Path) -> None:
    """Without further ado a row becomes a draft that nobody is served, dated today, with its texts as sections."""
    report = _import(library, [ROW])
    assert report == ImportReport(created=("one",))
    item = _case(library)
    assert (item.id, item.title, item.status, item.classification) == ("one", "A lost tender", "draft", None)
    assert (item.created, item.last_verified) == (FIRST_DAY, None)
    assert item.summary == "They left."
    found = [(section.kind, section.text) for section in _document(library, "cases/one.md").sections]
    assert found == [(SectionKind.CHALLENGE, "They left."), (SectionKind.SOLUTION, "We called.")]


def test_rows_become_approved_items(library: Path) -> None:
    """With `approve` and a classification a row becomes an item that passes the check and is verified today."""
    _import(library, [ROW], APPROVED)
    item = _case(library)
    assert (item.status, item.classification, item.last_verified) == ("approved", "internal", FIRST_DAY)
    assert (item.customer, item.outcome) == ("a customer", "success")
    assert check_library(settings_for(library)).passed


def test_approved_row_that_lacks_a_field_is_told(library: Path) -> None:
    """An item that nobody could be served is not written; the message names line, field and remedy."""
    report = _import(
        library, [ROW, {**ROW, "id": "two", "customer": "c", "outcome": "won"}], replace(APPROVED, defaults={})
    )
    assert report.created == ()
    assert [problem.split(": ")[0] for problem in report.problems] == ["rows.jsonl:1", "rows.jsonl:2"]
    assert "`customer` is missing" in report.problems[0]
    assert "`outcome` is missing" in report.problems[0]
    assert "`outcome` cannot be 'won'" in report.problems[1]
    assert "--set FIELD=VALUE" in report.problems[0]
    assert _names(library / "cases") == []


@pytest.mark.parametrize("given_as", ["option", "default", "mapping"])
def test_classification_may_come_from_anywhere(library: Path, given_as: str) -> None:
    """Approved items need a classification, from the option, for rows without one, or from the rows."""
    plan = replace(APPROVED, classification=None)
    rows = [{**ROW, "who": "public"}]
    if given_as == "option":
        plan = replace(plan, classification="public")
    elif given_as == "default":
        plan = replace(plan, defaults={**plan.defaults, "classification": "public"})
    else:
        plan = replace(plan, mapping={"classification": "who"})
    _import(library, rows, plan)
    assert _case(library).classification == "public"


def test_approving_without_classification_is_refused(library: Path) -> None:
    """Who may see an item is never guessed."""
    with pytest.raises(ImportFileError, match="need a classification"):
        _import(library, [ROW], replace(APPROVED, classification=None))


def test_unknown_classification_is_refused_at_once(library: Path) -> None:
    """A mistyped classification is one error, not one for each row."""
    with pytest.raises(ImportFileError, match="no classification 'intern'") as caught:
        _import(library, [ROW], replace(APPROVED, classification="intern"))
    assert "internal" in caught.value.hint


def test_fields_are_mapped(library: Path) -> None:
    """Each of our fields and sections can come from any of the rows' fields; the row's own name counts too."""
    row = {"nr": 7, "name": "T", "problem": "P.", "answer": "A.", "gain": "G.", "branch": "10", "regions": ["DE", "FR"]}
    mapping = {
        "id": "nr",
        "title": "name",
        "body.challenge": "problem",
        "body.solution": "answer",
        "body.value": "gain",
        "industries": "branch",
    }
    report = _import(library, [row], replace(DRAFTS, mapping=mapping))
    assert report == ImportReport(created=("7",))
    item = _case(library, "cases/7.md")
    assert [industry.code for industry in item.industries] == ["10"]
    assert item.regions == ("DE", "FR")
    kinds = [section.kind for section in _document(library, "cases/7.md").sections]
    assert kinds == [SectionKind.CHALLENGE, SectionKind.SOLUTION, SectionKind.VALUE]


def test_value_may_be_text_or_figures(library: Path) -> None:
    """A text named `value` is the section on value, a list of figures the front matter's field."""
    figures = [{"metric": "Cost", "baseline": 100, "result": 92.5, "unit": None}]
    _import(library, [{**ROW, "value": "Much saved."}, {**ROW, "id": "two", "value": figures}])
    assert _document(library, "cases/one.md").sections[-1].kind is SectionKind.VALUE
    (metric,) = _case(library, "cases/two.md").value
    assert (metric.metric, metric.baseline, metric.result, metric.unit) == ("Cost", "100", "92.5", "")


def test_defaults_fill_only_what_is_missing(library: Path) -> None:
    """A default is taken where a row has nothing: no field, null, an empty text or list."""
    plan = replace(DRAFTS, defaults={"customer": "unknown", "regions": "DE; FR"})
    rows = [
        {**ROW, "id": "a", "customer": "brewer", "regions": "US"},
        {**ROW, "id": "b", "customer": "  ", "regions": []},
        {**ROW, "id": "c", "customer": None},
    ]
    _import(library, rows, plan)
    found = [
        (_case(library, f"cases/{name}.md").customer, _case(library, f"cases/{name}.md").regions) for name in "abc"
    ]
    assert found == [("brewer", ("US",)), ("unknown", ("DE", "FR")), ("unknown", ("DE", "FR"))]


def test_lists_may_be_written_with_semicolons(library: Path) -> None:
    """A text is cut at semicolons where the field is a list, and only there; commas belong to names."""
    _import(
        library, [{**ROW, "keywords": "price; rebate ;", "customer": "brewer; ten plants", "regions": "Berlin, DE"}]
    )
    item = _case(library)
    assert item.keywords == ("price", "rebate")
    assert item.customer == "brewer; ten plants"
    assert item.regions == ("Berlin, DE",)


def test_other_types_are_imported_into_their_folders(library: Path) -> None:
    """Rows may be any type of item; concepts take their labels as they stand."""
    row = {"title": "Centre of excellence", "labels": {"en": "Centre", "de": "Zentrum"}, "body": "What it does."}
    report = _import(library, [row], replace(DRAFTS, type_name="enabler"))
    assert report.created == ("enb-centre-of-excellence",)
    document = _document(library, "kb/enablers/enb-centre-of-excellence.md")
    assert document.item.type == "enabler"
    assert document.item.title == "Centre of excellence"


def test_fields_that_an_import_decides_are_not_taken_from_rows(library: Path) -> None:
    """A row's own `type`, `status` or `imported` neither breaks the file nor approves the item; they are told."""
    report = _import(library, [{**ROW, "type": "article", "status": "approved", "imported": "2020"}])
    assert report.created == ("one",)
    assert report.unused == ("imported", "status", "type")
    assert _case(library).status == "draft"


def test_unused_fields_are_told(library: Path) -> None:
    """A field that went nowhere is named, unless no row has anything in it."""
    report = _import(library, [{**ROW, "price": 5, "notes": ""}, {**ROW, "id": "two", "url": "x", "price": None}])
    assert report.unused == ("price", "url")


def test_unknown_target_is_refused(library: Path) -> None:
    """A field that the type does not have is refused with those that it has."""
    with pytest.raises(ImportFileError, match=r"has no field body\.end, pirce") as caught:
        _import(library, [ROW], replace(DRAFTS, mapping={"body.end": "x"}, defaults={"pirce": "y"}))
    assert "body.challenge" in caught.value.hint
    assert _names(library / "cases") == []


def test_mapped_field_that_no_row_has_is_told(library: Path) -> None:
    """A mistyped row field is told, once for the file; one that some rows lack is not."""
    report = _import(library, [ROW], replace(DRAFTS, mapping={"customer": "kunde", "regions": "land"}))
    assert report.problems == (
        "rows.jsonl: no row has the mapped field kunde, land; there are challenge, id, solution, title",
    )
    assert (
        _import(
            library, [{**ROW, "kunde": "x"}, {**ROW, "id": "b"}], replace(DRAFTS, mapping={"customer": "kunde"})
        ).problems
        == ()
    )


def test_second_run_changes_nothing(library: Path) -> None:
    """The same rows again write no file, even on another day: their dates stay."""
    _import(library, [ROW, {**ROW, "id": "two"}], APPROVED)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in library.rglob("*.md")}
    report = _import(library, [ROW, {**ROW, "id": "two"}], replace(APPROVED, today=SECOND_DAY))
    assert report == ImportReport(unchanged=("one", "two"))
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in library.rglob("*.md")} == before


def test_second_run_updates_what_changed(library: Path) -> None:
    """A changed row updates its file in place: created stays, verified is today."""
    _import(library, [ROW, {**ROW, "id": "two"}], APPROVED)
    changed = {**ROW, "solution": "We wrote."}
    report = _import(library, [changed, {**ROW, "id": "two"}], replace(APPROVED, today=SECOND_DAY))
    assert report == ImportReport(updated=("one",), unchanged=("two",))
    assert "We wrote." in _text(library)
    assert "We called." not in _text(library)
    assert (_case(library).created, _case(library).last_verified) == (FIRST_DAY, SECOND_DAY)
    assert _names(library / "cases") == ["one.md", "two.md"]


def test_third_run_is_as_quiet_as_the_second(library: Path) -> None:
    """An updated file is known again by the next run."""
    for text in ("a", "b"):
        _import(library, [{**ROW, "solution": text}], APPROVED)
    assert _import(library, [{**ROW, "solution": "b"}], APPROVED).unchanged == ("one",)


@pytest.mark.parametrize("name", ["created", "last_verified"])
def test_date_of_a_row_updates_too(library: Path, name: str) -> None:
    """A date that the rows state is content like any other."""
    _import(library, [{**ROW, name: "2025-01-01"}], APPROVED)
    report = _import(library, [{**ROW, name: "2025-02-02"}], APPROVED)
    assert report.updated == ("one",)
    assert getattr(_case(library), name) == date(2025, 2, 2)


def test_line_like_a_date_in_a_text_is_content(library: Path) -> None:
    """A change in a body's line that only looks like a field is not overlooked."""
    _import(library, [{**ROW, "solution": "Dates:\ncreated: 2020\nimported: never"}])
    report = _import(library, [{**ROW, "solution": "Dates:\ncreated: 2021\nimported: never"}])
    assert report.updated == ("one",)


def test_draft_becomes_approved_by_a_second_run(library: Path) -> None:
    """The same rows with `approve` update the drafts."""
    _import(library, [ROW])
    assert _import(library, [ROW], APPROVED).updated == ("one",)
    assert _case(library).status == "approved"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_of_rows_do_not_count_as_edits(library: Path, newline: str) -> None:
    """Texts with Windows or old Mac line ends are written with line feeds and known again."""
    row = {**ROW, "challenge": f"one{newline}two", "customer": f"a{newline}b"}
    _import(library, [row])
    assert b"\r" not in (library / "cases" / "one.md").read_bytes()
    assert _import(library, [row]).unchanged == ("one",)


def test_checkout_with_windows_line_ends_is_no_edit(library: Path) -> None:
    """Git may turn line ends; that is not an edit."""
    _import(library, [ROW])
    path = library / "cases" / "one.md"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert _import(library, [{**ROW, "solution": "New."}]).updated == ("one",)


@pytest.mark.parametrize("edit", ["body", "front", "latin1", "stamp"])
def test_edited_file_is_left_alone(library: Path, edit: str) -> None:
    """A file that somebody has touched since its import is reported and keeps every byte."""
    _import(library, [ROW])
    path = library / "cases" / "one.md"
    edits = {
        "body": path.read_bytes() + b"\nMore.\n",
        "front": path.read_bytes().replace(b"status: draft", b"status: in_review"),
        "latin1": path.read_bytes() + "\nGröße\n".encode("latin-1"),
        "stamp": re.sub(rb"imported: .*\n", b"", path.read_bytes()),
    }
    path.write_bytes(edits[edit])
    report = _import(library, [{**ROW, "solution": "New."}])
    assert report == ImportReport(edited=("one",))
    assert path.read_bytes() == edits[edit]


def test_overwrite_replaces_edited_files(library: Path) -> None:
    """With `overwrite` the rows win, also over a file that can hardly be read."""
    _import(library, [ROW])
    (library / "cases" / "one.md").write_bytes(b"\xff\xfe broken")
    report = _import(library, [ROW], replace(DRAFTS, overwrite=True))
    assert report == ImportReport(updated=("one",))
    assert _case(library).title == "A lost tender"


def test_own_file_of_the_same_id_is_left_alone(library: Path) -> None:
    """An item written by hand counts as edited, wherever it lies and whether its name or its `id:` says the id."""
    own = case_text(title="Mine")
    declared = own.replace("title:", "id: two\ntitle:", 1)
    write_library(library, {"cases/deep/one.md": own, "cases/other.md": declared})
    report = _import(library, [ROW, {**ROW, "id": "two"}])
    assert report == ImportReport(edited=("one", "two"))
    assert _text(library, "cases/deep/one.md") == own
    assert _text(library, "cases/other.md") == declared


def test_moved_file_is_updated_where_it_lies(library: Path) -> None:
    """An imported file may be moved into a subfolder; the next run finds it there."""
    _import(library, [ROW])
    (library / "cases" / "2025").mkdir()
    (library / "cases" / "one.md").rename(library / "cases" / "2025" / "one.md")
    assert _import(library, [{**ROW, "solution": "New."}]).updated == ("one",)
    assert not (library / "cases" / "one.md").exists()


def test_id_of_another_type_is_refused(library: Path) -> None:
    """A case never replaces an enabler of the same id, not even with `overwrite`."""
    write_library(library, {"kb/enablers/one.md": concept_text("One")})
    report = _import(library, [ROW], replace(DRAFTS, overwrite=True))
    assert report.problems == ("rows.jsonl:1: the id 'one' is taken by kb/enablers/one.md",)
    assert _text(library, "kb/enablers/one.md") == concept_text("One")


def test_duplicate_ids_are_told_by_line(library: Path) -> None:
    """Of two rows with one id the first is kept; ids that differ only in case or signs are one."""
    report = _import(library, [ROW, {**ROW, "id": "two"}, {**ROW, "id": "ONE", "challenge": "Other."}])
    assert report.created == ("one", "two")
    assert len(report.problems) == 1
    assert report.problems[0].startswith("rows.jsonl:3: the id 'one' stands on line 1 too")
    assert "Other." not in _text(library)


def test_rows_without_ids_are_named_by_title(library: Path) -> None:
    """Without an id the title gives one; two rows of one title are told how to get ids."""
    rows = [{"title": "A lost tender", "body": "x"}, {"title": "A lost  Tender", "body": "y"}]
    report = _import(library, rows)
    assert report.created == ("case-a-lost-tender",)
    assert "--map id=FIELD" in report.problems[0]


@pytest.mark.parametrize(
    ("given_id", "expected"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("/etc/passwd", "etc-passwd"),
        ("C:\\cases\\x", "c-cases-x"),
        ("a/b/../c", "a-b-c"),
        ("Größe Été", "grosse-ete"),
        ("x" * 500, "x" * 120),
        ("con.md", "con-md"),
        (17, "17"),
        (0, "0"),
    ],
)
def test_id_never_leaves_the_library(library: Path, given_id: object, expected: str) -> None:
    """Whatever stands in an id, its file lies in the folder of its type under a plain name."""
    before = _names(library.parent)
    report = _import(library, [{**ROW, "id": given_id}])
    assert report.created == (expected,)
    assert _names(library / "cases") == [f"{expected}.md"]
    assert _names(library.parent) == [*before, "rows.jsonl"]


@pytest.mark.parametrize("given_id", ["..", "/", "日本", "."])
def test_id_without_letters_is_refused(library: Path, given_id: str) -> None:
    """An id that gives no file name is told with the line."""
    report = _import(library, [{**ROW, "id": given_id}])
    assert report.problems[0].startswith(f"rows.jsonl:1: {given_id!r} gives no id")
    assert _names(library / "cases") == []


@pytest.mark.parametrize("given_id", ["con", "COM1"])
def test_name_of_a_device_stops_no_other_row(library: Path, given_id: str) -> None:
    """An id that some system takes for a device is told with its line, and the rows around it are imported."""
    report = _import(library, [{**ROW, "id": "a"}, {**ROW, "id": given_id}, {**ROW, "id": "b"}])
    assert report.created == ("a", "b")
    assert report.problems[0].startswith(f"rows.jsonl:2: the id {given_id.lower()!r} names no file")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{broken", "no JSON: "),
        ('{"title": "cut off', "no JSON: "),
        ("[1, 2]", "no JSON object"),
        ('"text"', "no JSON object"),
        ("null", "no JSON object"),
        ("[" * 100_000, "no JSON: "),
        ('{"body": "x"}', "`title` is missing"),
        ('{"title": " ", "body": "x"}', "`title` is missing"),
        ('{"title": "x"}', "there is no text"),
        ('{"title": "x", "challenge": "  \\n "}', "there is no text"),
        ('{"title": "x", "body": "lone \\ud800 surrogate"}', "surrogates not allowed"),
        ('{"title": "x", "body": "nul \\u0000 byte"}', "no UTF-8 text"),
    ],
)
def test_bad_line_does_not_stop_the_others(library: Path, line: str, told: str) -> None:
    """A line that gives no item is told by number, and the lines around it are imported."""
    lines = [json.dumps({**ROW, "id": "a"}), line, "", json.dumps({**ROW, "id": "b"})]
    report = _import(library, "\n".join(lines).encode())
    assert report.created == ("a", "b")
    assert len(report.problems) == 1
    assert report.problems[0].startswith(f"rows.jsonl:2: {told}") or told in report.problems[0]


def test_byte_order_mark_and_windows_lines_are_read(library: Path) -> None:
    """A file from Windows, with a byte-order mark and CRLF, is read like any other."""
    content = b"\xef\xbb\xbf" + "\r\n".join([json.dumps(ROW), json.dumps({**ROW, "id": "two"})]).encode() + b"\r\n"
    assert _import(library, content).created == ("one", "two")


def test_line_separators_inside_texts_do_not_end_a_row(library: Path) -> None:
    """JSON may hold U+2028 as it is; a row ends with a line feed and nothing else."""
    row = json.dumps({**ROW, "challenge": "one\u2028two\u0085three"}, ensure_ascii=False)
    assert _import(library, row.encode()).created == ("one",)


def test_latin1_file_is_told_with_its_line(library: Path) -> None:
    """A file in Latin-1 is refused with the line of its first wrong byte, and nothing is written."""
    content = (json.dumps(ROW) + '\n{"title": "Größe"}').encode("latin-1")
    with pytest.raises(ImportFileError, match=r"rows\.jsonl:2 is no UTF-8 text") as caught:
        _import(library, content)
    assert "UTF-8" in caught.value.hint
    assert _names(library / "cases") == []


def test_text_of_spreadsheet_programs_is_read(library: Path) -> None:
    """What spreadsheet programs save as Unicode text is UTF-16 with tabs."""
    file = library.parent / "rows.csv"
    file.write_bytes("title\tchallenge\nGröße\tzu spät\n".encode("utf-16"))
    assert import_rows(library, file, DRAFTS).created == ("case-grosse",)


def test_table_without_rows_is_told(library: Path) -> None:
    """A file that names columns and nothing else imports nothing, and says so."""
    file = library.parent / "rows.csv"
    file.write_text("title,challenge\n", encoding="utf-8")
    assert import_rows(library, file, DRAFTS).problems == ("rows.csv: there are no rows in it",)


def test_item_that_the_library_would_not_read_is_not_written(library: Path) -> None:
    """A text over the limit of the library's files is told here, not by `check` later."""
    report = _import(library, [{**ROW, "body": "word " * 3_000}], replace(DRAFTS, most_kilobytes=10))
    assert report.created == ()
    assert "more than 0.01 MB" in report.problems[0]


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_empty_file_is_told(library: Path, content: bytes) -> None:
    """An empty file is an error, not an import of nothing."""
    with pytest.raises(ImportFileError, match="is empty"):
        _import(library, content)


def test_missing_file_is_told(library: Path) -> None:
    """A mistyped file name is told with what the system says."""
    with pytest.raises(ImportFileError, match=r"gone\.jsonl cannot be read"):
        import_rows(library, library / "gone.jsonl", DRAFTS)


def test_import_needs_a_library(tmp_path: Path) -> None:
    """Rows are not written into a folder that is no library."""
    with pytest.raises(LibraryError, match="is no library"):
        _import(write_library(tmp_path / "elsewhere", {}).parent, [ROW])


def test_long_summary_goes_into_the_body(library: Path) -> None:
    """A summary that is too long for its field is cut there and kept whole in the body."""
    summary = " ".join(f"Sentence {n} of many." for n in range(60))
    _import(library, [{**ROW, "summary": summary}])
    assert len(_case(library).summary) <= 600
    assert _words(summary) <= _words(_text(library).split("## Further text")[1])


def test_summary_is_kept_as_written(library: Path) -> None:
    """A summary that fits is not touched but for its line breaks."""
    _import(library, [{**ROW, "summary": "A *bold*\nlink: [x](https://example.org) <5%>."}])
    assert _case(library).summary == "A *bold* link: [x](https://example.org) <5%>."


def test_texts_may_be_lists_or_objects(library: Path) -> None:
    """A list of paragraphs or a nested object is text too, and nothing of it is lost."""
    row = {**ROW, "challenge": ["First part.", ["Nested."], None, 5], "solution": {"Who": "We", "what": ["called"]}}
    _import(library, [row])
    sections = {section.kind: section.text for section in _document(library, "cases/one.md").sections}
    assert sections[SectionKind.CHALLENGE] == "First part.\n\nNested.\n\n5"
    assert sections[SectionKind.SOLUTION] == "Who: We\n\nwhat: called"


def test_nulls_in_lists_are_no_values(library: Path) -> None:
    """A null inside a list or an object is left out, never written as a word."""
    _import(library, [{**ROW, "regions": ["DE", None], "industries": [{"scheme": None, "code": "10"}]}])
    assert _case(library).regions == ("DE",)
    assert "None" not in _text(library)
    assert "null" not in _text(library)


_PROSE = st.text(
    alphabet=st.one_of(
        st.characters(codec="utf-8", exclude_categories=("Cs", "Cn"), exclude_characters="\x00"),
        st.sampled_from(" \n\t:#-'\"{}[]&*!|>%@`,?=~<\\"),
    ),
    max_size=120,
)
_FIELDS = {
    "customer": _PROSE,
    "period": _PROSE,
    "relationship_stage": _PROSE,
    "offerings": st.lists(_PROSE, max_size=3),
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.fixed_dictionaries({}, optional=_FIELDS), title=_PROSE, challenge=_PROSE, body=_PROSE)
def test_round_trip(library: Path, values: Mapping[str, Any], title: str, challenge: str, body: str) -> None:
    """Whatever a row says is read back from its file: values as they were, and every word of its texts."""
    row = {**values, "id": "any", "title": f"Title {title}", "challenge": f"Begin {challenge}", "body": body}
    path = library / "cases" / "any.md"
    path.unlink(missing_ok=True)
    report = _import(library, [row])
    if report.problems:  # what YAML or UTF-8 cannot hold is told, never half written
        assert not path.exists()
        return
    item = _case(library, "cases/any.md")
    for name, value in values.items():
        if isinstance(value, str):
            assert _as_read(getattr(item, name)) == _as_read(value)
    if "offerings" in values:
        assert [_as_read(entry) for entry in item.offerings] == [_as_read(entry) for entry in values["offerings"]]
    text = path.read_text(encoding="utf-8")
    assert _words(row["challenge"]) <= _words(text)
    assert _words(body).keys() <= _words(text).keys()
    assert _words(row["title"]).keys() <= _words(item.title).keys() | _words(text).keys()
    assert _import(library, [row]).unchanged == ("any",)


def _as_read(value: str) -> str:
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


def test_pairs_are_read() -> None:
    """FIELD=VALUE options become a mapping; a value may hold equals signs."""
    assert plan_pairs(["title = Name", "customer=a=b"], "--map") == {"title": "Name", "customer": "a=b"}


@pytest.mark.parametrize("pair", ["title", "=x", "title=", " = ", ""])
def test_pair_without_both_parts_is_refused(pair: str) -> None:
    """An option without a field or a value is told as it was written."""
    with pytest.raises(ImportFileError, match="is no pair") as caught:
        plan_pairs([pair], "--map")
    assert "FIELD=VALUE" in caught.value.hint


def test_pair_given_twice_is_refused() -> None:
    """A field has one source; a second one is not silently preferred."""
    with pytest.raises(ImportFileError, match="names title twice"):
        plan_pairs(["title=a", "title=b"], "--map")


def test_a_row_that_says_restricted_stays_restricted(tmp_path: Path) -> None:
    """The option classifies rows that say nothing; it never opens one that does."""
    library = write_library(tmp_path / "library", {})
    rows = [{"id": "a", "classification": "restricted"}, {"id": "b"}]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps({"title": "T", "body": "Text.", **row}) for row in rows), encoding="utf-8")
    import_rows(library, file, ImportPlan(classification="internal"))
    assert "classification: restricted" in (library / "cases/a.md").read_text(encoding="utf-8")
    assert "classification: internal" in (library / "cases/b.md").read_text(encoding="utf-8")


def test_an_unreadable_file_stops_no_import(tmp_path: Path) -> None:
    """A link to nowhere elsewhere in the library is `check`'s business."""
    library = write_library(tmp_path / "library", {})
    (library / "cases/gone.md").symlink_to(tmp_path / "nowhere.md")
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"id": "a", "title": "T", "body": "Text."}), encoding="utf-8")
    assert import_rows(library, file, ImportPlan()).created == ("a",)
