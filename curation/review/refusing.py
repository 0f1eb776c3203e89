"""Refuse, and keep that in the audit: whom his role, another rule or his sight keeps from an item that exists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from curation.review.audit import record_refusal
from curation.review.desk import Desk
from curation.review.roles import Action, require_role
from library.errors import RoleError, UnknownItemError


@contextmanager
def refusals_kept(desk: Desk, action: Action, item_id: str) -> Iterator[None]:
    """Check the role, and put into the audit whom it, another rule or his sight keeps from an item that exists."""
    try:
        require_role(desk.asker, action)
        yield
    except (RoleError, UnknownItemError):
        if desk.find_unseen(item_id) is not None:  # what is no id may be any text
            record_refusal(desk.state, desk.asker, item_id, action.value)
        raise
