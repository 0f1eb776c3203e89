"""Ask an issuer for JSON, within limits: https (or this machine), no other host, not for long, not for much."""

from __future__ import annotations

import http.client
import json
import re
import time
from base64 import b64encode
from collections.abc import Mapping
from email.message import Message
from ipaddress import ip_address
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote_plus, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from library.settings import casebook_version

SECONDS = 5.0
MAX_BYTES = 1_000_000
_CHUNK = 65_536
_OAUTH_CODE = re.compile(r"[a-z_]{1,40}")


class OutboundError(Exception):
    """What was asked for did not come; the message names the host and the reason, never a token."""


def get_json(url: str, *, token: str = "", seconds: float = SECONDS) -> Mapping[str, Any]:
    """Return the JSON object at an address, asked for with a bearer token if one is given.

    Raises:
        OutboundError: the address is not safe, does not answer in time, or answers with something else.
    """
    check_url(url)
    return _asked(Request(url, headers=_headers(token)), _SameOrigin(), seconds)  # noqa: S310  # the scheme was checked


def post_form(
    url: str, fields: Mapping[str, str], *, user: tuple[str, str] | None = None, seconds: float = SECONDS
) -> Mapping[str, Any]:
    """Return the JSON object that an address answers a form with; `user` is a name and its password (HTTP Basic).

    Raises:
        OutboundError: as `get_json`, or it answers with a redirect.
    """
    check_url(url)
    headers = _headers("")
    if user is not None:
        pair = ":".join(quote_plus(part) for part in user)  # RFC 6749, 2.3.1
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    request = Request(url, data=urlencode(fields).encode(), headers=headers)  # noqa: S310  # the scheme was checked
    return _asked(request, _Nowhere(), seconds)


def _asked(request: Request, redirects: HTTPRedirectHandler, seconds: float) -> Mapping[str, Any]:
    host = urlsplit(request.full_url).hostname
    try:
        with _opener(request.full_url, redirects).open(request, timeout=seconds) as answer:
            content = _read(answer, until=time.monotonic() + seconds)
        value = json.loads(content)
    except (URLError, OSError, http.client.HTTPException, ValueError, RecursionError) as error:
        raise OutboundError(f"{host} did not answer as expected: {error}{_said(error)}") from error
    if not isinstance(value, dict):
        raise OutboundError(f"{host} answered with something else than a JSON object")
    return value


def _said(error: Exception) -> str:
    """Return the code of an OAuth error (RFC 6749, 5.2) in a refusal's body, which tells what is set up wrongly."""
    if not isinstance(error, HTTPError):
        return ""
    try:
        told = json.loads(error.read(_CHUNK))
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return ""
    code = told.get("error") if isinstance(told, dict) else None
    return f" ({code})" if isinstance(code, str) and _OAUTH_CODE.fullmatch(code) else ""


def check_url(url: str) -> None:
    """Raise OutboundError unless an address is one of https, or of http on this very machine."""
    try:
        parts = urlsplit(url)
        safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))
    except ValueError:
        safe, parts = False, urlsplit("")
    if not safe or not parts.hostname or parts.username is not None:
        raise OutboundError("an address must begin with https:// (http:// only for this machine)")


def same_origin(first: str, second: str) -> bool:
    """Whether two addresses are of one scheme, host and port."""
    return _origin(first) == _origin(second)


class _SameOrigin(HTTPRedirectHandler):
    """Follows redirects within one origin: whoever is asked shall not pass the question (and a token) on."""

    max_redirections = 3

    def redirect_request(  # noqa: PLR0913, PLR0917  # the signature of the standard library
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> Request | None:
        if not same_origin(req.full_url, newurl):
            raise URLError("it points to another host")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


class _Nowhere(HTTPRedirectHandler):
    """Follows no redirect: what is posted is a secret."""

    def redirect_request(  # noqa: PLR0913, PLR0917  # the signature of the standard library
        self,
        req: Request,  # noqa: ARG002
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: Message,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> Request | None:
        raise URLError("it points elsewhere")


def _opener(url: str, redirects: HTTPRedirectHandler) -> OpenerDirector:
    """Return what asks: by the system's proxy, unless it is this machine that is asked."""
    is_near = _is_loopback(urlsplit(url).hostname or "")
    return build_opener(redirects, *([ProxyHandler({})] if is_near else []))


def _headers(token: str) -> dict[str, str]:
    headers = {"Accept": "application/json", "User-Agent": f"casebook/{casebook_version()}"}
    return {**headers, "Authorization": f"Bearer {token}"} if token else headers


def _read(answer: http.client.HTTPResponse, *, until: float) -> bytes:
    content = bytearray()
    while chunk := answer.read1(_CHUNK):
        content += chunk
        if len(content) > MAX_BYTES:
            raise OSError(f"more than {MAX_BYTES:,} bytes")
        if time.monotonic() > until:
            raise TimeoutError("it took too long")
    return bytes(content)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, port


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
