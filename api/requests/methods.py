"""Which methods a path has: for the header `Allow`, and to answer OPTIONS."""

from __future__ import annotations

from fastapi import Request
from fastapi.routing import iter_route_contexts
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def allowed_methods(scope: Scope) -> tuple[str, ...]:
    """Return the methods that the router has a route for; HEAD comes with GET, and OPTIONS with any.

    A path that a route names literally (`/v1/drafts/examination`) is taken for no id of another (`/v1/drafts/{id}`).
    """
    routes = scope["app"].router.routes
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    literal = {method for one in iter_route_contexts(routes) if one.path == path for method in one.methods or ()}
    asked = {name: scope[name] for name in ("type", "path", "root_path", "headers") if name in scope}
    found = [
        method
        for method in _METHODS
        if (not literal or method in literal)
        and any(route.matches({**asked, "method": method})[0] is Match.FULL for route in routes)
    ]
    if not found:
        return ()
    return (*found, *(("HEAD",) if "GET" in found else ()), "OPTIONS")


def answer_options(request: Request) -> Response | None:
    """Return the answer to OPTIONS for a path that exists; None for any other request."""
    allowed = allowed_methods(request.scope) if request.method == "OPTIONS" else ()
    return Response(status_code=204, headers={"Allow": ", ".join(allowed)}) if allowed else None
