"""Drafts: look at a text or a file before it is saved, save it, hand it in for review."""

from __future__ import annotations

import base64
import binascii
import sqlite3
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, Header, Request
from pydantic import Field
from starlette.responses import Response

from api.dependencies import Caller, Reading, Serving, Working
from api.requests.conditional import json_answer
from api.requests.idempotency import HEADER, KEY_PATTERN, Outcome, RepeatableRequest, write_once
from api.requests.problems import ProblemError
from api.requests.refusals import telling
from api.requests.transport import CONVERSION
from api.resources.desk import (
    Body,
    Decided,
    Draft,
    DraftsOfFile,
    ExaminedText,
    ItemId,
    KeptDraft,
    Markdown,
    converted,
    examined,
    kept,
)
from curation.contributing import (
    DraftSaving,
    DraftText,
    convert_upload,
    examine_text,
    read_draft,
    save_draft,
    submit_draft,
)
from library.errors import ConflictError, StateError

router = APIRouter(tags=["drafts"])
_NOT_KEPT = {"Cache-Control": "no-store"}
_TAG = '"3b340f9c63abc6ce66f32f5403847788"'
WrittenType: TypeAlias = Annotated[
    Literal["business_case", "industry_note", "learning_resource"],
    Field(description="What it is to become; concepts come with `/v1/vocabulary/imports`.", examples=["business_case"]),
]


class TextToExamine(Body):
    """A text that need not be saved."""

    text: Markdown
    type: WrittenType = "business_case"
    item_id: str = Field(
        default="",
        max_length=200,
        description="The item that it is to replace, if it is no new one.",
        examples=["case-brewer-line-stops-3f9a1c"],
    )


class FileToConvert(Body):
    """A file that tells one case or several."""

    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=255,
            pattern=r"^[^\x00-\x1f\x7f]+$",
            description="The file's name; notes that were pasted are `notes.txt`.",
            examples=["notes.txt"],
        ),
    ]
    content: Annotated[
        str,
        Field(
            min_length=1,
            description="Its bytes in base64: Word, PowerPoint, PDF, HTML or text.",
            json_schema_extra={"contentEncoding": "base64"},
            examples=["TGluZSBzdG9wcyBhdCBhIGJyZXdlcgoKVGhlIGxpbmVzIHN0YW5kIHN0aWxsLg=="],
        ),
    ]
    classification: Literal["public", "internal", "confidential", "restricted"] = Field(
        default="internal", description="What the drafts say of who may see them.", examples=["internal"]
    )


class NewText(Body):
    """The text of a new draft."""

    text: Markdown
    type: WrittenType = "business_case"


class TextToSave(Body):
    """A draft's text."""

    text: Markdown


@router.post(
    "/v1/drafts/examination",
    operation_id="examineDraft",
    summary="What is wrong with a text, what does it lack?",
    response_model=ExaminedText,
)
async def examination(
    request: Request, services: Serving, desk: Working, view: Reading, given: TextToExamine
) -> Response:
    """Check a text and suggest what it could link to; nothing is saved. For contributors, curators and publishers."""
    with telling():
        found = await services.searches.run(
            lambda: examine_text(desk, given.text, view=view, item_id=given.item_id, item_type=given.type)
        )
    return json_answer(request, examined(found))


@router.post(CONVERSION, operation_id="convertDraft", summary="Make drafts of a file", response_model=DraftsOfFile)
async def conversion(request: Request, services: Serving, desk: Working, given: FileToConvert) -> Response:
    """Return the cases of a file as texts, with what was recognised and what is missing; nothing is saved."""
    content = _decoded(given.content, services.settings.server.max_upload_kilobytes)
    with telling():
        drafts = await services.searches.run(
            lambda: convert_upload(desk, given.name, content, classification=given.classification)
        )
    return json_answer(request, converted(drafts))


