"""The catalogue of a generation: items, passages, links, facets, source files. Owns sqlite-utils.

It is written once through sqlite-utils and then only read; reading uses the standard library's
sqlite3 over the same file, which saves a search 0.1 s of imports.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast

from indexer.kept import KeptRows
from library.documents import DocumentSection, SectionKind
from library.errors import IndexUnusableError, IndexWriteError
from library.items import ITEM_TYPES, AnyItem


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """What has to be known of an item before anything is ranked; it satisfies `library.access.Guarded`.

    `day` is the later of created and last verified; `stub_id` is what a stub is called;
    `is_open` says that every reader may see the item in full.
    """

    row: int
    id: str
    type: str
    language: str
    status: str
    classification: str | None
    access_groups: tuple[str, ...]
    existence: str | None
    owner: str | None
    authors: tuple[str, ...]
    day: date | None
    stub_id: str
    is_open: bool
    path: str


@dataclass(frozen=True, slots=True)
class PassageRecord:
    """A passage as it is stored; `row` is its row in the vector file."""

    row: int
    item_row: int
    kind: str
    path: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """One item's reference to another."""

    source_row: int
    field: str
    target_row: int


@dataclass(frozen=True, slots=True)
class FacetRecord:
    """A facet value of an item; `direct` unless it only follows from a narrower one."""

    item_row: int
    facet: str
    value: str
    direct: bool


