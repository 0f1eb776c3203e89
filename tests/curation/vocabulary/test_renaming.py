"""Whatever names a concept follows when it is renamed or merged; all other bytes stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.changing import apply_changes
from curation.vocabulary.mentions import replace_links, replace_mentions
from curation.vocabulary.renaming import plan_merge, plan_rename
from library.errors import UnknownItemError, VocabularyError
from library.reading import find_files
from tests.conftest import concept_text, write_library

CASE = """\
---\r
title: 'chl-old'  # not a reference: chl-old\r
challenge_types:\r
  # chl-old first\r
  - "chl-old"  # chl-old\r
  - chl-older\r
enablers: [{id: enb-old, effect: supporting}, { id: 'enb-new' , effect: critical}, enb-x]\r
related: [ chl-old , 'case-b' ]\r
keywords: [chl-old]\r
---\r
\r
See [old](../kb/challenges/chl-old.md#top "t"), [x](<../kb/challenges/chl-old.md>),\r
[y](../kb/challenges/chl-older.md),\r
[z](https://example.org/kb/challenges/chl-old.md) and [r].\r
\r
[r]: ../kb/challenges/./chl-old.md\r
chl-old\r
"""
FILES = {
    "cases/case-a.md": CASE,
    "kb/challenges/chl-old.md": concept_text("Old", more="related: [chl-new]\nalt_labels: {en: [ancient, Fresh]}\n"),
    "kb/challenges/chl-new.md": concept_text(
        "New",
        more="related: [chl-old, chl-older]  # mine\nalt_labels:\n  en: [fresh]  # said often\nbroader: chl-old\n",
    ),
    "kb/challenges/chl-older.md": "\ufeff" + concept_text("Older", more="broader: chl-old # up\n"),
    "kb/enablers/enb-old.md": concept_text("Old desk"),
    "kb/enablers/enb-new.md": concept_text("New desk"),
    "kb/learning/lrn-a.md": "---\ntitle: T\nteaches: []\nrelated: chl-old\n---\n",
    "cases/broken.md": "---\nrelated: [chl-old\n---\n",
    "kb/notes.txt": "chl-old",
}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library in which two concepts are named in every way that there is."""
    return write_library(tmp_path / "library", FILES)


def _texts(library: Path) -> dict[str, str]:
    return {source.path: source.place.read_bytes().decode() for source in find_files(library)[0]}


def test_every_use_follows_a_renaming(library: Path) -> None:
    """References in lists, mappings and single values, and links to the page, name the new id; nothing else changes."""
    plan = plan_rename(library, "chl-old", "chl-renamed")
    assert _texts(library) == {name: text for name, text in FILES.items() if name.endswith(".md")}
    apply_changes(library, plan.changes)
    texts = _texts(library)
    assert "kb/challenges/chl-old.md" not in texts
    assert texts["kb/challenges/chl-renamed.md"] == FILES["kb/challenges/chl-old.md"]
    expected = CASE
    for old, new in (
        ('- "chl-old"', '- "chl-renamed"'),
        ("[ chl-old ,", "[ chl-renamed ,"),
        ("(../kb/challenges/chl-old.md#", "(../kb/challenges/chl-renamed.md#"),
        ("<../kb/challenges/chl-old.md>", "<../kb/challenges/chl-renamed.md>"),
        ("[r]: ../kb/challenges/./chl-old.md", "[r]: ../kb/challenges/chl-renamed.md"),
    ):
        assert expected.count(old) == 1
        expected = expected.replace(old, new)
    assert texts["cases/case-a.md"] == expected
    assert "related: [chl-renamed, chl-older]  # mine\n" in texts["kb/challenges/chl-new.md"]
    assert texts["kb/challenges/chl-older.md"].startswith("\ufeff---\n")
    assert "broader: chl-renamed # up\n" in texts["kb/challenges/chl-older.md"]
    assert "related: chl-renamed\n" in texts["kb/learning/lrn-a.md"]
    assert texts["cases/broken.md"] == FILES["cases/broken.md"]


def test_renaming_there_and_back_changes_nothing(library: Path) -> None:
    """Renaming is undone by renaming, but for the ways in which a link can be written."""
    for old, new in (("enb-old", "enb-renamed"), ("enb-renamed", "enb-old")):
        apply_changes(library, plan_rename(library, old, new).changes)
    assert _texts(library) == {name: text for name, text in FILES.items() if name.endswith(".md")}


def test_written_id_is_renamed_and_the_file_stays(library: Path) -> None:
    """A page whose id stands in its front matter keeps its file's name."""
    write_library(library, {"kb/challenges/page.md": concept_text("Page", more="id: 'chl-page'  # ours\n")})
    plan = plan_rename(library, "chl-page", "chl-sheet")
    assert plan.files == ("kb/challenges/page.md",)
    apply_changes(library, plan.changes)
    assert "id: 'chl-sheet'  # ours\n" in _texts(library)["kb/challenges/page.md"]


def test_renaming_that_was_begun_can_be_finished(library: Path) -> None:
    """Where the page has its new name already, what still names the old one follows."""
    (library / "kb/challenges/chl-old.md").rename(library / "kb/challenges/chl-moved.md")
    apply_changes(library, plan_rename(library, "chl-old", "chl-moved").changes)
    assert '- "chl-moved"' in _texts(library)["cases/case-a.md"]
    with pytest.raises(UnknownItemError):
        plan_rename(library, "chl-old", "chl-moved")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("chl-none", "chl-x", "no concept"),
        ("case-a", "case-b", "no concept"),
        ("chl-old", "chl-new", "is taken"),
        ("chl-old", "case-a", "is taken"),
        ("chl-old", "Chl Old", "is no id"),
        ("chl-old", "../x", "is no id"),
        ("chl-old", "", "is no id"),
    ],
)
def test_renaming_that_cannot_be_is_refused(library: Path, old: str, new: str, message: str) -> None:
    """An unknown concept, a taken id and what is no id are refused with what to do."""
    with pytest.raises((UnknownItemError, VocabularyError), match=message) as caught:
        plan_rename(library, old, new)
    assert caught.value.hint


