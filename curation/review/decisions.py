"""Decisions on an item: approve, submit, return, verify, archive; each is recorded, and each refusal too."""

from __future__ import annotations

from curation.review.approvable import require_approvable
from curation.review.audit import Act
from curation.review.desk import Desk, DeskItem
from curation.review.refusing import refusals_kept
from curation.review.roles import Action
from curation.review.settling import Change, Decision, settle
from library.errors import ReviewError
from library.items import AnyItem, BusinessCase
from library.messages import Message

MAX_REASON_LENGTH = 2_000
_STANDINGS: dict[str, str] = {
    "draft": Message("draft"),
    "in_review": Message("in review"),
    "approved": Message("approved"),
    "archived": Message("archived"),
}


def approve(desk: Desk, item_id: str) -> Decision:
    """Approve an item as its file reads now; it is verified with that.

    Raises:
        RoleError: the asker's role does not allow it, he wrote it himself, or it takes a publisher.
        ReviewError: it is a draft, archived, approved already, or could not be served as it is.
        UnknownItemError: the asker does not see it.
        ConflictError: the file was changed meanwhile.
        StateError: the state cannot be written; the file is as it was.
    """
    with refusals_kept(desk, Action.APPROVE, item_id):
        found = desk.item(item_id)
        require_approvable(desk, found)
        keys = {"status": "approved", "last_verified": desk.today.isoformat()}
        return settle(desk, found, Change(Act.APPROVED, keys, approves=True))


def submit(desk: Desk, item_id: str) -> Decision:
    """Hand a draft in for review.

    Raises:
        RoleError: the asker's role does not allow it.
        ReviewError: it is no draft.
        UnknownItemError: the asker does not see it.
    """
    with refusals_kept(desk, Action.SUBMIT, item_id):
        found = desk.item(item_id)
        if found.item.status != "draft":
            message = Message("%(id)s is %(status)s, not a draft.", id=item_id, status=_standing(found))
            raise ReviewError(message, hint=Message("Only drafts are submitted."))
        return settle(desk, found, Change(Act.SUBMITTED, {"status": "in_review"}))


def send_back(desk: Desk, item_id: str, reason: str) -> Decision:
    """Make an item a draft again; the reason is recorded for its author, and the approval it had is void.

    Raises:
        RoleError: the asker's role does not allow it.
        ReviewError: there is no reason, or it is a draft or archived.
        UnknownItemError: the asker does not see it.
    """
    with refusals_kept(desk, Action.RETURN, item_id):
        found = desk.item(item_id)
        if found.item.status not in ("in_review", "approved"):
            raise ReviewError(
                Message("%(id)s is %(status)s and cannot be returned.", id=item_id, status=_standing(found)),
                hint=Message("Only what is in review or approved can."),
            )
        return settle(desk, found, Change(Act.RETURNED, {"status": "draft"}, reason=_checked_reason(reason)))


def verify(desk: Desk, item_id: str) -> Decision:
    """Say that an approved item still holds: `last_verified` is today, and nothing else changes.

    Raises:
        RoleError: the asker's role does not allow it.
        ReviewError: it is not approved.
        UnknownItemError: the asker does not see it.
    """
    with refusals_kept(desk, Action.VERIFY, item_id):
        found = desk.item(item_id)
        if not desk.is_approved(found):
            raise ReviewError(
                Message(
                    "%(id)s is %(status)s; only what is approved can be verified.", id=item_id, status=_standing(found)
                ),
                hint=Message("Look at what changed and approve it, which verifies it too."),
                command=f"`casebook review diff {item_id}` shows what changed.",
            )
        change = Change(Act.VERIFIED, {"last_verified": desk.today.isoformat()}, approves=found.is_recorded)
        return settle(desk, found, change)


def archive(desk: Desk, item_id: str, reason: str, *, confirmed: bool = False) -> Decision:
    """Take an item out of service; its file stays, with the reason.

    Raises:
        RoleError: the asker's role does not allow it.
        ReviewError: there is no reason, it is archived already, or it is the only approved case that the asker
            sees for a kind of challenge and he did not confirm that.
        UnknownItemError: the asker does not see it.
    """
    with refusals_kept(desk, Action.ARCHIVE, item_id):
        found = desk.item(item_id)
        if found.item.status == "archived":
            message = Message("%(id)s is archived already.", id=item_id)
            raise ReviewError(message, hint=Message("There is nothing left to do."))
        reason = _checked_reason(reason)
        alone = () if confirmed else only_case_for(desk, found.item)
        if alone:
            raise ReviewError(
                Message(
                    "%(id)s is the only approved case that you see for %(kinds)s.", id=item_id, kinds=", ".join(alone)
                ),
                hint=Message("Confirm that it shall go all the same, or approve another case for it first."),
                command="--yes confirms it.",
            )
        keys = {"status": "archived", "archive_reason": reason}
        return settle(desk, found, Change(Act.ARCHIVED, keys, reason=reason))


def only_case_for(desk: Desk, item: AnyItem) -> tuple[str, ...]:
    """Return the kinds of challenges for which the asker sees no other approved case."""
    if not isinstance(item, BusinessCase) or item.status != "approved":
        return ()
    others = [
        other.item.challenge_types
        for other in desk.items().values()
        if isinstance(other.item, BusinessCase) and desk.is_approved(other) and other.item.id != item.id
    ]
    covered = {kind for kinds in others for kind in kinds}
    return tuple(kind for kind in item.challenge_types if kind not in covered)


def _standing(found: DeskItem) -> str:
    if found.is_unapproved:
        return Message("approved in its file alone")
    return _STANDINGS.get(found.item.status, found.item.status.replace("_", " "))


def _checked_reason(reason: str) -> str:
    plain = " ".join(reason.split())
    if not plain or len(plain) > MAX_REASON_LENGTH:
        raise ReviewError(
            Message("A reason of 1 to %(most)s characters is missing.", most=MAX_REASON_LENGTH),
            hint=Message("Say in a sentence what is wrong or why it goes; its author and later readers see it."),
            command="--reason takes it.",
        )
    return plain
