"""What cases can be filtered by, and how many there are of each value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.dependencies import Reading, Serving
from api.requests.conditional import json_answer
from api.resources.queries import CaseFilters, naming_fields, search_filters
from search.filters import CaseFilter, FacetCount

router = APIRouter(tags=["search"])


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """The facets of the cases that pass some filters."""

    facets: Annotated[
        Mapping[str, tuple[FacetCount, ...]],
        Field(
            description="For each facet how many cases have which value, the most frequent first, over all cases "
            "that pass the filters of the other facets",
            examples=[{"region": [{"value": "DE", "label": "Germany", "count": 12}]}],
        ),
    ]
    filters: Annotated[
        Mapping[str, tuple[str, ...]],
        Field(
            description="The filters as they were understood, by facet; `since` has one value, an ISO 8601 day",
            examples=[{"industry": ["11"]}],
        ),
    ]
    total: Annotated[int, Field(description="How many cases pass all the filters", ge=0, examples=[58])]


@router.get(
    "/v1/facets",
    operation_id="countFacets",
    summary="Count what cases can be filtered by",
    response_model=FacetCounts,
    response_description="Counts by facet and value",
)
def facets(request: Request, services: Serving, view: Reading, wanted: Annotated[CaseFilters, Query()]) -> Response:
    """Count the approved cases that you may see by industry, region, kind of challenge, and so on."""
    with naming_fields(wanted):
        chosen = CaseFilter(
            view, search_filters(wanted), known_regions=services.regions, language=services.settings.language
        )
    return json_answer(request, FacetCounts(chosen.counts(), chosen.as_values(), len(chosen.eligible())))
