"""Walk a library's folders and read every item; one bad file never stops the others."""

from __future__ import annotations

import difflib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from library.codes import CodeList
from library.documents import Document, ReadFile, SectionKind, read_document
from library.errors import LibraryError
from library.items import FOLDERS, ITEM_TYPES, BusinessCase, IndustryNote
from library.problems import Problem, Severity

ROOTS = ("cases", "kb")
SUFFIXES = (".md", ".markdown")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that should hold an item: its path in the library (posix) and place on disk.

    `size` in bytes and `modified_ns` are 0 where they cannot be had, as for a link to nowhere.
    """

    path: str
    location: str
    size: int
    modified_ns: int

    @property
    def place(self) -> Path:
        """Where the file lies on disk."""
        return Path(self.location)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a run over the library found. `read` counts files, `ignored` those that are no Markdown."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    read: int
    ignored: int

    @property
    def left_out(self) -> tuple[str, ...]:
        """Paths of the files that gave no document, in order."""
        return tuple(sorted({p.path for p in self.problems if p.severity is Severity.BLOCKER}))


Reader = Callable[[str, bytes], ReadFile]


def plain_reader(headings: Mapping[str, SectionKind]) -> Reader:
    """Return a reader that parses every file afresh."""
    return lambda path, content: read_document(path, content, headings)


def read_library(root: Path, reader: Reader, *, max_bytes: int, regions: CodeList, industries: CodeList) -> Reading:
    """Read all items of a library and check what they say of each other.

    Raises:
        LibraryError: the folder holds neither cases/ nor kb/.
    """
    sources, ignored = find_files(root)
    files = mark_duplicates([read_file(root, source, reader, max_bytes) for source in sources])
    documents = tuple(file.document for file in files if file.document is not None)
    problems = [problem for file in files for problem in file.problems]
    problems += check_references(files)
    problems += check_codes(files, regions, industries)
    return Reading(documents, tuple(sorted(problems)), len(sources), ignored)


def find_files(root: Path) -> tuple[list[SourceFile], int]:
    """Return the Markdown files below cases/ and kb/ in order of path, and how many other files lie there.

    Hidden files and folders, and files named README, are no items. A folder that is a link or that cannot
    be opened stands among the files, so that `read_file` reports it.
    """
    if not any((root / name).is_dir() for name in ROOTS):
        raise LibraryError(
            f"{root} is no library: it has neither cases/ nor kb/.",
            hint="Name a library with --library DIR, or make one with `casebook init DIR`.",
        )
    sources: list[SourceFile] = []
    ignored = 0
    for relative, location, is_folder in _walk(root):
        stem, suffix = os.path.splitext(os.path.basename(location))  # noqa: PTH119, PTH122  10 times as fast as Path
        if is_folder or (suffix.lower() in SUFFIXES and stem.upper() != "README"):
            sources.append(SourceFile(_printable(relative), location, *_size_and_time(location)))
        else:
            ignored += 1
    return sorted(sources, key=lambda source: source.path), ignored


def read_file(root: Path, source: SourceFile, reader: Reader, max_bytes: int) -> ReadFile:
    """Read one file that `find_files` found."""
    try:
        obstacle = _obstacle(root, source, max_bytes)
        content = b"" if obstacle else source.place.read_bytes()
    except OSError as error:
        obstacle, content = (f"it cannot be read: {error.strerror}", "Check that it exists and its rights"), b""
    if obstacle:
        return ReadFile(source.path, None, (Problem(source.path, 0, Severity.BLOCKER, *obstacle),))
    return reader(source.path, content)


def check_references(files: Iterable[ReadFile], elsewhere: Mapping[str, str] | None = None) -> Iterator[Problem]:
    """Yield a problem for each reference to an id that is not there or of another type.

    `elsewhere` gives the types of items that were not read, by id.
    """
    files = list(files)
    types = {**(elsewhere or {}), **{file.document.id: file.document.item.type for file in files if file.document}}
    for file in files:
        if file.document is None:
            continue
        for name, target, expected in file.document.item.referenced():
            if target in types and expected in ("", types[target]):
                continue
            line = file.line_of(name, target)
            yield Problem(file.path, line, Severity.ERROR, *_explain_reference(name, target, expected, types))


def check_codes(files: Iterable[ReadFile], regions: CodeList, industries: CodeList) -> Iterator[Problem]:
    """Yield a warning for each region that no list knows, and an error for an unknown ISIC or NACE code."""
    for file in files:
        item = file.document.item if file.document else None
        if not isinstance(item, BusinessCase | IndustryNote):
            continue
        for region in item.regions:
            if regions.resolve(region) is None:
                remedy = "Write an ISO 3166-1 or UN M49 code, or add the region to casebook.toml"
                line = file.line_of("regions", region)
                yield Problem(file.path, line, Severity.WARNING, f"unknown region {region!r}", remedy)
        for industry in item.industries:
            if industry.scheme.lower() in ("isic", "nace") and industry.code not in industries.entries:
                remedy = 'Write a section or division such as C or "10"'
                message = f"unknown {industry.scheme} code {industry.code!r}"
                yield Problem(file.path, file.line_of("industries", industry.code), Severity.ERROR, message, remedy)


def _walk(root: Path) -> Iterator[tuple[str, str, bool]]:
    """Yield (path in the library, place, whether it is a folder) of every file and of folders not entered."""
    closed: list[OSError] = []
    for top in filter(os.path.isdir, (os.path.join(root, name) for name in ROOTS)):  # noqa: PTH118
        # os.walk does not follow links to folders, so no loop and no way out of the library
        for parent, folders, names in os.walk(top, onerror=closed.append):
            folders[:] = (name for name in folders if not name.startswith("."))
            prefix = _relative(root, Path(parent))
            for name in names:
                if not name.startswith("."):
                    yield f"{prefix}/{name}", os.path.join(parent, name), False  # noqa: PTH118
            for name in folders:
                place = os.path.join(parent, name)  # noqa: PTH118
                if os.path.islink(place):  # noqa: PTH114  it never raises
                    yield f"{prefix}/{name}", place, True
    yield from ((_relative(root, Path(error.filename)), str(error.filename), True) for error in closed)


def _relative(root: Path, place: Path) -> str:
    return place.relative_to(root).as_posix()


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _size_and_time(location: str) -> tuple[int, int]:
    try:
        found = os.stat(location)  # noqa: PTH116
    except OSError:  # `read_file` says why
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _obstacle(root: Path, source: SourceFile, max_bytes: int) -> tuple[str, str] | None:
    """Return why a file is not to be read and what to do about it, or None."""
    if source.path != _relative(root, source.place):
        return "its name is no UTF-8", "Rename it"
    # `Path.resolve` fails for links that lead in a circle
    if not Path(os.path.realpath(source.place)).is_relative_to(os.path.realpath(root)):
        return "it is a link that leads out of the library", "Put the file itself here"
    if source.place.is_dir():
        return "this folder was not read: it is a link, or may not be opened", "Put the folder itself here"
    if source.place.exists() and not source.place.is_file():
        return "it is no ordinary file", "Put a Markdown file here"
    if source.size > max_bytes:
        size = f"it has {source.size / 1e6:.1f} MB, more than {max_bytes / 1e6:g} MB"
        return size, "Split it, or raise max_file_kilobytes in casebook.toml"
    return None


def mark_duplicates(files: Iterable[ReadFile]) -> list[ReadFile]:
    """Keep the first file of each id (in order of path) and leave the others out."""
    first: dict[str, str] = {}
    result = []
    for file in files:
        if file.document is None:
            result.append(file)
            continue
        keeper = first.setdefault(file.document.id, file.path)
        if keeper == file.path:
            result.append(file)
            continue
        message = f"the id {file.document.id!r} is taken by {keeper}"
        line = file.line_of("id", file.document.id)
        problem = Problem(file.path, line, Severity.BLOCKER, message, "Give it another file name or `id:`")
        result.append(replace(file, document=None, problems=(*file.problems, problem)))
    return result


def _explain_reference(name: str, target: str, expected: str, types: Mapping[str, str]) -> tuple[str, str]:
    if target in types:
        remedy = f"Write an id from {FOLDERS[expected]}/"
        return f"`{name}`: {target!r} is of type {types[target]}, not {expected}", remedy
    candidates = [known for known, kind in types.items() if expected in ("", kind)]
    near = difflib.get_close_matches(target, candidates, n=1)
    remedy = f"Did you mean {near[0]}?" if near else f"Write an id from {FOLDERS.get(expected, 'the library')}/"
    return f"`{name}`: there is no {expected or 'item'} {target!r}", remedy


def count_by_type(documents: Iterable[Document]) -> dict[str, int]:
    """Return how many documents there are of each type, in the order of `ITEM_TYPES`."""
    counts = Counter[str](document.item.type for document in documents)
    return {kind: counts[kind] for kind in ITEM_TYPES}
