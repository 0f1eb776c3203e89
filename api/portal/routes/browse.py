"""The shelf: competencies, enablers, kinds of challenge, learning, industries, offerings, and all from A to Z."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.portal.bodies import body_of, sheets_of
from api.portal.pages import render
from api.portal.rich_text import linked_parts
from api.portal.visits import Visit, Visitor
from search.answering.self_check import read_self_check
from search.browsing.shelf import Shelf

router = APIRouter()
_FACETS = {"competency": "competency", "enabler": "enabler", "challenge_type": "challenge-type"}
_MOST_ON_A_PAGE = 400  # entries from A to Z; of more, one letter is shown
_MOST_CASES = 50


@router.get("/competencies")
def competencies(visit: Visitor) -> Response:
    """List the competencies below their areas."""
    return _concepts(visit, "competency")


@router.get("/competencies/{item_id}")
def competency(visit: Visitor, item_id: str) -> Response:
    """Show a competency with the learning that teaches it and the cases that took it."""
    return _concept(visit, item_id, "competency")


@router.get("/enablers")
def enablers(visit: Visitor) -> Response:
    """List the enablers."""
    return _concepts(visit, "enabler")


@router.get("/enablers/{item_id}")
def enabler(visit: Visitor, item_id: str) -> Response:
    """Show an enabler with how to engage it, its self-check and the cases that took or lacked it."""
    return _concept(visit, item_id, "enabler")


@router.get("/challenge-types")
def challenge_types(visit: Visitor) -> Response:
    """List the kinds of challenge."""
    return _concepts(visit, "challenge_type")


@router.get("/challenge-types/{item_id}")
def challenge_type(visit: Visitor, item_id: str) -> Response:
    """Show a kind of challenge with the cases that are about it."""
    return _concept(visit, item_id, "challenge_type")


@router.get("/learning")
def learning(visit: Visitor) -> Response:
    """List what there is to learn from, by title."""
    return render(visit, "learning_list.html", resources=sheets_of(visit).learning())


@router.get("/learning/{item_id}")
def learning_resource(visit: Visitor, item_id: str) -> Response:
    """Show a learning resource with what it teaches."""
    sheets = sheets_of(visit)
    sheet = sheets.sheet(item_id, "learning_resource")
    return render(
        visit,
        "learning.html",
        sheet=sheet,
        teaches=sheets.taught(sheet),
        body=body_of(visit, sheet, visit.view.body(sheet.row)),
        linked_parts=linked_parts,
    )


@router.get("/industries")
def industries(visit: Visitor) -> Response:
    """List the industries with how many cases and notes each has."""
    return render(visit, "industries.html", industries=Shelf(visit.view, visit.language).industries())


@router.get("/industries/{code:path}")
def industry(visit: Visitor, code: str) -> Response:
    """Show an industry with its notes and cases, those of narrower ones among them."""
    shelf = Shelf(visit.view, visit.language).industry(code)
    sheets = sheets_of(visit)
    newest = sheets.newest(shelf.cases)
    return render(
        visit,
        "industry.html",
        shelf=shelf,
        cases=sheets.cases(newest[:_MOST_CASES]),
        notes=sheets.notes(shelf.notes),
        more=("industry", shelf.code, len(newest)),
    )


@router.get("/offerings")
def offerings(visit: Visitor) -> Response:
    """List the products and services that cases offered."""
    return render(visit, "offerings.html", offerings=Shelf(visit.view, visit.language).offerings())


@router.get("/offerings/{slug}")
def offering(visit: Visitor, slug: str) -> Response:
    """Show the cases in which a product or service was offered."""
    shelf = Shelf(visit.view, visit.language).offering(slug)
    sheets = sheets_of(visit)
    return render(visit, "offering.html", shelf=shelf, cases=sheets.cases(sheets.newest(shelf.cases)))


@router.get("/a-z")
def a_to_z(visit: Visitor, letter: str = "") -> Response:
    """List everything by name; of a large library one letter at a time."""
    headings = Shelf(visit.view, visit.language).headings()
    total = sum(map(len, headings.values()))
    shown = headings
    if total > _MOST_ON_A_PAGE:
        chosen = letter if letter in headings else next(iter(headings))
        shown = {chosen: headings[chosen]}
    return render(visit, "a_z.html", letters=tuple(headings), shown=shown, total=total, all=shown is headings)


def _concepts(visit: Visit, item_type: str) -> Response:
    concepts = Shelf(visit.view, visit.language).concepts(item_type, _FACETS[item_type])
    return render(visit, "concepts.html", concepts=concepts, type=item_type)


def _concept(visit: Visit, item_id: str, item_type: str) -> Response:
    sheets = sheets_of(visit)
    sheet = sheets.sheet(item_id, item_type)
    concept = sheets.concept_sheet(sheet, most=_MOST_CASES)
    check = read_self_check(visit.view.body(sheet.row))
    said = {given for given in visit.request.query_params.getlist("yes") if given.isdecimal()}
    return render(
        visit,
        "concept.html",
        sheet=sheet,
        concept=concept,
        body=body_of(visit, sheet, check.rest),
        check=check,
        advice=body_of(visit, sheet, check.advice),
        said=[n for n in range(len(check.questions)) if str(n) in said],
        is_checked="checked" in visit.request.query_params,
        more=(_FACETS[item_type], sheet.item.id, concept.total),
        linked_parts=linked_parts,
    )
