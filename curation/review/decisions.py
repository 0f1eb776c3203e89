"""Decisions on items: each writes the file, the record and the audit together, or none of them.

The record stands in an open transaction while the file is written, and is committed after it. So a state that cannot
be written leaves the file alone, a file that somebody changed meanwhile leaves no record, and whoever dies between the
two leaves a file without an approval on record: where approvals are recorded it is not served as approved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any

from curation.checks.checking import Checks, check_text
from curation.committing import Author, check_committable, commit_files
from curation.front_matter_edit import set_keys
from curation.review.approvals import Review, keep_review, last_approval
from curation.review.audit import Act, name_of, now_text, record_refusal, savers_of
from curation.review.desk import Desk, DeskItem
from curation.review.guards import Guard
from curation.review.roles import (
    Action,
    opens_to,
    require_other_eyes,
    require_publisher,
    require_role,
    widenings,
)
from curation.writing import etag_of, write_text
from indexer.history import published_history
from library.access import Guarded
from library.errors import (
    CasebookError,
    ConflictError,
    LibraryError,
    ReviewError,
    RoleError,
    StateError,
    UnknownItemError,
)
from library.items import AnyItem, BusinessCase

MAX_REASON_LENGTH = 2_000
_MAX_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of an item; its file holds it."""

    id: str
    what: Act
    path: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a decision was not taken of one item among several."""

    id: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of several items."""

    done: tuple[Decision, ...]
    refused: tuple[Refused, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"done": [asdict(one) for one in self.done], "refused": [asdict(one) for one in self.refused]}


@dataclass(frozen=True, slots=True)
class _Change:
    """What a decision does to a file, and how it is recorded."""

    what: Act
    keys: Mapping[str, str]
    approves: bool = False
    reason: str = ""


def decide_all(ids: Iterable[str], decide: Callable[[str], Decision]) -> Outcome:
    """Take a decision of each item; one that is refused does not stop the others."""
    done: list[Decision] = []
    refused: list[Refused] = []
    for item_id in dict.fromkeys(ids):
        try:
            done.append(decide(item_id))
        except StateError:
            raise
        except CasebookError as error:
            refused.append(Refused(item_id, error.message, error.hint))
    return Outcome(tuple(done), tuple(refused))


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
        _require_approvable(desk, found)
        keys = {"status": "approved", "last_verified": desk.today.isoformat()}
        return _settle(desk, found, _Change(Act.APPROVED, keys, approves=True))


def why_not_approved(desk: Desk, found: DeskItem) -> str:
    """Return why the asker cannot approve an item and who could; empty if he can. Nothing is recorded of asking."""
    try:
        require_role(desk.asker, Action.APPROVE)
        _require_approvable(desk, found)
    except (RoleError, ReviewError) as error:
        return f"{error.message} {error.hint}".strip()
    return ""


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
            raise ReviewError(f"{item_id} is {_standing(found)}, not a draft.", hint="Only drafts are submitted.")
        return _settle(desk, found, _Change(Act.SUBMITTED, {"status": "in_review"}))


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
                f"{item_id} is {_standing(found)} and cannot be returned.",
                hint="Only what is in review or approved can.",
            )
        return _settle(desk, found, _Change(Act.RETURNED, {"status": "draft"}, reason=_checked_reason(reason)))


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
                f"{item_id} is {_standing(found)}; only what is approved can be verified.",
                hint=f"Look at it with `casebook review diff {item_id}` and approve it, which verifies it too.",
            )
        change = _Change(Act.VERIFIED, {"last_verified": desk.today.isoformat()}, approves=found.is_recorded)
        return _settle(desk, found, change)


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
            raise ReviewError(f"{item_id} is archived already.", hint="There is nothing left to do.")
        reason = _checked_reason(reason)
        alone = () if confirmed else only_case_for(desk, found.item)
        if alone:
            raise ReviewError(
                f"{item_id} is the only approved case that you see for {', '.join(alone)}.",
                hint="Add --yes to archive it all the same, or approve another case for it first.",
            )
        keys = {"status": "archived", "archive_reason": reason}
        return _settle(desk, found, _Change(Act.ARCHIVED, keys, reason=reason))


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


def reassign(desk: Desk, leaver: str, successor: str) -> Outcome:
    """Name somebody else as owner and contact of all that the asker sees of one who left; authors stay.

    An approval stays one. An item whose new owner would be let in by that takes a publisher.

    Raises:
        RoleError: the asker's role does not allow it.
        ReviewError: a name is empty or no line of text.
    """
    require_role(desk.asker, Action.REASSIGN)
    old, new = _checked_name(leaver), _checked_name(successor)
    ids = [id_ for id_, found in desk.items().items() if _held_by(found.item, old)]
    return decide_all(ids, lambda item_id: _reassign_one(desk, item_id, old, new))


def _reassign_one(desk: Desk, item_id: str, old: str, new: str) -> Decision:
    with refusals_kept(desk, Action.REASSIGN, item_id):
        found = desk.item(item_id)
        keys = dict.fromkeys(_held_by(found.item, old), new)
        if "owner" in keys:
            require_publisher(desk.asker, opens_to(found.item, new))
        return _settle(desk, found, _Change(Act.REASSIGNED, keys, approves=found.is_recorded))


def _held_by(item: AnyItem, name: str) -> list[str]:
    """Return in which fields an item names somebody."""
    return [field for field in ("owner", "contact") if (getattr(item, field) or "").casefold() == name.casefold()]


