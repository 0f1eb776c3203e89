"""What was published, changed and removed, for those who keep a copy."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.dependencies import Reading
from api.requests.conditional import json_answer
from api.requests.paging import link_to_next
from api.requests.problems import ProblemError
from api.resources.addresses import item_address
from library.errors import CursorError
from search.changes.feed import MOST, USUAL, Changes, changes_since

router = APIRouter(tags=["changes"])


class ChangesQuery(BaseModel):
    """Since when, and how many at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: str | None = Field(
        default=None,
        max_length=4000,
        description="`next` of the answer before, as it is; or a date or time (ISO 8601, UTC unless it says "
        "otherwise). Leave it out to begin: everything that you see is listed then.",
        examples=["2026-07-01"],
    )
    limit: int = Field(default=USUAL, ge=1, le=MOST, description="How many changes at most.", examples=[USUAL])


@router.get(
    "/v1/changes",
    operation_id="listChanges",
    summary="List what changed, to keep a copy up to date",
    response_model=Changes,
    response_description="The changes, and where to go on",
)
def changes(request: Request, view: Reading, wanted: Annotated[ChangesQuery, Query()]) -> Response:
    """List what is different for you since you last looked: cases, notes, vocabulary and learning.

    Drop your copy if the answer says `reset`, take again what was `published` or `changed`, drop what was `removed`,
    and ask again with `next`. What you may not see is never told of; what you may no longer see is `removed`.
    """
    try:
        found = changes_since(view, wanted.since or "", limit=wanted.limit, url=partial(item_address, request))
    except CursorError as error:
        raise ProblemError(
            "invalid", f"{error.message} {error.hint}", errors=[{"field": "since", "message": error.message}]
        ) from error
    following = link_to_next(request, found.next, name="since") if found.more else {}
    return json_answer(request, found.as_dict(), headers=following)
