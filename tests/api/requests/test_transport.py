"""What holds for every request: ids, headers, hosts, origins, bodies, methods, prefixes, logs."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from api.requests.conditional import json_answer
from library.errors import IndexUnusableError
from tests.api.conftest import ANONYMOUS, HIDDEN_WORDS, RED, MakeClient

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SEARCH = {"challenge": "purchasing demands a price cut"}
_PUBLIC = "https://kb.example.com/casebook"


@pytest.mark.parametrize("given", ["a", "A-1_b.c", "x" * 64])
def test_a_plain_request_id_is_taken_over(client: MakeClient, given: str) -> None:
    """A caller follows its request through the logs by an id of its own."""
    assert client().get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "a\tb", "ä".encode().decode("latin-1"), "<script>"])
def test_any_other_request_id_is_replaced(client: MakeClient, given: str) -> None:
    """What could disturb a log is no id."""
    found = client().get("/healthz", headers={b"X-Request-ID": given.encode("latin-1")}).headers["x-request-id"]
    assert _UUID.fullmatch(found)


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/readyz", "/problems/invalid"])
def test_every_answer_has_the_security_headers(client: MakeClient, path: str) -> None:
    """Successes and failures alike forbid sniffing, referrers and frames; without https nothing is promised of it."""
    headers = client().get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers
    assert "server" not in headers


def test_a_server_behind_https_says_so(client: MakeClient) -> None:
    """Only a server whose public URL is https asks browsers to stay with that."""
    headers = client(server={"public_url": _PUBLIC}).get("/healthz").headers
    assert headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:9", "[::1]:8000", "[::1]", "LOCALHOST"])
def test_this_machine_is_known_by_its_names(client: MakeClient, host: str) -> None:
    """The names of the loopback are always answered, whatever the port that leads there."""
    assert client().get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/v1/me", "/mcp", "/nowhere"])
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8000", "", "[::2]"])
def test_other_names_are_refused_on_every_path(client: MakeClient, path: str, host: str) -> None:
    """A name that an attacker points at this machine (DNS rebinding) gets nothing."""
    answer = client().get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert answer.json()["type"].endswith("/problems/unknown-host")


def test_names_can_be_allowed(client: MakeClient) -> None:
    """The public URL's name and the allowed ones are answered, with a star for all below; no others."""
    api = client(server={"public_url": _PUBLIC, "allowed_hosts": ("kb.internal", "*.kb.example.net")})
    for host in ("kb.example.com", "kb.internal:8000", "a.kb.example.net"):
        assert api.get("/healthz", headers={"Host": host}).status_code == 200
    for host in ("kb.example.net", "xkb.example.net", "example.com"):
        assert api.get("/healthz", headers={"Host": host}).status_code == 421