@contextmanager
def refusals_kept(desk: Desk, action: Action, item_id: str) -> Iterator[None]:
    """Check the role, and put into the audit whom it, another rule or his sight keeps from an item that exists."""
    try:
        require_role(desk.asker, action)
        yield
    except (RoleError, UnknownItemError):
        if desk.find_unseen(item_id) is not None:  # what is no id may be any text
            record_refusal(desk.state, desk.asker, item_id, action.value)
        raise


def _require_approvable(desk: Desk, found: DeskItem) -> None:
    """Do nothing for an item that waits, was written by others, and shows itself to nobody new without a publisher."""
    _require_waiting(found)
    with desk.state.reading() as db:
        savers = savers_of(db, found.item.id)
    require_other_eyes(desk.asker, found.item, savers)
    require_publisher(desk.asker, widenings(approved_guard(desk, found.item.id), found.item))


def _require_waiting(found: DeskItem) -> None:
    """Do nothing for what can be approved now."""
    item_id, status = found.item.id, found.item.status
    if status == "draft":
        hint = f"Its author submits it first (`casebook review submit {item_id}`)."
        raise ReviewError(f"{item_id} is a draft.", hint=hint)
    if status == "archived":
        raise ReviewError(f"{item_id} is archived.", hint="Set its `status` to in_review in the file to bring it back.")
    if found.is_recorded and status == "approved":
        hint = f"To say that it still holds: `casebook review verify {item_id}`."
        raise ReviewError(f"{item_id} is approved as it stands.", hint=hint)


def _standing(found: DeskItem) -> str:
    return "approved in its file alone" if found.is_unapproved else found.item.status.replace("_", " ")


def approved_guard(desk: Desk, item_id: str) -> Guarded | None:
    """Return what decided who saw an item when it was approved last, on record or in what was published."""
    approval = last_approval(desk.state, item_id)
    if approval is not None:
        return approval.guard
    history = published_history(desk.settings.data_folder)
    events = [] if history is None else [event for event in history.events if event.id == item_id]
    return next((event for event in reversed(events) if event.status == "approved"), None)


def _settle(desk: Desk, found: DeskItem, change: _Change) -> Decision:
    """Write a decision into file, record and audit, and into Git where the settings say so."""
    author = committing_author(desk)
    text = set_keys(found.text, change.keys)
    review = _review_of(desk, found, change, text.encode())
    if change.what in (Act.APPROVED, Act.VERIFIED):
        _require_faultless(desk, found, text)
    root, written = desk.settings.library, False
    try:
        with desk.state.writing() as db:
            keep_review(db, review)
            write_text(found.place, text, root=root, expect=found.etag)
            written = True
    except StateError:
        if written:  # the record could not be kept, so neither is the file
            with suppress(ConflictError, LibraryError):
                write_text(found.place, found.text, root=root, expect=etag_of(text.encode()))
        raise
    if author is not None:
        commit_files([found.place], f"{review.what.value.capitalize()}: {review.item}", author, root=root)
    return Decision(review.item, review.what, found.document.path)


def _review_of(desk: Desk, found: DeskItem, change: _Change, content: bytes) -> Review:
    return Review(
        at=now_text(),
        who=name_of(desk.asker),
        what=change.what,
        item=found.item.id,
        content_hash=hashlib.sha256(content).hexdigest(),
        approves=change.approves,
        guard=Guard.of(_read_again(desk, found, content)),
        reason=change.reason,
        text=content,
    )


def committing_author(desk: Desk) -> Author | None:
    """Return in whose name to commit, once it is sure that a commit can be made; None if none is wanted."""
    if not desk.settings.commit:
        return None
    author = Author.from_user(desk.asker.user)
    check_committable(desk.settings.library)
    return author


def _read_again(desk: Desk, found: DeskItem, content: bytes) -> AnyItem:
    """Return the item as the file will hold it; raises ReviewError if it could not be served so."""
    read = desk.read(found.document.path, content)
    approved = read.document is not None and read.document.item.status == "approved"
    faults = [problem for problem in read.problems if problem.fails_check] if approved or read.document is None else []
    if read.document is None or faults:
        told = "; ".join(f"{fault.message} ({fault.remedy})" for fault in faults)
        hint = "Mend it; `casebook check` shows where."
        raise ReviewError(f"{found.item.id} cannot be served as it is: {told}.", hint=hint)
    return read.document.item


def _require_faultless(desk: Desk, found: DeskItem, text: str) -> None:
    """Do nothing for a text that the checks pass as published: no fault, and no name of the deny list."""
    targets = {target for _, target, _ in found.item.referenced()}
    entries = {target: desk.find_unseen(target) for target in targets}
    types = {target: entry.item.type for target, entry in entries.items() if entry is not None}
    report = check_text(desk.settings, found.document.path, text, checks=Checks.of(desk.settings), types=types)
    if not report.passed:
        told = "; ".join(f"{fault.message} ({fault.remedy})" for fault in report.problems if fault.fails_check)
        hint = "Mend it; `casebook check` shows where."
        raise ReviewError(f"{found.item.id} cannot be served as it is: {told}.", hint=hint)


def _checked_reason(reason: str) -> str:
    plain = " ".join(reason.split())
    if not plain or len(plain) > MAX_REASON_LENGTH:
        raise ReviewError(
            f"A reason of 1 to {MAX_REASON_LENGTH} characters is missing.",
            hint="Say in a sentence (--reason) what is wrong or why it goes; its author and later readers see it.",
        )
    return plain


def _checked_name(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > _MAX_NAME_LENGTH or not plain.isprintable():
        raise ReviewError(f"{plain!r} is no name.", hint="Write it as `owner` and `contact` do: a role or a mailbox.")
    return plain
