"""search.browsing.listing, status and freshness: what is there, as far as the asker sees it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from library.access import Asker, Role
from library.errors import UnknownItemError
from search.browsing.freshness import find_stale
from search.browsing.listing import list_items, show_item
from search.browsing.status import library_status
from search.view import View
from tests.conftest import case_text, concept_text, index_library, settings_for, write_library

FILES = {
    "kb/enablers/enb-desk.md": concept_text("Pricing desk"),
    "kb/enablers/enb-hidden.md": concept_text(
        "Hidden desk", classification="restricted", more="access_groups: [red]\n"
    ),
    "cases/case-a.md": case_text(title="First", enablers="{id: enb-desk, effect: critical}, enb-hidden"),
    "cases/case-b.md": case_text(title="Second", more="replicates: case-a\nrelated: [case-c]\naccount_key: CRM-0815\n"),
    "cases/case-c.md": case_text(title="Third", status="draft", more="authors: [ann]\n"),
}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return write_library(tmp_path, FILES)


def test_page_shows_links_in_both_directions(library: Path) -> None:
    """An item's page has its fields, its text, what it refers to and what refers to it."""
    engine = index_library(library)
    page = show_item(View(engine, Asker()), "case-a")
    assert page.fields["title"] == "First"
    assert [(link.field, link.id) for link in page.links] == [("enablers", "enb-desk")]
    assert [(link.field, link.id) for link in page.linked_from] == [("replicates", "case-b")]
    assert ("Challenge", "The customer had a problem.") in page.sections
    engine.close()


def test_page_drops_references_to_hidden_items_and_the_account_key(library: Path) -> None:
    """What the asker may not see disappears from an item's own fields; the CRM key is never shown to anyone."""
    engine = index_library(library)
    assert show_item(View(engine, Asker()), "case-a").fields["enablers"] == [{"id": "enb-desk", "effect": "critical"}]
    page = show_item(View(engine, Asker()), "case-b")
    assert "related" not in page.fields
    assert "CRM-0815" not in str(page.as_dict())
    assert b"CRM-0815" not in b"".join(p.read_bytes() for p in library.rglob(".casebook/generations/*/*.db"))
    engine.close()


def test_hidden_and_missing_ids_get_the_same_error(library: Path) -> None:
    """Nobody learns from an error that an item exists."""
    engine = index_library(library)
    told = []
    for item_id in ("enb-hidden", "enb-nothing"):
        with pytest.raises(UnknownItemError) as caught:
            show_item(View(engine, Asker()), item_id)
        told.append(caught.value.message.replace(item_id, "ID"))
    assert told[0] == told[1]
    engine.close()


def test_list_holds_the_status_that_was_asked_for(library: Path) -> None:
    """Approved items are listed by default; an author finds his own draft when he asks for drafts."""
    engine = index_library(library)
    ann = View(engine, Asker(user="ann"))
    assert [item.id for item in list_items(ann, "business_case")] == ["case-a", "case-b"]
    assert [item.id for item in list_items(ann, "business_case", statuses=["draft"])] == ["case-c"]
    assert list_items(View(engine, Asker()), "business_case", statuses=["draft"]) == []
    engine.close()


def test_status_counts_what_the_asker_sees(library: Path) -> None:
    """Two askers get different counts from one index, each of what is theirs to see."""
    engine = index_library(library)
    settings = settings_for(library)
    reader = library_status(engine, settings, Asker())
    curator = library_status(engine, settings, Asker(role=Role.CURATOR, groups=frozenset({"red"})))
    assert (reader.counts["business_case"], reader.counts["enabler"]) == ({"approved": 2}, {"approved": 1})
    assert curator.counts["business_case"] == {"approved": 2, "draft": 1}
    assert curator.counts["enabler"] == {"approved": 2}
    assert reader.characters < curator.characters
    engine.close()


def test_status_names_overdue_reviews(library: Path) -> None:
    """A case verified in June 2026 with a yearly review is overdue from July 2027 on."""
    engine = index_library(library)
    settings = settings_for(library)
    assert library_status(engine, settings, Asker(), today=date(2027, 6, 1)).overdue == ()
    assert "case-a" in library_status(engine, settings, Asker(), today=date(2027, 7, 2)).overdue
    engine.close()


def test_stale_files_are_told_apart(library: Path) -> None:
    """New, changed and removed files are named; a file that was only touched is not."""
    engine = index_library(library)
    (library / "cases/case-new.md").write_text(case_text(title="New"), encoding="utf-8")
    (library / "cases/case-a.md").write_text(case_text(title="Changed"), encoding="utf-8")
    (library / "cases/case-b.md").unlink()
    touched = library / "kb/enablers/enb-desk.md"
    touched.write_bytes(touched.read_bytes())
    stale = find_stale(View(engine, Asker()), settings_for(library))
    assert [(file.path, file.state) for file in stale] == [
        ("cases/case-a.md", "changed"),
        ("cases/case-b.md", "removed"),
        ("cases/case-new.md", "new"),
    ]
    engine.close()


def test_stale_files_of_hidden_items_are_not_told(library: Path) -> None:
    """That a hidden item's file has changed is as secret as the item."""
    engine = index_library(library)
    hidden = library / "kb/enablers/enb-hidden.md"
    hidden.write_text(FILES["kb/enablers/enb-hidden.md"] + "\nMore.\n", encoding="utf-8")
    (library / "cases/case-d.md").write_text(case_text(status="draft"), encoding="utf-8")
    settings = settings_for(library)
    assert find_stale(View(engine, Asker()), settings) == ()
    red_curator = Asker(role=Role.CURATOR, groups=frozenset({"red"}))
    assert [file.path for file in find_stale(View(engine, red_curator), settings)] == [
        "cases/case-d.md",
        "kb/enablers/enb-hidden.md",
    ]
    engine.close()


def test_a_link_to_nowhere_costs_no_answer(library: Path) -> None:
    """A file that cannot even be looked at is no reason for a search or a status to fail."""
    (library / "cases/case-gone.md").symlink_to(library / "nowhere.md")
    engine = index_library(library)
    assert find_stale(View(engine, Asker()), settings_for(library)) == ()
    engine.close()
