"""Query parameters that a route does not take: refused, so that no wish is lost in silence."""

from __future__ import annotations

from fastapi import Request
from fastapi.routing import APIRoute

from api.requests.faults import tell_fault
from api.requests.problems import ProblemError


def refuse_parameters(request: Request) -> None:
    """Refuse parameters of a route that takes none; one that takes some refuses others by its model.

    Raises:
        ProblemError: 422, with each of them.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute) or route.dependant.query_params:
        return
    names = list(dict.fromkeys(request.query_params))
    told = tell_fault({"type": "extra_forbidden"})
    raise ProblemError(
        "invalid", f"Look at: {', '.join(names)}.", errors=[{"field": name, "message": told} for name in names]
    )
