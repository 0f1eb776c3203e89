"""Who asks: from the credentials of a request to an identity, or a refusal that says what is missing.

A key of a service opens what is public or internal; anything more needs the end user's own token, and then
that user's rights alone count, whatever key stands beside it: a bot never lends its rights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Literal

from api.credentials.issuer import IssuerUnavailableError
from api.credentials.oidc import TokenError, TokenVerifier
from api.requests.exchange import Exchange
from api.requests.problems import ProblemError
from api.requests.rates import Allowance, RateLimiter
from curation.keys import PREFIX, AccessKey, KeyStore
from library.access import Asker, Role
from library.settings import Settings

METADATA_PATH = "/.well-known/oauth-protected-resource"
REALM = "casebook"
ANYONE = "anyone"
_RETRY_SECONDS = "10"


@dataclass(frozen=True, slots=True)
class Identity:
    """An asker, and the name under which limits, logs and metrics know the caller; never a person's own name."""

    asker: Asker
    name: str
    key: str | None = None
    notices: tuple[str, ...] = ()

    @property
    def kind(self) -> Literal["anyone", "service", "user"]:
        """What sort of caller this is: nobody in particular, a key alone, or a person."""
        if self.name == ANYONE:
            return "anyone"
        return "service" if self.asker.is_service else "user"


@dataclass(frozen=True, slots=True)
class Sender:
    """What a request tells of its sender; `resource` is the part of the server that is asked for (`/mcp`, or all)."""

    headers: Mapping[str, str]  # names in lower case
    address: str = ""
    resource: str = ""


@dataclass(frozen=True, slots=True)
class _Sent:
    key: str | None
    token: str | None


