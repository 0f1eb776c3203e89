"""Keys: shown once, kept as a hash, good until they expire or are revoked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from curation.keys import DEFAULT_DAYS, MAX_DAYS, KeyStore
from curation.state import State
from library.access import Role
from library.errors import AccessKeyError, StateError

TODAY = date(2026, 7, 1)


class Calendar:
    """A day that a test turns."""

    def __init__(self) -> None:
        self.day = TODAY

    def __call__(self) -> date:
        return self.day


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def store(tmp_path: Path, calendar: Calendar) -> KeyStore:
    return KeyStore(State(tmp_path / "state.db"), today=calendar)


def test_a_new_key_works(store: KeyStore) -> None:
    """What `create` returns is recognised, with the name, role and expiry that it was made with."""
    made = store.create(" Sales   portal ", role=Role.AUDITOR)
    assert made.text.startswith(f"cbk_{made.key.id}_")
    assert len(made.text) == len("cbk_12345678_") + 43
    found = store.verify(made.text)
    assert found is not None
    assert (found.id, found.name, found.role) == (made.key.id, "Sales portal", Role.AUDITOR)
    assert found.expires == TODAY + timedelta(days=DEFAULT_DAYS)


def test_keys_differ(store: KeyStore) -> None:
    """No two keys share an id or a secret, and one does not work under another's id."""
    first, second = store.create("a"), store.create("b")
    assert first.key.id != second.key.id
    assert first.text[-43:] != second.text[-43:]
    assert store.verify(f"cbk_{first.key.id}_{second.text[-43:]}") is None


def test_the_secret_is_nowhere(store: KeyStore, tmp_path: Path) -> None:
    """Neither the state's files nor a listing hold a key's secret."""
    secret = store.create("a").text[-43:]
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.iterdir())
    assert secret not in json.dumps([key.as_dict(TODAY) for key in store.all()])
    assert secret not in repr(store.all())


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.upper(),
        lambda text: text.replace("cbk_", "cbx_"),
        lambda text: f"cbk_00000000_{text[-43:]}",
        lambda text: text[:13] + "é" * 43,
        lambda text: text[:13],
        lambda _: "",
        lambda text: text[:13] + "' OR 1=1 --".ljust(43, "x"),
    ],
)
def test_anything_else_is_no_key(store: KeyStore, change: Callable[[str], str]) -> None:
    """Only the whole text, letter by letter, is the key."""
    text = store.create("a").text
    assert store.verify(text) is not None
    assert store.verify(change(text)) is None


def test_a_key_works_to_the_end_of_its_last_day(store: KeyStore, calendar: Calendar) -> None:
    """The day of expiry still counts, the next one does not."""
    made = store.create("a", expires=TODAY + timedelta(days=1))
    calendar.day = TODAY + timedelta(days=1)
    assert store.verify(made.text) is not None
    calendar.day = TODAY + timedelta(days=2)
    assert store.verify(made.text) is None
    assert store.all()[0].standing(calendar.day) == "expired"


def test_a_revoked_key_works_nowhere(store: KeyStore, tmp_path: Path, calendar: Calendar) -> None:
    """A key that is revoked stops working at once, in other processes too, and stays revoked since that day."""
    made = store.create("a")
    other = KeyStore(State(tmp_path / "state.db"), today=calendar)
    assert other.verify(made.text) is not None
    assert store.revoke(made.key.id).revoked == TODAY
    assert other.verify(made.text) is None
    calendar.day += timedelta(days=3)
    assert store.revoke(made.key.id).revoked == TODAY
    assert store.all()[0].standing(calendar.day) == "revoked"


def test_a_key_is_found_while_it_counts(store: KeyStore, calendar: Calendar) -> None:
    """By its public id, until it is revoked or has expired; what was never a key is not found."""
    revoked, expiring = store.create("a"), store.create("b", expires=TODAY)
    assert store.find(revoked.key.id) == revoked.key
    assert store.find(expiring.key.id) == expiring.key
    assert store.find("nothere1") is None
    store.revoke(revoked.key.id)
    calendar.day += timedelta(days=1)
    assert store.find(revoked.key.id) is None
    assert store.find(expiring.key.id) is None


def test_an_unknown_key_cannot_be_revoked(store: KeyStore) -> None:
    """Revoking what does not exist is an error, so that a typing error does not look like success."""
    store.create("a")
    with pytest.raises(AccessKeyError, match="nothere1"):
        store.revoke("nothere1")


def test_the_last_use_is_a_date_written_once_a_day(store: KeyStore, calendar: Calendar, tmp_path: Path) -> None:
    """The first use of a day is kept; later ones that day write nothing."""
    made = store.create("a")
    assert store.all()[0].last_used is None
    store.verify(made.text)
    assert store.all()[0].last_used == TODAY
    with State(tmp_path / "state.db").writing():  # nobody can write meanwhile, and nobody has to
        assert store.verify(made.text) is not None
    calendar.day += timedelta(days=1)
    store.verify(made.text)
    assert store.all()[0].last_used == TODAY + timedelta(days=1)


def test_no_request_waits_for_the_date(store: KeyStore, tmp_path: Path) -> None:
    """While another process writes, a key is recognised all the same; its date is written by the next use."""
    made = store.create("a")
    with State(tmp_path / "state.db").writing():
        assert store.verify(made.text) is not None
        assert store.all()[0].last_used is None
    store.verify(made.text)
    assert store.all()[0].last_used == TODAY


def test_a_wrong_secret_is_no_use(store: KeyStore) -> None:
    """Whoever guesses leaves no trace in the date of last use."""
    made = store.create("a")
    store.verify(f"cbk_{made.key.id}_{'x' * 43}")
    assert store.all()[0].last_used is None


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\x00b", "a\x1b[31m"])
def test_a_key_needs_a_name(store: KeyStore, name: str) -> None:
    """A name that a listing could not show is refused, and no key is made."""
    with pytest.raises(AccessKeyError):
        store.create(name)
    assert store.all() == ()


@pytest.mark.parametrize("days", [-1, MAX_DAYS + 1])
def test_a_key_expires_in_a_while(store: KeyStore, days: int) -> None:
    """An expiry in the past or beyond five years is refused, and no key is made."""
    with pytest.raises(AccessKeyError):
        store.create("a", expires=TODAY + timedelta(days=days))
    assert not store.any_made()


def test_a_key_that_was_ever_made_counts(store: KeyStore, calendar: Calendar) -> None:
    """A key counts as made after it was revoked and after it expired."""
    assert not store.any_made()
    made = store.create("a", expires=TODAY)
    store.revoke(made.key.id)
    calendar.day += timedelta(days=9)
    assert store.any_made()


def test_keys_are_listed_in_the_order_they_were_made(store: KeyStore) -> None:
    """The oldest key stands first, also among those of one day."""
    made = [store.create(name).key.id for name in "cab"]
    assert [key.id for key in store.all()] == made


def test_asking_makes_no_state(store: KeyStore, tmp_path: Path) -> None:
    """Looking at keys, or trying one, makes no file."""
    assert store.all() == ()
    assert store.verify(f"cbk_12345678_{'x' * 43}") is None
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_state_opens_nothing(tmp_path: Path) -> None:
    """Where keys cannot be read the question is an error, never an answer."""
    (tmp_path / "state.db").write_bytes(b"x" * 10_000)
    store = KeyStore(State(tmp_path / "state.db"))
    with pytest.raises(StateError):
        store.verify(f"cbk_12345678_{'x' * 43}")
    with pytest.raises(StateError):
        store.any_made()
