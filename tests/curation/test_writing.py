"""Files are written whole or not at all, never outside the library; ids are plain."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.writing import slug, write_text
from library.errors import LibraryError


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_writes_the_text_as_utf8_with_line_feeds(tmp_path: Path) -> None:
    """What was given is what is on disk, in UTF-8 with line feeds on every system."""
    write_text(tmp_path / "kb" / "deep" / "a.md", "Größe\nCafé\n", root=tmp_path)
    assert (tmp_path / "kb" / "deep" / "a.md").read_bytes() == "Größe\nCafé\n".encode()


def test_leaves_nothing_else_behind(tmp_path: Path) -> None:
    """The temporary file of a write is gone afterwards."""
    write_text(tmp_path / "a.md", "text", root=tmp_path)
    assert _names(tmp_path) == ["a.md"]


def test_existing_file_is_refused(tmp_path: Path) -> None:
    """Without `replace` no file is ever overwritten, and the message names it."""
    (tmp_path / "a.md").write_text("mine", encoding="utf-8")
    with pytest.raises(LibraryError, match=r"a\.md exists already"):
        write_text(tmp_path / "a.md", "theirs", root=tmp_path)
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == "mine"


def test_existing_file_is_replaced_on_demand_and_keeps_its_mode(tmp_path: Path) -> None:
    """Replacing a file changes its text, not who may read it."""
    path = tmp_path / "a.md"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    write_text(path, "new", root=tmp_path, replace=True)
    assert path.read_text(encoding="utf-8") == "new"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
def test_new_file_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    """A temporary file is private to its user; what it becomes is as readable as any other new file."""
    (tmp_path / "usual").write_text("", encoding="utf-8")
    write_text(tmp_path / "a.md", "text", root=tmp_path)
    assert (tmp_path / "a.md").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("name", ["../a.md", "kb/../../a.md", "cases/../../../etc/a.md"])
def test_path_outside_is_refused(tmp_path: Path, name: str) -> None:
    """A path that climbs out of the library is refused before anything is made."""
    root = tmp_path / "library"
    root.mkdir()
    with pytest.raises(LibraryError, match="lies outside the library"):
        write_text(root / name, "text", root=root)
    assert _names(tmp_path) == ["library"]
    assert _names(root) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_folder_that_links_outside_is_refused(tmp_path: Path) -> None:
    """A linked folder does not lead a write out of the library."""
    root, outside = tmp_path / "library", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "cases").symlink_to(outside, target_is_directory=True)
    with pytest.raises(LibraryError, match="lies outside the library"):
        write_text(root / "cases" / "a.md", "text", root=root)
    assert _names(outside) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_linked_file_is_replaced_itself(tmp_path: Path) -> None:
    """Replacing a link puts a file in its place; what it pointed to stays as it is."""
    root, target = tmp_path / "library", tmp_path / "target.md"
    root.mkdir()
    target.write_text("theirs", encoding="utf-8")
    (root / "a.md").symlink_to(target)
    with pytest.raises(LibraryError, match="exists already"):
        write_text(root / "a.md", "mine", root=root)
    write_text(root / "a.md", "mine", root=root, replace=True)
    assert target.read_text(encoding="utf-8") == "theirs"
    assert (root / "a.md").read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_link_to_nothing_counts_as_a_file(tmp_path: Path) -> None:
    """A dangling link is something that somebody put there; it is not overwritten."""
    (tmp_path / "a.md").symlink_to(tmp_path / "gone.md")
    with pytest.raises(LibraryError, match="exists already"):
        write_text(tmp_path / "a.md", "text", root=tmp_path)


def test_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    """A text that cannot be written (here: no Unicode) leaves the old file and no half of a new one."""
    path = tmp_path / "a.md"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "good until here \ud800", root=tmp_path, replace=True)
    assert path.read_text(encoding="utf-8") == "old"
    assert _names(tmp_path) == ["a.md"]


def test_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """What the system refuses is told with the path and what to look at, not with a traceback."""
    (tmp_path / "cases").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(LibraryError, match=r"a\.md cannot be written") as caught:
        write_text(tmp_path / "cases" / "a.md", "text", root=tmp_path)
    assert "rights" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Price pressure", "price-pressure"),
        ("  Größe & Maß!  ", "grosse-mass"),
        ("Défi: l'été à Łódź, Ørsted, Ærø", "defi-l-ete-a-lodz-orsted-aero"),
        ("../../etc/passwd", "etc-passwd"),
        ("ＡＢＣ １２", "abc-12"),
        ("𝐁old", "bold"),
        ("日本", ""),
        ("", ""),
        ("---", ""),
    ],
)
def test_slug_of_a_text(text: str, expected: str) -> None:
    """An id is made of the Latin letters and digits of a text; nothing else is kept."""
    assert slug(text) == expected


def test_slug_ends_with_a_whole_word() -> None:
    """A long title is cut between words, a long word where the limit lies."""
    assert slug("one two three", limit=9) == "one-two"
    assert slug("one two three", limit=7) == "one-two"
    assert slug("abcdefghij", limit=4) == "abcd"


@given(st.text(max_size=200), st.integers(min_value=1, max_value=80))
def test_slug_is_always_an_id(text: str, limit: int) -> None:
    """Whatever the text, an id is empty or of lower-case words with single hyphens, within the limit, and stays."""
    found = slug(text, limit=limit)
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", found)
    assert len(found) <= limit
    assert slug(found, limit=limit) == found
