"""Cases, notes, concepts and learning: a list of each, and each one in full with its links in both directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.dependencies import Reading, Serving
from api.requests.conditional import json_answer
from api.requests.paging import link_to_next, page_of
from api.resources.pages import CasePage, ChallengeTypePage, CompetencyPage, EnablerPage, LearningPage, NotePage
from api.resources.queries import (
    CaseId,
    CaseList,
    ChallengeTypeId,
    CompetencyId,
    EnablerId,
    ItemList,
    LearningId,
    NoteId,
    NoteList,
    naming_fields,
    search_filters,
)
from api.services import Services
from search.browsing.listing import ListedItem, describe_items, require_type, show_item
from search.filters import CaseFilter
from search.view import View

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ListPage:
    """A part of a list, in order of id."""

    items: Annotated[
        tuple[ListedItem, ...],
        Field(
            description="The entries of this part",
            examples=[
                [
                    {
                        "id": "case-gridoperator-sponsor-departure",
                        "title": "The sponsor left in March",
                        "status": "approved",
                        "classification": "internal",
                        "language": "en",
                        "summary": "The executive sponsor left in March.",
                    }
                ]
            ],
        ),
    ]
    next: Annotated[
        str | None,
        Field(description="The cursor of the next part; null if this is the last", examples=[None]),
    ]
    total: Annotated[int, Field(description="How many entries pass the filters in all", ge=0, examples=[1])]


@router.get("/v1/cases", operation_id="listCases", summary="List cases", tags=["cases"], response_model=ListPage)
def cases(request: Request, services: Serving, view: Reading, wanted: Annotated[CaseList, Query()]) -> Response:
    """List the cases that pass the filters, in order of id; this is no search."""
    return _list(request, services, view, wanted, "business_case")


@router.get("/v1/cases/{id}", operation_id="getCase", summary="Read a case", tags=["cases"], response_model=CasePage)
def case(request: Request, view: Reading, item_id: CaseId) -> Response:
    """Return a case with its text, what it refers to and what refers to it."""
    return _show(request, view, item_id, "business_case")


@router.get("/v1/notes", operation_id="listNotes", summary="List notes", tags=["notes"], response_model=ListPage)
def notes(request: Request, services: Serving, view: Reading, wanted: Annotated[NoteList, Query()]) -> Response:
    """List the industry notes that pass the filters, in order of id."""
    return _list(request, services, view, wanted, "industry_note")


@router.get("/v1/notes/{id}", operation_id="getNote", summary="Read a note", tags=["notes"], response_model=NotePage)
def note(request: Request, view: Reading, item_id: NoteId) -> Response:
    """Return an industry note with its text, what it refers to and what refers to it."""
    return _show(request, view, item_id, "industry_note")


@router.get(
    "/v1/competencies",
    operation_id="listCompetencies",
    summary="List competencies",
    tags=["vocabulary"],
    response_model=ListPage,
)
def competencies(request: Request, services: Serving, view: Reading, wanted: Annotated[ItemList, Query()]) -> Response:
    """List what people can do, in order of id."""
    return _list(request, services, view, wanted, "competency")


@router.get(
    "/v1/competencies/{id}",
    operation_id="getCompetency",
    summary="Read a competency",
    tags=["vocabulary"],
    response_model=CompetencyPage,
)
def competency(request: Request, view: Reading, item_id: CompetencyId) -> Response:
    """Return a competency with the cases that took it and the learning that teaches it."""
    return _show(request, view, item_id, "competency")


@router.get(
    "/v1/enablers", operation_id="listEnablers", summary="List enablers", tags=["vocabulary"], response_model=ListPage
)
def enablers(request: Request, services: Serving, view: Reading, wanted: Annotated[ItemList, Query()]) -> Response:
    """List what an organisation provides, in order of id."""
    return _list(request, services, view, wanted, "enabler")


@router.get(
    "/v1/enablers/{id}",
    operation_id="getEnabler",
    summary="Read an enabler",
    tags=["vocabulary"],
    response_model=EnablerPage,
)
def enabler(request: Request, view: Reading, item_id: EnablerId) -> Response:
    """Return an enabler with how to engage it and the cases that took or lacked it."""
    return _show(request, view, item_id, "enabler")


@router.get(
    "/v1/challenge-types",
    operation_id="listChallengeTypes",
    summary="List kinds of challenge",
    tags=["vocabulary"],
    response_model=ListPage,
)
def challenge_types(
    request: Request, services: Serving, view: Reading, wanted: Annotated[ItemList, Query()]
) -> Response:
    """List the kinds of challenge that the vocabulary names, in order of id."""
    return _list(request, services, view, wanted, "challenge_type")


@router.get(
    "/v1/challenge-types/{id}",
    operation_id="getChallengeType",
    summary="Read a kind of challenge",
    tags=["vocabulary"],
    response_model=ChallengeTypePage,
)
def challenge_type(request: Request, view: Reading, item_id: ChallengeTypeId) -> Response:
    """Return a kind of challenge with the cases that are about it."""
    return _show(request, view, item_id, "challenge_type")


@router.get(
    "/v1/learning",
    operation_id="listLearning",
    summary="List learning resources",
    tags=["learning"],
    response_model=ListPage,
)
def learning(request: Request, services: Serving, view: Reading, wanted: Annotated[ItemList, Query()]) -> Response:
    """List what there is to learn from, in order of id."""
    return _list(request, services, view, wanted, "learning_resource")


@router.get(
    "/v1/learning/{id}",
    operation_id="getLearning",
    summary="Read a learning resource",
    tags=["learning"],
    response_model=LearningPage,
)
def learning_resource(request: Request, view: Reading, item_id: LearningId) -> Response:
    """Return a learning resource with the competencies that it teaches."""
    return _show(request, view, item_id, "learning_resource")


def _list(request: Request, services: Services, view: View, wanted: Any, item_type: str) -> Response:
    """Answer with a part of a list; texts are read for that part alone."""
    filters = search_filters(wanted, statuses=wanted.status)
    with naming_fields(wanted):
        chosen = CaseFilter(view, filters, known_regions=services.regions, item_type=item_type)
    records = [view.records[row] for row in chosen.eligible()]
    page = page_of(records, lambda record: record.id, cursor=wanted.cursor, limit=wanted.limit)
    items = tuple(describe_items(view, [record.row for record in page.items]))
    return json_answer(request, ListPage(items, page.next, page.total), headers=link_to_next(request, page.next))


def _show(request: Request, view: View, item_id: str, item_type: str) -> Response:
    """Answer with an item of a type; one of another type is missing here."""
    require_type(view, item_id, item_type)
    return json_answer(request, show_item(view, item_id).as_dict())
