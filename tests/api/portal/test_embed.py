"""The search in another site's page: only where it is allowed, and in a way that works without our cookie there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from api.portal.routes.embed import is_among
from curation.keys import KeyStore
from curation.state import State
from library.settings import PortalSettings
from tests.api.conftest import MakeClient
from tests.api.portal.portal_forms import PAGE, token_of

OWN = {**PAGE, "Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"}
PORTAL = "https://portal.example.com"
CHALLENGE = "Purchasing demands a price cut"


def frame_ancestors(client: TestClient, path: str) -> str:
    policy = client.get(path, headers=PAGE).headers["content-security-policy"]
    return policy.rpartition("frame-ancestors ")[2]


def test_no_page_is_shown_in_a_frame_unless_that_is_set(client: MakeClient) -> None:
    """Without the setting the page says that it is off, and browsers are told to show it nowhere."""
    browser = client()
    answer = browser.get("/embed", headers=PAGE)
    assert "is off" in answer.text
    assert frame_ancestors(browser, "/embed") == "'none'"
    assert answer.headers["x-frame-options"] == "DENY"


def test_only_the_embedded_page_is_shown_in_a_frame(client: MakeClient) -> None:
    """Sites that are named may show /embed, and no other page."""
    browser = client(portal={"frame_ancestors": [PORTAL, "https://*.firm.example"]})
    assert frame_ancestors(browser, "/embed") == f"{PORTAL} https://*.firm.example"
    assert "x-frame-options" not in browser.get("/embed", headers=PAGE).headers
    assert frame_ancestors(browser, "/") == "'none'"
    assert frame_ancestors(browser, "/brief") == "'none'"


@pytest.mark.parametrize(
    "origin",
    ["*", "portal.example.com", "https://a.example/x", "https://a.example; script-src *", "data:", "https://", "a b"],
)
def test_only_origins_can_be_set(origin: str) -> None:
    """What is no origin would open more than was meant, or end the policy."""
    with pytest.raises(ValidationError):
        PortalSettings(frame_ancestors=(origin,))


@pytest.mark.parametrize(
    ("origin", "among"),
    [
        (PORTAL, True),
        ("https://a.firm.example", True),
        ("https://a.b.firm.example", True),
        ("https://firm.example", False),
        ("https://evilfirm.example", False),
        ("https://evil.example@x.firm.example", False),
        ("http://portal.example.com", False),
        ("https://portal.example.com:444", False),
        ("https://portal.example.com/", False),
        ("", False),
        ("null", False),
    ],
)
def test_the_height_is_told_to_those_sites_alone(origin: str, among: bool) -> None:  # noqa: FBT001
    """An origin is matched as browsers match `frame-ancestors`."""
    assert is_among(origin, (PORTAL, "https://*.firm.example")) is among


def test_a_foreign_origin_is_told_nothing(client: MakeClient) -> None:
    """The page takes the origin that it is given only if it is one of those that may show it."""
    browser = client(portal={"frame_ancestors": [PORTAL]})
    assert f'data-origin="{PORTAL}"' in browser.get(f"/embed?origin={PORTAL}", headers=PAGE).text
    assert 'data-origin=""' in browser.get("/embed?origin=https://evil.example", headers=PAGE).text


def test_the_frame_answers_where_nobody_is_asked(client: MakeClient) -> None:
    """Without a cookie and without keeping anything."""
    browser = client(portal={"frame_ancestors": [PORTAL]})
    assert "target=" not in browser.get("/embed", headers=PAGE).text
    answer = browser.post("/embed", data={"challenge": CHALLENGE}, headers=OWN)
    assert answer.status_code == 200
    assert "Purchasing asks for a price cut" in answer.text
    assert "set-cookie" not in answer.headers
    assert "no-store" in answer.headers["cache-control"]


def test_it_speaks_the_language_of_the_page_around_it(client: MakeClient) -> None:
    """The element's language counts, whatever the browser prefers."""
    page = client().get("/embed?language=de-CH", headers={**PAGE, "accept-language": "fr"}).text
    assert '<html lang="de">' in page


@pytest.mark.parametrize("challenge", ["", "   ", "x" * 20_001])
def test_what_cannot_be_searched_is_told(challenge: str, client: MakeClient) -> None:
    """The box comes again and says why."""
    answer = client().post("/embed", data={"challenge": challenge}, headers=OWN)
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
@pytest.mark.parametrize("path", ["/embed", "/embed/open"])
def test_only_the_frames_own_form_counts(path: str, headers: dict[str, str], client: MakeClient) -> None:
    """There is no token in it, so that its origin must be told, and be this server."""
    answer = client().post(path, data={"challenge": CHALLENGE}, headers={**PAGE, **headers}, follow_redirects=False)
    assert answer.status_code == 403


@pytest.fixture
def key(tmp_path: Path) -> str:
    return KeyStore(State(tmp_path / "state" / "state.db")).create("portal").text


def test_a_stranger_is_answered_in_a_tab_of_its_own(client: MakeClient, key: str) -> None:
    """There one signs in, and the challenge that was typed in the frame is answered: nothing is typed twice."""
    browser = client(portal={"frame_ancestors": [PORTAL]})
    page = browser.get("/embed", headers=PAGE).text
    assert 'target="_blank"' in page
    assert browser.post("/embed", data={"challenge": CHALLENGE}, headers=OWN).status_code == 401
    form = browser.post("/embed/open", data={"challenge": CHALLENGE}, headers=OWN)
    assert "Your challenge is kept" in form.text
    target = re.search(r'name="next" value="([^"]+)"', form.text)
    assert target
    sent = {"csrf": token_of(form), "next": target[1], "key": key}
    answer = browser.post("/signin", data=sent, headers=PAGE)
    assert answer.status_code == 200
    assert "Purchasing asks for a price cut" in answer.text
    assert CHALLENGE.split(maxsplit=1)[0] not in str(answer.url)


def test_one_strangers_challenge_is_not_anothers(client: MakeClient, key: str) -> None:
    """A challenge that waits for its sender to sign in can be read in no other browser."""
    server = client(portal={"frame_ancestors": [PORTAL]})
    answer = server.post("/embed/open", data={"challenge": CHALLENGE}, headers=OWN, follow_redirects=False)
    target = answer.headers["location"].partition("next=")[2]
    server.cookies.clear()
    page = server.get(f"/signin?next={target}", headers=PAGE)
    sent = {"csrf": token_of(page), "next": target, "key": key}
    assert server.post("/signin", data=sent, headers=PAGE).status_code == 410


def test_who_signed_in_is_answered_in_the_frame(client: MakeClient, key: str) -> None:
    """Where the browser sends the cookie along, the frame answers as the visitor's own page would."""
    browser = client(portal={"frame_ancestors": [PORTAL]})
    page = browser.get("/signin", headers=PAGE)
    browser.post("/signin", data={"csrf": token_of(page), "key": key}, headers=PAGE)
    assert "target=" not in browser.get("/embed", headers=PAGE).text
    answer = browser.post("/embed", data={"challenge": CHALLENGE}, headers=OWN)
    assert "Purchasing asks for a price cut" in answer.text
