"""The cache: nothing is computed twice, nothing outlives its use, and damage costs time alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.cache import BuildCache, hash_text
from indexer.encoder import EncoderConfig
from indexer.tokens import TOKEN_DIMENSION, StoredTokens

VECTORS = np.arange(12, dtype=np.float32).reshape(3, 4)
HASHES = [hash_text(text) for text in ("one", "two", "three")]
TOKENS = [
    StoredTokens(np.arange(count, dtype=np.int32), np.full((count, TOKEN_DIMENSION), count, dtype=np.int8))
    for count in (3, 0, 1)
]


def _config(fingerprint: str, *, space: str = "") -> EncoderConfig:
    return EncoderConfig("fake", "a model", fingerprint, 4, 16, token_space=space)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[BuildCache]:
    with BuildCache.open(tmp_path / "cache.db") as opened:
        yield opened


def _bytes_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


@given(st.lists(st.text(max_size=20), unique=True, max_size=20))
def test_different_texts_have_different_hashes(texts: list[str]) -> None:
    """A text is known again by its hash alone."""
    assert len({hash_text(text) for text in texts}) == len(texts)
    assert [hash_text(text) for text in texts] == [hash_text(text) for text in texts]


def test_vectors_are_kept_by_model_and_text(cache: BuildCache) -> None:
    """What one model made of a text is given back for that model and that text only."""
    cache.store_vectors("model-a", HASHES[:2], VECTORS[:2])
    found = cache.vectors("model-a", HASHES)
    assert found.keys() == set(HASHES[:2])
    assert (found[HASHES[1]] == VECTORS[1]).all()
    assert found[HASHES[0]].dtype == np.float32
    assert cache.vectors("model-b", HASHES) == {}


def test_token_vectors_are_kept_by_space_and_text(cache: BuildCache) -> None:
    """What a text's word pieces are in one space is given back for it alone, also where a text has none."""
    cache.store_tokens("space a", dict(zip(HASHES, TOKENS, strict=True)))
    found = cache.tokens("space a", [*HASHES, hash_text("unknown")])
    assert found.keys() == set(HASHES)
    for key, stored in zip(HASHES, TOKENS, strict=True):
        assert (found[key].pieces.tolist(), found[key].codes.tolist()) == (
            stored.pieces.tolist(),
            stored.codes.tolist(),
        )
    assert cache.tokens("space b", HASHES) == {}
    assert cache.vectors("space a", HASHES) == {}


def test_more_than_one_query_can_hold_is_asked_for(cache: BuildCache) -> None:
    """Thousands of texts are looked up in parts."""
    hashes = [hash_text(str(n)) for n in range(1_501)]
    cache.store_vectors("m", hashes, np.ones((1_501, 2), dtype=np.float32))
    cache.store_tokens("s", dict.fromkeys(hashes, TOKENS[2]))
    assert cache.vectors("m", [*hashes, hash_text("unknown")]).keys() == set(hashes)
    assert cache.tokens("s", [*hashes, hash_text("unknown")]).keys() == set(hashes)


def test_files_are_kept_by_key(cache: BuildCache) -> None:
    """A file's value is given back under its key, the newer one if it was stored twice."""
    cache.store_files({b"a": b"1", b"b": b"2"})
    cache.store_files({b"a": b"3"})
    assert cache.files([b"a", b"b", b"c"]) == {b"a": b"3", b"b": b"2"}


def test_vectors_are_on_disk_at_once(tmp_path: Path, cache: BuildCache) -> None:
    """A run that is killed later does not compute a stored vector again."""
    cache.store_vectors("m", HASHES, VECTORS)
    cache.store_tokens("s", {HASHES[0]: TOKENS[0]})
    with BuildCache.open(tmp_path / "cache.db") as other:
        assert other.vectors("m", HASHES).keys() == set(HASHES)
        assert other.tokens("s", HASHES).keys() == {HASHES[0]}


def test_only_what_was_used_is_kept(cache: BuildCache) -> None:
    """What the published generation does not use goes: other texts, other models, other spaces, other files."""
    cache.store_vectors("old", HASHES, VECTORS)
    cache.store_vectors("new", HASHES, VECTORS)
    cache.store_tokens("old space", {HASHES[0]: TOKENS[0]})
    cache.store_tokens("new space", {HASHES[0]: TOKENS[0], HASHES[1]: TOKENS[1]})
    cache.store_files({b"a": b"1", b"b": b"2"})
    cache.keep_only(_config("new", space="new space"), HASHES[:1], [b"b"], generation=4)
    assert cache.vectors("old", HASHES) == {}
    assert cache.vectors("new", HASHES).keys() == {HASHES[0]}
    assert cache.tokens("old space", HASHES) == {}
    assert cache.tokens("new space", HASHES).keys() == {HASHES[0]}
    assert cache.files([b"a", b"b"]) == {b"b": b"2"}