@router.post(
    "/v1/drafts", operation_id="createDraft", summary="Save a new draft", status_code=201, response_model=KeptDraft
)
def create_draft(  # noqa: PLR0913, PLR0917  # its parameters are what it asks the server for
    request: Request,
    given: NewText,
    caller: Caller,
    desk: Working,
    services: Serving,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias=HEADER,
            pattern=KEY_PATTERN,
            description="The same key and body give the same answer for a day, and are saved once.",
            examples=["3c0e2f1a-7d54-4a9e-9b1f-2f7d7c1c9f10"],
        ),
    ] = None,
) -> Response:
    """Save a text as a new case, note or learning resource; its id is made of its title, its author is the caller."""
    repeatable = RepeatableRequest(caller.name, idempotency_key, "createDraft", given.model_dump(mode="json"))
    with telling():
        saving = DraftSaving(desk, DraftText(given.text, type=given.type))

        def write(db: sqlite3.Connection) -> Outcome:
            return Outcome(201, kept(saving.write(db)))

        try:
            outcome = write_once(services.state, repeatable, write)
        except StateError:
            saving.undo()
            raise
        except ConflictError as error:
            raise ProblemError("conflict", f"{error.message} {error.hint}") from error
        services.publisher.request()  # it is saved, whatever Git says
        saving.commit()
    headers = {
        **outcome.headers(),
        "ETag": outcome.answer["etag"],
        "Location": services.url(f"/v1/drafts/{outcome.answer['id']}"),
    }
    return json_answer(request, outcome.answer, status=outcome.status, headers=headers)


@router.get(
    "/v1/drafts/{id}",
    operation_id="getDraft",
    summary="Read an item's file to edit it",
    response_model=Draft,
    responses={200: {"headers": {"ETag": {"$ref": "#/components/headers/ETag"}}}},
)
def draft(request: Request, desk: Working, item_id: ItemId) -> Response:
    """Return the text for its owner and authors, and for curators who see it; send its `ETag` with the change."""
    with telling():
        found = read_draft(desk, item_id)
    body = {"id": found.id, "title": found.title, "status": found.status, "text": found.text}
    return json_answer(request, body, headers={**_NOT_KEPT, "ETag": found.etag})


@router.put(
    "/v1/drafts/{id}",
    operation_id="replaceDraft",
    summary="Save a change of an item",
    response_model=KeptDraft,
    responses={200: {"headers": {"ETag": {"$ref": "#/components/headers/ETag"}}}},
)
def replace_draft(  # noqa: PLR0913, PLR0917  # its parameters are what it asks the server for
    request: Request,
    given: TextToSave,
    desk: Working,
    services: Serving,
    item_id: ItemId,
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match", max_length=200, description="The `ETag` of the text that was changed.", examples=[_TAG]
        ),
    ] = None,
) -> Response:
    """Save a text over one that the caller has read; it is a draft then, and not served until it is approved again."""
    if not if_match:
        raise ProblemError("precondition-required")
    try:
        with telling(), services.publisher.afterwards():
            saved = save_draft(desk, given.text, item_id=item_id, expect=if_match.strip().removeprefix("W/"))
    except ConflictError as error:
        raise ProblemError("changed-meanwhile") from error
    return json_answer(request, kept(saved), headers={"ETag": saved.etag})


@router.post(
    "/v1/drafts/{id}/submission",
    operation_id="submitDraft",
    summary="Hand a draft in for review",
    response_model=Decided,
)
def submission(request: Request, desk: Working, services: Serving, item_id: ItemId) -> Response:
    """Put a draft into the queue of those who approve."""
    with telling(), services.publisher.afterwards():
        decision = submit_draft(desk, item_id)
    return json_answer(request, {"id": decision.id, "what": decision.what.value})


def _decoded(content: str, kilobytes: int) -> bytes:
    try:
        decoded = base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        message = "This is no base64."
        raise ProblemError("invalid", "Look at: content.", errors=[{"field": "content", "message": message}]) from None
    if len(decoded) > kilobytes * 1000:
        raise ProblemError("content-too-large", f"A file may have {kilobytes} kB.")
    return decoded
