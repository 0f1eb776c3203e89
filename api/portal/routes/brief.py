"""The brief: cases that were chosen, on a page each, for colleagues or for a customer."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.portal.pages import NOT_KEPT, render
from api.portal.sessions import MOST_CHOSEN
from api.portal.visits import Posted, Visit, Visitor, local_path, with_chosen
from api.requests.problems import ProblemError
from search.briefs.audience import Audience, brief_for
from search.briefs.brief import Brief, CaseBrief, make_brief
from search.briefs.files import BriefFormat, file_name, write_brief
from search.briefs.page import Block, blocks_of, fit_to_page

router = APIRouter()
Reader = Annotated[Audience, Query(alias="for")]


@router.get("/brief")
def brief(visit: Visitor, audience: Reader = Audience.FIRM, full: Annotated[bool, Query()] = False) -> Response:  # noqa: FBT002
    """Show the cases that were chosen as they will be printed; `full` says that one more was refused."""
    chosen = make_brief(visit.view, _there(visit), visit.options())
    made = brief_for(chosen, audience)
    return render(
        visit,
        "brief.html",
        headers=NOT_KEPT,
        brief=made,
        pages=_pages(made),
        titles=[(case.id, case.title) for case in chosen.cases],
        chosen=tuple(case.id for case in chosen.cases),
        most=MOST_CHOSEN,
        full=full,
    )


@router.get("/brief/file/{form}")
def brief_file(visit: Visitor, form: BriefFormat, audience: Reader = Audience.FIRM) -> Response:
    """Give the brief as a file."""
    made = brief_for(make_brief(visit.view, _there(visit), visit.options()), audience)
    if not made.cases:
        raise ProblemError("not-found", "There is no case in the brief.")
    headers = {**NOT_KEPT, "Content-Disposition": f'attachment; filename="{file_name(made, form)}"'}
    return Response(write_brief(made, form), media_type=form.media_type, headers=headers)


@router.post("/brief/cases")
def choose(visit: Visitor, form: Posted) -> Response:
    """Take a case into the brief, or out of it, or all of them, and go back."""
    case_id, chosen = form.get("case"), visit.session.chosen
    match form.get("do"):
        case "add":
            after = (*chosen, _case(visit, case_id))
        case "drop":
            after = tuple(id_ for id_ in chosen if id_ != case_id)
        case "clear":
            after = ()
        case _:
            raise ProblemError("bad-request")
    session = with_chosen(visit.session, after)
    if len(session.chosen) > MOST_CHOSEN:
        return visit.redirect("/brief?full=1")
    return visit.redirect(local_path(form.get("next")), session=session)


def _case(visit: Visit, case_id: str) -> str:
    """Return the id of a case that the visitor sees; raises ProblemError alike for any other."""
    record = visit.view.record(case_id)
    if record.type != "business_case":
        raise ProblemError("not-found")
    return record.id


def _there(visit: Visit) -> list[str]:
    """Return the chosen cases that are still there for the visitor."""
    by_id = visit.view.by_id
    return [id_ for id_ in visit.session.chosen if id_ in by_id and by_id[id_].type == "business_case"]


def _pages(brief: Brief) -> list[tuple[CaseBrief, list[tuple[str, list[Block]]]]]:
    day = brief.made.isoformat()
    return [(case, _styled(blocks_of(case, brief.labels, day))) for case in fit_to_page(brief).cases]


def _styled(blocks: list[Block]) -> list[tuple[str, list[Block]]]:
    """Return blocks with their style's name, those of a list together."""
    return [(style, list(found)) for style, found in groupby(blocks, lambda block: getattr(block, "style", "table"))]
