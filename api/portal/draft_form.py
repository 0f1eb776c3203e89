"""The form in which a case is written: what was typed into it, and the file that it becomes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.portal.visits import Form
from curation.outlining import (
    LINK_FIELDS,
    LIST_FIELDS,
    TEXT_FIELDS,
    Outline,
    front_matter_of,
    read_outline,
    write_outline,
)
from library.documents import SectionKind
from library.front_matter import FrontMatterError

# Fields that every page or the language links name too are called differently in the form.
_NAMES = {"language": "written_in"}
_OF_FORM = {name: _NAMES.get(name, name) for name in (*TEXT_FIELDS, *LIST_FIELDS)}
Headings = Mapping[str, SectionKind]


@dataclass(frozen=True, slots=True)
class DraftForm:
    """A case as it stands in the form; `base` is the front matter of one that has no file yet.

    `etag` is that of the file as it was read; both are empty for a new case.
    """

    outline: Outline
    base: str = ""
    item_id: str = ""
    etag: str = ""
    notes: str = ""

    @classmethod
    def from_text(cls, text: str, headings: Headings, *, item_id: str = "", etag: str = "") -> DraftForm:
        """Return the form for a file's text."""
        base = "" if item_id else front_matter_of(text)
        return cls(read_outline(text, headings), base, item_id, etag)

    @classmethod
    def from_form(cls, form: Form, *, item_id: str = "") -> DraftForm:
        """Return what was sent; whatever was typed stays as it is."""
        sections = {kind: text for kind in SectionKind if (text := _text(form, f"text_{kind}"))}
        links: dict[str, tuple[str, ...]] = dict.fromkeys(LINK_FIELDS, ())
        for chosen in form.all("link"):
            name, _, value = chosen.partition(":")
            if name in links and value:
                links[name] = (*links[name], value)
        given = {name for name, _ in form.fields}
        fields = {name: " ".join(form.get(sent).split()) for name, sent in _OF_FORM.items() if sent in given}
        outline = Outline(fields, sections, _text(form, "further"), links)
        return cls(outline, _text(form, "base"), item_id, form.get("etag"), _text(form, "notes"))

    def text(self, before: str, headings: Headings) -> str:
        """Return the file of the case; `before` is its text so far.

        Raises:
            EditError: the front matter cannot be changed in place.
        """
        try:
            return write_outline(self.outline, before or self.base, headings)
        except FrontMatterError:  # `base` came back from the browser as something else
            return write_outline(self.outline, "", headings)

    def with_etag(self, etag: str) -> DraftForm:
        """Return the form as one that was made of a later version of the file."""
        return replace(self, etag=etag)

    def with_title(self, title: str) -> DraftForm:
        """Return the form with another title, perhaps none."""
        outline = replace(self.outline, fields={**self.outline.fields, "title": title})
        return replace(self, outline=outline)

    def chosen(self) -> Iterator[tuple[str, str]]:
        """Yield what the case is linked to: field and value."""
        for name in LINK_FIELDS:
            yield from ((name, value) for value in self.outline.links.get(name, ()))

    def has(self, part: str) -> bool:
        """Whether anything stands in a part, named as checks name it: a field, or `body.` and a section."""
        kind = part.removeprefix("body.")
        if kind != part:
            return any(str(known) == kind for known in self.outline.sections)
        return bool(self.outline.fields.get(part) or self.outline.links.get(part))


@dataclass(frozen=True, slots=True)
class Difference:
    """A field or a section in which what is saved differs from what was typed."""

    name: str
    saved: str


def differences(typed: Outline, saved: Outline) -> list[Difference]:
    """Return where the saved file says something else than the form."""
    found = [Difference(name, value) for name, value in saved.fields.items() if value != typed.fields.get(name, value)]
    found += [
        Difference(f"body.{kind}", saved.sections.get(kind, ""))
        for kind in SectionKind
        if saved.sections.get(kind, "") != typed.sections.get(kind, "")
    ]
    if saved.further != typed.further:
        found.append(Difference("further", saved.further))
    return found


def pack(texts: Sequence[str]) -> str:
    """Return the files of several cases as a field of a form holds them."""
    return json.dumps(list(texts), ensure_ascii=False)


def unpack(packed: str) -> list[str]:
    """Return the files of several cases that a form sent back; none if that was something else."""
    try:
        found: Any = json.loads(packed)
        texts = [text for text in found if isinstance(text, str)] if isinstance(found, list) else []
        for text in texts:
            read_outline(text)
    except (ValueError, RecursionError):  # a broken front matter among them
        return []
    return texts


def _text(form: Form, name: str) -> str:
    return form.get(name).replace("\r\n", "\n").replace("\r", "\n").strip()
