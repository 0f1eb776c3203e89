"""Repeated writes: the same key and body once, with the same answer; another body never."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from api.requests.idempotency import KEPT_SECONDS, Outcome, RepeatableRequest, Write, write_once
from api.requests.problems import ProblemError
from curation.feedback import FeedbackKind, Remark, keep_remark
from curation.state import State
from library.errors import StateBusyError

REQUEST = RepeatableRequest("key:abc", "k-1", "createFeedback", {"case_id": "a", "kind": "used"})


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state.db", busy_seconds=20)


def _write(db: sqlite3.Connection) -> Outcome:
    return Outcome(201, {"id": keep_remark(db, Remark("a", FeedbackKind.USED, "key:abc")).id})


def _count(state: State) -> int:
    with state.reading() as db:
        (count,) = db.execute("SELECT count(*) FROM feedback").fetchone()
    return int(count)


def test_a_repeated_request_is_written_once(state: State) -> None:
    """The second answer equals the first and says that it is repeated."""
    first, second = write_once(state, REQUEST, _write), write_once(state, REQUEST, _write)
    assert second == replace(first, replayed=True)
    assert (first.headers(), second.headers()) == ({}, {"Idempotency-Replayed": "true"})
    assert _count(state) == 1


def test_the_order_of_fields_does_not_count(state: State) -> None:
    """The same fields in another order are the same request."""
    write_once(state, REQUEST, _write)
    body = dict(reversed(list(REQUEST.body.items())))
    assert write_once(state, replace(REQUEST, body=body), _write).replayed


def test_another_body_is_refused(state: State) -> None:
    """A key that stood for one body, or one operation, does not stand for another; the field is named."""
    write_once(state, REQUEST, _write)
    for other in (replace(REQUEST, body={**REQUEST.body, "comment": "x"}), replace(REQUEST, operation="other")):
        with pytest.raises(ProblemError) as caught:
            write_once(state, other, _write)
        assert (caught.value.status, caught.value.slug) == (422, "idempotency-mismatch")
        assert caught.value.extensions["errors"][0]["field"] == "Idempotency-Key"
    assert _count(state) == 1


def test_callers_do_not_share_keys(state: State) -> None:
    """The same key of another caller is another key, and tells nothing of the first."""
    first = write_once(state, REQUEST, _write)
    second = write_once(state, replace(REQUEST, caller="key:xyz"), _write)
    assert not second.replayed
    assert second.answer != first.answer
    assert _count(state) == 2


def test_without_a_key_every_request_counts(state: State) -> None:
    """Who sends no key writes each time."""
    request = replace(REQUEST, key=None)
    assert not any(write_once(state, request, _write).replayed for _ in range(3))
    assert _count(state) == 3


def test_a_key_is_kept_for_a_day(state: State) -> None:
    """After a day the key is free again, and what was kept for it is gone."""
    now = 1_800_000_000.0
    write_once(state, REQUEST, _write, clock=lambda: now)
    assert write_once(state, REQUEST, _write, clock=lambda: now + KEPT_SECONDS - 1).replayed
    other = replace(REQUEST, body={"case_id": "b"})
    assert not write_once(state, other, _write, clock=lambda: now + KEPT_SECONDS + 1).replayed
    with state.reading() as db:
        assert db.execute("SELECT count(*) FROM repeatable_writes").fetchone() == (1,)


def test_two_at_once_write_once(state: State) -> None:
    """Of requests that come at the same moment one writes, and all get its answer."""
    start = threading.Barrier(8)

    def send(_: int) -> Outcome:
        start.wait()
        return write_once(state, REQUEST, _write)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(send, range(8)))
    assert len({str(outcome.answer) for outcome in outcomes}) == 1
    assert sum(not outcome.replayed for outcome in outcomes) == 1
    assert _count(state) == 1


def test_a_write_that_fails_leaves_its_key_free(state: State) -> None:
    """After a failure the same key can be sent again, and is written then."""

    def fail(db: sqlite3.Connection) -> Outcome:
        _write(db)
        raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        write_once(state, REQUEST, fail)
    assert _count(state) == 0
    assert not write_once(state, REQUEST, _write).replayed


def test_one_that_still_runs_is_told(tmp_path: Path) -> None:
    """While another writes for longer than one waits the answer is 409 and says when to come again."""
    state = State(tmp_path / "state.db", busy_seconds=0.02)

    def meanwhile(db: sqlite3.Connection) -> Outcome:
        with pytest.raises(ProblemError) as caught:
            write_once(state, REQUEST, _write)
        assert (caught.value.status, caught.value.headers["Retry-After"]) == (409, "1")
        with pytest.raises(StateBusyError):
            write_once(state, replace(REQUEST, key=None), _write)
        return _write(db)

    write: Write = meanwhile
    assert not write_once(state, REQUEST, write).replayed
    assert _count(state) == 1
