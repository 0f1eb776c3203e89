"""One page of a case, as Markdown, Word or PowerPoint."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.dependencies import Reading, Serving
from api.requests.conditional import conditional
from api.requests.problems import ProblemError
from api.resources.queries import CaseId
from search.briefs.brief import make_brief
from search.briefs.files import BriefFormat, file_name, write_brief

router = APIRouter(tags=["cases"])
_VARY = {"Vary": "Accept, Authorization, X-API-Key, Accept-Encoding"}
_FORMATS = ", ".join(f"{form.media_type} ({form})" for form in BriefFormat)


class BriefQuery(BaseModel):
    """How a brief is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: BriefFormat | None = Field(
        default=None,
        description="The format of the file; if unset, what `Accept` prefers, else Markdown.",
        examples=["docx"],
    )
    language: Literal["en", "de", "fr"] | None = Field(
        default=None,
        description="Language of headings and labels; the case keeps its own. The server's if unset.",
        examples=["de"],
    )


@router.get(
    "/v1/cases/{id}/brief",
    operation_id="getBrief",
    summary="Get a case on one page",
    response_class=Response,
    responses={
        200: {
            "description": "The brief as a file",
            "content": {
                form.media_type: {"schema": {"type": "string", **({} if form == "md" else {"format": "binary"})}}
                for form in BriefFormat
            },
        }
    },
)
def brief(
    request: Request, services: Serving, view: Reading, item_id: CaseId, wanted: Annotated[BriefQuery, Query()]
) -> Response:
    """Give a case on one page for an account plan or a meeting, with the rule for who may be shown it.

    Long parts are shortened by whole sentences. The same state of a case gives the same bytes on the same day.
    """
    form = wanted.format or _accepted(request.headers.get("accept", ""))
    options = services.options()
    made = make_brief(view, [item_id], replace(options, language=wanted.language or options.language))
    disposition = f'attachment; filename="{file_name(made, form)}"'
    headers = {**_VARY, "Content-Disposition": disposition}
    return conditional(request, write_brief(made, form), media_type=form.media_type, headers=headers)


def _accepted(accept: str) -> BriefFormat:
    """Return the format that a header prefers; Markdown if it takes anything.

    Raises:
        ProblemError: 406, it takes none of them.
    """
    ranges = _ranges(accept) or {"*/*": 1.0}
    order = sorted(BriefFormat, key=lambda form: -_weight(form.media_type, ranges))  # stable: Markdown first
    if _weight(order[0].media_type, ranges) <= 0:
        raise ProblemError("not-acceptable", f"A brief can be had as {_FORMATS}.")
    return order[0]


def _ranges(accept: str) -> dict[str, float]:
    """Return the weight of each media range of a header; what cannot be read is left out."""
    found: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weights = [value.removeprefix("q=") for value in parameters if value.startswith("q=")]
        try:
            weight = float(weights[0]) if weights else 1.0
        except ValueError:
            continue
        if name:
            found[name] = weight if 0 <= weight <= 1 else 0.0
    return found


def _weight(media_type: str, ranges: dict[str, float]) -> float:
    """Return how much a type is wanted: by the most exact range that takes it in (RFC 9110, 12.5.1)."""
    wildcard = f"{media_type.partition('/')[0]}/*"
    return next((ranges[name] for name in (media_type, wildcard, "*/*") if name in ranges), 0.0)
