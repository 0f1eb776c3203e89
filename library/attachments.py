"""Files that belong to an item: where one lies, never outside the library's own folders."""

from __future__ import annotations

import posixpath
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from library.items import FOLDERS

_CONTENT = frozenset(folder.partition("/")[0] for folder in FOLDERS.values())
_ITEM_SUFFIXES = frozenset({".md", ".markdown"})


def find_attachment(library: Path, document: str, attached: str) -> Path | None:
    """Return an attachment's file; None if there is none that may be handed out.

    `document` is the item's path in the library, `attached` what the item lists, relative to it. A file is handed out
    only from the library's content folders, wherever symbolic links lead; items themselves and hidden files never are.
    """
    place = attachment_place(document, attached)
    if place is None:
        return None
    try:
        root = library.resolve(strict=True)
        found = (root / place).resolve(strict=True)
        inner = found.relative_to(root)
    except (OSError, ValueError, RuntimeError):
        return None
    return found if _may_leave(PurePosixPath(inner.as_posix())) and found.is_file() else None


def attachment_place(document: str, attached: str) -> str | None:
    """Return where an attachment lies in the library, by its item's path; None if it is no file that may be one."""
    if is_web_address(attached) or "\0" in attached:
        return None
    place = posixpath.normpath(posixpath.join(posixpath.dirname(document), attached.replace("\\", "/")))
    return place if _may_leave(PurePosixPath(place)) else None


def is_web_address(text: str) -> bool:
    """Whether a text is an address of the web, as it may stand in a link."""
    try:
        parts = urlsplit(text)
        is_web = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
    return is_web and text.isprintable() and " " not in text


def _may_leave(place: PurePosixPath) -> bool:
    names = place.parts
    is_content = len(names) > 1 and names[0] in _CONTENT
    return is_content and place.suffix.lower() not in _ITEM_SUFFIXES and not any(name.startswith(".") for name in names)
