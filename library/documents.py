"""From a file's bytes to a document: decode, split, type, and report every problem on the way."""

from __future__ import annotations

import difflib
import posixpath
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from library.front_matter import FrontMatter, FrontMatterError, Place, split_front_matter
from library.items import FOLDERS, ITEM_TYPES, AnyItem, BusinessCase, Concept, IndustryNote, Item, entry_fields
from library.markdown import Body, Section, parse_body
from library.messages import Message
from library.problems import Problem, Severity


class SectionKind(StrEnum):
    """The parts of a case; search ranks on the problem parts."""

    CONTEXT = "context"
    CHALLENGE = "challenge"
    APPROACH = "approach"
    SOLUTION = "solution"
    VALUE = "value"
    WENT_WRONG = "went_wrong"
    CONDITIONS = "conditions"


HEADINGS: dict[SectionKind, tuple[str, ...]] = {
    SectionKind.CONTEXT: ("Context", "Ausgangslage", "Contexte"),
    SectionKind.CHALLENGE: ("Challenge", "Herausforderung", "Défi"),
    SectionKind.APPROACH: ("Approach", "Vorgehen", "Démarche"),
    SectionKind.SOLUTION: ("Solution", "Lösung"),
    SectionKind.VALUE: ("Value", "Nutzen", "Valeur"),
    SectionKind.WENT_WRONG: ("What went wrong", "Was schiefging", "Ce qui n'a pas marché"),
    SectionKind.CONDITIONS: ("Conditions for replication", "Übertragbarkeit", "Conditions de réplication"),
}

# YAML takes these for the end of a line, which no editor does.
_LINE_SEPARATORS = dict.fromkeys(map(ord, "\x85\u2028\u2029"), " ")

# What pages tell in their own words; the templates tell these problems from others.
MISSING = Message("`%(field)s` is missing").template
EMPTY = Message("`%(field)s` is empty").template
NO_TEXT = Message("the body is empty").template
NO_CHALLENGE = Message("there is no text below a heading `## Challenge`").template
_PART_LEVEL = 2  # the heading level that parts a case

# An error in one of these leaves the item out: who may see it, or what it is, would be a guess.
_ESSENTIAL = frozenset(
    {"id", "type", "title", "status", "classification", "access_groups", "existence", "owner", "authors"}
)


@dataclass(frozen=True, slots=True)
class DocumentSection:
    """A section of a document; `kind` is set below a case's known level-2 heading."""

    kind: SectionKind | None
    path: tuple[str, ...]
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A typed item with its text; `path` is relative to the library (posix), `body` its Markdown as written."""

    path: str
    item: AnyItem
    sections: tuple[DocumentSection, ...]
    body: str = ""

    @property
    def id(self) -> str:
        """The item's id."""
        return self.item.id


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What one file gave: a document, unless a blocker stands among the problems.

    `value_lines` tells on which line the id, each reference, region and industry stands, by (field, value).
    """

    path: str
    document: Document | None
    problems: tuple[Problem, ...]
    value_lines: tuple[tuple[str, str, int], ...] = ()

    def line_of(self, name: str, value: str) -> int:
        """Return the line on which a field names a value; 0 if it is not written there."""
        return next((line for field, text, line in self.value_lines if (field, text) == (name, value)), 0)


def read_document(path: str, content: bytes, headings: Mapping[str, SectionKind]) -> ReadFile:
    """Read one file's bytes; `path` is relative to the library, `headings` comes from `heading_kinds`."""
    try:
        front, markdown = split_front_matter(_decode(content))
    except FrontMatterError as error:
        problem = Problem(path, error.line, Severity.BLOCKER, error.message, error.remedy)
        return ReadFile(path, None, (problem,))
    item, problems = _type_item(path, front)
    body = parse_body(markdown, first_line=front.body_line)
    problems += _check_links(path, item, front, body)
    if item is None:
        return ReadFile(path, None, tuple(sorted(problems)))
    document = Document(path, item, tuple(_kinds(body.sections, headings)), markdown)
    problems += _check_sections(document)
    if any(problem.severity is Severity.BLOCKER for problem in problems):
        return ReadFile(path, None, tuple(sorted(problems)))
    return ReadFile(path, document, tuple(sorted(problems)), tuple(_value_lines(item, front)))


def heading_kinds(extra: Mapping[SectionKind, Iterable[str]] | None = None) -> dict[str, SectionKind]:
    """Return the section kind of every accepted heading; `extra` adds headings by kind."""
    kinds = {_fold(text): kind for kind, texts in HEADINGS.items() for text in texts}
    for kind, texts in (extra or {}).items():
        kinds.update({_fold(text): kind for text in texts})
    return kinds


