"""How operations can fail, as the OpenAPI document says it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel, Field

from api.requests.problem_kinds import BY_STATUS, KINDS, ProblemKind
from api.requests.problems import MEDIA_TYPE

_MORE: Final = {
    "/.well-known/oauth-protected-resource": ("not-found",),
    "/metrics": ("forbidden",),
    "/readyz": ("not-ready",),
    "/v1/feedback": ("not-found", "request-in-progress"),
    "/v1/drafts": ("forbidden", "conflict", "request-in-progress"),
    "/v1/drafts/examination": ("forbidden", "not-found", "search-timeout"),
    "/v1/drafts/conversion": ("forbidden", "search-timeout"),
    "/v1/drafts/{id}": ("forbidden", "changed-meanwhile", "precondition-required"),
    "/v1/drafts/{id}/submission": ("forbidden", "conflict"),
    "/v1/review": ("forbidden",),
    "/v1/review/{id}": ("forbidden", "search-timeout"),
    "/v1/review/{id}/decisions": (
        *("forbidden", "conflict", "confirmation-needed", "changed-meanwhile", "precondition-required"),
    ),
    "/v1/review/verifications": ("forbidden", "conflict"),
    "/v1/review/reassignments": ("forbidden", "conflict"),
    "/v1/audit": ("forbidden",),
    "/v1/purges/{id}": ("forbidden", "conflict", "confirmation-needed"),
    "/v1/vocabulary/imports": ("forbidden", "changed-meanwhile", "precondition-required"),
    "/v1/vocabulary/renamings": ("forbidden", "not-found", "changed-meanwhile", "precondition-required"),
    "/v1/vocabulary/mergers": ("forbidden", "not-found", "changed-meanwhile", "precondition-required"),
}
_HEADERS: Final = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
_ID = "28d90f6e-8a60-4a9c-9a8e-2f6f4f3f2a11"


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description="The field, as it stands in the request", examples=["filters.industry.0"])
    message: str = Field(description="What is wrong with it", examples=["No industry is called 'Beer'."])


class Problem(BaseModel):
    """Problem details (RFC 9457): the shape of every failure."""

    type: str = Field(description="Which kind of problem; explained at this address", examples=["/problems/invalid"])
    title: str = Field(description="The kind in words", examples=["The request holds something that cannot be used"])
    status: int = Field(description="The status of the answer", examples=[422])
    detail: str = Field(description="What is wrong here, and what to do", examples=["Look at: filters.industry.0."])
    instance: str = Field(description="The request as a URN", examples=[f"urn:uuid:{_ID}"])
    request_id: str = Field(description="The request as in `X-Request-ID`", examples=[_ID])
    errors: list[FieldError] = Field(default=[], description="If fields are to blame: which")


def problem_schemas(template: str) -> dict[str, Any]:
    """Return the schemas of a problem by name; `template` makes a reference of a name."""
    problem = Problem.model_json_schema(ref_template=template)
    return {**problem.pop("$defs"), "Problem": problem}


def problem_responses() -> dict[str, Any]:
    """Return a response for every kind of problem, by the kind's name."""
    return {kind.slug: _response(kind) for kind in KINDS.values()}


def complete_own_problem(response: dict[str, Any], status: int) -> None:
    """Give a failure that a route tells of itself the shape of all failures."""
    shape = _response(BY_STATUS[status])
    example = shape["content"][MEDIA_TYPE]["example"] | {"detail": response["description"]}
    response["headers"] = shape["headers"] | response.get("headers", {})
    response["content"] = {MEDIA_TYPE: shape["content"][MEDIA_TYPE] | {"example": example}}


def problems_of(operation: dict[str, Any], path: str, *, is_guarded: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield how an operation can fail: status and reference to a response."""
    for slug in _slugs(operation, path, is_guarded=is_guarded):
        yield str(KINDS[slug].status), {"$ref": f"#/components/responses/{slug}"}


def _slugs(operation: dict[str, Any], path: str, *, is_guarded: bool) -> list[str]:
    slugs = [*_MORE.get(path, ()), "origin-refused", "unknown-host", "internal"]
    if is_guarded:
        slugs += ["unauthenticated", "too-many-requests", "unavailable"]
    if "{" in path:
        slugs.append("not-found")
    if "requestBody" in operation:
        slugs += ["bad-request", "content-too-large", "unsupported-media-type"]
    if is_guarded or "requestBody" in operation or "parameters" in operation:
        slugs.append("invalid")
    return slugs


def _response(kind: ProblemKind) -> dict[str, Any]:
    example: dict[str, Any] = {
        "type": f"/problems/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.about,
        "instance": f"urn:uuid:{_ID}",
        "request_id": _ID,
    }
    if kind.slug == "invalid":
        example["errors"] = [{"field": "filters.industry.0", "message": "No industry is called 'Beer'."}]
    names = ("X-Request-ID", "RateLimit", "RateLimit-Policy", *_HEADERS.get(kind.status, ()))
    return {
        "description": f"{kind.title}. {kind.about}",
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
