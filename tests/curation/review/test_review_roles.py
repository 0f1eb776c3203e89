"""Who may do what, and what makes an audience wider."""

from __future__ import annotations

import pytest

from curation.review.guards import Guard
from curation.review.roles import Action, is_allowed, widenings
from library.access import Asker, Role

_OPEN = Guard("approved", "internal")
_CLOSED = Guard("approved", "confidential", ("red",), "hidden", "ann", ("bob",))


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        (Action.SUBMIT, "contributor curator publisher"),
        (Action.SEE_QUEUE, "contributor curator publisher"),
        (Action.SEE_DIFF, "contributor curator publisher"),
        (Action.APPROVE, "curator publisher"),
        (Action.RETURN, "curator publisher"),
        (Action.VERIFY, "curator publisher"),
        (Action.REASSIGN, "curator publisher"),
        (Action.ARCHIVE, "curator publisher"),
        (Action.PURGE, "publisher administrator"),
        (Action.READ_AUDIT, "administrator auditor"),
    ],
)
def test_roles(action: Action, roles: str) -> None:
    """Each action is open to just these roles, and never to a service that acts for nobody."""
    assert [role.value for role in Role if is_allowed(Asker(role=role), action)] == roles.split()
    assert not any(is_allowed(Asker(role=role, is_service=True), action) for role in Role)


@pytest.mark.parametrize(
    ("before", "after", "wider"),
    [
        (None, Guard("approved", "public"), True),
        (None, _OPEN, False),
        (None, _CLOSED, False),
        (_OPEN, Guard("approved", "public"), True),
        (Guard("approved", "public"), _OPEN, False),
        (_OPEN, _CLOSED, False),
        (_CLOSED, _OPEN, True),
        (Guard("approved", "restricted", ("red",)), Guard("approved", "confidential", ("red",)), True),
        (Guard(), _OPEN, True),
        (_CLOSED, Guard("approved", "confidential", (), "hidden", "ann", ()), False),
        (_CLOSED, Guard("approved", "confidential", ("red", "blue"), "hidden", "ann", ("bob",)), True),
        (_CLOSED, Guard("approved", "confidential", ("red",), "discoverable", "ann", ("bob",)), True),
        (_CLOSED, Guard("approved", "confidential", ("red",), "hidden", "cyd", ("bob",)), True),
        (_CLOSED, Guard("approved", "confidential", ("red",), "hidden", "bob", ("ann",)), False),
        (_CLOSED, Guard("approved", "restricted", ("red", "blue"), "hidden", "ann"), True),
    ],
)
def test_wider_audiences(before: Guard | None, after: Guard, wider: bool) -> None:  # noqa: FBT001
    """Whatever lets one more person see an item, or know of it, is wider than what was approved."""
    assert bool(widenings(before, after)) is wider


def test_a_guard_survives_its_record() -> None:
    """What decided who saw an item is read as it was written; of a purged one nobody sees anything."""
    assert Guard.from_json(_CLOSED.as_json()) == _CLOSED
    assert Guard.from_json("{}") == Guard()
