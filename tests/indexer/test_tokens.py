"""Token vectors: MaxSim is what its definition says, rare pieces count more, and nothing hidden counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import tokens
from indexer.tokens import (
    TOKEN_DIMENSION,
    StoredTokens,
    TokenIndex,
    TokenVectors,
    fit_space,
    project,
    write_tokens,
)
from library.errors import IndexUnusableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

FILES = ("tokens.npy", "token_pieces.npy", "token_starts.npy", "token_weights.npy")
KNOWN = 12  # pieces that random texts are made of
RANDOM = np.random.default_rng(7)
# A passage or text is the ids of its pieces; now and then it has none.
texts = st.lists(st.integers(0, KNOWN + 3), max_size=6)


def _unit(count: int, *, dimension: int = TOKEN_DIMENSION) -> Vectors:
    vectors = RANDOM.standard_normal((count, dimension))
    result: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return result


def _tokens(pieces: Sequence[int]) -> TokenVectors:
    return TokenVectors(np.array(pieces, dtype=np.int32), _unit(len(pieces)))


def _write(folder: Path, passages: Sequence[TokenVectors], counted: Sequence[int]) -> TokenIndex:
    write_tokens(folder, [StoredTokens.from_vectors(entry) for entry in passages], counted=counted)
    return TokenIndex.open(folder)


def _weight(piece: int, counted: Sequence[TokenVectors]) -> float:
    """Return a piece's weight by its definition: none if it is among the commonest three tenths."""
    weights = sorted(_rarity(other, counted) for entry in counted for other in entry.pieces.tolist())
    own = _rarity(piece, counted)
    return own if not weights or own >= weights[int(0.3 * (len(weights) - 1))] else 0.0


def _rarity(piece: int, counted: Sequence[TokenVectors]) -> float:
    """Return a piece's inverse document frequency."""
    filled = [set(entry.pieces.tolist()) for entry in counted if len(entry.pieces)]
    holding = sum(piece in pieces for pieces in filled)
    return math.log(1 + (len(filled) - holding + 0.5) / (holding + 0.5))


def _max_sim(asked: TokenVectors, passage: TokenVectors, counted: Sequence[TokenVectors]) -> float:
    """Return MaxSim by its definition."""
    weights = [_weight(piece, counted) for piece in asked.pieces.tolist()]
    weights = weights if any(weights) else [1.0] * len(weights)
    best = [max(float(vector @ other) for other in passage.vectors) for vector in asked.vectors]
    return sum(weight * cosine for weight, cosine in zip(weights, best, strict=True)) / sum(weights)


# MaxSim.


@given(
    passages=st.lists(st.tuples(texts, st.booleans(), st.booleans()), max_size=8),
    challenge=st.lists(texts, max_size=3),
    block=st.sampled_from([1, 5, 65_536]),
)
def test_max_sim_is_what_its_definition_says(
    tmp_path_factory: pytest.TempPathFactory,
    passages: list[tuple[list[int], bool, bool]],
    challenge: list[list[int]],
    block: int,
) -> None:
    """The weighted mean of each piece's best cosine, for whatever passages are asked, however many at once."""
    stored, asked = [_tokens(pieces) for pieces, _, _ in passages], [_tokens(pieces) for pieces in challenge]
    counted = [row for row, (_, is_counted, _) in enumerate(passages) if is_counted]
    index = _write(tmp_path_factory.mktemp("index"), stored, counted)
    wanted = np.array([row for row, (_, _, is_wanted) in enumerate(passages) if is_wanted], dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "_BLOCK", block)
        rows, scores = index.scores(asked, wanted)
    filled = [entry for entry in asked if len(entry.pieces)]
    assert rows.tolist() == ([row for row in wanted.tolist() if passages[row][0]] if filled else [])
    assert scores.shape == (len(filled), len(rows))
    for column, row in enumerate(rows.tolist()):
        for n, entry in enumerate(filled):
            expected = _max_sim(entry, index.tokens(row), [stored[place] for place in counted])
            assert scores[n, column] == pytest.approx(expected, abs=1e-5)


