"""Reviewing: what waits, what changed of it, and the decisions that whoever looks at it may take."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.portal.draft_form import DraftForm
from api.portal.draft_page import findings_of, names_of_kinds, view_of_writer
from api.portal.pages import NOT_KEPT, render
from api.portal.refusals import is_kept, shown
from api.portal.review_page import Tab, entries_of, shown_parts
from api.portal.rich_text import WebAddresses, rich_text
from api.portal.visits import Form, Posted, Visit, Visitor
from api.requests.problems import ProblemError
from curation.contributing import review_page
from curation.outlining import front_matter_of
from curation.review.decisions import approve, archive, send_back, verify
from curation.review.desk import Desk
from curation.review.roles import Action, is_allowed
from curation.review.settling import Decision
from curation.review.several import Outcome, decide_all, reassign
from curation.shown_text import shown_text
from curation.writing import etag_of
from library.documents import heading_kinds
from library.errors import CasebookError, StateError, UnknownItemError

router = APIRouter()
Done = Annotated[Literal["", "approved", "returned", "verified", "archived"], Query()]
Of = Annotated[str, Query(max_length=200)]


@router.get("/review")
def queue(visit: Visitor, tab: Tab = Tab.WAITING, owner: Of = "", done: Done = "", item: Of = "") -> Response:
    """List what waits, and tell what was just decided."""
    return _queue(visit, tab, owner=owner, done=done, item=item)


@router.post("/review")
def decide_several(visit: Visitor, form: Posted) -> Response:
    """Verify several items at once, or hand all items of one who left to somebody else."""
    do, desk = form.get("do"), visit.desk()
    error: CasebookError | None = None
    outcome: Outcome | None = None
    try:
        if do == "verify":
            outcome = decide_all(form.all("item"), partial(verify, desk))
        elif do == "reassign":
            outcome = reassign(desk, form.get("leaver"), form.get("successor"))
        else:
            raise ProblemError("bad-request")
    except StateError:
        raise
    except CasebookError as refused:
        error = shown(refused)
    if outcome and outcome.done:
        visit.services.publisher.request()
    tab = Tab.OVERDUE if do == "verify" else Tab.USE
    names = {"leaver": form.get("leaver"), "successor": form.get("successor")}
    return _queue(visit, tab, outcome=outcome, error=error, names=names, status=422 if error else 200)


@router.get("/review/{item_id}")
async def look(visit: Visitor, item_id: str) -> Response:
    """Show an item with what changed of it, what was found in it, and who may decide."""
    return await _item(visit, item_id)


@router.post("/review/{item_id}")
async def decide(visit: Visitor, form: Posted, item_id: str) -> Response:
    """Take a decision on just the text that was looked at."""
    desk, do = visit.desk(), form.get("do")
    decision = _decision(form)
    if decision is None:
        raise ProblemError("bad-request")
    try:
        if _etag(desk, item_id) != form.get("etag"):
            return await _item(visit, item_id, form=form, problem="changed", status=409)
        decided = await visit.services.searches.run(lambda: decision(desk, item_id))
    except (StateError, UnknownItemError):
        raise
    except CasebookError as error:
        if is_kept(error):
            visit.services.publisher.request()
        return await _item(visit, item_id, form=form, error=shown(error), problem=do, status=422)
    visit.services.publisher.request()
    return visit.redirect(f"/review?done={decided.what.value}&item={item_id}")


def _decision(form: Form) -> Callable[[Desk, str], Decision] | None:
    reason = form.get("reason")
    known: dict[str, Callable[[Desk, str], Decision]] = {
        "approve": approve,
        "verify": verify,
        "return": partial(_send_back, reason=reason),
        "archive": partial(archive, reason=reason, confirmed=bool(form.get("confirmed"))),
    }
    return known.get(form.get("do"))


def _etag(desk: Desk, item_id: str) -> str:
    """Return the entity tag of what whoever decides was shown: that of the file tells of what was left out."""
    return etag_of(shown_text(desk, desk.item(item_id)).encode())


def _send_back(desk: Desk, item_id: str, reason: str) -> Decision:
    return send_back(desk, item_id, reason)


def _queue(visit: Visit, tab: Tab, *, owner: str = "", item: str = "", status: int = 200, **values: Any) -> Response:
    if not is_allowed(visit.asker, Action.SEE_QUEUE):
        return render(visit, "review_how.html", headers=NOT_KEPT)
    desk = visit.desk()
    entries = entries_of(desk, owner=owner)
    told = {"here": f"/review?tab={tab}", "done": "", "outcome": None, "error": None, "names": {}, **values}
    decided = desk.item(item).item if item and desk.sees(item) else None
    return render(
        visit,
        "review.html",
        status=status,
        headers=NOT_KEPT,
        tab=tab,
        tabs={one: [entry for entry in entries if one.takes(entry)] for one in Tab},
        owner=owner,
        decided=decided,
        is_served=decided is not None and decided.id in view_of_writer(visit).by_id,
        publishing=visit.services.publisher.state(),
        may_decide=is_allowed(visit.asker, Action.VERIFY),
        **told,
    )


async def _item(visit: Visit, item_id: str, *, form: Form | None = None, status: int = 200, **values: Any) -> Response:
    desk = visit.desk()
    view = view_of_writer(visit)
    page = await visit.services.searches.run(lambda: review_page(desk, item_id, view=view))
    found = desk.item(item_id)
    draft = DraftForm.from_text(page.text, heading_kinds(desk.settings.headings), item_id=item_id)
    body = page.text.removeprefix(front_matter_of(page.text).rstrip())
    return render(
        visit,
        "review_item.html",
        status=status,
        headers=NOT_KEPT,
        page=page,
        item=found.item,
        etag=_etag(desk, item_id),
        draft=draft,
        found=findings_of(visit, draft, page.examination, view),
        is_case=found.item.type == "business_case",
        parts=shown_parts(page.diff) if page.diff.since else [],
        body=lambda label: rich_text(body, WebAddresses(), table_label=label),
        only_for=names_of_kinds(visit, page.only_case_for, view),
        is_approved=desk.is_approved(found),
        may_decide=is_allowed(visit.asker, Action.APPROVE),
        reason=form.get("reason") if form else "",
        last=desk.reviews.get(item_id),
        **{"error": None, "problem": "", "here": f"/review/{item_id}", **values},
    )
