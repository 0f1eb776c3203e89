"""A large body is read of those alone who may send a file: the others are refused before."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.types import Message

from library.access import Asker
from tests.api.conftest import ANONYMOUS, MakeClient
from tests.api.routes.desk_calls import ANN, KEY, READER

_JSON = (b"content-type", b"application/json")
_PATHS = ("/v1/drafts/conversion", "/contribute", "/contribute/price-case")
_SMALL = {"max_body_kilobytes": 1, "max_upload_kilobytes": 100}


class _Sender:
    """A connection that sends a body of many parts, and counts how many were read."""

    def __init__(self, parts: int) -> None:
        self.left = parts
        self.read = 0

    async def receive(self) -> Message:
        self.read += 1
        self.left -= 1
        return {"type": "http.request", "body": b" " * 600, "more_body": self.left > 0}


def _send(
    app: FastAPI, path: str, *, parts: int = 20, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> tuple[int, int]:
    """Send a body in parts; return the status of the answer, and how many parts were read before it."""
    return _exchange(app, path, _Sender(parts), headers)


def _exchange(
    app: FastAPI, path: str, sender: _Sender, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> tuple[int, int]:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost"), _JSON, *headers],
        "client": ("127.0.0.1", 1),
        "scheme": "http",
        "server": ("localhost", 8000),
        "http_version": "1.1",
        "root_path": "",
    }
    answers = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answers.append((message["status"], sender.read))

    asyncio.run(app(scope, sender.receive, send))
    return answers[0]


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize("headers", [(), ((b"content-length", b"12000"),)])
def test_a_stranger_s_large_body_is_not_read(
    path: str, headers: tuple[tuple[bytes, bytes], ...], client: MakeClient
) -> None:
    """Who has no credentials is refused, whether he says how much he sends or not."""
    app = client(server={**_SMALL, "authentication": "required"}).app
    assert isinstance(app, FastAPI)
    status, read = _send(app, path, headers=headers)
    assert status in ((401,) if path.startswith("/v1/") else (303, 401))
    assert read <= 2


@pytest.mark.parametrize("asker", [READER, KEY, ANONYMOUS])
def test_who_may_not_write_sends_no_file(asker: Asker, client: MakeClient) -> None:
    """A role that saves nothing has nothing read."""
    app = client(asker=asker, server=_SMALL).app
    assert isinstance(app, FastAPI)
    status, read = _send(app, _PATHS[0])
    assert (status, read <= 2) == (403, True)


def test_who_asks_too_often_sends_no_file(client: MakeClient) -> None:
    """The limit of requests holds before a body is read, and a request counts once."""
    app = client(asker=ANN, server={**_SMALL, "rate_per_minute": 1, "rate_burst": 2}).app
    assert isinstance(app, FastAPI)
    found = [_send(app, _PATHS[0]) for _ in range(3)]
    assert [status for status, _ in found] == [400, 400, 429] or [status for status, _ in found] == [422, 422, 429]
    assert [read <= 2 for _, read in found] == [False, False, True]


def test_a_body_that_is_too_large_for_anyone_is_not_read_to_its_end(client: MakeClient) -> None:
    """Who may send files is stopped where a file may not be larger, and elsewhere at once."""
    app = client(asker=ANN, server=_SMALL).app
    assert isinstance(app, FastAPI)
    status, read = _send(app, _PATHS[0], parts=1000)
    assert (status, read < 300) == (413, True)
    status, read = _send(app, "/v1/drafts/examination", parts=1000)
    assert (status, read <= 2) == (413, True)


def test_no_more_than_enough_of_a_refused_body_is_thrown_away(client: MakeClient) -> None:
    """Behind the answer, what is on its way is read and dropped, so that the answer arrives; but not without end."""
    app = client(asker=ANN, server=_SMALL).app
    assert isinstance(app, FastAPI)
    for parts, expected in ((1_000, 1_000), (1_000_000, 16_000_000 // 600)):
        sender = _Sender(parts)
        assert _exchange(app, "/v1/drafts/examination", sender)[0] == 413
        assert sender.read == pytest.approx(expected, abs=5)
