"""Changes of the vocabulary: planned first, then carried out just as they were shown."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Header, Request
from pydantic import Field
from starlette.responses import Response

from api.dependencies import Serving, Working
from api.requests.conditional import json_answer
from api.requests.problems import ProblemError
from api.requests.refusals import telling
from api.resources.desk import Body
from api.resources.governing import VocabularyChanged, vocabulary_changed
from api.services import Services
from curation.governing import VocabularyDesk, VocabularyPlan
from curation.review.roles import Action, require_role
from curation.vocabulary.pages import IncomingVocabulary
from curation.vocabulary.plans import UpdateOptions
from curation.vocabulary.skos.reading import read_turtle
from curation.vocabulary.skos.terms import DEFAULT_BASE
from curation.vocabulary.table import read_table
from library.errors import ConflictError, VocabularyError

router = APIRouter(tags=["vocabulary"])
_RESPONSES: dict[int | str, dict[str, Any]] = {200: {"headers": {"ETag": {"$ref": "#/components/headers/ETag"}}}}
_NAMES = {"turtle": "vocabulary.ttl", "csv": "vocabulary.csv"}
_MOST_PLAN = 200
_PLAN_AGAIN = "Have it planned again, look at it, and send that plan's `ETag` as `If-Match`."
IfMatch: TypeAlias = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=_MOST_PLAN,
        description="The `ETag` of the plan that shall be carried out.",
        examples=['"3b340f9c63abc6ce66f32f5403847788"'],
    ),
]
_ConceptName: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]


class Planned(Body):
    """What shall be planned or done."""

    apply: bool = Field(
        default=False,
        strict=True,
        description="Carry out the plan that `If-Match` names; without it nothing is written.",
        examples=[False],
    )


class VocabularyFile(Planned):
    """A vocabulary as a file."""

    format: Literal["turtle", "csv"] = Field(description="SKOS in Turtle, or a table.", examples=["csv"])
    content: str = Field(
        min_length=1,
        description="Its text, as `GET /v1/vocabulary` gives it or as another program wrote it.",
        examples=["id,type,labels.en\nchl-line-stops,challenge_type,Line stops\n"],
    )
    type: Literal["challenge_type", "competency", "enabler"] | None = Field(
        default=None, description="What concepts are that name no type.", examples=["challenge_type"]
    )
    base: str = Field(
        default=DEFAULT_BASE, max_length=500, description="What concepts' URIs begin with.", examples=[DEFAULT_BASE]
    )
    language: str = Field(
        default="en",
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        max_length=35,
        description="The language of labels that name none.",
        examples=["en"],
    )


class Renaming(Planned):
    """A concept that gets another id."""

    concept: _ConceptName = Field(description="The concept's id.", examples=["chl-sponsor-change"])
    new_id: _ConceptName = Field(description="Its new id.", examples=["chl-sponsor-left"])


class Merger(Planned):
    """A concept that becomes part of another one."""

    concept: _ConceptName = Field(description="The concept that is archived.", examples=["chl-sponsor-gone"])
    into: _ConceptName = Field(description="The concept that stays.", examples=["chl-sponsor-change"])


@router.post(
    "/v1/vocabulary/imports",
    operation_id="importVocabulary",
    summary="Take a vocabulary's file in",
    response_model=VocabularyChanged,
    responses=_RESPONSES,
)
def imports(
    request: Request, desk: Working, services: Serving, given: VocabularyFile, if_match: IfMatch = None
) -> Response:
    """Tell what a file would change of the concepts' pages, or change it. For curators and publishers.

    New concepts become drafts; an approved page that changes is not served until somebody else approves it. No page is
    removed, and who sees one is nothing that a file decides.
    """
    with telling():
        require_role(desk.asker, Action.CHANGE_VOCABULARY)
        incoming = _read(given)
    options = UpdateOptions(type_name=given.type or "", base=given.base, language=given.language)
    return _answer(
        request, services, given, if_match, lambda expect: VocabularyDesk(desk).take(incoming, options, expect=expect)
    )


@router.post(
    "/v1/vocabulary/renamings",
    operation_id="renameConcept",
    summary="Give a concept another id",
    response_model=VocabularyChanged,
    responses=_RESPONSES,
)
def renamings(
    request: Request, desk: Working, services: Serving, given: Renaming, if_match: IfMatch = None
) -> Response:
    """Tell which items would follow a concept's new id, or give it to it; all follow or none. For curators."""
    return _answer(
        request,
        services,
        given,
        if_match,
        lambda expect: VocabularyDesk(desk).rename(given.concept, given.new_id, expect=expect),
    )


@router.post(
    "/v1/vocabulary/mergers",
    operation_id="mergeConcepts",
    summary="Make one concept of two",
    response_model=VocabularyChanged,
    responses=_RESPONSES,
)
def mergers(request: Request, desk: Working, services: Serving, given: Merger, if_match: IfMatch = None) -> Response:
    """Tell which items would follow one approved concept into another, or merge them; all follow or none. For curators.

    The one that stays takes the other's labels; the other is archived and superseded.
    """
    return _answer(
        request,
        services,
        given,
        if_match,
        lambda expect: VocabularyDesk(desk).merge(given.concept, given.into, expect=expect),
    )


def _answer(
    request: Request,
    services: Services,
    given: Planned,
    if_match: str | None,
    work: Callable[[str], VocabularyPlan],
) -> Response:
    if given.apply and not if_match:
        raise ProblemError("precondition-required", "Send `If-Match` with the `ETag` of the plan that shall be done.")
    expect = (if_match or "").strip().removeprefix("W/") if given.apply else ""
    try:
        with telling(), services.publisher.afterwards() if given.apply else nullcontext():
            plan = work(expect)
    except ConflictError as error:
        raise ProblemError("changed-meanwhile", _PLAN_AGAIN) from error
    return json_answer(request, vocabulary_changed(plan, applied=given.apply), headers={"ETag": plan.etag})


def _read(given: VocabularyFile) -> IncomingVocabulary:
    """Return the concepts of a file; its name is the format's own."""
    with tempfile.TemporaryDirectory(prefix="casebook-") as folder:
        file = Path(folder) / _NAMES[given.format]
        file.write_text(given.content, encoding="utf-8", newline="")
        try:
            if given.format == "csv":
                return read_table(file)
            return read_turtle(file, base=given.base, language=given.language)
        except VocabularyError as error:
            raise VocabularyError(error.message.replace(str(file), file.name), hint=error.hint) from error
