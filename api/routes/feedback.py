"""What users say of the cases that they found."""

from __future__ import annotations

import sqlite3
from typing import Annotated

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.dependencies import Caller, Reading, Serving
from api.requests.conditional import json_answer
from api.requests.idempotency import HEADER, KEY_PATTERN, Outcome, RepeatableRequest, write_once
from curation.feedback import MAX_COMMENT_LENGTH, FeedbackKind, Remark, keep_remark
from library.errors import UnknownItemError

_CASE = "business_case"
# Terminals obey control characters, and curators read comments on them; line breaks and tabs are harmless.
_NO_CONTROLS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
router = APIRouter(tags=["feedback"])


class NewFeedback(BaseModel):
    """What a user says of one case."""

    model_config = ConfigDict(extra="forbid")

    case_id: Annotated[
        str,
        Field(
            min_length=1, max_length=200, description="The case's id.", examples=["case-gridoperator-sponsor-departure"]
        ),
    ]
    kind: Annotated[
        FeedbackKind,
        Field(
            description="`helpful` or `not_helpful` for the challenge; `used` with a customer; `outdated` or `wrong`.",
            examples=["used"],
        ),
    ]
    search_id: Annotated[
        str,
        Field(
            default="",
            pattern=r"^([0-9a-f]{32})?$",
            description="The `search_id` of the answer in which the case was found, if it was.",
            examples=["5f0c9a4e8b7d4c1fa2e3d4c5b6a79810"],
        ),
    ]
    comment: Annotated[
        str,
        Field(
            default="",
            max_length=MAX_COMMENT_LENGTH,
            pattern=_NO_CONTROLS,
            description="What the centre of excellence should know; no names of customers or persons.",
            examples=["The price bands worked, but it took two quarters instead of one."],
        ),
    ]


class KeptFeedback(BaseModel):
    """That it was kept."""

    id: Annotated[str, Field(description="The feedback's id.", examples=["0d5c7b1e9f8a4b6c8d7e6f5a4b3c2d1e"])]


@router.post(
    "/v1/feedback",
    operation_id="createFeedback",
    summary="Say what a case was good for",
    status_code=201,
    response_model=KeptFeedback,
)
def create_feedback(  # noqa: PLR0913, PLR0917  # its parameters are what it asks the server for
    request: Request,
    given: NewFeedback,
    caller: Caller,
    view: Reading,
    services: Serving,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias=HEADER,
            pattern=KEY_PATTERN,
            description="The same key and body give the same answer for a day, and are kept once.",
            examples=["3c0e2f1a-7d54-4a9e-9b1f-2f7d7c1c9f10"],
        ),
    ] = None,
) -> Response:
    """Keep what a caller says of a case that they see, for the centre of excellence."""
    if view.record(given.case_id).type != _CASE:
        raise UnknownItemError(given.case_id)
    remark = Remark(given.case_id, given.kind, caller.name, given.search_id, given.comment.strip(), caller.key)

    def write(db: sqlite3.Connection) -> Outcome:
        return Outcome(201, {"id": keep_remark(db, remark).id})

    body = given.model_dump(mode="json")
    repeatable = RepeatableRequest(caller.name, idempotency_key, "createFeedback", body)
    outcome = write_once(services.state, repeatable, write)
    return json_answer(request, outcome.answer, status=outcome.status, headers=outcome.headers())
