"""Find the files that are to be imported: named ones, and what folders hold."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from curation.converting.rows import ROW_SUFFIXES
from curation.converting.sniffing import SUFFIXES
from library.errors import ImportFileError
from library.reading import ROOTS

_PASSING = (".", "~$")  # what is hidden, and locks of office programs


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """Files to import, and the names of those that are left out: of another kind, locks, and links that lead away."""

    files: tuple[Path, ...]
    skipped: tuple[str, ...]


def find_imports(library: Path, paths: Sequence[Path]) -> FoundFiles:
    """Return the files that are named or lie in named folders, in order.

    Raises:
        ImportFileError: a path is part of the library.
    """
    roots = [(library / root).resolve() for root in ROOTS]
    files: list[Path] = []
    skipped: list[str] = []
    for path in paths:
        if any(path.resolve().is_relative_to(root) for root in roots):
            raise ImportFileError(f"{path} is part of the library.", hint="Import files from outside cases/ and kb/.")
        if path.is_dir():
            for file in _below(path, roots):
                is_wanted = file.suffix.lower() in SUFFIXES | ROW_SUFFIXES and not _leads_away(file, path)
                (files.append(file) if is_wanted else skipped.append(file.relative_to(path).as_posix()))
        elif path.name.startswith("~$"):
            skipped.append(path.name)
        else:
            files.append(path)
    return FoundFiles(tuple(files), tuple(skipped))


def _below(folder: Path, roots: Sequence[Path]) -> Iterator[Path]:
    """Yield the files of a folder and of those in it; editors' own files and hidden ones are left out."""
    for place, names, files in os.walk(folder):
        names[:] = sorted(
            name for name in names if not name.startswith(".") and (Path(place) / name).resolve() not in roots
        )
        yield from (Path(place) / name for name in sorted(files) if not name.startswith(_PASSING))


def _leads_away(file: Path, folder: Path) -> bool:
    """Whether a file is a link to something that its folder does not hold: nobody chose to import that."""
    return file.is_symlink() and not file.resolve().is_relative_to(folder.resolve())
