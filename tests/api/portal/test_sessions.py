"""Sessions: an id that nobody guesses, kept as a hash, ending when it should, and nothing for who did nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from api.portal.sessions import Cookie, Session, Sessions, SignedIn
from api.portal.vault import Vault
from library.access import Role
from library.settings import PortalSettings, ServerSettings, Settings

ANN = SignedIn("user:1", until=1e12, user="ann@firm.example", role=Role.CURATOR, groups=("red",), notices=("x",))


class Clock:
    """A time that a test turns."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Browser:
    """Sends back the cookie that it was given."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.value = ""

    def keep(self, session: Session) -> None:
        self._sessions.save(session, Response())
        self.value = session.id

    def visit(self) -> Session | None:
        cookie = f"{self._sessions.cookie.name}={self.value}".encode()
        return self._sessions.find(Request({"type": "http", "headers": [(b"cookie", cookie)]}))


def make(vault: Vault, clock: Clock, **portal: float) -> Sessions:
    return Sessions(vault, Settings(portal=PortalSettings.model_validate(portal)), clock=clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "portal.db"


@pytest.fixture
def vault(file: Path, clock: Clock) -> Vault:
    return Vault(file, clock=clock)


@pytest.fixture
def sessions(vault: Vault, clock: Clock) -> Sessions:
    return make(vault, clock, session_hours=8, idle_minutes=60)


def entries(file: Path) -> list[tuple[str, bytes]]:
    with sqlite3.connect(file) as db:
        found = db.execute("SELECT place, body FROM entries").fetchall()
    db.close()
    return found


def test_what_is_kept_comes_back(sessions: Sessions) -> None:
    """Who signed in, with role, groups and notices, and the cases that were chosen."""
    browser = Browser(sessions)
    session = sessions.sign_in(Session("a" * 43, chosen=("b", "a")), ANN)
    browser.keep(session)
    found = browser.visit()
    assert found is not None
    assert found.chosen == ("b", "a")
    assert found.signed_in is not None
    assert found.signed_in.identity.asker == ANN.identity.asker
    assert found.signed_in.identity.notices == ("x",)


def test_a_visitor_who_did_nothing_takes_no_room(sessions: Sessions, file: Path) -> None:
    """Pages may be asked for as often as one likes: nobody's session is driven out by it."""
    for _ in range(50):
        sessions.save(sessions.begin(), Response())
    assert not entries(file)


def test_the_file_tells_nothing(sessions: Sessions, file: Path) -> None:
    """Neither the id nor what belongs to it can be read there, and nobody else may open it."""
    browser = Browser(sessions)
    browser.keep(sessions.sign_in(sessions.begin(), ANN))
    raw = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert entries(file)
    assert not [word for word in (browser.value, "ann@firm", "user:1", "red") if word.encode() in raw]
    assert file.stat().st_mode & 0o077 == 0


def test_ids_have_256_random_bits(sessions: Sessions) -> None:
    """Two are never alike, and each is as long as it has to be."""
    ids = {sessions.begin().id for _ in range(100)}
    assert len(ids) == 100
    assert all(len(id_) == 43 for id_ in ids)


def test_an_unused_session_ends(sessions: Sessions, clock: Clock) -> None:
    """After an hour without a visit one has to sign in again; each visit begins the hour anew."""
    browser = Browser(sessions)
    browser.keep(sessions.sign_in(sessions.begin(), ANN))
    for _ in range(4):
        clock.now += 50 * 60
        found = browser.visit()
        assert found is not None
        assert found.signed_in
    clock.now += 61 * 60
    found = browser.visit()
    assert found is not None
    assert found.signed_in is None


