"""Feedback: kept with who said it, read by the desk, and only of cases that the reader sees."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from curation.feedback import Feedback, FeedbackKind, Remark, keep_remark, list_feedback
from curation.state import State
from library.access import Asker, Role
from library.errors import RoleError
from search.view import View
from tests.conftest import case_text, index_library, write_library

CURATOR = Asker(user="cara", role=Role.CURATOR)


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state" / "state.db")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "cases/open-case.md": case_text(),
        "cases/secret-case.md": case_text(classification="confidential", more="access_groups: [red]\n"),
    }
    return write_library(tmp_path / "library", files)


def _keep(state: State, remark: Remark) -> Feedback:
    with state.writing() as db:
        return keep_remark(db, remark)


def test_what_was_said_is_listed_latest_first(state: State, root: Path) -> None:
    """Every part of a remark comes back, with an id and a time, the latest remark first."""
    first = Remark("open-case", FeedbackKind.USED, "key:abc", "0" * 32, "Worked; \U0001f600 'quoted'", "abc")
    second = Remark("open-case", FeedbackKind.OUTDATED, "user:1")
    kept = [_keep(state, remark) for remark in (first, second)]
    found = list_feedback(state, View(index_library(root), CURATOR))
    assert found == tuple(reversed(kept))
    assert found[1].remark == first
    assert found[0].id != found[1].id
    assert datetime.fromisoformat(found[0].at).tzinfo is not None


def test_the_json_form_is_flat(state: State) -> None:
    """As JSON a remark's parts stand beside its id and time."""
    kept = _keep(state, Remark("open-case", FeedbackKind.WRONG, "anyone", comment="No."))
    assert kept.as_dict() == {
        "id": kept.id,
        "at": kept.at,
        "case_id": "open-case",
        "kind": "wrong",
        "caller": "anyone",
        "search_id": "",
        "comment": "No.",
        "key": None,
    }


def test_a_curator_reads_nothing_of_cases_that_they_do_not_see(state: State, root: Path) -> None:
    """What was said of a hidden case, or of one that is gone, is listed to nobody who does not see it."""
    for case_id in ("secret-case", "gone-case", "open-case"):
        _keep(state, Remark(case_id, FeedbackKind.USED, "user:1", comment=f"of {case_id}"))
    engine = index_library(root)
    in_red = Asker(user="cara", role=Role.CURATOR, groups=frozenset({"red"}))
    assert [entry.remark.case_id for entry in list_feedback(state, View(engine, CURATOR))] == ["open-case"]
    assert [entry.remark.case_id for entry in list_feedback(state, View(engine, in_red))] == [
        "open-case",
        "secret-case",
    ]


@pytest.mark.parametrize(
    "asker",
    [
        Asker(),
        Asker(user="ann", role=Role.CONTRIBUTOR),
        Asker(role=Role.ADMINISTRATOR),
        Asker(role=Role.AUDITOR),
        Asker(role=Role.CURATOR, is_service=True),
    ],
)
def test_feedback_is_for_the_desk(state: State, root: Path, asker: Asker) -> None:
    """Only curators and publishers, as persons, read what users said."""
    with pytest.raises(RoleError):
        list_feedback(state, View(index_library(root), asker))


def test_nothing_was_said_yet(state: State, root: Path, tmp_path: Path) -> None:
    """Listing where nothing was ever kept is an empty list, and makes no file."""
    assert list_feedback(state, View(index_library(root), CURATOR)) == ()
    assert not (tmp_path / "state").exists()
