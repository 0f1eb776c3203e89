"""Embed a library's passages: what the cache does not hold, in batches that are kept at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.cache import BuildCache, hash_text
from indexer.encoder import Encoder
from indexer.preparing import PreparedLibrary
from indexer.progress import Progress
from indexer.tokens import StoredTokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

_EMBEDDING_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Embedded:
    """All vectors of a generation: (passages, dim) and (items, dim), of unit length, and each passage's tokens."""

    passages: Vectors
    items: Vectors
    tokens: Sequence[StoredTokens]
    fresh: int


def embed_passages(prepared: PreparedLibrary, encoder: Encoder, cache: BuildCache, progress: Progress) -> Embedded:
    """Embed what the cache does not hold, keeping each batch at once."""
    import numpy as np

    texts = prepared.embedded_texts()
    hashes = [hash_text(text) for text in texts]
    by_hash = dict(zip(hashes, texts, strict=True))
    vectors = cache.vectors(encoder.config.fingerprint, list(by_hash))
    # Told by passage, not by text: that a hidden case says the same must not show in a note.
    in_full = [bool(encoder.config.token_space) and kept for kept in prepared.kept_in_full()]
    of_cases = dict.fromkeys(key for key, kept in zip(hashes, in_full, strict=True) if kept)
    tokens = cache.tokens(encoder.config.token_space, list(of_cases))
    wanted = {key for key in of_cases if key not in tokens}
    missing = wanted | {key for key in by_hash if key not in vectors}
    progress.start("embedding", len(missing))
    for chunk, with_tokens in _embedding_chunks(missing, wanted):
        batch = [by_hash[key] for key in chunk]
        if with_tokens:
            encoded = encoder.encode_tokens(batch, as_query=False)
            found = zip(chunk, map(StoredTokens.from_vectors, encoded.tokens or ()), strict=False)
            fresh_tokens = dict(found)
            cache.store_tokens(encoder.config.token_space, fresh_tokens)
            tokens.update(fresh_tokens)
            fresh = encoded.vectors
            progress.advance(len(chunk))
        else:
            fresh = encoder.encode_documents(batch, advance=lambda rows, _: progress.advance(len(rows)))
        cache.store_vectors(encoder.config.fingerprint, chunk, fresh)
        vectors.update(zip(chunk, fresh, strict=True))
    shape = (len(hashes), encoder.config.dimension)
    passages = np.array([vectors[key] for key in hashes], dtype=np.float32).reshape(shape)
    nothing = StoredTokens.empty()
    by_passage = [tokens.get(key, nothing) if kept else nothing for key, kept in zip(hashes, in_full, strict=True)]
    return Embedded(passages, _item_vectors(prepared, passages), by_passage, len(missing))


def _embedding_chunks(missing: set[bytes], with_tokens: set[bytes]) -> Iterator[tuple[list[bytes], bool]]:
    """Yield what to embed together, and whether token vectors are wanted of it."""
    for keys, in_full in ((missing - with_tokens, False), (with_tokens, True)):
        ordered = sorted(keys)
        for start in range(0, len(ordered), _EMBEDDING_CHUNK):
            yield ordered[start : start + _EMBEDDING_CHUNK], in_full


def _item_vectors(prepared: PreparedLibrary, passages: Vectors) -> Vectors:
    """Return the mean of each item's passages, of unit length: the whole item without embedding it again."""
    import numpy as np

    vectors = np.zeros((len(prepared.documents), passages.shape[1]), dtype=np.float32)
    start = 0
    for row, document in enumerate(prepared.documents):
        count = len(prepared.files[document.path].passages)
        mean = passages[start : start + count].sum(axis=0)
        length = float(np.linalg.norm(mean))
        vectors[row] = mean / length if length else mean
        start += count
    return vectors
