"""What changed for an asker: a copy stays true, and what he never could see leaves no trace."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indexer.history import History, extend_history, time_text
from library.access import Asker, Role, Visibility, visible
from library.documents import Document, DocumentSection
from library.errors import CursorError
from library.items import ITEM_TYPES, AnyItem
from search.changes.feed import Changes, changes_for, changes_since
from search.engine import LocalEngine
from search.view import View
from tests.conftest import case_text, concept_text, index_library, write_library

START = datetime(2026, 7, 1, 6, tzinfo=UTC)
ANYONE = Asker(is_service=True)
READER = Asker(groups=frozenset({"red"}))


@dataclass(frozen=True)
class _Item:
    """An item at one time."""

    id: str
    text: str = "text"
    status: str = "approved"
    classification: str | None = "internal"
    groups: tuple[str, ...] = ()
    existence: str | None = None
    owner: str | None = None
    related: tuple[str, ...] = ()
    type: str = "business_case"
    more: dict[str, object] = field(default_factory=dict)

    def document(self) -> Document:
        item: AnyItem = ITEM_TYPES[self.type].model_validate(  # type: ignore[assignment]
            {
                "id": self.id,
                "title": "A title",
                "status": self.status,
                "classification": self.classification,
                "access_groups": self.groups,
                "existence": self.existence,
                "owner": self.owner,
                "related": self.related,
                **self.more,
            }
        )
        return Document(f"cases/{self.id}.md", item, (DocumentSection(None, ("Context",), 1, self.text),))


_Library = list[_Item]


def _history(*libraries: _Library, previous: History | None = None, first_hour: int = 0) -> History:
    history = previous
    for hour, library in enumerate(libraries, first_hour):
        history = extend_history(
            history, [item.document() for item in library], START + timedelta(hours=hour, microseconds=1)
        )
    assert history is not None
    return history


def _told(changes: Changes) -> list[tuple[str, str]]:
    return [(item.id, item.change) for item in changes.items]


def _news(asker: Asker, before: _Library, *after: _Library) -> list[tuple[str, str]]:
    """Return what an asker who knew the first library is told after the others."""
    history = _history(before)
    cursor = changes_for(asker, history).next
    changes = changes_for(asker, _history(*after, previous=history, first_hour=1), cursor)
    assert not changes.reset
    return _told(changes)


def test_the_first_call_lists_everything_that_the_asker_sees() -> None:
    """Without a cursor all that is published for the asker comes, and his copy begins with it."""
    closed = _Item("b", classification="confidential", groups=("red",))
    history = _history([_Item("a"), closed, _Item("c", status="draft"), _Item("d", classification=None)])
    assert _told(changes_for(ANYONE, history)) == [("a", "published")]
    assert _told(changes_for(READER, history)) == [("a", "published"), ("b", "published")]
    assert changes_for(ANYONE, history).reset


def test_nothing_new_is_nothing() -> None:
    """The cursor at the end leads to an empty page and to itself, without a reset."""
    history = _history([_Item("a")])
    cursor = changes_for(ANYONE, history).next
    again = changes_for(ANYONE, history, cursor)
    assert (again.items, again.next, again.more, again.reset) == ((), cursor, False, False)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([], [_Item("a")], [("a", "published")]),
        ([_Item("a")], [], [("a", "removed")]),
        ([_Item("a")], [_Item("a", text="other")], [("a", "changed")]),
        ([_Item("a")], [_Item("a", type="industry_note")], [("a", "changed")]),
        ([_Item("a")], [_Item("a", status="archived")], [("a", "removed")]),
        ([_Item("a", status="draft")], [_Item("a")], [("a", "published")]),
        ([_Item("a")], [_Item("a", classification="confidential", groups=("blue",))], [("a", "removed")]),
        ([_Item("a", classification="restricted", groups=("blue",))], [_Item("a")], [("a", "published")]),
        ([_Item("a")], [_Item("a", classification="confidential", groups=("red",))], [("a", "changed")]),
        ([_Item("a", status="draft")], [_Item("a", status="draft", text="other")], []),
        ([], [_Item("a", classification="confidential", existence="discoverable")], []),
        ([_Item("b", classification=None)], [_Item("a", classification=None)], []),
    ],
)
def test_a_change_is_what_it_is_to_the_asker(before: _Library, after: _Library, told: list[tuple[str, str]]) -> None:
    """Published, changed and removed are told by what the asker saw then and sees now; a stub is nothing."""
    assert _news(READER, before, after) == told


@pytest.mark.parametrize(
    ("between", "after"),
    [
        ([_Item("a", text="other")], [_Item("a")]),
        ([], [_Item("a")]),
        ([_Item("a"), _Item("b")], [_Item("a")]),
    ],
)
def test_what_is_again_as_it_was_is_no_change(between: _Library, after: _Library) -> None:
    """What came and went between two calls is not told."""
    assert _news(ANYONE, [_Item("a")], between, after) == []


def test_a_reference_to_what_the_asker_does_not_see_is_no_change() -> None:
    """An item changes with its references to what the asker sees, and with nothing else that it refers to."""
    hidden = _Item("b", classification="confidential", groups=("blue",))
    plain, linked = _Item("a"), _Item("a", related=("b",))
    assert _news(READER, [plain, hidden], [linked, hidden]) == []
    assert _news(READER, [plain, _Item("b")], [linked, _Item("b")]) == [("a", "changed")]
    assert _news(READER, [linked, hidden], [linked, _Item("b")]) == [("a", "changed"), ("b", "published")]
    assert _news(READER, [linked, _Item("b")], [linked, hidden]) == [("a", "changed"), ("b", "removed")]


def test_a_change_is_dated_by_the_index_that_brought_it() -> None:
    """`at` is when the asker came to see the item as it is, and changes come in that order."""
    history = _history([_Item("a"), _Item("b")], [_Item("a", text="1"), _Item("b")], [_Item("a", text="1")])
    found = changes_for(ANYONE, history, time_text(START + timedelta(minutes=1))).items
    assert [(item.id, item.at[:16]) for item in found] == [("a", "2026-07-01T07:00"), ("b", "2026-07-01T08:00")]


@pytest.mark.parametrize(
    ("since", "told", "reset"),
    [
        ("2026-07-01", ["a", "b"], True),
        ("2026-07-01T06:30", ["b"], False),
        ("2026-07-01T06:30:00Z", ["b"], False),
        ("2026-07-01T08:30:00+02:00", ["b"], False),
        ("2026-07-01T07:30:00-01:00", [], False),
        ("2026-07-02", [], False),
        ("0001-01-01T00:00:00+05:00", ["a", "b"], True),
        ("9999-12-31", [], False),
    ],
)
def test_since_may_be_a_date_or_a_time(since: str, told: list[str], *, reset: bool) -> None:
    """A time is UTC unless it says otherwise; one from before the history begins gives everything."""
    changes = changes_for(ANYONE, _history([_Item("a")], [_Item("a"), _Item("b")]), since)
    assert [item.id for item in changes.items] == told
    assert changes.reset is reset


@pytest.mark.parametrize(
    "since",
    ["x", "é", "2026-13-01", "bnVsbA", base64.urlsafe_b64encode(b'[1,"a"]').decode(), "W10", "WzEsMSwyLDMsNCw1XQ"],
)
def test_what_is_no_cursor_is_an_error(since: str) -> None:
    """A text that is neither a cursor nor a date is told as such."""
    with pytest.raises(CursorError, match="neither a cursor nor a date"):
        changes_for(ANYONE, _history([_Item("a")]), since)


@pytest.mark.parametrize(
    "other", [Asker(), Asker(user="ann"), Asker(role=Role.CURATOR), Asker(groups=frozenset({"red"}))]
)
def test_other_rights_begin_anew(other: Asker) -> None:
    """A cursor is good for the rights that it was made with; with others everything visible is listed again."""
    history = _history([_Item("a")])
    changes = changes_for(other, history, changes_for(ANYONE, history).next)
    assert changes.reset
    assert _told(changes) == [("a", "published")]


def test_another_history_begins_anew() -> None:
    """A cursor of a history that was lost, or of another version, gives everything again."""
    history = _history([_Item("a")])
    cursor = changes_for(ANYONE, history).next
    assert changes_for(ANYONE, _history([_Item("a")]), cursor).reset
    values = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    later = base64.urlsafe_b64encode(json.dumps([2, "whatever"]).encode()).decode()
    assert values[0] == 1
    assert changes_for(ANYONE, history, later).reset


def test_a_cursor_of_ones_own_making_opens_nothing() -> None:
    """Whatever times a cursor names, it tells only what the asker could have seen then."""
    hidden = _Item("b", classification="confidential", groups=("blue",))
    history = _history([_Item("a"), hidden], [_Item("a")], [_Item("a"), replace(hidden, text="other")])
    values = json.loads(base64.urlsafe_b64decode(changes_for(ANYONE, history).next + "=="))
    for base in ("", time_text(START), "9", history.events[-1].at):
        for until in ("", "0", "9"):
            forged = json.dumps([1, values[1], base, until, base, "aa"])
            changes = changes_for(ANYONE, history, base64.urlsafe_b64encode(forged.encode()).decode())
            assert {item.id for item in changes.items} <= {"a"}


def test_pages_make_the_whole() -> None:
    """Page after page, each change comes once; only the first page says that one begins anew."""
    history = _history([_Item(f"a{n}") for n in range(7)])
    pages = [changes_for(ANYONE, history, limit=3)]
    while pages[-1].more:
        pages.append(changes_for(ANYONE, history, pages[-1].next, limit=3))
    assert [item.id for page in pages for item in page.items] == [f"a{n}" for n in range(7)]
    assert [page.reset for page in pages] == [True, False, False]
    assert pages[-1].next == changes_for(ANYONE, history).next


_WORDS = ("one", "two", "three")
_IDS = tuple(f"i{n}" for n in range(6))


def _random_library(rng: random.Random) -> _Library:
    return [_random_item(rng, id_) for id_ in _IDS if rng.random() < 0.8]


def _random_item(rng: random.Random, id_: str) -> _Item:
    return _Item(
        id_,
        text=rng.choice(_WORDS),
        status=rng.choice(["approved"] * 4 + ["draft", "archived"]),
        classification=rng.choice(["internal", "internal", "public", "confidential", "restricted", None]),
        groups=tuple(rng.sample(["red", "blue"], rng.randint(0, 2))),
        existence=rng.choice([None, "discoverable"]),
        owner=rng.choice([None, "ann", "bob"]),
        related=tuple(rng.sample(_IDS, rng.randint(0, 2))),
        type=rng.choice(["business_case"] * 3 + ["learning_resource"]),
    )


def _changed(rng: random.Random, library: _Library) -> _Library:
    """Return a library in which a few items are other ones, came or went."""
    by_id = {item.id: item for item in library}
    for id_ in rng.sample(_IDS, rng.randint(1, 3)):
        by_id.pop(id_, None)
        if rng.random() < 0.75:
            by_id[id_] = _random_item(rng, id_)
    return sorted(by_id.values(), key=lambda item: item.id)


def _random_asker(rng: random.Random) -> Asker:
    role = rng.choice([Role.READER, Role.READER, Role.CURATOR])
    groups = frozenset(rng.sample(["red", "blue"], rng.randint(0, 1)))
    return Asker(rng.choice(["", "ann"]), role, groups, is_service=rng.random() < 0.2)


def _as_seen(library: _Library, asker: Asker) -> _Library:
    return [item for item in library if visible(asker, item.document().item) is Visibility.FULL]


def _observe(asker: Asker, history: History, rng: random.Random, cursors: list[str]) -> Iterator[Changes]:
    """Ask as one who keeps all cursors that he ever got might ask."""
    for since in ["", *(rng.choice(cursors) for _ in range(3)), time_text(START + timedelta(hours=1))]:
        changes = changes_for(asker, history, since, limit=rng.choice([1, 2, 50]))
        cursors.append(changes.next)
        yield changes


@pytest.mark.parametrize("seed", range(40))
def test_what_an_asker_never_saw_leaves_no_trace(seed: int) -> None:
    """Every answer, cursors and times included, is the one over the library without what the asker did not see.

    Items become hidden and visible again, change meanwhile, and refer to each other.
    """
    rng = random.Random(seed)
    asker = _random_asker(rng)
    library = _random_library(rng)
    history: History | None = None
    reduced: History | None = None
    cursors, reduced_cursors = [""], [""]
    for hour in range(8):
        now = START + timedelta(hours=hour)
        history = extend_history(history, [item.document() for item in library], now)
        seen = [item.document() for item in _as_seen(library, asker)]
        reduced = extend_history(reduced, seen, now)
        reduced = replace(reduced, id=history.id)
        choices = rng.randint(0, 1 << 30)
        answers = list(_observe(asker, history, random.Random(choices), cursors))
        assert answers == list(_observe(asker, reduced, random.Random(choices), reduced_cursors))
        library = _changed(rng, library)


@dataclass
class _Copy:
    """A portal's copy, kept as the documentation says: which items it holds, and how each read when it was taken."""

    items: dict[str, object] = field(default_factory=dict)
    cursor: str = ""

    def take(self, asker: Asker, history: History, library: _Library, *, limit: int) -> bool:
        """Take one page; return whether there is more."""
        changes = changes_for(asker, history, self.cursor, limit=limit)
        served = _served(asker, library)
        if changes.reset:
            self.items = {}
        for item in changes.items:
            if item.change == "removed":
                self.items.pop(item.id, None)
            else:
                self.items[item.id] = served[item.id]
        self.cursor = changes.next
        return changes.more


