"""A vocabulary's file changes what it tells, nothing else, and nothing before it was looked at."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings

from curation.changing import apply_changes
from curation.vocabulary.pages import ConceptPage, normal, read_pages
from curation.vocabulary.plans import UpdateOptions, UpdatePlan
from curation.vocabulary.skos.reading import read_turtle
from curation.vocabulary.skos.writing import write_turtle
from curation.vocabulary.table import read_table, write_table
from curation.vocabulary.updating import plan_update
from library.documents import heading_kinds, read_document
from tests.conftest import case_text, concept_text, write_library
from tests.curation.vocabulary.concept_pages import libraries

PRICE = """\
---
# who owns this?
labels:  # short
  en: Price
  de: 'Preis'
alt_labels:
  en:
    - cost  # common
    - rate
definition:
  en: What it costs.
status: approved
classification: internal
last_verified: 2026-06-30
related: [chl-scope]
---

## About

Prices.
"""
FILES = {
    "kb/challenges/chl-price.md": PRICE,
    "kb/challenges/chl-scope.md": concept_text("Scope", more="close_match: ['https://example.org/scope']\n"),
    "kb/competencies/cmp-value.md": concept_text("Value"),
    "cases/case-a.md": case_text(challenge_types="chl-price"),
}
SKOS = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n@prefix x: <https://example.org/> .\n"
OPTIONS = UpdateOptions(type_name="challenge_type", today=date(2026, 11, 1))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Two challenge types, a competency, and a case that uses one of them."""
    return write_library(tmp_path / "library", FILES)


def _take(library: Path, name: str, text: str, options: UpdateOptions = OPTIONS) -> UpdatePlan:
    """Plan an import, carry it out and return the plan."""
    file = library / name
    file.write_bytes(text.encode())
    plan = plan_update(library, read_table(file) if name.endswith("csv") else read_turtle(file), options)
    apply_changes(library, plan.changes)
    return plan


def _text(library: Path, name: str) -> str:
    return (library / name).read_bytes().decode()


def _export(library: Path, name: str) -> str:
    pages = [file.page for file in read_pages(library)]
    return write_table(pages) if name.endswith("csv") else write_turtle(pages)


@pytest.mark.parametrize("name", ["v.ttl", "v.csv"])
def test_own_export_changes_nothing(library: Path, name: str) -> None:
    """What was just exported is what the pages say already."""
    plan = _take(library, name, _export(library, name))
    assert (plan.unchanged, plan.changes, plan.notes, plan.problems) == (3, (), (), ())
    assert _text(library, "kb/challenges/chl-price.md") == PRICE


@settings(max_examples=12)
@given(libraries)
def test_pages_come_into_an_empty_library(tmp_path_factory: pytest.TempPathFactory, pages: list[ConceptPage]) -> None:
    """A vocabulary moves to another library whole, by Turtle and by a table."""
    if not pages:
        return
    for name, text in (("v.ttl", write_turtle(pages)), ("v.csv", write_table(pages))):
        root = write_library(tmp_path_factory.mktemp("empty"), {})
        plan = _take(root, name, text)
        assert plan.problems == ()
        for page, file in zip(sorted(pages, key=lambda page: page.id), read_pages(root), strict=True):
            assert (file.page.id, file.page.type, file.page.body) == (page.id, page.type, page.body)
            added = {"status", "created"} if name == "v.csv" else set()  # a table does not say that it is whole
            found = {n: normal(n, v) for n, v in file.page.fields.items() if n in page.fields or n not in added}
            assert found == {n: normal(n, v) for n, v in page.fields.items()}


@pytest.mark.parametrize("name", ["v.ttl", "v.csv"])
def test_what_was_edited_in_the_file_is_written_and_no_more(library: Path, name: str) -> None:
    """One label that was changed changes one line; comments, quotes and order stay."""
    _take(library, name, _export(library, name).replace("rate", "tariff").replace("Prices.", "All prices."))
    expected = PRICE.replace("rate", "tariff").replace("Prices.", "All prices.")
    assert _text(library, "kb/challenges/chl-price.md") == expected


def test_what_is_taken_out_of_a_whole_page_goes(library: Path) -> None:
    """An export that tells all of a page tells also what it has no more."""
    text = _export(library, "v.ttl").replace('    skos:altLabel "cost"@en,\n        "rate"@en ;\n', "")
    plan = _take(library, "v.ttl", text)
    assert plan.updated == (("chl-price", ("alt_labels",)),)
    assert "alt_labels" not in _text(library, "kb/challenges/chl-price.md")


def test_columns_that_are_missing_change_nothing(library: Path) -> None:
    """A translator's table of one language leaves the others, and all other fields, alone."""
    _take(library, "v.csv", "id,labels.fr\nchl-price,Prix\n")
    assert "labels:  # short\n  en: Price\n  de: 'Preis'\n  fr: Prix\n" in _text(library, "kb/challenges/chl-price.md")
    assert _text(library, "kb/challenges/chl-price.md").endswith("\n\n## About\n\nPrices.\n")


