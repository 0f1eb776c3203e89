"""Decide on several items: each by itself, one that is refused stops no other; and replace someone who left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from curation.review.audit import Act
from curation.review.desk import Desk
from curation.review.people import may_be_same
from curation.review.refusing import refusals_kept
from curation.review.roles import Action, opens_to, require_publisher, require_role
from curation.review.settling import Change, Decision, settle
from library.errors import CasebookError, ConflictError, LibraryError, ReviewError, StateError, UncommittableError
from library.items import AnyItem
from library.messages import Message

_MAX_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a decision was not taken of one item among several."""

    id: str
    message: str
    hint: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of several items."""

    done: tuple[Decision, ...]
    refused: tuple[Refused, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"done": [asdict(one) for one in self.done], "refused": [asdict(one) for one in self.refused]}


def decide_all(ids: Iterable[str], decide: Callable[[str], Decision]) -> Outcome:
    """Take a decision of each item; one that is refused does not stop the others."""
    done: list[Decision] = []
    refused: list[Refused] = []
    for item_id in dict.fromkeys(ids):
        try:
            done.append(decide(item_id))
        except (StateError, UncommittableError):
            raise
        except (ConflictError, LibraryError) as error:  # their messages name places on this machine
            what = "was changed meanwhile" if isinstance(error, ConflictError) else "cannot be written"
            refused.append(Refused(item_id, f"{item_id} {what}.", error.hint))
        except CasebookError as error:
            refused.append(Refused(item_id, error.message, error.hint, error.command))
    return Outcome(tuple(done), tuple(refused))


def reassign(desk: Desk, leaver: str, successor: str) -> Outcome:
    """Name somebody else as owner and contact of all that the asker sees of one who left; authors stay.

    An approval stays one. An item whose new owner would be let in by that takes a publisher.

    Raises:
        RoleError: the asker's role does not allow it.
        ReviewError: a name is empty or no line of text.
    """
    require_role(desk.asker, Action.REASSIGN)
    old, new = _checked_name(leaver), _checked_name(successor)
    ids = [id_ for id_, found in desk.items().items() if _held_by(found.item, old)]
    return decide_all(ids, lambda item_id: _reassign_one(desk, item_id, old, new))


def _reassign_one(desk: Desk, item_id: str, old: str, new: str) -> Decision:
    with refusals_kept(desk, Action.REASSIGN, item_id):
        found = desk.item(item_id)
        keys = dict.fromkeys(_held_by(found.item, old), new)
        if "owner" in keys:
            require_publisher(desk.asker, opens_to(found.item, new))
        # Who hands on what is his own has written it all the same.
        saves = "owner" in keys and not found.is_recorded and may_be_same(desk.asker.user, old)
        return settle(desk, found, Change(Act.REASSIGNED, keys, approves=found.is_recorded, saves=saves))


def _held_by(item: AnyItem, name: str) -> list[str]:
    """Return in which fields an item names somebody."""
    return [field for field in ("owner", "contact") if (getattr(item, field) or "").casefold() == name.casefold()]


def _checked_name(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > _MAX_NAME_LENGTH or not plain.isprintable():
        hint = Message("Write it as `owner` and `contact` do: a role or a mailbox.")
        raise ReviewError(Message("%(name)s is no name.", name=repr(plain)), hint=hint)
    return plain
