"""A case as a form holds it, a text for each section and a few fields, and the Markdown file that it is.

What was not changed in the form stays in the file as it stands there: comments, order and headings of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from curation.composing import FURTHER, compose_body
from curation.front_matter_edit import set_keys
from library.documents import HEADINGS, SectionKind, heading_kinds
from library.front_matter import format_front_matter, split_front_matter
from library.markdown import parse_body

# Fields that a form has as a line of text; a list is cut at semicolons.
TEXT_FIELDS = (
    "title",
    "summary",
    "customer",
    "outcome",
    "classification",
    "language",
    "period",
    "existence",
    "owner",
    "contact",
    "replicates",
)
LIST_FIELDS = ("access_groups",)
# What a case is linked to: ids and codes that are chosen, not typed.
LINK_FIELDS = ("challenge_types", "competencies", "enablers", "industries", "regions", "related")
_PART_LEVEL = 2
_LANGUAGES = ("en", "de", "fr")  # in which `HEADINGS` has each heading
_ONLY_COMMENTS = re.compile(r"(?:\s*<!--.*?-->)*\s*", re.DOTALL)
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*")


@dataclass(frozen=True, slots=True)
class Outline:
    """A case in parts; `further` is what stands in no known section, `links` the chosen ids and codes by field."""

    fields: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[SectionKind, str] = field(default_factory=dict)
    further: str = ""
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The title, perhaps still empty."""
        return self.fields.get("title", "")


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a body from one heading of level 1 or 2 to the next; `kind` is set once for each known section."""

    kind: SectionKind | None
    heading: str
    text: str

    @property
    def raw(self) -> str:
        return "\n".join(part for part in (self.heading, self.text) if part)

    @property
    def shown(self) -> str:
        """The text as a form shows it: hints of a template are none."""
        return "" if _ONLY_COMMENTS.fullmatch(self.text) else self.text.strip()


def read_outline(text: str, headings: Mapping[str, SectionKind] | None = None) -> Outline:
    """Return the parts of a case's file; `headings` are those of its library.

    Raises:
        FrontMatterError: the front matter is broken.
    """
    front, body = split_front_matter(_plain(text))
    parts = _parts(body, headings or heading_kinds())
    return Outline(
        fields={name: _as_line(front.values.get(name)) for name in (*TEXT_FIELDS, *LIST_FIELDS)},
        sections={part.kind: part.shown for part in parts if part.kind and part.shown},
        further=_further(parts),
        links={name: tuple(map(_value_of, _listed(front.values.get(name)))) for name in LINK_FIELDS},
    )


def write_outline(outline: Outline, before: str = "", headings: Mapping[str, SectionKind] | None = None) -> str:
    """Return the file of a case, made anew or from the text that it had before.

    Raises:
        EditError: the front matter cannot be changed in place.
        FrontMatterError: it is broken.
    """
    plain = _plain(before) or _new_text(outline)
    known = read_outline(plain, headings)
    text = set_keys(plain, {**_field_changes(outline, known), **_link_changes(outline, plain)})
    front, body = text[: -len(old)] if (old := split_front_matter(text)[1]) else text, old
    if outline.sections == known.sections and outline.further == known.further:
        return text
    made = _body(outline, known, _parts(body, headings or heading_kinds()))
    return f"{front.rstrip()}\n\n{made}"


def front_matter_of(text: str) -> str:
    """Return a file's text without its body."""
    body = split_front_matter(_plain(text))[1]
    return f"{_plain(text).removesuffix(body).rstrip()}\n"


def _new_text(outline: Outline) -> str:
    values = {"title": outline.title, "language": "en", "status": "draft", "created": date.today().isoformat()}
    return format_front_matter(values)


def _field_changes(outline: Outline, known: Outline) -> dict[str, Any]:
    """Return what differs; a field that the form does not have is left alone."""
    changes: dict[str, Any] = {}
    for name, value in outline.fields.items():
        line = " ".join(value.split())
        if line != known.fields[name]:
            entries = [entry.strip() for entry in line.split(";") if entry.strip()]
            changes[name] = (entries if name in LIST_FIELDS else line) or None
    return changes


def _link_changes(outline: Outline, text: str) -> dict[str, Any]:
    """Return the lists that differ; entries that stay are kept as they were written, with what they say beside."""
    values = split_front_matter(text)[0].values
    changes: dict[str, Any] = {}
    for name, wanted in outline.links.items():
        before = _listed(values.get(name))
        kept = [entry for entry in before if _value_of(entry) in wanted]
        known = {_value_of(entry) for entry in kept}
        after = kept + [_entry(name, value, before) for value in dict.fromkeys(wanted) if value not in known]
        if after != before:
            changes[name] = after
    return changes


