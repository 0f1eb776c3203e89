"""Groups that did not fit into a token: asked for with the user's own token, kept a short while, never guessed."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from api.credentials.outbound import OutboundError, get_json, same_origin

KEPT_SECONDS = 300.0
# A source that does not answer is not asked for the same user again at once.
RETRY_SECONDS = 30.0
MAX_PAGES = 20
MAX_KEPT = 2_000
_NEXT = "@odata.nextLink"
_log = logging.getLogger("casebook.oidc")


def is_overage(claims: Mapping[str, Any], name: str) -> bool:
    """Whether a token says that the user's groups did not fit into it (as Microsoft Entra ID does)."""
    if name in claims:
        return False
    elsewhere = claims.get("_claim_names")
    hidden = str(claims.get("hasgroups", False)).lower() == "true"
    return hidden or (isinstance(elsewhere, Mapping) and name in elsewhere)


class GroupsSource:
    """Asks an address for the groups of a token's holder.

    It answers `{"groups": [...]}` or `{"value": [...]}` with texts, or with objects whose `id` counts
    (`displayName` only where there is no `id`: names are not unique). Usable from several threads.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, tuple[float, tuple[str, ...] | None]] = OrderedDict()

    def groups(self, token: str, *, seconds: float) -> tuple[str, ...] | None:
        """Return the groups of a token that is valid for so many seconds; None if they cannot be had."""
        name = hashlib.sha256(token.encode()).digest()
        with self._lock:
            until, groups = self._kept.get(name, (0.0, None))
        if until > self._clock():
            return groups
        try:
            groups, kept = self._asked(token), KEPT_SECONDS
        except OutboundError as error:
            _log.warning("The groups of a user cannot be asked for: %s", error)
            groups, kept = None, RETRY_SECONDS
        self._keep(name, self._clock() + min(kept, seconds), groups)
        return groups

    def _keep(self, name: bytes, until: float, groups: tuple[str, ...] | None) -> None:
        with self._lock:
            self._kept[name] = (until, groups)
            self._kept.move_to_end(name)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)

    def _asked(self, token: str) -> tuple[str, ...]:
        found: list[str] = []
        url = self._url
        for _ in range(MAX_PAGES):
            page = get_json(url, token=token)
            found += _names(page)
            following = page.get(_NEXT)
            if following is None:
                return tuple(found)
            if not isinstance(following, str) or not same_origin(following, self._url):
                raise OutboundError("the next page of groups lies on another host")
            url = following
        raise OutboundError(f"there are more than {MAX_PAGES} pages of groups")


def _names(page: Mapping[str, Any]) -> list[str]:
    entries = page.get("groups", page.get("value"))
    if not isinstance(entries, list):
        raise OutboundError("the answer lists no groups")
    names = (_name(entry) for entry in entries)
    return [name for name in names if name]


def _name(entry: object) -> str:
    if isinstance(entry, Mapping):
        entry = entry.get("id") or entry.get("displayName")
    return entry if isinstance(entry, str) else ""
