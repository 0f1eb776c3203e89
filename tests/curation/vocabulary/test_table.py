"""Concept pages go to a table and back without a loss, as spreadsheets save it, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from curation.vocabulary.pages import ConceptPage, IncomingVocabulary, normal, read_pages
from curation.vocabulary.table import read_table, write_table
from library.errors import VocabularyError
from library.front_matter import Value
from tests.curation.vocabulary.concept_pages import libraries

ROOT = Path(__file__).parents[3]


def _read(content: str | bytes) -> IncomingVocabulary:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "v.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_table(file)


def _given(fields: dict[str, Value] | object) -> dict[str, Value]:
    assert isinstance(fields, dict)
    told: dict[str, Value] = {}
    for name, value in fields.items():
        kept = {tag: text for tag, text in value.items() if text is not None} if isinstance(value, dict) else value
        if kept not in (None, {}) or value == {}:
            told[name] = normal(name, kept)
    return told


@settings(max_examples=30)
@given(libraries)
def test_pages_come_back_from_a_table(pages: list[ConceptPage]) -> None:
    """Whatever a page holds is the same after the table."""
    if not pages:
        return
    read = _read("\ufeff" + write_table(pages))
    assert read.notes == ()
    for page, told in zip(pages, read.concepts, strict=True):
        assert (told.id, told.type, told.body) == (page.id, page.type, page.body)
        assert _given(told.given) == {name: normal(name, value) for name, value in page.fields.items()}


def test_shipped_vocabulary_needs_no_json() -> None:
    """The sample vocabulary fits in plain cells."""
    pages = [file.page for file in read_pages(ROOT)]
    rows = list(csv.DictReader(io.StringIO(write_table(pages), newline="")))
    assert len(rows) == len(pages)
    assert "rest" not in rows[0]
    assert rows[0]["labels.en"]


@pytest.mark.parametrize("cell", ["=1+1", "+41 44", "-5 %", "@SUM(A1)", "'=x", "''quoted", "'tis", "\tx"])
def test_no_cell_is_a_formula(cell: str) -> None:
    """What a spreadsheet would run has an apostrophe before it, which the import takes away; others are left alone."""
    page = ConceptPage("chl-a", "challenge_type", {"labels": {"en": cell}, "keywords": [cell, "b"], "summary": cell})
    text = write_table([page])
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not [found for found in row if found[:1] in set("=+-@\t\r")]
    assert _given(_read(text).concepts[0].given) == page.fields


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_tables_of_spreadsheets_are_read(delimiter: str, encoding: str, newline: str) -> None:
    """Delimiters, encodings, line ends and quoted line breaks are read as spreadsheets write them."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=newline)
    writer.writerows([["id", "labels.de", "alt_labels.de"], ["chl-a", "Größe", f"Maß{newline}Um,fa;ng"], ["", "", ""]])
    read = _read(stream.getvalue().encode(encoding))
    (told,) = read.concepts
    assert (told.id, told.given) == ("chl-a", {"labels": {"de": "Größe"}, "alt_labels": {"de": ["Maß", "Um,fa;ng"]}})
    assert told.body is None
    assert bool(read.notes) == (encoding == "cp1252")


def test_only_the_columns_that_are_there_are_told() -> None:
    """An empty cell says that there is nothing; a column that is missing says nothing."""
    (told,) = _read("id,labels.en,labels.fr,broader\nchl-a,Price,,\n").concepts
    assert told.given == {"labels": {"en": "Price", "fr": None}, "broader": None}
    assert not told.complete


def test_strange_column_is_left_out_and_told() -> None:
    """A column of somebody's own is no field."""
    read = _read("id,labels.en,Owner (HR)\nchl-a,Price,Ann\n")
    assert read.concepts[0].given == {"labels": {"en": "Price"}}
    assert "Owner (HR)" in read.notes[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("name,price\na,b\n", "no column `id`"),
        ("id,id\na,b\n", "stands twice"),
        ('id,labels.en\nchl-a,"Price\n', "line"),
        ('id,labels.en\nchl-a,"Pri"ce"\n', "line 2"),
        ("id,labels.en\nchl-a,Price,more,cells\n", "4 cells below 2"),
        ("id,rest\nchl-a,{\n", "no JSON"),
        ("id,rest\nchl-a,[1]\n", "no JSON object"),
        (b"id,labels.en\nchl-a,\0\n", "no text"),
        (b"PK\x03\x04\x00\x00 a workbook", "no text"),
    ],
)
def test_what_is_no_table_is_refused(content: str | bytes, message: str) -> None:
    """A workbook, a broken quote or a strange header ends with a message that says what to do."""
    with pytest.raises(VocabularyError, match=message) as caught:
        _read(content)
    assert caught.value.hint


def test_long_cells_are_read() -> None:
    """A page's text may be longer than Python's csv takes unasked, and its limit stays what it was."""
    before = csv.field_size_limit()
    body = "x" * 200_000
    (told,) = _read(f"id,body\nchl-a,{body}\n").concepts
    assert told.body == body
    assert csv.field_size_limit() == before


def test_rest_may_hold_any_json() -> None:
    """Values of `rest` become texts, as front matter holds them."""
    cell = json.dumps({"a": 1, "b": True, "c": [None, {"d": 2.5}]}).replace('"', '""')
    (told,) = _read(f'id,rest\nchl-a,"{cell}"\n').concepts
    assert told.given == {"a": "1", "b": "true", "c": [None, {"d": "2.5"}]}
