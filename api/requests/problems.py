"""The one shape of every failure: problem details (RFC 9457), which tell nothing of the server's inside."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from api.requests.exchange import Exchange
from api.requests.faults import tell_fault
from api.requests.methods import allowed_methods, answer_options
from api.requests.problem_kinds import BY_STATUS, KINDS, ProblemKind
from library import errors as library_errors
from library.errors import CasebookError

MEDIA_TYPE = "application/problem+json"
_ERRORS = logging.getLogger("casebook.errors")


class ProblemError(Exception):
    """Fail a request with a kind of problem (`api.requests.problem_kinds`) and what is wrong in this case.

    `errors` names fields: `{"field": "filters.industry.0", "message": "..."}`.
    """

    def __init__(
        self,
        slug: str,
        detail: str = "",
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(slug)
        self.kind: ProblemKind = KINDS[slug]
        self.detail = detail or self.kind.about
        self.headers = dict(headers or {})
        self.extensions = {**({"errors": [dict(entry) for entry in errors]} if errors else {}), **(extensions or {})}

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.kind.status

    @property
    def slug(self) -> str:
        """The kind's name."""
        return self.kind.slug

    @property
    def title(self) -> str:
        """The kind's title."""
        return self.kind.title


def problem_response(error: ProblemError, scope: Scope) -> Response:
    """Return the answer that a problem has for a request: a page for a person in the portal, JSON for a program."""
    as_page = getattr(scope["app"].state, "problem_page", None)
    page: Response | None = as_page(error, scope) if as_page else None
    return page or _json_problem(error, scope)


def _json_problem(error: ProblemError, scope: Scope) -> Response:
    exchange = Exchange.of(scope)
    body = {
        "type": f"{exchange.base}/problems/{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": exchange.instance,
        "request_id": exchange.request_id,
        **error.extensions,
    }
    headers = {"Cache-Control": "no-store", **error.headers}
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", errors="replace")
    return Response(content, error.status, headers=headers, media_type=MEDIA_TYPE)


def problem_of(error: CasebookError) -> ProblemError:
    """Return what a caller is told of one of Casebook's own errors; messages that name files become general ones."""
    for kind, slug, is_told in _CASEBOOK_ERRORS:
        if isinstance(error, kind):
            headers = {"Retry-After": "10"} if KINDS[slug].status == 503 else {}  # noqa: PLR2004
            return ProblemError(slug, error.message if is_told else "", headers=headers)
    return ProblemError("internal")


def log_failure(exchange: Exchange, error: Exception) -> None:
    """Log where it happened, without the error's text, which may quote a challenge."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    _ERRORS.error("%s id=%s at %s", type(error).__name__, exchange.request_id, places)


def add_problem_handlers(app: FastAPI) -> None:
    """Have every failure of an app answered in this shape."""
    app.add_exception_handler(ProblemError, _answer_problem)
    app.add_exception_handler(CasebookError, _answer_casebook_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_exception_handler(HTTPException, _answer_http_error)


# The first that fits; whether its message is for callers.
_CASEBOOK_ERRORS: tuple[tuple[type[CasebookError], str, bool], ...] = (
    (library_errors.UnknownItemError, "not-found", False),
    (library_errors.ChallengeError, "invalid", True),
    (library_errors.CursorError, "invalid", True),
    (library_errors.ImportFileError, "invalid", False),
    (library_errors.JudgementsError, "invalid", False),
    (library_errors.IndexMissingError, "not-ready", False),
    (library_errors.IndexUnusableError, "unavailable", False),
    (library_errors.IndexBusyError, "unavailable", False),
    (library_errors.IndexWriteError, "unavailable", False),
    (library_errors.EncoderError, "unavailable", False),
    (library_errors.LibraryError, "unavailable", False),
    (library_errors.ConflictError, "conflict", False),
    (library_errors.UncommittableError, "not-committable", False),
    (library_errors.CommitError, "unavailable", False),
    (library_errors.VocabularyError, "invalid", False),
    (library_errors.ExportError, "invalid", False),
    (library_errors.EditError, "invalid", False),
    (library_errors.StateError, "unavailable", False),
    (library_errors.RoleError, "forbidden", False),
    (library_errors.ReviewError, "invalid", False),
    (library_errors.PurgeError, "unavailable", False),
    (library_errors.AccessKeyError, "internal", False),
    (library_errors.SettingsError, "internal", False),
)


async def _answer_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return problem_response(error, request.scope)


async def _answer_casebook_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CasebookError)
    problem = problem_of(error)
    if problem.status >= 500:  # noqa: PLR2004
        log_failure(Exchange.of(request.scope), error)
    return problem_response(problem, request.scope)


async def _answer_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [{"field": _field(fault["loc"]), "message": tell_fault(fault)} for fault in error.errors()]
    names = ", ".join(dict.fromkeys(fault["field"] for fault in faults))
    return problem_response(ProblemError("invalid", f"Look at: {names}.", errors=faults), request.scope)


async def _answer_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:  # noqa: PLR2004
        headers = {"Allow": ", ".join(allowed_methods(request.scope))}
        return answer_options(request) or problem_response(
            ProblemError("method-not-allowed", headers=headers), request.scope
        )
    if error.status_code == 404 and _ends_with_slash(request.scope):  # noqa: PLR2004
        return problem_response(
            ProblemError("not-found", "No path ends with a slash here: leave it out."), request.scope
        )
    kind = BY_STATUS.get(error.status_code, KINDS["internal" if error.status_code >= 500 else "bad-request"])  # noqa: PLR2004
    return problem_response(ProblemError(kind.slug, headers=error.headers), request.scope)


def _ends_with_slash(scope: Scope) -> bool:
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.startswith("/v1/") and path.endswith("/")


def _field(location: Sequence[int | str]) -> str:
    """Return a field as a caller writes it; the first part only says where it stands (body, query, path)."""
    inner = [str(part) for part in location[1:]]
    is_position = location[0] == "body" and len(location) == 2 and isinstance(location[1], int)  # noqa: PLR2004
    return ".".join(inner) if inner and not is_position else str(location[0])
