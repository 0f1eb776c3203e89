"""Save a draft: file, audit and, where the settings say so, a Git commit; together, or none of them.

What is saved is a draft, whatever the text says of its status: what was approved is not served any more until it is
approved again. The line in the audit stands in an open transaction while the file is written, since whoever saved an
item may not approve it. Who saves becomes an author if he could not see the item otherwise.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from curation.committing import commit_files
from curation.drafting import ID_PREFIXES
from curation.front_matter_edit import set_keys
from curation.review.approvable import approved_guard
from curation.review.audit import Act, AuditEntry, append_act, name_of
from curation.review.desk import Desk, DeskItem
from curation.review.guards import Guard
from curation.review.refusing import refusals_kept
from curation.review.roles import Action, is_allowed, require_role
from curation.review.settling import committing_author
from curation.shown_text import restored_text, shown_text
from curation.writing import etag_of, remove_file, slug, write_text
from library.access import CLOSED_CLASSES, Asker, Role, Visibility, visible
from library.documents import Document, ReadFile
from library.errors import ConflictError, LibraryError, ReviewError, RoleError, StateError
from library.items import FOLDERS, AnyItem
from library.messages import Message
from library.problems import Severity

_CASE = "business_case"
_DISTINCT = 6  # hex digits: whether a title is taken already by what the author may not see is not told


@dataclass(frozen=True, slots=True)
class DraftText:
    """A text to save: as a new item of a type, or over what is there of `item_id` when `expect` was its ETag."""

    text: str
    item_id: str = ""
    expect: str = ""
    type: str = _CASE


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """What was saved; `etag` names the text as its author reads it again, `path` is the file's in the library."""

    id: str
    title: str
    status: str
    etag: str
    path: str


def save_draft(desk: Desk, text: str, *, item_id: str = "", expect: str = "") -> SavedDraft:
    """Save a text as a draft: a new one, or over one of which the asker has read just what `expect` names.

    Raises:
        RoleError: the asker's role does not allow it, he has no name, or the item is somebody else's.
        ReviewError: the text cannot become an item.
        UnknownItemError: he does not see the item.
        ConflictError: it was changed meanwhile, or this very text was saved before.
        EditError: its front matter is broken.
        StateError: the audit cannot be written; the files are as they were.
        CommitError: it is saved, and Git or a hook of the firm's refused the commit.
    """
    saving = DraftSaving(desk, DraftText(text, item_id, expect))
    try:
        with desk.state.writing() as db:
            saved = saving.write(db)
    except StateError:
        saving.undo()
        raise
    saving.commit()
    return saved


class DraftSaving:
    """One draft on its way into the library, for who has a transaction of the state open already.

    Everything is checked when it is made; it raises what `save_draft` raises.
    """

    def __init__(self, desk: Desk, wish: DraftText) -> None:
        self._desk = desk
        self._author = committing_author(desk)
        self._found = _expected(desk, wish)
        self._document, self._text = _prepared(desk, wish, self._found)
        self._place = self._found.place if self._found else desk.settings.library / self._document.path
        self._is_written = False

    def write(self, db: sqlite3.Connection) -> SavedDraft:
        """Write the file, and its line in the audit within the transaction."""
        desk, item, content = self._desk, self._document.item, self._text.encode()
        if self._found is None and self._place.exists():
            raise ConflictError(
                Message("You saved just this text before, as %(id)s.", id=item.id),
                hint=Message("Open that draft, or change the text."),
            )
        append_act(db, AuditEntry(name_of(desk.asker), Act.SAVED, item.id, hashlib.sha256(content).hexdigest()))
        expect = self._found.etag if self._found else None
        write_text(self._place, self._text, root=desk.settings.library, expect=expect)
        self._is_written = True
        return SavedDraft(item.id, item.title, item.status, etag_of(self._shown().encode()), self._document.path)

    def undo(self) -> None:
        """Put back what was there, since the audit could not be kept; what somebody wrote meanwhile stays."""
        if not self._is_written:
            return
        root, now = self._desk.settings.library, etag_of(self._text.encode())
        with suppress(ConflictError, LibraryError):
            if self._found is None:
                remove_file(self._place, root=root, expect=now)
            else:
                write_text(self._place, self._found.text, root=root, expect=now)

    def commit(self) -> None:
        """Make the Git commit that the settings ask for; raises CommitError if it cannot be made."""
        if self._author is not None and self._is_written:
            message = f"Saved: {self._document.id}"
            commit_files([self._place], message, self._author, root=self._desk.settings.library)

    def _shown(self) -> str:
        content = self._text.encode()
        return shown_text(self._desk, DeskItem(self._place, content, self._document, "draft", is_recorded=False))


def editable(desk: Desk, item_id: str) -> DeskItem:
    """Return an item that the asker may edit.

    Raises:
        RoleError: his role does not allow it, or it is somebody else's.
        UnknownItemError: he does not see it.
    """
    with refusals_kept(desk, Action.WRITE, item_id):
        found = desk.item(item_id)
        if not may_edit(desk.asker, found.item):
            raise RoleError(
                Message("%(id)s is not yours to edit: you are neither its owner nor one of its authors.", id=item_id),
                hint=Message("Ask one of them or a curator, or write a case of your own that refers to it."),
            )
        return found


