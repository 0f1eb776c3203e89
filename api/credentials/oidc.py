"""End users' bearer tokens: verified with the issuer's keys, read into an asker. Owns PyJWT.

Only signatures by asymmetric keys count, with an algorithm that suits the key, whatever a token's header
says. Whatever a token leaves unclear gives less, never more: no user name, no groups, the role of a reader.

Which claim names a user (`oidc.user_claim`) decides about rights: `owner` and `authors` in the files are
compared with it. Take one that users cannot change themselves: `preferred_username` or an employee number
from a directory that the firm runs. `email` is right only where the issuer verifies addresses; if it says that
it did not (`email_verified`), the address counts for nothing.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from api.credentials.issuer import IssuerAddress, IssuerKeys
from api.credentials.outbound import OutboundError, check_url
from api.credentials.overage import GroupsSource, is_overage
from library.access import Asker, Role
from library.errors import SettingsError
from library.settings import OidcSettings, Settings

MAX_TOKEN_LENGTH = 32_768
MIN_RSA_BITS = 2048
GROUPS_OVERAGE = "groups-overage"
REQUIRED_CLAIMS = ("exp", "iss", "aud", "sub")
# By key type and curve (RFC 7518 and 8037); a key that signs in another way is of no use.
_ALGORITHMS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("RSA", ""): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
    ("OKP", "Ed448"): ("EdDSA",),
}
ALGORITHMS = frozenset(name for names in _ALGORITHMS.values() for name in names)
# Of several roles the one that shows most counts: the desk's, in its order, then those for running the server,
# which show no more than a reader sees.
_RANKING = (Role.READER, Role.CONTRIBUTOR, Role.AUDITOR, Role.ADMINISTRATOR, Role.CURATOR, Role.PUBLISHER)
_REASONS: tuple[tuple[type[jwt.InvalidTokenError], str], ...] = (
    (jwt.ExpiredSignatureError, "The token has expired."),
    (jwt.ImmatureSignatureError, "The token is not valid yet."),
    (jwt.InvalidAudienceError, "The token is for another audience."),
    (jwt.InvalidIssuerError, "The token comes from another issuer."),
    (jwt.MissingRequiredClaimError, f"The token lacks one of the claims {', '.join(REQUIRED_CLAIMS)}."),
)


class TokenError(Exception):
    """A token does not count; the message is for whoever sent it."""


@dataclass(frozen=True, slots=True)
class EndUser:
    """Who a token stands for; `subject` is the issuer's and the user's name for them, as a hash.

    `expires` is in seconds since the epoch; `nonce` binds an ID token to the sign-in that it was made for.
    """

    asker: Asker
    subject: str
    notices: tuple[str, ...] = ()
    expires: float = 0.0
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class _VerificationKey:
    key: Any  # one of cryptography's public keys
    algorithms: frozenset[str]


class TokenVerifier:
    """Verifies the tokens of one issuer for one audience; usable from several threads."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self._keys = IssuerKeys(IssuerAddress(settings.issuer, settings.jwks_url), _key_of)
        self._groups = GroupsSource(settings.groups_url) if settings.groups_url else None

    @classmethod
    def from_settings(cls, settings: Settings) -> TokenVerifier | None:
        """Return the verifier that the settings ask for, if they ask for one.

        Raises:
            SettingsError: the settings are incomplete, or name an address that is not safe.
        """
        oidc = settings.oidc
        if oidc == OidcSettings():
            return None
        if not (oidc.issuer and oidc.audience):
            missing = "oidc.issuer" if not oidc.issuer else "oidc.audience"
            hint = "OpenID Connect needs both the issuer and the audience; without them no token can be checked."
            raise SettingsError(f"Setting {missing} is missing.", hint=hint)
        for name in ("issuer", "jwks_url", "groups_url"):
            _check_address(f"oidc.{name}", getattr(oidc, name))
        return cls(oidc)

    def verify(self, token: str, *, bearer: str = "") -> EndUser:
        """Return who a token stands for; may ask the issuer for keys, so call it in a thread.

        Groups that did not fit into it are asked for with `bearer`, or with the token itself.

        Raises:
            TokenError: the token does not count.
            IssuerUnavailableError: no keys have come from the issuer yet.
        """
        claims = self._claims(token)
        groups, notices = self._groups_of(claims, bearer or token)
        values = (*_texts(_claim(claims, self._settings.roles_claim)), *groups)
        asker = Asker(user=_user(claims, self._settings.user_claim), role=self._role(values), groups=frozenset(groups))
        return EndUser(asker, _subject(claims), notices, float(claims["exp"]), str(claims.get("nonce", "")))

    def _claims(self, token: str) -> Mapping[str, Any]:
        algorithm, key_id = _header(token)
        keys = [found.key for found in self._keys.find(key_id) if algorithm in found.algorithms]
        for key in keys:
            try:
                return self._decoded(token, key, algorithm)
            except jwt.InvalidSignatureError:
                continue
        raise TokenError("The token is not signed by a key of the issuer.")

    def _decoded(self, token: str, key: Any, algorithm: str) -> Mapping[str, Any]:
        settings = self._settings
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=settings.audience,
                issuer=settings.issuer,
                leeway=settings.leeway_seconds,
                options={"require": list(REQUIRED_CLAIMS)},
            )
        except jwt.InvalidSignatureError:
            raise
        except (jwt.InvalidTokenError, ValueError, OverflowError, TypeError) as error:
            raise TokenError(_reason(error)) from error

    def _groups_of(self, claims: Mapping[str, Any], token: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return a user's groups, and a notice if they did not fit into the token and cannot be had."""
        name = self._settings.groups_claim
        if not is_overage(claims, name):
            return _texts(_claim(claims, name)), ()
        asked = self._groups.groups(token, seconds=float(claims["exp"]) - time.time()) if self._groups else None
        return (asked, ()) if asked is not None else ((), (GROUPS_OVERAGE,))

    def _role(self, values: Iterable[str]) -> Role:
        known = self._settings.roles
        return max((known[value] for value in values if value in known), key=_RANKING.index, default=Role.READER)


def _header(token: str) -> tuple[str, str | None]:
    """Return the algorithm and the key that a token names; nothing is believed of it yet."""
    if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
        raise TokenError("The token is too long, or no token at all.")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise TokenError("The token cannot be read.") from error
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise TokenError("The token is signed in a way that does not count.")
    return algorithm, header.get("kid")


def _key_of(jwk: Mapping[str, Any]) -> _VerificationKey | None:
    """Return the key of a JSON Web Key; None if it is of another kind, for another use, or too weak."""
    curve = jwk.get("crv", "") if jwk.get("kty") != "RSA" else ""
    names = frozenset(_ALGORITHMS.get((str(jwk.get("kty")), str(curve)), ()))
    if "alg" in jwk:
        names &= {jwk["alg"]} if isinstance(jwk["alg"], str) else frozenset()
    if not names or jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ("verify",)):
        return None
    try:
        key = jwt.PyJWK({**jwk}, algorithm=min(names)).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    return None if getattr(key, "key_size", MIN_RSA_BITS) < MIN_RSA_BITS and not curve else _VerificationKey(key, names)


def _reason(error: Exception) -> str:
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), "The token is not valid.")


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """Return a claim by its name, or by the path to it (`realm_access.roles`)."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _texts(value: Any) -> tuple[str, ...]:
    """Return a claim's values: a list of texts, or one text with spaces between them."""
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()


def _user(claims: Mapping[str, Any], name: str) -> str:
    if name == "email" and str(claims.get("email_verified", True)).lower() == "false":
        return ""
    value = _claim(claims, name)
    return value.strip() if isinstance(value, str) else ""


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject:
        raise TokenError("The token names no subject.")
    return hashlib.sha256(f"{claims['iss']}\n{subject}".encode()).hexdigest()[:12]


def _check_address(name: str, url: str) -> None:
    if not url:
        return
    try:
        check_url(url)
    except OutboundError as error:
        raise SettingsError(f"Setting {name}: {error}.", hint="Use the address that the issuer documents.") from error
