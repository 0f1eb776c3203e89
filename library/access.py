"""Who may see what. `visible` is the only place that decides; everything that leaves passes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """What an asker does in the firm; a role alone opens nothing confidential."""

    READER = "reader"
    CONTRIBUTOR = "contributor"
    CURATOR = "curator"
    PUBLISHER = "publisher"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Visibility(StrEnum):
    """How much of an item an asker sees."""

    FULL = "full"
    STUB = "stub"
    NOTHING = "nothing"


class Guarded(Protocol):
    """What `visible` needs to know of an item."""

    @property
    def status(self) -> str: ...
    @property
    def classification(self) -> str | None: ...
    @property
    def access_groups(self) -> tuple[str, ...]: ...
    @property
    def existence(self) -> str | None: ...
    @property
    def owner(self) -> str | None: ...
    @property
    def authors(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: a user's name as it stands in `owner` and `authors`, a role, and groups.

    `is_service` marks a key that acts without an end user.
    """

    user: str = ""
    role: Role = Role.READER
    groups: frozenset[str] = field(default_factory=frozenset)
    is_service: bool = False


OPEN_CLASSES = frozenset({"public", "internal"})
CLOSED_CLASSES = frozenset({"confidential", "restricted"})
_GOVERNING = frozenset({Role.CURATOR, Role.PUBLISHER})
_ANYONE = Asker(is_service=True)


def visible(asker: Asker, item: Guarded) -> Visibility:
    """Return how much of an item an asker may see; whatever is unknown is not seen."""
    if item.classification not in OPEN_CLASSES | CLOSED_CLASSES:
        return Visibility.NOTHING
    if item.status == "approved":
        return _visible_approved(asker, item)
    if asker.is_service:
        return Visibility.NOTHING
    governed = asker.role in _GOVERNING and _classification_allows(asker, item)
    written_by_asker = item.status in ("draft", "in_review") and _is_own(asker, item)
    if item.status in ("draft", "in_review", "archived") and (governed or written_by_asker):
        return Visibility.FULL
    return Visibility.NOTHING


def open_to_all(item: Guarded) -> bool:
    """Whether every asker sees the item in full; collection statistics count these alone."""
    return visible(_ANYONE, item) is Visibility.FULL


def _visible_approved(asker: Asker, item: Guarded) -> Visibility:
    if item.classification in OPEN_CLASSES:
        return Visibility.FULL
    if asker.is_service:
        return Visibility.NOTHING
    if _classification_allows(asker, item):
        return Visibility.FULL
    return Visibility.STUB if item.existence == "discoverable" else Visibility.NOTHING


def _classification_allows(asker: Asker, item: Guarded) -> bool:
    if item.classification in OPEN_CLASSES:
        return True
    return bool(asker.groups.intersection(item.access_groups)) or _is_own(asker, item)


def _is_own(asker: Asker, item: Guarded) -> bool:
    return bool(asker.user) and any(_is_same(asker.user, name) for name in (item.owner, *item.authors) if name)


def _is_same(user: str, name: str) -> bool:
    """Whether two names are one user's: mail is delivered whatever the case of an address, other names are exact.

    Letters beyond ASCII are exact too: some that differ become one in small letters.
    """
    return user == name or ("@" in user and (user + name).isascii() and user.lower() == name.lower())
