"""Passage vectors on disk and nearest-neighbour search over them. Owns faiss.

Vectors are (n, dim) float32, rows of unit length, so the inner product is the cosine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from library.errors import IndexUnusableError, IndexWriteError

if TYPE_CHECKING:
    import faiss
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Rows = NDArray[np.int64]

# Below this many eligible rows an exact product is as fast as loading FAISS (85 ms) or faster.
EXACT_ROWS = 20_000
# Up to here Flat is exact and fast enough (9 ms at 100,000 rows); beyond, IVF with 8-bit codes.
FLAT_ROWS = 200_000
_PROBES = 32
_EXAMPLES = 39  # that FAISS wants for each cell
_BLOCK = 8_192


def build_vectors(folder: Path, name: str, vectors: Vectors, *, trained_on: Rows) -> None:
    """Write `name`.npy (row-ordered) and `name`.faiss.

    `trained_on` names the rows that an approximate index may learn its cells from: those that every
    reader may see, since cells learned from hidden rows would change what others find.

    Raises:
        IndexWriteError: the disk is full or cannot be written.
    """
    import faiss

    save_rows(folder, name, vectors)
    count, dimension = vectors.shape
    cells = min(int(4 * math.sqrt(count)), len(trained_on) // _EXAMPLES)
    if count <= FLAT_ROWS or not cells:
        index: Any = faiss.IndexFlatIP(dimension)
    else:
        index = faiss.index_factory(dimension, f"IVF{cells},SQ8", faiss.METRIC_INNER_PRODUCT)
        index.train(vectors[trained_on])
    index.add(vectors)
    try:
        # FAISS's own writing only prints when the disk is full as it closes the file.
        (folder / f"{name}.faiss").write_bytes(faiss.serialize_index(index).data)
    except OSError as error:
        raise IndexWriteError(f"The vectors cannot be written: {error.strerror}.") from error


def save_rows(folder: Path, name: str, vectors: NDArray[Any]) -> None:
    """Write `name`.npy alone, for vectors that need no nearest-neighbour search.

    Raises:
        IndexWriteError: the disk is full or cannot be written.
    """
    import numpy as np

    try:
        with (folder / f"{name}.npy").open("wb") as stream:
            # numpy.save writes past the stream and does not notice when the last block finds no room.
            np.lib.format.write_array_header_1_0(stream, np.lib.format.header_data_from_array_1_0(vectors))
            stream.write(np.ascontiguousarray(vectors).data)
    except OSError as error:
        raise IndexWriteError(f"The vectors cannot be written: {error.strerror}.") from error


class VectorIndex:
    """Cosine search over rows; exact wherever that is affordable."""

    def __init__(self, path: Path, vectors: Vectors) -> None:
        self._path = path
        self._vectors = vectors
        self._index: faiss.Index | None = None

    @classmethod
    def open(cls, folder: Path, name: str) -> VectorIndex:
        """Open what `build_vectors` wrote; raises IndexUnusableError if it is damaged."""
        import numpy as np

        path = folder / f"{name}.npy"
        try:
            vectors = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise IndexUnusableError(
                f"The vectors in {path} cannot be read: {error}", hint="Run `casebook index --full`."
            ) from error
        # A plain array over the same mapped file: slicing a memmap costs ten times as much.
        return cls(folder / f"{name}.faiss", np.asarray(vectors))

    @property
    def count(self) -> int:
        """How many rows there are."""
        return int(self._vectors.shape[0])

    def warm(self) -> None:
        """Load what a search would load later; raises IndexUnusableError if it is damaged."""
        if self.count > EXACT_ROWS:
            self._loaded()

    def vectors(self, rows: Rows) -> Vectors:
        """Return the vectors of given rows, (len(rows), dim)."""
        import numpy as np

        return np.asarray(self._vectors[rows])

    def cosines(self, queries: Vectors, rows: Rows) -> Vectors:
        """Return (len(queries), len(rows)) exact cosines."""
        import numpy as np

        blocks = [queries @ np.asarray(self._vectors[block]).T for block in _blocks(rows)]
        return np.concatenate(blocks, axis=1) if blocks else np.zeros((len(queries), 0), dtype=np.float32)

    def nearest(self, queries: Vectors, rows: Rows, *, limit: int) -> Rows:
        """Return rows near any of the queries, at least the `limit` nearest to each, among `rows` alone."""
        import numpy as np

        if len(rows) <= max(limit, EXACT_ROWS):
            return _best(self.cosines(queries, rows), rows, limit)
        found = self._search(queries, rows, limit)
        # An approximate index finds too few where few of its cells' members are eligible.
        if (found < 0).any():
            return _best(self.cosines(queries, rows), rows, limit)
        nearest: Rows = np.unique(found)
        return nearest

    def _search(self, queries: Vectors, rows: Rows, limit: int) -> Rows:
        import faiss
        import numpy as np

        index = self._loaded()
        bits = np.zeros(self.count, dtype=bool)
        bits[rows] = True
        bitmap = np.packbits(bits, bitorder="little")
        selector = faiss.IDSelectorBitmap(self.count, faiss.swig_ptr(bitmap))
        if isinstance(index, faiss.IndexIVF):
            parameters = _options(faiss.SearchParametersIVF, sel=selector, nprobe=_PROBES)
        else:
            parameters = _options(faiss.SearchParameters, sel=selector)
        _, found = index.search(np.ascontiguousarray(queries), limit, params=parameters)
        result: Rows = found
        return result

    def _loaded(self) -> faiss.Index:
        import faiss
        import numpy as np

        if self._index is None:
            try:
                # Not read_index, which cannot open every path on Windows.
                self._index = faiss.deserialize_index(np.fromfile(self._path, dtype=np.uint8))
            except (RuntimeError, OSError) as error:
                raise IndexUnusableError(
                    f"{self._path} cannot be read.", hint="Run `casebook index --full`."
                ) from error
        return self._index


def _options(kind: Callable[..., Any], **values: object) -> Any:
    """Make FAISS search parameters; its type stubs do not know that they take values."""
    return kind(**values)


def _blocks(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), _BLOCK):
        yield rows[start : start + _BLOCK]


def _best(cosines: Vectors, rows: Rows, limit: int) -> Rows:
    import numpy as np

    if len(rows) <= limit:
        return rows
    chosen = np.zeros(len(rows), dtype=bool)  # np.unique would import numpy.ma, 50 ms
    chosen[np.argpartition(-cosines, limit, axis=1)[:, :limit]] = True
    return rows[chosen]
