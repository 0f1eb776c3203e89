"""Turn rows and files into items; a second run updates what the first one wrote.

Rows come from JSON Lines and CSV files, each a mapping of texts; other files are converted, and may hold several
cases. A file of the library that somebody has edited since it was imported is left alone unless told otherwise.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from curation.converting.drafts import Reading, read_cases, row_of
from curation.converting.recognising import Recognised
from curation.converting.rows import ROW_SUFFIXES, read_rows
from curation.converting.sniffing import SUFFIXES, read_source
from curation.drafting import ID_PREFIXES
from curation.itemising import (
    ImportedItem,
    ImportPlan,
    all_targets,
    convert_row,
    is_edited,
    is_given,
    source_field,
    source_of_text,
)
from curation.writing import slug, write_text
from library.documents import type_of_path
from library.errors import ImportFileError, LibraryError
from library.front_matter import FENCE, MAX_LENGTH, FrontMatterError, split_front_matter
from library.items import FOLDERS, ITEM_TYPES, Classification
from library.reading import ROOTS, find_files

__all__ = ["ImportPlan", "ImportReport", "ReadDraft", "import_files", "import_rows", "plan_pairs"]

_DECLARED_ID = re.compile(r"^id:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)
_KEY_LENGTH = 16
_OUTCOMES = ("created", "updated", "unchanged", "edited", "problems", "gone", "skipped")


@dataclass(frozen=True, slots=True)
class ReadDraft:
    """What was recognised of one case of a file, and what is missing, by the names of sections and fields."""

    id: str
    title: str
    file: str
    recognised: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, by id, and what was wrong by file and line.

    `unused` names the rows' fields that went into no item, `drafts` what was read of files, `gone` items of a file
    that no longer tells them (they stay), `skipped` files of a folder of which nothing can be read.
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
    _check_plan(plan)
    run = _Run(library, plan, _Known.from_library(library))
    run.rows(file)
    return run.report()


def import_files(library: Path, paths: Sequence[Path], plan: ImportPlan, reading: Reading) -> ImportReport:
    """Import files, and what folders hold, into a library; one that fails is a problem, and the others go on.

    Raises:
        ImportFileError: the only file cannot be read, or the plan names fields that do not exist.
        LibraryError: the folder is no library, or a file cannot be written.
    """
    _check_plan(plan)
    run = _Run(library, plan, _Known.from_library(library))
    files = list(_files(library, paths, run))
    for file in files:
        try:
            run.rows(file) if file.suffix.lower() in ROW_SUFFIXES else run.cases(file, reading)
        except ImportFileError as error:
            if len(files) == 1 and paths == [file]:
                raise
            run.outcomes["problems"].append(f"{error.message} {error.hint}")
    return run.report()


def plan_pairs(pairs: Sequence[str], option: str) -> dict[str, str]:
    """Return FIELD=VALUE options as a mapping; raises ImportFileError for one without both, or given twice."""
    result: dict[str, str] = {}
    for pair in pairs:
        name, _, value = (part.strip() for part in pair.partition("="))
        if not name or not value:
            raise ImportFileError(f"{option} {pair!r} is no pair.", hint=f"Write {option} FIELD=VALUE.")
        if name in result:
            raise ImportFileError(f"{option} names {name} twice.", hint="Keep one of them.")
        result[name] = value
    return result


def _check_plan(plan: ImportPlan) -> None:
    targets = all_targets(plan)
    unknown = sorted({*plan.mapping, *plan.defaults} - targets)
    if unknown:
        raise ImportFileError(
            f"A {plan.type_name} has no field {', '.join(unknown)}.",
            hint=f"Write --map FIELD=ROW_FIELD with one of: {', '.join(sorted(targets))}.",
        )
    given = plan.classification or plan.defaults.get("classification")
    if given and given not in get_args(Classification):
        raise ImportFileError(
            f"There is no classification {given!r}.", hint=f"Write one of {', '.join(get_args(Classification))}."
        )
    if plan.approve and not given and "classification" not in plan.mapping:
        raise ImportFileError(
            "Approved items need a classification.", hint="Add --classification internal (or public, ...)."
        )


@dataclass(frozen=True, slots=True)
class _Known:
    """The path of every item that is there, and which file outside it was made from (by `_key`)."""

    paths: dict[str, str]
    sources: dict[str, str]

    @classmethod
    def from_library(cls, library: Path) -> _Known:
        """Read the items' names, the ids that they declare, and what an import wrote there."""
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

    def of(self, key: str) -> list[str]:
        """Return the ids of what was made from a file."""
        return [item_id for item_id, source in self.sources.items() if source == key]