def test_merged_concept_lives_on_in_the_other(library: Path) -> None:
    """Uses lead to the one that stays; it takes labels, and the other is archived and superseded."""
    plan = plan_merge(library, "chl-old", "chl-new")
    assert plan.notes
    apply_changes(library, plan.changes)
    texts = _texts(library)
    kept = texts["kb/challenges/chl-new.md"]
    assert "alt_labels:\n  en: [fresh, Old, ancient]  # said often\n" in kept
    assert "related: [chl-older]  # mine\n" in kept
    assert "supersedes: [chl-old]\n" in kept
    assert "broader" not in kept
    gone = texts["kb/challenges/chl-old.md"]
    assert "status: archived\n" in gone
    assert "archive_reason: Merged into chl-new\n" in gone
    assert '- "chl-new"  # chl-old' in texts["cases/case-a.md"]
    assert "../kb/challenges/chl-new.md#top" in texts["cases/case-a.md"]
    assert "broader: chl-new # up\n" in texts["kb/challenges/chl-older.md"]


def test_merging_never_names_one_thing_twice(library: Path) -> None:
    """A list that holds both concepts holds one afterwards, with the stronger of two effects."""
    apply_changes(library, plan_merge(library, "enb-old", "enb-new").changes)
    text = _texts(library)["cases/case-a.md"]
    assert text.count("enb-new") == 1
    assert "enb-old" not in text
    assert "{ id: 'enb-new' , effect: critical}" in text
    assert text.count("\r\n") == CASE.count("\r\n")


def test_merged_page_goes_if_asked(library: Path) -> None:
    """With `delete` the page is removed and nothing refers to it any more."""
    apply_changes(library, plan_merge(library, "chl-old", "chl-new", delete=True).changes)
    texts = _texts(library)
    assert "kb/challenges/chl-old.md" not in texts
    assert "supersedes" not in texts["kb/challenges/chl-new.md"]


@pytest.mark.parametrize(("old", "new"), [("chl-old", "chl-old"), ("chl-old", "enb-new"), ("chl-old", "chl-none")])
def test_merge_that_cannot_be_is_refused(library: Path, old: str, new: str) -> None:
    """A concept merges into another of its type."""
    with pytest.raises((VocabularyError, UnknownItemError)):
        plan_merge(library, old, new)


def test_id_in_a_way_of_its_own_is_refused() -> None:
    """An anchor before an id is not guessed at."""
    with pytest.raises(VocabularyError):
        replace_mentions("---\nrelated: &a chl-old\n---\n", "chl-old", "chl-new")


@pytest.mark.parametrize(
    "body",
    [
        "[a](chl-old.md)",
        "[a](kb/challenges/chl-old.md)",
        "[a](/kb/challenges/chl-old.md)",
        "`chl-old.md`",
        "mailto:chl-old.md",
    ],
)
def test_links_elsewhere_stay(body: str) -> None:
    """Only a link that leads to the page from where the file lies is one to it."""
    text = f"---\ntitle: T\n---\n{body}\n"
    assert replace_links("cases/a.md", text, "kb/challenges/chl-old.md", "kb/challenges/chl-new.md") == text
