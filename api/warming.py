"""Make what a server otherwise makes for its first requests, beside what else it does when it starts.

FastAPI builds its models of parameters and answers when a router is first asked, and the portal's templates are
compiled when a page first needs them: together over a second in which somebody would wait.
"""

from __future__ import annotations

import threading

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from api.portal.pages import compile_templates


def begin_warming(app: FastAPI) -> threading.Thread:
    """Warm an app up in a thread of its own; a request that comes before the end waits no longer than it would have."""
    thread = threading.Thread(target=warm_up, args=(app,), name="warming", daemon=True)
    thread.start()
    return thread


def warm_up(app: FastAPI) -> None:
    """Build every route's models, then compile every template."""
    for _ in iter_route_contexts(app.routes):
        pass
    compile_templates()
