"""The command line sends its key and the challenge to the server that was named, and believes no other."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.cli.conftest import Casebook

_KEY = "cbk_aaaaaaaa_" + "b" * 43


@dataclass
class Stranger:
    """A server of one's own making: what it answers, and what it was sent."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[str, str | None, bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch, casebook: Casebook) -> Iterator[Stranger]:  # noqa: ARG001  first it empties the environment
    """A listening server that answers whatever a test says."""
    monkeypatch.setenv("CASEBOOK_SERVER_KEY", _KEY)
    with _listening() as made:
        yield made


class _listening:  # noqa: N801  used like a function
    def __init__(self) -> None:
        self._stranger = Stranger()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._stranger))
        self._stranger.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Stranger:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self._stranger

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(stranger: Stranger) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            stranger.seen.append((self.path, self.headers.get("Authorization"), body))
            self.send_response(stranger.status)
            for name, value in {"Content-Length": str(len(stranger.body)), **stranger.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(stranger.body)

        do_GET = do_POST = _answer  # noqa: N815  http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def test_key_goes_in_a_header_and_the_challenge_in_the_body(casebook: Casebook, stranger: Stranger) -> None:
    """Neither the key nor the challenge ever stands in an address, which servers and proxies log."""
    casebook("search", "Nightingale is leaving", "--server", f"{stranger.url}/kb/")
    ((path, authorization, body),) = stranger.seen
    assert (path, authorization) == ("/kb/v1/search", f"Bearer {_KEY}")
    assert json.loads(body)["challenge"] == "Nightingale is leaving"


def test_redirect_is_not_followed(casebook: Casebook, stranger: Stranger) -> None:
    """A server that sends on to another gets the user to decide; the other one hears nothing."""
    with _listening() as other:
        stranger.status, stranger.headers = 307, {"Location": f"{other.url}/v1/cases"}
        ended = casebook("list", "cases", "--server", stranger.url)
    assert (ended.status, ended.out) == (1, "")
    assert other.seen == []
    assert f"sends on to {other.url}" in ended.err


def test_proxy_of_the_environment_does_not_see_plain_http(
    casebook: Casebook, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request to this machine does not take the way round by a proxy, which could read the key."""
    with _listening() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        casebook("list", "cases", "--server", stranger.url)
    assert (len(stranger.seen), proxy.seen) == (1, [])


def _problem(**more: object) -> bytes:
    return json.dumps({"type": "about:blank", "title": "Too \x1b[31mmany\nrequests", **more}).encode()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((200, b"<html>", {}), "does not answer as a Casebook server does"),
        ((200, b"[]", {}), "answers in a form that this version does not know"),
        ((200, b'{"items": [{"id": 1}], "next": null}', {}), "answers in a form that this version does not know"),
        ((404, b"<html>no such page", {}), "answers with status 404, and not as a Casebook server does"),
        ((502, b"", {}), "answers with status 502, and not as a Casebook server does"),
        ((429, _problem(), {"Retry-After": "7"}), "Too [31mmany requests.\nTry again in 7 seconds.\n"),
        ((500, _problem(request_id="abc"), {}), "give the server's operator the request id abc"),
        ((403, _problem(detail="Not for you"), {}), "Ask with a key whose role allows it"),
        ((406, _problem(detail="Formats are md."), {}), "Formats are md."),
        ((422, _problem(errors=[{"field": "limit", "message": "no"}, 3, {}]), {}), "\n--limit: no\n"),
        ((422, _problem(errors="none", detail="So."), {}), "So."),
    ],
)
def test_strange_answer_is_told(
    casebook: Casebook, stranger: Stranger, answer: tuple[int, bytes, dict[str, str]], told: str
) -> None:
    """Whatever a server answers becomes an error in words, without a traceback or control characters."""
    stranger.status, stranger.body, stranger.headers = answer
    ended = casebook("list", "cases", "--server", stranger.url)
    assert (ended.status, ended.out) == (1, "")
    assert told in ended.err
    assert stranger.url in ended.err
    assert "\x1b" not in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("command", [["search", "x"], ["similar", "x"], ["show", "x"]])
@pytest.mark.parametrize("body", [b"{}", b'{"schema": 1}', b'{"schema": 99}', b'"text"', b'{"sections": [{}]}'])
def test_answer_of_another_version_is_told(
    casebook: Casebook, stranger: Stranger, command: list[str], body: bytes
) -> None:
    """An answer that lacks something, or is of a later format, is refused whole."""
    stranger.body = body
    ended = casebook(*command, "--server", stranger.url)
    assert (ended.status, ended.out) == (1, "")
    assert "answers in a form that this version does not know" in ended.err


def test_list_that_never_ends_ends(casebook: Casebook, stranger: Stranger) -> None:
    """A server whose next page is the same page again is not asked for ever."""
    stranger.body = b'{"items": [], "next": "x", "total": 0}'
    assert casebook("list", "cases", "--server", stranger.url).status == 0
    assert [path.rpartition("cursor=")[2] for path, _, _ in stranger.seen][1:] == ["x"]


def test_nobody_there_is_told(casebook: Casebook, unused: Callable[[], str]) -> None:
    """An address at which nothing listens is named, with what to check."""
    ended = casebook("list", "cases", "--server", unused())
    assert (ended.status, ended.out) == (1, "")
    assert "cannot be reached" in ended.err
    assert "casebook serve" in ended.err


@pytest.fixture
def unused() -> Callable[[], str]:
    """An address of this machine at which nothing listens any more."""

    def address() -> str:
        with _listening() as gone:
            return gone.url

    return address
