"""Purges: where an item is kept, and its text removed from there for good."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from api.dependencies import Reading, Serving, Working
from api.requests.conditional import json_answer
from api.requests.problems import ProblemError
from api.requests.refusals import telling
from api.resources.desk import Body, ItemId
from api.resources.governing import Purge, PurgeDone
from curation.remote_purging import plan_remote_purge, purge_remotely

router = APIRouter(tags=["purges"])
_NOT_KEPT = {"Cache-Control": "no-store"}


class Purging(Body):
    """The wish to remove an item."""

    confirmed: bool = Field(
        default=False,
        strict=True,
        description="Whether it shall go, its file included; there is no way back.",
        examples=[True],
    )


@router.get("/v1/purges/{id}", operation_id="planPurge", summary="Where is an item kept?", response_model=Purge)
def plan(request: Request, desk: Working, view: Reading, item_id: ItemId) -> Response:
    """Tell what a purge of an item would remove and where copies would remain. For publishers and administrators."""
    with telling():
        found = plan_remote_purge(desk, view, item_id)
    return json_answer(request, found.as_dict(), headers=_NOT_KEPT)


@router.post("/v1/purges/{id}", operation_id="purgeItem", summary="Purge an item", response_model=PurgeDone)
def purge(  # noqa: PLR0913, PLR0917  # its parameters are what it asks the server for
    request: Request, desk: Working, view: Reading, services: Serving, item_id: ItemId, given: Purging
) -> Response:
    """Remove an item's text from its file, every index, cache and record; the answer says where copies remain.

    It can be sent again: what an earlier run that was stopped had left goes then.
    """
    with telling():
        if not given.confirmed:
            found = plan_remote_purge(desk, view, item_id)
            places = ", ".join(found.files) or "no file"
            raise ProblemError("confirmation-needed", f"{item_id} goes for good, with {places}.")
        done = purge_remotely(desk, view, item_id, publish=services.publisher.publish_now)
    return json_answer(request, done.as_dict())
