"""The queue: what waits, for those who may see it, most used first."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from curation.feedback import FeedbackKind, Remark, keep_remark
from curation.review.decisions import approve, send_back
from curation.review.queue import QueueEntry, QueueOrder, Waiting, queue_lines, review_queue
from library.access import Asker, Role
from library.errors import RoleError
from tests.curation.review.reviewed import (
    ANN,
    CARL,
    CASE,
    CORA,
    READER,
    desk_of,
    make_library,
    new_case,
    state_of,
)

_OLD = "owner: bob\nreview_interval: P1M\n"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library in which something waits for every reason; tests only read it."""
    root = make_library(
        tmp_path_factory.mktemp("queue") / "lib",
        case_new=new_case(),
        case_fresh=new_case(more="owner: Zoe\n"),
        case_draft=new_case(status="draft"),
        case_back=new_case(),
        case_done=new_case(),
        case_edited=new_case(),
        case_old=new_case(more=_OLD),
        case_older=new_case(more=_OLD.replace("bob", "abe").replace("P1M", "P1W")),
        case_secret=new_case(classification="restricted", more="owner: ann\naccess_groups: [red]\n"),
    )
    for name in ("done", "edited", "old", "older"):
        approve(desk_of(root, CARL), f"case-{name}")
    send_back(desk_of(root, CARL), "case-back", "Which baseline?")
    edited = root / "cases/case-edited.md"
    edited.write_text(edited.read_text(encoding="utf-8") + "\nMore.\n", encoding="utf-8")
    with state_of(root).writing() as db:
        for case, kind in (("case-new", FeedbackKind.HELPFUL), ("case-fresh", FeedbackKind.USED)):
            keep_remark(db, Remark(case, kind, "user:x"))
    return root


def _queue(root: Path, asker: Asker, **how: object) -> list[QueueEntry]:
    desk = desk_of(root, asker)
    desk.today = date(2026, 9, 10)
    found = review_queue(desk, **how)  # type: ignore[arg-type]
    return [entry for entry in found if entry.type == "business_case"]


def _told(entries: list[QueueEntry]) -> list[tuple[str, str]]:
    return [(entry.waiting.value, entry.id) for entry in entries]


def test_everything_that_waits_is_listed(library: Path) -> None:
    """New items, edits without approval and due reviews wait, the most used first; drafts of others do not."""
    assert _told(_queue(library, CARL)) == [
        ("new", "case-fresh"),
        ("new", "case-new"),
        ("edited", "case-edited"),
        ("overdue", "case-old"),
        ("overdue", "case-older"),
    ]


def test_it_is_sorted_by_owner_and_by_due_day(library: Path) -> None:
    """Within a reason the queue stands by owner, or longest due first."""
    by_owner = _queue(library, CARL, order=QueueOrder.OWNER)
    assert [entry.owner for entry in by_owner] == ["ann", "Zoe", "ann", "abe", "bob"]
    by_due = _queue(library, CARL, order=QueueOrder.DUE)
    assert [entry.id for entry in by_due if entry.waiting is Waiting.OVERDUE] == ["case-older", "case-old"]
    assert [entry.id for entry in _queue(library, CARL, owner="zoe")] == ["case-fresh"]


def test_an_author_finds_what_came_back_with_the_reason(library: Path) -> None:
    """A contributor sees his own items that wait, and why one was returned; nothing of others."""
    entries = _queue(library, ANN)
    assert _told(entries) == [
        ("new", "case-new"),
        ("new", "case-secret"),
        ("edited", "case-edited"),
        ("returned", "case-back"),
    ]
    assert entries[-1].reason == "Which baseline?"


def test_a_group_opens_what_is_closed(library: Path) -> None:
    """A curator of an item's group has it in the queue, others do not."""
    insider = Asker("cora", Role.CURATOR, frozenset({"red"}))
    assert ("new", "case-secret") in _told(_queue(library, insider))
    assert ("new", "case-secret") not in _told(_queue(library, CORA))


def test_readers_have_no_queue(library: Path) -> None:
    """Whoever neither writes nor reviews is told who does."""
    with pytest.raises(RoleError, match="contributor or curator or publisher"):
        _queue(library, READER)


def test_lines_tell_what_counts(library: Path) -> None:
    """The text form names reason, id, title, due day, use, owner and reason of a return."""
    lines = list(queue_lines([*_queue(library, CARL), *_queue(library, ANN)]))
    assert lines[0] == "new       case-fresh  New  (used once, owner Zoe)"
    assert any("due 2026-08-31" in line for line in lines)
    assert lines[-1].endswith("(owner ann, reason: Which baseline?)")


def test_files_are_trusted_where_that_is_set(tmp_path: Path) -> None:
    """With approval by files, an approved file is in no queue, whoever approved it."""
    root = make_library(tmp_path / "lib", case_new=new_case(status="approved"))
    assert _told(review_queue(desk_of(root, CARL, approval="files"))) == []
    assert _told(review_queue(desk_of(root, CARL))) == [
        ("new", "case-new"),
        ("new", "chl-price"),
        ("new", "chl-sponsor"),
    ]
    assert (root / CASE).exists()
