"""Servers of both libraries of a pair, for the asker and for somebody who sees nearly everything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from api.app import Parts, create_app
from api.credentials.identity import Identity, IdentitySource, Sender
from library.access import Asker
from library.settings import Settings
from tests.leaks.random_library import GROUPS
from tests.leaks.worlds import ENCODER, Pair, server_settings

INSIDERS_KEY = {"X-API-Key": "insider"}


class NamedIdentities(IdentitySource):
    """Takes a caller for the insider if a request's key says so, else for the asker."""

    def __init__(self, settings: Settings, asker: Asker) -> None:
        super().__init__(settings, None, None)
        self._asker = asker

    def _identified(self, sender: Sender) -> Identity:
        if sender.headers.get("x-api-key") == INSIDERS_KEY["X-API-Key"]:
            # Of the asker's own role, should anything be kept by that.
            insider = Asker(user="ann", role=self._asker.role, groups=frozenset(GROUPS))
            return Identity(insider, "user:insider")
        return Identity(self._asker, "user:asker", key=None if self._asker.is_service else "bot")


@contextmanager
def served(root: Path, state: Path, asker: Asker) -> Iterator[TestClient]:
    """Run a server of a library, and give a client of it."""
    settings = server_settings(root, state)
    app = create_app(settings, Parts(encoder=ENCODER, identities=NamedIdentities(settings, asker)))
    with TestClient(app, base_url="http://localhost:8000", raise_server_exceptions=False) as client:
        yield client


@contextmanager
def both(pair: Pair, folder: Path) -> Iterator[tuple[TestClient, TestClient]]:
    """Run servers of the whole library and of what is left of it."""
    with ExitStack() as stack:
        whole = stack.enter_context(served(pair.whole, folder / "whole.db", pair.asker))
        yield whole, stack.enter_context(served(pair.left, folder / "left.db", pair.asker))
