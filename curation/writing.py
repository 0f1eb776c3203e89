"""Write files into a library: whole or not at all, never outside it, never over what somebody else has just saved."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from library.errors import ConflictError, LibraryError

# Letters that no normalisation takes apart; casefold has made "ss" of the sharp s.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
# What Windows takes for a device whatever stands behind the dot, or cuts off, or reads as something else.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\..*)?", re.IGNORECASE)
_UNSAFE = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]|[. ]$')
_GIT = re.compile(r"\.git|git~\d+", re.IGNORECASE)
_LOCK = Path(".casebook", "files.lock")
_PATIENCE = 30  # seconds; one file takes milliseconds


def etag_of(content: bytes) -> str:
    """Return the entity tag of a file's bytes: their SHA-256, quoted as HTTP quotes it."""
    return f'"{hashlib.sha256(content).hexdigest()}"'


def read_text(path: Path, *, root: Path) -> tuple[str, str]:
    """Return a file's text, line ends and byte-order mark as they are, and its entity tag.

    Raises:
        LibraryError: the path lies outside the library, or is no file in UTF-8 that can be read.
    """
    check_place(path, root=root)
    try:
        content = path.read_bytes()
        return content.decode(), etag_of(content)
    except UnicodeDecodeError as error:
        raise LibraryError(f"{path} is no UTF-8: {error.reason}.", hint="Save it as UTF-8.") from error
    except OSError as error:
        hint = "Check its name and rights."
        raise LibraryError(f"{path} cannot be read: {error.strerror or error}.", hint=hint) from error


def write_text(path: Path, text: str, *, root: Path, replace: bool = False, expect: str | None = None) -> None:
    """Write a file so that nobody ever sees half of it.

    With `expect` (the entity tag of what was read) it is written only over that, compared as late as can be. Line
    ends and a byte-order mark in the text are written as they are.

    Raises:
        LibraryError: the path lies outside the library, exists and may not be replaced, or cannot be written.
        ConflictError: `expect` is given and the file is another now, or gone.
    """
    check_place(path, root=root)
    replace = replace or expect is not None
    if not replace and _is_taken(path):
        raise _taken(path)
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _written_beside(path, text.encode())
        try:
            if replace:
                _put_in_place(temporary, path, root, expect)
            else:
                _put_where_nothing_is(temporary, path)
            _keep_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file outside any library, over what may stand there, so that nobody ever sees half of it.

    Raises:
        LibraryError: it cannot be written.
    """
    with _told(path):
        temporary = _written_beside(path, content)
        try:
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def remove_file(path: Path, *, root: Path, expect: str) -> None:
    """Remove a file that is still what was read.

    Raises:
        LibraryError: the path lies outside the library, or it cannot be removed.
        ConflictError: the file is another now, or gone.
    """
    check_place(path, root=root)
    with _told(path), files_lock(root):
        _compare(path, expect)
        path.unlink()
        _keep_folder(path.parent)


def check_place(path: Path, *, root: Path) -> None:
    """Do nothing for a path in the library that has one meaning on every system.

    Raises:
        LibraryError: it lies outside, in Git's own folder, or has a name that Windows reads as another.
    """
    folder = Path(os.path.realpath(root))
    place = Path(os.path.realpath(path.parent)) / path.name  # a link itself is replaced, not what it points to
    if "\0" in str(path) or path.name in ("", "..") or not place.is_relative_to(folder):
        raise LibraryError(f"{str(path)!r} lies outside the library {root}.", hint="Choose another name.")
    for part in place.relative_to(folder).parts:
        if _GIT.fullmatch(part):
            raise LibraryError(f"{path} lies in a folder of Git's own.", hint="Choose a place below cases/ or kb/.")
        if _DEVICE.fullmatch(part) or _UNSAFE.search(part):
            raise LibraryError(
                f"{part!r} is no file name that every system knows.", hint="Use letters, digits, hyphens and one dot."
            )


@contextmanager
def files_lock(root: Path) -> Iterator[None]:
    """Be the one of Casebook's own writers who changes files of this library; may be taken again by who has it.

    Raises:
        LibraryError: another held it for half a minute, or the lock's file cannot be written.
    """
    from filelock import FileLock, Timeout

    place = Path(os.path.realpath(root)) / _LOCK
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(place, timeout=_PATIENCE, is_singleton=True)
        lock.acquire()
    except Timeout as error:
        hint = "Wait for the other command to end, then run this again."
        raise LibraryError(f"Another process is changing the files of {root}.", hint=hint) from error
    except OSError as error:
        hint = "Check free space and the folder's rights."
        raise LibraryError(f"{place} cannot be written: {error.strerror or error}.", hint=hint) from error
    try:
        yield
    finally:
        lock.release()


def slug(text: str, *, limit: int = 60) -> str:
    """Return a text as an id: lower-case ASCII letters, digits and hyphens."""
    plain = text.casefold().translate(_LETTERS)
    ascii_text = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")
    return words if len(words) <= limit else words[: limit + 1].rsplit("-", 1)[0][:limit].strip("-")


def _written_beside(path: Path, content: bytes) -> Path:
    """Return a temporary file in the same folder that holds the content, on disk."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".casebook-", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _put_in_place(temporary: Path, path: Path, root: Path, expect: str | None) -> None:
    with files_lock(root):
        if expect is not None:
            _compare(path, expect)
        temporary.replace(path)


def _put_where_nothing_is(temporary: Path, path: Path) -> None:
    """Give the file its name unless another took it meanwhile."""
    try:
        os.link(temporary, path)
    except FileExistsError as error:
        raise _taken(path) from error
    except OSError as error:  # not every file system has links
        if _is_taken(path):
            raise _taken(path) from error
        temporary.rename(path)


def _compare(path: Path, expect: str) -> None:
    try:
        found = etag_of(path.read_bytes())
    except FileNotFoundError:
        found = ""
    if found != expect:
        what = "has been changed" if found else "has been removed"
        hint = "Look at what it says now, then do it again; nothing was written over."
        raise ConflictError(f"{path} {what} since it was read.", hint=hint)


def _is_taken(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _taken(path: Path) -> LibraryError:
    return LibraryError(f"{path} exists already.", hint="Choose another title, or edit that file.")


def _keep_folder(folder: Path) -> None:
    """Have the folder's new entry on disk, where the system knows how."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network drives do not take it; the file is there all the same
            os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LibraryError(
            f"{path} cannot be written: {error.strerror or error}.", hint="Check free space and the folder's rights."
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
