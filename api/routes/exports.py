"""The library or a part of it as a file: what the caller sees, and nothing else."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.dependencies import Reading, Serving
from api.requests.conditional import conditional
from api.requests.refusals import telling
from api.resources.desk import Body
from curation.exporting import Selection, as_csv, as_json_lines, export_items

router = APIRouter(tags=["exports"])
_ItemType = Literal["business_case", "industry_note", "competency", "enabler", "challenge_type", "learning_resource"]
_TYPES = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8"}


class ExportQuery(Body):
    """Which items, and in which form."""

    format: Literal["jsonl", "csv"] = Field(default="jsonl", description="JSON Lines or CSV.", examples=["jsonl"])
    type: list[_ItemType] = Field(default=[], description="Of these types alone.", examples=[["business_case"]])
    status: list[Literal["draft", "in_review", "approved", "archived"]] = Field(
        default=["approved"],
        description="With these states; others than `approved` for who may see them.",
        examples=[["approved"]],
    )


@router.get(
    "/v1/exports",
    operation_id="exportItems",
    summary="Take items away as a file",
    response_class=Response,
    responses={
        200: {
            "description": "The items in order of type and id",
            "content": {
                "application/jsonl": {"schema": {"type": "string"}},
                "text/csv": {"schema": {"type": "string"}},
            },
        }
    },
)
def export(request: Request, services: Serving, view: Reading, wanted: Annotated[ExportQuery, Query()]) -> Response:
    """Return the items that the caller sees, each in full; references to others are left out."""
    selection = Selection(types=tuple(dict.fromkeys(wanted.type)), statuses=tuple(wanted.status))
    with telling():
        items = list(export_items(view, selection, known_regions=services.regions))
    text = as_csv(iter(items)) if wanted.format == "csv" else "".join(as_json_lines(iter(items)))
    return conditional(request, text.encode(), media_type=_TYPES[wanted.format])