def test_a_text_matches_itself_best(tmp_path: Path) -> None:
    """A passage's own pieces find it with nearly one, whatever else there is."""
    stored = [_tokens(range(n, n + 9)) for n in range(6)]
    index = _write(tmp_path, stored, range(6))
    for row, entry in enumerate(stored):
        rows, scores = index.scores([entry], np.arange(6))
        assert rows[scores[0].argmax()] == row
        assert scores[0].max() == pytest.approx(1, abs=0.01)


def test_rows_come_in_the_order_asked(tmp_path: Path) -> None:
    """Scores belong to the passages as they were named."""
    stored = [_tokens([n]) for n in range(5)]
    index = _write(tmp_path, stored, range(5))
    rows, scores = index.scores([stored[0]], np.array([4, 0, 2]))
    assert rows.tolist() == [4, 0, 2]
    assert scores[0].argmax() == 1


@pytest.mark.parametrize("passages", [[], [[]], [[3, 4]]], ids=["no passage", "no piece", "one passage"])
@pytest.mark.parametrize("challenge", [[], [[]], [[3]], [[], [3]]], ids=["nothing", "no piece", "one", "none and one"])
def test_hardly_anything_is_no_error(tmp_path: Path, passages: list[list[int]], challenge: list[list[int]]) -> None:
    """An empty library and a challenge of special pieces alone find nothing; one passage is found."""
    index = _write(tmp_path, [_tokens(pieces) for pieces in passages], range(len(passages)))
    rows, scores = index.scores([_tokens(pieces) for pieces in challenge], np.arange(len(passages)))
    found = any(passages) and any(challenge)
    assert rows.tolist() == ([0] if found else [])
    assert scores.shape == (sum(map(bool, challenge)), len(rows))
    assert np.isfinite(scores).all()


# What is kept.


def test_the_commonest_pieces_of_passages_are_left_out(tmp_path: Path) -> None:
    """What stands in every passage is not kept; what tells them apart is."""
    stored = [_tokens([0, 10 + n, 20 + n, 30 + n]) for n in range(10)]
    index = _write(tmp_path, stored, range(10))
    assert [index.tokens(n).pieces.tolist() for n in range(10)] == [[10 + n, 20 + n, 30 + n] for n in range(10)]


def test_a_passage_of_common_pieces_alone_keeps_them(tmp_path: Path) -> None:
    """A passage that has something to be compared never ends with nothing."""
    stored = [_tokens([0]), *(_tokens([0, 10 + n, 20 + n, 30 + n]) for n in range(9))]
    index = _write(tmp_path, stored, range(10))
    assert index.tokens(0).pieces.tolist() == [0]
    assert index.tokens(1).pieces.tolist() == [10, 20, 30]


def test_what_passages_leave_out_a_challenge_leaves_out_too(tmp_path: Path) -> None:
    """A common piece of a challenge changes no score; a challenge of nothing else is compared by all that it has."""
    stored = [_tokens([0, 1, 10 + n, 20 + n, 30 + n, 40 + n, 50 + n]) for n in range(10)]
    index = _write(tmp_path, stored, range(10))
    asked = _tokens([12, 0, 33, 1])
    telling = TokenVectors(asked.pieces[[0, 2]], asked.vectors[[0, 2]])
    assert np.array_equal(index.scores([asked], np.arange(10))[1], index.scores([telling], np.arange(10))[1])
    common = _tokens([0, 1])
    _, scores = index.scores([common], np.array([4]))
    best = (common.vectors @ index.tokens(4).vectors.T).max(axis=1)
    assert scores[0, 0] == pytest.approx(best.mean(), abs=1e-5)


def test_pieces_that_are_equally_common_all_stay(tmp_path: Path) -> None:
    """Where nothing is rarer than the rest, as in one text, nothing is left out."""
    index = _write(tmp_path, [_tokens([3, 4, 5])], [0])
    assert index.tokens(0).pieces.tolist() == [3, 4, 5]


