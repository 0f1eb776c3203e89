"""Where answers come from: one shape for the index on this machine and for a server."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import typer

if TYPE_CHECKING:
    from commands.options import AskerOptions, Origin
    from search.answers.answer import Answer
    from search.browsing.listing import ItemPage, ListedItem
    from search.filters import Filters


@dataclass(frozen=True, slots=True)
class Wish:
    """How much of an answer is asked for; a limit of None is the source's own."""

    limit: int | None = None
    have: tuple[str, ...] = ()
    facets: bool = False


class Source(Protocol):
    """Whatever answers the commands that read."""

    def search(self, text: str, filters: Filters, wish: Wish) -> Answer:
        """Return the closest cases to a challenge."""
        ...

    def similar(self, case_id: str, wish: Wish) -> Answer:
        """Return the cases closest to a case."""
        ...

    def show(self, item_id: str) -> ItemPage:
        """Return an item in full."""
        ...

    def items(self, item_type: str, statuses: Sequence[str]) -> Sequence[ListedItem]:
        """Return the items of a type, by id."""
        ...

    def brief(self, case_ids: Sequence[str], form: str) -> bytes:
        """Return the brief of cases as a file."""
        ...


def open_source(origin: Origin, who: AskerOptions, *, for_challenge: bool = False) -> AbstractContextManager[Source]:
    """Open what a command reads from; a server decides by its key what may be seen, so it takes no asker.

    `for_challenge` says that a challenge comes: what that takes is begun at once, beside all else.
    """
    if origin.server is None:
        from commands.local import open_local

        return open_local(origin, who, for_challenge=for_challenge)
    _refuse_local_options(origin, who)
    from commands.environment import warn_of_strange_variables
    from commands.remote import open_remote

    warn_of_strange_variables()
    return open_remote(origin.server, insecure=origin.insecure)


def _refuse_local_options(origin: Origin, who: AskerOptions) -> None:
    given = {
        "--library": origin.library,
        "--data": origin.data,
        "--user": who.user,
        "--role": who.role,
        "--group": who.group,
    }
    names = [name for name, value in given.items() if value is not None]
    if names:
        raise typer.BadParameter(
            f"--server answers from its own library and sees who asks by the key: leave out {', '.join(names)}."
        )
