"""Writing a case: notes or a file become a draft in sections, which is checked, saved and handed in for review.

The form holds everything: nothing that was typed is kept here before it is saved, and whatever goes wrong, the page
that comes back has all of it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.portal.draft_form import DraftForm, differences, pack, unpack
from api.portal.draft_page import DraftFindings, find_in
from api.portal.pages import NOT_KEPT, render
from api.portal.refusals import is_kept, shown
from api.portal.signin import Guest, is_let_in, limit_address
from api.portal.uploads import Upload, Uploaded
from api.portal.visits import Form, Visit, Visitor, is_own_form
from curation.contributing import ConvertedDraft, convert_upload, own_drafts, read_draft, submit_draft
from curation.outlining import Outline, read_outline
from curation.review.audit import Act
from curation.review.roles import Action, is_allowed
from curation.saving import save_draft
from library.documents import heading_kinds
from library.errors import CasebookError, CommitError, ConflictError, ImportFileError, StateError
from library.messages import Message

router = APIRouter()
_NOTES = "notes.txt"
_UNTITLED = "A case"
_CLASSES = ("public", "internal", "confidential", "restricted")
_OUTCOMES = ("success", "partial", "unsuccessful", "ongoing")
_WRITTEN_IN = ("en", "de", "fr")
Done = Annotated[Literal["", "saved", "submitted"], Query()]


@router.get("/contribute")
def start(visit: Visitor, done: Done = "") -> Response:
    """Ask for notes or a file, and list the visitor's drafts; whoever may not write is told how one does."""
    return _start(visit, done=done)


@router.get("/contribute/{item_id}")
async def edit(visit: Visitor, item_id: str, done: Done = "") -> Response:
    """Show a draft in sections with what was found in it."""
    if not may_write(visit):
        return _start(visit)
    found = read_draft(visit.desk(), item_id)
    draft = DraftForm.from_text(found.text, _headings(visit), item_id=item_id, etag=found.etag)
    return await _draft(visit, draft, found.text, done=done, state=found.status)


@router.post("/contribute")
async def begin(guest: Guest, upload: Uploaded) -> Response:
    """Make a draft of notes or a file, or go on with one that has not been saved yet."""
    return await _receive(guest, upload, "")


@router.post("/contribute/{item_id}")
async def go_on(guest: Guest, upload: Uploaded, item_id: str) -> Response:
    """Check, save or hand in a draft that has been saved before."""
    return await _receive(guest, upload, item_id)


def may_write(visit: Visit) -> bool:
    """Whether a visitor's role lets him write."""
    return is_allowed(visit.asker, Action.WRITE)


async def _receive(guest: Visit, upload: Upload, item_id: str) -> Response:
    form = upload.form
    draft = DraftForm.from_form(form, item_id=item_id)
    if not is_let_in(guest):
        limit_address(guest)
    if not is_let_in(guest) or not is_own_form(guest, form):
        return _refused(guest, draft, form, "session")
    if not may_write(guest):
        return _refused(guest, draft, form, "role")
    try:
        return await _done(guest, upload, draft)
    except StateError:
        raise
    except CasebookError as error:
        return _refused(guest, draft, form, error)


async def _done(visit: Visit, upload: Upload, draft: DraftForm) -> Response:
    form = upload.form
    match form.get("do"):
        case "read":
            return await _read(visit, upload, draft)
        case "open":
            return await _open(visit, form.get("cases"), form.get("which"))
        case "save_all":
            return _save_all(visit, unpack(form.get("cases")))
        case "save" | "submit" as do:
            return await _save(visit, draft, hand_in=do == "submit")
        case _:
            return await _draft(visit, draft, _text(visit, draft))


def _refused(guest: Visit, draft: DraftForm, form: Form, why: str | CasebookError) -> Response:
    """Give back all that was typed: it may not be sent, or not now, or something is wrong with it."""
    told: dict[str, Any] = (
        {"problem": why, "status": 403} if isinstance(why, str) else {"error": shown(why), "status": 422}
    )
    match form.get("do"):
        case "open" | "save_all" if why != "role":
            return _choose(guest, unpack(form.get("cases")), **told)
        case "read" | "open" | "save_all":
            return _start(guest, notes=draft.notes, title=draft.outline.title, **told)
        case _:
            return _page(guest, draft, **told)


