"""The connector over standard input and output, for one user on one machine; no server is needed."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import anyio
from anyio.to_thread import run_sync
from mcp.server.stdio import stdio_server

from api.connector.desk import Desk
from api.connector.protocol import Work, connector_server
from api.engines import EngineSource
from curation.review.audit import note_reading
from curation.state import State
from library.access import Asker
from library.settings import Settings, known_codes
from search.answers.options import SearchOptions
from search.ranking.reranking import open_reranker
from search.view import View

_log = logging.getLogger("casebook.mcp")  # warnings reach standard error, which clients keep as a log


def run_stdio(settings: Settings, asker: Asker) -> None:
    """Answer until standard input ends; nothing but the protocol is written to standard output."""
    reception = _OneDesk(settings, asker)
    try:
        anyio.run(_serve, reception)
    finally:
        reception.close()


async def _serve(reception: _OneDesk) -> None:
    server = connector_server(reception)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


class _OneDesk:
    """Gives every call the same asker's desk, over the generation that is published when it comes."""

    def __init__(self, settings: Settings, asker: Asker) -> None:
        self._asker = asker
        self._address = settings.server.public_url.rstrip("/")
        self._state = State(settings.state_file)
        self._engines = EngineSource(settings.data_folder)
        self._engines.open_now()
        self._options = SearchOptions(
            limit=settings.limit,
            language=settings.language,
            contact=settings.contact,
            regions=known_codes(settings)[0],
            reranker=open_reranker(settings.reranker, _log.warning),
        )

    async def answer(self, request: Any, work: Work) -> dict[str, Any]:  # noqa: ARG002  stdio has none
        return await run_sync(lambda: work(Desk(self._view(), self._options, self._address)))

    def close(self) -> None:
        """Let go of the index."""
        self._engines.close()

    def _view(self) -> View:
        return View(self._engines.current(), self._asker, on_reading=partial(note_reading, self._state))
