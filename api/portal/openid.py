"""Sign-in at the issuer: the authorization code flow of OpenID Connect, with PKCE, state and nonce.

browser -> issuer, with a state, a nonce and the hash of a verifier -> back with a code
code + verifier -> the issuer's token endpoint -> an ID token -> who signed in; no token is kept
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from api.credentials.issuer import (
    FIRST_RETRY_SECONDS,
    MAX_AGE_SECONDS,
    PATIENCE_SECONDS,
    IssuerUnavailableError,
    discover,
    endpoint,
)
from api.credentials.oidc import EndUser, TokenError, TokenVerifier
from api.credentials.outbound import OutboundError, post_form
from api.portal.sessions import SignedIn
from library.settings import OidcSettings

_RANDOM = re.compile(r"[A-Za-z0-9_-]{43}")
_log = logging.getLogger("casebook.signin")


class SignInError(Exception):
    """Nobody was signed in; `reason` is one of `REASONS`, the log says more."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# What a page has a text for.
REASONS = frozenset({"unavailable", "refused", "stale", "rejected"})


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that was begun; kept in the browser that began it, and good in no other."""

    state: str
    nonce: str
    verifier: str
    target: str  # the path to go on to

    @classmethod
    def begin(cls, target: str) -> Attempt:
        """Return a new one."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, target)

    def as_cookie(self) -> str:
        """Return it as a cookie's value."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def from_cookie(cls, value: str) -> Attempt | None:
        """Return the one that a cookie holds, if it holds one."""
        try:
            fields = json.loads(base64.urlsafe_b64decode(value.encode("ascii")))
            made = cls(**fields)
        except (ValueError, TypeError):
            return None
        secret = (str(text) for text in (made.state, made.nonce, made.verifier))
        return made if all(map(_RANDOM.fullmatch, secret)) and isinstance(made.target, str) else None


@dataclass(frozen=True, slots=True)
class Callback:
    """What the issuer sent the browser back with."""

    code: str = ""
    state: str = ""
    error: str = ""
    issuer: str = ""


class OpenIdClient:
    """Casebook as a client of the issuer; usable from several threads."""

    def __init__(self, settings: OidcSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._issuer = _Issuer(settings.issuer, clock)
        # An ID token is for the client, whoever the API's own tokens are for.
        self._tokens = TokenVerifier(settings.model_copy(update={"audience": settings.client_id}))

    @classmethod
    def from_settings(cls, settings: OidcSettings) -> OpenIdClient | None:
        """Return the client that the settings ask for, if people can sign in at an issuer."""
        return cls(settings) if settings.client_id and settings.issuer else None

    def address(self, attempt: Attempt, back: str) -> str:
        """Return where the browser goes to sign in, to come back to an address.

        Raises:
            SignInError: the issuer does not tell where that is.
        """
        fields = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": back,
            "scope": self._settings.scope,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": _challenge(attempt.verifier),
            "code_challenge_method": "S256",
        }
        return _with_query(self._endpoint("authorization_endpoint"), fields)

    def finish(self, attempt: Attempt, callback: Callback, back: str) -> SignedIn:
        """Return who signed in, by the code that the browser came back with; asks the issuer, so call it in a thread.

        Raises:
            SignInError: the answer belongs to another attempt, or the issuer or its token says no.
        """
        if not hmac.compare_digest(callback.state.encode(), attempt.state.encode()):
            raise SignInError("stale")
        if callback.issuer and callback.issuer != self._settings.issuer:  # RFC 9207
            raise SignInError("rejected")
        if callback.error or not callback.code:
            raise SignInError("refused")
        user = self._user(self._exchange(attempt, callback.code, back))
        if not hmac.compare_digest(user.nonce.encode(), attempt.nonce.encode()):
            _log.warning("The issuer's ID token is of another sign-in.")
            raise SignInError("rejected")
        asker = user.asker
        return SignedIn(
            name=f"user:{user.subject}",
            until=user.expires,
            user=asker.user,
            role=asker.role,
            groups=tuple(sorted(asker.groups)),
            notices=user.notices,
        )

    def sign_out_address(self, back: str) -> str:
        """Return where the browser ends its session at the issuer too; empty if the issuer has no such place."""
        try:
            url = self._endpoint("end_session_endpoint")
        except SignInError:
            return ""
        return _with_query(url, {"client_id": self._settings.client_id, "post_logout_redirect_uri": back})

    def _exchange(self, attempt: Attempt, code: str, back: str) -> Mapping[str, Any]:
        """Return the token endpoint's answer to a code."""
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": attempt.verifier,
        }
        client_id, secret = self._settings.client_id, self._settings.client_secret.get_secret_value()
        try:
            found = self._issuer.found()
            url = endpoint(found, "token_endpoint")
            if secret and _takes_basic(found):
                return post_form(url, fields, user=(client_id, secret))
            named = {"client_id": client_id, **({"client_secret": secret} if secret else {})}
            return post_form(url, {**fields, **named})
        except OutboundError as error:
            _log.warning("The code of a sign-in cannot be exchanged: %s", error)
            raise SignInError("unavailable") from error

    def _user(self, tokens: Mapping[str, Any]) -> EndUser:
        token, bearer = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(token, str):
            _log.warning("The issuer gave no ID token; oidc.scope must hold `openid`.")
            raise SignInError("rejected")
        try:
            return self._tokens.verify(token, bearer=bearer if isinstance(bearer, str) else "")
        except TokenError as error:
            _log.warning("The issuer's ID token does not count: %s", error)
            raise SignInError("rejected") from error
        except IssuerUnavailableError as error:
            raise SignInError("unavailable") from error

    def _endpoint(self, name: str) -> str:
        try:
            return endpoint(self._issuer.found(), name)
        except OutboundError as error:
            if name != "end_session_endpoint":
                _log.warning("Nobody can sign in at the issuer: %s", error)
            raise SignInError("unavailable") from error


class _Issuer:
    """What an issuer tells of itself, asked for once an hour."""

    def __init__(self, name: str, clock: Callable[[], float]) -> None:
        self._name = name
        self._clock = clock
        self._lock = threading.Lock()
        self._found: Mapping[str, Any] = {}
        self._asked_at: float | None = None

    def found(self) -> Mapping[str, Any]:
        """Return what it told; what it told before, if it is silent now. Nobody waits long for one that is silent.

        Raises:
            OutboundError: it has told nothing yet.
        """
        if self._lock.acquire(timeout=PATIENCE_SECONDS):
            try:
                self._ask()
            finally:
                self._lock.release()
        if not self._found:
            raise OutboundError("the issuer has not told of itself yet")
        return self._found

    def _ask(self) -> None:
        now = self._clock()
        wait = MAX_AGE_SECONDS if self._found else FIRST_RETRY_SECONDS
        if self._asked_at is not None and now - self._asked_at < wait:
            return
        self._asked_at = now
        try:
            self._found = discover(self._name)
        except OutboundError as error:
            _log.warning("The issuer does not tell of itself: %s", error)


def _takes_basic(found: Mapping[str, Any]) -> bool:
    """Whether the client's secret goes into a header, which is what an issuer takes if it does not say."""
    methods = found.get("token_endpoint_auth_methods_supported")
    return not isinstance(methods, list) or "client_secret_basic" in methods or "client_secret_post" not in methods


def _challenge(verifier: str) -> str:
    """Return the hash of a verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _with_query(url: str, fields: Mapping[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(fields)}"
