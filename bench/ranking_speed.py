"""Measure what the full ranking costs: beside plain hybrid retrieval with two arms, in one run.

    python -m bench.ranking_speed [--work DIR]

Both rank the same challenges over the same generated cases in turn. The vectors are random, for time does
not depend on what they mean; encoding the challenge is part of neither.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from bench.generated import sentence_of, write_cases
from bench.reporting import RESULTS, append_result, format_table
from commands.progress import LineProgress
from indexer.build import build_index
from indexer.encoder import Encoded, EncoderConfig
from indexer.tokens import TOKEN_DIMENSION, TokenVectors
from library.access import Asker
from library.errors import CasebookError
from library.settings import load_settings
from search.engine import Engine, LocalEngine
from search.ranking.fusion import DEPTH, normalise, rank
from search.understanding.challenge import Challenge, understand
from search.view import View

Vectors = NDArray[np.float32]

TARGET = 2.0
FULL = "full ranking"
TWO_ARMS = "two arms"
_LENGTH = 3_000
_SHOWN = 10  # as many as a search ranks for its answer
_WORDS_WEIGHT = 0.5
_DIMENSION = 384  # that of the default model
_VERSION = "random-1"
_PIECES = 30_000  # about the size of its vocabulary
_LONG = 12  # sentences of a pasted mail


class RandomEncoder:
    """Gives every text a random direction of its own, at once."""

    def __init__(self) -> None:
        self.config = EncoderConfig("random", "random", _VERSION, _DIMENSION, 256, token_space=_VERSION)
        directions = np.random.default_rng(_PIECES).standard_normal((_PIECES, TOKEN_DIMENSION)).astype(np.float32)
        self._directions: Vectors = directions / np.linalg.norm(directions, axis=1, keepdims=True)

    def encode_documents(
        self, texts: Sequence[str], *, advance: Callable[[Sequence[int], Vectors], None] | None = None
    ) -> Vectors:
        """Return a unit vector for each text."""
        vectors = self.encode_queries(texts)
        if advance is not None:
            advance(range(len(texts)), vectors)
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return a unit vector for each text."""
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") for text in texts]
        drawn = [np.random.default_rng(seed).standard_normal(_DIMENSION) for seed in seeds]
        vectors = np.asarray(drawn, dtype=np.float32).reshape(len(texts), _DIMENSION)
        result: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return result

    def encode_tokens(self, texts: Sequence[str], *, as_query: bool) -> Encoded:  # noqa: ARG002  the protocol's
        """Return a unit vector for each text and for each of its pieces; the same piece has the same one."""
        pieces = [np.array([zlib.crc32(piece.encode()) % _PIECES for piece in _pieces(text)]) for text in texts]
        tokens = tuple(TokenVectors(ids.astype(np.int32), self._directions[ids]) for ids in pieces)
        return Encoded(self.encode_queries(texts), tokens)

    def count_tokens(self, text: str) -> int:
        """Return about as many word pieces as the default model counts."""
        return len(_pieces(text)) + 2


def _pieces(text: str) -> list[str]:
    """Cut a text into parts of words, about as many as the default model's word pieces."""
    return re.findall(r"\w{1,6}|[^\w\s]", text)


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds of one way to rank, by challenge: the median of its runs."""

    milliseconds: tuple[float, ...]

    def as_cells(self) -> list[str]:
        """Return median, least and most over the challenges."""
        values = (median(self.milliseconds), min(self.milliseconds), max(self.milliseconds))
        return [f"{value:.1f} ms" for value in values]

    def as_data(self) -> dict[str, float]:
        """Return the figures as they are kept."""
        values = {"median": median(self.milliseconds), "min": min(self.milliseconds), "max": max(self.milliseconds)}
        return {name: round(value, 2) for name, value in values.items()}


def main() -> None:
    """Index generated cases, rank challenges in both ways in turn, and print what they took."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="casebook-ranking-speed-") as temporary:
        try:
            engine = _index((options.work or Path(temporary)).resolve(), options.cases)
        except (CasebookError, OSError) as error:
            sys.exit(f"Error: {error}")
        try:
            timed = _run_in_turn(engine, options.challenges, options.runs)
            passages = engine.manifest.passages
        finally:
            engine.close()
    _present(timed, passages, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.ranking_speed", description="Measure the ranking's time.")
    parser.add_argument("--cases", type=int, default=10_000, metavar="N", help="size of the library [10000]")
    parser.add_argument("--challenges", type=int, default=30, metavar="N", help="different challenges [30]")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="counted runs of each [5]")
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep library and index here")
    parser.add_argument("--out", type=Path, metavar="FILE", default=RESULTS / "ranking_speed.jsonl")
    return parser.parse_args()


