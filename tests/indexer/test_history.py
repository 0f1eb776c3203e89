"""The history that generations carry: what every item was, and nothing lost or told twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indexer.build import build_index
from indexer.generations import HISTORY, MANIFEST, current_generation
from indexer.history import Event, History, Reference, extend_history, read_history, write_history
from library.documents import Document, heading_kinds, read_document
from library.errors import IndexUnusableError
from tests.conftest import FakeEncoder, case_text, concept_text, settings_for, write_library

START = datetime(2026, 7, 1, 6, tzinfo=UTC)
FILES = {"cases/a.md": case_text(title="Price"), "kb/competencies/cmp-a.md": concept_text("Negotiating")}


def _documents(files: Mapping[str, str]) -> list[Document]:
    found = [read_document(path, text.encode(), heading_kinds()).document for path, text in files.items()]
    return [document for document in found if document is not None]


def _extended(previous: History | None, files: Mapping[str, str], *, hours: int = 0) -> History:
    return extend_history(previous, _documents(files), START + timedelta(hours=hours))


def _news(before: History, after: History) -> list[Event]:
    assert after.events[: len(before.events)] == before.events
    return list(after.events[len(before.events) :])


def _build(root: Path, *, full: bool = False) -> History:
    settings = settings_for(root)
    build_index(settings, encoder=FakeEncoder(), full=full)
    return read_history(current_generation(settings.data_folder))


def test_the_first_generation_lists_everything() -> None:
    """A history begins with every item as it is."""
    history = _extended(None, FILES)
    assert [(event.id, event.type) for event in history.events] == [("a", "business_case"), ("cmp-a", "competency")]
    assert {event.at for event in history.events} == {history.begins} == {"2026-07-01T06:00:00.000000Z"}


def test_only_what_differs_is_added() -> None:
    """A later generation adds an event for each item that is new, different or gone, and none for others."""
    first = _extended(None, {**FILES, "cases/b.md": case_text(title="Plant")})
    files = {**FILES, "cases/a.md": case_text(title="Price again"), "cases/c.md": case_text(title="Tender")}
    second = _extended(first, files, hours=1)
    assert second.id == first.id
    assert second.begins == first.begins
    news = _news(first, second)
    assert [(event.id, bool(event.content)) for event in news] == [("a", True), ("b", False), ("c", True)]
    assert _news(second, _extended(second, files, hours=2)) == []


def test_an_item_that_is_gone_is_gone_once() -> None:
    """An item that was taken out has one event for it, and may come back."""
    first = _extended(None, FILES)
    second = _extended(first, {}, hours=1)
    assert [event.content for event in _news(first, second)] == ["", ""]
    assert _news(second, _extended(second, {}, hours=2)) == []
    assert len(_news(second, _extended(second, FILES, hours=2))) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another"},
        {"status": "archived"},
        {"classification": "public"},
        {"challenge": "Another problem."},
        {"more": "owner: role:x\n"},
        {"more": "access_groups: [g]\n"},
        {"competencies": "cmp-a"},
    ],
)
def test_whatever_is_served_or_decides_who_sees_it_is_an_event(change: dict[str, str]) -> None:
    """A difference in any field, section, reference, or rule of who sees an item is recorded."""
    first = _extended(None, {"cases/a.md": case_text()})
    assert len(_news(first, _extended(first, {"cases/a.md": case_text(**change)}, hours=1))) == 1


def test_what_is_never_served_is_no_event() -> None:
    """A CRM key and an empty line change nothing that anybody is served."""
    first = _extended(None, {"cases/a.md": case_text()})
    changed = case_text(more="account_key: K-1\n").replace("## Solution\n", "\n## Solution\n\n")
    assert _news(first, _extended(first, {"cases/a.md": changed}, hours=1)) == []


def test_references_stand_apart_from_the_content() -> None:
    """A reference more leaves the hash of the rest as it is; an entry's own words go with the reference."""
    plain = _extended(None, {"cases/a.md": case_text()}).events[0]
    linked = case_text(more="related: [b]\n", enablers="{id: enb-a, effect: missing}")
    event = _extended(None, {"cases/a.md": linked}).events[0]
    assert event.content == plain.content
    assert event.references == (
        Reference("related", "b"),
        Reference("enablers", "enb-a", '{"effect": "missing", "id": "enb-a"}'),
    )


def test_two_generations_never_share_a_time() -> None:
    """Times rise even if the clock was set back, so that a time names one generation."""
    first = _extended(None, FILES)
    second = _extended(first, {}, hours=-5)
    assert second.events[-1].at == "2026-07-01T06:00:00.000001Z"


def test_a_history_reads_as_it_was_written(tmp_path: Path) -> None:
    """What was written is read again, with every field."""
    text = case_text(title="Größe", more="owner: a\nauthors: [b, c]\naccess_groups: [g]\nrelated: [x]\n")
    history = _extended(_extended(None, FILES), {"cases/a.md": text}, hours=1)
    write_history(tmp_path, history)
    assert read_history(tmp_path) == history


@pytest.mark.parametrize("content", [b"", b"{}\n", b'{"id": "x", "begins": "y"}\n[1]\n', b"\xff", b"[]\n"])
def test_a_damaged_history_is_an_error(content: bytes, tmp_path: Path) -> None:
    """A file that is no history is told as damage, with what to do."""
    (tmp_path / HISTORY).write_bytes(content)
    with pytest.raises(IndexUnusableError, match="history of the index is damaged"):
        read_history(tmp_path)


def test_generations_carry_the_history_on(tmp_path: Path) -> None:
    """Each generation has the events of those before; a run without anything new adds nothing, nor does `--full`."""
    root = write_library(tmp_path, FILES)
    first = _build(root)
    assert _build(root) == first
    assert _build(root, full=True) == first
    write_library(root, {"cases/a.md": case_text(title="Price again")})
    second = _build(root)
    assert [event.id for event in _news(first, second)] == ["a"]


@pytest.mark.parametrize("damage", ["missing", "changed", "manifest", "older"])
def test_a_damaged_or_older_generation_starts_a_new_history(damage: str, tmp_path: Path) -> None:
    """Where the history before cannot be relied on, another one with another id begins."""
    root = write_library(tmp_path, FILES)
    first = _build(root)
    folder = current_generation(settings_for(root).data_folder)
    path = folder / HISTORY
    if damage == "missing":
        path.unlink()
    elif damage == "changed":
        path.write_text(path.read_text().replace("business_case", "competency"))
    elif damage == "manifest":
        (folder / MANIFEST).write_text("{")
    else:
        (folder / MANIFEST).write_text((folder / MANIFEST).read_text().replace(HISTORY, "other"))
    second = _build(root, full=True)
    assert second.id != first.id
    assert second.begins > first.begins
    assert [event.id for event in second.events] == ["a", "cmp-a"]


def test_the_history_outlives_a_change_of_format(tmp_path: Path) -> None:
    """A generation that this version cannot search in still hands its history on if that is whole."""
    root = write_library(tmp_path, FILES)
    first = _build(root)
    manifest = current_generation(settings_for(root).data_folder) / MANIFEST
    manifest.write_text(manifest.read_text().replace('"format": ', '"format": 9'))
    assert _build(root) == first
