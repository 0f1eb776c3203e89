"""The closest cases as context for a language model."""

from __future__ import annotations

import time
from functools import partial

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.dependencies import Reading, Serving
from api.requests.conditional import json_answer
from api.resources.addresses import item_address
from api.resources.queries import MOST_CHARACTERS, CaseFilters, Worded, naming_fields, search_filters
from search.grounding.context import LEAST_BUDGET, MOST_BUDGET, USUAL_BUDGET, Context, ContextWishes, build_context

router = APIRouter(tags=["models"])
_MOST_CASES = 20


class ContextRequest(BaseModel):
    """A challenge, and how much of the closest cases a model may be given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    challenge: Worded = Field(
        max_length=MOST_CHARACTERS,
        description="The customer's challenge in one's own words; English, German or French. It is confidential: no "
        "address, no log and no file holds it.",
        examples=["Our executive sponsor at a brewery in Poland left; what did others do?"],
    )
    filters: CaseFilters = Field(
        default_factory=CaseFilters, description="What a case must have.", examples=[{"region": ["PL", "DE"]}]
    )
    token_budget: int = Field(
        default=USUAL_BUDGET,
        ge=LEAST_BUDGET,
        le=MOST_BUDGET,
        strict=True,
        description="How many tokens `text` may take at most, by a cautious estimate: models count differently.",
        examples=[USUAL_BUDGET],
    )
    limit: int = Field(
        default=5, ge=1, le=_MOST_CASES, strict=True, description="How many cases at most.", examples=[5]
    )
    analogues: bool = Field(
        default=False,
        strict=True,
        description="Whether to give the nearest cases, marked as such, even if none is close.",
        examples=[False],
    )


@router.post(
    "/v1/context",
    operation_id="getContext",
    summary="Get passages for a language model",
    response_model=Context,
    response_description="Passages of the closest cases, and the same as one block for a prompt",
)
async def context(request: Request, services: Serving, view: Reading, wanted: ContextRequest) -> Response:
    """Give a language model what it may answer from: the best parts of the closest cases, marked as data.

    Read `verdict` first: with `none` there are no passages, and a bot should say that the library holds no close case.
    """
    options = services.options(limit=wanted.limit, facets=False)
    filters = search_filters(wanted.filters)
    wishes = ContextWishes(wanted.token_budget, wanted.analogues, partial(item_address, request, "business_case"))
    begun = time.perf_counter()
    with naming_fields(wanted):
        found = await services.searches.run(
            lambda: build_context(view, wanted.challenge, filters=filters, options=options, wishes=wishes)
        )
    services.metrics.count_search(time.perf_counter() - begun, found.verdict)
    return json_answer(request, found)