class _Run:
    """One import: what is known, what was done."""

    def __init__(self, library: Path, plan: ImportPlan, known: _Known) -> None:
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
        for line, row in read_rows(file, problems):
            filled |= {name for name, value in row.items() if is_given(value)}
            try:
                item = convert_row(row, plan)
                path = self._path(item.id)
                _check_place(item.id, path, lines, plan)
            except ValueError as error:
                problems.append(f"{file.name}:{line}: {error}")
                continue
            lines[item.id] = line
            self._write(path, item)
        if lines:
            problems += _unmapped(file, plan, filled)
        self._unused |= filled - {source_field(name, plan) for name in all_targets(plan)}

    def cases(self, file: Path, reading: Reading) -> None:
        """Import the cases that a file tells."""
        source = read_source(file)
        key = _key(file, self._library)
        cases = read_cases(source, reading)
        before = set(self._known.of(key))
        for case in cases:
            item_id = self._id_of(case, key, alone=len(cases) == 1)
            self._taken.add(item_id)
            before.discard(item_id)
            try:
                item = replace(convert_row({**row_of(case), "id": item_id}, _for_files(self._plan)), source=key)
                path = self._path(item_id)
                _check_place(item_id, path, {}, self._plan)
            except ValueError as error:
                self.outcomes["problems"].append(f"{file.name}: {case.title}: {error}")
                continue
            self._write(path, item)
            self._drafts.append(ReadDraft(item_id, case.title, file.name, case.recognised, case.missing))
        self.outcomes["gone"] += sorted(before)

    def report(self) -> ImportReport:
        """Return what was done."""
        outcomes = {name: tuple(values) for name, values in self.outcomes.items()}
        return ImportReport(**outcomes, unused=tuple(sorted(self._unused)), drafts=tuple(self._drafts))

    def _path(self, item_id: str) -> str:
        return self._known.paths.get(item_id, f"{FOLDERS[self._plan.type_name]}/{item_id}.md")

    def _write(self, path: str, item: ImportedItem) -> None:
        self.outcomes[_write(self._library / path, item, self._library, self._plan)].append(item.id)

    def _id_of(self, case: Recognised, key: str, *, alone: bool) -> str:
        """Return the id that a file's case has already, or a free one made of its title."""
        earlier = self._known.of(key)
        if alone and len(earlier) == 1:
            return earlier[0]
        stem = ID_PREFIXES[self._plan.type_name] + (slug(case.title) or key[: _KEY_LENGTH // 2])
        item_id, n = stem, 1
        while item_id in self._taken or (item_id in self._known.paths and item_id not in earlier):
            n += 1
            item_id = f"{stem}-{n}"
        return item_id


def _files(library: Path, paths: Sequence[Path], run: _Run) -> Iterator[Path]:
    """Yield the files that are named or lie in named folders; editors' own files and hidden ones are left out."""
    roots = [(library / root).resolve() for root in ROOTS]
    for path in paths:
        if any(path.resolve().is_relative_to(root) for root in roots):
            raise ImportFileError(f"{path} is part of the library.", hint="Import files from outside cases/ and kb/.")
        if not path.is_dir():
            yield path
            continue
        for folder, names, files in os.walk(path):
            names[:] = sorted(
                name for name in names if not name.startswith(".") and (Path(folder) / name).resolve() not in roots
            )
            for name in sorted(name for name in files if not name.startswith((".", "~$"))):
                if Path(name).suffix.lower() in SUFFIXES | ROW_SUFFIXES:
                    yield Path(folder) / name
                else:
                    run.outcomes["skipped"].append((Path(folder) / name).relative_to(path).as_posix())


def _key(file: Path, library: Path) -> str:
    """Return what a file is known by: where it lies seen from the library, hashed, for it may tell a client's name."""
    try:
        place = Path(os.path.relpath(file.resolve(), library.resolve())).as_posix()
    except ValueError:  # another drive of Windows
        place = file.resolve().as_posix()
    return hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:_KEY_LENGTH]


def _for_files(plan: ImportPlan) -> ImportPlan:
    """Return the plan for what was read of a file, where `value` is a section and its figures stand apart."""
    has_figures = "value" in ITEM_TYPES[plan.type_name].model_fields
    return replace(plan, mapping={"value": "figures"} if has_figures else {})


def _front_matter_text(path: Path) -> str:
    """Return a file's front matter; nothing of one that cannot be read, which `check` reports."""
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return stream.read(MAX_LENGTH).partition(f"\n{FENCE}")[0]
    except OSError:
        return ""


def _check_place(item_id: str, path: str, lines: Mapping[str, int], plan: ImportPlan) -> None:
    """Raise ValueError if the id belongs to another row, or to an item of another type."""
    if item_id in lines:
        remedy = "" if "id" in plan.mapping else "; name a field with unique ids with --map id=FIELD"
        raise ValueError(f"the id {item_id!r} stands on line {lines[item_id]} too{remedy}")
    if type_of_path(path) != plan.type_name:
        raise ValueError(f"the id {item_id!r} is taken by {path}")


def _unmapped(file: Path, plan: ImportPlan, filled: set[str]) -> list[str]:
    missing = sorted(set(plan.mapping.values()) - filled)
    return [f"{file.name}: no row has the mapped field {', '.join(missing)}"] if missing else []


def _write(path: Path, item: ImportedItem, library: Path, plan: ImportPlan) -> str:
    """Write one item and say what happened; dates of an unchanged item stay."""
    if not path.exists():
        write_text(path, item.as_text(), root=library)
        return "created"
    old = _read_text(path)
    if not plan.overwrite and is_edited(old):
        return "edited"
    dates = _dates(old, item.assumed)
    if old == item.as_text(**dates):
        return "unchanged"
    created = {name: day for name, day in dates.items() if name == "created"}
    write_text(path, item.as_text(**created), root=library, replace=True)
    return "updated"


def _dates(text: str, names: frozenset[str]) -> dict[str, str]:
    """Return the dates that a file states, as far as they are asked for."""
    try:
        values = split_front_matter(text)[0].values
    except FrontMatterError:
        return {}
    return {name: value for name in names if isinstance(value := values.get(name), str)}


def _read_text(path: Path) -> str:
    """Read a file of the library, whatever its bytes are."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise LibraryError(f"{path} cannot be read: {error.strerror}.", hint="Check its rights.") from error