def test_empty_cell_takes_the_value_away(library: Path) -> None:
    """A cell that was emptied empties the field, of one language only that language."""
    _take(library, "v.csv", "id,labels.de,related\nchl-price,,\n")
    text = _text(library, "kb/challenges/chl-price.md")
    assert "labels:  # short\n  en: Price\nalt_labels" in text
    assert "related" not in text


def test_foreign_thesaurus_makes_drafts_with_their_origin(library: Path) -> None:
    """A new concept of another maker is a draft that names its URI, so that the next import finds it."""
    text = SKOS + 'x:1 a skos:Concept ; skos:prefLabel "Delay"@en ; skos:broader x:scope ; skos:scopeNote "Late."@en .'
    plan = _take(library, "v.ttl", text)
    assert plan.created == ("chl-delay",)
    written = _text(library, "kb/challenges/chl-delay.md")
    read = read_document("kb/challenges/chl-delay.md", written.encode(), heading_kinds()).document
    assert read is not None
    assert (read.item.status, read.item.title) == ("draft", "Delay")
    assert "close_match:\n- https://example.org/1\n" in written
    assert "broader:\n- chl-scope\n" in written
    assert "## Scope note\n\nLate.\n" in written
    assert _take(library, "v.ttl", text).changes == ()


def test_foreign_thesaurus_overrides_nothing(library: Path) -> None:
    """What a page says of itself stays; labels of another maker are added, differences told."""
    text = SKOS + 'x:scope a skos:Concept ; skos:prefLabel "Reach"@en, "Umfang"@de ; skos:altLabel "extent"@en .'
    plan = _take(library, "v.ttl", text)
    written = _text(library, "kb/challenges/chl-scope.md")
    assert "  en: Scope\n  de: Umfang\n" in written
    assert "alt_labels:\n  en: [extent]\n" in written
    assert any("labels.en" in note for note in plan.notes)


def test_foreign_concept_with_a_taken_name_is_left_out(library: Path) -> None:
    """Two concepts of one name are not made one without a person's word."""
    plan = _take(library, "v.ttl", SKOS + 'x:9 a skos:Concept ; skos:prefLabel "Price"@en .')
    assert plan.changes == ()
    assert "close_match: [https://example.org/9]" in plan.problems[0]


def test_missing_pages_stay_unless_told(library: Path) -> None:
    """Nothing is removed for being absent; with `delete` it goes, but nothing that is still used."""
    table = "id,labels.en\nchl-new,New\n"
    assert _take(library, "v.csv", table).missing == ("chl-price", "chl-scope")
    plan = _take(library, "v.csv", table, UpdateOptions(type_name="challenge_type", delete=True))
    assert plan.removed == ()
    assert plan.missing == ("chl-price", "chl-scope")
    assert "case-a.md" in plan.problems[0]
    assert (library / "kb/challenges/chl-price.md").exists()
    assert (library / "kb/competencies/cmp-value.md").exists()


def test_removed_page_that_nothing_uses_goes(library: Path) -> None:
    """A page that no other file names is removed with `delete`."""
    table = "id,labels.en\nchl-price,Price\nchl-scope,Scope\n"
    write_library(library, {"kb/challenges/chl-old.md": concept_text("Old")})
    plan = _take(library, "v.csv", table, UpdateOptions(delete=True))
    assert plan.removed == ("chl-old",)
    assert not (library / "kb/challenges/chl-old.md").exists()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("id,labels.en\nnew,New\n", "type"),
        ("id,type,labels.en\nx-1,colour,New\n", "colour"),
        ("id,type,labels.en\nchl-price,competency,Price\n", "is of type challenge_type"),
        ("id,labels.en\ncase-a,New\n", "belongs to an item of type business_case"),
        ("id,labels.en\nchl-price,A\nchl-price,B\n", "stands in v.csv, line 2 too"),
        ("id,labels.en\nchl-Größe,A\n", "is no id"),
        ("id,labels.en\nchl-../../x,A\n", "is no id"),
        ("id,type,labels.en\n,challenge,Price\n", "is taken"),
        ("id,type,labels.en\n,challenge,日本\n", "neither an id nor a label"),
    ],
)
def test_row_that_cannot_be_taken_is_told(library: Path, table: str, message: str) -> None:
    """A faulty row is named with what to do; the others are taken."""
    plan = _take(library, "v.csv", table, UpdateOptions())
    assert [problem for problem in plan.problems if message in problem]
    assert not (library.parent / "x.md").exists()


def test_trouble_that_an_import_makes_is_told(library: Path) -> None:
    """What would be wrong with the vocabulary afterwards, and is not today, is said before it is written."""
    plan = _take(library, "v.csv", "id,labels.en,broader\nchl-price,Scope,chl-scope\nchl-scope,Scope,chl-price\n")
    told = "\n".join(plan.notes)
    assert "leads round in a circle" in told
    assert "preferred label 'Scope'" in told


def test_file_that_cannot_be_edited_is_told(library: Path) -> None:
    """A page whose front matter cannot be changed in place is left alone and named."""
    write_library(library, {"kb/challenges/chl-odd.md": concept_text("Odd").replace("en: Odd", "en: !x Odd", 1)})
    plan = _take(library, "v.csv", "id,labels.en\nchl-odd,Even\n")
    assert "chl-odd.md" in plan.problems[0]
