"""The write path: files -> documents -> passages -> vectors -> a generation, published atomically.

Only embedding (and preparing a file) is incremental; catalogue, lexical index and vectors are made
afresh from documents and cache, so an incremental run and a full one end with the same index.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from indexer.cache import BuildCache, hash_text
from indexer.catalogue import CatalogueContent, write_catalogue
from indexer.contents import WORDED_TYPES, catalogue_content
from indexer.embedding import Embedded, embed_passages
from indexer.encoder import Encoder
from indexer.generations import (
    CACHE,
    CATALOGUE,
    ENCODER,
    FORMAT,
    ITEM_VECTORS,
    LEXICAL,
    PASSAGE_VECTORS,
    Manifest,
    current_generation,
    publish,
    staged_generation,
    writer_lock,
)
from indexer.history import extend_history, forget_items, published_history, write_history
from indexer.lexical import build_lexical
from indexer.models import copy_encoder, drop_other_models, encoder_folder, prepare_encoder
from indexer.preparing import PreparedLibrary, Preparer
from indexer.progress import Progress, Silence
from indexer.tokens import write_tokens
from indexer.vectors import build_vectors, save_rows
from library.access import open_to_all
from library.documents import Document, ReadFile, heading_kinds
from library.errors import IndexMissingError, IndexUnusableError, IndexWriteError
from library.items import in_review
from library.problems import Problem
from library.reading import Reading, count_by_type, find_files, read_library
from library.settings import Settings, casebook_version, known_codes


@dataclass(frozen=True, slots=True)
class Rulings:
    """What the desk decided: which content is approved, by id and type (SHA-256 of the file), and what is forgotten.

    With the setting `approval = "recorded"` an approved item of other content is served as `in_review`.
    """

    approvals: Mapping[tuple[str, str], str] = field(default_factory=dict)
    forgotten: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a run did: files read, ignored and left out, items by type, texts embedded.

    `unapproved` are files that say `approved` and have no approval on record.
    """

    generation: int
    unchanged: bool
    read: int
    ignored: int
    left_out: tuple[str, ...]
    counts: dict[str, int]
    passages: int
    embedded: int
    problems: tuple[Problem, ...]
    unapproved: tuple[str, ...] = ()

    @property
    def indexed(self) -> int:
        """How many items the index holds."""
        return sum(self.counts.values())

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "generation": self.generation,
            "unchanged": self.unchanged,
            "read": self.read,
            "ignored": self.ignored,
            "indexed": self.indexed,
            "left_out": self.left_out,
            "unapproved": self.unapproved,
            "counts": self.counts,
            "passages": self.passages,
            "embedded": self.embedded,
            "problems": [problem.as_dict() for problem in self.problems],
        }

    def as_lines(self) -> list[str]:
        """Return the text form: what was read, indexed and left out, and what was published."""
        ignored = f" ({self.ignored} other files ignored)" if self.ignored else ""
        lines = [f"{self.read} files read{ignored}, {self.indexed} indexed, {len(self.left_out)} left out."]
        lines += [f"  left out: {path} (see above)" for path in self.left_out]
        lines += [f"  served as in review: {path} (no approval of it is on record)" for path in self.unapproved]
        if self.unchanged:
            return [*lines, f"Nothing has changed; index {self.generation} stays."]
        return [*lines, f"{self.embedded} of {self.passages} passages embedded; index {self.generation} published."]


