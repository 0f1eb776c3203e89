"""Pages of a list: a cursor is the opaque name of the last entry, so entries may come and go between two pages."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

from api.requests.exchange import Exchange
from api.requests.problems import ProblemError

T = TypeVar("T")
_CHECK = 6  # bytes that tell a cursor from any other text; it holds nothing that is secret


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list; `next` is the cursor of the part behind it, `total` counts the whole list."""

    items: tuple[T, ...]
    next: str | None
    total: int


def page_of(entries: Sequence[T], key: Callable[[T], str], *, cursor: str | None, limit: int) -> Page[T]:
    """Return the entries behind a cursor; they are in ascending order of `key`, which is unique.

    Raises:
        ProblemError: 422, the cursor was not made here.
    """
    last = read_cursor(cursor) if cursor else ""
    rest = [entry for entry in entries if key(entry) > last] if cursor else entries
    items = tuple(rest[:limit])
    return Page(items, make_cursor(key(items[-1])) if len(rest) > limit else None, len(entries))


def link_to_next(request: Request, cursor: str | None, *, name: str = "cursor") -> dict[str, str]:
    """Return the header that leads to the next part of a list: the same request with its cursor (RFC 8288)."""
    if cursor is None:
        return {}
    given = [(key, value) for key, value in request.query_params.multi_items() if key != name]
    query = urlencode([*given, (name, cursor)])
    return {"Link": f'<{Exchange.of(request.scope).base}{request.scope["route"].path}?{query}>; rel="next"'}


def make_cursor(key: str) -> str:
    """Return the cursor of an entry."""
    content = key.encode()
    return base64.urlsafe_b64encode(_check(content) + content).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """Return the entry of a cursor; raises ProblemError 422 for one that was not made by `make_cursor`."""
    try:
        content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key = content[_CHECK:].decode()
    except ValueError:
        raise _unknown_cursor() from None
    if make_cursor(key) != cursor:
        raise _unknown_cursor()
    return key


def _check(content: bytes) -> bytes:
    return hashlib.sha256(b"cursor:" + content).digest()[:_CHECK]


def _unknown_cursor() -> ProblemError:
    message = "This is no cursor of this server; take it from `next` of the page before."
    return ProblemError("invalid", message, errors=[{"field": "cursor", "message": message}])
