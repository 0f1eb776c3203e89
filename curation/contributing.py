"""The steps from notes to a draft that waits for its review, for every surface: portal, API and command line.

convert (a file or notes -> drafts) -> examine (what is wrong, missing, doubled, suggested) -> save -> submit.
Nothing before `save_draft` writes anything, and whoever has no name writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from curation.checks.checking import Checks, check_text
from curation.checks.results import CheckReport, Completeness, Duplicate, FoundName, ItemCheck
from curation.converting.drafts import Reading, read_cases, row_of
from curation.converting.sniffing import source_of
from curation.drafting import ID_PREFIXES
from curation.import_plan import ImportPlan
from curation.itemising import convert_row
from curation.review.approvable import why_not_approved
from curation.review.audit import Act, note_reading
from curation.review.decisions import only_case_for, submit
from curation.review.desk import Desk, DeskItem
from curation.review.diff import ReviewDiff, review_diff
from curation.review.refusing import refusals_kept
from curation.review.roles import Action, require_role
from curation.review.settling import Decision
from curation.saving import DraftSaving, DraftText, SavedDraft, editable, is_own, save_draft
from curation.shown_text import shown_text
from curation.suggesting.drafts import Draft
from curation.suggesting.suggestions import Suggestion, suggest
from curation.writing import etag_of, slug
from library.documents import heading_kinds
from library.errors import ChallengeError, ConflictError, ImportFileError
from library.front_matter import format_front_matter
from library.items import FOLDERS
from library.problems import Problem
from library.settings import known_codes
from search.view import View

__all__ = [
    "ConvertedDraft",
    "DraftFile",
    "DraftSaving",
    "DraftText",
    "Examination",
    "OwnDraft",
    "ReviewPage",
    "SavedDraft",
    "convert_upload",
    "examine_text",
    "own_drafts",
    "read_draft",
    "require_as_read",
    "review_page",
    "save_draft",
    "submit_draft",
]

CASE = "business_case"
_OPEN = ("draft", "in_review")


@dataclass(frozen=True, slots=True)
class ConvertedDraft:
    """A case of a file as a whole Markdown file; what was recognised, and what a case should say and it does not."""

    title: str
    text: str
    recognised: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Examination:
    """What can be told of a text; without an index no near-duplicates are looked for and nothing is suggested."""

    report: CheckReport
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with it, with what to do about each."""
        return self.report.problems

    @property
    def completeness(self) -> Completeness | None:
        """How complete it is and what to add next; None for a text that is no item yet."""
        return self._item.completeness if self._item else None

    @property
    def duplicates(self) -> tuple[Duplicate, ...]:
        """Cases that tell nearly the same."""
        return self._item.duplicates if self._item else ()

    @property
    def names(self) -> tuple[FoundName, ...]:
        """Names of accounts and people that stand in it."""
        return self._item.names if self._item else ()

    @property
    def _item(self) -> ItemCheck | None:
        return next(iter(self.report.items), None)


@dataclass(frozen=True, slots=True)
class DraftFile:
    """An item's file as its asker may edit it; `etag` names just this text."""

    id: str
    title: str
    status: str
    text: str

    @property
    def etag(self) -> str:
        """The entity tag of the text."""
        return etag_of(self.text.encode())


@dataclass(frozen=True, slots=True)
class OwnDraft:
    """A draft of one's own, and why it came back, if it did."""

    id: str
    title: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """What one looks at before one decides on an item.

    `obstacle` is why the asker cannot approve it, empty if he can; `only_case_for` are the kinds of challenges for
    which he sees no other approved case.
    """

    id: str
    title: str
    status: str
    text: str
    diff: ReviewDiff
    examination: Examination
    obstacle: str
    only_case_for: tuple[str, ...]

    @property
    def etag(self) -> str:
        """The entity tag of the text."""
        return etag_of(self.text.encode())


def convert_upload(desk: Desk, name: str, content: bytes, *, classification: str = "internal") -> list[ConvertedDraft]:
    """Return the cases that a file tells as drafts; pasted notes are a file `notes.txt`.

    Raises:
        RoleError: the asker's role does not allow it.
        ImportFileError: it cannot be read, is empty, too large, encrypted, damaged, or of another kind.
    """
    require_role(desk.asker, Action.WRITE)
    source = source_of(name, content)
    reading = Reading(heading_kinds(desk.settings.headings), known_codes(desk.settings))
    # What is read of a file has its section on value, and the figures in it apart from that.
    plan = ImportPlan(mapping={"value": "figures"}, classification=classification, today=desk.today)
    drafts = []
    for case in read_cases(source, reading):
        try:
            item = convert_row({**row_of(case), "id": f"{ID_PREFIXES[CASE]}{slug(case.title) or 'new'}"}, plan)
        except ValueError as error:
            raise ImportFileError(f"{case.title}: {error}.", hint="Mend it, or paste its text.") from error
        text = f"{format_front_matter(dict(item.front))}\n{item.body}"
        drafts.append(ConvertedDraft(case.title, text, case.recognised, case.missing))
    return drafts


