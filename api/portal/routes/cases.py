"""Cases and notes: lists, a page for each, and the files that belong to a case."""

from __future__ import annotations

import posixpath

from fastapi import APIRouter
from starlette.responses import Response

from api.portal.bodies import attachments_of, body_of, sheets_of
from api.portal.files import file_response
from api.portal.listing import SORTS, Listing
from api.portal.pages import render
from api.portal.rich_text import linked_parts
from api.portal.visits import Visitor
from api.requests.problems import ProblemError
from curation.saving import may_edit
from library.attachments import find_attachment
from library.items import BusinessCase
from search.answers.answer import Named
from search.browsing.closest import closest_cases
from search.browsing.shelf import slug_of
from search.filters import CaseFilter

router = APIRouter()
_SIMILAR = 4


@router.get("/cases")
def cases(visit: Visitor) -> Response:
    """List the cases that pass the facets in the address."""
    listing = Listing.from_pairs(visit.request.query_params.multi_items())
    filters, regions = listing.refinement.filters, visit.services.regions
    chosen = CaseFilter(visit.view, filters, known_regions=regions, language=visit.language)
    page = listing.page(visit.view, chosen, sheets_of(visit), visit.language)
    return render(visit, "cases.html", listing=listing, page=page, sorts=SORTS)


@router.get("/cases/{item_id}")
async def case(visit: Visitor, item_id: str) -> Response:
    """Show a case with everything that it links to, and the cases closest to it."""
    view = visit.view
    sheets = sheets_of(visit)
    sheet = sheets.sheet(item_id, "business_case")
    assert isinstance(sheet.item, BusinessCase)
    options = visit.options(limit=_SIMILAR, facets=False)
    similar = await visit.services.searches.run(lambda: closest_cases(view, item_id, options))
    return render(
        visit,
        "case.html",
        sheet=sheet,
        case=sheets.case_sheet(sheet),
        body=body_of(visit, sheet, view.body(sheet.row)),
        attachments=attachments_of(visit, sheet),
        similar=similar,
        offerings=[Named(slug_of(offering), offering) for offering in sheet.item.offerings],
        linked_parts=linked_parts,
        may_edit=may_edit(visit.asker, sheet.item),
    )


@router.get("/cases/{item_id}/attachments/{number}")
def attachment(visit: Visitor, item_id: str, number: int) -> Response:
    """Hand out a file of a case to whoever sees the case; a hidden case, a missing one and no file are alike."""
    sheet = sheets_of(visit).sheet(item_id, "business_case")
    attached = dict(enumerate(sheet.item.attachments, 1)).get(number, "")
    path = find_attachment(visit.services.settings.library, sheet.path, attached) if attached else None
    if path is None:
        raise ProblemError("not-found")
    return file_response(path, posixpath.basename(attached.replace("\\", "/")))


@router.get("/notes")
def notes(visit: Visitor) -> Response:
    """List the industry notes, those verified last first."""
    return render(visit, "notes.html", notes=sheets_of(visit).notes(visit.view.rows("industry_note")))


@router.get("/notes/{item_id}")
def note(visit: Visitor, item_id: str) -> Response:
    """Show an industry note."""
    sheets = sheets_of(visit)
    sheet = sheets.sheet(item_id, "industry_note")
    body = body_of(visit, sheet, visit.view.body(sheet.row))
    return render(
        visit, "note.html", sheet=sheet, note=sheets.note_line(sheet.item), body=body, linked_parts=linked_parts
    )
