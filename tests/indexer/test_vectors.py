"""Nearest neighbours: exact wherever that is affordable, and never outside the eligible rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import vectors
from indexer.vectors import VectorIndex, build_vectors, save_rows
from library.errors import IndexUnusableError, IndexWriteError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Rows = NDArray[np.int64]

DIMENSION = 16
NAME = "vectors"


def _unit(count: int, *, seed: int = 0) -> Vectors:
    found = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    result: Vectors = found / np.linalg.norm(found, axis=1, keepdims=True)
    return result


def _index(folder: Path, rows: Vectors, *, trained_on: Rows | None = None) -> VectorIndex:
    build_vectors(folder, NAME, rows, trained_on=np.arange(len(rows)) if trained_on is None else trained_on)
    return VectorIndex.open(folder, NAME)


def _kind(folder: Path) -> Any:
    return faiss.read_index(str(folder / f"{NAME}.faiss"))


def _nearest_by_hand(stored: Vectors, queries: Vectors, rows: Rows, limit: int) -> set[int]:
    found: set[int] = set()
    for query in queries:
        found |= set(rows[np.argsort(-(stored[rows] @ query), kind="stable")[:limit]].tolist())
    return found


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let FAISS answer from 20 rows on, Flat to 200 rows, in blocks of 7."""
    monkeypatch.setattr(vectors, "EXACT_ROWS", 20)
    monkeypatch.setattr(vectors, "FLAT_ROWS", 200)
    monkeypatch.setattr(vectors, "_BLOCK", 7)
    return monkeypatch


@settings(max_examples=40, deadline=None)
@given(data=st.data(), count=st.integers(1, 60), limit=st.integers(1, 20), queries=st.integers(1, 3))
def test_few_rows_are_searched_exactly(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, count: int, limit: int, queries: int
) -> None:
    """Below the limit for FAISS the result is the exact one, for each query, among the eligible rows."""
    stored, asked = _unit(count), _unit(queries, seed=1)
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, count - 1)))), dtype=np.int64)
    index = _index(tmp_path_factory.mktemp("vectors"), stored)
    found = index.nearest(asked, rows, limit=limit)
    assert set(found.tolist()) == _nearest_by_hand(stored, asked, rows, limit)
    assert list(found) == sorted(set(found.tolist()))


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("eligible", [21, 60, 150], ids=str)
def test_flat_with_a_selector_is_exact(tmp_path: Path, eligible: int) -> None:
    """FAISS's Flat index, asked among some rows, finds just what the exact product finds."""
    stored, asked = _unit(150), _unit(3, seed=1)
    index = _index(tmp_path, stored)
    assert isinstance(_kind(tmp_path), faiss.IndexFlat)
    rows = np.sort(np.random.default_rng(2).permutation(150)[:eligible])
    found = index.nearest(asked, rows, limit=10)
    assert set(found.tolist()) == _nearest_by_hand(stored, asked, rows, 10)


@pytest.mark.usefixtures("small_steps")
def test_many_rows_are_searched_approximately(tmp_path: Path) -> None:
    """Above the limit for Flat the index has cells; it finds nearly all of the nearest, eligible rows alone."""
    stored, asked = _unit(9_000), _unit(5, seed=1)
    index = _index(tmp_path, stored)
    kind = _kind(tmp_path)
    assert isinstance(kind, faiss.IndexIVF)
    assert kind.nlist > vectors._PROBES, "so not every cell is looked at"
    rows = np.arange(0, 9_000, 2)
    found = set(index.nearest(asked, rows, limit=10).tolist())
    expected = _nearest_by_hand(stored, asked, rows, 10)
    assert found <= set(rows.tolist())
    assert len(found & expected) >= 0.7 * len(expected)


