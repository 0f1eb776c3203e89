"""The audit: appended to only, and whoever changes it with other tools is found out."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from curation.review.audit import (
    Act,
    AuditEntry,
    AuditFilter,
    append_act,
    as_csv_lines,
    as_json_lines,
    audit_lines,
    name_of,
    record_act,
    record_refusal,
    savers_of,
    verify_audit,
)
from curation.state import State
from library.access import Asker
from library.errors import StateError


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A state with four lines."""
    state = State(tmp_path / "state.db")
    for who, act, item in (
        ("ann", Act.SAVED, "case-a"),
        ("bob", Act.REFUSED, "case-a"),
        ("cyd", Act.READ_CONFIDENTIAL, "case-b"),
        ("ann", Act.SAVED, "case-b"),
    ):
        record_act(state, AuditEntry(who, act, item, "approve" if act is Act.REFUSED else ""))
    return state


def _without_triggers(state: State, *statements: str) -> None:
    """Change the file as somebody would who has the tools and the rights."""
    state.close()
    with closing(sqlite3.connect(state.path)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)
        db.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who='x' WHERE number=2",
        "DELETE FROM audit WHERE number=4",
        "INSERT OR REPLACE INTO audit VALUES (2, '', 'x', 'saved', 'case-a', '', x'00', x'00')",
        "INSERT INTO audit VALUES (9, '', 'x', 'saved', 'case-a', '', x'00', x'00')",
        "UPDATE reviews SET text=NULL, reason='', guard='{}'",
        "UPDATE reviews SET approves=1",
        "DELETE FROM reviews",
        "INSERT OR REPLACE INTO reviews VALUES (1, '', 'x', 'approved', 'case-a', 'h', 1, '{}', '', NULL)",
    ],
)
def test_nothing_that_was_written_can_be_changed(state: State, statement: str) -> None:
    """The file itself refuses every change but one more line, of the audit and of reviews."""
    with state.writing() as db:
        db.execute("INSERT INTO reviews VALUES (1, '', 'x', 'returned', 'case-a', 'h', 0, '{}', 'why', NULL)")
    with pytest.raises(StateError, match="appended to"), state.writing() as db:
        db.execute(statement)
    assert len(audit_lines(state)) == 4


def test_a_whole_chain_passes(state: State) -> None:
    """An audit that nobody touched has no faults, and its last hash is found again later."""
    head = verify_audit(state).head
    record_act(state, AuditEntry("dan", Act.SAVED, "case-c"))
    found = verify_audit(state, head=head)
    assert (found.lines, found.faults) == (5, ())
    assert found.head != head


def test_an_empty_audit_is_whole(tmp_path: Path) -> None:
    """A state without an audit has nothing that could be wrong."""
    assert verify_audit(State(tmp_path / "state.db")).as_dict() == {"lines": 0, "head": "", "faults": []}


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit SET who='eve' WHERE number=2", "line 2 was changed"),
        ("UPDATE audit SET at='2020-01-01' WHERE number=4", "line 4 was changed"),
        ("DELETE FROM audit WHERE number=2", "line 2 is missing"),
        ("DELETE FROM audit WHERE number=1", "line 1 is missing"),
        ("UPDATE audit SET previous=x'00' WHERE number=3", "line 3 does not follow the one before it"),
        (
            "INSERT INTO reviews VALUES (1, '', 'eve', 'approved', 'case-a', 'h', 1, '{}', '', NULL)",
            "review 1 (approved case-a) has no line in the audit",
        ),
        (
            "INSERT INTO reviews VALUES (1, '', 'ann', 'returned', 'case-a', 'h', 1, '{}', '', NULL)",
            "review 1 (returned case-a) approves nothing, and was made to",
        ),
        (
            "INSERT INTO reviews VALUES (1, '', 'ann', 'approved', 'case-a', 'h', 1, '{}', '', x'00')",
            "review 1 (approved case-a) keeps another text than was approved",
        ),
    ],
)
def test_whatever_was_changed_is_found(state: State, statement: str, fault: str) -> None:
    """Who takes the triggers away and changes, removes or forges a line is found out."""
    _without_triggers(state, statement)
    assert fault in verify_audit(State(state.path)).faults


def test_a_cut_end_is_found_by_a_hash_that_was_noted(state: State) -> None:
    """The chain cannot tell that its end is missing; the last hash, kept elsewhere, can."""
    head = verify_audit(state).head
    _without_triggers(state, "DELETE FROM audit WHERE number=4")
    again = State(state.path)
    assert verify_audit(again).faults == ()
    assert "was taken away" in verify_audit(again, head=head).faults[0]


def test_lines_are_chosen_by_time_and_item(state: State) -> None:
    """An item's lines, or those of a span of time, are found alone and in order."""
    assert [line.who for line in audit_lines(state, AuditFilter(item="case-a"))] == ["ann", "bob"]
    at = audit_lines(state)[0].at
    assert audit_lines(state, AuditFilter(until=at)) == []
    assert len(audit_lines(state, AuditFilter(since=at))) == 4
    assert audit_lines(state, AuditFilter(since="2999-01-01")) == []


def test_exports_hold_every_line(state: State) -> None:
    """JSON Lines and CSV tell the same of every line."""
    lines = audit_lines(state)
    told = [json.loads(line) for line in as_json_lines(lines)]
    head, *rows = csv.reader(as_csv_lines(lines))
    assert [dict(zip(head, row, strict=True)) for row in rows] == [
        {name: str(value) for name, value in line.items()} for line in told
    ]
    assert told[1]["what"] == "refused"


@pytest.mark.parametrize("name", ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\uff1d1+1", "\uff20SUM(A1)", "'=1"])
def test_a_cell_is_never_a_formula(tmp_path: Path, name: str) -> None:
    """A name that a spreadsheet would calculate stays a text, in full-width letters too."""
    state = State(tmp_path / "state.db")
    record_act(state, AuditEntry(name, Act.SAVED, "case-a"))
    (row,) = list(csv.reader(as_csv_lines(audit_lines(state))))[1:]
    assert row[2] == f"'{name}"


def test_whoever_saved_since_the_approval_is_known(tmp_path: Path) -> None:
    """All who saved since the last approval count, and whoever saved last even if that was before it."""
    state = State(tmp_path / "state.db")
    for who, act in (("ann", Act.SAVED), ("bob", Act.SAVED), ("cyd", Act.APPROVED)):
        record_act(state, AuditEntry(who, act, "case-a"))
    with state.writing() as db:
        assert savers_of(db, "case-a") == {"bob"}
        append_act(db, AuditEntry("dan", Act.SAVED, "case-a"))
        append_act(db, AuditEntry("eve", Act.SAVED, "case-a"))
        append_act(db, AuditEntry("fay", Act.SAVED, "case-b"))
        assert savers_of(db, "case-a") == {"bob", "dan", "eve"}


def test_a_refusal_stands_where_the_state_cannot_be_written(tmp_path: Path) -> None:
    """That the audit cannot be written does not turn a refusal into another failure."""
    (tmp_path / "file").touch()
    record_refusal(State(tmp_path / "file" / "state.db"), Asker("ann"), "case-a", "approve")


@pytest.mark.parametrize(("user", "name"), [(" ann  lee ", "ann lee"), ("", "(no name)"), ("a\udcff", "a\\udcff")])
def test_everybody_has_a_name(user: str, name: str) -> None:
    """Whatever a user is called, the audit can hold it."""
    assert name_of(Asker(user)) == name
