"""Read, cut and analyse files; a file that was prepared before, unchanged, comes from the cache."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from indexer.cache import BuildCache
from indexer.encoder import Encoder
from indexer.glossing import TARGET, glossary_hash, reader
from indexer.lexical import terms_of
from indexer.passages import Passage, split_document
from library.documents import Document, ReadFile, SectionKind, read_document
from library.items import BusinessCase, Concept
from library.reading import Reading

if TYPE_CHECKING:
    from pydantic import TypeAdapter

# Raise it whenever reading, cutting or analysing changes, so that nothing stale comes from the cache.
VERSION = 6


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """What one file gave: what was read and, if it is a document, its passages and terms."""

    file: ReadFile
    passages: tuple[Passage, ...] = ()
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparedLibrary:
    """Everything that was read, before anything is written; `sources` are (size, time in ns) by path.

    `unapproved` are the files whose items are served as in review though they say otherwise.
    """

    reading: Reading
    files: Mapping[str, PreparedFile]
    hashes: Mapping[str, str]
    keys: Mapping[str, bytes]
    sources: Mapping[str, tuple[int, int]]
    inputs: str
    documents: Sequence[Document]
    unapproved: Sequence[str] = ()

    def embedded_texts(self) -> list[str]:
        """Return what the model reads of every passage, in order."""
        return [passage.embedded for document in self.documents for passage in self.files[document.path].passages]

    def kept_in_full(self) -> list[bool]:
        """Return of every passage, in order, whether each of its word pieces is kept: of cases alone."""
        return [
            isinstance(document.item, BusinessCase)
            for document in self.documents
            for _ in self.files[document.path].passages
        ]


class Preparer:
    """Prepares files through a cache and remembers what it prepared, by path."""

    def __init__(self, encoder: Encoder, headings: Mapping[str, SectionKind], cache: BuildCache) -> None:
        self._encoder = encoder
        self._headings = headings
        self._cache = cache
        config = encoder.config
        settings = repr(
            (
                VERSION,
                config.fingerprint,
                config.languages,
                config.max_tokens,
                sorted(headings.items()),
                glossary_hash(),
            )
        )
        self.settings = hashlib.sha256(settings.encode()).digest()
        self._fresh: dict[bytes, bytes] = {}
        self.prepared: dict[str, PreparedFile] = {}
        self.hashes: dict[str, str] = {}
        self.keys: dict[str, bytes] = {}

    def read(self, path: str, content: bytes) -> ReadFile:
        """Prepare one file; a `library.reading.Reader`."""
        content_hash = hashlib.sha256(content)
        key = hashlib.sha256(self.settings + path.encode() + b"\0" + content_hash.digest()).digest()
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
        return prepare_document(file, file.document, self._encoder)


def prepare_document(file: ReadFile, document: Document, encoder: Encoder) -> PreparedFile:
    """Cut a document into passages and analyse its text into terms.

    What the model would not understand is glossed for it, and found by the words of both languages.
    """
    language = document.item.language
    read = reader(language, encoder.config.languages)
    passages = split_document(
        document, max_tokens=encoder.config.max_tokens, count_tokens=encoder.count_tokens, read=read
    )
    text = _searchable_text(document)
    terms = terms_of(text, language)
    if read is not str:
        terms += terms_of(read(text), TARGET)
    return PreparedFile(file, passages, tuple(terms))


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
