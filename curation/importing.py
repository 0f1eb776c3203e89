"""Turn rows and files into items; a second run updates what the first one wrote.

Rows come from JSON Lines and CSV files, each a mapping of texts; other files are converted, and may hold several
cases. A file of the library that somebody has edited since it was imported is left alone unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from curation.converting.drafts import Reading, read_cases, row_of
from curation.converting.finding import find_imports
from curation.converting.recognising import Recognised
from curation.converting.rows import ROW_SUFFIXES, read_rows
from curation.converting.sniffing import read_source
from curation.drafting import ID_PREFIXES
from curation.import_plan import ImportPlan, all_targets, source_field
from curation.imported_files import KEY_LENGTH, KnownFiles, keep_item, source_key
from curation.itemising import ImportedItem, LackingError, convert_row, is_given
from curation.writing import check_place, slug
from library.documents import type_of_path
from library.errors import ImportFileError, LibraryError
from library.items import FOLDERS, ITEM_TYPES

_OUTCOMES = ("created", "updated", "unchanged", "edited", "problems", "gone")


@dataclass(frozen=True, slots=True)
class ReadDraft:
    """What was recognised of one case of a file, and what is missing, by the names of sections and fields.

    `file` is the name of what was read, `path` the draft's in the library.
    """

    id: str
    title: str
    file: str
    path: str
    recognised: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, by id, and what was wrong by file and line.

    `unused` names the rows' fields that went into no item, `drafts` what was read of files, `gone` items of a file
    that no longer tells them (they stay), `skipped` files of which nothing is read: of other kinds, locks of office
    programs, links that lead out of the folder.
    """

    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    drafts: tuple[ReadDraft, ...] = ()
    gone: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


def import_rows(library: Path, file: Path, plan: ImportPlan) -> ImportReport:
    """Import a JSON Lines or CSV file into a library.

    Raises:
        ImportFileError: the file cannot be read, or the plan names fields that do not exist.
        LibraryError: the folder is no library, or a file cannot be written.
    """
    plan.check()
    run = _Run(library, plan, KnownFiles.from_library(library))
    run.rows(file)
    return run.report()


def import_files(library: Path, paths: Sequence[Path], plan: ImportPlan, reading: Reading) -> ImportReport:
    """Import files, and what folders hold, into a library; one that fails is a problem, and the others go on.

    Raises:
        ImportFileError: the only file cannot be read, or the plan names fields that do not exist.
        LibraryError: the folder is no library, or a file cannot be written.
    """
    plan.check()
    run = _Run(library, plan, KnownFiles.from_library(library))
    found = find_imports(library, paths)
    for file in found.files:
        try:
            run.rows(file) if file.suffix.lower() in ROW_SUFFIXES else run.cases(file, reading)
        except ImportFileError as error:
            if len(found.files) == 1 and paths == [file]:
                raise
            run.outcomes["problems"].append(f"{error.message} {error.hint}")
    return replace(run.report(), skipped=found.skipped)


