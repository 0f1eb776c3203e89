"""Forms count only from a page of the visitor's own session, whoever asks the browser to send one."""

from __future__ import annotations

import re

import pytest

from tests.api.conftest import ANN, MakeClient
from tests.api.portal.portal_forms import PAGE, portal_paths, token_for

# The frame's own forms have no session to bind a token to; where they come from is checked strictly.
WITHOUT_TOKEN = {"/embed", "/embed/open"}


def _posts() -> list[str]:
    return [re.sub(r"{\w+}", "1", path) for path in portal_paths("POST")]


def test_no_form_counts_without_itstoken_for(client: MakeClient) -> None:
    """A missing token, another session's and a made up one are refused on every path that takes forms."""
    browser, other = (client(asker=ANN, server={"rate_per_minute": 0}) for _ in range(2))
    token_for(browser)
    paths = set(_posts()) - WITHOUT_TOKEN
    assert {"/search", "/brief/cases", "/signout", "/signin"} <= paths
    for path in paths:
        for token in ("", "A" * 88, token_for(other)):
            form = {"csrf": token, "case": "price-case", "do": "add", "challenge": "price", "key": "x"}
            answer = browser.post(path, data=form, headers=PAGE, follow_redirects=False)
            assert (path, answer.status_code) == (path, 403)
    assert "No case is in the brief yet" in browser.get("/brief", headers=PAGE).text


def test_no_form_counts_from_another_site(client: MakeClient) -> None:
    """Even with the right token a form is refused that the browser says comes from elsewhere."""
    browser = client(asker=ANN, server={"rate_per_minute": 0})
    for path in _posts():
        form = {"csrf": token_for(browser), "case": "price-case", "do": "add", "challenge": "price"}
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8000"},
            {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:8000"},
        ):
            answer = browser.post(path, data=form, headers={**PAGE, **headers}, follow_redirects=False)
            assert (path, headers, answer.status_code) == (path, headers, 403)


def test_the_refusal_says_what_to_do(client: MakeClient) -> None:
    """A person gets a page with advice, not a code."""
    browser = client(asker=ANN)
    answer = browser.post("/brief/cases", data={"do": "clear"}, headers=PAGE)
    assert answer.headers["content-type"].startswith("text/html")
    assert "Open it anew" in answer.text


def test_an_own_form_counts(client: MakeClient) -> None:
    """With the token of its session and from a page of this server a form does what it says."""
    browser = client(asker=ANN)
    form = {"csrf": token_for(browser), "case": "price-case", "do": "add", "next": "/brief"}
    own = {**PAGE, "Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"}
    answer = browser.post("/brief/cases", data=form, headers=own)
    assert "Purchasing asks for a price cut" in answer.text


@pytest.mark.parametrize("path", ["/v1/search", "/v1/feedback", "/mcp"])
def test_programs_paths_take_no_forms(path: str, client: MakeClient) -> None:
    """A form that a browser sends across sites never reaches what programs call."""
    assert client(asker=ANN).post(path, data={"challenge": "price"}).status_code == 415
