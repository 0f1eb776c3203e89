"""What a browser may do with a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from httpx2 import Response
from starlette.testclient import TestClient

from api.portal.policy import page_headers
from tests.api.conftest import ANONYMOUS, MakeClient
from tests.api.portal.portal_forms import PAGE, portal_paths, token_for


def _policy(headers: Mapping[str, str]) -> dict[str, str]:
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


def _everything(api: TestClient) -> Iterator[Response]:
    """Ask every path of the portal: pages, forms with a token and without, what is missing, what is no path."""
    item_paths = [
        "/cases/price-case",
        "/cases/none",
        "/competencies/negotiation",
        "/industries/C",
        "/static/portal.css",
    ]
    for path in (*map(_filled, portal_paths("GET")), *item_paths, "/nowhere", "/cases?since=never", "/language?to=de"):
        yield api.get(path, headers=PAGE, follow_redirects=False)
        yield api.delete(path, headers=PAGE)
    for path in map(_filled, portal_paths("POST")):
        for token in ("", token_for(api)):
            form = {"csrf": token, "challenge": "price", "do": "clear", "next": "/cases"}
            own = {**PAGE, "Origin": "http://localhost:8000"}
            yield api.post(path, data=form, headers=own, follow_redirects=False)


def _filled(path: str) -> str:
    return re.sub(r"{[\w:]+}", "1", path)


def test_every_answer_of_the_portal_is_guarded(client: MakeClient) -> None:
    """Pages, redirects, errors, styles and files all say what a browser may do with them, and who may keep them."""
    api = client(asker=ANONYMOUS, server={"public_url": "https://kb.example.com", "rate_per_minute": 0})
    seen = set()
    for answer in _everything(api):
        seen.add(answer.status_code)
        place = f"{answer.request.method} {answer.request.url.path} {answer.status_code}"
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff", place
        assert headers["referrer-policy"] in ("no-referrer", "same-origin"), place
        assert headers["strict-transport-security"] == "max-age=31536000", place
        policy = _policy(headers)
        assert (policy["default-src"], policy["frame-ancestors"]) == ("'none'", "'none'"), place
        assert "unsafe" not in headers["content-security-policy"], place
        is_style = answer.request.url.path.startswith("/static/") and answer.status_code == 200
        kept_by_all = headers["cache-control"].startswith("public")
        assert kept_by_all == is_style, place
        assert is_style or "private" in headers["cache-control"] or "no-store" in headers["cache-control"], place
    assert {200, 303, 403, 404, 405, 410, 422} <= seen


def test_every_cookie_is_safe(client: MakeClient) -> None:
    """On https each is for this host and encrypted pages alone; no script reads it, no other site's form has it."""
    api = client(asker=ANONYMOUS, server={"public_url": "https://kb.example.com", "rate_per_minute": 0})
    given = [cookie for answer in _everything(api) for cookie in answer.headers.get_list("set-cookie")]
    assert {cookie.partition("=")[0] for cookie in given} == {"__Host-casebook", "__Host-casebook-language"}
    for cookie in given:
        assert {"HttpOnly", "SameSite=lax", "Path=/", "Secure"} <= set(cookie.split("; ")), cookie
