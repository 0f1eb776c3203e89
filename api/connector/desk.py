"""Where a tool works: what its caller sees, how to answer, and where an item can be read."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from api.resources.addresses import item_path
from search.answers.options import SearchOptions
from search.view import View


@dataclass(frozen=True, slots=True)
class Desk:
    """One call's view, options, and the address of the server (empty where there is none)."""

    view: View
    options: SearchOptions
    address: str = ""

    def url(self, item_id: str) -> str:
        """Return where a visible item can be read; without a server a name that is no address."""
        if not self.address:
            return f"urn:casebook:{quote(item_id, safe='')}"
        return self.address + item_path(self.view.by_id[item_id].type, item_id)
