"""Change the vocabulary at the desk: planned from what one asker sees, shown first, and then carried out as shown.

Files that he does not see follow a renaming too, and no plan tells of them. What a file brings waits for its approval
by somebody else; what only follows a renaming stays approved.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from curation.changing import Change, apply_changes
from curation.committing import commit_files
from curation.guarding import SeenFiles, guard_update
from curation.review.approvals import Review, keep_review
from curation.review.audit import Act, AuditEntry, append_act, name_of, now_text
from curation.review.desk import Desk, DeskItem
from curation.review.guards import Guard
from curation.review.refusing import refusals_kept
from curation.review.roles import Action, require_publisher, require_role, widenings
from curation.review.settling import committing_author
from curation.shown_text import shown_text
from curation.vocabulary.pages import CONCEPT_TYPES, IncomingVocabulary
from curation.vocabulary.plans import RenamePlan, UpdateOptions
from curation.vocabulary.renaming import plan_merge, plan_rename
from curation.vocabulary.updating import plan_update
from curation.writing import etag_of
from library.documents import Document
from library.errors import (
    ConflictError,
    EditError,
    LibraryError,
    ReviewError,
    StateError,
    UnknownItemError,
    VocabularyError,
)


@dataclass(frozen=True, slots=True)
class VocabularyPlan:
    """What would change of all that the asker sees; `etag` names just this, for the library as it is now.

    `created`, `updated` (with the fields that change) and `following` (whose references follow) are ids; `waiting`
    are approved pages that would wait for their approval; `missing` are pages that the file does not tell of, which
    stay; `problems` are concepts that were left out.
    """

    created: tuple[str, ...] = ()
    updated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    following: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unchanged: int = 0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    etag: str = ""


@dataclass(frozen=True, slots=True)
class _Work:
    """What carries a plan out: the changes of all files, seen or not, and how the audit and Git call them.

    `archived` is the path of a page that goes out of service by it, `renamed` the id that a page had before.
    """

    act: Act
    message: str
    changes: Callable[[], tuple[Change, ...]]
    archived: str = ""
    renamed: str = ""


class VocabularyDesk:
    """What one asker may do with the vocabulary; made for one request.

    Every method returns its plan, and carries it out if `expect` is given and names it. They raise:

        RoleError: his role does not allow it, or it takes a publisher.
        UnknownItemError: he sees no such concept.
        VocabularyError, ReviewError, EditError: it cannot be changed so.
        ConflictError: `expect` names another plan, or files were changed meanwhile; nothing was changed.
        StateError: the audit cannot be written; the files are as they were.
        CommitError: it is changed, and Git or a hook of the firm's refused the commit.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._root = desk.settings.library
        self._seen = SeenFiles(desk)

    def take(self, vocabulary: IncomingVocabulary, options: UpdateOptions, *, expect: str = "") -> VocabularyPlan:
        """Take a file's concepts into their pages; what is new is a draft, and no page is removed."""
        require_role(self._desk.asker, Action.CHANGE_VOCABULARY)
        found = plan_update(self._root, vocabulary, replace(options, delete=False), only=self._seen)
        update = guard_update(self._desk, self._seen, found)
        plan = VocabularyPlan(
            created=update.created,
            updated=update.updated,
            waiting=update.waiting,
            missing=found.missing,
            unchanged=found.unchanged + len(found.updated) - len(update.updated),
            problems=update.problems,
            notes=update.notes,
        )
        work = _Work(Act.SAVED, "Import a vocabulary", lambda: update.changes)
        return self._settle(self._named(plan, update.changes), work, expect)

    def rename(self, old: str, new: str, *, expect: str = "") -> VocabularyPlan:
        """Give an approved concept another id; every file that uses it follows."""
        self._approved(old)  # who wrote a draft, and may not approve it, is known by the draft's id
        found = plan_rename(self._root, old, new, only=self._seen)
        work = _Work(
            Act.RENAMED, f"Rename {old} to {new}", lambda: plan_rename(self._root, old, new).changes, renamed=old
        )
        return self._settle(self._following(found, {old, new}), work, expect)

    def merge(self, old: str, into: str, *, expect: str = "") -> VocabularyPlan:
        """Make one concept of two approved ones; the first is archived, and every file that uses it follows."""
        gone, kept = self._approved(old), self._approved(into)
        require_publisher(self._desk.asker, widenings(gone.item, kept.item))
        found = plan_merge(self._root, old, into, only=self._seen)
        work = _Work(
            Act.RENAMED,
            f"Merge {old} into {into}",
            lambda: plan_merge(self._root, old, into).changes,
            archived=gone.document.path,
        )
        return self._settle(self._following(found, {old, into}), work, expect)

    def _approved(self, item_id: str) -> DeskItem:
        """Return an approved concept that the asker sees."""
        with refusals_kept(self._desk, Action.CHANGE_VOCABULARY, item_id):
            found = self._desk.item(item_id)
            if found.item.type not in CONCEPT_TYPES:
                raise UnknownItemError(f"There is no concept {item_id!r}.")
            if not self._desk.is_approved(found):
                raise ReviewError(f"{item_id} is not approved.", hint="Have it approved first, or archive it.")
            return found

    def _following(self, found: RenamePlan, named: set[str]) -> VocabularyPlan:
        """Return the plan of a renaming: which items follow, beside those that it is about."""
        items = {one.item.id for path in found.files if (one := self._seen.item(path)) is not None}
        return self._named(VocabularyPlan(following=tuple(sorted(items - named)), notes=found.notes), found.changes)

    def _named(self, plan: VocabularyPlan, changes: tuple[Change, ...]) -> VocabularyPlan:
        """Return a plan with its entity tag: of what it tells, and of what the asker reads of the files it changes."""
        files = sorted((change.path, self._read(change.path)) for change in changes if change.path in self._seen)
        told = [plan.created, plan.updated, plan.following, plan.waiting, plan.problems, files]
        return replace(plan, etag=etag_of(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()))

    def _read(self, path: str) -> str:
        found = self._seen.item(path)
        try:
            return etag_of(shown_text(self._desk, found).encode()) if found else ""
        except EditError:  # something in it cannot be left out
            return ""

    def _settle(self, plan: VocabularyPlan, work: _Work, expect: str) -> VocabularyPlan:
        if not expect:
            return plan
        if expect != plan.etag:
            raise ConflictError("The library is not what this plan was made for.", hint="Look at it as it is now.")
        changes = self._possible(work)
        author = committing_author(self._desk)
        is_applied = False
        try:
            with self._desk.state.writing() as db:
                before = {change.path: self._text(change.path) for change in changes}
                for change in changes:
                    self._record(db, work, change)
                apply_changes(self._root, changes)
                is_applied = True
        except StateError:
            if is_applied:  # the record could not be kept, so neither are the files
                with suppress(ConflictError, LibraryError):
                    apply_changes(self._root, [_undone(change, before[change.path]) for change in changes])
            raise
        if author is not None and changes:
            commit_files([self._root / change.path for change in changes], work.message, author, root=self._root)
        return plan

    def _possible(self, work: _Work) -> tuple[Change, ...]:
        """Return the changes of all files; what the asker does not see and what stands in the way is told alike."""
        hint = "Look at the plan as it is now, or choose another id."
        try:
            changes = work.changes()
        except (VocabularyError, EditError, UnknownItemError) as error:
            raise ConflictError("Something in the library stands in the way of this.", hint=hint) from error
        for change in changes:
            document = self._document(change)
            if change.before is None and document is not None and self._desk.find_unseen(document.id) is not None:
                raise ConflictError("Something in the library stands in the way of this.", hint=hint)
        return changes

    def _record(self, db: sqlite3.Connection, work: _Work, change: Change) -> None:
        """Append what becomes of a file: whatever follows a renaming and was approved on record still is."""
        document = self._document(change)
        if document is None or change.text is None:
            return
        content = change.text.encode()
        act = Act.ARCHIVED if change.path == work.archived else work.act
        before = self._desk.find_unseen(document.id) or self._desk.find_unseen(work.renamed)
        is_kept = act is Act.RENAMED and before is not None and before.is_recorded
        hashed = hashlib.sha256(content).hexdigest()
        who, item = name_of(self._desk.asker), document.item
        if is_kept or act is Act.ARCHIVED:
            reason = work.message if act is Act.ARCHIVED else ""
            review = Review(
                now_text(), who, act, item.id, hashed, is_kept, Guard.of(item, type_name=item.type), reason, content
            )
            keep_review(db, review)
        else:
            append_act(db, AuditEntry(who, act, item.id, hashed))

    def _document(self, change: Change) -> Document | None:
        return self._desk.read(change.path, change.text.encode()).document if change.text is not None else None

    def _text(self, path: str) -> str | None:
        place = self._root / path
        return place.read_bytes().decode() if place.exists() else None


def _undone(change: Change, before: str | None) -> Change:
    after = None if change.text is None else etag_of(change.text.encode())
    return Change(change.path, after, before)
