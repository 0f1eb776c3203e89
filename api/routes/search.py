"""Challenges in, answers out; and the cases closest to a case."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dependencies import Reading, Serving
from api.requests.conditional import json_answer
from api.resources.queries import CaseId, SearchRequest, SimilarQuery, naming_fields, search_filters
from api.services import Services
from search.answering.assembling import search_cases, similar_cases
from search.answers.answer import Answer
from search.browsing.listing import require_type

router = APIRouter(tags=["search"])
_NOT_KEPT = {"Cache-Control": "no-store"}


@router.post(
    "/v1/search",
    operation_id="searchCases",
    summary="Find the closest cases to a challenge",
    response_model=Answer,
    response_description="The closest cases with reasons and differences; `verdict` says whether any is close at all",
)
async def search(request: Request, services: Serving, view: Reading, wanted: SearchRequest) -> Response:
    """Answer a customer's challenge, which stands in the body so that no log or referrer ever holds it.

    Read `verdict` first: with `none` no case is close, and the cases are analogues at most. Each answer has a new
    `search_id`; nothing of the challenge is kept.
    """
    options = services.options(limit=wanted.limit, have=tuple(wanted.have), facets=wanted.facets)
    filters = search_filters(wanted.filters)
    with naming_fields(wanted):
        answer = await _timed(
            services,
            lambda: search_cases(view.engine, wanted.challenge, asker=view.asker, filters=filters, options=options),
        )
    return json_answer(request, answer)


@router.get(
    "/v1/cases/{id}/similar",
    operation_id="findSimilarCases",
    summary="Find the cases closest to a case",
    response_model=Answer,
    response_description="The closest cases, as in an answer to a search",
    tags=["cases"],
)
async def similar(
    request: Request, services: Serving, view: Reading, item_id: CaseId, wanted: Annotated[SimilarQuery, Query()]
) -> Response:
    """Compare cases by the problem that they had; the case itself is left out."""
    require_type(view, item_id, "business_case")
    options = services.options(limit=wanted.limit, have=tuple(wanted.have), facets=wanted.facets)
    filters = search_filters(wanted)
    with naming_fields(wanted):
        answer = await _timed(
            services, lambda: similar_cases(view.engine, item_id, asker=view.asker, filters=filters, options=options)
        )
    return json_answer(request, answer, headers=_NOT_KEPT)


async def _timed(services: Services, work: Callable[[], Answer]) -> Answer:
    begun = time.perf_counter()
    answer = await services.searches.run(work)
    services.metrics.count_search(time.perf_counter() - begun, answer.verdict)
    return answer
