"""Token vectors: what the model says of each word piece in its context, small enough to keep.

Late interaction (Khattab & Zaharia 2020, "ColBERT") scores a passage by MaxSim: each piece of the
challenge takes its best cosine among the passage's pieces. Here a piece counts by how rare it is (its
inverse document frequency), vectors are projected to 64 dimensions and rounded to 8 bits, and of a
passage's pieces the commonest are left out, which costs nothing measurable
(docs/decisions/0009-late-interaction.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from library.errors import IndexUnusableError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Codes = NDArray[np.int8]
    Pieces = NDArray[np.int32]
    Rows = NDArray[np.int64]

TOKEN_DIMENSION = 64
# The commonest pieces of passages are function words and signs: nothing that is asked means them.
_LEFT_OUT = 0.3
_SCALE = 127.0  # cosines and coordinates lie in -1..1
_BLOCK = 65_536  # pieces that are compared at once, so that a long document needs no more memory than a short one
_PART = 4_096  # pieces that are decoded and multiplied at once, so that they stay in the processor's cache
_CODES, _PIECES, _STARTS, _WEIGHTS = "tokens.npy", "token_pieces.npy", "token_starts.npy", "token_weights.npy"


@dataclass(frozen=True, slots=True, eq=False)
class TokenVectors:
    """A text's word pieces without the special ones: ids (t,) and unit vectors (t, 64)."""

    pieces: Pieces
    vectors: Vectors


@dataclass(frozen=True, slots=True, eq=False)
class StoredTokens:
    """The same as it is kept: vectors in 8 bits; empty for a passage that has none."""

    pieces: Pieces
    codes: Codes

    @classmethod
    def from_vectors(cls, tokens: TokenVectors) -> StoredTokens:
        """Round token vectors to 8 bits."""
        import numpy as np

        return cls(tokens.pieces, np.rint(tokens.vectors * _SCALE).astype(np.int8))

    @classmethod
    def empty(cls) -> StoredTokens:
        """Return what a passage without token vectors has."""
        import numpy as np

        return cls(np.zeros(0, dtype=np.int32), np.zeros((0, TOKEN_DIMENSION), dtype=np.int8))

    @classmethod
    def from_bytes(cls, content: bytes) -> StoredTokens:
        """Read what `to_bytes` wrote."""
        import numpy as np

        count = len(content) // (4 + TOKEN_DIMENSION)
        return cls(
            np.frombuffer(content, dtype=np.int32, count=count),
            np.frombuffer(content, dtype=np.int8, offset=4 * count).reshape(count, TOKEN_DIMENSION),
        )

    def to_bytes(self) -> bytes:
        """Return ids and codes in one piece."""
        return self.pieces.tobytes() + self.codes.tobytes()


def fit_space(vectors: Vectors) -> Vectors:
    """Return the (hidden, 64) directions that most of some token vectors lie in (uncentred principal components).

    They are learned from a text that ships with the code, never from a library: what they are tells nothing of it.
    """
    import numpy as np

    _, directions = np.linalg.eigh(vectors.T.astype(np.float64) @ vectors)  # ascending; of a small square matrix
    kept = directions[:, ::-1][:, :TOKEN_DIMENSION]
    found: Vectors = np.zeros((vectors.shape[1], TOKEN_DIMENSION), dtype=np.float32)
    found[:, : kept.shape[1]] = kept
    return found