@dataclass(frozen=True, slots=True)
class LabelRecord:
    """One name of a concept in a language, with its terms; hidden names are matched, never shown."""

    item_row: int
    language: str
    text: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A file as it was when it was read; `item_row` is None if it was left out."""

    path: str
    size: int
    modified_ns: int
    content_hash: str
    item_row: int | None


@dataclass(frozen=True, slots=True)
class ItemText:
    """An item in full, with its sections."""

    item: AnyItem
    sections: tuple[DocumentSection, ...]


@dataclass(frozen=True, slots=True)
class CatalogueContent:
    """Everything that goes into a catalogue; `closed_terms` holds the terms of items that are not open.

    `bodies` are the items' Markdown by row, which is read for a page alone.
    """

    items: Sequence[tuple[ItemRecord, ItemText]]
    passages: Sequence[PassageRecord]
    links: Sequence[LinkRecord]
    facets: Sequence[FacetRecord]
    labels: Sequence[LabelRecord]
    sources: Sequence[SourceRecord]
    closed_terms: Sequence[tuple[int, Sequence[str]]]
    bodies: Mapping[int, str] = field(default_factory=dict)


_RECORD_COLUMNS = (
    "row, id, type, language, status, classification, access_groups, existence, owner, authors, day, stub_id, "
    "is_open, path"
)
_CHUNK = 500
_KEPT_ITEMS = 2_000  # of which what was read stays in memory, some 10 kB each


def write_catalogue(path: Path, content: CatalogueContent) -> None:
    """Write a new catalogue file.

    Raises:
        IndexWriteError: the disk is full or cannot be written.
    """
    import sqlite_utils

    database = sqlite_utils.Database(path)
    try:
        # Nothing here outlives a crash: the whole folder is published afterwards or thrown away.
        database.execute("PRAGMA journal_mode=OFF")
        database.execute("PRAGMA synchronous=OFF")
        _write_items(database, content)
        _write_rest(database, content)
        database.conn.commit()
        database.execute("PRAGMA journal_mode=DELETE")
    except (sqlite3.Error, OSError) as error:
        raise IndexWriteError(f"The catalogue cannot be written: {error}") from error
    finally:
        database.close()


def _write_items(database: Any, content: CatalogueContent) -> None:  # sqlite-utils' Database
    database["items"].create(
        {
            "row": int,
            **dict.fromkeys(("id", "type", "language", "status", "classification", "access_groups"), str),
            **dict.fromkeys(("existence", "owner", "authors", "day", "stub_id"), str),
            "is_open": int,
            **dict.fromkeys(("path", "item", "sections"), str),
        },
        pk="row",
    )
    database["items"].insert_all(
        {
            **asdict(record),
            "access_groups": json.dumps(record.access_groups),
            "authors": json.dumps(record.authors),
            "day": record.day.isoformat() if record.day else None,
            "item": text.item.model_dump_json(exclude_defaults=False),
            "sections": json.dumps([[s.kind, s.path, s.line, s.text] for s in text.sections], ensure_ascii=False),
        }
        for record, text in content.items
    )
    database["items"].create_index(["id"], unique=True)
    database["items"].create_index(["type"])


def _write_rest(database: Any, content: CatalogueContent) -> None:
    database["passages"].create({"row": int, "item_row": int, "kind": str, "path": str, "text": str}, pk="row")
    database["passages"].insert_all(
        {**asdict(p), "path": json.dumps(p.path, ensure_ascii=False)} for p in content.passages
    )
    database["passages"].create_index(["item_row"])
    database["links"].create({"source_row": int, "field": str, "target_row": int})
    database["links"].insert_all(asdict(link) for link in content.links)
    database["links"].create_index(["source_row"])
    database["links"].create_index(["target_row"])
    database["facets"].create({"item_row": int, "facet": str, "value": str, "direct": int})
    database["facets"].insert_all(asdict(facet) for facet in content.facets)
    database["facets"].create_index(["facet", "value"])
    database["facets"].create_index(["item_row"])
    database["labels"].create({"item_row": int, "language": str, "text": str, "terms": str})
    database["labels"].insert_all({**asdict(label), "terms": " ".join(label.terms)} for label in content.labels)
    database["sources"].create(
        {"path": str, "size": int, "modified_ns": int, "content_hash": str, "item_row": int}, pk="path"
    )
    database["sources"].insert_all(asdict(source) for source in content.sources)
    database["bodies"].create({"item_row": int, "markdown": str}, pk="item_row")
    database["bodies"].insert_all({"item_row": row, "markdown": body} for row, body in content.bodies.items())
    database["closed_terms"].create({"item_row": int, "terms": str}, pk="item_row")
    database["closed_terms"].insert_all(
        {"item_row": row, "terms": " ".join(terms)} for row, terms in content.closed_terms
    )


class Catalogue:
    """A published catalogue, read only, also from several threads; every answer is in a stable order."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        # One connection for all threads: the file may be gone when another would have to be opened.
        self._lock = threading.Lock()
        # Whoever holds the catalogue last closes it, if nobody did before.
        self._close = weakref.finalize(self, connection.close)
        self._texts: KeptRows[tuple[int, ItemText]] = KeptRows(most=_KEPT_ITEMS)
        self._passages: KeptRows[PassageRecord] = KeptRows(most=_KEPT_ITEMS)
        self._links: dict[bool, KeptRows[LinkRecord]] = {way: KeptRows(most=_KEPT_ITEMS) for way in (False, True)}
        self._facets: KeptRows[FacetRecord] = KeptRows(most=_KEPT_ITEMS)

    @classmethod
    def open(cls, path: Path) -> Catalogue:
        """Open a catalogue, also where nothing can be written; raises IndexUnusableError if it is damaged."""
        try:
            connection = sqlite3.connect(f"{_file_uri(path)}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            connection.execute("SELECT row FROM items LIMIT 1")
        except sqlite3.Error as error:
            raise IndexUnusableError(
                f"The catalogue {path} cannot be read: {error}", hint="Run `casebook index --full`."
            ) from error
        return cls(connection)

    def close(self) -> None:
        """Close the file."""
        self._close()

    def records(self) -> list[ItemRecord]:
        """Return all items in order of id."""
        query = f"SELECT {_RECORD_COLUMNS} FROM items ORDER BY id"  # noqa: S608
        return [_record(row) for row in self._query(query)]

    def texts(self, rows: Sequence[int]) -> dict[int, ItemText]:
        """Return items in full by row."""
        return dict(self._texts.of(rows, self._read_texts))

    def bodies(self, rows: Sequence[int]) -> dict[int, str]:
        """Return the Markdown of items by row."""
        return dict(self._among("SELECT item_row, markdown FROM bodies WHERE item_row IN", rows))

    def passages(self, item_rows: Sequence[int]) -> list[PassageRecord]:
        """Return the passages of items with their text, in order of row."""
        return self._passages.of(item_rows, self._read_passages)

    def passage_owners(self) -> list[tuple[int, int, str]]:
        """Return (row, item row, kind) of every passage in order of row."""
        return list(self._query("SELECT row, item_row, kind FROM passages ORDER BY row"))

    def links(self, rows: Sequence[int], *, backwards: bool = False) -> list[LinkRecord]:
        """Return the links from items, or to them, in the order in which they were written."""
        load = self._read_links_to if backwards else self._read_links_from
        return self._links[backwards].of(rows, load)

    def facets(self, rows: Sequence[int]) -> list[FacetRecord]:
        """Return the direct facet values of items."""
        return self._facets.of(rows, self._read_facets)

    def rows_with(self, facet: str, values: Sequence[str]) -> set[int]:
        """Return the items that have one of the values, directly or through a narrower one."""
        marks = ",".join("?" * len(values))
        query = f"SELECT item_row FROM facets WHERE facet=? AND value IN ({marks})"  # noqa: S608
        return {row for (row,) in self._query(query, (facet, *values))}

    def facet_rows(self, facet: str) -> list[tuple[int, str]]:
        """Return (item row, value) for every value of a facet."""
        return self._query("SELECT item_row, value FROM facets WHERE facet=?", (facet,))

    def labels(self) -> list[LabelRecord]:
        """Return the names of all concepts in the order in which they were written."""
        query = "SELECT item_row, language, text, terms FROM labels ORDER BY rowid"
        return [LabelRecord(row, lang, text, tuple(terms.split(" "))) for row, lang, text, terms in self._query(query)]

    def closed_terms(self, rows: Sequence[int]) -> dict[int, list[str]]:
        """Return the terms of items that are not in the lexical index."""
        query = "SELECT item_row, terms FROM closed_terms WHERE item_row IN"
        return {row: terms.split(" ") if terms else [] for row, terms in self._among(query, rows)}

    def sources(self) -> list[SourceRecord]:
        """Return all files that were read, in order of path."""
        query = "SELECT path, size, modified_ns, content_hash, item_row FROM sources ORDER BY path"
        return [SourceRecord(*row) for row in self._query(query)]

    def _read_texts(self, rows: Sequence[int]) -> Iterator[tuple[int, int, tuple[int, ItemText]]]:
        query = "SELECT row, type, item, sections FROM items WHERE row IN"
        for row, kind, item, sections in self._among(query, rows):
            yield row, row, (row, ItemText(_item(kind, item), tuple(map(_section, json.loads(sections)))))

    def _read_passages(self, rows: Sequence[int]) -> Iterator[tuple[int, int, PassageRecord]]:
        query = "SELECT row, item_row, kind, path, text FROM passages WHERE item_row IN"
        for row, item_row, kind, path, text in self._among(query, rows):
            yield item_row, row, PassageRecord(row, item_row, kind, tuple(json.loads(path)), text)

    def _read_links_from(self, rows: Sequence[int]) -> Iterator[tuple[int, int, LinkRecord]]:
        query = "SELECT rowid, source_row, field, target_row FROM links WHERE source_row IN"
        for place, *link in self._among(query, rows):
            yield link[0], place, LinkRecord(*link)

    def _read_links_to(self, rows: Sequence[int]) -> Iterator[tuple[int, int, LinkRecord]]:
        query = "SELECT rowid, source_row, field, target_row FROM links WHERE target_row IN"
        for place, *link in self._among(query, rows):
            yield link[2], place, LinkRecord(*link)

    def _read_facets(self, rows: Sequence[int]) -> Iterator[tuple[int, int, FacetRecord]]:
        query = "SELECT rowid, item_row, facet, value, direct FROM facets WHERE direct=1 AND item_row IN"
        for place, row, facet, value, direct in self._among(query, rows):
            yield row, place, FacetRecord(row, facet, value, bool(direct))

    def _among(self, query: str, rows: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(rows), _CHUNK):
            chunk = list(rows[start : start + _CHUNK])
            marks = ",".join("?" * len(chunk))
            yield from self._query(f"{query} ({marks}) ORDER BY rowid", chunk)

    def _query(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(query, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise IndexUnusableError(
                f"The catalogue is damaged: {error}", hint="Run `casebook index --full`."
            ) from error


def _file_uri(path: Path) -> str:
    """Return a path as SQLite takes it; it refuses the host that a Windows share has in its URI."""
    uri = path.absolute().as_uri()
    return uri if uri.startswith("file:///") else uri.replace("file://", "file:////", 1)


def _record(row: Iterable[Any]) -> ItemRecord:
    (
        number,
        id_,
        type_,
        language,
        status,
        classification,
        groups,
        existence,
        owner,
        authors,
        day,
        stub,
        is_open,
        path,
    ) = row
    return ItemRecord(
        row=number,
        id=id_,
        type=type_,
        language=language,
        status=status,
        classification=classification,
        access_groups=tuple(json.loads(groups)) if groups != "[]" else (),
        existence=existence,
        owner=owner,
        authors=tuple(json.loads(authors)) if authors != "[]" else (),
        day=date.fromisoformat(day) if day else None,
        stub_id=stub,
        is_open=bool(is_open),
        path=path,
    )


def _section(entry: list[Any]) -> DocumentSection:
    kind, path, line, text = entry
    return DocumentSection(SectionKind(kind) if kind else None, tuple(path), line, text)


def _item(kind: str, stored: str) -> AnyItem:
    # Validating against the one type, not the union of all, leaves the others' validators unbuilt.
    return cast("AnyItem", ITEM_TYPES[kind].model_validate_json(stored))
