"""Who may do what at the desk; every refusal says who could do it instead."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from curation.review.guards import Guard
from library.access import CLOSED_CLASSES, Asker, Guarded, Role
from library.errors import RoleError


class Action(StrEnum):
    """What one may want to do, as refusals call it."""

    WRITE = "write drafts"
    SEE_QUEUE = "see the queue"
    SEE_DIFF = "see what changed"
    SUBMIT = "submit for review"
    APPROVE = "approve"
    RETURN = "return"
    VERIFY = "verify"
    REASSIGN = "reassign"
    ARCHIVE = "archive"
    PURGE = "purge"
    READ_AUDIT = "read the audit"


_CURATING = (Role.CURATOR, Role.PUBLISHER)
_WRITING = (Role.CONTRIBUTOR, *_CURATING)
_ROLES: dict[Action, tuple[Role, ...]] = {
    Action.WRITE: _WRITING,
    Action.SEE_QUEUE: _WRITING,
    Action.SEE_DIFF: _WRITING,
    Action.SUBMIT: _WRITING,
    Action.APPROVE: _CURATING,
    Action.RETURN: _CURATING,
    Action.VERIFY: _CURATING,
    Action.REASSIGN: _CURATING,
    Action.ARCHIVE: _CURATING,
    Action.PURGE: (Role.PUBLISHER, Role.ADMINISTRATOR),
    Action.READ_AUDIT: (Role.AUDITOR, Role.ADMINISTRATOR),
}
# From the widest audience to the narrowest.
_CLASSES = ("public", "internal", "confidential", "restricted")


def is_allowed(asker: Asker, action: Action) -> bool:
    """Whether an asker's role allows an action at all; a service without an end user decides nothing."""
    return not asker.is_service and asker.role in _ROLES[action]


def require_role(asker: Asker, action: Action) -> None:
    """Do nothing for a role that allows an action.

    Raises:
        RoleError: another role could.
    """
    if asker.is_service:
        raise RoleError(
            f"A service that acts for nobody cannot {action}.", hint="Send the token of the person who decides."
        )
    if asker.role not in _ROLES[action]:
        who = " or ".join(_ROLES[action])
        raise RoleError(
            f"As a {asker.role} you cannot {action}; a {who} can.",
            hint=f"Ask a {who}. On the command line --role {_ROLES[action][0]} says that you are one.",
        )


def require_other_eyes(asker: Asker, item: Guarded, savers: Iterable[str]) -> None:
    """Do nothing for whoever has not written what he is to approve.

    Raises:
        RoleError: the asker has no name, is owner or author, or saved it since its last approval.
    """
    if not asker.user.strip():
        raise RoleError(
            "Nobody approves without a name: it must not be the author who approves.",
            hint="Say who you are with --user, as `owner` and `authors` name people.",
        )
    parts = {"its owner": (item.owner or "",), "one of its authors": item.authors, "who saved it": tuple(savers)}
    for part, names in parts.items():
        if _fold(asker.user) in map(_fold, names):
            raise RoleError(
                f"You are {part}, and nobody approves what he wrote himself.",
                hint="Ask another curator or publisher to approve it.",
            )


def require_publisher(asker: Asker, widening: Iterable[str]) -> None:
    """Do nothing where the audience does not grow, or for a publisher.

    Raises:
        RoleError: more people would see the item; the message says why.
    """
    reasons = "; ".join(widening)
    if reasons and asker.role is not Role.PUBLISHER:
        raise RoleError(
            f"More people would see it ({reasons}); that takes a publisher, and you are a {asker.role}.",
            hint="Ask a publisher, or take that change out.",
        )


def widenings(before: Guarded | None, after: Guarded) -> list[str]:
    """Return why more people would see an item than saw what was approved before; None: nothing ever was."""
    if before is None:
        return ["it would be public"] if after.classification == "public" else []
    if _width(after.classification) > _width(before.classification):
        return [f"classification {before.classification} becomes {after.classification}"]
    if before.classification not in CLOSED_CLASSES:
        return []  # everybody saw it
    reasons = _added("group", before.access_groups, after.access_groups)
    reasons += _added("person", _people(before), _people(after))
    if after.existence == "discoverable" != before.existence:
        reasons.append("others would learn that it exists")
    return reasons


def opens_to(item: Guarded, name: str) -> list[str]:
    """Return why more people would see an item if it had a new owner."""
    return widenings(item, Guard.of(item).with_owner(name))


def _width(classification: str | None) -> int:
    """Return how wide an audience is; what is unknown has none."""
    return -_CLASSES.index(classification) if classification in _CLASSES else -len(_CLASSES)


def _people(item: Guarded) -> tuple[str, ...]:
    return tuple(name for name in (item.owner, *item.authors) if name)


def _added(what: str, before: Iterable[str], after: Iterable[str]) -> list[str]:
    known = set(before)
    return [f"{what} {name} is added" for name in dict.fromkeys(after) if name not in known]


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())
