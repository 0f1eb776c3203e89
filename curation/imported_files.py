"""The library's files as imports know them: where each item lies, what it was made from, and who edited it since."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from curation.itemising import ImportedItem, is_edited, source_of_text
from curation.writing import etag_of, write_text
from library.errors import ConflictError, LibraryError
from library.front_matter import FENCE, MAX_LENGTH, FrontMatterError, split_front_matter
from library.reading import find_files

KEY_LENGTH = 16
_DECLARED_ID = re.compile(r"^id:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)


class Written(StrEnum):
    """What became of a file."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class KnownFiles:
    """The path of every item that is there, and which file outside it was made from (by `source_key`)."""

    paths: dict[str, str]
    sources: dict[str, str]

    @classmethod
    def from_library(cls, library: Path) -> KnownFiles:
        """Read the items' names, the ids that they declare, and what an import wrote there.

        Raises:
            LibraryError: the folder is no library.
        """
        by_name: dict[str, str] = {}
        by_id: dict[str, str] = {}
        sources: dict[str, str] = {}
        for source in find_files(library)[0]:
            text = _front_matter_text(source.place)
            declared = _DECLARED_ID.search(text)
            name = declared[1] if declared else Path(source.path).stem
            (by_id if declared else by_name)[name] = source.path
            by_name[Path(source.path).stem] = source.path
            if made_from := source_of_text(text):
                sources[name] = made_from
        return cls(by_name | by_id, sources)

    def made_from(self, key: str) -> list[str]:
        """Return the ids of what was made from a file."""
        return [item_id for item_id, source in self.sources.items() if source == key]


def source_key(file: Path, library: Path) -> str:
    """Return what a file is known by: where it lies seen from the library, hashed, for it may tell a client's name."""
    try:
        place = Path(os.path.relpath(file.resolve(), library.resolve())).as_posix()
    except ValueError:  # another drive of Windows
        place = file.resolve().as_posix()
    return hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:KEY_LENGTH]


def keep_item(path: Path, item: ImportedItem, *, library: Path, overwrite: bool) -> Written:
    """Write one item and say what happened; dates of an unchanged item stay.

    What somebody has edited, or saves at this very moment, is left alone.

    Raises:
        ValueError: an import made the file of something else, or it is a link.
        LibraryError: it cannot be read or written.
    """
    if path.is_symlink():
        raise ValueError(f"{path.name} is a link; put the file itself in its place")
    content = _content(path)
    if content is None:
        try:
            write_text(path, item.as_text(), root=library)
        except LibraryError:
            content = _content(path)  # another import was there first
            if content is None:
                raise
        else:
            return Written.CREATED
    return _update(path, content, item, library=library, overwrite=overwrite)


def _update(path: Path, content: bytes, item: ImportedItem, *, library: Path, overwrite: bool) -> Written:
    old = content.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    if not overwrite:
        if is_edited(old):
            return Written.EDITED
        if source_of_text(old) != item.source:
            raise ValueError(f"{path.name} was imported from another file; --overwrite replaces it")
    dates = _dates(old, item.assumed)
    if old == item.as_text(**dates):
        return Written.UNCHANGED
    created = {name: day for name, day in dates.items() if name == "created"}
    try:
        write_text(path, item.as_text(**created), root=library, expect=etag_of(content))
    except ConflictError:
        return Written.EDITED
    return Written.UPDATED


def _content(path: Path) -> bytes | None:
    """Return a file's bytes, None if there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LibraryError(f"{path} cannot be read: {error.strerror}.", hint="Check its rights.") from error


def _dates(text: str, names: frozenset[str]) -> dict[str, str]:
    """Return the dates that a file states, as far as they are asked for."""
    try:
        values = split_front_matter(text)[0].values
    except FrontMatterError:
        return {}
    return {name: value for name in names if isinstance(value := values.get(name), str)}


def _front_matter_text(path: Path) -> str:
    """Return a file's front matter; nothing of one that cannot be read, which `check` reports."""
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return stream.read(MAX_LENGTH).partition(f"\n{FENCE}")[0]
    except OSError:
        return ""
