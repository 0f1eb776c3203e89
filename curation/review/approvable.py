"""What can be approved, and by whom: what waits, was written by others, and shows itself to nobody new."""

from __future__ import annotations

from datetime import datetime

from curation.review.approvals import last_approval
from curation.review.audit import savers_of
from curation.review.desk import Desk, DeskItem
from curation.review.retelling import retells_for_more
from curation.review.roles import Action, require_other_eyes, require_publisher, require_role, widenings
from indexer.history import Event
from library.access import Guarded
from library.errors import ReviewError, RoleError
from library.messages import Message, joined


def require_approvable(desk: Desk, found: DeskItem) -> None:
    """Do nothing for an item that waits, was written by others, and shows itself to nobody new without a publisher."""
    _require_waiting(found)
    with desk.state.reading() as db:
        savers = savers_of(db, found.item.id)
    require_other_eyes(desk.asker, found.item, savers, _since_approval(_events(desk, found.item.id)))
    before = approved_guard(desk, found.item.id)
    reasons = widenings(before, found.item)
    if before is None and retells_for_more(desk.state, found.item.id, found.item, found.text):
        reasons.append(Message("fewer saw the same text when it was approved under another id"))
    require_publisher(desk.asker, reasons)


def why_not_approved(desk: Desk, found: DeskItem) -> str:
    """Return why the asker cannot approve an item and who could; empty if he can. Nothing is recorded of asking."""
    try:
        require_role(desk.asker, Action.APPROVE)
        require_approvable(desk, found)
    except (RoleError, ReviewError) as error:
        return joined((error.message, error.hint), " ")
    return ""


def approved_guard(desk: Desk, item_id: str) -> Guarded | None:
    """Return what decided who saw an item when it was approved last, on record or in what was published."""
    approval = last_approval(desk.state, item_id)
    event = next((event for event in reversed(_events(desk, item_id)) if event.status == "approved"), None)
    if approval is None or event is None:
        return event if approval is None else approval.guard
    # What was approved in files alone, while that counted, may be younger than the record.
    return event if datetime.fromisoformat(event.at) > datetime.fromisoformat(approval.at) else approval.guard


def _events(desk: Desk, item_id: str) -> list[Event]:
    return [] if desk.published is None else [event for event in desk.published.events if event.id == item_id]


def _since_approval(events: list[Event]) -> list[Event]:
    """Return what an item was in the index since it was served as approved."""
    approved = [n for n, event in enumerate(events) if event.status == "approved"]
    return events[approved[-1] + 1 :] if approved else events


def _require_waiting(found: DeskItem) -> None:
    """Do nothing for what can be approved now."""
    item_id, status = found.item.id, found.item.status
    if status == "draft":
        command = f"`casebook review submit {item_id}` does."
        message = Message("%(id)s is a draft.", id=item_id)
        raise ReviewError(message, hint=Message("Its author submits it first."), command=command)
    if status == "archived":
        hint = Message("Set its `status` to in_review in the file to bring it back.")
        raise ReviewError(Message("%(id)s is archived.", id=item_id), hint=hint)
    if found.is_recorded and status == "approved":
        command = f"`casebook review verify {item_id}` does."
        message = Message("%(id)s is approved as it stands.", id=item_id)
        raise ReviewError(message, hint=Message("Verify it if it still holds."), command=command)
