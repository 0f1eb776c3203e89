"""What a concept's page holds, as it is written: fields of its front matter, and its body."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from curation.writing import etag_of
from library.documents import type_of_path
from library.errors import VocabularyError
from library.front_matter import FENCE, FrontMatterError, Value, split_front_matter
from library.items import ITEM_TYPES, Concept
from library.reading import SourceFile, find_files

CONCEPT_TYPES = tuple(name for name, model in ITEM_TYPES.items() if issubclass(model, Concept))
_LISTS = frozenset(
    name for kind in CONCEPT_TYPES for name, field in ITEM_TYPES[kind].model_fields.items() if field.default == ()
)
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# A heading of the second level, which begins a section of a page.
_SECTION = re.compile(r"^## ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ConceptPage:
    """A concept: `fields` as its front matter has them (no key without a value), `body` its Markdown."""

    id: str
    type: str
    fields: Mapping[str, Value]
    body: str = ""


@dataclass(frozen=True, slots=True)
class PageFile:
    """A page and the file that it stands in; `path` is relative to the library, `text` as it is on disk."""

    page: ConceptPage
    path: str
    text: str
    etag: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a file says of a concept.

    `id` is empty where the file is not of Casebook's making. `given` holds what a field shall be (None: nothing any
    more); of a field by language only the languages that are told. `links` are URIs by field. `complete` says that
    all of the page is told, so that what is not given goes. A body of None is not told.
    """

    id: str
    uri: str
    type: str
    given: Mapping[str, Value] = field(default_factory=dict)
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: str | None = None
    complete: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True)
class IncomingVocabulary:
    """The concepts of a file in order, and what of it could not be taken."""

    concepts: tuple[Incoming, ...]
    notes: tuple[str, ...] = ()


def read_pages(root: Path, *, types: Iterable[str] = CONCEPT_TYPES) -> list[PageFile]:
    """Return the concept pages of a library in order of id; what cannot be read as one is left to `check`.

    Raises:
        LibraryError: the folder is no library.
    """
    wanted = frozenset(types)
    found = [read for source in find_files(root)[0] if (read := read_page(root, source)) is not None]
    return sorted((page for page in found if page.page.type in wanted), key=lambda page: (page.page.id, page.path))


def read_page(root: Path, source: SourceFile) -> PageFile | None:
    """Return the concept that a file holds; None for anything else, and for what leads out of the library."""
    if not Path(os.path.realpath(source.place)).is_relative_to(os.path.realpath(root)):
        return None
    try:
        content = source.place.read_bytes()
        text = content.decode()
    except (OSError, UnicodeDecodeError):
        return None
    page = parse_page(source.path, content)
    return PageFile(page, source.path, text, etag_of(content)) if page else None


def parse_page(path: str, content: bytes) -> ConceptPage | None:
    """Return the concept that a file's bytes hold, also one that cannot be published yet."""
    try:
        front, body = split_front_matter(plain_text(content.decode()))
    except (FrontMatterError, UnicodeDecodeError):
        return None
    values = {name: value for name, value in front.values.items() if value is not None}
    kind, item_id = values.get("type"), values.get("id")
    type_name = kind if isinstance(kind, str) else type_of_path(path)
    if type_name not in CONCEPT_TYPES:
        return None
    stem = Path(path).stem
    return ConceptPage(item_id if isinstance(item_id, str) else stem, type_name, values, body)