def project(vectors: Vectors, space: Vectors) -> Vectors:
    """Return unit vectors (t, 64) for token vectors (t, hidden) of any length."""
    import numpy as np

    projected = vectors @ space
    lengths = np.linalg.norm(projected, axis=1, keepdims=True)
    result: Vectors = (projected / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
    return result


def write_tokens(folder: Path, passages: Sequence[StoredTokens], *, counted: Iterable[int]) -> None:
    """Write the tokens of all passages, in order; `counted` are the passages that piece weights come from.

    A piece's weight is ln(1 + (N - n + 0.5) / (n + 0.5)), N passages counted, n of them with it (as in BM25;
    Robertson & Zaragoza 2009). The pieces that weigh least are left out, up to three tenths of those in the passages
    counted, and weigh nothing from then on. Only passages that every reader may see are to be counted.
    """
    import numpy as np

    from indexer.vectors import save_rows

    told = [passages[row].pieces for row in counted if len(passages[row].pieces)]
    weights = _weights_of(told)
    least = _least_weight(weights, told)
    passages = [_without_common(tokens, weights, least) for tokens in passages]
    starts = np.cumsum([0, *(len(tokens.pieces) for tokens in passages)], dtype=np.int64)
    pieces = np.concatenate([np.zeros(0, dtype=np.int32), *(tokens.pieces for tokens in passages)])
    codes = np.concatenate([StoredTokens.empty().codes, *(tokens.codes for tokens in passages)])
    weights = np.where(weights >= least, weights, np.float32(0))
    for name, rows in ((_CODES, codes), (_PIECES, pieces), (_STARTS, starts), (_WEIGHTS, weights)):
        save_rows(folder, name.removesuffix(".npy"), rows)


def _weights_of(passages: Sequence[Pieces]) -> Vectors:
    """Return the weight of each piece by its id; the last one stands for every piece beyond: in no passage."""
    import numpy as np

    frequencies = np.bincount(np.concatenate([np.zeros(0, dtype=np.int32), *map(np.unique, passages)]), minlength=1)
    weights = np.log1p((len(passages) - frequencies + 0.5) / (frequencies + 0.5)).astype(np.float32)
    return np.append(weights, np.float32(np.log1p((len(passages) + 0.5) / 0.5)))


def _least_weight(weights: Vectors, passages: Sequence[Pieces]) -> float:
    """Return the weight from which pieces are kept; where many weigh alike, as in a small library, they stay."""
    import numpy as np

    if not passages:
        return 0.0
    return float(np.quantile(weights[np.concatenate(passages)], _LEFT_OUT, method="lower"))


def _without_common(tokens: StoredTokens, weights: Vectors, least: float) -> StoredTokens:
    import numpy as np

    kept = weights[np.minimum(tokens.pieces, len(weights) - 1)] >= least
    return StoredTokens(tokens.pieces[kept], tokens.codes[kept]) if kept.any() else tokens


class TokenIndex:
    """MaxSim over the passages that have token vectors."""

    def __init__(self, codes: Codes, pieces: Pieces, starts: Rows, weights: Vectors) -> None:
        self._codes = codes
        self._pieces = pieces
        self._starts = starts
        self._weights = weights

    @classmethod
    def open(cls, folder: Path) -> TokenIndex:
        """Open what `write_tokens` wrote; raises IndexUnusableError if it is damaged."""
        import numpy as np

        try:
            codes, pieces = (np.load(folder / name, mmap_mode="r", allow_pickle=False) for name in (_CODES, _PIECES))
            starts, weights = (np.load(folder / name, allow_pickle=False) for name in (_STARTS, _WEIGHTS))
        except (OSError, ValueError, EOFError) as error:
            raise _unusable(folder, error) from error
        count = int(starts[-1]) if starts.size else -1
        if codes.shape != (count, TOKEN_DIMENSION) or pieces.shape != (count,) or not weights.size:
            raise _unusable(folder, "its files do not belong together.")
        # Plain arrays over the same mapped files: slicing a memmap costs ten times as much.
        return cls(np.asarray(codes), np.asarray(pieces), starts, weights)

    def tokens(self, passage_row: int) -> TokenVectors:
        """Return a passage's tokens; empty if it has none."""
        import numpy as np

        chosen = slice(self._starts[passage_row], self._starts[passage_row + 1])
        return TokenVectors(np.asarray(self._pieces[chosen]), self._decoded(np.asarray(self._codes[chosen])))

    def scores(self, challenge: Sequence[TokenVectors], passage_rows: Rows) -> tuple[Rows, Vectors]:
        """Return the passages among `passage_rows` that have tokens, and (texts that have tokens, passages) MaxSim.

        MaxSim is the mean over the text's pieces, weighted, of each one's best cosine: between -1 and 1. Pieces that
        were left out of passages are left out of the text too, unless it has no others.
        """
        import numpy as np

        rows = passage_rows[self._starts[passage_rows + 1] > self._starts[passage_rows]]
        asked = [self._telling(tokens) for tokens in challenge if len(tokens.pieces)]
        if not len(rows) or not asked:
            return rows[:0], np.zeros((len(asked), 0), dtype=np.float32)
        blocks = [self._max_sim(asked, block) for block in self._blocks(rows, _BLOCK)]
        return rows, np.concatenate(blocks, axis=1)

    def _max_sim(self, asked: Sequence[TokenVectors], rows: Rows) -> Vectors:
        import numpy as np

        parts = [self._best_cosines(asked, part) for part in self._blocks(rows, _PART)]
        best = (np.concatenate(of_text, axis=1) for of_text in zip(*parts, strict=True))
        return np.stack([self._weigh(tokens.pieces) @ cosines for tokens, cosines in zip(asked, best, strict=True)])

    def _best_cosines(self, asked: Sequence[TokenVectors], rows: Rows) -> list[Vectors]:
        """Return for each text the (pieces, passages) best cosine of each of its pieces in each passage."""
        import numpy as np

        begins, ends = self._starts[rows], self._starts[rows + 1]
        spans = zip(begins.tolist(), ends.tolist(), strict=True)
        vectors = self._decoded(np.concatenate([self._codes[begin:end] for begin, end in spans]))
        places = np.cumsum(ends - begins) - (ends - begins)
        return [np.maximum.reduceat(tokens.vectors @ vectors.T, places, axis=1) for tokens in asked]

    def _blocks(self, rows: Rows, most: int) -> list[Rows]:
        """Return passages in groups of about so many pieces."""
        import numpy as np

        lengths = self._starts[rows + 1] - self._starts[rows]
        return np.split(rows, np.flatnonzero(np.diff(np.cumsum(lengths) // most)) + 1)

    def _telling(self, tokens: TokenVectors) -> TokenVectors:
        """Return a text without the pieces that weigh nothing, or all of it if none weighs anything."""
        kept = self._weights_at(tokens.pieces) > 0
        return TokenVectors(tokens.pieces[kept], tokens.vectors[kept]) if kept.any() else tokens

    def _weigh(self, pieces: Pieces) -> Vectors:
        """Return the share of each piece, higher for rare ones; they add up to one."""
        import numpy as np

        weights = self._weights_at(pieces)
        result: Vectors = weights / weights.sum() if weights.any() else np.full_like(weights, 1 / len(weights))
        return result

    def _weights_at(self, pieces: Pieces) -> Vectors:
        import numpy as np

        result: Vectors = self._weights[np.minimum(pieces, len(self._weights) - 1)]
        return result

    @staticmethod
    def _decoded(codes: Codes) -> Vectors:
        import numpy as np

        vectors: Vectors = codes.astype(np.float32)
        vectors /= np.float32(_SCALE)
        return vectors


def _unusable(folder: Path, reason: object) -> IndexUnusableError:
    return IndexUnusableError(
        f"The token vectors in {folder} cannot be read: {reason}", hint="Run `casebook index --full`."
    )
