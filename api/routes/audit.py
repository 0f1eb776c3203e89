"""The audit, for those who look after it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from api.dependencies import Caller, Serving
from api.requests.refusals import telling
from api.resources.desk import Body
from curation.review.audit import AuditFilter, as_csv_lines, as_json_lines, audit_lines
from curation.review.roles import Action, require_role

router = APIRouter(tags=["audit"])
_TYPES = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8"}


class AuditQuery(Body):
    """Which lines, and in which form."""

    format: Literal["jsonl", "csv"] = Field(default="jsonl", description="JSON Lines or CSV.", examples=["jsonl"])
    since: AwareDatetime | None = Field(
        default=None, description="From this time (ISO 8601 with its offset).", examples=["2026-03-31T00:00:00Z"]
    )
    until: AwareDatetime | None = Field(
        default=None, description="Before this time (ISO 8601 with its offset).", examples=["2026-07-01T00:00:00Z"]
    )
    item: str = Field(
        default="", max_length=200, description="Of one item.", examples=["case-brewer-line-stops-3f9a1c"]
    )


@router.get(
    "/v1/audit",
    operation_id="exportAudit",
    summary="Who did what with which item?",
    response_class=Response,
    responses={
        200: {
            "description": "The lines, oldest first; each has the hash of the one before",
            "content": {
                "application/jsonl": {"schema": {"type": "string"}},
                "text/csv": {"schema": {"type": "string"}},
            },
        }
    },
)
def audit(caller: Caller, services: Serving, wanted: Annotated[AuditQuery, Query()]) -> Response:
    """Return who saved, approved, was refused or read what, for auditors and administrators; never a word of a text."""
    with telling():
        require_role(caller.asker, Action.READ_AUDIT)
    chosen = AuditFilter(_time(wanted.since), _time(wanted.until), wanted.item)
    lines = audit_lines(services.state, chosen)
    texts = as_csv_lines(lines) if wanted.format == "csv" else as_json_lines(lines)
    content = "".join(f"{line}\n" for line in texts)
    return Response(content, headers={"Cache-Control": "no-store", "Content-Type": _TYPES[wanted.format]})


def _time(moment: datetime | None) -> str:
    """Return a time as the audit writes it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else ""
