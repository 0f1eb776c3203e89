"""Files are written whole or not at all, never outside the library; ids are plain."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.writing import check_place, etag_of, files_lock, read_text, remove_file, slug, write_text
from library.errors import ConflictError, LibraryError


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


def test_entity_tag_is_of_the_bytes() -> None:
    """Two files have one entity tag if all their bytes are alike, line ends and all; it is quoted as in HTTP."""
    assert etag_of(b"a\n") == etag_of(b"a\n")
    assert etag_of(b"a\n") != etag_of(b"a\r\n")
    assert re.fullmatch(r'"[0-9a-f]{64}"', etag_of(b""))


def test_text_is_read_and_written_byte_for_byte(tmp_path: Path) -> None:
    """Line ends and a byte-order mark go through reading and writing as they are."""
    content = "\ufeffa\r\nb\n".encode()
    (tmp_path / "a.md").write_bytes(content)
    text, etag = read_text(tmp_path / "a.md", root=tmp_path)
    write_text(tmp_path / "a.md", text, root=tmp_path, expect=etag)
    assert (tmp_path / "a.md").read_bytes() == content


@pytest.mark.parametrize("content", [b"\xff", None])
def test_text_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    """What is no UTF-8 or not there is refused with what to do."""
    if content is not None:
        (tmp_path / "a.md").write_bytes(content)
    with pytest.raises(LibraryError) as caught:
        read_text(tmp_path / "a.md", root=tmp_path)
    assert caught.value.hint


def test_file_changed_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    """Whoever read an older text is told so, and what was saved meanwhile stays."""
    path = tmp_path / "a.md"
    path.write_text("read", encoding="utf-8")
    _, etag = read_text(path, root=tmp_path)
    path.write_text("saved by another", encoding="utf-8")
    with pytest.raises(ConflictError, match="has been changed"):
        write_text(path, "mine", root=tmp_path, expect=etag)
    with pytest.raises(ConflictError, match="has been changed"):
        remove_file(path, root=tmp_path, expect=etag)
    assert path.read_text(encoding="utf-8") == "saved by another"
    assert [name for name in _names(tmp_path) if name.endswith(".tmp")] == []


def test_file_removed_meanwhile_does_not_come_back(tmp_path: Path) -> None:
    """A text is not saved over a file that somebody has taken away."""
    with pytest.raises(ConflictError, match="has been removed"):
        write_text(tmp_path / "a.md", "mine", root=tmp_path, expect=etag_of(b"read"))
    assert not (tmp_path / "a.md").exists()


def test_one_of_many_writers_wins(tmp_path: Path) -> None:
    """Of those who read one text exactly one writes; no other's text is lost unseen."""
    path = tmp_path / "a.md"
    path.write_text("0", encoding="utf-8")

    def write(number: int) -> bool:
        try:
            write_text(path, f"{number}", root=tmp_path, expect=etag_of(b"0"))
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(write, range(1, 17)))
    assert sum(written) == 1
    assert path.read_text(encoding="utf-8") == str(written.index(True) + 1)


def test_one_of_many_new_files_stays(tmp_path: Path) -> None:
    """Of those who make one new file exactly one does; the others are told that it exists."""

    def write(number: int) -> bool:
        try:
            write_text(tmp_path / "a.md", f"{number}", root=tmp_path)
        except LibraryError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(16))) == 1


def test_who_holds_the_lock_may_write(tmp_path: Path) -> None:
    """Several files can be written under one lock."""
    (tmp_path / "a.md").write_text("old", encoding="utf-8")
    with files_lock(tmp_path):
        write_text(tmp_path / "a.md", "new", root=tmp_path, replace=True)
        remove_file(tmp_path / "a.md", root=tmp_path, expect=etag_of(b"new"))
    assert not (tmp_path / "a.md").exists()


@pytest.mark.parametrize(
    "name",
    [
        "con.md",
        "CON",
        "aux .txt.md",
        "Lpt1.md",
        "com¹.md",
        "NUL/a.md",
        "a.",
        "a ",
        "kb./a.md",
        "a:b.md",
        "a?.md",
        "a\nb.md",
    ],
)
def test_name_that_is_another_on_windows_is_refused(tmp_path: Path, name: str) -> None:
    """A name means the same file on every system that the library is copied to."""
    with pytest.raises(LibraryError, match="every system"):
        check_place(tmp_path / name, root=tmp_path)


@pytest.mark.parametrize("name", [".git/hooks/post-commit", "kb/.GIT/config", "GIT~1/config"])
def test_folder_of_git_is_refused(tmp_path: Path, name: str) -> None:
    """Nothing is written where Git would run or believe it."""
    with pytest.raises(LibraryError, match="Git"):
        write_text(tmp_path / name, "text", root=tmp_path)
    assert _names(tmp_path) == []


@pytest.mark.parametrize("name", ["console.md", "auxiliary.md", ".gitignore", "kb/größe und maß.md", "a.b.md"])
def test_ordinary_name_is_taken(tmp_path: Path, name: str) -> None:
    """Names that only look like devices, and those of other languages, are names."""
    check_place(tmp_path / name, root=tmp_path)


@pytest.mark.parametrize("name", ["/etc/passwd", "kb/..", "a\0b"])
def test_name_that_is_no_place_in_the_library_is_refused(tmp_path: Path, name: str) -> None:
    """An absolute name, a climbing one or one with a NUL is outside."""
    with pytest.raises(LibraryError, match="outside"):
        check_place(tmp_path / name, root=tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """Where the system takes no more bytes the old file stays whole, and nothing else is left."""
    path = tmp_path / "a.md"
    path.write_text("old", encoding="utf-8")
    program = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from curation.writing import write_text\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "path = Path(sys.argv[1])\n"
        "write_text(path, 'x' * 10_000, root=path.parent, replace=True)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False)
    assert "LibraryError" in ended.stderr
    assert path.read_text(encoding="utf-8") == "old"
    assert _names(tmp_path) == ["a.md"]