class _CredentialsError(Exception):
    """Credentials do not count, for a reason that their sender may know; `guessed` if it may have been a guess."""

    def __init__(self, detail: str, *, error: str = "invalid_token", guessed: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.error = error
        self.guessed = guessed


class IdentitySource:
    """Tells who asks, by service keys and bearer tokens; whether credentials are required is decided once."""

    def __init__(self, settings: Settings, keys: KeyStore | None, tokens: TokenVerifier | None) -> None:
        self._settings = settings
        self._keys = keys
        self._tokens = tokens
        made = keys is not None and keys.any_made()
        self._required = tokens is not None or made or settings.server.authentication == "required"

    @property
    def required(self) -> bool:
        """Whether a request without credentials is refused; revoking the last key never opens a server."""
        return self._required

    def identify(self, headers: Mapping[str, str]) -> Identity:
        """Return who sent a request, by its headers (names in lower case).

        It may read the state and ask the issuer: call it in a thread.

        Raises:
            ProblemError: 401 if credentials are missing, wrong, expired or revoked; 503 if they cannot be checked.
        """
        sender = Sender(headers)
        try:
            return self._identified(sender)
        except _CredentialsError as error:
            raise self._refusal(error, sender) from error

    def admit(self, sender: Sender, exchange: Exchange, rates: RateLimiter) -> Identity:
        """Identify a caller within limits, and note in the exchange who it is and what is left; call it in a thread.

        Wrong keys are counted by address, so that none is found by trying; whoever was served with a key before
        is not locked out by a neighbour who tries. Tokens are not counted: nobody guesses a signature, and
        the stale tokens of many users may come from one portal.

        Raises:
            ProblemError: as `identify`, or 429 after too many requests or too many wrong keys.
        """
        network = _network(sender.address)
        try:
            key = _sent(sender.headers).key
            proven = key is None or rates.is_proven(_digest(key))
            if not proven:
                _refuse_if_used_up(rates.failures_left(network), "Too many wrong keys came from your address.")
            identity = self._identified(sender)
        except _CredentialsError as error:
            if error.guessed:
                rates.count_failure(network)
            raise self._refusal(error, sender) from error
        if key is not None and not proven:
            rates.prove(_digest(key))
        count(identity, exchange, rates)
        return identity

    def holder(self, key_id: str) -> Identity | None:
        """Return the identity of a key that was verified before, by its public id; None if it counts no longer.

        Raises:
            StateError: the keys cannot be read.
        """
        key = self._keys.find(key_id) if self._keys else None
        return None if key is None else _service(key)

    def _identified(self, sender: Sender) -> Identity:
        sent = _sent(sender.headers)
        if sent.key is None and sent.token is None:
            if self._required:
                raise _CredentialsError("Send a key or a bearer token.", error="")
            return Identity(_anyone(self._settings), ANYONE)
        key = None if sent.key is None else self._holder(sent.key)
        if sent.token is not None:
            return self._user(sent.token, key)
        assert key is not None
        return _service(key)

    def _holder(self, text: str) -> AccessKey:
        key = self._keys.verify(text) if self._keys else None
        if key is None:
            raise _CredentialsError("The key is unknown, has expired or was revoked.", guessed=True)
        return key

    def _user(self, token: str, key: AccessKey | None) -> Identity:
        if self._tokens is None:
            raise _CredentialsError("This server takes keys only, no tokens.")
        try:
            user = self._tokens.verify(token)
        except TokenError as error:
            raise _CredentialsError(str(error)) from error
        except IssuerUnavailableError as error:
            detail = "The issuer of tokens does not answer, so yours cannot be checked."
            raise ProblemError("unavailable", detail, headers={"Retry-After": _RETRY_SECONDS}) from error
        return Identity(user.asker, f"user:{user.subject}", key=key.id if key else None, notices=user.notices)

    def _refusal(self, error: _CredentialsError, sender: Sender) -> ProblemError:
        """Return a 401 with what RFC 6750 and RFC 9728 want a client to be told."""
        fields = {"realm": REALM}
        if error.error:
            fields |= {"error": error.error, "error_description": error.detail}
        if self._tokens is not None:
            fields["resource_metadata"] = metadata_url(self._settings, sender.resource)
        challenge = ", ".join(f'{name}="{value}"' for name, value in fields.items())
        return ProblemError("unauthenticated", error.detail, headers={"WWW-Authenticate": f"Bearer {challenge}"})


def count(identity: Identity, exchange: Exchange, rates: RateLimiter) -> None:
    """Count a request of a caller, and note in the exchange who it is and what is left of the limit.

    Raises:
        ProblemError: 429, nothing is.
    """
    allowance = rates.take(identity.name)
    exchange.caller = identity.name
    if identity.notices:
        exchange.headers["Casebook-Notice"] = ", ".join(identity.notices)
    if allowance is not None:
        exchange.headers.update(allowance.headers())
        _refuse_if_used_up(allowance, "You asked too often.")


def public_base(settings: Settings) -> str:
    """Return where callers reach the server, without a slash at the end; this machine if nothing is set."""
    server = settings.server
    host = f"[{server.host}]" if ":" in server.host else server.host
    return server.public_url.rstrip("/") or f"http://{host}:{server.port}"


def metadata_url(settings: Settings, resource: str = "") -> str:
    """Return where the metadata of a protected resource (RFC 9728) is served."""
    return f"{public_base(settings)}{METADATA_PATH}{resource}"


def resource_metadata(settings: Settings, resource: str = "") -> dict[str, object]:
    """Return the metadata of a protected resource: who issues tokens for it, and how they are sent."""
    return {
        "resource": f"{public_base(settings)}{resource}",
        "resource_name": "Casebook",
        "authorization_servers": [settings.oidc.issuer],
        "bearer_methods_supported": ["header"],
    }


def _anyone(settings: Settings) -> Asker:
    """Return who asks where no credentials are required: nobody, or the one who writes on this machine.

    Such a server listens to this machine alone (`api.serving.check_binding`).
    """
    author = " ".join(settings.server.local_author.split())
    return Asker(author, Role.CONTRIBUTOR) if author else Asker(is_service=True)


def _service(key: AccessKey) -> Identity:
    return Identity(Asker(role=key.role, is_service=True), f"key:{key.id}", key=key.id)


def _sent(headers: Mapping[str, str]) -> _Sent:
    """Return the credentials in a request's headers; a bearer token that looks like a key is one."""
    key, authorization = headers.get("x-api-key"), headers.get("authorization")
    if authorization is None:
        return _Sent(key, None)
    scheme, _, bearer = authorization.strip().partition(" ")
    bearer = bearer.strip()
    if scheme.lower() != "bearer" or not bearer:
        raise _CredentialsError("Send credentials as `Authorization: Bearer ...`.", error="invalid_request")
    if not bearer.startswith(PREFIX):
        return _Sent(key, bearer)
    if key is not None and key != bearer:
        raise _CredentialsError("Send one key, not two.", error="invalid_request")
    return _Sent(bearer, None)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()


def _refuse_if_used_up(allowance: Allowance, detail: str) -> None:
    if not allowance.allowed:
        raise ProblemError("too-many-requests", detail, headers=allowance.headers())


def _network(address: str) -> str:
    """Return an address, or the /64 of a version 6 one: a single caller has all of it."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), 64), strict=False))