def type_of_path(path: str) -> str | None:
    """Return the item type that the folder of a path stands for."""
    return next((kind for kind, folder in FOLDERS.items() if path.startswith(f"{folder}/")), None)


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FrontMatterError("the file is UTF-16", 1, "Save it as UTF-8")
    content = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not content.strip():
        raise FrontMatterError("the file is empty", 0, "Write an item or delete it")
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise FrontMatterError("a NUL byte: the file is no UTF-8 text", line, "Save it as UTF-8")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise FrontMatterError(
            f"the byte 0x{content[error.start]:02x} is no UTF-8 (the file may be Latin-1 or Windows-1252)",
            content.count(b"\n", 0, error.start) + 1,
            "Save it as UTF-8",
        ) from error
    return unicodedata.normalize("NFC", text.translate(_LINE_SEPARATORS))


def _type_item(path: str, front: FrontMatter) -> tuple[Any, list[Problem]]:
    """Return the item (None if a blocker stands in its way) and its problems."""
    problems: list[Problem] = []
    by_folder = type_of_path(path)
    type_name = front.values.get("type") or by_folder
    if not isinstance(type_name, str) or type_name not in ITEM_TYPES:
        message = f"unknown type {type_name!r}" if type_name else "the folder does not tell the type"
        remedy = f"Write `type:` with one of {', '.join(ITEM_TYPES)}, or move the file to {', '.join(FOLDERS.values())}"
        return None, [Problem(path, front.line_of(("type",)), Severity.BLOCKER, message, remedy)]
    if by_folder and type_name != by_folder:
        problems.append(
            Problem(
                path,
                front.line_of(("type",)),
                Severity.WARNING,
                f"the type {type_name} stands in the folder of {by_folder}",
                f"Move the file to {FOLDERS[type_name]}",
            )
        )
    model = ITEM_TYPES[type_name]
    stem = unicodedata.normalize("NFC", posixpath.splitext(posixpath.basename(path))[0])
    values = {"id": stem, **_written(front.values)}
    problems += _unknown_keys(path, front, model)
    item, invalid = _validate(path, front, model, {**values, "type": type_name})
    problems += invalid
    if item is not None:
        problems += _missing(path, front, item)
    return item, problems


def _validate(
    path: str, front: FrontMatter, model: type[Item], values: dict[str, Any]
) -> tuple[Item | None, list[Problem]]:
    """Type the values; a faulty optional field is dropped and reported, a faulty essential one blocks."""
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        faults = error.errors(include_url=False)
    problems = []
    for fault in faults:
        place = tuple(fault["loc"])
        name = str(place[0]) if place else "title"
        blocks = name in _ESSENTIAL or name in model.TO_PUBLISH
        severity = Severity.BLOCKER if blocks else Severity.ERROR
        field = model.model_fields.get(name)
        remedy = (field.description if field else None) or "Mend it or take it out"
        problems.append(Problem(path, front.line_of(_known(place)), severity, _describe(place, fault), remedy))
    if any(problem.severity is Severity.BLOCKER for problem in problems):
        return None, problems
    kept = {key: value for key, value in values.items() if key not in {str(f["loc"][0]) for f in faults}}
    return model.model_validate(kept), problems


def _known(place: tuple[int | str, ...]) -> Place:
    return tuple(part for part in place if not str(part).startswith("function-"))


def _describe(place: tuple[int | str, ...], fault: Any) -> str:  # noqa: PLR0911  one line a kind of fault
    name = ".".join(str(part) for part in place)
    if fault["input"] is None:
        return f"`{name}` is empty"
    match fault["type"]:
        case "missing":
            return f"`{name}` is missing"
        case "literal_error":
            return f"`{name}` cannot be {fault['input']!r}"
        case "string_too_long":
            return f"`{name}` has {len(str(fault['input']))} characters"
        case "date_from_datetime_parsing" | "date_parsing":
            return f"`{name}`: {fault['input']!r} is no date"
        case "value_error":
            return (
                f"`{name}`: {fault['input']!r} {str(fault['ctx']['error']).removeprefix(repr(fault['input'])).strip()}"
            )
        case "tuple_type" | "dict_type" | "model_type" | "string_type" | "bool_parsing" | "model_attributes_type":
            return f"`{name}` has the wrong form"
        case _:
            return f"`{name}`: {fault['msg'][:1].lower()}{fault['msg'][1:]}"


