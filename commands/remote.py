"""Answers from a server: its JSON made into the same values that an index on this machine gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from commands.calling import Caller, open_caller
from commands.refusals import ServerError
from library.errors import UnknownItemError

if TYPE_CHECKING:
    from commands.sources import Wish
    from search.answers.answer import Answer
    from search.browsing.listing import ItemPage, ListedItem
    from search.filters import Filters

T = TypeVar("T")
# Where a server has the items of each type, and how the ids of most begin.
PLACES = {
    "business_case": ("cases", "case-"),
    "industry_note": ("notes", "note-"),
    "competency": ("competencies", "cmp-"),
    "enabler": ("enablers", "enb-"),
    "challenge_type": ("challenge-types", "chl-"),
    "learning_resource": ("learning", "lrn-"),
}
_MOST_LISTED = 200
_MISSING = 404


@dataclass(frozen=True, slots=True)
class _Section:
    heading: str
    text: str


class RemoteSource:
    """A server, as it answers the holder of the key that it is shown."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def search(self, text: str, filters: Filters, wish: Wish) -> Answer:
        """Return the closest cases to a challenge, which goes in the body of the request."""
        chosen: dict[str, Any] = {facet.replace("-", "_"): list(values) for facet, values in filters.values.items()}
        if filters.since:
            chosen["since"] = filters.since.isoformat()
        asked = {"challenge": text, "filters": chosen, "have": list(wish.have), "facets": wish.facets}
        return self._answer(self._caller.post("/v1/search", asked | ({"limit": wish.limit} if wish.limit else {})))

    def similar(self, case_id: str, wish: Wish) -> Answer:
        """Return the cases closest to a case."""
        asked: dict[str, str | Sequence[str]] = {"have": wish.have, "facets": str(wish.facets).lower()}
        asked |= {"limit": str(wish.limit)} if wish.limit else {}
        with self._missing(case_id):
            return self._answer(self._caller.get(f"/v1/cases/{_segment(case_id)}/similar", asked))

    def show(self, item_id: str) -> ItemPage:
        """Return an item in full; a server has a place for each type, so the likeliest is asked first."""
        places = sorted(PLACES.values(), key=lambda place: not item_id.startswith(place[1]))
        for name, _ in places[:-1]:
            try:
                return self._page(self._caller.get(f"/v1/{name}/{_segment(item_id)}"))
            except ServerError as error:
                if error.status != _MISSING:
                    raise
        with self._missing(item_id):
            return self._page(self._caller.get(f"/v1/{places[-1][0]}/{_segment(item_id)}"))

    def items(self, item_type: str, statuses: Sequence[str]) -> Sequence[ListedItem]:
        """Return the items of a type, by id."""
        from search.browsing.listing import ListedItem

        found: list[ListedItem] = []
        asked: dict[str, str | Sequence[str]] = {"status": statuses, "limit": str(_MOST_LISTED)}
        while True:
            page = self._caller.get(f"/v1/{PLACES[item_type][0]}", asked)
            found += self._read(tuple[ListedItem, ...], _field(page, "items"))
            following = _field(page, "next")
            if not following or following == asked.get("cursor"):
                return found
            asked["cursor"] = str(following)

    def brief(self, case_ids: Sequence[str], form: str) -> bytes:
        """Return the brief of a case as a file; a server writes one at a time."""
        (case_id,) = case_ids
        with self._missing(case_id):
            return self._caller.download(f"/v1/cases/{_segment(case_id)}/brief", {"format": form})

    def _answer(self, answered: Any) -> Answer:
        from search.answers.answer import SCHEMA, Answer

        if _field(answered, "schema") != SCHEMA:
            raise self._other_version()
        return self._read(Answer, answered)

    def _page(self, answered: Any) -> ItemPage:
        from search.browsing.listing import ItemLink, ItemPage

        if not isinstance(answered, dict):
            raise self._other_version()
        parts = {name: _field(answered, name) for name in ("sections", "links", "linked_from")}
        return ItemPage(
            fields={name: value for name, value in answered.items() if name not in parts},
            sections=tuple(
                (section.heading, section.text) for section in self._read(tuple[_Section, ...], parts["sections"])
            ),
            links=self._read(tuple[ItemLink, ...], parts["links"]),
            linked_from=self._read(tuple[ItemLink, ...], parts["linked_from"]),
        )

    def _read(self, shape: type[T], value: Any) -> T:
        try:
            return TypeAdapter(shape).validate_python(value)
        except ValidationError as error:
            raise self._other_version() from error

    def _other_version(self) -> ServerError:
        return ServerError(
            f"{self._caller.url} answers in a form that this version does not know.",
            hint="Install the version of Casebook that the server has.",
        )

    @contextmanager
    def _missing(self, item_id: str) -> Iterator[None]:
        try:
            yield
        except ServerError as error:
            if error.status != _MISSING:
                raise
            raise UnknownItemError(
                f"There is no item {item_id!r} at {self._caller.url}, or it is not for you to see.",
                hint="`casebook list cases --server URL` lists what there is.",
            ) from error


@contextmanager
def open_remote(server: str, *, insecure: bool) -> Iterator[RemoteSource]:
    """Open a server's address; raises SettingsError if it or the key cannot be used."""
    with open_caller(server, insecure=insecure) as caller:
        yield RemoteSource(caller)


def _field(answered: Any, name: str) -> Any:
    return answered.get(name) if isinstance(answered, dict) else None


def _segment(text: str) -> str:
    """Return a text as one segment of a path."""
    return quote(text, safe="", errors="replace")
