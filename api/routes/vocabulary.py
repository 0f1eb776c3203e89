"""The vocabulary as a file: SKOS or a table, of the concepts that the caller sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.dependencies import Reading
from api.requests.conditional import conditional
from api.resources.desk import Body
from curation.exporting import Selection, export_items
from curation.vocabulary.pages import CONCEPT_TYPES, ConceptPage, plain_value
from curation.vocabulary.skos.writing import write_turtle
from curation.vocabulary.table import write_table
from search.view import View

router = APIRouter(tags=["vocabulary"])
_TYPES = {"turtle": "text/turtle; charset=utf-8", "csv": "text/csv; charset=utf-8"}


class VocabularyQuery(Body):
    """In which form."""

    format: Literal["turtle", "csv"] = Field(
        default="turtle", description="SKOS in Turtle, or a table.", examples=["turtle"]
    )


@router.get(
    "/v1/vocabulary",
    operation_id="exportVocabulary",
    summary="Take the vocabulary away as a file",
    response_class=Response,
    responses={
        200: {
            "description": "The concepts in order of type and id",
            "content": {
                "text/turtle": {"schema": {"type": "string"}},
                "text/csv": {"schema": {"type": "string"}},
            },
        }
    },
)
def vocabulary(request: Request, view: Reading, wanted: Annotated[VocabularyQuery, Query()]) -> Response:
    """Return the published concepts that the caller sees; references to others are left out."""
    pages = _pages(view)
    text = write_table(pages) if wanted.format == "csv" else write_turtle(pages)
    return conditional(request, text.encode(), media_type=_TYPES[wanted.format])


def _pages(view: View) -> list[ConceptPage]:
    """Return concepts as they are shown to an asker, which may be less than their files hold."""
    return [
        ConceptPage(
            item.id,
            item.fields["type"],
            {name: plain_value(value) for name, value in _written(item.fields).items()},
            item.body,
        )
        for item in export_items(view, Selection(types=tuple(CONCEPT_TYPES)))
    ]


def _written(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that a page has to have; title and summary are label and definition where it has none."""
    language = fields.get("language", "en")
    derived = {"title": fields.get("labels", {}).get(language), "summary": fields.get("definition", {}).get(language)}
    return {
        name: value
        for name, value in fields.items()
        if name not in ("id", "type") and not (derived.get(name) and derived[name].startswith(value))
    }
