"""From prepared documents to the catalogue's rows: items, passages, links, facets, labels, sources."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from indexer.catalogue import (
    CatalogueContent,
    ItemRecord,
    ItemText,
    LabelRecord,
    LinkRecord,
    PassageRecord,
    SourceRecord,
)
from indexer.facets import broader_concepts, facet_records
from indexer.lexical import terms_of
from indexer.preparing import PreparedLibrary
from library.access import open_to_all
from library.documents import Document
from library.items import AnyItem, Concept
from library.settings import Settings, known_codes

# Types whose text is searched with words; vocabulary pages would only distort the statistics.
WORDED_TYPES = frozenset({"business_case", "industry_note"})
_STUB_KEY = "stub.key"
_STUB_KEY_BYTES = 32


def catalogue_content(settings: Settings, prepared: PreparedLibrary, data: Path) -> CatalogueContent:
    """Return the catalogue's rows; items are numbered in order of id. `data` keeps the key of stub ids."""
    known_regions, known_industries = known_codes(settings)
    documents = prepared.documents
    rows = {document.id: row for row, document in enumerate(documents)}
    key = _stub_key(data)
    # A hierarchy through a concept that not everybody sees would tell of it.
    broader = broader_concepts({d.id: d.item for d in documents if open_to_all(d.item)})
    passages: list[PassageRecord] = []
    for row, document in enumerate(documents):
        for passage in prepared.files[document.path].passages:
            passages.append(PassageRecord(len(passages), row, passage.kind, passage.path, passage.text))
    return CatalogueContent(
        items=[
            (_record(row, document, key), ItemText(document.item, document.sections))
            for row, document in enumerate(documents)
        ],
        passages=passages,
        links=[
            LinkRecord(rows[document.id], name, rows[target])
            for document in documents
            for name, target, expected in document.item.referenced()
            if target in rows and expected in ("", documents[rows[target]].item.type)
        ],
        facets=[
            facet
            for row, document in enumerate(documents)
            for facet in facet_records(
                row, document.item, regions=known_regions, industries=known_industries, broader=broader
            )
        ],
        labels=[label for row, document in enumerate(documents) for label in _labels(row, document.item)],
        sources=list(_sources(prepared, rows)),
        closed_terms=[
            (row, prepared.files[document.path].terms)
            for row, document in enumerate(documents)
            if document.item.type in WORDED_TYPES and not open_to_all(document.item)
        ],
        bodies={row: document.body for row, document in enumerate(documents)},
    )


def _record(row: int, document: Document, key: bytes) -> ItemRecord:
    item = document.item
    days = [day for day in (item.created, item.last_verified) if day is not None]
    return ItemRecord(
        row=row,
        id=item.id,
        type=item.type,
        language=item.language,
        status=item.status,
        classification=item.classification,
        access_groups=item.access_groups,
        existence=item.existence,
        owner=item.owner,
        authors=item.authors,
        day=max(days, default=None),
        stub_id="stub-" + hmac.new(key, item.id.encode(), hashlib.sha256).hexdigest()[:12],
        is_open=open_to_all(item),
        path=document.path,
    )


def _labels(row: int, item: AnyItem) -> Iterator[LabelRecord]:
    """Yield a concept's names: preferred, alternative and hidden ones, in each language."""
    if not isinstance(item, Concept):
        return
    names = [(language, label) for language, label in item.labels.items()]
    for more in (item.alt_labels, item.hidden_labels):
        names += [(language, label) for language, labels in more.items() for label in labels]
    for language, label in names:
        terms = tuple(terms_of(label, language))
        if terms:
            yield LabelRecord(row, language, label, terms)


def _sources(prepared: PreparedLibrary, rows: Mapping[str, int]) -> Iterator[SourceRecord]:
    by_path = {document.path: rows[document.id] for document in prepared.documents}
    for path in sorted(prepared.sources.keys() | prepared.hashes.keys()):
        size, modified = prepared.sources.get(path, (0, 0))
        yield SourceRecord(path, size, modified, prepared.hashes.get(path, ""), by_path.get(path))


def _stub_key(data: Path) -> bytes:
    """Return the secret that makes stub ids opaque; it stays, so that a stub keeps its id."""
    path = data / _STUB_KEY
    if not path.is_file() or path.stat().st_size != _STUB_KEY_BYTES:
        temporary = path.with_suffix(".new")
        temporary.unlink(missing_ok=True)
        temporary.touch(mode=0o600)
        temporary.write_bytes(secrets.token_bytes(_STUB_KEY_BYTES))
        temporary.replace(path)  # never half a key, as a full disk would leave it
    return path.read_bytes()
