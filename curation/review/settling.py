"""Write a decision: the file, the record, the audit and, where the settings say so, Git; together or none of them.

The record stands in an open transaction while the file is written, and is committed after it. So a state that cannot
be written leaves the file alone, a file that somebody changed meanwhile leaves no record, and whoever dies between the
two leaves a file without an approval on record: where approvals are recorded it is not served as approved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from curation.checks.checking import Checks, check_text
from curation.committing import Author, check_committable, commit_files
from curation.front_matter_edit import set_keys
from curation.review.approvals import Review, keep_review
from curation.review.audit import Act, AuditEntry, append_act, name_of, now_text
from curation.review.desk import Desk, DeskItem
from curation.review.guards import Guard
from curation.writing import etag_of, write_text
from library.errors import ConflictError, LibraryError, ReviewError, StateError
from library.items import AnyItem
from library.messages import Message, joined
from library.problems import Problem

_FAULT = "%(message)s (%(remedy)s)"
_CHECK = "`casebook check` shows where."


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of an item; its file holds it."""

    id: str
    what: Act
    path: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a decision does to a file, and how it is recorded; `saves`: as an edit by whoever decides, too."""

    what: Act
    keys: Mapping[str, str]
    approves: bool = False
    reason: str = ""
    saves: bool = False


def settle(desk: Desk, found: DeskItem, change: Change) -> Decision:
    """Write a decision into file, record and audit, and into Git where the settings say so."""
    author = committing_author(desk)
    text = set_keys(found.text, change.keys)
    review = _review_of(desk, found, change, text.encode())
    if change.what in (Act.APPROVED, Act.VERIFIED):
        _require_faultless(desk, found, text)
    root, written = desk.settings.library, False
    try:
        with desk.state.writing() as db:
            if change.saves:
                append_act(db, AuditEntry(review.who, Act.SAVED, review.item, review.content_hash), at=review.at)
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


def _review_of(desk: Desk, found: DeskItem, change: Change, content: bytes) -> Review:
    item = _read_again(desk, found, content)
    return Review(
        at=now_text(),
        who=name_of(desk.asker),
        what=change.what,
        item=found.item.id,
        content_hash=hashlib.sha256(content).hexdigest(),
        approves=change.approves,
        guard=Guard.of(item, type_name=item.type),
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
        raise _unservable(found, faults)
    return read.document.item


def _require_faultless(desk: Desk, found: DeskItem, text: str) -> None:
    """Do nothing for a text that the checks pass as published: no fault, and no name of the deny list."""
    targets = {target for _, target, _ in found.item.referenced()}
    entries = {target: desk.find_unseen(target) for target in targets}
    types = {target: entry.item.type for target, entry in entries.items() if entry is not None}
    report = check_text(desk.settings, found.document.path, text, checks=Checks.of(desk.settings), types=types)
    if not report.passed:
        raise _unservable(found, [fault for fault in report.problems if fault.fails_check])


def _unservable(found: DeskItem, faults: Sequence[Problem]) -> ReviewError:
    different = dict.fromkeys((fault.message, fault.remedy) for fault in faults)
    told = joined((Message(_FAULT, message=message, remedy=remedy) for message, remedy in different), "; ")
    message = Message("%(id)s cannot be served as it is: %(faults)s.", id=found.item.id, faults=told)
    return ReviewError(message, hint=Message("Mend it, then decide."), command=_CHECK)
