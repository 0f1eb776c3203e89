"""Servers of both libraries of a pair, for the asker and for somebody who sees nearly everything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from api.app import Parts, create_app
from api.credentials.identity import Identity, IdentitySource, Sender
from library.access import Asker
from library.settings import OidcSettings, PortalSettings, ServerSettings, Settings
from tests.leaks.random_library import GROUPS
from tests.leaks.worlds import ENCODER, Pair, server_settings

ASKERS_KEY = {"X-API-Key": "asker"}
INSIDERS_KEY = {"X-API-Key": "insider"}
# People could sign in at an issuer, which does not answer.
_ISSUER = {"issuer": "http://127.0.0.1:9", "audience": "casebook", "client_id": "casebook"}
AROUND = "https://portal.example.com"  # a site whose pages may show the search in a frame


class NamedIdentities(IdentitySource):
    """Tells the asker and the insider apart by their keys; whoever has none is a stranger, and refused."""

    def __init__(self, settings: Settings, asker: Asker) -> None:
        super().__init__(settings.model_copy(update={"server": _asking(settings)}), None, None)
        # Of the asker's own role, should anything be kept by that.
        insider = Asker(user="ann", role=asker.role, groups=frozenset(GROUPS))
        self._known = {
            ASKERS_KEY["X-API-Key"]: Identity(asker, "user:asker", key=ASKERS_KEY["X-API-Key"]),
            INSIDERS_KEY["X-API-Key"]: Identity(insider, "user:insider", key=INSIDERS_KEY["X-API-Key"]),
        }

    def holder(self, key_id: str) -> Identity | None:
        return self._known.get(key_id)

    def _identified(self, sender: Sender) -> Identity:
        known = self._known.get(sender.headers.get("x-api-key", ""))
        return known or super()._identified(sender)


@contextmanager
def served(root: Path, state: Path, asker: Asker) -> Iterator[TestClient]:
    """Run a server of a library, and give a client of it that sends the asker's key."""
    settings = server_settings(root, state)
    settings = settings.model_copy(
        update={
            "oidc": OidcSettings.model_validate(_ISSUER),
            "portal": PortalSettings(frame_ancestors=(AROUND,)),
        }
    )
    app = create_app(settings, Parts(encoder=ENCODER, identities=NamedIdentities(settings, asker)))
    client = TestClient(app, base_url="http://localhost:8000", headers=ASKERS_KEY, raise_server_exceptions=False)
    with client:
        yield client


@contextmanager
def both(pair: Pair, folder: Path) -> Iterator[tuple[TestClient, TestClient]]:
    """Run servers of the whole library and of what is left of it."""
    with ExitStack() as stack:
        whole = stack.enter_context(served(pair.whole, folder / "whole.db", pair.asker))
        yield whole, stack.enter_context(served(pair.left, folder / "left.db", pair.asker))


def _asking(settings: Settings) -> ServerSettings:
    return settings.server.model_copy(update={"authentication": "required"})
