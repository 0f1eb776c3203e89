"""Which ids a library has, and in which files: from the index and file names, without reading the whole library."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from indexer.catalogue import Catalogue
from indexer.generations import CATALOGUE, current_generation
from library.documents import type_of_path
from library.errors import IndexMissingError, IndexUnusableError
from library.front_matter import FrontMatterError, split_front_matter
from library.reading import SourceFile
from library.settings import Settings

# An id of its own may stand anywhere in a front matter; files without such a line go by their name.
_OWN_ID = re.compile(rb"""^\s*\{?\s*["']?id["']?\s*:""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class KnownIds:
    """Where each id stands: `paths` in order, and the `types` of those that the index confirms."""

    paths: Mapping[str, tuple[str, ...]]
    types: Mapping[str, str]

    def guessed_types(self) -> dict[str, str]:
        """Return a type for every id: as the index knows it, else that of the folder."""
        guessed = {id_: type_of_path(paths[0]) or "" for id_, paths in self.paths.items()}
        return {**guessed, **self.types}


def find_ids(settings: Settings, sources: Sequence[SourceFile]) -> KnownIds:
    """Return the ids of a library's files; only files that the index does not hold as they are are looked into."""
    indexed = _indexed(settings, sources)
    paths: dict[str, list[str]] = {}
    for source in sources:
        id_ = indexed[source.path][0] if source.path in indexed else _id_of(source)
        paths.setdefault(id_, []).append(source.path)
    alone = {id_ for id_, places in paths.items() if len(places) == 1}
    return KnownIds(
        {id_: tuple(places) for id_, places in paths.items()},
        {id_: type_ for id_, type_ in indexed.values() if id_ in alone},
    )


def _indexed(settings: Settings, sources: Iterable[SourceFile]) -> dict[str, tuple[str, str]]:
    """Return (id, type) by path of the files that are as they were when the published index read them."""
    try:
        catalogue = Catalogue.open(current_generation(settings.data_folder) / CATALOGUE)
    except (IndexMissingError, IndexUnusableError):
        return {}
    try:
        return dict(_unchanged(catalogue, {source.path: source for source in sources}))
    except IndexUnusableError:
        return {}
    finally:
        catalogue.close()


def _unchanged(catalogue: Catalogue, sources: Mapping[str, SourceFile]) -> Iterator[tuple[str, tuple[str, str]]]:
    records = {record.row: record for record in catalogue.records()}
    for known in catalogue.sources():
        source = sources.get(known.path)
        record = records.get(known.item_row) if known.item_row is not None else None
        if source and record and (source.size, source.modified_ns) == (known.size, known.modified_ns):
            yield known.path, (record.id, record.type)


def _id_of(source: SourceFile) -> str:
    """Return a file's id: its name, unless it states another."""
    stem = unicodedata.normalize("NFC", posixpath.splitext(posixpath.basename(source.path))[0])
    try:
        content = source.place.read_bytes()
    except OSError:
        return stem
    return _stated_id(content) or stem if _OWN_ID.search(content) else stem


def _stated_id(content: bytes) -> str:
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    try:
        stated = split_front_matter(text)[0].values.get("id")
    except FrontMatterError:
        return ""
    return unicodedata.normalize("NFC", stated) if isinstance(stated, str) else ""
