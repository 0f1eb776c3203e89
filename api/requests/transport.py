"""What holds for every request whatever its route: id, log, headers, method, host, origin, body. Pure ASGI."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, MutableMapping
from contextlib import suppress
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.requests.exchange import Exchange
from api.requests.metrics import Metrics
from api.requests.problems import ProblemError, log_failure, problem_response
from library.settings import ServerSettings

_LOG = logging.getLogger("casebook.access")
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_TRANSPORT_SECURITY = "max-age=31536000"
_KILOBYTE = 1000
_FORM = "application/x-www-form-urlencoded"
_FORM_WITH_FILES = "multipart/form-data"
CONVERSION = "/v1/drafts/conversion"
_CONTRIBUTE = "contribute"
_BODY_SECONDS = 30.0  # a body that trickles in longer only holds a connection
# Of a refused body, so much is read and thrown away for so long.
_DRAINED = 16_000_000
_DRAIN_SECONDS = 2.0
UNKNOWN_ROUTE = "none"
# Returns if whoever sends a request may send a file with it; raises ProblemError otherwise.
FileGate: TypeAlias = Callable[[Scope], None]


class Envelope:
    """The outermost layer: gives each request its id, each answer its headers, and each failure its shape."""

    def __init__(self, app: ASGIApp, settings: ServerSettings, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._base = settings.public_url.rstrip("/")
        self._prefix = urlsplit(self._base).path
        self._fixed = dict(_SECURITY_HEADERS)
        if self._base.startswith("https:"):
            self._fixed["Strict-Transport-Security"] = _TRANSPORT_SECURITY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, method = time.perf_counter(), scope["method"]
        given_id = Headers(scope=scope).get("x-request-id", "")
        exchange = Exchange.begin(scope, given_id=given_id, base=self._base)
        _put_below(scope, self._prefix)
        answer = _Answer(send, exchange, self._fixed, without_body=method == "HEAD")
        if method == "HEAD":
            scope["method"] = "GET"
        try:
            await self._app(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001  whatever it is, the caller gets a problem and the log no text of his
            log_failure(exchange, error)
            if not answer.status:
                await problem_response(ProblemError("internal"), scope)(scope, receive, answer.send)
        route = _template(scope)
        self._metrics.count_request(route, method, answer.status)
        milliseconds = (time.perf_counter() - begun) * 1000
        values = (method, route, answer.status, milliseconds, exchange.request_id, exchange.caller)
        _LOG.info("%s %s %d %.1f ms id=%s caller=%s", *values)


class _Answer:
    """Sends an answer on, with the headers that every answer has."""

    def __init__(self, send: Send, exchange: Exchange, fixed: dict[str, str], *, without_body: bool) -> None:
        self._send = send
        self._exchange = exchange
        self._fixed = fixed
        self._without_body = without_body
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._complete(MutableHeaders(scope=message))
        elif self._without_body:
            message = {**message, "body": b""}
        await self._send(message)

    def _complete(self, headers: MutableHeaders) -> None:
        for name, value in (self._fixed | self._exchange.headers).items():
            headers.setdefault(name, value)
        headers["X-Request-ID"] = self._exchange.request_id
        etag = headers.get("etag", "")
        if "content-encoding" in headers and etag.startswith('"'):
            headers["etag"] = f"W/{etag}"  # the same answer, but no longer the same bytes


class HostGuard:
    """Answers only under names that it is known by, and to no page of another site."""

    def __init__(self, app: ASGIApp, settings: ServerSettings, *, any_host: bool) -> None:
        self._app = app
        public = urlsplit(settings.public_url)
        named = {host.lower() for host in (*settings.allowed_hosts, public.hostname or "") if host}
        self._any_host = any_host and not settings.allowed_hosts
        self._hosts = _LOOPBACK_NAMES | named
        self._origins = {origin.rstrip("/").lower() for origin in settings.cors_origins}
        if public.netloc:
            self._origins.add(f"{public.scheme}://{public.netloc}".lower())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is addressed to this server."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            refusal = self._refusal(headers.get("host", ""), headers.get("origin"))
            if refusal is not None:
                await problem_response(refusal, scope)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, host: str, origin: str | None) -> ProblemError | None:
        if not self._any_host and not _is_among(_host_name(host), self._hosts):
            return ProblemError("unknown-host")
        if origin is None or "*" in self._origins or origin.lower() in self._origins:
            return None
        is_own = urlsplit(origin).netloc.lower() == host.lower() != ""
        return None if is_own else ProblemError("origin-refused")


class BodyGuard:
    """Reads a body whole before anything else sees it: not compressed, no larger than allowed, and JSON.

    Pages send forms, so only paths that programs ask insist on JSON: a browser sends a form to any site. What is
    larger than other bodies are is read on paths that take files, and of those alone whom the `gate` lets through.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings, *, gate: FileGate) -> None:
        self._app = app
        self._gate = gate
        self._limit = settings.max_body_kilobytes * _KILOBYTE
        # A file is a third longer as base64, and has some fields beside it.
        self._upload_limit = max(self._limit, settings.max_upload_kilobytes * _KILOBYTE * 7 // 5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        incoming = _Incoming(receive)
        try:
            body = await self._read(scope, incoming.receive)
        except ProblemError as refusal:
            await problem_response(refusal, scope)(scope, receive, incoming.drained_before_the_end(scope, send))
            return
        if body is not None:
            await self._app(scope, _replaying(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """Return the body, or None if the caller has left; count real bytes, whatever the headers say."""
        headers = Headers(scope=scope)
        if headers.get("content-encoding", "identity").lower() != "identity":
            refused = {"Accept-Encoding": "identity", "Connection": "close"}
            raise ProblemError("unsupported-media-type", "Compressed bodies are not read here.", headers=refused)
        stated = headers.get("content-length", "")
        length = int(stated[:20]) if stated.isdecimal() else 0
        limit = await self._allowed(scope) if length > self._limit else self._limit
        if length > limit:
            raise _too_large(limit)
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await self._collect(scope, receive, limit)
        except TimeoutError:
            raise ProblemError("request-timeout", headers={"Connection": "close"}) from None
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        is_form = kind == _FORM or (kind == _FORM_WITH_FILES and _takes_files(scope))
        if body and not (_is_json(kind) or (is_form and not is_of_programs(scope))):
            raise ProblemError("unsupported-media-type")
        return body

    async def _collect(self, scope: Scope, receive: Receive, limit: int) -> bytes | None:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > limit == self._limit:  # nothing was said of its length
                limit = await self._allowed(scope)
            if len(body) > limit:
                raise _too_large(limit)
            if not message.get("more_body", False):
                return bytes(body)

    async def _allowed(self, scope: Scope) -> int:
        """Return how large a body may be that is larger than others; who sends it is known before it is read."""
        if not _takes_files(scope):
            return self._limit
        try:
            await run_in_threadpool(self._gate, scope)
        except ProblemError as refusal:
            refusal.headers.setdefault("Connection", "close")
            raise
        return self._upload_limit


class _Incoming:
    """A body on its way. A connection closed with some of it unread is reset, and the answer lost with it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._has_ended = False

    async def receive(self) -> Message:
        """Receive the next part."""
        message = await self._receive()
        self._has_ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    def drained_before_the_end(self, scope: Scope, send: Send) -> Send:
        """Return what sends an answer that ends when the rest of the body was thrown away, or enough of it."""
        # Who waits to be told to go on has sent nothing yet.
        is_waiting = "expect" in Headers(scope=scope)

        async def send_and_drain(message: Message) -> None:
            if message["type"] == "http.response.body" and not (self._has_ended or is_waiting):
                await send({**message, "more_body": True})
                await self._drain()
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        return send_and_drain

    async def _drain(self) -> None:
        left = _DRAINED
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while left > 0 and not self._has_ended:
                    left -= len((await self.receive()).get("body", b""))


def _too_large(limit: int) -> ProblemError:
    detail = f"It may have {limit // _KILOBYTE} kB."
    return ProblemError("content-too-large", detail, headers={"Connection": "close"})


def _put_below(scope: Scope, prefix: str) -> None:
    """Give a path its prefix, whether the proxy in front has taken it away or not (ASGI: `path` holds `root_path`)."""
    if not prefix:
        return
    path = scope["path"]
    if path != prefix and not path.startswith(f"{prefix}/"):
        scope["path"] = prefix + path
        scope["raw_path"] = prefix.encode() + scope.get("raw_path", path.encode())
    scope["root_path"] = prefix


def _template(scope: MutableMapping[str, Any]) -> str:
    """Return the route's template, never the path itself: it may name an item."""
    return str(getattr(scope.get("route"), "path", None) or UNKNOWN_ROUTE)


def _host_name(host: str) -> str:
    """Return a Host header's name without its port."""
    name, _, port = host.lower().rpartition(":")
    return name if name and (port.isdecimal() or not port) else host.lower()


def _is_among(name: str, hosts: Collection[str]) -> bool:
    return name in hosts or any(host.startswith("*.") and name.endswith(host[1:]) for host in hosts)


def is_of_programs(scope: Scope) -> bool:
    """Whether programs ask this path, no pages."""
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.startswith(("/v1/", "/mcp"))


def _takes_files(scope: Scope) -> bool:
    """Whether a path is one that files are sent to; each is of a program or below a page that takes one."""
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path == CONVERSION or path.partition("/")[2].partition("/")[0] == _CONTRIBUTE


def _is_json(kind: str) -> bool:
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _replaying(body: bytes, receive: Receive) -> Receive:
    """Return a channel that gives the body once, and then what the connection says."""
    is_given = False

    async def replay() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
