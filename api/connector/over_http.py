"""The connector at /mcp: streamable HTTP inside the API, without sessions; each request counts for itself."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.connector.desk import Desk
from api.connector.protocol import Work, connector_server
from api.credentials.identity import Identity, Sender
from api.dependencies import Serving
from api.requests.exchange import Exchange
from api.requests.problems import ProblemError
from api.services import Services

PATH = "/mcp"
_IDENTITY = "casebook.identity"


def mount_connector(app: FastAPI, services: Services) -> Callable[[], AbstractAsyncContextManager[None]]:
    """Add the connector's route to an app; it answers while what is returned is entered, in the app's lifespan."""
    route = _ConnectorRoute(services)
    # GET and DELETE belong to sessions, which there are none of.
    app.add_api_route(PATH, route.receive, methods=["POST"], include_in_schema=False)
    return route.running


def _admit(request: Request, services: Serving) -> Identity:
    """Return who calls; a 401 names the metadata of this resource, where clients look for the issuer of tokens."""
    sender = Sender(request.headers, request.client.host if request.client else "", PATH)
    return services.identities.admit(sender, Exchange.of(request.scope), services.rates)


class _ConnectorRoute:
    """Hands requests to the SDK once they have passed what every route asks for."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the SDK's side for as long as the app runs."""
        limit = self._services.settings.server.max_body_kilobytes * 1024
        server = connector_server(_DeskByRequest(self._services))
        # Stateless, so that workers need not share anything; hosts and origins are checked for the whole app.
        manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True, max_request_body_size=limit)
        async with manager.run():
            self._manager = manager
            yield
        self._manager = None

    async def receive(self, request: Request, caller: Annotated[Identity, Depends(_admit)]) -> Response:
        """Hand a message of a known caller to the SDK."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise ProblemError("unsupported-media-type")
        assert self._manager is not None, "the app's lifespan has not begun"
        request.scope[_IDENTITY] = caller
        Exchange.of(request.scope).headers["Cache-Control"] = "no-store"
        return _Handover(self._manager)


class _Handover(Response):
    """An answer that the SDK writes."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        super().__init__()
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._manager.handle_request(scope, receive, send)


class _DeskByRequest:
    """Gives every request the desk of its own caller."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, request: Any, work: Work) -> dict[str, Any]:
        assert isinstance(request, Request)
        caller = request.scope[_IDENTITY]
        assert isinstance(caller, Identity)
        services = self._services
        address = services.base or str(request.base_url).rstrip("/")

        def at_desk() -> dict[str, Any]:
            return work(Desk(services.view(caller.asker), services.options(), address))

        begun = time.perf_counter()
        result = await services.searches.run(at_desk)
        if result.get("verdict"):
            services.metrics.count_search(time.perf_counter() - begun, result["verdict"])
        return result
