"""Which methods a path has: for the header `Allow`, and to answer OPTIONS."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def allowed_methods(scope: Scope) -> tuple[str, ...]:
    """Return the methods that the router has a route for; HEAD comes with GET, and OPTIONS with any."""
    routes = scope["app"].router.routes
    asked = {name: scope[name] for name in ("type", "path", "root_path", "headers") if name in scope}
    found = [
        method
        for method in _METHODS
        if any(route.matches({**asked, "method": method})[0] is Match.FULL for route in routes)
    ]
    if not found:
        return ()
    return (*found, *(("HEAD",) if "GET" in found else ()), "OPTIONS")


def answer_options(request: Request) -> Response | None:
    """Return the answer to OPTIONS for a path that exists; None for any other request."""
    allowed = allowed_methods(request.scope) if request.method == "OPTIONS" else ()
    return Response(status_code=204, headers={"Allow": ", ".join(allowed)}) if allowed else None
