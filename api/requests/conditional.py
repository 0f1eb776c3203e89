"""JSON answers: with an ETag, so that who has one already is told so in a line, or not to be kept at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

# Answers depend on who asks, so no shared cache keeps them, and a private one asks each time.
_KEPT = {"Cache-Control": "private, no-cache", "Vary": "Authorization, X-API-Key, Accept-Encoding"}
_NOT_KEPT = {"Cache-Control": "no-store"}
_JSON = "application/json"


def json_answer(
    request: Request, value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with JSON: to a GET with a strong ETag or 304; what is not to be kept, as any other method's, without.

    Frozen values are written field by field, dates as ISO 8601, a number that is none as null. Nothing else is asked of
    them: of a value whose JSON form is not its fields, a route gives that form (`as_dict()`).
    """
    # An answer has eighty kilobytes: as mappings first and then by `json` it would take four times as long.
    content = to_json(value, inf_nan_mode="null", fallback=_plain)
    if request.method not in ("GET", "HEAD") or (headers or {}).get("Cache-Control") == "no-store":
        return Response(content, status, headers={**_NOT_KEPT, **(headers or {})}, media_type=_JSON)
    return conditional(request, content, media_type=_JSON, headers=headers)


def conditional(
    request: Request, content: bytes, *, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with bytes and their ETag, or 304 if the caller has just these."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    common = {**_KEPT, **(headers or {}), "ETag": etag}
    if _matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=common)
    return Response(content, headers=common, media_type=media_type)


def _matches(asked: str, etag: str) -> bool:
    """Compare weakly (RFC 9110, 13.1.2): a compressed answer's tag is a weak one."""
    return asked.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in asked.split(","))


def _plain(value: object) -> Any:
    """Return a mapping that is no dictionary as one."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