def test_dropped_text_is_gone_from_the_file(tmp_path: Path, cache: BuildCache) -> None:
    """No text outlives its item in free pages of the cache."""
    cache.store_files({b"a": b"the secret merger" * 200, b"b": b"harmless"})
    assert b"the secret merger" in _bytes_on_disk(tmp_path)
    cache.keep_only(_config("m"), [], [b"b"], generation=1)
    assert b"the secret merger" not in _bytes_on_disk(tmp_path)
    assert b"harmless" in _bytes_on_disk(tmp_path)


def test_dropped_pieces_are_gone_from_the_file(tmp_path: Path, cache: BuildCache) -> None:
    """Word pieces can be read as words, so they go with their text."""
    telling = StoredTokens(np.full(9, 0x4F4F4F4F, dtype=np.int32), np.full((9, TOKEN_DIMENSION), 0x4F, dtype=np.int8))
    cache.store_tokens("s", {HASHES[0]: telling})
    assert telling.to_bytes() in _bytes_on_disk(tmp_path)
    cache.keep_only(_config("m", space="s"), HASHES[1:], [], generation=1)
    assert b"\x4f" * 100 not in _bytes_on_disk(tmp_path)


def test_the_cache_knows_whether_it_holds_more_than_needed(cache: BuildCache) -> None:
    """Storing anything unsettles the cache until it is cut down for a generation again."""
    assert cache.kept_for == 0
    cache.store_vectors("m", HASHES, VECTORS)
    cache.keep_only(_config("m"), HASHES, [], generation=4)
    assert cache.kept_for == 4
    cache.store_files({})
    assert cache.kept_for == 4
    cache.store_files({b"a": b"1"})
    assert cache.kept_for == 0
    cache.keep_only(_config("m"), HASHES, [b"a"], generation=5)
    assert cache.kept_for == 5
    cache.store_vectors("m", HASHES, VECTORS)
    assert cache.kept_for == 0
    cache.keep_only(_config("m"), HASHES, [b"a"], generation=6)
    cache.store_tokens("s", {HASHES[0]: TOKENS[0]})
    assert cache.kept_for == 0


def test_a_cache_of_an_earlier_version_is_used_on(tmp_path: Path) -> None:
    """One that knew no token vectors keeps its vectors and takes tokens in."""
    old = sqlite3.connect(tmp_path / "cache.db")
    old.execute("CREATE TABLE embeddings (fingerprint TEXT, text_hash BLOB, vector BLOB)")
    old.execute("INSERT INTO embeddings VALUES ('m', ?, ?)", (HASHES[0], VECTORS[0].tobytes()))
    old.commit()
    old.close()
    with BuildCache.open(tmp_path / "cache.db") as opened:
        opened.store_tokens("s", {HASHES[0]: TOKENS[0]})
        assert opened.vectors("m", HASHES).keys() == opened.tokens("s", HASHES).keys() == {HASHES[0]}


def test_a_fresh_cache_is_empty(tmp_path: Path, cache: BuildCache) -> None:
    """Starting over forgets everything."""
    cache.store_vectors("m", HASHES, VECTORS)
    with BuildCache.open(tmp_path / "cache.db", fresh=True) as other:
        assert other.vectors("m", HASHES) == {}


def test_a_file_that_is_no_database_is_replaced(tmp_path: Path) -> None:
    """Damage costs time, nothing else."""
    path = tmp_path / "cache.db"
    path.write_bytes(b"no database at all" * 100)
    with BuildCache.open(path) as opened:
        opened.store_files({b"a": b"1"})
        assert opened.files([b"a"]) == {b"a": b"1"}


def test_a_cache_that_cannot_be_opened_is_no_damage(tmp_path: Path) -> None:
    """Only a damaged file is thrown away; what stands in its place by mistake is left alone."""
    path = tmp_path / "cache.db"
    path.mkdir()
    with pytest.raises(sqlite3.OperationalError), BuildCache.open(path):
        pass
    assert path.is_dir()
