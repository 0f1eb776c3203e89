"""Several files are changed all or none, also when the process dies in between."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from curation.changing import Change, apply_changes, finish_changes
from curation.writing import etag_of
from library.errors import ConflictError, LibraryError

OLD = {"a.md": "a\r\n", "b.md": "b\n", "c.md": "c\n"}
CHANGES = [
    Change("kb/a.md", etag_of(b"a\r\n"), "A\r\n"),
    Change("kb/b.md", etag_of(b"b\n"), None),
    Change("kb/deep/d.md", None, "D\n"),
    Change("kb/c.md", etag_of(b"c\n"), "C\n"),
]
NEW = {"a.md": "A\r\n", "c.md": "C\n", "deep/d.md": "D\n"}
# The process ends at once where the given file would be written or removed.
DYING = """
import os, sys
from pathlib import Path
import curation.changing as changing
from tests.curation.test_changing import CHANGES
root, name = Path(sys.argv[1]), sys.argv[2]
def dying(action):
    def run(path, *rest, **options):
        if path.name == name:
            os._exit(9)
        return action(path, *rest, **options)
    return run
changing.write_text, changing.remove_file = dying(changing.write_text), dying(changing.remove_file)
changing.apply_changes(root, CHANGES)
"""


def _library(root: Path) -> Path:
    (root / "kb").mkdir()
    for name, text in OLD.items():
        (root / "kb" / name).write_bytes(text.encode())
    return root


def _texts(root: Path) -> dict[str, str]:
    kb = root / "kb"
    return {p.relative_to(kb).as_posix(): p.read_bytes().decode() for p in sorted(kb.rglob("*")) if p.is_file()}


def _die(root: Path, name: str) -> None:
    done = subprocess.run([sys.executable, "-c", DYING, root, name], check=False)
    assert done.returncode == 9


def test_all_changes_are_made(tmp_path: Path) -> None:
    """Files are written, made and removed together, and nothing of the work is left."""
    root = _library(tmp_path)
    apply_changes(root, CHANGES)
    assert _texts(root) == NEW
    assert not (root / ".casebook" / "changes").exists()


@pytest.mark.parametrize(
    ("path", "text"), [("kb/a.md", "edited"), ("kb/b.md", "edited"), ("kb/deep/d.md", "made"), ("kb/c.md", None)]
)
def test_file_changed_by_another_stops_all(tmp_path: Path, path: str, text: str | None) -> None:
    """If one file is not what was read, no file is changed."""
    root = _library(tmp_path)
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).unlink() if text is None else (root / path).write_text(text, encoding="utf-8")
    before = _texts(root)
    with pytest.raises(ConflictError, match=path.rpartition("/")[2]):
        apply_changes(root, CHANGES)
    assert _texts(root) == before


def test_place_outside_stops_all(tmp_path: Path) -> None:
    """A path that climbs out is refused before anything is written."""
    root = _library(tmp_path)
    with pytest.raises(LibraryError, match="outside"):
        apply_changes(root, [*CHANGES, Change("../x.md", None, "x")])
    assert _texts(root) == OLD


@pytest.mark.parametrize("name", ["0.txt", "journal.json"])
def test_death_before_it_counts_changes_nothing(tmp_path: Path, name: str) -> None:
    """A process that dies before its journal is on disk has done nothing, and leaves nothing."""
    root = _library(tmp_path)
    _die(root, name)
    assert finish_changes(root) == ()
    assert _texts(root) == OLD
    assert not (root / ".casebook" / "changes").exists()


@pytest.mark.parametrize("name", ["a.md", "b.md", "d.md", "c.md"])
def test_death_in_between_is_made_good(tmp_path: Path, name: str) -> None:
    """What a process that died had begun is finished by the next one that looks."""
    root = _library(tmp_path)
    _die(root, name)
    assert _texts(root) != NEW
    assert finish_changes(root) == ()
    assert _texts(root) == NEW


def test_next_change_finishes_the_last(tmp_path: Path) -> None:
    """Whoever changes files next carries out first what was begun."""
    root = _library(tmp_path)
    _die(root, "c.md")
    apply_changes(root, [Change("kb/c.md", etag_of(b"C\n"), "C2\n")])
    assert _texts(root) == {**NEW, "c.md": "C2\n"}


def test_file_edited_after_a_death_is_left_alone(tmp_path: Path) -> None:
    """What somebody wrote after the process died is not written over; it is named."""
    root = _library(tmp_path)
    _die(root, "b.md")
    (root / "kb" / "c.md").write_text("mine\n", encoding="utf-8")
    assert finish_changes(root) == ("kb/c.md",)
    assert _texts(root) == {**NEW, "c.md": "mine\n"}


def test_damaged_journal_is_told(tmp_path: Path) -> None:
    """A journal that cannot be read stops every further change until a person has looked."""
    root = _library(tmp_path)
    _die(root, "a.md")
    (root / ".casebook" / "changes" / "journal.json").write_text("[{", encoding="utf-8")
    with pytest.raises(LibraryError, match=r"cannot be carried out") as caught:
        apply_changes(root, [])
    assert "journal.json" in caught.value.hint