# Weights: how rare a piece is among the counted passages.


def _weight_of(index: TokenIndex, piece: int, *, against: int) -> float:
    """Return a piece's share beside another one's."""
    return float(index._weigh(_tokens([piece, against]).pieces)[0])


def test_rare_pieces_count_more(tmp_path: Path) -> None:
    """The fewer passages hold a piece the more it counts; one that none holds counts most, known or not."""
    index = _write(tmp_path, [_tokens(pieces) for pieces in ([1, 2, 3], [1, 2], [1], [1, 1, 1])], range(4))
    shares = [_weight_of(index, piece, against=1) for piece in (1, 2, 3, 0, 30_000)]
    assert shares[0] == pytest.approx(0.5)
    assert shares[:4] == sorted(shares[:4])
    assert len(set(shares[:4])) == 4
    assert shares[3] == shares[4], "a piece between those that occur, and one beyond them"


def test_hidden_passages_change_no_weight(tmp_path: Path) -> None:
    """Weights are those of a library without the passages that are not counted, byte for byte."""
    shown = [_tokens([1, 2]), _tokens([1]), _tokens([])]
    hidden = [_tokens([2, 900]), _tokens([1, 5])]
    weights = []
    for name, passages, counted in (
        ("without", shown, [0, 1, 2]),
        ("with", [*shown, *hidden], [0, 1, 2]),
        ("open", [*shown, *hidden], [0, 1, 2, 3, 4]),
    ):
        (tmp_path / name).mkdir()
        _write(tmp_path / name, passages, counted)
        weights.append((tmp_path / name / "token_weights.npy").read_bytes())
    assert weights[0] == weights[1]
    assert weights[0] != weights[2], "so the comparison can tell"


def test_a_hidden_passage_can_still_be_scored(tmp_path: Path) -> None:
    """Who may see it finds it by its pieces, though they were not counted."""
    passages = [_tokens([1]), _tokens([700, 800])]
    index = _write(tmp_path, passages, [0])
    rows, scores = index.scores([passages[1]], np.array([1]))
    assert rows.tolist() == [1]
    assert scores[0, 0] == pytest.approx(1, abs=0.01)


# Eight bits.


@given(st.integers(0, 2**32 - 1))
def test_rounding_changes_a_cosine_by_little(seed: int) -> None:
    """Eight bits a coordinate keep every cosine to within a hundredth or two."""
    chance = np.random.default_rng(seed)
    vectors = chance.standard_normal((8, TOKEN_DIMENSION)) * chance.exponential(size=TOKEN_DIMENSION)
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    stored = StoredTokens.from_vectors(TokenVectors(np.arange(8, dtype=np.int32), unit))
    decoded = TokenIndex._decoded(stored.codes)
    assert np.abs(unit @ decoded.T - unit @ unit.T).max() < 0.02


def test_the_largest_coordinates_are_kept(tmp_path: Path) -> None:
    """A coordinate of one or minus one is no overflow."""
    vectors = np.zeros((2, TOKEN_DIMENSION), dtype=np.float32)
    vectors[0, 0], vectors[1, 63] = 1, -1
    index = _write(tmp_path, [TokenVectors(np.array([1, 2], dtype=np.int32), vectors)], [0])
    assert (index.tokens(0).vectors == vectors).all()


@given(texts)
def test_stored_tokens_are_read_back(pieces: list[int]) -> None:
    """Bytes and back is the same, also for a text without pieces."""
    stored = StoredTokens.from_vectors(_tokens(pieces))
    again = StoredTokens.from_bytes(stored.to_bytes())
    assert again.pieces.tolist() == pieces
    assert again.pieces.dtype == np.int32
    assert (again.codes == stored.codes).all()
    assert again.codes.shape == (len(pieces), TOKEN_DIMENSION)
    assert again.codes.dtype == np.int8
    assert again.to_bytes() == stored.to_bytes()


