"""Who may do what at the desk; every refusal says who could do it instead."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import reduce

from curation.review.guards import Guard
from curation.review.people import may_be_same
from library.access import CLOSED_CLASSES, Asker, Guarded, Role
from library.errors import RoleError
from library.messages import Message, joined


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
    CHANGE_VOCABULARY = "change the vocabulary"
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
    Action.CHANGE_VOCABULARY: _CURATING,
    Action.PURGE: (Role.PUBLISHER, Role.ADMINISTRATOR),
    Action.READ_AUDIT: (Role.AUDITOR, Role.ADMINISTRATOR),
}
# What the desk's pages say in other languages too; other roles and actions have no page.
_ROLE_NAMES: dict[Role, str] = {
    Role.READER: Message("reader"),
    Role.CONTRIBUTOR: Message("contributor"),
    Role.CURATOR: Message("curator"),
    Role.PUBLISHER: Message("publisher"),
}
_ACTION_NAMES: dict[Action, str] = {
    Action.WRITE: Message("write drafts"),
    Action.SEE_QUEUE: Message("see the queue"),
    Action.SEE_DIFF: Message("see what changed"),
    Action.SUBMIT: Message("submit for review"),
    Action.APPROVE: Message("approve"),
    Action.RETURN: Message("return"),
    Action.VERIFY: Message("verify"),
    Action.REASSIGN: Message("reassign"),
    Action.ARCHIVE: Message("archive"),
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
            Message("A service that acts for nobody cannot %(action)s.", action=_called(action)),
            hint=Message("Send the token of the person who decides."),
        )
    if asker.role not in _ROLES[action]:
        who = reduce(
            lambda one, other: Message("%(one)s or %(other)s", one=one, other=other),
            [_ROLE_NAMES.get(role, Message(role.value)) for role in _ROLES[action]],
        )
        role = _ROLE_NAMES.get(asker.role, asker.role)
        raise RoleError(
            Message("As a %(role)s you cannot %(action)s; a %(who)s can.", role=role, action=_called(action), who=who),
            hint=Message("Ask a %(who)s.", who=who),
            command=f"--role {_ROLES[action][0]} says that you are one.",
        )


def require_other_eyes(asker: Asker, item: Guarded, savers: Iterable[str], earlier: Iterable[Guarded] = ()) -> None:
    """Do nothing for whoever has not written what he is to approve.

    `earlier` is what the item was since its last approval: taking his name out makes nobody another.

    Raises:
        RoleError: the asker has no name, is or was owner or author, or saved it since its last approval.
    """
    if not asker.user.strip():
        raise RoleError(
            Message("Nobody approves without a name: it must not be the author who approves."),
            hint=Message("Sign in under your name, as `owner` and `authors` name people."),
            command="--user says who you are.",
        )
    parts = {
        Message("are its owner"): (item.owner or "",),
        Message("are one of its authors"): item.authors,
        Message("are who saved it"): tuple(savers),
        Message("were its owner or one of its authors"): [name for guard in earlier for name in _people(guard)],
    }
    for part, names in parts.items():
        if any(may_be_same(asker.user, name) for name in names):
            raise RoleError(
                Message("You %(part)s, and nobody approves what he wrote himself.", part=part),
                hint=Message("Ask another curator or publisher to approve it."),
            )


def require_publisher(asker: Asker, widening: Iterable[str]) -> None:
    """Do nothing where the audience does not grow, or for a publisher.

    Raises:
        RoleError: more people would see the item; the message says why.
    """
    reasons = joined(widening, "; ")
    if reasons and asker.role is not Role.PUBLISHER:
        raise RoleError(
            Message(
                "More people would see it (%(reasons)s); that takes a publisher, and you are a %(role)s.",
                reasons=reasons,
                role=_ROLE_NAMES.get(asker.role, asker.role),
            ),
            hint=Message("Ask a publisher, or take that change out."),
        )


def widenings(before: Guarded | None, after: Guarded) -> list[str]:
    """Return why more people would see an item than saw what was approved before; None: nothing ever was."""
    if before is None:
        return [Message("it would be public")] if after.classification == "public" else []
    if _width(after.classification) > _width(before.classification):
        classes = {"before": Message(before.classification or "none"), "after": Message(after.classification or "none")}
        return [Message("classification %(before)s becomes %(after)s", **classes)]
    if before.classification not in CLOSED_CLASSES:
        return []  # everybody saw it
    groups, people = (before.access_groups, after.access_groups), (_people(before), _people(after))
    reasons: list[str] = [Message("group %(name)s is added", name=name) for name in _added(*groups)]
    reasons += [Message("person %(name)s is added", name=name) for name in _added(*people)]
    if after.existence == "discoverable" != before.existence:
        reasons.append(Message("others would learn that it exists"))
    return reasons


def opens_to(item: Guarded, name: str) -> list[str]:
    """Return why more people would see an item if it had a new owner."""
    return widenings(item, Guard.of(item).with_owner(name))


def _width(classification: str | None) -> int:
    """Return how wide an audience is; what is unknown has none."""
    return -_CLASSES.index(classification) if classification in _CLASSES else -len(_CLASSES)


def _people(item: Guarded) -> tuple[str, ...]:
    return tuple(name for name in (item.owner, *item.authors) if name)


def _added(before: Iterable[str], after: Iterable[str]) -> list[str]:
    known = set(before)
    return [name for name in dict.fromkeys(after) if name not in known]


def _called(action: Action) -> str:
    return _ACTION_NAMES.get(action, action.value)
