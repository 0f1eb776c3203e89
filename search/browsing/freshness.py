"""Compare an index with the files that it was made from; tell an asker only of what he may see."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from indexer.catalogue import SourceRecord
from library.access import Visibility, visible
from library.documents import heading_kinds
from library.errors import LibraryError
from library.items import in_review
from library.reading import SourceFile, find_files, plain_reader, read_file
from library.settings import Settings
from search.view import View


@dataclass(frozen=True, slots=True)
class StaleFile:
    """A file that differs from the index: `new`, `changed` or `removed`."""

    path: str
    state: str


def find_stale(view: View, settings: Settings, *, most: int | None = None) -> tuple[StaleFile, ...]:
    """Return what a new run would change of the items that the asker may see, in order of path.

    `most` ends the search once so many were found. Empty where the library's files are not at hand, as with
    a copied generation.
    """
    try:
        sources = {source.path: source for source in find_files(settings.library)[0]}
    except LibraryError:
        return ()
    indexed = {source.path: source for source in view.engine.sources()}
    stale: list[StaleFile] = []
    for path in sorted(sources.keys() | indexed.keys()):
        source, record = sources.get(path), indexed.get(path)
        state = _state(source, record)
        if most is not None and len(stale) >= most:
            break
        if state and (_was_visible(view, record) or _is_visible(view, settings, source)):
            stale.append(StaleFile(path, state))
    return tuple(stale)


def _state(source: SourceFile | None, record: SourceRecord | None) -> str:
    if source is None:
        return "removed"
    if record is None:
        return "new"
    if (source.size, source.modified_ns) == (record.size, record.modified_ns):
        return ""
    try:
        same = hashlib.sha256(source.place.read_bytes()).hexdigest() == record.content_hash
    except OSError:
        return "changed"
    return "" if same else "changed"


def _was_visible(view: View, record: SourceRecord | None) -> bool:
    return record is not None and record.item_row in view.records


def _is_visible(view: View, settings: Settings, source: SourceFile | None) -> bool:
    """Whether the asker may see what the file holds now; a file that cannot be read is nobody's."""
    if source is None:
        return False
    reader = plain_reader(heading_kinds(settings.headings))
    read = read_file(settings.library, source, reader, settings.max_file_kilobytes * 1000)
    if read.document is None:
        return False
    item = read.document.item
    # Whether its approval is on record is not known here: until it is indexed it counts as waiting for one.
    waits = settings.approval == "recorded" and item.status == "approved"
    return visible(view.asker, in_review(item) if waits else item) is Visibility.FULL
