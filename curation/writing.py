"""Write files into a library: whole or not at all, and never outside it."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from pathlib import Path

from library.errors import LibraryError

# Letters that no normalisation takes apart; casefold has made "ss" of the sharp s.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def write_text(path: Path, text: str, *, root: Path, replace: bool = False) -> None:
    """Write a file so that nobody ever sees half of it.

    Raises:
        LibraryError: the path lies outside the library, exists and may not be replaced, or cannot be written.
    """
    if not path.parent.resolve().is_relative_to(root.resolve()):
        raise LibraryError(f"{path} lies outside the library {root}.", hint="Choose another name.")
    if not replace and (path.exists() or path.is_symlink()):
        raise LibraryError(f"{path} exists already.", hint="Choose another title, or edit that file.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".casebook-", suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise LibraryError(
            f"{path} cannot be written: {error.strerror or error}.", hint="Check free space and the folder's rights."
        ) from error


def slug(text: str, *, limit: int = 60) -> str:
    """Return a text as an id: lower-case ASCII letters, digits and hyphens."""
    plain = text.casefold().translate(_LETTERS)
    ascii_text = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")
    return words if len(words) <= limit else words[: limit + 1].rsplit("-", 1)[0][:limit].strip("-")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
