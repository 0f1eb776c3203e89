"""The composition root of the server: settings in, an application out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from api.connector import mount_connector
from api.credentials.identity import IdentitySource
from api.credentials.oidc import TokenVerifier
from api.description.openapi import add_schema_routes
from api.engines import EngineSource
from api.portal import add_portal
from api.publishing import Publisher
from api.requests.cross_origin import CrossOrigin
from api.requests.limits import SearchRunner
from api.requests.metrics import Metrics
from api.requests.problems import add_problem_handlers
from api.requests.rates import RateLimiter
from api.requests.transport import BodyGuard, Envelope, HostGuard
from api.routes import (
    audit,
    briefs,
    changes,
    context,
    drafts,
    exports,
    facets,
    feedback,
    items,
    me,
    operations,
    purges,
    review,
    search,
    vocabulary,
    vocabulary_changes,
)
from api.senders import require_sender
from api.services import Services
from curation.keys import KeyStore
from curation.state import State
from library.settings import Settings, casebook_version, known_codes
from search.ranking.reranking import open_reranker

if TYPE_CHECKING:
    from indexer.encoder import Encoder

_LOOK_SECONDS = 1.0
_SMALL_ANSWER = 1_000  # bytes below which compressing costs more than it saves
_LOG = logging.getLogger("casebook.search")
_ROUTES = (
    *(search, items, facets, briefs, context, changes, feedback),
    *(drafts, review, purges, audit, exports, vocabulary, vocabulary_changes, me, operations),
)
_RATES_FILE = "rates.db"
# Headers of other sites' pages: what they may send, and what of an answer they may read.
_SENT_BY_PAGES = (
    *(
        "Accept",
        "Authorization",
        "X-API-Key",
        "Content-Type",
        "If-None-Match",
        "If-Match",
        "Idempotency-Key",
        "X-Request-ID",
    ),
    *("Mcp-Protocol-Version", "Mcp-Session-Id", "Mcp-Method", "Mcp-Name", "Last-Event-ID"),
)
_READ_BY_PAGES = (
    *("ETag", "Link", "X-Request-ID", "RateLimit", "RateLimit-Policy", "Retry-After", "Content-Disposition"),
    *("WWW-Authenticate", "Idempotency-Replayed", "Casebook-Notice", "Mcp-Protocol-Version", "Mcp-Session-Id"),
)


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts to use instead of those that the settings would make; `shared` is a folder that worker processes share."""

    encoder: Encoder | None = None
    identities: IdentitySource | None = None
    shared: Path | None = None


def create_app(settings: Settings, parts: Parts | None = None) -> FastAPI:
    """Put a server together; nothing is opened before it starts.

    Raises:
        SettingsError: settings do not go together.
        StateError: the state cannot be read.
    """
    services = _services(settings, parts or Parts())
    app = FastAPI(
        title="Casebook",
        version=casebook_version(),
        lifespan=_lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        root_path_in_servers=False,
    )
    app.state.services = services
    for module in _ROUTES:
        app.include_router(module.router)
    app.state.connector = mount_connector(app, services)
    add_portal(app, services, shared=parts.shared if parts else None)
    add_schema_routes(app, services)
    add_problem_handlers(app)
    _add_middleware(app, services)
    return app


def identities_of(settings: Settings, state: State | None = None) -> IdentitySource:
    """Return what tells callers apart, as keys and settings say now.

    Raises:
        SettingsError: OpenID Connect is set up by half.
        StateError: the keys cannot be read.
    """
    keys = KeyStore(state or State(settings.state_file))
    return IdentitySource(settings, keys, TokenVerifier.from_settings(settings))


def _services(settings: Settings, parts: Parts) -> Services:
    state = State(settings.state_file)
    metrics = Metrics()
    engines = EngineSource(settings.data_folder, encoder=parts.encoder, on_open=metrics.show_index)
    return Services(
        settings=settings,
        regions=known_codes(settings)[0],
        engines=engines,
        identities=parts.identities or identities_of(settings, state),
        rates=RateLimiter.from_settings(settings, file=parts.shared / _RATES_FILE if parts.shared else None),
        state=state,
        metrics=metrics,
        searches=SearchRunner(settings.server),
        reranker=open_reranker(settings.reranker, _LOG.warning),
        publisher=Publisher(settings, encoder=parts.encoder, on_published=engines.look),
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open everything before the first request, and let go of it after the last."""
    services: Services = app.state.services
    connector: AbstractAsyncContextManager[None] = app.state.connector()
    services.engines.open_now()
    if services.reranker is not None:
        services.reranker.score("open", ["it now"])
    with ExitStack() as stack:
        stack.callback(asyncio.create_task(_look_for_generations(services)).cancel)
        for part in (services.rates, services.engines, services.searches, services.publisher):
            stack.callback(part.close)
        async with connector:
            yield


async def _look_for_generations(services: Services) -> None:
    """Take up what is published also while nobody asks: the first caller after a purge must not read what is gone."""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        services.engines.look()


def _add_middleware(app: FastAPI, services: Services) -> None:
    """Add the layers, the innermost first."""
    server = services.settings.server
    app.add_middleware(GZipMiddleware, minimum_size=_SMALL_ANSWER, compresslevel=2)
    app.add_middleware(BodyGuard, settings=server, gate=require_sender)
    if server.cors_origins:
        app.add_middleware(
            CrossOrigin,
            allow_origins=server.cors_origins,
            allow_methods=("GET", "HEAD", "POST", "PUT"),
            allow_headers=_SENT_BY_PAGES,
            expose_headers=_READ_BY_PAGES,
        )
    app.add_middleware(HostGuard, settings=server, any_host=services.identities.required)
    app.add_middleware(Envelope, settings=server, metrics=services.metrics)
