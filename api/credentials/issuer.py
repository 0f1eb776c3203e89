"""The keys of an issuer: found by discovery, kept, and fetched again when they are old or one is unknown."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from api.credentials.outbound import OutboundError, check_url, get_json

DISCOVERY_PATH = "/.well-known/openid-configuration"
# Keys that an issuer withdrew are believed no longer than this, if it can be reached.
MAX_AGE_SECONDS = 3600.0
# Tokens that name invented keys do not make us ask more often.
RETRY_SECONDS = 60.0
# Until the first keys have come.
FIRST_RETRY_SECONDS = 5.0
PATIENCE_SECONDS = 2.0
MAX_KEYS = 100
_log = logging.getLogger("casebook.oidc")
K = TypeVar("K")


class IssuerUnavailableError(Exception):
    """No keys have come from the issuer yet, so no token can be checked."""


@dataclass(frozen=True, slots=True)
class IssuerAddress:
    """The issuer as tokens name it, and where its keys lie ("" asks the issuer itself)."""

    issuer: str
    jwks_url: str = ""


class IssuerKeys(Generic[K]):
    """Keys by id; `parse` makes one of a JSON Web Key, or None of one that is of no use."""

    def __init__(
        self,
        address: IssuerAddress,
        parse: Callable[[Mapping[str, Any]], K | None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._parse = parse
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: tuple[tuple[str | None, K], ...] = ()
        self._fetched = 0.0
        self._attempted: float | None = None

    def find(self, key_id: str | None) -> tuple[K, ...]:
        """Return the keys that a token may be signed with: those of its id, or all if it names none.

        Raises:
            IssuerUnavailableError: no keys have come yet.
        """
        if not self._keys:
            self._fetch(unless_within=FIRST_RETRY_SECONDS)
        elif self._clock() - self._fetched > MAX_AGE_SECONDS:
            self._fetch(unless_within=RETRY_SECONDS, patience=0.0)
        found = self._matching(key_id)
        if not found and self._keys:
            self._fetch(unless_within=RETRY_SECONDS)
            found = self._matching(key_id)
        if not self._keys:
            raise IssuerUnavailableError
        return found

    def _matching(self, key_id: str | None) -> tuple[K, ...]:
        return tuple(key for name, key in self._keys if key_id is None or name == key_id)

    def _fetch(self, *, unless_within: float, patience: float = PATIENCE_SECONDS) -> None:
        """Fetch the keys, unless somebody just tried; whatever goes wrong, those that are there stay.

        Who comes while another fetches waits so long, so that no outage holds up every request.
        """
        if not self._lock.acquire(timeout=patience):
            return
        try:
            if self._attempted is None or self._clock() - self._attempted >= unless_within:
                self._attempted = self._clock()
                self._keys = self._asked()
                self._fetched = self._clock()
        except OutboundError as error:
            _log.warning("The issuer's keys cannot be fetched: %s", error)
        finally:
            self._lock.release()

    def _asked(self) -> tuple[tuple[str | None, K], ...]:
        listed = get_json(self._jwks_url()).get("keys")
        entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
        parsed = [(entry.get("kid"), self._parse(entry)) for entry in entries[:MAX_KEYS]]
        keys = tuple((key_id, key) for key_id, key in parsed if key is not None)
        if not keys:
            raise OutboundError("there is no key for signatures among them")
        return keys

    def _jwks_url(self) -> str:
        if self._address.jwks_url:
            return self._address.jwks_url
        return endpoint(discover(self._address.issuer), "jwks_uri")


def discover(issuer: str) -> Mapping[str, Any]:
    """Return what an issuer tells of itself (OpenID Connect Discovery 1.0, section 4).

    Raises:
        OutboundError: it does not answer, or another issuer does.
    """
    found = get_json(issuer.rstrip("/") + DISCOVERY_PATH)
    if found.get("issuer") != issuer:
        raise OutboundError("the discovery document is of another issuer")
    return found


def endpoint(found: Mapping[str, Any], name: str) -> str:
    """Return an address in a discovery document.

    Raises:
        OutboundError: it is missing, or not safe.
    """
    url = found.get(name)
    if not isinstance(url, str):
        raise OutboundError(f"the discovery document names no {name}")
    check_url(url)
    return url
