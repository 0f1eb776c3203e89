"""The OpenAPI document: what the routes say of themselves, completed with what holds for all of them."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, get_args

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response

from api.description.examples import complete_examples, example_of
from api.description.openapi_3_0 import as_3_0
from api.description.problems import complete_own_problem, problem_responses, problem_schemas, problems_of
from api.requests.conditional import json_answer
from api.services import Services
from library.items import (
    Beneficiary,
    Classification,
    Effect,
    Evidence,
    Existence,
    Maturity,
    NoteKind,
    Outcome,
    ReferencePermission,
    Status,
    ValueCategory,
)
from library.settings import casebook_version

_JSON = "application/json"
_REF = "#/components/schemas/"
_METHODS = ("get", "post", "put", "patch", "delete")
_ABOUT = """\
Find the closest case to a customer's challenge, with why it is close and how it differs.

* **Credentials**: `Authorization: Bearer <token>` of the end user, or a service key as `X-API-Key` (or as bearer
  token). A service key alone sees what is public or internal; anything more takes the user's own token.
* **Errors** are problem details (RFC 9457) whatever fails; `errors` names the fields. What one may not see answers
  like what does not exist.
* **Lists** come in parts: follow `next`, or the header `Link`, until it is null.
* **Kept answers**: send `If-None-Match` with the `ETag` that you have; 304 means it still holds.
* **Limits**: `RateLimit` and `RateLimit-Policy` tell what is left; wait for `Retry-After` after 429 and 503.
* **Confidential**: a challenge stands in a body, never in an address. `X-Request-ID` names a request in the log.
"""
_TAGS = (
    ("search", "Challenges in, answers out."),
    ("cases", "What was done for a customer, and what came of it."),
    ("notes", "What is going on in an industry."),
    ("vocabulary", "Competencies, enablers and kinds of challenge, with what refers to them."),
    ("learning", "What there is to learn from."),
    ("models", "Passages for a language model."),
    ("changes", "For those who keep a copy."),
    ("drafts", "From notes to a draft that waits for its review."),
    ("review", "What waits for the desk, and the decisions on it."),
    ("purges", "What has to go for good."),
    ("audit", "Who did what with which item."),
    ("exports", "The library as a file."),
    ("access", "Who the caller is."),
    ("feedback", "What callers say of answers."),
    ("operations", "For whoever runs the server."),
)
_SECURITY: Final = {
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "A service key, made with `casebook keys create`.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The end user's own token from the firm's identity provider, or a service key.",
    },
}
_HEADERS: Final = {
    "X-Request-ID": ("Names the request in the log; one that you send is taken over.", "5f0c9a52-7b1e-4c58-9c1d"),
    "ETag": ("Names this state of the answer, for `If-None-Match`.", '"3b340f9c63abc6ce66f32f5403847788"'),
    "Link": ("Where the next part is, if there is one (RFC 8288).", '</v1/cases?cursor=Tm3Le>; rel="next"'),
    "RateLimit": ("What is left of the limit.", '"default";r=59;t=1'),
    "RateLimit-Policy": ("The limit.", '"default";q=60;w=60'),
    "Retry-After": ("Seconds to wait.", "10"),
    "WWW-Authenticate": ("How to authenticate, and where that is described (RFC 9728).", 'Bearer realm="casebook"'),
}
# Choices that several schemas share, so that a generated client has one type for each.
_CHOICES: Final = {
    "Beneficiary": (Beneficiary, "Who had the value."),
    "Classification": (Classification, "How confidential an item is."),
    "Effect": (Effect, "What an enabler did in a case; `missing` is a lesson."),
    "Evidence": (Evidence, "How far a figure can be relied on."),
    "Existence": (Existence, "Whether others may know that there is such an item."),
    "Maturity": (Maturity, "How established a practice is."),
    "NoteKind": (NoteKind, "What a note tells."),
    "Outcome": (Outcome, "What came of a case."),
    "ReferencePermission": (ReferencePermission, "What may be told to others."),
    "Status": (Status, "How far an item is."),
    "ValueCategory": (ValueCategory, "The kind of value."),
}
_NOT_KEPT = frozenset(
    {"/metrics", "/readyz", "/v1/cases/{id}/similar", "/v1/drafts/{id}", "/v1/review", "/v1/review/{id}", "/v1/audit"}
) | {"/v1/purges/{id}"}


def add_schema_routes(app: FastAPI, services: Services) -> None:
    """Serve the document at /openapi.json, and at /openapi-3.0.json for tools that need the older version."""

    @cache
    def document() -> dict[str, Any]:
        return make_document(app, services)

    @app.get("/openapi.json", include_in_schema=False)
    def current(request: Request) -> Response:
        return json_answer(request, document())

    @app.get("/openapi-3.0.json", include_in_schema=False)
    def older(request: Request) -> Response:
        return json_answer(request, as_3_0(document()))


def make_document(app: FastAPI, services: Services) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of an app."""
    document = get_openapi(
        title="Casebook",
        version=casebook_version(),
        summary="The closest case to a customer's challenge, and why",
        description=_ABOUT,
        routes=app.routes,
        tags=[{"name": name, "description": about} for name, about in _TAGS],
        servers=[{"url": services.base or "/", "description": "This server"}],
    )
    components = document["components"]
    schemas = components["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas |= problem_schemas(_REF + "{model}")
    components |= {"securitySchemes": dict(_SECURITY), "headers": _headers(), "responses": problem_responses()}
    _tidy(document)
    _share_choices(document)
    complete_examples(schemas)
    for path, operations in document["paths"].items():
        for method in operations.keys() & set(_METHODS):
            _complete(operations[method], path, method, schemas)
            if _is_guarded(path):
                operations[method]["security"] = _requirements(is_required=services.identities.required)
    return document


def _requirements(*, is_required: bool) -> list[dict[str, list[str]]]:
    """Return what to send: a key, a token, or both (a bot's key with its user's token); or nothing."""
    offered: list[dict[str, list[str]]] = [{"apiKey": []}, {"bearer": []}, {"apiKey": [], "bearer": []}]
    return offered if is_required else [*offered, {}]


def _headers() -> dict[str, Any]:
    return {
        name: {"description": about, "schema": {"type": "string"}, "example": example}
        for name, (about, example) in _HEADERS.items()
    }


def _complete(operation: dict[str, Any], path: str, method: str, schemas: dict[str, Any]) -> None:
    """Add to an operation what its route does not say: examples, headers, problems."""
    _complete_request(operation, schemas)
    responses = operation["responses"]
    if _holds_framework_errors(responses.get("422", {})):
        del responses["422"]
    if method == "get" and path not in _NOT_KEPT:
        responses["304"] = {"description": "What `If-None-Match` names still holds"}
    names = _header_names(operation, path)
    for status, response in responses.items():
        if status[0] in "45":
            complete_own_problem(response, int(status))
        else:
            _complete_response(response, schemas)
            response["headers"] = {**_header_refs(names), **response.get("headers", {})}
    for status, response in problems_of(operation, path, is_guarded=_is_guarded(path)):
        responses.setdefault(status, response)
    operation["responses"] = dict(sorted(responses.items()))


def _complete_request(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        _complete_parameter(parameter)
    if body := operation.get("requestBody"):
        schema = body["content"][_JSON]["schema"]
        body.setdefault("description", schemas[schema["$ref"].removeprefix(_REF)]["description"])
        body["content"][_JSON].setdefault("example", example_of(schema, schemas))


def _header_names(operation: dict[str, Any], path: str) -> list[str]:
    limits = ("RateLimit", "RateLimit-Policy") if _is_guarded(path) else ()
    kept = ("ETag",) if "304" in operation["responses"] else ()
    return ["X-Request-ID", *limits, *kept, *(("Link",) if _has_cursor(operation) else ())]


def _complete_parameter(parameter: dict[str, Any]) -> None:
    """Give a parameter its example; a parameter that is null is one that is left out."""
    schema = parameter["schema"]
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        del schema["anyOf"]
        schema |= options[0]
    parameter.setdefault("description", schema.get("description", ""))
    schema.pop("description", None)
    if examples := schema.pop("examples", None):
        parameter.setdefault("example", examples[0])


def _complete_response(response: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Give a response the description of its schema and an example."""
    media = response.get("content", {}).get(_JSON)
    if media is None:
        return
    name = media["schema"].get("$ref", "").removeprefix(_REF)
    if response["description"] == "Successful Response" and name:
        response["description"] = schemas[name]["description"]
    if name:
        media.setdefault("example", example_of(media["schema"], schemas))


def _header_refs(names: list[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _is_guarded(path: str) -> bool:
    """Whether a path asks who calls."""
    return path.startswith("/v1/") or path == "/metrics"


def _has_cursor(operation: dict[str, Any]) -> bool:
    return any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ()))


def _holds_framework_errors(response: dict[str, Any]) -> bool:
    schema = response.get("content", {}).get(_JSON, {}).get("schema", {})
    return bool(schema.get("$ref", "").endswith("HTTPValidationError"))


def _share_choices(document: dict[str, Any]) -> None:
    """Let every schema refer to one of `_CHOICES` instead of repeating it."""
    names = {get_args(values): name for name, (values, _) in _CHOICES.items()}

    def share(node: Any) -> None:
        if isinstance(node, list):
            for entry in node:
                share(entry)
        elif isinstance(node, dict):
            choices = node.get("enum")
            if isinstance(choices, list) and tuple(choices) in names:
                del node["enum"], node["type"]
                node["$ref"] = _REF + names[tuple(choices)]
            for entry in node.values():
                share(entry)

    share(document["paths"])
    share(document["components"]["schemas"])
    document["components"]["schemas"] |= {
        name: {"type": "string", "enum": list(get_args(values)), "description": about}
        for name, (values, about) in _CHOICES.items()
    }


def _tidy(node: Any) -> None:
    """Drop the titles that repeat names, and write whole bounds as whole numbers."""
    if isinstance(node, list):
        for entry in node:
            _tidy(entry)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("title"), str) and node.keys() & {"type", "anyOf", "allOf", "$ref", "properties", "const"}:
        del node["title"]
    for bound in ("minimum", "maximum"):
        if isinstance(node.get(bound), float) and node[bound].is_integer():
            node[bound] = int(node[bound])
    for name, entry in node.items():
        if name not in ("example", "examples", "default", "enum"):
            _tidy(entry)
