"""Generations: published whole or not at all, one writer at a time, the one before kept for its readers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.generations import (
    CURRENT,
    FORMAT,
    GENERATIONS,
    MANIFEST,
    Manifest,
    current_generation,
    publish,
    replace_text,
    staged_generation,
    writer_lock,
)
from library.errors import IndexBusyError, IndexMissingError, IndexUnusableError, IndexWriteError

MANIFEST_OF_ONE = Manifest(
    format=FORMAT,
    number=1,
    created="2026-01-01",
    casebook_version="0.1",
    model="m",
    encoder_fingerprint="f",
    dimension=4,
    languages=("en", "de"),
    inputs="inputs",
    counts={"business_case": 1},
    passages=2,
    average_terms=1.5,
    checksums={},
)


def _publish(data: Path, text: str = "x") -> Path:
    with writer_lock(data), staged_generation(data) as (number, staging):
        (staging / "file").write_text(text)
        MANIFEST_OF_ONE.write(staging)
        return publish(data, staging, number)


def _fail_while_writing(data: Path) -> None:
    with staged_generation(data) as (number, staging):
        (staging / "file").write_text("half")
        assert number / 0


def _folders(data: Path) -> list[str]:
    return sorted(path.name for path in (data / GENERATIONS).iterdir())


def test_a_manifest_is_read_back(tmp_path: Path) -> None:
    """What a generation says of itself survives its file."""
    MANIFEST_OF_ONE.write(tmp_path)
    assert Manifest.from_folder(tmp_path) == MANIFEST_OF_ONE


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1}', '{"format": 1, "other": 2}', "\xff"])
def test_a_damaged_manifest_is_told(tmp_path: Path, text: str) -> None:
    """Whatever stands in the file, the message says that it is damaged and what to do."""
    (tmp_path / MANIFEST).write_bytes(text.encode("latin-1"))
    with pytest.raises(IndexUnusableError) as caught:
        Manifest.from_folder(tmp_path)
    assert "casebook index" in caught.value.hint


def test_another_format_is_told(tmp_path: Path) -> None:
    """An index of a later version is named as that, not as damaged."""
    (tmp_path / MANIFEST).write_text(json.dumps({"format": FORMAT + 1, "new": True}))
    with pytest.raises(IndexUnusableError, match=f"has format {FORMAT + 1}; this version reads {FORMAT}"):
        Manifest.from_folder(tmp_path)


def test_publishing_numbers_generations_and_keeps_two(tmp_path: Path) -> None:
    """Each generation has its own number; the one before stays for those who read it, older ones go."""
    assert [_publish(tmp_path).name for _ in range(4)] == ["1", "2", "3", "4"]
    assert current_generation(tmp_path).name == "4"
    assert _folders(tmp_path) == ["3", "4"]


def test_the_published_one_is_kept_not_a_newer_one_that_never_was(tmp_path: Path) -> None:
    """A writer that died between naming its folder and publishing it leaves a number that nobody reads."""
    _publish(tmp_path, "read by somebody")
    never = tmp_path / GENERATIONS / "2"
    never.mkdir()
    (never / "never").write_text("published")
    assert (_publish(tmp_path, "new") / "file").read_text() == "new"
    assert len(_folders(tmp_path)) == 2
    assert (tmp_path / GENERATIONS / "1" / "file").read_text() == "read by somebody"
    assert list(tmp_path.rglob("never")) == []


def test_nothing_is_published_before_everything_is_written(tmp_path: Path) -> None:
    """Readers see the old generation until the new one is complete."""
    _publish(tmp_path, "old")
    with staged_generation(tmp_path) as (number, staging):
        (staging / "file").write_text("new")
        assert (current_generation(tmp_path) / "file").read_text() == "old"
        publish(tmp_path, staging, number)
        assert (current_generation(tmp_path) / "file").read_text() == "new"


def test_a_failed_writer_leaves_nothing(tmp_path: Path) -> None:
    """An error while writing removes what was written and leaves the published generation."""
    _publish(tmp_path)
    with pytest.raises(ZeroDivisionError):
        _fail_while_writing(tmp_path)
    assert _folders(tmp_path) == ["1"]
    assert current_generation(tmp_path).name == "1"


def test_what_a_dead_writer_left_goes_with_the_next_one(tmp_path: Path) -> None:
    """Even a run that has nothing to write removes what was half written, never published, or not yet removed."""
    for _ in range(3):
        _publish(tmp_path)
    for name in ("1", "4", "staging-5"):
        (tmp_path / GENERATIONS / name).mkdir()
    with writer_lock(tmp_path):
        pass
    assert _folders(tmp_path) == ["2", "3"]


def test_nothing_is_removed_while_nothing_is_published(tmp_path: Path) -> None:
    """Where CURRENT is lost, no generation is taken for unused."""
    _publish(tmp_path)
    (tmp_path / CURRENT).write_text("")
    assert _publish(tmp_path).name == "2"
    assert _folders(tmp_path) == ["1", "2"]


def test_a_generation_itself_is_a_data_folder(tmp_path: Path) -> None:
    """A copied generation is opened where it lies."""
    MANIFEST_OF_ONE.write(tmp_path)
    assert current_generation(tmp_path) == tmp_path


def test_a_missing_index_is_told(tmp_path: Path) -> None:
    """Before the first run the message says to run it."""
    with pytest.raises(IndexMissingError, match="no index yet") as caught:
        current_generation(tmp_path / "nowhere")
    assert caught.value.hint == "Run `casebook index`."


@pytest.mark.parametrize("name", [b"", b"9\n", b"\xff\xfe", b"a\0b", b"\n\n"])
def test_a_pointer_to_nothing_is_told(tmp_path: Path, name: bytes) -> None:
    """Whatever stands in CURRENT, the message says that the index is incomplete."""
    (tmp_path / GENERATIONS).mkdir()
    (tmp_path / CURRENT).write_bytes(name)
    with pytest.raises(IndexMissingError, match="incomplete"):
        current_generation(tmp_path)


def test_a_data_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A file where the folder should be is named as what it is."""
    (tmp_path / "data").write_text("x")
    with pytest.raises(IndexMissingError, match="cannot be read"):
        current_generation(tmp_path / "data")
    with pytest.raises(IndexWriteError, match="cannot be written") as caught, writer_lock(tmp_path / "data"):
        pass
    assert "CASEBOOK_DATA" in caught.value.hint


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    """One process writes at a time; another one is told so at once, and may when the first has ended."""
    script = (
        "import sys; from pathlib import Path; from indexer.generations import writer_lock\n"
        "with writer_lock(Path(sys.argv[1])):\n    print('held', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(IndexBusyError, match="Another process") as caught, writer_lock(tmp_path):
            pass
        assert "Wait" in caught.value.hint
        other.kill()
        other.communicate()
    with writer_lock(tmp_path):  # a dead process holds nothing
        pass


def test_a_lock_file_alone_locks_nobody_out(tmp_path: Path) -> None:
    """The lock is held by a process, not by the file that it leaves."""
    (tmp_path / "writer.lock").write_text("4711")
    with writer_lock(tmp_path):
        pass


def test_an_error_of_the_writer_frees_the_lock(tmp_path: Path) -> None:
    """A run that failed can be repeated in the same process."""
    with pytest.raises(RuntimeError), writer_lock(tmp_path):
        raise RuntimeError
    with writer_lock(tmp_path):
        pass


def test_replaced_text_is_whole_and_leaves_no_other_file(tmp_path: Path) -> None:
    """A small file is replaced in one step."""
    replace_text(tmp_path / "CURRENT", "1\n")
    replace_text(tmp_path / "CURRENT", "2\n")
    assert (tmp_path / "CURRENT").read_bytes() == b"2\n"
    assert [path.name for path in tmp_path.iterdir()] == ["CURRENT"]
