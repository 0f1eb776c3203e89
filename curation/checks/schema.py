"""Read the files that are to be checked, with everything that keeps an item from being published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from curation.checks.known_ids import find_ids
from curation.checks.results import CheckReport
from library.documents import ReadFile, heading_kinds
from library.errors import LibraryError
from library.problems import Problem
from library.reading import (
    SourceFile,
    check_codes,
    check_references,
    find_files,
    mark_duplicates,
    plain_reader,
    read_file,
)
from library.settings import Settings, known_codes


@dataclass(frozen=True, slots=True)
class FilesRead:
    """The files that were asked for, as they were read, where they lie, and what is wrong with them."""

    files: tuple[ReadFile, ...]
    sources: Mapping[str, SourceFile]
    problems: tuple[Problem, ...]


def check_library(settings: Settings, paths: Sequence[Path] = ()) -> CheckReport:
    """Check the whole library, or given files and folders of it, for what keeps an item from being published.

    References are looked up in the whole library either way.

    Raises:
        LibraryError: the folder is no library, or a path does not lie in it.
    """
    read = read_for_check(settings, paths)
    return CheckReport(len(read.files), read.problems)


def read_for_check(settings: Settings, paths: Sequence[Path] = ()) -> FilesRead:
    """Read the whole library, or given files and folders of it and of the others only what these refer to.

    Raises:
        LibraryError: the folder is no library, or a path does not lie in it.
    """
    sources = {source.path: source for source in find_files(settings.library)[0]}
    wanted = _within(settings.library, paths, set(sources)) if paths else set(sources)
    read = _read(settings, (sources[path] for path in wanted))
    others, elsewhere = _look_up(settings, read, sources) if len(wanted) < len(sources) else ([], {})
    files = mark_duplicates(sorted([*read, *others], key=lambda file: file.path))
    problems = [problem for file in files for problem in file.problems]
    problems += check_references(files, elsewhere)
    problems += check_codes(files, *known_codes(settings))
    return FilesRead(
        tuple(file for file in files if file.path in wanted),
        {path: sources[path] for path in wanted},
        tuple(sorted(problem for problem in problems if problem.path in wanted)),
    )


def _look_up(
    settings: Settings, files: Sequence[ReadFile], sources: Mapping[str, SourceFile]
) -> tuple[list[ReadFile], dict[str, str]]:
    """Return the other files that share an id with these or that they refer to, and the types of all other ids.

    A file that the index holds as it is need not be read; of ids that nobody refers to the folder's type will do.
    """
    known = find_ids(settings, list(sources.values()))
    documents = [file.document for file in files if file.document]
    own = {document.id for document in documents}
    referred = {target for document in documents for _, target, _ in document.item.referenced()}
    to_read = {path for id_ in own | (referred - known.types.keys()) for path in known.paths.get(id_, ())}
    read = _read(settings, (sources[path] for path in to_read - {file.path for file in files}))
    looked_into = to_read | {file.path for file in files}
    types = known.guessed_types()
    return read, {id_: types[id_] for id_, paths in known.paths.items() if not looked_into.intersection(paths)}


def _read(settings: Settings, sources: Iterable[SourceFile]) -> list[ReadFile]:
    reader = plain_reader(heading_kinds(settings.headings))
    most = settings.max_file_kilobytes * 1000
    return [read_file(settings.library, source, reader, most) for source in sources]


def _within(library: Path, paths: Sequence[Path], everything: set[str]) -> set[str]:
    wanted: set[str] = set()
    root = library.resolve()
    for path in paths:
        place = _place_of(path, library)
        if not place.is_relative_to(root):
            hint = "If it lies in another library, name that one."
            command = "--library DIR names it."
            raise LibraryError(f"{path} does not lie in the library at {root}.", hint=hint, command=command)
        relative = place.relative_to(root).as_posix()
        found = {
            known for known in everything if known == relative or known.startswith(f"{relative}/") or relative == "."
        }
        if not found:
            what = f"There is no item below {path}" if place.is_dir() else f"{path} is no item of the library"
            raise LibraryError(f"{what}.", hint="Items are .md files below cases/ and kb/.")
        wanted |= found
    return wanted


def _place_of(path: Path, library: Path) -> Path:
    """Return where a path lies, seen from here or else from the library; of a link to a file its own place."""
    for one in (path, library / path):
        if one.is_symlink() and not one.is_dir():
            return one.parent.resolve() / one.name
        if one.exists():
            return one.resolve()
    raise LibraryError(f"There is no file {path}.", hint="Give a path in the library.")