def _written(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields without those that have no value, at every depth."""
    return {key: _written_value(value) for key, value in values.items() if value is not None}


def _written_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_written_value(entry) for entry in value]
    return _written(value) if isinstance(value, dict) else value


def _unknown_keys(path: str, front: FrontMatter, model: type[Item]) -> Iterator[Problem]:
    for place, known in _unknown_places(front.values, model):
        near = difflib.get_close_matches(str(place[-1]), sorted(known), n=1)
        remedy = f"Did you mean `{near[0]}`?" if near else "Take it out, or correct its name"
        name = ".".join(map(str, place))
        yield Problem(path, front.line_of(place), Severity.WARNING, f"unknown field `{name}`", remedy)


def _unknown_places(values: Mapping[str, Any], model: type[Item]) -> Iterator[tuple[Place, AbstractSet[str]]]:
    """Yield the place of each unknown field, at the top or in a list's entries, with the fields known there."""
    fields = {*model.model_fields, "type"}
    for key, value in values.items():
        if key not in fields:
            yield (key,), fields
        known = entry_fields(model, key)
        for n, entry in enumerate(value if known and isinstance(value, list) else ()):
            names = entry if isinstance(entry, dict) else ()
            yield from (((key, n, name), known) for name in names if name not in known)


def _missing(path: str, front: FrontMatter, item: Item) -> Iterator[Problem]:
    """Yield what an approved item lacks (it blocks) or a draft still needs."""
    approved = item.status == "approved"
    severity = Severity.BLOCKER if approved else Severity.TODO
    for name in item.TO_PUBLISH:
        value = getattr(item, name)
        remedy = type(item).model_fields[name].description or ""
        if name not in item.model_fields_set or value is None or value == "":
            message = Message(MISSING, field=name)
            yield Problem(path, front.line_of((name,)), severity, message, remedy)
        elif not value:
            message = Message(EMPTY, field=name)
            yield Problem(path, front.line_of((name,)), Severity.WARNING, message, remedy)
    if item.classification in ("confidential", "restricted") and not item.access_groups:
        yield Problem(
            path,
            front.line_of(("classification",)),
            Severity.ERROR if approved else Severity.TODO,
            Message(
                "it is %(class)s and names no `access_groups`: only its owner and authors see it",
                **{"class": Message(item.classification)},
            ),
            Message("List the groups that may see it"),
        )
    if isinstance(item, Concept) and item.classification and approved and "en" not in item.labels:
        yield Problem(
            path, front.line_of(("labels",)), Severity.WARNING, "there is no English label", "Write `en:` in `labels`"
        )


def _check_links(path: str, item: Item | None, front: FrontMatter, body: Body) -> list[Problem]:
    """Report links and attachments whose target lies outside the library."""
    attached = [
        (target, front.line_of(("attachments", n))) for n, target in enumerate(item.attachments if item else ())
    ]
    return [
        Problem(
            path,
            line,
            Severity.ERROR,
            f"the link {target!r} leads out of the library",
            "Link to a file in the library, or to a web address",
        )
        for target, line in [*((link.target, link.line) for link in body.links), *attached]
        if _leads_out(path, target)
    ]


def _leads_out(path: str, target: str) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:  # a web address with a fault
        return False
    if parts.scheme or parts.netloc:
        return parts.scheme == "file" or len(parts.scheme) == 1  # a drive of Windows
    place = unquote(parts.path).replace("\\", "/")
    if place.startswith("/"):
        return True
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), place))
    return joined == ".." or joined.startswith("../")


def _kinds(sections: Iterable[Section], headings: Mapping[str, SectionKind]) -> Iterator[DocumentSection]:
    kind: SectionKind | None = None
    for section in sections:
        if section.level <= _PART_LEVEL:
            kind = headings.get(_fold(section.heading)) if section.level == _PART_LEVEL else None
        yield DocumentSection(kind, section.path, section.line, section.text)


def _check_sections(document: Document) -> list[Problem]:
    texts = [section for section in document.sections if section.text.strip()]
    severity = Severity.WARNING if document.item.status == "approved" else Severity.TODO
    if not texts:
        remedy = Message("Write text below `##` headings")
        return [Problem(document.path, 0, severity, Message(NO_TEXT), remedy)]
    is_case = document.item.type == "business_case"
    if is_case and not any(section.kind is SectionKind.CHALLENGE for section in texts):
        return [
            Problem(
                document.path,
                0,
                severity,
                Message(NO_CHALLENGE),
                Message("Write the problem there in the customer's words; search ranks on it"),
            )
        ]
    return []


def _value_lines(item: AnyItem, front: FrontMatter) -> Iterator[tuple[str, str, int]]:
    named = [("id", item.id), *((name, target) for name, target, _ in item.referenced())]
    if isinstance(item, BusinessCase | IndustryNote):
        named += [("regions", region) for region in item.regions]
        named += [("industries", industry.code) for industry in item.industries]
    for name, value in named:
        written = front.values.get(name)
        entries = written if isinstance(written, list) else ()
        place = next(((name, n) for n, entry in enumerate(entries) if value in _names(entry)), (name,))
        yield name, value, front.line_of(place)


def _names(entry: Any) -> tuple[Any, ...]:
    return (entry.get("id"), entry.get("code")) if isinstance(entry, dict) else (entry,)


def _fold(text: str) -> str:
    return " ".join(text.replace("\u2019", "'").casefold().split()).rstrip(":. ")
