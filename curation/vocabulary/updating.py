"""Plan what a vocabulary's file changes in a library's pages; nothing is written here.

A page of Casebook's own that is told whole becomes what is told. Of one that is told in part (a table's columns, some
properties) only that is changed. What another maker's thesaurus says of a page is added and overrides nothing.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from curation.changing import Change
from curation.drafting import ID_PREFIXES, TYPE_NAMES
from curation.front_matter_edit import set_keys
from curation.vocabulary.fields import add_fields, change_fields, without_none
from curation.vocabulary.integrity import ID, check_pages, known_references
from curation.vocabulary.mentions import find_mentions, mentions_in
from curation.vocabulary.pages import (
    CONCEPT_TYPES,
    ConceptPage,
    Incoming,
    IncomingVocabulary,
    PageFile,
    normal,
    parse_page,
    read_items,
    replace_body,
    strings,
)
from curation.vocabulary.plans import UpdateOptions, UpdatePlan
from curation.vocabulary.skos.terms import concept_id
from curation.writing import etag_of, slug
from library.errors import EditError
from library.front_matter import Value, format_front_matter
from library.items import FOLDERS


def plan_update(
    root: Path, vocabulary: IncomingVocabulary, options: UpdateOptions, *, only: Container[str] | None = None
) -> UpdatePlan:
    """Return what a vocabulary would change in a library, or in those of its files whose paths are given.

    Raises:
        LibraryError: the folder is no library.
    """
    pages, types = read_items(root, only=only)
    mentions = find_mentions(root) if options.delete else {}
    return _Planner(pages, types, vocabulary, options).plan(mentions)


class _Refused(Exception):  # noqa: N818  it never leaves this module
    """Why a concept is left out."""


class _Planner:
    """Goes through a file's concepts once."""

    def __init__(
        self,
        pages: Sequence[PageFile],
        types: Mapping[str, str],
        vocabulary: IncomingVocabulary,
        options: UpdateOptions,
    ) -> None:
        self._pages = {file.page.id: file for file in pages}
        self._types = types
        self._vocabulary = vocabulary
        self._options = options
        self._by_match = {
            target: file.page.id for file in pages for target in strings(file.page.fields.get("close_match"))
        }
        self._ids: dict[str, str] = {}  # what a URI of the file is called here
        self._after = dict(self._pages)
        self._given: dict[str, Mapping[str, Value]] = {}
        self._notes = list(vocabulary.notes)
        self._problems: list[str] = []
        self._updated: list[tuple[str, tuple[str, ...]]] = []
        self._created: list[str] = []
        self._unchanged = 0

    def plan(self, mentions: Mapping[str, Sequence[str]]) -> UpdatePlan:
        """Return what changes; `mentions` are the files that name each id."""
        named = self._named()
        for item_id, told in named.items():
            try:
                self._take(item_id, told)
            except _Refused as refused:
                self._problems.append(f"{told.place}: {refused}")
        missing = self._missing(named)
        removed = self._removed(missing, mentions) if self._options.delete else ()
        return UpdatePlan(
            changes=tuple(self._changes()),
            created=tuple(self._created),
            updated=tuple(self._updated),
            unchanged=self._unchanged,
            removed=removed,
            missing=tuple(item_id for item_id in missing if item_id not in removed),
            problems=tuple(self._problems),
            notes=(*self._notes, *self._new_problems()),
        )

    def _named(self) -> dict[str, Incoming]:
        """Return the file's concepts by the ids that they have here."""
        named: dict[str, Incoming] = {}
        for told in self._vocabulary.concepts:
            try:
                item_id = self._id_of(told)
            except _Refused as refused:
                self._problems.append(f"{told.place}: {refused}")
                continue
            if item_id in named:
                self._problems.append(f"{told.place}: the id {item_id!r} stands in {named[item_id].place} too")
                continue
            named[item_id] = told
            if told.uri:
                self._ids[told.uri] = item_id
        return named

    def _id_of(self, told: Incoming) -> str:
        if told.id:
            return told.id
        if told.uri in self._by_match:
            return self._by_match[told.uri]
        labels = told.given.get("labels")
        texts = labels if isinstance(labels, dict) else {}
        label = next(
            (text for tag in ("en", self._options.language, *texts) if isinstance(text := texts.get(tag), str)), ""
        )
        stem = slug(label)
        if not stem:
            raise _Refused("it has neither an id nor a label with Latin letters")
        prefix = ID_PREFIXES[self._type_of(told, None)]
        item_id = stem if stem.startswith(prefix) else prefix + stem
        if item_id in self._types:
            match = f", or `close_match: [{told.uri}]` in {item_id} if they are one" if told.uri else ""
            raise _Refused(f"the id {item_id!r} is taken; write the id it shall have{match}")
        return item_id

    def _type_of(self, told: Incoming, page: ConceptPage | None) -> str:
        told_type = TYPE_NAMES.get(told.type, told.type)
        by_id = next((kind for kind in CONCEPT_TYPES if told.id.startswith(ID_PREFIXES[kind])), "")
        kind = told_type or (page.type if page else "") or by_id or self._options.type_name
        if kind not in CONCEPT_TYPES:
            named = f"{kind!r} is no type of concepts" if kind else "its type is not told"
            raise _Refused(f"{named}; say that it is a challenge, competency or enabler")
        if page and kind != page.type:
            raise _Refused(f"{page.id} is of type {page.type}, not {kind}")
        return kind

    def _take(self, item_id: str, told: Incoming) -> None:
        file = self._pages.get(item_id)
        if file is None and item_id in self._types:
            raise _Refused(f"the id {item_id!r} belongs to an item of type {self._types[item_id]}")
        kind = self._type_of(told, file.page if file else None)
        given = self._given[item_id] = {**told.given, **self._links(told)}
        if file is None:
            self._create(item_id, kind, told, given)
        else:
            self._update(file, told, given)

    def _links(self, told: Incoming) -> dict[str, Value]:
        links: dict[str, Value] = {}
        for name, uris in told.links.items():
            if name == "close_match":
                links[name] = list(uris)
                continue
            found: list[Value] = []
            for uri in uris:
                target = self._ids.get(uri) or concept_id(self._options.base, uri) or self._by_match.get(uri)
                if target:
                    found.append(target)
                else:
                    self._notes.append(f"{told.place}: `{name}` to {uri} was left out; the library has no such concept")
            if found:
                links[name] = found
        return links

    def _create(self, item_id: str, kind: str, told: Incoming, given: Mapping[str, Value]) -> None:
        if not ID.fullmatch(item_id):
            raise _Refused(f"{item_id!r} is no id: use lower-case letters, digits and hyphens")
        told_values = {name: without_none(value) for name, value in given.items() if value is not None}
        values = {name: value for name, value in told_values.items() if value != {} or given[name] == {}}
        if not told.complete:
            values = self._drafted(told, values)
        path = f"{FOLDERS[kind]}/{item_id}.md"
        text = format_front_matter(values) + (told.body or "")
        self._keep(item_id, path, text, values, told.body or "")
        self._created.append(item_id)

    def _drafted(self, told: Incoming, values: dict[str, Value]) -> dict[str, Value]:
        """Return the fields of a new page that nobody has approved: a draft, with where it comes from."""
        drafted: dict[str, Value] = {"status": "draft", "created": self._options.today.isoformat(), **values}
        if told.uri and not told.id:
            drafted["close_match"] = [told.uri, *(uri for uri in strings(values.get("close_match")) if uri != told.uri)]
        return drafted

    def _update(self, file: PageFile, told: Incoming, given: Mapping[str, Value]) -> None:
        is_foreign = not told.id and bool(told.uri)
        if is_foreign:
            wanted, notes = add_fields(file.page.fields, given)
            self._notes += [f"{file.page.id}: {note} ({told.place})" for note in notes]
        else:
            wanted = change_fields(file.page.fields, given)
        if told.complete:
            wanted = {**dict.fromkeys(file.page.fields), **{name: given[name] for name in given}}
        old = file.page.fields
        changed = {n: v for n, v in wanted.items() if normal(n, v) != normal(n, old.get(n))}
        body = file.page.body if told.body is None or is_foreign else told.body
        if not changed and body == file.page.body:
            self._unchanged += 1
            return
        try:
            text = set_keys(file.text, changed) if changed else file.text
        except EditError as error:
            raise _Refused(f"{file.path}: {error.message} {error.hint}") from error
        if body != file.page.body:
            text = replace_body(text, body)
        fields = {name: value for name, value in {**old, **changed}.items() if value is not None}
        self._keep(file.page.id, file.path, text, fields, body)
        self._updated.append((file.page.id, (*changed, *(["body"] if body != file.page.body else []))))

    def _keep(self, item_id: str, path: str, text: str, fields: Mapping[str, Value], body: str) -> None:
        """Keep a page's new text if it reads as it should."""
        page = parse_page(path, text.encode())
        if page is None or page.id != item_id:
            raise _Refused("it cannot be written as a page: look at its id, type and characters")
        if body != page.body or {n: normal(n, v) for n, v in fields.items()} != {
            n: normal(n, v) for n, v in page.fields.items()
        }:
            raise _Refused("it has characters that a page cannot hold")
        self._after[item_id] = PageFile(page, path, text, etag_of(text.encode()))

    def _missing(self, named: Mapping[str, Incoming]) -> list[str]:
        """Return the pages of the file's types that it does not tell of."""
        kinds = {self._after[item_id].page.type for item_id in named if item_id in self._after}
        return [item_id for item_id, file in self._pages.items() if file.page.type in kinds and item_id not in named]

    def _removed(self, missing: Sequence[str], mentions: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """Take out the pages that are missing, but none that a file which stays refers to."""
        going = {item_id: self._pages[item_id].path for item_id in missing}
        while used := {item_id: users for item_id in going if (users := self._users(item_id, mentions, going))}:
            for item_id, users in used.items():
                del going[item_id]
                more = f" and {len(users) - 1} more" if len(users) > 1 else ""
                told = f"{users[0]}{more} name{'' if more else 's'} it"
                self._problems.append(f"{item_id} stays: {told}; rename or merge it instead")
        for item_id in going:
            del self._after[item_id]
        return tuple(going)

    def _users(self, item_id: str, mentions: Mapping[str, Sequence[str]], going: Mapping[str, str]) -> list[str]:
        paths = (path for path in mentions.get(item_id, ()) if path not in going.values())
        return [path for path in paths if not self._lets_go(path, item_id)]

    def _lets_go(self, path: str, item_id: str) -> bool:
        """Whether the file's new text does not name an id any more."""
        after = next((file for file in self._after.values() if file.path == path), None)
        return after is not None and item_id not in mentions_in(after.text)

    def _changes(self) -> list[Change]:
        changes = []
        for item_id in sorted({*self._pages, *self._after}):
            old, new = self._pages.get(item_id), self._after.get(item_id)
            if old is not None and new is None:
                changes.append(Change(old.path, old.etag, None))
            elif new is not None and (old is None or old.text != new.text):
                changes.append(Change(new.path, old.etag if old else None, new.text))
        return changes

    def _new_problems(self) -> list[str]:
        """Return what would be wrong with the vocabulary that is not wrong today."""
        types_after = {item_id: kind for item_id, kind in self._types.items() if item_id not in self._pages}
        types_after |= {item_id: file.page.type for item_id, file in self._after.items()}
        known = {*self._types, *types_after}
        before_pages = [known_references(file, known, {}) for file in self._pages.values()]
        after_pages = [known_references(file, known, self._given.get(id_, {})) for id_, file in self._after.items()]
        before = {(p.path, p.message) for p in check_pages(before_pages, self._types)}
        after = check_pages(after_pages, types_after)
        found = [problem for problem in after if (problem.path, problem.message) not in before]
        return [replace(problem, line=0).as_text() for problem in found]  # no file has these lines yet
