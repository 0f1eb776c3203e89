"""What decided who saw an item when something was done with it: kept with the record, for later questions."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from library.access import Guarded


@dataclass(frozen=True, slots=True)
class Guard:
    """The fields that `library.access.visible` decides by, as they were; empty ones are seen by nobody.

    `type` is that of the item, which its folder may decide.
    """

    status: str = ""
    classification: str | None = None
    access_groups: tuple[str, ...] = ()
    existence: str | None = None
    owner: str | None = None
    authors: tuple[str, ...] = ()
    type: str = ""

    @classmethod
    def of(cls, item: Guarded, *, type_name: str = "") -> Guard:
        """Return the guard of an item."""
        seen_by = (item.status, item.classification, item.access_groups, item.existence, item.owner, item.authors)
        return cls(*seen_by, type=type_name)

    @classmethod
    def from_json(cls, text: str) -> Guard:
        """Return the guard that `as_json` wrote; `{}` is that of a purged item."""
        values = json.loads(text)
        groups, authors = (tuple(values.pop(name, ())) for name in ("access_groups", "authors"))
        return cls(**values, access_groups=groups, authors=authors)

    def as_json(self) -> str:
        """Return the guard as a record keeps it."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def with_owner(self, name: str) -> Guard:
        """Return the guard as it would be with another owner."""
        return replace(self, owner=name)