@pytest.mark.usefixtures("small_steps")
def test_cells_with_few_eligible_rows_are_searched_exactly(tmp_path: Path) -> None:
    """Where the probed cells hold too few eligible rows, even for one query, the exact product answers."""
    near = _unit(1)
    crowd = near + 0.01 * _unit(2_000, seed=3)
    stored = np.concatenate([crowd, _unit(7_000, seed=4)]).astype(np.float32)
    stored /= np.linalg.norm(stored, axis=1, keepdims=True)
    index = _index(tmp_path, stored)
    rows = np.concatenate([np.arange(40), np.arange(2_000, 9_000, 160)])  # the crowd, and a few far away
    asked = np.concatenate([near, -near])  # the second query's cells hold next to none of them
    raw = index._search(asked, rows, 30)
    assert (raw[0] >= 0).all()
    assert (raw[1] < 0).any()
    found = index.nearest(asked, rows, limit=30)
    assert set(found.tolist()) == _nearest_by_hand(stored, asked, rows, 30)


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("open_rows", [0, 5, 39, 100], ids=str)
def test_cells_are_learned_from_few_open_rows(
    tmp_path: Path, open_rows: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """A large library that hardly anybody may see whole is indexed all the same, and quietly."""
    stored, asked = _unit(500), _unit(2, seed=1)
    index = _index(tmp_path, stored, trained_on=np.arange(open_rows))
    rows = np.arange(0, 500, 2)
    found = set(index.nearest(asked, rows, limit=10).tolist())
    expected = _nearest_by_hand(stored, asked, rows, 10)
    assert found <= set(rows.tolist())
    assert len(found & expected) >= 0.8 * len(expected)
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("small_steps")
def test_cells_do_not_depend_on_hidden_rows(tmp_path: Path) -> None:
    """Cells are learned from rows that everybody may see, so hidden ones do not move what others find."""
    open_part, others = _unit(3_000), [_unit(600, seed=5), _unit(600, seed=6)]
    asked, rows = _unit(4, seed=1), np.arange(3_000)
    found = []
    for n, hidden in enumerate(others):
        folder = tmp_path / str(n)
        folder.mkdir()
        index = _index(folder, np.concatenate([open_part, hidden]), trained_on=rows)
        found.append(index.nearest(asked, rows, limit=10).tolist())
    assert found[0] == found[1]


@pytest.mark.usefixtures("small_steps")
def test_cosines_are_exact_over_blocks(tmp_path: Path) -> None:
    """Scoring block by block gives the plain matrix product, also over no rows at all."""
    stored, asked = _unit(50), _unit(2, seed=1)
    index = _index(tmp_path, stored)
    rows = np.array([3, 4, 20, 49, 7])
    assert index.cosines(asked, rows) == pytest.approx(asked @ stored[rows].T, abs=1e-6)
    assert index.cosines(asked, np.zeros(0, dtype=np.int64)).shape == (2, 0)
    assert (index.vectors(rows) == stored[rows]).all()
    assert index.count == 50


def test_no_vectors_at_all_are_an_index(tmp_path: Path) -> None:
    """A library without a single passage can be searched."""
    index = _index(tmp_path, np.zeros((0, DIMENSION), dtype=np.float32))
    assert index.count == 0
    assert index.nearest(_unit(1), np.zeros(0, dtype=np.int64), limit=5).tolist() == []


@given(count=st.integers(0, 5), dimension=st.integers(1, 9))
def test_saved_rows_are_read_back(tmp_path_factory: pytest.TempPathFactory, count: int, dimension: int) -> None:
    """The file is one that numpy reads, with the same numbers."""
    rows = np.random.default_rng(count).standard_normal((count, dimension)).astype(np.float32)
    folder = tmp_path_factory.mktemp("rows")
    save_rows(folder, "items", rows)
    loaded = np.load(folder / "items.npy")
    assert loaded.dtype == np.float32
    assert (loaded == rows).all()
    assert loaded.shape == rows.shape


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "pickled"])
def test_damaged_vectors_are_told(tmp_path: Path, damage: str) -> None:
    """A file that is no plain array of numbers is our error with a remedy; no pickle is ever loaded."""
    save_rows(tmp_path, NAME, _unit(5))
    path = tmp_path / f"{NAME}.npy"
    match damage:
        case "missing":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(path.read_bytes()[:200])
        case "pickled":
            np.save(path, np.array([{"a": 1}], dtype=object))
    with pytest.raises(IndexUnusableError, match="cannot be read") as caught:
        VectorIndex.open(tmp_path, NAME)
    assert "casebook index --full" in caught.value.hint


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_damaged_nearest_neighbour_index_is_told(tmp_path: Path, damage: str) -> None:
    """The FAISS file is read late, and its damage is our error too."""
    index = _index(tmp_path, _unit(50))
    path = tmp_path / f"{NAME}.faiss"
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(IndexUnusableError, match="cannot be read"):
        index.nearest(_unit(1), np.arange(50), limit=5)


@contextmanager
def _full_disk(limit: int) -> Iterator[None]:
    """Let no file grow beyond `limit` bytes, as on a disk without room."""
    resource = pytest.importorskip("resource", reason="Windows has no limit on the size of a process's files")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("lacking", [1, 100, 4_000, 5_000, 10_000])
def test_a_disk_that_fills_with_the_last_block_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacking: int
) -> None:
    """Neither file is cut off in silence, not even by a byte: both libraries' own writing would not tell."""
    stored = _unit(300)
    build_vectors(tmp_path, NAME, stored, trained_on=np.arange(300))
    sizes = {suffix: (tmp_path / f"{NAME}.{suffix}").stat().st_size for suffix in ("npy", "faiss")}
    with _full_disk(sizes["npy"] - lacking), pytest.raises(IndexWriteError, match="vectors"):
        save_rows(tmp_path, NAME, stored)
    monkeypatch.setattr(vectors, "save_rows", lambda *_: None)
    with _full_disk(sizes["faiss"] - lacking), pytest.raises(IndexWriteError, match="vectors"):
        build_vectors(tmp_path, NAME, stored, trained_on=np.arange(300))


def test_vectors_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    """A place that cannot be written is our error."""
    with pytest.raises(IndexWriteError, match="vectors"):
        build_vectors(tmp_path / "nowhere", NAME, _unit(5), trained_on=np.arange(5))