def _served(asker: Asker, library: _Library) -> dict[str, object]:
    full = {item.id for item in _as_seen(library, asker)}
    return {
        item.id: replace(item, related=tuple(id_ for id_ in item.related if id_ in full))
        for item in _as_seen(library, asker)
        if item.status == "approved"
    }


@pytest.mark.parametrize("seed", range(40))
def test_a_copy_stays_true(seed: int) -> None:
    """Whoever takes page after page holds in the end what is served, even if the index changed between two pages."""
    rng = random.Random(seed)
    asker = _random_asker(rng)
    library = _random_library(rng)
    history = _history(library)
    copy = _Copy()
    for hour in range(1, 40):
        if copy.take(asker, history, library, limit=rng.choice([1, 2, 3])) is False:
            assert copy.items == _served(asker, library)
        if rng.random() < 0.6:
            library = _changed(rng, library) if rng.random() < 0.8 else _history_back(rng, library)
            history = _history(library, previous=history, first_hour=hour)
    while copy.take(asker, history, library, limit=2):
        pass
    assert copy.items == _served(asker, library)


def _history_back(rng: random.Random, library: _Library) -> _Library:
    """Return the library with texts that were there before, so that items come to be as they were."""
    return [replace(item, text=_WORDS[0]) if rng.random() < 0.5 else item for item in library]


def test_all_types_are_told_with_their_addresses(tmp_path: Path) -> None:
    """Concepts are told as cases are, over a real index, with the address that the caller makes."""
    root = write_library(
        tmp_path,
        {
            "cases/a.md": case_text(),
            "cases/secret.md": case_text(classification="confidential", more="access_groups: [red]\n"),
            "kb/competencies/cmp-a.md": concept_text("Negotiating"),
        },
    )
    view = View(index_library(root), ANYONE)
    changes = changes_since(view, url=lambda kind, id_: f"/{kind}/{id_}")
    assert [item.url for item in changes.items] == ["/business_case/a", "/competency/cmp-a"]
    write_library(root, {"cases/a.md": case_text(title="Another")})
    engine: LocalEngine = index_library(root)
    later = changes_since(View(engine, ANYONE), changes.next)
    assert _told(later) == [("a", "changed")]
    assert later.as_dict()["items"][0]["change"] == "changed"
