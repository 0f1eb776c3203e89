"""Signing in with a key or at the issuer, and signing out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from api.portal.openid import Attempt, Callback, OpenIdClient, SignInError
from api.portal.pages import NOT_KEPT, render
from api.portal.sessions import Cookie
from api.portal.signin import CALLBACK, Guest, check_key, is_let_in, limit_address, own_address, sign_in, target_of
from api.portal.visits import Sent, Visit, is_own_form
from api.requests.problems import ProblemError

router = APIRouter()
_ATTEMPT = "casebook-signin"
_ATTEMPT_SECONDS = 600
_MOST_KEY_CHARACTERS = 200
Next = Annotated[str, Query(alias="next", max_length=4000)]
Told = Annotated[str, Query(max_length=4000)]


@router.get("/signin")
def signin(guest: Guest, after: Next = "/") -> Response:
    """Ask who somebody is; go on at once if that is known or nobody is asked."""
    target = target_of(after)
    return guest.redirect(target) if is_let_in(guest) else _page(guest, target)


@router.post("/signin")
def signin_with_key(guest: Guest, form: Sent) -> Response:
    """Let the holder of a key in."""
    target = target_of(form.get("next"))
    if not is_own_form(guest, form):
        return _page(guest, target, problem="session", status=403)
    try:
        signed_in = check_key(guest.request, guest.services, form.get("key").strip()[:_MOST_KEY_CHARACTERS])
    except ProblemError as error:
        if error.slug != "unauthenticated":
            raise
        return _page(guest, target, problem="key", status=422)
    return guest.redirect(target, session=sign_in(guest, signed_in, target))


@router.get("/signin/openid")
def signin_at_issuer(guest: Guest, after: Next = "/") -> Response:
    """Send the browser to the issuer, and have it remember what for."""
    attempt = Attempt.begin(target_of(after))
    try:
        address = _client(guest).address(attempt, own_address(guest, CALLBACK))
    except SignInError as error:
        return _page(guest, attempt.target, problem=error.reason, status=503)
    response = RedirectResponse(address, status_code=303, headers=NOT_KEPT)
    _cookie(guest).set(response, attempt.as_cookie(), seconds=_ATTEMPT_SECONDS)
    return response


@router.get(CALLBACK)
def back_from_issuer(guest: Guest, code: Told = "", state: Told = "", error: Told = "", iss: Told = "") -> Response:
    """Let in whom the issuer vouches for, in the browser that asked for it."""
    client = _client(guest)
    attempt = Attempt.from_cookie(guest.request.cookies.get(_cookie(guest).name, ""))
    if attempt is None:
        return _page(guest, "/", problem="stale", status=422)
    limit_address(guest)
    target = target_of(attempt.target)
    try:
        callback = Callback(code, state, error, iss)
        signed_in = client.finish(attempt, callback, own_address(guest, CALLBACK))
    except SignInError as failed:
        return _page(guest, target, problem=failed.reason, status=422)
    response = guest.redirect(target, session=sign_in(guest, signed_in, target))
    _cookie(guest).clear(response)
    return response


@router.get("/signout")
def signout(guest: Guest) -> Response:
    """Ask whether to end the session, or say that it has ended."""
    client = guest.portal.openid
    elsewhere = client.sign_out_address(own_address(guest, "/signout")) if client else ""
    return render(guest, "signed_out.html", headers=NOT_KEPT, elsewhere=elsewhere)


@router.post("/signout")
def end_session(guest: Guest, form: Sent) -> Response:
    """End the session here; at the issuer it goes on until the person ends it there."""
    if not is_own_form(guest, form):
        raise ProblemError("forbidden", "The page had been open for too long. Open it anew and try once more.")
    response = guest.redirect("/signout")
    response.headers["Clear-Site-Data"] = '"cache"'
    guest.portal.held.forget(guest.session)
    guest.portal.sessions.end(guest.session, response)
    return response


def _page(guest: Visit, target: str, *, problem: str = "", status: int = 200) -> Response:
    values: dict[str, Any] = {"target": target, "problem": problem, "at_issuer": guest.portal.openid is not None}
    return render(guest, "signin.html", status=status, headers=NOT_KEPT, **values)


def _client(guest: Visit) -> OpenIdClient:
    if guest.portal.openid is None:
        raise ProblemError("not-found")
    return guest.portal.openid


def _cookie(guest: Visit) -> Cookie:
    return Cookie.from_settings(guest.services.settings, _ATTEMPT)