class _Run:
    """One import: what is known, what was done."""

    def __init__(self, library: Path, plan: ImportPlan, known: KnownFiles) -> None:
        self._library = library
        self._plan = plan
        self._known = known
        self._drafts: list[ReadDraft] = []
        self._unused: set[str] = set()
        self._taken: set[str] = set()
        self.outcomes: dict[str, list[str]] = {name: [] for name in _OUTCOMES}

    def rows(self, file: Path) -> None:
        """Import the rows of a file."""
        plan, problems = self._plan, self.outcomes["problems"]
        lines: dict[str, int] = {}
        filled: set[str] = set()
        before = len(problems)
        for line, row in read_rows(file, problems):
            filled |= {name for name, value in row.items() if is_given(value)}
            try:
                item = convert_row(row, plan)
                _check_id(item.id, lines, plan)
                self._keep(item)
            except LackingError as error:
                problems.append(f"{file.name}:{line}: {error}. Give it with --map FIELD=ROW_FIELD or --set FIELD=VALUE")
            except ValueError as error:
                problems.append(f"{file.name}:{line}: {error}")
            else:
                lines[item.id] = line
        if not filled and len(problems) == before:
            problems.append(f"{file.name}: there are no rows in it")
        problems += _unmapped(file, plan, filled)
        self._unused |= filled - {source_field(name, plan) for name in all_targets(plan)}

    def cases(self, file: Path, reading: Reading) -> None:
        """Import the cases that a file tells."""
        source = read_source(file)
        key = source_key(file, self._library)
        cases = read_cases(source, reading)
        before = set(self._known.made_from(key))
        for case in cases:
            item_id = self._id_of(case, key, alone=len(cases) == 1)
            self._taken.add(item_id)
            before.discard(item_id)
            try:
                item = replace(convert_row({**row_of(case), "id": item_id}, _for_files(self._plan)), source=key)
                path = self._keep(item)
            except ValueError as error:
                self.outcomes["problems"].append(f"{file.name}: {case.title}: {error}")
                continue
            self._drafts.append(ReadDraft(item_id, case.title, file.name, path, case.recognised, case.missing))
        self.outcomes["gone"] += sorted(before)

    def report(self) -> ImportReport:
        """Return what was done."""
        outcomes = {name: tuple(values) for name, values in self.outcomes.items()}
        return ImportReport(**outcomes, unused=tuple(sorted(self._unused)), drafts=tuple(self._drafts))

    def _keep(self, item: ImportedItem) -> str:
        """Write an item and return its path; raises ValueError if its id can name no file, or names another item."""
        path = self._known.paths.get(item.id, f"{FOLDERS[self._plan.type_name]}/{item.id}.md")
        if type_of_path(path) != self._plan.type_name:
            raise ValueError(f"the id {item.id!r} is taken by {path}")
        try:
            check_place(self._library / path, root=self._library)
        except LibraryError as error:
            raise ValueError(f"the id {item.id!r} names no file: {error.message} {error.hint}") from error
        kept = keep_item(self._library / path, item, library=self._library, overwrite=self._plan.overwrite)
        self.outcomes[kept].append(item.id)
        return path

    def _id_of(self, case: Recognised, key: str, *, alone: bool) -> str:
        """Return the id that a file's case has already, or a free one made of its title."""
        earlier = self._known.made_from(key)
        if alone and len(earlier) == 1:
            return earlier[0]
        stem = ID_PREFIXES[self._plan.type_name] + (slug(case.title) or key[: KEY_LENGTH // 2])
        item_id, n = stem, 1
        while item_id in self._taken or (item_id in self._known.paths and item_id not in earlier):
            n += 1
            item_id = f"{stem}-{n}"
        return item_id


def _for_files(plan: ImportPlan) -> ImportPlan:
    """Return the plan for what was read of a file, where `value` is a section and its figures stand apart."""
    has_figures = "value" in ITEM_TYPES[plan.type_name].model_fields
    return replace(plan, mapping={"value": "figures"} if has_figures else {})


def _check_id(item_id: str, lines: Mapping[str, int], plan: ImportPlan) -> None:
    """Raise ValueError if the id belongs to another row."""
    if item_id in lines:
        remedy = "" if "id" in plan.mapping else "; name a field with unique ids with --map id=FIELD"
        raise ValueError(f"the id {item_id!r} stands on line {lines[item_id]} too{remedy}")


def _unmapped(file: Path, plan: ImportPlan, filled: set[str]) -> list[str]:
    """Return which fields the plan takes from rows that no row has, and which there are."""
    missing = sorted(set(plan.mapping.values()) - filled)
    if not missing or not filled:
        return []
    return [f"{file.name}: no row has the mapped field {', '.join(missing)}; there are {', '.join(sorted(filled))}"]