def build_index(
    settings: Settings,
    *,
    full: bool = False,
    progress: Progress | None = None,
    encoder: Encoder | None = None,
    rulings: Rulings | None = None,
) -> BuildReport:
    """Index a library and publish the result; a run without anything new publishes nothing.

    `full` forgets every cached vector and the exported model first; `encoder` replaces the one that the
    settings name. Without `rulings` nothing is approved where approvals are recorded.

    Raises:
        LibraryError: the folder is no library.
        EncoderError: the model is missing or damaged.
        IndexBusyError: another process is writing.
        IndexWriteError: something could not be written; the published index stays.
    """
    progress = progress or Silence()
    rulings = rulings or Rulings()
    data = settings.data_folder
    find_files(settings.library)  # no index folder appears in a place that is no library
    with writer_lock(data), _as_write_errors():
        folder = None if encoder else encoder_folder(settings.model, data)
        if full and folder is not None:
            shutil.rmtree(folder, ignore_errors=True)  # a damaged model is what sends people here
        encoder = encoder or prepare_encoder(settings.model, data, progress.notify)
        with BuildCache.open(data / CACHE, fresh=full) as cache:
            prepared = _prepare(settings, encoder, cache, progress, rulings)
            _tell_of_other_model(settings, encoder, data, progress)
            current = None if full or rulings.forgotten else _current_manifest(data, prepared.inputs)
            if current is not None:
                if cache.kept_for != current.number:  # an earlier run died after storing or publishing
                    _tidy(cache, prepared, encoder, current.number)
                return _report(prepared, current.number, current.passages, unchanged=True)
            embedded = embed_passages(prepared, encoder, cache, progress)
            with staged_generation(data) as (number, staging):
                progress.start("writing", 1)
                content = catalogue_content(settings, prepared, data)
                _write_generation(staging, content, prepared, embedded)
                history = extend_history(published_history(data), prepared.documents, datetime.now(UTC))
                write_history(staging, forget_items(history, rulings.forgotten))
                if folder is not None:
                    copy_encoder(folder, staging / ENCODER)
                passages = len(content.passages)
                _manifest(number, prepared, encoder, staging, passages).write(staging)
                publish(data, staging, number)
                progress.advance(1)
            _tidy(cache, prepared, encoder, number)
            if rulings.forgotten:
                cache.compact()
        if folder is not None:
            drop_other_models(settings.model, data)
    return _report(prepared, number, passages, embedded=embedded.fresh)


def _prepare(
    settings: Settings, encoder: Encoder, cache: BuildCache, progress: Progress, rulings: Rulings
) -> PreparedLibrary:
    preparer = Preparer(encoder, heading_kinds(settings.headings), cache)
    known_regions, known_industries = known_codes(settings)
    # Looked at before anything is read, so that a file which changes meanwhile counts as stale.
    sources = {source.path: (source.size, source.modified_ns) for source in find_files(settings.library)[0]}
    progress.start("reading", len(sources))

    def read(path: str, content: bytes) -> ReadFile:
        progress.advance(1)
        return preparer.read(path, content)

    reading = read_library(
        settings.library,
        read,
        max_bytes=settings.max_file_kilobytes * 1000,
        regions=known_regions,
        industries=known_industries,
    )
    preparer.store()
    unapproved = _unapproved(reading, preparer.hashes, rulings) if settings.approval == "recorded" else ()
    reading = replace(reading, documents=tuple(_as_ruled(reading.documents, unapproved)))
    documents = sorted(reading.documents, key=lambda document: document.id)
    facts = [
        (FORMAT, casebook_version(), preparer.settings.hex(), encoder.config.token_space),
        known_regions.digest() + known_industries.digest(),
        sorted(preparer.hashes.items()),
        # Times too: where they differ from the index's, every search has to read the file to see that it is the same.
        sorted(sources.items()),
        settings.max_file_kilobytes,
        reading.left_out,
        unapproved,
    ]
    inputs = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    return PreparedLibrary(
        reading, preparer.prepared, preparer.hashes, preparer.keys, sources, inputs, documents, unapproved
    )


def _unapproved(reading: Reading, hashes: Mapping[str, str], rulings: Rulings) -> tuple[str, ...]:
    """Return the files that say `approved` and whose content nobody approved, in order."""
    approved = (document for document in reading.documents if document.item.status == "approved")
    return tuple(sorted(d.path for d in approved if rulings.approvals.get((d.id, d.item.type)) != hashes[d.path]))


def _as_ruled(documents: Sequence[Document], unapproved: Sequence[str]) -> Iterator[Document]:
    """Yield documents as they are served, whatever their front matter says."""
    waiting = frozenset(unapproved)
    for document in documents:
        yield replace(document, item=in_review(document.item)) if document.path in waiting else document


