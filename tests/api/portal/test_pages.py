"""The frame of every page: what it gets, how it escapes, how problems look, and what stays JSON."""

from __future__ import annotations

import re

import pytest

from tests.api.conftest import ANONYMOUS, MakeClient

PAGE = {"Accept": "text/html,application/xhtml+xml"}


def test_a_page_runs_nothing_that_stands_in_it(client: MakeClient) -> None:
    """No script, style or handler is inline, and nothing comes from another host, so that the policy holds."""
    text = client(asker=ANONYMOUS).get("/", headers=PAGE).text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", text)


def test_an_unknown_page_is_told_to_a_person_as_a_page(client: MakeClient) -> None:
    """A person sees what happened, where to go on, and the request's id; no detail of the server."""
    answer = client().get("/nowhere", headers={**PAGE, "X-Request-ID": "abc-1"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is no such page" in answer.text
    assert "abc-1" in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["/v1/nowhere", "/v1/cases/none", "/problems/none", "/openapi-9.json"])
def test_what_programs_ask_fails_in_json_whatever_they_accept(client: MakeClient, path: str) -> None:
    """A path of the API answers problems as JSON, also to a browser."""
    answer = client(asker=ANONYMOUS).get(path, headers=PAGE)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_program_that_asks_for_no_page_gets_json(client: MakeClient) -> None:
    """Without `text/html` in Accept a problem stays JSON everywhere."""
    assert client().get("/nowhere").headers["content-type"] == "application/problem+json"


def test_pages_stand_in_no_document_of_the_api(client: MakeClient) -> None:
    """The OpenAPI document lists what programs call, and no page."""
    paths = client(asker=ANONYMOUS).get("/openapi.json").json()["paths"]
    assert "/v1/search" in paths
    assert not {"/", "/search", "/answers/{held_id}", "/static/{name}", "/language"} & set(paths)


def test_links_hold_the_prefix_of_the_public_url(client: MakeClient) -> None:
    """Behind a proxy that serves the portal under a path, every link and form stays under it."""
    api = client(asker=ANONYMOUS, server={"public_url": "http://localhost:8000/kb"})
    text = api.get("/kb/", headers=PAGE).text
    links = re.findall(r'(?:href|src|action)="([^"#]*)"', text)
    assert links
    assert all(link.startswith("/kb/") for link in links)


def test_a_page_is_not_kept_by_shared_caches(client: MakeClient) -> None:
    """Pages differ by visitor and language, so only the visitor's own browser may keep them, and asks again."""
    headers = client(asker=ANONYMOUS).get("/", headers=PAGE).headers
    assert headers["cache-control"] == "private, no-cache"
    assert {"Cookie", "Accept-Language"} <= {name.strip() for name in headers["vary"].split(",")}


def test_styles_are_kept_for_good_under_the_address_of_their_content(client: MakeClient) -> None:
    """A browser keeps a style for a year because its address changes with its content."""
    api = client(asker=ANONYMOUS)
    address = re.findall(r'href="(/static/portal\.css\?v=[0-9a-f]+)"', api.get("/", headers=PAGE).text)[0]
    kept = api.get(address)
    assert kept.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in kept.headers["cache-control"]
    assert "immutable" not in api.get("/static/portal.css?v=other").headers["cache-control"]
    assert api.get(address, headers={"If-None-Match": kept.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("name", ["none.css", "..%2Fpages.py", "__init__.py", "%2e%2e/%2e%2e/app.py"])
def test_nothing_else_is_served_as_a_style(client: MakeClient, name: str) -> None:
    """Only the files that were read at the start are there to be asked for."""
    assert client(asker=ANONYMOUS).get(f"/static/{name}").status_code == 404
