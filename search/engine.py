"""What search needs of an index: one small protocol, and the engine that reads a generation."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from indexer.catalogue import (
    Catalogue,
    FacetRecord,
    ItemRecord,
    ItemText,
    LabelRecord,
    LinkRecord,
    PassageRecord,
    SourceRecord,
)
from indexer.encoder import Encoder, open_encoder
from indexer.generations import (
    CATALOGUE,
    ENCODER,
    ITEM_VECTORS,
    LEXICAL,
    PASSAGE_VECTORS,
    Manifest,
    current_generation,
)
from indexer.history import History, read_history
from indexer.lexical import LexicalIndex
from indexer.passage_words import forget_passages
from indexer.tokens import TokenIndex, TokenVectors
from indexer.vectors import VectorIndex

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Rows = NDArray[np.int64]


class Engine(Protocol):
    """Documents, candidates and facets; every method works on rows of items that the caller may see."""

    @property
    def manifest(self) -> Manifest:
        """What the index is."""
        ...

    @property
    def encoder(self) -> Encoder:
        """The model that made the vectors."""
        ...

    def records(self) -> Sequence[ItemRecord]:
        """Return all items, in order of id; only `search.view` calls this."""
        ...

    def labels(self) -> Sequence[LabelRecord]:
        """Return the names of all concepts."""
        ...

    def sources(self) -> Sequence[SourceRecord]:
        """Return the files that the index was made from; only `search.browsing.freshness` calls this."""
        ...

    def history(self) -> History:
        """Return what every item was, from the first generation on; only `search.changes.feed` calls this."""
        ...

    def texts(self, rows: Sequence[int]) -> Mapping[int, ItemText]:
        """Return items in full by row."""
        ...

    def bodies(self, rows: Sequence[int]) -> Mapping[int, str]:
        """Return the Markdown of items by row."""
        ...

    def passages(self, rows: Sequence[int]) -> Sequence[PassageRecord]:
        """Return the passages of items, in order."""
        ...

    def links(self, rows: Sequence[int], *, backwards: bool = False) -> Sequence[LinkRecord]:
        """Return links from items, or to them."""
        ...

    def facets(self, rows: Sequence[int]) -> Sequence[FacetRecord]:
        """Return the direct facet values of items."""
        ...

    def rows_with(self, facet: str, values: Sequence[str]) -> set[int]:
        """Return all items that have one of the values, directly or through a narrower one."""
        ...

    def facet_values(self, facet: str, rows: set[int]) -> Mapping[str, int]:
        """Count the values of a facet over items."""
        ...

    def word_scores(self, weights: Mapping[str, float], rows: Sequence[int], *, limit: int) -> Mapping[int, float]:
        """Return the best BM25 scores by item; at most `limit` from the open ones."""
        ...

    def word_scores_of(self, weights: Mapping[str, float], rows: Sequence[int]) -> Mapping[int, float]:
        """Return the BM25 score of each given item that holds one of the terms."""
        ...

    def word_ceiling(self, weights: Mapping[str, float]) -> float:
        """Return the BM25 score that an item with all these terms, over and over, would come near to."""
        ...

    def near_items(self, queries: Vectors, rows: Sequence[int], *, limit: int) -> set[int]:
        """Return the items whose passages or whole text are nearest to any of the queries."""
        ...

    def passage_cosines(self, queries: Vectors, rows: Sequence[int]) -> PassageCosines:
        """Return the cosines of all passages of items."""
        ...

    def item_cosines(self, queries: Vectors, rows: Sequence[int]) -> Vectors:
        """Return (queries, rows) cosines with whole items."""
        ...

    def item_vectors(self, rows: Sequence[int]) -> Vectors:
        """Return the vectors of whole items, (rows, dim)."""
        ...

    def passage_matches(self, challenge: Sequence[TokenVectors], passage_rows: Rows) -> PassageCosines:
        """Return the MaxSim of each of the passages that has token vectors with each text of a challenge."""
        ...

    def passage_vectors(self, passage_rows: Sequence[int]) -> Vectors:
        """Return the vectors of passages."""
        ...

    def passage_tokens(self, passage_rows: Sequence[int]) -> Sequence[TokenVectors]:
        """Return the token vectors of passages."""
        ...


class PassageCosines:
    """Cosines or MaxSim, (queries, passages), with each passage's row, its item's row and its kind.

    The passages of an item stand together.
    """

    __slots__ = ("cosines", "item_rows", "kinds", "rows")

    def __init__(self, cosines: Vectors, rows: Rows, item_rows: Rows, kinds: NDArray[np.str_]) -> None:
        self.cosines = cosines
        self.rows = rows
        self.item_rows = item_rows
        self.kinds = kinds


class LocalEngine:
    """Reads one generation; never writes. After `warm` it may be used from several threads at once."""

    def __init__(self, folder: Path, *, encoder: Encoder | None = None) -> None:
        self._folder = folder
        self._given_encoder = encoder
        self._coming_encoder: Future[Encoder] | None = None
        self.manifest = Manifest.from_folder(folder)
        self._catalogue = Catalogue.open(folder / CATALOGUE)
        self._facets: dict[str, tuple[Rows, Rows, list[str]]] = {}
        forget_passages()
        # Once more in the end: a last request may have shown some since another generation was opened.
        weakref.finalize(self, forget_passages)

    @classmethod
    def from_data_folder(cls, data: Path, *, encoder: Encoder | None = None) -> LocalEngine:
        """Open the published generation.

        Raises:
            IndexMissingError: nothing was published.
            IndexUnusableError: it is damaged or of another format.
        """
        return cls(current_generation(data), encoder=encoder)

    @cached_property
    def encoder(self) -> Encoder:
        """The generation's own model, loaded when it is first asked for."""
        if self._coming_encoder is not None:
            return self._coming_encoder.result()
        return self._given_encoder or open_encoder(self._folder / ENCODER)

    def load_ahead(self) -> None:
        """Begin to load the model in a thread; that takes a quarter of a second, and most of it leaves Python alone."""
        if self._given_encoder is None:
            pool = ThreadPoolExecutor(1, thread_name_prefix="model")
            self._coming_encoder = pool.submit(open_encoder, self._folder / ENCODER, threads=1)  # as a server does
            pool.shutdown(wait=False)

    @cached_property
    def _lexical(self) -> LexicalIndex:
        return LexicalIndex.open(self._folder / LEXICAL, self.manifest.average_terms)

    @cached_property
    def _vectors(self) -> VectorIndex:
        return VectorIndex.open(self._folder, PASSAGE_VECTORS)

    @cached_property
    def _item_vectors(self) -> VectorIndex:
        return VectorIndex.open(self._folder, ITEM_VECTORS)

    @cached_property
    def _tokens(self) -> TokenIndex:
        return TokenIndex.open(self._folder)

    @cached_property
    def _records(self) -> list[ItemRecord]:
        return self._catalogue.records()

    @cached_property
    def _labels(self) -> list[LabelRecord]:
        return list(self._catalogue.labels())

    @cached_property
    def _history(self) -> History:
        return read_history(self._folder)

    @cached_property
    def _open_rows(self) -> set[int]:
        return {record.row for record in self._records if record.is_open}

    @cached_property
    def _owners(self) -> tuple[Rows, NDArray[np.str_]]:
        """The item and the kind of every passage."""
        import numpy as np

        owners = self._catalogue.passage_owners()
        return (
            np.array([item_row for _, item_row, _ in owners], dtype=np.int64),
            np.array([kind for _, _, kind in owners], dtype=np.str_),
        )

    def records(self) -> Sequence[ItemRecord]:
        """Return all items, in order of id."""
        return self._records

    def labels(self) -> Sequence[LabelRecord]:
        """Return the names of all concepts."""
        return self._labels

    def sources(self) -> Sequence[SourceRecord]:
        """Return the files that the index was made from."""
        return self._catalogue.sources()

    def history(self) -> History:
        """Return what every item was, from the first generation on."""
        return self._history

    def texts(self, rows: Sequence[int]) -> Mapping[int, ItemText]:
        """Return items in full by row."""
        return self._catalogue.texts(rows)

    def bodies(self, rows: Sequence[int]) -> Mapping[int, str]:
        """Return the Markdown of items by row."""
        return self._catalogue.bodies(rows)

    def passages(self, rows: Sequence[int]) -> Sequence[PassageRecord]:
        """Return the passages of items, in order."""
        return self._catalogue.passages(rows)

    def links(self, rows: Sequence[int], *, backwards: bool = False) -> Sequence[LinkRecord]:
        """Return links from items, or to them."""
        return self._catalogue.links(rows, backwards=backwards)

    def facets(self, rows: Sequence[int]) -> Sequence[FacetRecord]:
        """Return the direct facet values of items."""
        return self._catalogue.facets(rows)

    def rows_with(self, facet: str, values: Sequence[str]) -> set[int]:
        """Return all items that have one of the values."""
        return self._catalogue.rows_with(facet, values)

    def facet_values(self, facet: str, rows: set[int]) -> Mapping[str, int]:
        """Count the values of a facet over items."""
        import numpy as np

        item_rows, codes, values = self._facet_columns(facet)
        chosen = np.zeros(len(self._records), dtype=bool)
        chosen[list(rows)] = True
        counts = np.bincount(codes[chosen[item_rows]], minlength=len(values)).tolist()
        return {value: count for value, count in zip(values, counts, strict=True) if count}

    def word_scores(self, weights: Mapping[str, float], rows: Sequence[int], *, limit: int) -> Mapping[int, float]:
        """Return the best BM25 scores by item."""
        eligible = [row for row in rows if row in self._open_rows]
        found = self._lexical.search(weights, rows=eligible, limit=limit)
        return found | self._closed_scores(weights, rows)

    def word_scores_of(self, weights: Mapping[str, float], rows: Sequence[int]) -> Mapping[int, float]:
        """Return the BM25 score of each given item that holds one of the terms."""
        return self.word_scores(weights, rows, limit=max(1, len(rows)))

    def word_ceiling(self, weights: Mapping[str, float]) -> float:
        """Return the BM25 score that an item with all these terms, over and over, would come near to."""
        return self._lexical.ceiling(weights)

    def near_items(self, queries: Vectors, rows: Sequence[int], *, limit: int) -> set[int]:
        """Return the items whose passages are nearest to any of the queries."""
        owners, _ = self._owners
        eligible = self._passage_rows(rows)
        # Several passages of one item may be among the nearest, so more are asked for.
        found = self._vectors.nearest(queries, eligible, limit=limit * 4)
        return set(owners[found].tolist())

    def passage_cosines(self, queries: Vectors, rows: Sequence[int]) -> PassageCosines:
        """Return the cosines of all passages of items."""
        owners, kinds = self._owners
        chosen = self._passage_rows(rows)
        return PassageCosines(self._vectors.cosines(queries, chosen), chosen, owners[chosen], kinds[chosen])

    def item_cosines(self, queries: Vectors, rows: Sequence[int]) -> Vectors:
        """Return (queries, rows) cosines with whole items."""
        import numpy as np

        return self._item_vectors.cosines(queries, np.asarray(rows, dtype=np.int64))

    def item_vectors(self, rows: Sequence[int]) -> Vectors:
        """Return the vectors of whole items, (rows, dim)."""
        import numpy as np

        return self._item_vectors.vectors(np.asarray(rows, dtype=np.int64))

    def passage_matches(self, challenge: Sequence[TokenVectors], passage_rows: Rows) -> PassageCosines:
        """Return the MaxSim of each of the passages that has token vectors with each text of a challenge."""
        owners, kinds = self._owners
        chosen, scores = self._tokens.scores(challenge, passage_rows)
        return PassageCosines(scores, chosen, owners[chosen], kinds[chosen])

    def passage_vectors(self, passage_rows: Sequence[int]) -> Vectors:
        """Return the vectors of passages."""
        import numpy as np

        return self._vectors.vectors(np.asarray(passage_rows, dtype=np.int64))

    def passage_tokens(self, passage_rows: Sequence[int]) -> Sequence[TokenVectors]:
        """Return the token vectors of passages."""
        return [self._tokens.tokens(row) for row in passage_rows]

    def warm(self) -> None:
        """Open everything now, so that it works on when the generation's folder is removed.

        Raises:
            IndexUnusableError: a file is damaged.
            EncoderError: so is the model.
        """
        for part in (self._vectors, self._item_vectors):
            part.warm()
        _ = self._lexical, self._tokens, self._labels, self._open_rows, self._owners, self._history
        self.encoder.encode_queries(["warm"])

    def close(self) -> None:
        """Let go of the generation's files."""
        self._catalogue.close()
        if "_lexical" in self.__dict__:  # it was opened
            self._lexical.close()

    def _facet_columns(self, facet: str) -> tuple[Rows, Rows, list[str]]:
        """Return a facet as columns: items, the numbers of their values, and the values."""
        import numpy as np

        if facet not in self._facets:
            pairs = self._catalogue.facet_rows(facet)
            numbers = {value: n for n, value in enumerate(dict.fromkeys(value for _, value in pairs))}
            columns = np.array([(row, numbers[value]) for row, value in pairs], dtype=np.int64).reshape(-1, 2)
            self._facets[facet] = columns[:, 0], columns[:, 1], list(numbers)
        return self._facets[facet]

    def _passage_rows(self, rows: Sequence[int]) -> Rows:
        import numpy as np

        owners, _ = self._owners
        chosen = np.zeros(len(self._records), dtype=bool)
        chosen[np.asarray(rows, dtype=np.int64)] = True
        return np.flatnonzero(chosen[owners]) if len(owners) else np.zeros(0, dtype=np.int64)

    def _closed_scores(self, weights: Mapping[str, float], rows: Sequence[int]) -> dict[int, float]:
        closed = [row for row in rows if row not in self._open_rows]
        terms = self._catalogue.closed_terms(closed)
        scores = {row: self._lexical.score(weights, words) for row, words in terms.items()}
        return {row: score for row, score in scores.items() if score > 0}
