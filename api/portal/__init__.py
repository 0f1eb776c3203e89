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
from api.portal.routes import brief, browse, cases, coverage, embed, frame, search, signin
from api.portal.sessions import Sessions
from api.portal.statics import Statics
from api.portal.translations import LANGUAGES
from api.portal.vault import Vault
from api.portal.visits import Portal, Posted, Visit, Visitor
from api.services import Services

__all__ = ["Portal", "Posted", "Visit", "Visitor", "add_portal", "render"]

_VAULT_FILE = "portal.db"
_GUESTS_FILE = "guests.db"
_MOST_GUESTS = 500
_ROUTES = (search, cases, browse, coverage, brief, embed, signin, frame)


def add_portal(app: FastAPI, services: Services, *, shared: Path | None = None) -> None:
    """Add the portal to an app; `shared` is a folder that worker processes share."""
    vault = Vault(shared / _VAULT_FILE if shared else None)
    prefix = urlsplit(services.base).path
    app.state.portal = Portal(
        sessions=Sessions(vault, services.settings),
        held=HeldChallenges(vault),
        statics=Statics(),
        prefix=prefix,
        guests=HeldChallenges(Vault(shared / _GUESTS_FILE if shared else None, most=_MOST_GUESTS)),
        openid=OpenIdClient.from_settings(services.settings.oidc),
    )
    app.state.problem_page = problem_page
    for module in _ROUTES:
        app.include_router(module.router, include_in_schema=False)
    for language in LANGUAGES:
        environment(language)
