"""What a vocabulary's file brings to the pages that one asker sees, without what no file decides.

Who sees a page, how far it is and when it was verified stay as they are; so does what the asker is not shown of it. A
page that is approved waits for its approval with what is new in it, and a new page is a draft.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace

from curation.changing import Change
from curation.front_matter_edit import set_keys
from curation.review.desk import Desk, DeskItem
from curation.shown_text import restored_text, shown_text
from curation.vocabulary.pages import ConceptPage, normal, parse_page
from curation.vocabulary.plans import UpdatePlan
from curation.writing import check_place
from library.access import Visibility, visible
from library.errors import EditError, LibraryError
from library.front_matter import Value

_KEPT = ("id", "type", "status", "classification", "access_groups", "existence", "owner", "authors", "last_verified")
_CLASS = "internal"


class SeenFiles(Container[str]):
    """The paths of the files that hold what an asker sees."""

    def __init__(self, desk: Desk) -> None:
        self._items = {found.document.path: found for found in desk.items().values()}

    def __contains__(self, path: object) -> bool:
        return path in self._items

    def item(self, path: str) -> DeskItem | None:
        """Return what a file holds, if the asker sees it."""
        return self._items.get(path)


@dataclass(frozen=True, slots=True)
class GuardedUpdate:
    """An update of pages as an asker may make it; `waiting` are those that are approved and would wait for it."""

    changes: tuple[Change, ...]
    created: tuple[str, ...]
    updated: Mapping[str, tuple[str, ...]]
    waiting: tuple[str, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def guard_update(desk: Desk, seen: SeenFiles, plan: UpdatePlan) -> GuardedUpdate:
    """Return what is left of a plan of what a file brings (`curation.vocabulary.updating`)."""
    return _Guarding(desk, seen, plan).guarded()


class _Guarding:
    """Goes through a plan's changes once."""

    def __init__(self, desk: Desk, seen: SeenFiles, plan: UpdatePlan) -> None:
        self._desk = desk
        self._seen = seen
        self._plan = plan
        self._created: list[str] = []
        self._updated: dict[str, tuple[str, ...]] = {}
        self._waiting: list[str] = []
        self._problems = list(plan.problems)
        self._notes = list(plan.notes)

    def guarded(self) -> GuardedUpdate:
        changes = tuple(self._changes())
        return GuardedUpdate(
            changes=changes,
            created=tuple(self._created),
            updated=self._updated,
            waiting=tuple(sorted(self._waiting)),
            problems=tuple(self._problems),
            notes=tuple(self._notes),
        )

    def _changes(self) -> Iterator[Change]:
        for change in self._plan.changes:
            page = parse_page(change.path, (change.text or "").encode())
            if page is None or change.text is None:
                continue
            found = self._seen.item(change.path)
            try:
                text = self._new(change.path, change.text, page) if found is None else self._changed(found, change)
            except (EditError, LibraryError) as error:
                self._problems.append(f"{page.id}: {error.message} {error.hint}")
                continue
            if found is None or text != found.text:
                yield replace(change, text=text)

    def _new(self, path: str, text: str, page: ConceptPage) -> str:
        """Return a new page as a draft that its maker sees."""
        root = self._desk.settings.library
        check_place(root / path, root=root)
        keys: dict[str, Value] = {"status": "draft", "last_verified": None}
        if "classification" not in page.fields:
            keys["classification"] = _CLASS
        text = set_keys(text, keys)
        document = self._desk.read(path, text.encode()).document
        if document is not None and visible(self._desk.asker, document.item) is not Visibility.FULL:
            text = set_keys(text, {"authors": [*document.item.authors, self._desk.asker.user]})
        self._created.append(page.id)
        return text

    def _changed(self, found: DeskItem, change: Change) -> str:
        """Return a page with what is new in it, and with what stays."""
        assert change.text is not None
        text = change.text
        old, new = _fields(change.path, found.text), _fields(change.path, text)
        kept = {name: old.get(name) for name in _KEPT if old.get(name) != new.get(name)}
        if kept:
            self._notes.append(f"{found.item.id}: {', '.join(f'`{name}`' for name in kept)} stays; no file decides it")
            text = set_keys(text, kept)
        before = shown_text(self._desk, found)
        after = shown_text(self._desk, replace(found, content=text.encode()))
        if self._is_same(change.path, before, after):
            return found.text
        self._updated[found.item.id] = _differences(_page(change.path, before), _page(change.path, after))
        text = restored_text(self._desk, text, found)
        if self._desk.is_approved(found):
            self._waiting.append(found.item.id)
        return set_keys(text, {"status": "in_review"}) if old.get("status") == "approved" else text

    def _is_same(self, path: str, before: str, after: str) -> bool:
        """Whether two texts are one item, however they are written."""
        old, new = (self._desk.read(path, one.encode()).document for one in (before, after))
        if old is None or new is None:
            return _page(path, before) == _page(path, after)
        return new.item == old.item and new.body == old.body


def _page(path: str, text: str) -> ConceptPage | None:
    return parse_page(path, text.encode())


def _differences(old: ConceptPage | None, new: ConceptPage | None) -> tuple[str, ...]:
    """Return the fields in which two pages differ, and `body`."""
    if old is None or new is None:
        return ()
    names = dict.fromkeys((*new.fields, *old.fields))
    fields = [name for name in names if normal(name, old.fields.get(name)) != normal(name, new.fields.get(name))]
    return (*fields, *(["body"] if old.body != new.body else []))


def _fields(path: str, text: str) -> Mapping[str, Value]:
    page = _page(path, text)
    return page.fields if page else {}
