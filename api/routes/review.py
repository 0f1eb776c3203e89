"""The desk: what waits, what changed of it, and the decisions on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, Header, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.dependencies import Reading, Serving, Working
from api.requests.conditional import json_answer
from api.requests.problems import ProblemError
from api.requests.refusals import telling
from api.resources.desk import Body, Decided, DecidedAll, ItemId, ItemInReview, ReviewQueue, decided, in_review
from api.services import Services
from curation.contributing import require_as_read, review_page
from curation.review.decisions import MAX_REASON_LENGTH, approve, archive, only_case_for, send_back, verify
from curation.review.desk import Desk
from curation.review.queue import QueueOrder, review_queue
from curation.review.roles import Action, require_role
from curation.review.settling import Decision
from curation.review.several import Outcome, decide_all, reassign
from library.errors import ConflictError

router = APIRouter(tags=["review"])
_NOT_KEPT = {"Cache-Control": "no-store"}
_NO_CONTROLS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
_Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]


class QueueQuery(Body):
    """In which order, and of whom."""

    order: QueueOrder = Field(
        default=QueueOrder.USE, description="Most used first, by owner, or longest due first.", examples=["use"]
    )
    owner: str = Field(default="", max_length=200, description="Of one owner alone.", examples=["ann@example.com"])


class NewDecision(Body):
    """A decision on an item."""

    decision: Literal["approve", "return", "verify", "archive"] = Field(
        description="`approve` it as it stands; `return` it to its author; `verify` that it still holds; `archive` it.",
        examples=["return"],
    )
    reason: str = Field(
        default="",
        max_length=MAX_REASON_LENGTH,
        pattern=_NO_CONTROLS,
        description="Why; `return` and `archive` need one, which the author reads.",
        examples=["The value has no evidence yet."],
    )
    confirmed: bool = Field(
        default=False,
        strict=True,
        description="Archive even the only approved case for a kind of challenge.",
        examples=[False],
    )


class Verification(Body):
    """Which items still hold: those of `ids`, or all that are overdue, perhaps of one owner."""

    ids: list[_Name] = Field(
        default=[], max_length=1000, description="Ids of items.", examples=[["case-brewer-line-stops-3f9a1c"]]
    )
    overdue: bool = Field(
        default=False, strict=True, description="All whose review is due, if no ids are given.", examples=[False]
    )
    owner: str = Field(
        default="", max_length=200, description="Of one owner alone, if no ids are given.", examples=["ann@example.com"]
    )


class Reassignment(Body):
    """Who takes over from whom."""

    leaver: _Name = Field(description="Who left, as `owner` or `contact` name him.", examples=["ann@example.com"])
    successor: _Name = Field(description="Who takes over.", examples=["ben@example.com"])


@router.get("/v1/review", operation_id="listWaiting", summary="What waits for the desk?", response_model=ReviewQueue)
def queue(request: Request, desk: Working, services: Serving, wanted: Annotated[QueueQuery, Query()]) -> Response:
    """List new items, edits that nobody approved, and what is due; contributors find their own."""
    with telling():
        entries = review_queue(desk, order=wanted.order, owner=wanted.owner)
    names = ("id", "type", "title", "waiting", "owner", "due", "uses", "reason")
    items = [{name: entry.as_dict()[name] for name in names} for entry in entries]
    published = services.publisher.state()
    body = {"items": items, "publishing": published.status, "publishing_message": published.message}
    return json_answer(request, body, headers=_NOT_KEPT)


@router.get(
    "/v1/review/{id}",
    operation_id="getWaiting",
    summary="Look at an item to decide on it",
    response_model=ItemInReview,
    responses={200: {"headers": {"ETag": {"$ref": "#/components/headers/ETag"}}}},
)
async def waiting(request: Request, desk: Working, view: Reading, services: Serving, item_id: ItemId) -> Response:
    """Return the text, what changed since its approval, what checks find, and whether the caller may approve it."""
    with telling():
        require_role(desk.asker, Action.SEE_DIFF)
        page = await services.searches.run(lambda: review_page(desk, item_id, view=view))
    return json_answer(request, in_review(page), headers={**_NOT_KEPT, "ETag": page.etag})


@router.post("/v1/review/{id}/decisions", operation_id="decide", summary="Decide on an item", response_model=Decided)
def decision(  # noqa: PLR0913, PLR0917  # its parameters are what it asks the server for
    request: Request,
    desk: Working,
    services: Serving,
    item_id: ItemId,
    given: NewDecision,
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            max_length=200,
            description="The `ETag` of what was looked at; `approve` needs it, the others heed it.",
            examples=['"3b340f9c63abc6ce66f32f5403847788"'],
        ),
    ] = None,
) -> Response:
    """Approve, return, verify or archive an item; nobody approves what he wrote, and more readers take a publisher.

    An approval is one of just the text that `GET /v1/review/{id}` has shown.
    """
    with _deciding(), services.publisher.afterwards():
        _require_as_read(desk, item_id, given, if_match)
        _confirm(desk, item_id, given)
        taken = _DECISIONS[given.decision](desk, item_id, given)
    return json_answer(request, {"id": taken.id, "what": taken.what.value})


@router.post(
    "/v1/review/verifications",
    operation_id="verifyItems",
    summary="Say of several items that they still hold",
    response_model=DecidedAll,
)
def verifications(request: Request, desk: Working, services: Serving, given: Verification) -> Response:
    """Make today the day of verification of approved items; one that is refused does not stop the others."""
    with _deciding():
        require_role(desk.asker, Action.VERIFY)
        return _answer_all(request, services, decide_all(_chosen(desk, given), lambda item_id: verify(desk, item_id)))


@router.post(
    "/v1/review/reassignments",
    operation_id="reassignItems",
    summary="Hand over all items of somebody who left",
    response_model=DecidedAll,
)
def reassignments(request: Request, desk: Working, services: Serving, given: Reassignment) -> Response:
    """Name somebody else as owner and contact of all that the caller sees; authors stay."""
    with _deciding():
        return _answer_all(request, services, reassign(desk, given.leaver, given.successor))


def _answer_all(request: Request, services: Services, outcome: Outcome) -> Response:
    if outcome.done or outcome.refused:  # what Git refused is decided all the same
        services.publisher.request()
    return json_answer(request, decided(outcome))


@contextmanager
def _deciding() -> Iterator[None]:
    try:
        with telling():
            yield
    except ConflictError as error:  # its message names a place on the server
        raise ProblemError("conflict") from error


def _require_as_read(desk: Desk, item_id: str, given: NewDecision, if_match: str | None) -> None:
    """Do nothing for a decision on what the item says now."""
    require_role(desk.asker, _ACTIONS[given.decision])
    if if_match:
        try:
            require_as_read(desk, item_id, _ACTIONS[given.decision], if_match.strip().removeprefix("W/"))
        except ConflictError as error:
            raise ProblemError("changed-meanwhile", "Look at it again, and decide on what it says now.") from error
    elif given.decision == "approve":
        raise ProblemError("precondition-required", "Send `If-Match` with the `ETag` of the text that you looked at.")


def _confirm(desk: Desk, item_id: str, given: NewDecision) -> None:
    """Have it confirmed that the only case for a kind of challenge goes."""
    if given.decision != "archive" or given.confirmed or not given.reason.strip():
        return
    require_role(desk.asker, Action.ARCHIVE)
    alone = only_case_for(desk, desk.item(item_id).item)
    if alone:
        detail = f"{item_id} is the only approved case that you see for {', '.join(alone)}."
        raise ProblemError("confirmation-needed", detail)


def _chosen(desk: Desk, given: Verification) -> list[str]:
    if given.ids:
        return given.ids
    if not given.overdue and not given.owner:
        message = "Give ids, or say `overdue` or `owner`."
        raise ProblemError("invalid", f"Look at: ids. {message}", errors=[{"field": "ids", "message": message}])
    return [
        id_
        for id_, found in desk.items().items()
        if desk.is_approved(found)
        and (not given.overdue or desk.is_overdue(found))
        and (not given.owner or (found.item.owner or "").casefold() == given.owner.casefold())
    ]


_ACTIONS = {
    "approve": Action.APPROVE,
    "return": Action.RETURN,
    "verify": Action.VERIFY,
    "archive": Action.ARCHIVE,
}
_DECISIONS: dict[str, Callable[[Desk, str, NewDecision], Decision]] = {
    "approve": lambda desk, item_id, _: approve(desk, item_id),
    "return": lambda desk, item_id, given: send_back(desk, item_id, given.reason),
    "verify": lambda desk, item_id, _: verify(desk, item_id),
    "archive": lambda desk, item_id, given: archive(desk, item_id, given.reason, confirmed=given.confirmed),
}
