"""A small search for a frame in a firm's own portal.

Browsers send no cookie of ours into a frame of another site. So whoever is let in without one, or has signed in
and looks at a page of the same site, is answered in the frame; for everybody else the answer opens in a tab of its
own, where the cookie counts and one can sign in. The form has no token, since there may be no session to bind it to:
where it comes from is checked strictly, and it changes nothing but what its own sender sees.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from urllib.parse import SplitResult, urlencode, urlsplit

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.portal.pages import NOT_KEPT, render
from api.portal.signin import Guest, is_let_in, wait_for_sign_in
from api.portal.translations import LANGUAGES
from api.portal.visits import Sent, Visit
from api.requests.problems import ProblemError
from api.resources.queries import MOST_CHARACTERS
from library.errors import ChallengeError
from search.answering.assembling import search_cases
from search.answers.answer import Answer

router = APIRouter()
_SHOWN = 3
Language = Annotated[str, Query(max_length=35)]
Origin = Annotated[str, Query(max_length=300)]


@router.get("/embed")
def embed(guest: Guest, language: Language = "", origin: Origin = "") -> Response:
    """Show the box, made for a frame; `origin` is that of the page around it, which is told the frame's height."""
    return _page(_speaking(guest, language), origin)


@router.post("/embed")
async def answer(guest: Guest, form: Sent, language: Language = "", origin: Origin = "") -> Response:
    """Answer in the frame, and keep nothing."""
    _refuse_strangers(guest.request)
    guest = _speaking(guest, language)
    if not is_let_in(guest):
        raise ProblemError("unauthenticated")
    challenge = form.get("challenge").strip()
    if not challenge or len(challenge) > MOST_CHARACTERS:
        return _page(guest, origin, challenge=challenge[:MOST_CHARACTERS], problem="long" if challenge else "empty")
    try:
        return _page(guest, origin, challenge=challenge, answer=await _answered(guest, challenge))
    except ChallengeError:
        return _page(guest, origin, challenge=challenge, problem="unreadable")


@router.post("/embed/open")
def open_answer(guest: Guest, form: Sent) -> Response:
    """Hold a challenge that a frame sent to a tab of its own, and answer it there, after signing in if need be."""
    _refuse_strangers(guest.request)
    challenge = form.get("challenge").strip()
    if not challenge or len(challenge) > MOST_CHARACTERS:
        return guest.redirect("/")
    if is_let_in(guest):
        return guest.redirect(f"/answers/{guest.portal.held.hold(guest.session, challenge)}")
    return wait_for_sign_in(guest, challenge)


def _speaking(guest: Visit, language: str) -> Visit:
    """Return a visit in the language that the page around the frame asked for."""
    base = language.partition("-")[0].lower()
    return replace(guest, language=base) if base in LANGUAGES else guest


def _page(
    guest: Visit, origin: str, *, challenge: str = "", problem: str = "", answer: Answer | None = None
) -> Response:
    ancestors = guest.services.settings.portal.frame_ancestors
    # The cookie of a new session would be thrown away by most browsers that show this, and nothing here needs it.
    known = replace(guest, session=replace(guest.session, is_new=False))
    return render(
        known,
        "embed.html",
        headers={**NOT_KEPT, "X-Robots-Tag": "noindex"},
        ancestors=ancestors,
        is_on=bool(ancestors),
        told=origin if is_among(origin, ancestors) else "",
        asked=urlencode({"language": guest.language, "origin": origin}),
        in_frame=is_let_in(guest),
        challenge=challenge,
        problem=problem,
        answer=answer,
        most=MOST_CHARACTERS,
    )


def is_among(origin: str, allowed: Sequence[str]) -> bool:
    """Whether an origin is one of those allowed, as a browser would judge it for `frame-ancestors`."""
    return any(_is_like(urlsplit(origin), urlsplit(entry)) for entry in allowed)


def _is_like(origin: SplitResult, entry: SplitResult) -> bool:
    if origin.scheme != entry.scheme or origin.path or origin.query or origin.fragment:
        return False
    host, wanted = origin.netloc.lower(), entry.netloc.lower()
    return host == wanted or (wanted.startswith("*.") and host.endswith(wanted[1:]) and "@" not in host)


async def _answered(guest: Visit, challenge: str) -> Answer:
    view, options = guest.view, guest.options(limit=_SHOWN, facets=False)
    begun = time.perf_counter()
    found = await guest.services.searches.run(
        lambda: search_cases(view.engine, challenge, asker=view.asker, options=options)
    )
    guest.services.metrics.count_search(time.perf_counter() - begun, found.verdict)
    return found


def _refuse_strangers(request: Request) -> None:
    """Refuse a form unless the browser says that a page of this server sent it."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "")
    is_own = urlsplit(origin).netloc == request.headers.get("host", "") != ""
    if not (is_own and site in (None, "same-origin")):
        raise ProblemError("origin-refused")
