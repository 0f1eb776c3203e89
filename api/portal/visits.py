"""Who visits a page: the session, the asker and the language; and forms that a session's own page has sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from api.credentials.identity import Identity, Sender, count
from api.dependencies import Serving, desk_of
from api.portal.held import HeldChallenges
from api.portal.openid import OpenIdClient
from api.portal.sessions import Cookie, Session, Sessions
from api.portal.statics import Statics
from api.portal.translations import choose_language
from api.requests.exchange import Exchange
from api.requests.problems import ProblemError
from api.services import Services
from curation.review.desk import Desk
from library.access import Asker
from library.settings import Settings
from search.answers.options import SearchOptions
from search.view import View

_LANGUAGE = "casebook-language"
CSRF_FIELD = "csrf"
_MOST_FIELDS = 500


@dataclass(frozen=True, slots=True)
class Portal:
    """The parts of the portal that all its pages share; kept by the application."""

    sessions: Sessions
    held: HeldChallenges
    statics: Statics
    prefix: str  # the path of the public URL, without a slash at the end
    guests: HeldChallenges  # of visitors who have yet to sign in: few, so that they drive out nobody else's
    openid: OpenIdClient | None = None

    @classmethod
    def of(cls, request: Request) -> Portal:
        """Return the portal of the application that a request came to."""
        portal = request.app.state.portal
        assert isinstance(portal, cls)
        return portal


@dataclass(frozen=True)
class Visit:
    """A request for a page, with whose it is."""

    request: Request
    services: Services
    portal: Portal
    session: Session
    identity: Identity
    language: str

    @cached_property
    def view(self) -> View:
        """What the visitor sees of the generation that the request began with."""
        return self.services.view(self.identity.asker)

    @cached_property
    def asker(self) -> Asker:
        """Who writes and reviews: the visitor, or the one user of a server that asks nobody (`local_author`)."""
        return self.desk().asker

    def desk(self) -> Desk:
        """Return the desk of the visitor; it reads a file once, so each step of a request has one of its own."""
        return desk_of(self.services, self.identity)

    @property
    def here(self) -> str:
        """The page's own path and query below the prefix."""
        return path_of(self.request)

    def options(self, **given: Any) -> SearchOptions:
        """Return how to answer, in the language of the page."""
        return self.services.options(**{"language": self.language, **given})

    def url(self, path: str) -> str:
        """Return the address of a page such as `/cases`."""
        return f"{self.portal.prefix}{path}"

    def redirect(self, path: str, *, session: Session | None = None) -> Response:
        """Send the visitor on to a page (303), and keep the session as it is now."""
        response = RedirectResponse(self.url(path), status_code=303, headers={"Cache-Control": "no-store"})
        self.keep(response, session)
        return response

    def keep(self, response: Response, session: Session | None = None) -> None:
        """Keep a changed session; one that is new is kept with its first answer."""
        if session is not None or self.session.is_new:
            self.portal.sessions.save(session or self.session, response)


def visit_of(request: Request, services: Serving) -> Visit:
    """Return who visits; raises ProblemError 401 if one has to sign in first, 429 after too many requests."""
    portal = Portal.of(request)
    session = portal.sessions.find(request) or portal.sessions.begin()
    identity = _identified(request, services, session)
    return Visit(request, services, portal, session, identity, language_of(request))


Visitor = Annotated[Visit, Depends(visit_of)]


def known_visit(request: Request) -> Visit | None:
    """Return who visits, without counting the request; None for one who would have to sign in.

    Raises:
        StateError: the keys cannot be read.
    """
    portal, services = Portal.of(request), request.app.state.services
    session = portal.sessions.find(request) or portal.sessions.begin()
    identity = identity_of(session, services)
    if identity is None and services.identities.required:
        return None
    known = identity or services.identities.identify({})
    return Visit(request, services, portal, session, known, language_of(request))


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, as often as they were sent."""

    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """Return a field's first value, or nothing."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """Return all values of a field."""
        return [value for key, value in self.fields if key == name]


async def form_of(request: Request) -> Form:
    """Return the form in a request's body; raises ProblemError if it comes from another site's page."""
    if not is_own_site(request):
        raise ProblemError("origin-refused")
    try:
        text = (await request.body()).decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise ProblemError("bad-request") from None
    return Form(tuple(pairs))


Sent = Annotated[Form, Depends(form_of)]


def is_own_site(request: Request) -> bool:
    """Whether no other site's page made a browser send a request, as it says; HostGuard has compared the Origin."""
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


def is_own_form(visit: Visit, form: Form) -> bool:
    """Whether a form has the token of the visitor's session."""
    return not visit.session.is_new and visit.session.accepts(form.get(CSRF_FIELD))


def form_from_own_page(visit: Visitor, form: Sent) -> Form:
    """Return a form; raises ProblemError 403 if it was not sent from a page of the visitor's session."""
    if not is_own_form(visit, form):
        raise ProblemError("forbidden", "The page had been open for too long. Open it anew and try once more.")
    return form


Posted = Annotated[Form, Depends(form_from_own_page)]


def language_of(request: Request) -> str:
    """Return the language of the pages: chosen before, or what the browser prefers, or the library's."""
    settings = request.app.state.services.settings
    chosen = request.cookies.get(language_cookie(settings).name, "")
    accepted = request.headers.get("accept-language", "")
    return choose_language(chosen, accepted, otherwise=settings.language)


def language_cookie(settings: Settings) -> Cookie:
    """Return the cookie that keeps the language that was chosen."""
    return Cookie.from_settings(settings, _LANGUAGE)


def path_of(request: Request) -> str:
    """Return a request's path and query, below the prefix."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    query = request.url.query
    return f"{path}?{query}" if query else path


def local_path(target: str) -> str:
    """Return where to go on to if it is a path of this server, the start otherwise."""
    parts = urlsplit(target)
    is_local = target.startswith("/") and not target.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    return target if is_local and target.isprintable() and "\\" not in target else "/"


def with_chosen(session: Session, chosen: Iterator[str] | tuple[str, ...]) -> Session:
    """Return a session with other cases for the brief."""
    return replace(session, chosen=tuple(dict.fromkeys(chosen)))


def _identified(request: Request, services: Services, session: Session) -> Identity:
    """Return who a session's visitor is; credentials in headers are for the API and do not count here."""
    exchange = Exchange.of(request.scope)
    known = identity_of(session, services)
    if known is not None:
        count(known, exchange, services.rates)
        return known
    sender = Sender({}, request.client.host if request.client else "")
    return services.identities.admit(sender, exchange, services.rates)


def identity_of(session: Session, services: Services) -> Identity | None:
    """Return who signed in to a session; a key is looked up again, so that revoking it works at once."""
    signed_in = session.signed_in
    if signed_in is None:
        return None
    return services.identities.holder(signed_in.key) if signed_in.key else signed_in.identity
