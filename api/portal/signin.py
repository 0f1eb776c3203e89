"""Sign-in: who a key or the issuer vouches for gets a session; what was asked before goes along."""

from __future__ import annotations

import math
import re
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from api.credentials.identity import ANYONE, Identity, Sender, public_base
from api.dependencies import Serving
from api.portal.sessions import Session, SignedIn
from api.portal.visits import Portal, Visit, language_of, local_path, visit_of
from api.requests.exchange import Exchange
from api.requests.problems import ProblemError
from api.services import Services
from library.access import Asker

CALLBACK = "/signin/openid/back"
_OWN_PAGES = ("/signin", "/signout")
_HELD = re.compile(r"/answers/([A-Za-z0-9_-]{22})(?:\?.*)?")


def guest_of(request: Request, services: Serving) -> Visit:
    """Return who visits a page that nobody has to sign in for; such a page shows strangers nothing of the library.

    Raises:
        ProblemError: 429, too many requests.
    """
    try:
        return visit_of(request, services)
    except ProblemError as error:
        if error.slug != "unauthenticated":
            raise
    portal = Portal.of(request)
    session = portal.sessions.find(request) or portal.sessions.begin()
    return Visit(request, services, portal, session, Identity(Asker(is_service=True), ANYONE), language_of(request))


Guest = Annotated[Visit, Depends(guest_of)]


def is_let_in(guest: Visit) -> bool:
    """Whether a visitor may see more than such pages: signed in, or on a server that asks nobody."""
    return guest.identity.kind != "anyone" or not guest.services.identities.required


def check_key(request: Request, services: Services, key: str) -> SignedIn:
    """Return the holder of a key; wrong ones are counted by address as those of the API are.

    Raises:
        ProblemError: 401, the key does not count; 429, too many did not.
    """
    sender = Sender({"x-api-key": key}, request.client.host if request.client else "")
    identity = services.identities.admit(sender, Exchange.of(request.scope), services.rates)
    if identity.key is None:
        raise ProblemError("unauthenticated")
    return SignedIn(identity.name, math.inf, key=identity.key, role=identity.asker.role)


def sign_in(guest: Visit, signed_in: SignedIn, target: str) -> Session:
    """Return the session of one who signed in, to be saved; a challenge that waited for it goes along."""
    after = guest.portal.sessions.sign_in(guest.session, signed_in)
    waiting = _HELD.fullmatch(target)
    if waiting:
        guest.portal.guests.move(waiting[1], before=guest.session, after=after, to=guest.portal.held)
    return after


def wait_for_sign_in(guest: Visit, challenge: str) -> Response:
    """Hold a challenge while its sender signs in, so that it is not lost."""
    limit_address(guest)
    held_id = guest.portal.guests.hold(guest.session, challenge)
    return guest.redirect(f"/signin?next=/answers/{held_id}")


def limit_address(guest: Visit) -> None:
    """Refuse the address of one who has not signed in and asks for work too often.

    Raises:
        ProblemError: 429.
    """
    address = guest.request.client.host if guest.request.client else ""
    allowance = guest.services.rates.take(f"guest {address}")
    if allowance is not None and not allowance.allowed:
        raise ProblemError("too-many-requests", headers=allowance.headers())


def target_of(path: str) -> str:
    """Return the page to go on to: one of this server, and no page about signing in."""
    local = local_path(path)
    return "/" if local.startswith(_OWN_PAGES) else local


def own_address(guest: Visit, path: str) -> str:
    """Return where a browser reaches a page: by the public URL, or as it reached this one."""
    base = guest.services.base or _reached(guest)
    return f"{base}{path}"


def _reached(guest: Visit) -> str:
    url = guest.request.url
    return f"{url.scheme}://{url.netloc}" if url.netloc else public_base(guest.services.settings)
