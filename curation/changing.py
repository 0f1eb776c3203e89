"""Change several files of a library at once: all or none, also when the process dies in between.

What shall be is written beside the index first, then a journal that names it (from then on it counts), then the files
one by one. A journal that is found later is carried out to its end.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from curation.writing import check_place, etag_of, files_lock, remove_file, write_text
from library.errors import ConflictError, LibraryError

_PENDING = Path(".casebook", "changes")
_JOURNAL = "journal.json"


@dataclass(frozen=True, slots=True)
class Change:
    """What one file shall be; `path` is relative to the library (posix).

    `before` is the entity tag of what was read, None where there was no file; `text` None removes it.
    """

    path: str
    before: str | None
    text: str | None


def apply_changes(root: Path, changes: Sequence[Change]) -> None:
    """Write and remove files, all or none.

    Raises:
        ConflictError: a file is no longer what was read; nothing was changed.
        LibraryError: a place lies outside, is taken or cannot be written.
    """
    for change in changes:
        check_place(root / change.path, root=root)
    with files_lock(root):
        finish_changes(root)
        for change in changes:
            _compare(root, change)
        if changes:
            _stage(root, changes)
            _carry_out(root)


def finish_changes(root: Path) -> tuple[str, ...]:
    """Carry out what a process that died had begun; returns the files that were changed by others since.

    Those stay as they are: running the same command again changes them too.
    """
    folder = root / _PENDING
    if not folder.exists():
        return ()
    with files_lock(root):
        if (folder / _JOURNAL).exists():
            return _carry_out(root)
        shutil.rmtree(folder, ignore_errors=True)  # it died before anything counted
    return ()


def _stage(root: Path, changes: Sequence[Change]) -> None:
    """Put on disk what shall be, and last the journal, from which on it counts."""
    folder = root / _PENDING
    rows = []
    for number, change in enumerate(changes):
        after = None if change.text is None else etag_of(change.text.encode())
        if change.text is not None:
            write_text(folder / f"{number}.txt", change.text, root=root, replace=True)
        rows.append({"path": change.path, "before": change.before, "after": after})
    write_text(folder / _JOURNAL, json.dumps(rows, indent=1) + "\n", root=root, replace=True)


def _carry_out(root: Path) -> tuple[str, ...]:
    """Do what the journal says, as far as it is not done yet, and drop it."""
    folder = root / _PENDING
    left = []
    with _readable(folder):
        rows = json.loads((folder / _JOURNAL).read_text(encoding="utf-8"))
        for number, row in enumerate(rows):
            path, found = root / row["path"], _etag(root / row["path"])
            if found == row["after"]:
                continue
            if found != row["before"]:
                left.append(row["path"])
            elif row["after"] is None:
                remove_file(path, root=root, expect=found or "")
            else:
                text = (folder / f"{number}.txt").read_bytes().decode()
                write_text(path, text, root=root, expect=found)
        (folder / _JOURNAL).unlink()
    shutil.rmtree(folder, ignore_errors=True)
    return tuple(left)


def _compare(root: Path, change: Change) -> None:
    found = _etag(root / change.path)
    if found == change.before:
        return
    if change.before is None:
        raise ConflictError(f"{change.path} exists already.", hint="Nothing was changed; choose another id.")
    what = "changed" if found else "removed"
    raise ConflictError(f"{change.path} has been {what} since it was read.", hint="Nothing was changed; run it again.")


def _etag(path: Path) -> str | None:
    return etag_of(path.read_bytes()) if os.path.lexists(path) else None


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise LibraryError(
            f"What is left of an earlier change in {folder} cannot be carried out: {error}.",
            hint="Look at the files that its journal.json names, mend them by hand, then remove that folder.",
        ) from error