def test_a_passage_gets_its_own_tokens_back(tmp_path: Path) -> None:
    """Row n of the index is passage n, also behind passages without tokens."""
    passages = [_tokens([5, 6]), _tokens([]), _tokens([7])]
    index = _write(tmp_path, passages, [])
    for row, entry in enumerate(passages):
        found = index.tokens(row)
        assert found.pieces.tolist() == entry.pieces.tolist()
        assert found.vectors == pytest.approx(entry.vectors, abs=0.005)
        assert found.vectors.shape == (len(entry.pieces), TOKEN_DIMENSION)


# The space.


@pytest.mark.parametrize("hidden", [TOKEN_DIMENSION, 96])
def test_the_directions_of_a_space_are_orthonormal(hidden: int) -> None:
    """Projecting keeps cosines within the space, so no direction counts twice."""
    space = fit_space(_unit(200, dimension=hidden))
    assert space.shape == (hidden, TOKEN_DIMENSION)
    assert space.dtype == np.float32
    assert space.T @ space == pytest.approx(np.eye(TOKEN_DIMENSION), abs=1e-5)


@pytest.mark.parametrize("rows", [3, 200])
def test_a_small_model_loses_nothing(rows: int) -> None:
    """With no more dimensions than the space has, cosines stay what they were, as far as the space was taught."""
    vectors = _unit(rows, dimension=32)
    projected = project(vectors, fit_space(vectors))
    assert projected.shape == (rows, TOKEN_DIMENSION)
    assert projected @ projected.T == pytest.approx(vectors @ vectors.T, abs=1e-5)


def test_a_space_keeps_what_most_vectors_lie_in() -> None:
    """Of vectors that lie in a few directions but for a little noise, the cosines survive."""
    within = RANDOM.standard_normal((300, 20)) @ RANDOM.standard_normal((20, 200))
    noisy = (within + 0.01 * RANDOM.standard_normal((300, 200))).astype(np.float32)
    unit = noisy / np.linalg.norm(noisy, axis=1, keepdims=True)
    projected = project(unit[200:], fit_space(unit[:200]))
    assert projected @ projected.T == pytest.approx(unit[200:] @ unit[200:].T, abs=0.01)


def test_a_vector_outside_of_the_space_is_no_error() -> None:
    """What the space knows nothing of is like nothing, not like everything."""
    space = np.zeros((80, TOKEN_DIMENSION), dtype=np.float32)
    space[:TOKEN_DIMENSION] = np.eye(TOKEN_DIMENSION)
    outside = np.zeros((1, 80), dtype=np.float32)
    outside[0, 79] = 1
    assert (project(outside, space) == 0).all()


# Damage.


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "pickled", "of another index"])
def test_damaged_files_are_told(tmp_path: Path, name: str, damage: str) -> None:
    """Each file is needed whole and must go with the others; the message says what to do."""
    _write(tmp_path, [_tokens([1, 2, 3]), _tokens([4])], [0, 1])
    path = tmp_path / name
    match damage:
        case "missing":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(path.read_bytes()[:-3])
        case "pickled":
            np.save(path, np.array([{"a": 1}], dtype=object))
        case _:
            np.save(path, np.zeros(0))
    with pytest.raises(IndexUnusableError, match="cannot be read") as caught:
        TokenIndex.open(tmp_path)
    assert "casebook index --full" in caught.value.hint


def test_files_of_two_indexes_are_not_mixed(tmp_path: Path) -> None:
    """Vectors of one index with another one's places would give a passage the pieces of its neighbour."""
    for name, pieces in (("one", [1, 2]), ("two", [1, 2, 3])):
        (tmp_path / name).mkdir()
        _write(tmp_path / name, [_tokens(pieces)], [0])
    (tmp_path / "one" / "token_starts.npy").write_bytes((tmp_path / "two" / "token_starts.npy").read_bytes())
    with pytest.raises(IndexUnusableError, match="do not belong together"):
        TokenIndex.open(tmp_path / "one")
