"""The web portal: pages for people, served beside the API.

request -> Visit (session, asker, language) -> search/ through the asker's View -> a template -> a page
challenge -> POST /search -> held under a random id -> 303 /answers/<id>?filters
every failure of a page -> the page of a problem; a visitor who has to sign in -> /signin
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI

from api.portal.held import HeldChallenges
from api.portal.openid import OpenIdClient
from api.portal.pages import environment, problem_page, render
from api.portal.routes import brief, browse, cases, contribute, coverage, embed, frame, review, search, signin
from api.portal.sessions import Sessions
from api.portal.statics import Statics
from api.portal.translations import LANGUAGES
from api.portal.vault import Room, Vault
from api.portal.visits import Portal, Posted, Visit, Visitor
from api.services import Services

__all__ = ["Portal", "Posted", "Visit", "Visitor", "add_portal", "render"]

# One vault for each kind of thing, so that much of one drives out nothing of another.
_SESSIONS, _SESSIONS_ROOM = "sessions.db", Room()
_HELD, _HELD_ROOM = "held.db", Room(entries=5_000)
_GUESTS, _GUESTS_ROOM = "guests.db", Room(entries=500, each=5, bytes=8_000_000)
_ROUTES = (search, cases, browse, coverage, brief, embed, contribute, review, signin, frame)


def add_portal(app: FastAPI, services: Services, *, shared: Path | None = None) -> None:
    """Add the portal to an app; `shared` is a folder that worker processes share."""

    def vault(name: str, room: Room) -> Vault:
        return Vault(shared / name if shared else None, room=room)

    prefix = urlsplit(services.base).path
    app.state.portal = Portal(
        sessions=Sessions(vault(_SESSIONS, _SESSIONS_ROOM), services.settings),
        held=HeldChallenges(vault(_HELD, _HELD_ROOM)),
        statics=Statics(),
        prefix=prefix,
        guests=HeldChallenges(vault(_GUESTS, _GUESTS_ROOM)),
        openid=OpenIdClient.from_settings(services.settings.oidc),
    )
    app.state.problem_page = problem_page
    for module in _ROUTES:
        app.include_router(module.router, include_in_schema=False)
    for language in LANGUAGES:
        environment(language)