def _index(work: Path, cases: int) -> LocalEngine:
    library = work / "generated-library"
    write_cases(library, count=cases, length=_LENGTH)
    settings = load_settings(library=library, data=library / ".casebook-random")
    encoder = RandomEncoder()
    build_index(settings, progress=LineProgress(), encoder=encoder)
    return LocalEngine.from_data_folder(settings.data_folder, encoder=encoder)


def rank_two_arms(engine: Engine, challenge: Challenge, rows: Sequence[int], *, limit: int) -> list[tuple[float, int]]:
    """Return scores and rows as plain hybrid retrieval finds them: BM25 and the best passage, z-scores, fused."""
    found = set(engine.word_scores(challenge.term_weights, rows, limit=DEPTH))
    found |= engine.near_items(challenge.vectors, rows, limit=DEPTH)
    candidates = sorted(found)
    cosines = engine.passage_cosines(challenge.vectors, candidates)
    starts = np.flatnonzero(np.diff(cosines.item_rows, prepend=-1))
    best = np.maximum.reduceat(cosines.cosines, starts, axis=1).mean(axis=0)
    passages = normalise(dict(zip(cosines.item_rows[starts].tolist(), best.tolist(), strict=True)))
    scores = engine.word_scores_of(challenge.term_weights, candidates)
    words = normalise({row: scores.get(row, 0.0) for row in candidates})
    fused = [
        (_WORDS_WEIGHT * words.get(row, 0.0) + (1.0 - _WORDS_WEIGHT) * passages.get(row, 0.0), row)
        for row in candidates
    ]
    return sorted(fused, key=lambda entry: (-entry[0], entry[1]))[:limit]


def _run_in_turn(engine: LocalEngine, count: int, runs: int) -> dict[str, Timed]:
    """Rank each challenge both ways, in turn, so that a busy moment hits both; the first round is not counted."""
    rows = View(engine, Asker()).rows("business_case")
    ways: dict[str, Callable[[Challenge], object]] = {
        FULL: lambda challenge: rank(engine, challenge, rows, limit=_SHOWN),
        TWO_ARMS: lambda challenge: rank_two_arms(engine, challenge, rows, limit=_SHOWN),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for text in challenges(count):
        challenge = understand(text, engine.encoder)
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for round_ in range(runs + 1):
            for name, way in ways.items():
                started = perf_counter()
                way(challenge)
                if round_:
                    taken[name].append((perf_counter() - started) * 1000.0)
        for name, found in taken.items():
            times[name].append(median(found))
    return {name: Timed(tuple(found)) for name, found in times.items()}


def challenges(count: int) -> list[str]:
    """Return texts of the generated cases' kind: in turn one sentence, three, and as many as a long mail has."""
    lengths = (1, 3, _LONG)
    return [
        " ".join(sentence_of(1_000 * number + place) for place in range(lengths[number % len(lengths)]))
        for number in range(count)
    ]


def _present(timed: dict[str, Timed], passages: int, options: argparse.Namespace) -> None:
    ratio = median(full / two for full, two in zip(timed[FULL].milliseconds, timed[TWO_ARMS].milliseconds, strict=True))
    print(f"Ranking {options.cases} cases ({passages} passages), {options.challenges} challenges, in turn\n")
    print(format_table(["ranking", "median", "least", "most"], [[name, *t.as_cells()] for name, t in timed.items()]))
    print(f"\nmedian ratio {ratio:.3f} (target below {TARGET:g}: {'met' if ratio < TARGET else 'missed'})")
    figures: dict[str, object] = {"bench": "ranking_speed", "cases": options.cases, "passages": passages}
    figures |= {"challenges": options.challenges, "runs": options.runs}
    figures |= {name: found.as_data() for name, found in timed.items()}
    append_result(options.out, {**figures, "ratio": round(ratio, 4)})


if __name__ == "__main__":
    main()