def _tidy(cache: BuildCache, prepared: PreparedLibrary, encoder: Encoder, number: int) -> None:
    """Drop from the cache what the published generation does not use."""
    hashes = [hash_text(text) for text in prepared.embedded_texts()]
    cache.keep_only(encoder.config, hashes, prepared.keys.values(), generation=number)


def _write_generation(staging: Path, content: CatalogueContent, prepared: PreparedLibrary, embedded: Embedded) -> None:
    import numpy as np

    open_rows = [record.row for record, _ in content.items if record.is_open]
    is_open = np.zeros(len(content.items), dtype=bool)
    is_open[open_rows] = True
    owners = np.array([passage.item_row for passage in content.passages], dtype=np.int64)
    write_catalogue(staging / CATALOGUE, content)
    build_vectors(staging, PASSAGE_VECTORS, embedded.passages, trained_on=np.flatnonzero(is_open[owners]))
    save_rows(staging, ITEM_VECTORS, embedded.items)
    write_tokens(staging, embedded.tokens, counted=np.flatnonzero(is_open[owners]).tolist())
    worded = [row for row in open_rows if content.items[row][0].type in WORDED_TYPES]
    build_lexical(staging / LEXICAL, ((row, _terms(prepared, row)) for row in worded))


def _terms(prepared: PreparedLibrary, row: int) -> Sequence[str]:
    return prepared.files[prepared.documents[row].path].terms


def _manifest(number: int, prepared: PreparedLibrary, encoder: Encoder, staging: Path, passages: int) -> Manifest:
    lengths = [
        len(prepared.files[document.path].terms)
        for document in prepared.documents
        if document.item.type in WORDED_TYPES and open_to_all(document.item)
    ]
    return Manifest(
        format=FORMAT,
        number=number,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        casebook_version=casebook_version(),
        model=encoder.config.model,
        encoder_fingerprint=encoder.config.fingerprint,
        dimension=encoder.config.dimension,
        languages=encoder.config.languages,
        inputs=prepared.inputs,
        counts=count_by_type(prepared.documents),
        passages=passages,
        average_terms=sum(lengths) / len(lengths) if lengths else 0.0,
        checksums={
            path.relative_to(staging).as_posix(): _checksum(path)
            for path in sorted(staging.rglob("*"))
            if path.is_file() and path.relative_to(staging).parts[0] != ENCODER
        },
    )


def _checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _tell_of_other_model(settings: Settings, encoder: Encoder, data: Path, progress: Progress) -> None:
    """Say so if the published index was made with another model and nobody asked for this one."""
    try:
        published = Manifest.from_folder(current_generation(data))
    except (IndexMissingError, IndexUnusableError):
        return
    if published.encoder_fingerprint != encoder.config.fingerprint and "model" not in settings.model_fields_set:
        progress.notify(
            f"The index was made with {published.model}; it is made again with {encoder.config.model}. "
            f"Write `model = ...` in casebook.toml to keep another model."
        )


def _current_manifest(data: Path, inputs: str) -> Manifest | None:
    """Return the published manifest if it was made from just these inputs and can be read."""
    try:
        manifest = Manifest.from_folder(current_generation(data))
    except (IndexMissingError, IndexUnusableError):
        return None
    return manifest if manifest.inputs == inputs else None


def _report(
    prepared: PreparedLibrary, number: int, passages: int, *, embedded: int = 0, unchanged: bool = False
) -> BuildReport:
    reading = prepared.reading
    return BuildReport(
        generation=number,
        unchanged=unchanged,
        read=reading.read,
        ignored=reading.ignored,
        left_out=reading.left_out,
        counts=count_by_type(reading.documents),
        passages=passages,
        embedded=embedded,
        problems=reading.problems,
        unapproved=tuple(prepared.unapproved),
    )


@contextmanager
def _as_write_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IndexWriteError(f"The index cannot be written: {error.strerror or error}.") from error
    except sqlite3.OperationalError as error:
        raise IndexWriteError(f"The index cannot be written: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise IndexWriteError(f"The cache is damaged: {error}.", hint="Run `casebook index --full`.") from error