async def _read(visit: Visit, upload: Upload, draft: DraftForm) -> Response:
    """Read a file, and notes with it; several cases of a file are listed to choose from."""
    desk, notes = visit.desk(), draft.notes
    classification = draft.outline.fields.get("classification") or "internal"

    def convert(name: str, content: bytes) -> list[ConvertedDraft]:
        return convert_upload(desk, name, content, classification=classification)

    if not upload.has_file and not notes:
        return await _empty(visit, draft)
    name, content = (upload.name, upload.content) if upload.has_file else (_NOTES, notes.encode())
    if len(content) > _most_bytes(visit):
        message = Message("%(file)s has more than %(mb)s MB.", file=name, mb=_most_bytes(visit) // 1_000_000)
        raise ImportFileError(message, hint=Message("Save it without pictures, or paste its text."))
    found = await visit.services.searches.run(lambda: convert(name, content))
    if len(found) > 1:
        return _choose(visit, [one.text for one in found])
    made = DraftForm.from_text(found[0].text, _headings(visit))
    if not upload.has_file and made.outline.title == Path(_NOTES).stem:  # notes without a title of their own
        made = made.with_title("")
    made = _with_own(visit, made, title=draft.outline.title, further=notes if upload.has_file else "")
    return await _draft(visit, made, _text(visit, made), state="new")


def _choose(visit: Visit, texts: list[str], **told: Any) -> Response:
    """List the cases of a file, to go on with one of them or to save all."""
    outlines = [read_outline(text, _headings(visit)) for text in texts]
    values = {"problem": "", "error": None, "here": "/contribute", **told}
    return render(visit, "contribute_cases.html", headers=NOT_KEPT, cases=outlines, packed=pack(texts), **values)


async def _empty(visit: Visit, draft: DraftForm) -> Response:
    """Begin with empty sections."""
    fields = {**draft.outline.fields, "classification": draft.outline.fields.get("classification") or "internal"}
    made = DraftForm(Outline({**fields, "language": visit.language}, {}, "", draft.outline.links))
    return _page(visit, _with_own(visit, made), state="new")


async def _open(visit: Visit, packed: str, which: str) -> Response:
    """Go on with one case of several."""
    texts = unpack(packed)
    number = int(which) if which.isdecimal() and len(which) < 5 else 0  # noqa: PLR2004
    if number >= len(texts):
        return _start(visit, status=422)
    made = _with_own(visit, DraftForm.from_text(texts[number], _headings(visit)))
    return await _draft(visit, made, _text(visit, made), state="new")


def _save_all(visit: Visit, texts: list[str]) -> Response:
    """Save all cases of a file; what was saved before, perhaps before something went wrong, is not saved twice."""
    try:
        for text in texts:
            made = _with_own(visit, DraftForm.from_text(text, _headings(visit)))
            with suppress(ConflictError):
                save_draft(visit.desk(), _text(visit, made))
    finally:
        visit.services.publisher.request()
    return visit.redirect("/contribute?done=saved")


async def _save(visit: Visit, draft: DraftForm, *, hand_in: bool) -> Response:
    if not draft.outline.title:
        return await _draft(visit, draft, _text(visit, draft), problem="title", status=422)
    before = read_draft(visit.desk(), draft.item_id) if draft.item_id else None
    if before is not None and before.etag != draft.etag:
        return await _conflict(visit, draft)
    text = draft.text(before.text if before else "", _headings(visit))
    try:
        saved = save_draft(visit.desk(), text, item_id=draft.item_id, expect=before.etag if before else "")
    except ConflictError as conflict:
        known = _conflict(visit, draft) if draft.item_id else _draft(visit, draft, text, error=conflict, status=409)
        return await known
    except CommitError as error:
        if not is_kept(error):
            raise
        visit.services.publisher.request()
        return await _again(visit, draft.item_id, error) if draft.item_id else _start(visit, error=error, status=422)
    visit.services.publisher.request()
    if hand_in:
        try:
            submit_draft(visit.desk(), saved.id)
        except StateError:
            raise
        except CasebookError as error:
            return await _again(visit, saved.id, shown(error))
        visit.services.publisher.request()
    return visit.redirect(f"/contribute/{saved.id}?done={'submitted' if hand_in else 'saved'}")


async def _again(visit: Visit, item_id: str, error: CasebookError) -> Response:
    """Show a draft as it was saved, with what went wrong after that."""
    found = read_draft(visit.desk(), item_id)
    draft = DraftForm.from_text(found.text, _headings(visit), item_id=found.id, etag=found.etag)
    return await _draft(visit, draft, found.text, error=error, status=422, state=found.status)


async def _conflict(visit: Visit, draft: DraftForm) -> Response:
    """Show what somebody else has saved meanwhile beside what was typed; saving once more is then a decision."""
    found = read_draft(visit.desk(), draft.item_id)
    others = differences(draft.outline, read_outline(found.text, _headings(visit)))
    told = {"problem": "conflict", "others": others, "status": 409, "state": found.status}
    return await _draft(visit, draft.with_etag(found.etag), _text(visit, draft), **told)


def _text(visit: Visit, draft: DraftForm) -> str:
    """Return the file that a form would become."""
    before = read_draft(visit.desk(), draft.item_id).text if draft.item_id else ""
    return draft.text(before, _headings(visit))


def _with_own(visit: Visit, draft: DraftForm, *, title: str = "", further: str = "") -> DraftForm:
    """Return a new draft with its author as the one to ask, under the title that was given."""
    known = draft.outline
    user = visit.asker.user
    fields = {
        **known.fields,
        "title": title or known.title,
        "owner": known.fields.get("owner") or user,
        "contact": known.fields.get("contact") or user,
    }
    more = "\n\n".join(part for part in (known.further, further) if part)
    return DraftForm(Outline(fields, known.sections, more, known.links), draft.base, draft.item_id, draft.etag)


def _most_bytes(visit: Visit) -> int:
    return visit.services.settings.server.max_upload_kilobytes * 1_000


def _headings(visit: Visit) -> Any:
    return heading_kinds(visit.services.settings.headings)


async def _draft(visit: Visit, draft: DraftForm, text: str, **values: Any) -> Response:
    """Show a draft with all that is found in its text, and why it came back if it did."""
    if not draft.outline.title:  # without one it is no item, and nothing could be told of the rest
        text = _text(visit, draft.with_title(_UNTITLED))
    found = await visit.services.searches.run(lambda: find_in(visit, draft, text))
    last = visit.desk().reviews.get(draft.item_id)
    came_back = last.reason if last is not None and last.what is Act.RETURNED else ""
    return _page(visit, draft, found=found, came_back=came_back, **values)


def _page(
    visit: Visit,
    draft: DraftForm,
    *,
    found: DraftFindings | None = None,
    status: int = 200,
    **values: Any,
) -> Response:
    told: dict[str, Any] = {
        "problem": "",
        "error": None,
        "others": [],
        "done": "",
        "state": "",
        "came_back": "",
        **values,
    }
    told["is_unsaved"] = visit.request.method == "POST"
    told |= {"classes": _CLASSES, "outcomes": _OUTCOMES, "written_in": _WRITTEN_IN}
    told["here"] = f"/contribute/{draft.item_id}" if draft.item_id else "/contribute"
    found = found or DraftFindings.of_links(visit, draft, is_let_in=is_let_in(visit))
    return render(visit, "contribute_draft.html", status=status, headers=NOT_KEPT, draft=draft, found=found, **told)


def _start(visit: Visit, *, status: int = 200, **values: Any) -> Response:
    if is_let_in(visit) and not may_write(visit) and values.get("problem", "") in ("", "role"):
        return render(visit, "contribute_how.html", status=status, headers=NOT_KEPT, notes=values.get("notes", ""))
    drafts = own_drafts(visit.desk()) if may_write(visit) else []
    told = {"problem": "", "error": None, "notes": "", "title": "", "done": "", "here": "/contribute", **values}
    told["most_bytes"] = _most_bytes(visit)
    return render(visit, "contribute.html", status=status, headers=NOT_KEPT, drafts=drafts, classes=_CLASSES, **told)
