"""What a browser may do with a page."""

from __future__ import annotations

from api.portal.policy import page_headers
from tests.api.conftest import ANONYMOUS, MakeClient


def _policy(headers: dict[str, str]) -> dict[str, str]:
    parts = headers["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


def test_nothing_comes_from_elsewhere() -> None:
    """Every kind of source is this server or none; nothing inline, evaluated or from a data address."""
    policy = _policy(page_headers())
    assert policy.pop("default-src") == policy.pop("base-uri") == policy.pop("frame-ancestors") == "'none'"
    assert set(policy.values()) == {"'self'"}


def test_no_page_may_hold_a_page_in_a_frame_unless_that_is_set() -> None:
    """A page stands in no frame; one that may is open to the named origins alone."""
    assert page_headers()["X-Frame-Options"] == "DENY"
    framed = page_headers(frame_ancestors=("https://portal.example.com", "https://intranet.example.com"))
    assert _policy(framed)["frame-ancestors"] == "https://portal.example.com https://intranet.example.com"
    assert "X-Frame-Options" not in framed


def test_a_page_that_fails_is_held_to_the_same_policy(client: MakeClient) -> None:
    """The page of a problem has the headers of any other page."""
    api = client(asker=ANONYMOUS)
    page = api.get("/", headers={"Accept": "text/html"})
    problem = api.get("/nowhere", headers={"Accept": "text/html"})
    for name, value in page_headers().items():
        if name not in ("Cache-Control", "Vary"):
            assert page.headers[name] == problem.headers[name] == value


def test_answers_of_the_api_keep_the_strictest_policy(client: MakeClient) -> None:
    """What programs get may load nothing at all, should a browser show it."""
    headers = client(asker=ANONYMOUS).get("/v1/cases").headers
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["referrer-policy"] == "no-referrer"