def plain_text(text: str) -> str:
    """Return a text without a byte-order mark, with one kind of line ends."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def split_sections(body: str) -> tuple[str, list[tuple[str, str | None]]]:
    """Return what stands before the first section, then (heading, text) of each; a text of None has no line."""
    starts = [found.start() for found in _SECTION.finditer(body)]
    sections: list[tuple[str, str | None]] = []
    for start, end in pairwise([*starts, len(body)]):
        heading, line, text = body[start + len("## ") : end].partition("\n")
        sections.append((heading, text if line else None))
    return body[: starts[0] if starts else len(body)], sections


def join_sections(preamble: str, sections: Iterable[tuple[str, str | None]]) -> str:
    """Return the body that `split_sections` has split."""
    return preamble + "".join(f"## {heading}" + ("" if text is None else f"\n{text}") for heading, text in sections)


def strings(value: Value) -> Iterator[str]:
    """Yield the texts of a single value or a list."""
    for entry in value if isinstance(value, list) else (value,):
        if isinstance(entry, str):
            yield entry


def decode_file(file: Path, *, most_bytes: int) -> tuple[str, bool]:
    """Return a file's text and whether it had to be taken for Windows-1252 (Latin-1).

    Raises:
        VocabularyError: it is missing, too large or no text.
    """
    try:
        size = file.stat().st_size
        content = file.read_bytes() if size <= most_bytes else b""
    except OSError as error:
        hint = "Check its name and rights."
        raise VocabularyError(f"{file} cannot be read: {error.strerror or error}.", hint=hint) from error
    if size > most_bytes:
        hint = "Take out what is not needed, or cut it into several files."
        raise VocabularyError(f"{file} has {size / 1e6:.0f} MB, more than {most_bytes / 1e6:.0f}.", hint=hint)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(file, content, "utf-16"), False
    if b"\0" in content:
        raise VocabularyError(f"{file} is no text.", hint="Save it as Turtle or CSV in UTF-8.")
    try:
        return content.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        return _decoded(file, content, "cp1252"), True


def _decoded(file: Path, content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise VocabularyError(f"{file} is no UTF-8: {error.reason}.", hint="Save it as UTF-8.") from error


def plain_value(value: object) -> Value:
    """Return a JSON value as front matter holds it: texts, lists and mappings of texts."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case list():
            return [plain_value(entry) for entry in value]
        case dict():
            return {str(key): plain_value(entry) for key, entry in value.items()}
        case _:
            return str(value)


def normal(name: str, value: Value) -> Value:
    """Return a field's value in one form: a single text is the same as a list of one where the field is a list."""
    if isinstance(value, str) and name in _LISTS:
        return [value]
    if isinstance(value, dict) and name in ("alt_labels", "hidden_labels"):
        return {tag: [texts] if isinstance(texts, str) else texts for tag, texts in value.items()}
    return value


def read_items(root: Path, *, only: Container[str] | None = None) -> tuple[list[PageFile], dict[str, str]]:
    """Return the concept pages of a library in order of id, and the type of every item by id.

    `only` are the paths of the files that count, if not all do.

    Raises:
        LibraryError: the folder is no library.
    """
    pages: list[PageFile] = []
    types: dict[str, str] = {}
    for source in find_files(root)[0]:
        if only is not None and source.path not in only:
            continue
        if (page := read_page(root, source)) is not None:
            if page.page.id not in types:
                pages.append(page)
            types.setdefault(page.page.id, page.page.type)
        elif source.place.is_file():
            types.setdefault(*_id_and_type(source))
    return sorted(pages, key=lambda page: page.page.id), types


def _id_and_type(source: SourceFile) -> tuple[str, str]:
    stem, kind = Path(source.path).stem, type_of_path(source.path) or ""
    try:
        values = split_front_matter(plain_text(source.place.read_bytes().decode()))[0].values
    except (OSError, UnicodeDecodeError, FrontMatterError):
        return stem, kind
    named, typed = values.get("id"), values.get("type")
    return (named if isinstance(named, str) else stem), (typed if isinstance(typed, str) else kind)


def replace_body(text: str, body: str) -> str:
    """Return a page's text with another body, in the line ends of its first line."""
    lines = _LINES.findall(text)
    newline = "\r\n" if lines[0].endswith("\r\n") else "\n"
    end = next(n for n, line in enumerate(lines[1:], 1) if line.rstrip() in (FENCE, "..."))
    head = "".join(lines[: end + 1])
    return (head if head.endswith("\n") else head + newline) + body.replace("\n", newline)
