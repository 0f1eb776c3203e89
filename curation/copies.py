"""Where copies of an item's text may be beside its file: left by writers, laid there by people, or elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from library.items import AnyItem
from library.reading import ROOTS, find_files

# A writer holds its temporary file for milliseconds, and for half a minute at most while it waits for another.
_ABANDONED_SECONDS = 120


@dataclass(frozen=True, slots=True)
class ItemFile:
    """A file that holds the item: where, what it was when it was read, and the item, unless it cannot be read."""

    place: Path
    path: str
    etag: str
    item: AnyItem | None


def remaining_copies(library: Path, item_id: str, files: Sequence[ItemFile]) -> Iterator[str]:
    """Yield where copies of the text may be that nothing here can reach."""
    for file in files:
        if file.place.is_symlink():
            yield f"{file.path} is a link: {os.path.realpath(file.place)}, to which it leads, stays"
        beside = [name for name in file.item.attachments if "://" not in name] if file.item is not None else []
        if beside:
            yield f"attachments of {file.path}: {', '.join(beside)}; delete them if no other item needs them"
    if _work_tree(library) is not None:
        yield "Git: every clone has the file in its history; `git filter-repo --invert-paths --path FILE` rewrites it"
    for place in _copies(library, item_id, files):
        yield f"{place.relative_to(library).as_posix()}, which may be a copy that somebody made; look at it"
    for place, is_abandoned in _leftovers(library):
        if not is_abandoned:
            yield f"{place.relative_to(library).as_posix()}, which is just being written; look whether it goes"
    yield "the history in the index keeps its id, owner, authors and groups, so that copies can be called back"
    yield "backups of the library, of the index and of the state, and copies of a generation on other machines"
    yield "briefs, exports and answers that people took away, and what chatbots keep of their conversations"
    yield "portals and search engines that keep a copy: /v1/changes tells them to drop it when they look again"
    yield "a server that is running keeps the older index in memory for some seconds"


def drop_leftovers(library: Path) -> Iterator[str]:
    """Remove what writers left that died, whatever it holds; yield what could not be removed."""
    for place, is_abandoned in _leftovers(library):
        try:
            if is_abandoned:
                place.unlink(missing_ok=True)
        except OSError as error:
            yield f"{place} cannot be removed: {error.strerror or error}. Delete it; a writer that died left it."


def _copies(library: Path, item_id: str, files: Sequence[ItemFile]) -> Iterator[Path]:
    """Yield files whose names are made of the item's, as editors and people make copies of a file."""
    items = {source.place for source in find_files(library)[0]}
    stems = {item_id, *(file.place.stem for file in files)}
    for place in sorted(place for root in ROOTS for place in (library / root).rglob("*")):
        if any(stem in place.name for stem in stems) and place not in items and place.is_file():
            yield place


def _leftovers(library: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the temporary files of Casebook's writers, and whether nobody writes them any more."""
    for place in sorted(library.rglob(".casebook-*.tmp")):
        with suppress(OSError):  # it is gone
            yield place, time.time() - place.stat().st_mtime > _ABANDONED_SECONDS


def _work_tree(library: Path) -> Path | None:
    place = Path(os.path.realpath(library))
    return next((folder for folder in (place, *place.parents) if (folder / ".git").exists()), None)
