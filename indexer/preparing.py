"""Read, cut and analyse files; a file that was prepared before, unchanged, comes from the cache."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from indexer.cache import BuildCache
from indexer.encoder import Encoder
from indexer.lexical import terms_of
from indexer.passages import Passage, split_document
from library.documents import Document, ReadFile, SectionKind, read_document
from library.items import Concept
from library.reading import Reading

if TYPE_CHECKING:
    from pydantic import TypeAdapter

# Raise it whenever reading, cutting or analysing changes, so that nothing stale comes from the cache.
VERSION = 2


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """What one file gave: what was read and, if it is a document, its passages and terms."""

    file: ReadFile
    passages: tuple[Passage, ...] = ()
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparedLibrary:
    """Everything that was read, before anything is written; `sources` are (size, time in ns) by path."""

    reading: Reading
    files: Mapping[str, PreparedFile]
    hashes: Mapping[str, str]
    keys: Mapping[str, bytes]
    sources: Mapping[str, tuple[int, int]]
    inputs: str
    documents: Sequence[Document]

    def embedded_texts(self) -> list[str]:
        """Return what the model reads of every passage, in order."""
        return [passage.embedded for document in self.documents for passage in self.files[document.path].passages]


class Preparer:
    """Prepares files through a cache and remembers what it prepared, by path."""

    def __init__(self, encoder: Encoder, headings: Mapping[str, SectionKind], cache: BuildCache) -> None:
        self._encoder = encoder
        self._headings = headings
        self._cache = cache
        settings = repr((VERSION, encoder.config.fingerprint, encoder.config.max_tokens, sorted(headings.items())))
        self._settings = hashlib.sha256(settings.encode()).digest()
        self._fresh: dict[bytes, bytes] = {}
        self.prepared: dict[str, PreparedFile] = {}
        self.hashes: dict[str, str] = {}
        self.keys: dict[str, bytes] = {}

    def read(self, path: str, content: bytes) -> ReadFile:
        """Prepare one file; a `library.reading.Reader`."""
        content_hash = hashlib.sha256(content)
        key = hashlib.sha256(self._settings + path.encode() + b"\0" + content_hash.digest()).digest()
        found = self._cache.files([key]).get(key)
        prepared = _adapter().validate_json(found) if found else self._prepare(path, content)
        if found is None:
            self._fresh[key] = _adapter().dump_json(prepared)
        self.prepared[path] = prepared
        self.hashes[path] = content_hash.hexdigest()
        self.keys[path] = key
        return prepared.file

    def store(self) -> None:
        """Keep what was prepared afresh."""
        self._cache.store_files(self._fresh)
        self._fresh = {}

    def _prepare(self, path: str, content: bytes) -> PreparedFile:
        file = read_document(path, content, self._headings)
        if file.document is None:
            return PreparedFile(file)
        return prepare_document(file, file.document, self._encoder.config.max_tokens, self._encoder.count_tokens)


def prepare_document(
    file: ReadFile, document: Document, max_tokens: int, count_tokens: Callable[[str], int]
) -> PreparedFile:
    """Cut a document into passages and analyse its text into terms."""
    passages = split_document(document, max_tokens=max_tokens, count_tokens=count_tokens)
    return PreparedFile(file, passages, tuple(terms_of(_searchable_text(document), document.item.language)))


def _searchable_text(document: Document) -> str:
    item = document.item
    parts = [item.title, item.summary, *item.keywords]
    if isinstance(item, Concept):
        parts += [name for names in (*item.alt_labels.values(), *item.hidden_labels.values()) for name in names]
    for section in document.sections:
        parts += [section.path[-1] if section.path else "", section.text]
    return "\n".join(part for part in parts if part)


@cache
def _adapter() -> TypeAdapter[PreparedFile]:
    from pydantic import TypeAdapter

    return TypeAdapter(PreparedFile)