def test_with_credentials_required_any_name_will_do_unless_some_are_set(client: MakeClient) -> None:
    """A key or token is no cookie: a page under another name does not have it. Set names still bind."""
    open_to_names = client(asker=ANONYMOUS, required=True)
    assert open_to_names.get("/healthz", headers={"Host": "anything.example"}).status_code == 200
    bound = client(asker=ANONYMOUS, required=True, server={"allowed_hosts": ("kb.example.com",)})
    assert bound.get("/healthz", headers={"Host": "anything.example"}).status_code == 421
    assert bound.get("/healthz", headers={"Host": "127.0.0.1:8000"}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:9999", "localhost:8000"])
@pytest.mark.parametrize("path", ["/v1/search", "/mcp"])
def test_pages_of_other_sites_are_refused(client: MakeClient, origin: str, path: str) -> None:
    """A page in a browser on this machine may not call the server unless its site is allowed."""
    answer = client().post(path, json=_SEARCH, headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/origin-refused"
    assert "access-control-allow-origin" not in answer.headers


def test_allowed_sites_are_answered_with_cors(client: MakeClient) -> None:
    """A site in the settings may call from a browser, also when the answer is a problem; the server's own pages may."""
    api = client(server={"cors_origins": ("https://portal.example.com",)})
    allowed = {"Origin": "https://portal.example.com"}
    for path in ("/healthz", "/nowhere"):
        answer = api.get(path, headers=allowed)
        assert answer.headers["access-control-allow-origin"] == "https://portal.example.com"
        readable = answer.headers["access-control-expose-headers"].split(", ")
        assert {"X-Request-ID", "ETag", "WWW-Authenticate", "Mcp-Session-Id", "Casebook-Notice"} <= set(readable)
    sent = "authorization, content-type, mcp-session-id, mcp-protocol-version, mcp-method, last-event-id, accept"
    asked = {**allowed, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": sent}
    assert api.options("/mcp", headers=asked).status_code == 200
    for refused in ({"Access-Control-Request-Headers": "x-other"}, {"Access-Control-Request-Method": "DELETE"}):
        answer = api.options("/v1/search", headers={**asked, **refused})
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert "POST" in answer.headers["access-control-allow-methods"], "so that a developer sees what is allowed"
    assert api.get("/healthz", headers={"Origin": "http://localhost:8000"}).status_code == 200
    assert api.get("/healthz", headers={"Origin": "https://evil.example"}).status_code == 403


def _chunks(size: int) -> Iterator[bytes]:
    yield b'{"challenge": "'
    for _ in range(size // 100):
        yield b"x" * 100
    yield b'"}'


@pytest.mark.parametrize("path", ["/v1/search", "/mcp", "/nowhere"])
def test_a_body_that_is_too_large_is_refused(client: MakeClient, path: str) -> None:
    """The limit counts real bytes, also of a body that comes in chunks and does not say how long it is."""
    api = client(server={"max_body_kilobytes": 1})
    json_type = {"Content-Type": "application/json"}
    for answer in (
        api.post(path, content=b"x" * 1001, headers=json_type),
        api.post(path, content=_chunks(2000), headers=json_type),
    ):
        assert answer.status_code == 413
        assert answer.json()["detail"] == "It may have 1 kB."
        assert answer.headers["connection"] == "close"
    assert api.post(path, content=b" " * 1000, headers=json_type).status_code != 413


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
def test_a_compressed_body_is_refused(client: MakeClient, encoding: str) -> None:
    """A small body could unfold into a large one."""
    answer = client().post("/v1/search", content=b"{}", headers={"Content-Encoding": encoding})
    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx", "text/json"]
)
def test_a_body_must_say_that_it_is_json(client: MakeClient, kind: str) -> None:
    """A browser sends plain text and forms to any site without asking it; JSON it does not."""
    assert client().post("/v1/search", content=b"{}", headers={"Content-Type": kind}).status_code == 415


def test_a_wrong_content_length_is_no_failure_of_the_server(client: MakeClient) -> None:
    """What a header claims is not believed, and not a reason to fail."""
    for stated in ("many", "-1", "9" * 9, "9" * 5000):
        answer = client().get("/healthz", headers={"Content-Length": stated})
        assert answer.status_code == (413 if stated.startswith("9") else 200)


def test_head_answers_like_get_without_a_body(client: MakeClient) -> None:
    """HEAD tells what GET would send: the same headers, no body; also of problems, and never of what only POST has."""
    api = client()
    for path in ("/healthz", "/problems/invalid", "/nowhere"):
        full = api.get(path, headers={"X-Request-ID": "same"})
        head = api.head(path, headers={"X-Request-ID": "same"})
        assert (head.status_code, head.headers, head.content) == (full.status_code, full.headers, b"")
    assert api.head("/v1/search").status_code == 405


def test_options_lists_the_methods(client: MakeClient) -> None:
    """OPTIONS tells what a path has, and nothing of a path that there is not."""
    api = client()
    answer = api.options("/healthz")
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, "GET, HEAD, OPTIONS", b"")
    assert api.options("/v1/search").headers["allow"] == "POST, OPTIONS"
    assert api.options("/nowhere").status_code == 404


def test_long_answers_are_compressed_on_request(client: MakeClient) -> None:
    """More than a kilobyte is compressed for who accepts it; its tag then is a weak one, since the bytes differ."""
    api = client()

    @api.app.get("/long")  # type: ignore[attr-defined,untyped-decorator]  # the client's app is FastAPI
    def _long(request: Request) -> Response:
        return json_answer(request, ["long"] * 200)

    long, plain = (api.get("/long", headers={"Accept-Encoding": kind}) for kind in ("gzip", "identity"))
    assert long.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert long.content == plain.content
    assert long.headers["etag"] == f"W/{plain.headers['etag']}"
    assert "Accept-Encoding" in long.headers["vary"]
    kept = {"Accept-Encoding": "gzip", "If-None-Match": long.headers["etag"]}
    assert api.get("/long", headers=kept).status_code == 304
    assert "content-encoding" not in api.get("/healthz", headers={"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize("base", ["", "/casebook"])
def test_a_prefix_is_answered_whether_the_proxy_strips_it_or_not(client: MakeClient, base: str) -> None:
    """Behind a path prefix every route is found both ways, and links carry the public URL."""
    api = client(server={"public_url": _PUBLIC})
    assert api.get(f"{base}/healthz").status_code == 200
    assert api.get(f"{base}/nowhere").json()["type"] == f"{_PUBLIC}/problems/not-found"
    assert api.get(f"{base}/v1/cases").status_code == 200
    assert api.get("/casebookhealthz").status_code == 404


def test_links_of_a_list_carry_the_public_url(client: MakeClient) -> None:
    """A link can be followed from outside: it begins with the public URL."""
    answer = client(server={"public_url": _PUBLIC}).get("/casebook/v1/cases?limit=1")
    assert answer.headers["link"].startswith(f"<{_PUBLIC}/v1/cases?")


def test_the_log_tells_what_was_asked_but_not_about_what(client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
    """A line for each request with its route's template: no body, no query, no id of an item."""
    caplog.set_level(logging.DEBUG)
    api = client(asker=RED)
    api.post("/v1/search?x=Nightingale", json={"challenge": "Nightingale price"}, headers={"X-Request-ID": "first"})
    api.get("/v1/cases/hidden-case")
    api.get("/v1/nowhere/hidden-case")
    lines = [record.getMessage() for record in caplog.records if record.name == "casebook.access"]
    assert re.fullmatch(r"POST /v1/search \d{3} [\d.]+ ms id=first caller=user:test", lines[0])
    assert lines[1].startswith("GET /v1/cases/{")
    assert lines[2].startswith("GET none 404 ")
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("casebook"))
    assert not any(word in ours for word in HIDDEN_WORDS)


async def _failing(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001  an ASGI application
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("half way")


def test_a_failure_after_the_answer_began_is_logged_only(client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
    """What has been sent cannot be taken back: no second answer is begun."""
    api: TestClient = client()
    api.app.mount("/failing", _failing)  # type: ignore[attr-defined]  # the client's app is FastAPI
    caplog.set_level(logging.INFO)
    api.get("/failing/")
    assert "RuntimeError" in caplog.text
    assert "half way" not in caplog.text


def test_an_own_error_behind_a_503_is_logged_without_its_text(
    client: MakeClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is asked for a request's id finds under it what kind of error it was and where; a caller's 404 is no news."""

    def fail(*_: object, **__: object) -> None:
        raise IndexUnusableError("The catalogue of Nightingale cannot be read.")

    monkeypatch.setattr("api.routes.search.search_cases", fail)
    api = client()
    caplog.set_level(logging.INFO)
    api.get("/v1/cases/nowhere")
    assert not [record for record in caplog.records if record.name == "casebook.errors"]
    answer = api.post("/v1/search", json=_SEARCH, headers={"X-Request-ID": "asked-about"})
    assert answer.status_code == 503
    (logged,) = [record.getMessage() for record in caplog.records if record.name == "casebook.errors"]
    assert logged.startswith("IndexUnusableError id=asked-about at fail:")
    assert "Nightingale" not in logged + answer.text
