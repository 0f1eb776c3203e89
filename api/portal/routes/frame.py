"""What belongs to all pages: style and scripts, and the language that a visitor chose."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.dependencies import Serving
from api.portal.translations import LANGUAGES
from api.portal.visits import Portal, is_own_site, language_cookie, local_path
from api.requests.problems import ProblemError

router = APIRouter()
_YEAR = 365 * 24 * 3600


@router.get("/static/{name}")
def static_file(request: Request, name: str) -> Response:
    """Answer with a style sheet, a script or the icon."""
    return Portal.of(request).statics.answer(request, name)


@router.get("/language")
def choose(
    request: Request,
    services: Serving,
    to: Annotated[str, Query(max_length=10)],
    after: Annotated[str, Query(alias="next", max_length=4000)] = "/",
) -> Response:
    """Keep the language that was chosen on a page of this server, for a year, and go back to the page."""
    if to not in LANGUAGES:
        raise ProblemError("not-found")
    prefix = Portal.of(request).prefix
    response = RedirectResponse(f"{prefix}{local_path(after)}", status_code=303, headers={"Cache-Control": "no-store"})
    if is_own_site(request):
        language_cookie(services.settings).set(response, to, seconds=_YEAR)
    return response