@pytest.mark.parametrize(("token_seconds", "lasts"), [(1e9, 8 * 3600), (600, 600)])
def test_a_session_ends_for_certain(token_seconds: float, lasts: float, sessions: Sessions, clock: Clock) -> None:
    """However busy it is, it ends with the day's work or with what the issuer vouched for, whichever comes first."""
    browser = Browser(sessions)
    until = SignedIn("user:1", until=clock.now + token_seconds)
    browser.keep(sessions.sign_in(sessions.begin(), until))
    begun, seen = clock.now, []
    while clock.now - begun < lasts + 600:
        found = browser.visit()
        assert found is not None
        seen.append((clock.now - begun, found.signed_in is not None))
        clock.now += 290
    assert all(is_in == (at < lasts) for at, is_in in seen)


def test_signing_in_gives_a_new_id(sessions: Sessions) -> None:
    """What was chosen comes along; the id from before is forgotten."""
    browser = Browser(sessions)
    before = Session("b" * 43, chosen=("a",))
    browser.keep(before)
    after = sessions.sign_in(before, ANN)
    assert after.id != before.id
    assert after.chosen == ("a",)
    found = browser.visit()
    assert found is not None
    assert found.chosen == ()


def test_another_user_finds_nothing_of_the_one_before(sessions: Sessions) -> None:
    """Who signs in over another's session does not get the cases that one had chosen."""
    first = sessions.sign_in(Session("b" * 43, chosen=("a",)), ANN)
    assert sessions.sign_in(first, SignedIn("user:2", until=1e12)).chosen == ()


def test_an_ended_session_is_gone(sessions: Sessions, file: Path) -> None:
    """Nothing of it stays in the file, and the browser is told to forget the id."""
    browser = Browser(sessions)
    session = sessions.sign_in(sessions.begin(), ANN)
    browser.keep(session)
    response = Response()
    sessions.end(session, response)
    assert not entries(file)
    assert "Max-Age=0" in response.headers["set-cookie"]


def test_workers_share_sessions(file: Path, clock: Clock) -> None:
    """Who signed in with one process is known to the other."""
    here, there = (make(Vault(file, clock=clock), clock) for _ in range(2))
    session = here.sign_in(here.begin(), ANN)
    here.save(session, Response())
    browser = Browser(there)
    browser.value = session.id
    found = browser.visit()
    assert found is not None
    assert found.signed_in


@pytest.mark.parametrize("value", ["", "a", "a" * 44, "a" * 42 + "/", "a" * 42 + "."])
def test_other_cookies_are_no_session(value: str, sessions: Sessions) -> None:
    """A value that was never given out belongs to nobody."""
    browser = Browser(sessions)
    browser.value = value
    assert browser.visit() is None


@pytest.mark.parametrize(
    ("url", "name", "path", "secure"),
    [
        ("", "casebook", "/", False),
        ("http://kb.example.com", "casebook", "/", False),
        ("https://kb.example.com/", "__Host-casebook", "/", True),
        ("https://kb.example.com/casebook/", "casebook", "/casebook", True),
    ],
)
def test_the_cookie_is_as_safe_as_the_address_allows(url: str, name: str, path: str, secure: bool) -> None:  # noqa: FBT001
    """Scripts never read it, other sites never send it with a form, and on https it goes nowhere else."""
    cookie = Cookie.from_settings(Settings(server=ServerSettings(public_url=url)))
    assert (cookie.name, cookie.path, cookie.secure) == (name, path, secure)
    response = Response()
    cookie.set(response, "x")
    given = response.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", f"Path={path}"} <= set(given.split("; "))
    assert ("Secure" in given) is secure
    assert "Max-Age" not in given


def test_a_token_is_for_one_session() -> None:
    """It is different each time, good for its own session, and for no other."""
    mine, other = Session("a" * 43), Session("b" * 43)
    first, second = mine.csrf, mine.csrf
    assert first != second
    assert mine.accepts(first)
    assert mine.accepts(second)
    assert not other.accepts(first)


@pytest.mark.parametrize("token", ["", "a", "====", "é", "A" * 88, "a" * 43])
def test_what_is_no_token_is_not_accepted(token: str) -> None:
    """Whatever is sent instead, the answer is no."""
    session = Session("a" * 43)
    assert not session.accepts(token)
    assert not session.accepts(session.csrf[:-4])
    assert not session.accepts(session.csrf + session.csrf)