def may_edit(asker: Asker, item: AnyItem) -> bool:
    """Whether an asker may edit an item that he sees: one of his own, or any for a curator."""
    return is_allowed(asker, Action.WRITE) and (is_own(asker, item) or is_allowed(asker, Action.APPROVE))


def is_own(asker: Asker, item: AnyItem) -> bool:
    """Whether the asker is an item's owner or one of its authors."""
    guard = Guard("draft", "internal", owner=item.owner, authors=item.authors)
    return visible(Asker(asker.user), guard) is Visibility.FULL


def _expected(desk: Desk, wish: DraftText) -> DeskItem | None:
    """Return the item that is written over, if it still is what its editor has read; None for a new one."""
    require_role(desk.asker, Action.WRITE)
    if not desk.asker.user.strip():
        raise RoleError(
            Message("Nobody writes without a name: drafts belong to their authors."),
            hint=Message(
                "Sign in; on a server without sign-in the setting `server.local_author` names the one who writes."
            ),
            command="Say who you are with --user.",
        )
    if not wish.item_id:
        return None
    found = editable(desk, wish.item_id)
    if etag_of(shown_text(desk, found).encode()) != wish.expect:
        hint = "Read it again, bring your change into what is there now, and save that."
        raise ConflictError(f"{wish.item_id} was changed since you read it.", hint=hint)
    return found


def _prepared(desk: Desk, wish: DraftText, found: DeskItem | None) -> tuple[Document, str]:
    """Return the text as the file gets it, and the item that it is."""
    text = wish.text
    limit = desk.settings.max_file_kilobytes * 1000
    if len(text.encode("utf-8", "replace")) > limit:
        hint = Message("It may have %(most)s kB.", most=limit // 1000)
        raise ReviewError(Message("The text is too long for an item."), hint=hint)
    if found is None:
        text = set_keys(text, {"id": None, "type": None})
        path = f"{FOLDERS[wish.type]}/{_new_id(desk, text, wish.type)}.md"
    else:
        text, path = restored_text(desk, text, found), found.document.path
    text = set_keys(text, _decided_here(found))
    item = _read(desk, path, text).item
    if visible(desk.asker, item) is not Visibility.FULL:
        text = set_keys(text, {"authors": [*item.authors, desk.asker.user]})
    return _checked(desk, _read(desk, path, text), found), text


def _decided_here(found: DeskItem | None) -> dict[str, Any]:
    """Return what a text does not decide: it is a draft, and only who verifies says when it was verified."""
    verified = found.item.last_verified if found else None
    return {"status": "draft", "last_verified": verified.isoformat() if verified else None}


def _new_id(desk: Desk, text: str, item_type: str) -> str:
    """Return the id of a new item: of its title, and of who wrote what."""
    title = _read(desk, f"{FOLDERS[item_type]}/not-saved.md", set_keys(text, {"status": "draft"})).item.title
    told = hashlib.sha256(f"{desk.asker.user}\0{text}".encode()).hexdigest()
    return f"{ID_PREFIXES[item_type]}{slug(title) or 'new'}-{told[:_DISTINCT]}"


def _read(desk: Desk, path: str, text: str) -> Document:
    read: ReadFile = desk.read(path, text.encode())
    if read.document is None:
        blockers = [problem for problem in read.problems if problem.severity is Severity.BLOCKER]
        told = "; ".join(f"line {one.line}: {one.message} ({one.remedy})" for one in blockers)
        raise ReviewError(f"The text cannot become an item: {told}.", hint="Mend that; nothing is lost.")
    return read.document


def _checked(desk: Desk, document: Document, found: DeskItem | None) -> Document:
    """Return the item if its author will see it, under its id, and lets in nobody whom a publisher has not let in."""
    if found is not None and document.id != found.item.id:
        raise ReviewError(
            f"The text says `id: {document.id}`, and this is {found.item.id}.", hint="An id never changes: take it out."
        )
    if visible(desk.asker, document.item) is not Visibility.FULL:
        hint = Message("Say who may read it: `classification` is public, internal, confidential or restricted.")
        raise ReviewError(Message("Without a classification nobody would see it, not even you."), hint=hint)
    if found is not None:
        _require_no_new_people(desk, document.item, found)
    return document


def _require_no_new_people(desk: Desk, item: AnyItem, found: DeskItem) -> None:
    """Refuse to let people in to what was approved for few: owners and authors see a draft at once."""
    before = approved_guard(desk, item.id)
    if before is None or before.classification not in CLOSED_CLASSES or desk.asker.role is Role.PUBLISHER:
        return
    known = {found.item.owner, *found.item.authors, before.owner, *before.authors, desk.asker.user}
    if added := [name for name in (item.owner, *item.authors) if name and name not in known]:
        raise RoleError(
            Message(
                "%(people)s would see a %(class)s item by this; that takes a publisher.",
                **{"people": ", ".join(added), "class": Message(before.classification)},
            ),
            hint=Message("Ask a publisher, or take that change out."),
        )
