"""What routes ask for: the services, who calls, and what that caller sees."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from api.credentials.identity import Identity, Sender
from api.requests.exchange import Exchange
from api.requests.parameters import refuse_parameters
from api.services import Services
from curation.review.desk import Desk
from search.view import View

_CALLER = "caller"


def services_of(request: Request) -> Services:
    """Return the parts of the running server."""
    services: Services = request.app.state.services
    return services


Serving = Annotated[Services, Depends(services_of)]


def admit(request: Request, services: Serving) -> Identity:
    """Return who calls; raises ProblemError 401, 429 if that caller asks too often, or 422 for a parameter too many."""
    caller = known_caller(request, services)
    refuse_parameters(request)
    return caller


def known_caller(request: Request, services: Services) -> Identity:
    """Return who calls, counted once a request; raises ProblemError 401 or 429, and has to be called in a thread."""
    kept = request.scope["state"].get(_CALLER)
    if isinstance(kept, Identity):
        return kept
    sender = Sender(request.headers, request.client.host if request.client else "")
    caller = services.identities.admit(sender, Exchange.of(request.scope), services.rates)
    request.scope["state"][_CALLER] = caller
    return caller


Caller = Annotated[Identity, Depends(admit)]


def view_of(services: Serving, caller: Caller) -> View:
    """Return what the caller sees of the generation that the request began with."""
    return services.view(caller.asker)


def desk_of(services: Services, caller: Identity) -> Desk:
    """Return the desk as a caller has it: the library's files as they are now; made for one request."""
    return Desk(services.settings, caller.asker, state=services.state)


def _desk(services: Serving, caller: Caller) -> Desk:
    return desk_of(services, caller)


Working = Annotated[Desk, Depends(_desk)]
Reading = Annotated[View, Depends(view_of)]
