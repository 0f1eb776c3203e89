"""Who may send a file: asked before a body that is larger than others is read."""

from __future__ import annotations

from fastapi import Request
from starlette.types import Scope

from api.dependencies import known_caller, services_of
from api.portal.visits import visit_of
from api.requests.refusals import telling
from api.requests.transport import is_of_programs
from curation.review.roles import Action, require_role


def require_sender(scope: Scope) -> None:
    """Do nothing for a request of somebody who may write; it may read the state: call it in a thread.

    Raises:
        ProblemError: 401 if nobody is known to send it, 403 if another role could, 429 after too many requests.
    """
    request = Request(scope)
    services = services_of(request)
    asker = known_caller(request, services).asker if is_of_programs(scope) else visit_of(request, services).asker
    with telling():
        require_role(asker, Action.WRITE)
