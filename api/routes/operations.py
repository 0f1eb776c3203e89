"""For whoever runs the server: is it alive, can it answer, what does it do; and what each problem means."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.dependencies import Caller, Serving
from api.requests.conditional import conditional, json_answer
from api.requests.metrics import MEDIA_TYPE
from api.requests.problem_kinds import KINDS
from api.requests.problems import ProblemError
from library.access import Role

router = APIRouter(tags=["operations"])
_MAY_SEE_FIGURES = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})


class Health(BaseModel):
    """Whether the process answers."""

    status: Literal["ok"] = Field(description="Always `ok`; a server that is not answers nothing.", examples=["ok"])


class Readiness(BaseModel):
    """Whether searches are answered."""

    status: Literal["ready"] = Field(description="`ready`; otherwise the answer is a problem.", examples=["ready"])
    index: Literal["current", "older"] = Field(
        description="`older` if a newer index was published that cannot be opened; the one before it is served.",
        examples=["current"],
    )
    publishing: Literal["idle", "running", "failed"] = Field(
        description="`failed` if what the desk decided could not be published; the log says why.", examples=["idle"]
    )


@router.get("/healthz", operation_id="getHealth", summary="Is the process alive?", response_model=Health)
async def health(request: Request) -> Response:
    """Answer at once, without looking at anything."""
    return json_answer(request, {"status": "ok"})


@router.get("/readyz", operation_id="getReadiness", summary="Are searches answered?", response_model=Readiness)
def readiness(request: Request, services: Serving) -> Response:
    """Tell whether there is an index; 503 if not."""
    services.engines.look()
    if not services.engines.is_ready:
        raise ProblemError("not-ready", headers={"Retry-After": "10"})
    index = "older" if services.engines.is_behind else "current"
    body = {"status": "ready", "index": index, "publishing": services.publisher.state().status}
    return json_answer(request, body, headers={"Cache-Control": "no-store"})


@router.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus text"}},
)
def metrics(services: Serving, caller: Caller) -> Response:
    """Return the figures, where credentials are required only to administrators and auditors."""
    if services.identities.required and caller.asker.role not in _MAY_SEE_FIGURES:
        raise ProblemError("forbidden", "Figures are for the roles administrator and auditor.")
    return Response(services.metrics.render(), media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


@router.get(
    "/problems/{slug}",
    operation_id="getProblemKind",
    summary="What does a problem mean?",
    response_class=Response,
    responses={200: {"content": {"text/markdown": {"schema": {"type": "string"}}}, "description": "Markdown"}},
)
async def problem_kind(
    request: Request,
    slug: Annotated[str, Path(description="The last part of a problem's `type`.", examples=["not-found"])],
) -> Response:
    """Explain a kind of problem."""
    if slug not in KINDS:
        raise ProblemError("not-found")
    page = KINDS[slug].as_markdown().encode()
    return conditional(request, page, media_type="text/markdown; charset=utf-8")