def _entry(name: str, value: str, beside: Sequence[Any]) -> Any:
    if name == "industries":
        return {"scheme": "isic", "code": value}
    return {"id": value} if any(isinstance(entry, dict) for entry in beside) else value


def _body(outline: Outline, known: Outline, parts: Sequence[_Part]) -> str:
    """Return the body with its parts in the order that they had, new ones where a reader looks for them."""
    is_same = outline.further == known.further
    told = {kind: text.strip() for kind, text in outline.sections.items() if text.strip()}
    made: list[tuple[SectionKind | None, str]] = []
    for part in parts:
        if part.kind is None:
            made += [(None, part.raw.strip())] if is_same and part.raw.strip() else []
        elif part.kind in told:
            text = told.pop(part.kind)
            made.append((part.kind, part.raw.strip() if text == part.shown else _section(part.heading, text)))
    order = list(SectionKind)
    for kind, text in sorted(told.items(), key=lambda entry: order.index(entry[0])):
        before = [
            n for n, (other, _) in enumerate(made) if other is not None and order.index(other) < order.index(kind)
        ]
        place = before[-1] + 1 if before else _first_section(made)
        made.insert(place, (kind, _section(f"## {_heading(kind, outline)}", text)))
    if not is_same and outline.further:
        made.append((None, _further_part(outline.further)))
    return "\n\n".join(text for _, text in made) + "\n"


def _first_section(made: Sequence[tuple[SectionKind | None, str]]) -> int:
    return next((n for n, (kind, _) in enumerate(made) if kind is not None), len(made))


def _section(heading: str, text: str) -> str:
    """Return a section; headings in its text cannot end it."""
    contained = compose_body({SectionKind.CONTEXT: text}, "").strip().partition("\n")[2].strip()
    return f"{heading}\n\n{contained}"


def _further_part(text: str) -> str:
    is_headed = any(section.level in (1, _PART_LEVEL) for section in parse_body(text).sections)
    return text if is_headed else f"## {FURTHER}\n\n{text}"


def _heading(kind: SectionKind, outline: Outline) -> str:
    language = outline.fields.get("language", "").partition("-")[0].lower()
    return HEADINGS[kind][_LANGUAGES.index(language)] if _has(kind, language) else HEADINGS[kind][0]


def _has(kind: SectionKind, language: str) -> bool:
    return language in _LANGUAGES and _LANGUAGES.index(language) < len(HEADINGS[kind])


def _parts(body: str, headings: Mapping[str, SectionKind]) -> list[_Part]:
    lines = body.split("\n")
    found = [section for section in parse_body(body).sections if section.level in (1, _PART_LEVEL)]
    starts = [section.line - 1 for section in found]
    ends = [*starts, len(lines)]
    first = "\n".join(lines[: ends[0]])
    parts = [_Part(None, "", first)] if first.strip() else []
    known: set[SectionKind] = set()
    for section, start, end in zip(found, starts, ends[1:], strict=True):
        kind = headings.get(" ".join(section.heading.casefold().split())) if section.level == _PART_LEVEL else None
        kind = None if kind in known else kind
        known |= {kind} if kind else set()
        split = start + (2 if _is_underlined(lines, start) else 1)
        parts.append(_Part(kind, "\n".join(lines[start:split]), "\n".join(lines[split:end])))
    return parts


def _is_underlined(lines: Sequence[str], start: int) -> bool:
    is_marked = lines[start].lstrip().startswith("#")
    return not is_marked and start + 1 < len(lines) and bool(_UNDERLINE.fullmatch(lines[start + 1]))


def _further(parts: Sequence[_Part]) -> str:
    """Return what stands in no known section; the heading that this module gives it is no text of it."""
    texts = list(_unknown(parts))
    return "\n\n".join(texts).strip()


def _unknown(parts: Sequence[_Part]) -> Iterator[str]:
    others = [part for part in parts if part.kind is None]
    for part in others:
        is_ours = len(others) == 1 and part.heading.strip() == f"## {FURTHER}"
        text = part.shown if is_ours else part.raw.strip()
        if text:
            yield text


def _plain(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [] if value in (None, "") else [value]


def _value_of(entry: Any) -> str:
    return str(entry.get("id") or entry.get("code") or "") if isinstance(entry, dict) else str(entry)


def _as_line(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(str(entry) for entry in value if not isinstance(entry, dict | list))
    return " ".join(str(value).split()) if isinstance(value, str) else ""
