"""Check a library's files: everything that keeps an item from being published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from library.documents import heading_kinds
from library.errors import LibraryError
from library.problems import Problem, Severity
from library.reading import plain_reader, read_library
from library.settings import Settings, known_codes


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found in the files that were asked for."""

    checked: int
    problems: tuple[Problem, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing keeps an approved item from its readers."""
        return not any(problem.fails_check for problem in self.problems)

    def count(self, severity: Severity) -> int:
        """How many problems there are of a severity."""
        return sum(problem.severity is severity for problem in self.problems)


def check_library(settings: Settings, paths: Sequence[Path] = ()) -> CheckReport:
    """Check the whole library, or report on given files and folders of it alone.

    References are looked up in the whole library either way.

    Raises:
        LibraryError: the folder is no library, or a path does not lie in it.
    """
    known_regions, known_industries = known_codes(settings)
    reading = read_library(
        settings.library,
        plain_reader(heading_kinds(settings.headings)),
        max_bytes=settings.max_file_kilobytes * 1000,
        regions=known_regions,
        industries=known_industries,
    )
    everything = {document.path for document in reading.documents} | set(reading.left_out)
    wanted = _within(settings.library, paths, everything) if paths else everything
    return CheckReport(len(wanted), tuple(problem for problem in reading.problems if problem.path in wanted))


def _within(library: Path, paths: Sequence[Path], everything: set[str]) -> set[str]:
    wanted: set[str] = set()
    root = library.resolve()
    for path in paths:
        place = path.resolve() if path.exists() else (library / path).resolve()
        if not place.exists():
            raise LibraryError(f"There is no file {path}.", hint="Give a path in the library.")
        if not place.is_relative_to(root):
            raise LibraryError(
                f"{path} does not lie in the library {library}.", hint="Name its library with --library."
            )
        relative = place.relative_to(root).as_posix()
        found = {
            known for known in everything if known == relative or known.startswith(f"{relative}/") or relative == "."
        }
        if not found:
            what = f"There is no item below {path}" if place.is_dir() else f"{path} is no item of the library"
            raise LibraryError(f"{what}.", hint="Items are .md files below cases/ and kb/.")
        wanted |= found
    return wanted
