"""The library's files as one asker at the desk may see them: as they lie there now, not as they were indexed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from curation.review.approvals import Review, approved_hashes, last_reviews
from curation.state import State
from curation.writing import etag_of
from indexer.history import History, published_history
from library.access import Asker, Visibility, visible
from library.documents import Document, ReadFile, SectionKind, heading_kinds, read_document
from library.errors import UnknownItemError
from library.items import AnyItem, in_review
from library.reading import SourceFile, find_files, read_file
from library.settings import Settings


@dataclass(frozen=True, slots=True)
class DeskItem:
    """An item in its file; `document` is what would be served of it, `is_recorded` whether just this is approved."""

    place: Path
    content: bytes
    document: Document
    written_status: str
    is_recorded: bool

    @property
    def item(self) -> AnyItem:
        """The item as it would be served."""
        return self.document.item

    @property
    def text(self) -> str:
        """The file's text, its line ends and byte-order mark included."""
        return self.content.decode()

    @property
    def etag(self) -> str:
        """The file's entity tag."""
        return etag_of(self.content)

    @property
    def content_hash(self) -> str:
        """The SHA-256 of the file, as approvals name it."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def is_unapproved(self) -> bool:
        """Whether its file says `approved` and its readers are not shown it so."""
        return self.written_status != self.item.status


class Desk:
    """What one asker sees of a library's files; made for one request, since files are read once."""

    def __init__(
        self, settings: Settings, asker: Asker, *, state: State | None = None, today: date | None = None
    ) -> None:
        self.settings = settings
        self.asker = asker
        self.state = state or State(settings.state_file)
        self.today = today or date.today()
        self._found: dict[str, DeskItem] = {}

    def items(self) -> Mapping[str, DeskItem]:
        """Return every item that the asker sees, by id; reads the whole library."""
        return {id_: entry for id_, entry in sorted(self._everything.items()) if self._is_seen(entry)}

    def item(self, item_id: str) -> DeskItem:
        """Return an item that the asker sees.

        Raises:
            UnknownItemError: there is none of this id, or it is not for the asker: both look alike.
        """
        found = self.find_unseen(item_id)
        if found is None or not self._is_seen(found):
            raise UnknownItemError(
                f"There is no item {item_id!r}.",
                hint="Look at the id. A file that cannot be read, or says no `classification`, is nobody's item yet.",
                command="`casebook check` names such files. Who is meant by --user must own a draft, or be a curator.",
            )
        return found

    def sees(self, item_id: str) -> bool:
        """Whether the asker sees an item of this id."""
        found = self.find_unseen(item_id)
        return found is not None and self._is_seen(found)

    def find_unseen(self, item_id: str) -> DeskItem | None:
        """Return an item whoever asks, to record a refusal or to reach it for him; never to show it."""
        if item_id not in self._found:
            named = [source for source in self._sources if source.place.stem == item_id]
            entries = (self._read(source) for source in named)
            found = next((entry for entry in entries if entry is not None and entry.document.id == item_id), None)
            if found is None:
                found = self._everything.get(item_id)
            if found is None:
                return None
            self._found[item_id] = found
        return self._found[item_id]

    def is_approved(self, entry: DeskItem) -> bool:
        """Whether an item is served as approved."""
        return entry.item.status == "approved"

    def is_overdue(self, entry: DeskItem) -> bool:
        """Whether an item has to be verified again."""
        due = entry.item.review_due()
        return due is None or due < self.today

    def read(self, path: str, content: bytes) -> ReadFile:
        """Read a file's bytes as the index would."""
        return read_document(path, content, self._headings)

    @cached_property
    def reviews(self) -> Mapping[str, Review]:
        """The last decision on each item."""
        return last_reviews(self.state)

    @cached_property
    def published(self) -> History | None:
        """What every item was in the index, from generation to generation; None if there is none."""
        return published_history(self.settings.data_folder)

    def _is_seen(self, entry: DeskItem) -> bool:
        return visible(self.asker, entry.item) is Visibility.FULL

    @cached_property
    def _everything(self) -> Mapping[str, DeskItem]:
        found: dict[str, DeskItem] = {}
        for entry in self._read_all():
            found.setdefault(entry.document.id, entry)  # as in the index, the first file of an id counts
        return found

    def _read_all(self) -> Iterator[DeskItem]:
        for source in self._sources:
            entry = self._read(source)
            if entry is not None:
                yield entry

    def _read(self, source: SourceFile) -> DeskItem | None:
        kept: list[bytes] = []

        def read(path: str, content: bytes) -> ReadFile:
            kept.append(content)
            return self.read(path, content)

        limit = self.settings.max_file_kilobytes * 1000
        document = read_file(self.settings.library, source, read, limit).document
        return self._entry(source.place, kept[0], document) if document is not None else None

    def _entry(self, place: Path, content: bytes, document: Document) -> DeskItem:
        status = document.item.status
        is_recorded = self._approved.get((document.id, document.item.type)) == hashlib.sha256(content).hexdigest()
        if self.settings.approval == "recorded" and status == "approved" and not is_recorded:
            document = replace(document, item=in_review(document.item))
        return DeskItem(place, content, document, status, is_recorded)

    @cached_property
    def _approved(self) -> Mapping[tuple[str, str], str]:
        return approved_hashes(self.state)

    @cached_property
    def _headings(self) -> Mapping[str, SectionKind]:
        return heading_kinds(self.settings.headings)

    @cached_property
    def _sources(self) -> list[SourceFile]:
        return find_files(self.settings.library)[0]