def examine_text(
    desk: Desk, text: str, *, view: View | None = None, item_id: str = "", item_type: str = CASE
) -> Examination:
    """Return what is wrong with a text that is not saved, what it lacks, and what it could link to.

    `view` is what the same asker sees of the index; `item_id` names the item that the text is to replace, `item_type`
    says what it is to become otherwise. It is for
    those alone who write: whether a name is one of an account is no answer for everybody.

    Raises:
        RoleError: the asker's role does not allow it.
        UnknownItemError: he does not see the item.
        SettingsError: the deny list cannot be used.
    """
    require_role(desk.asker, Action.WRITE)
    path = desk.item(item_id).document.path if item_id else f"{FOLDERS[item_type]}/not-saved.md"
    types = {} if view is None else {record.id: record.type for record in view.records.values()}
    report = check_text(desk.settings, path, text, checks=Checks.of(desk.settings, view), types=types)
    return Examination(report, _suggested(desk, text, path, view))


def read_draft(desk: Desk, item_id: str) -> DraftFile:
    """Return an item's file for whoever may edit it: its owner and authors, or a curator who sees it.

    Raises:
        RoleError: the asker's role does not allow it, or it is somebody else's.
        UnknownItemError: he does not see it.
        EditError: it holds what he may not see and that cannot be left out.
    """
    found = editable(desk, item_id)
    note_reading(desk.state, desk.asker, found.item)
    return DraftFile(found.item.id, found.item.title, found.item.status, shown_text(desk, found))


def own_drafts(desk: Desk) -> list[OwnDraft]:
    """Return the asker's own items that are not published yet, by id.

    Raises:
        RoleError: the asker's role does not allow it.
    """
    require_role(desk.asker, Action.WRITE)
    found = [one for one in desk.items().values() if one.item.status in _OPEN and is_own(desk.asker, one.item)]
    return [OwnDraft(one.item.id, one.item.title, one.item.status, _returned_because(desk, one)) for one in found]


def submit_draft(desk: Desk, item_id: str) -> Decision:
    """Hand a draft in for review.

    Raises:
        RoleError: the asker's role does not allow it.
        ReviewError: it is no draft.
        UnknownItemError: the asker does not see it.
    """
    return submit(desk, item_id)


def review_page(desk: Desk, item_id: str, *, view: View | None = None) -> ReviewPage:
    """Return what one looks at before one decides on an item.

    Raises:
        RoleError: the asker is neither contributor, curator nor publisher.
        UnknownItemError: he does not see it.
    """
    diff = review_diff(desk, item_id)
    found = desk.item(item_id)
    note_reading(desk.state, desk.asker, found.item)
    text = shown_text(desk, found)
    return ReviewPage(
        id=found.item.id,
        title=found.item.title,
        status=found.item.status,
        text=text,
        diff=diff,
        examination=examine_text(desk, text, view=view, item_id=item_id),
        obstacle=why_not_approved(desk, found),
        only_case_for=only_case_for(desk, found.item),
    )


def require_as_read(desk: Desk, item_id: str, action: Action, expect: str) -> None:
    """Do nothing if an item still says what its asker has read of it, when `expect` was its entity tag.

    The desk reads a file once: what is decided at it afterwards is decided on just this.

    Raises:
        RoleError: the asker's role does not allow the action.
        UnknownItemError: he does not see the item.
        ConflictError: it says something else now.
    """
    with refusals_kept(desk, action, item_id):
        found = desk.item(item_id)
    if etag_of(shown_text(desk, found).encode()) != expect:
        raise ConflictError(f"{item_id} was changed since you read it.", hint="Look at it again, then decide.")


def _suggested(desk: Desk, text: str, path: str, view: View | None) -> tuple[Suggestion, ...]:
    if view is None:
        return ()
    try:
        draft = Draft.from_text(text, path=path)
        return tuple(suggest(view, draft, codes=known_codes(desk.settings), language=desk.settings.language))
    except ChallengeError:  # another item than a case, or nothing to go by
        return ()


def _returned_because(desk: Desk, found: DeskItem) -> str:
    review = desk.reviews.get(found.item.id)
    return review.reason if review is not None and review.what is Act.RETURNED else ""
