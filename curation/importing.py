"""Turn rows of a JSON Lines file into items; a second run updates what the first one wrote.

A row's texts become the sections of a body, its other values front matter. A file that somebody has
edited since it was imported is left alone unless told otherwise.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from curation.drafting import ID_PREFIXES
from curation.writing import slug, write_text
from library.documents import HEADINGS, SectionKind, heading_kinds, read_document
from library.errors import ImportFileError
from library.front_matter import FENCE, format_front_matter
from library.items import FOLDERS, ITEM_TYPES
from library.problems import Severity
from library.reading import find_files

BODY = "body"
_SECTIONS = {f"{BODY}.{kind}": kind for kind in SectionKind}
_STAMP = re.compile(r"^imported: (.*)\n", re.MULTILINE)
_SUMMARY_LENGTH = 600
_FURTHER = "Further text"
# Fields that an approved case must state, and that rows of other systems hardly ever have.
_EMPTY_LISTS = {
    "business_case": ("industries", "regions", "challenge_types", "competencies", "enablers"),
    "industry_note": ("industries",),
    "learning_resource": ("teaches",),
}


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """How rows become items.

    `mapping` gives the row's field for each of ours (`body.challenge` and so on for sections);
    `defaults` the value where a row has none.
    """

    type_name: str = "business_case"
    mapping: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    approve: bool = False
    classification: str | None = None
    overwrite: bool = False
    today: date = field(default_factory=date.today)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, by id, and what was wrong by line of the file."""

    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def import_rows(library: Path, file: Path, plan: ImportPlan) -> ImportReport:
    """Import a JSON Lines file into a library.

    Raises:
        ImportFileError: the file cannot be read, or the plan names fields that do not exist.
        LibraryError: the folder is no library, or a file cannot be written.
    """
    _check_plan(plan)
    known = {Path(source.path).stem: source.path for source in find_files(library)[0]}
    outcomes: dict[str, list[str]] = {name: [] for name in ("created", "updated", "unchanged", "edited", "problems")}
    lines: dict[str, int] = {}
    used: set[str] = set()
    for line, row in _rows(file, outcomes["problems"]):
        used |= row.keys()
        try:
            item_id, text = _convert(row, plan)
        except ValueError as error:
            outcomes["problems"].append(f"{file.name}:{line}: {error}")
            continue
        if item_id in lines:
            outcomes["problems"].append(f"{file.name}:{line}: the id {item_id!r} stands on line {lines[item_id]} too")
            continue
        lines[item_id] = line
        path = library / known.get(item_id, f"{FOLDERS[plan.type_name]}/{item_id}.md")
        outcomes[_write(path, text, library, plan)].append(item_id)
    missing = sorted(set(plan.mapping.values()) - used) if lines else []
    if missing:
        outcomes["problems"].append(f"{file.name}: no row has the mapped field {', '.join(missing)}")
    return ImportReport(**{name: tuple(values) for name, values in outcomes.items()})


def _check_plan(plan: ImportPlan) -> None:
    model = ITEM_TYPES[plan.type_name]
    targets = {*model.model_fields, BODY, *_SECTIONS} - {"type", "status", "imported"}
    unknown = sorted({*plan.mapping, *plan.defaults} - targets)
    if unknown:
        raise ImportFileError(
            f"A {plan.type_name} has no field {', '.join(unknown)}.",
            hint=f"Write --map FIELD=ROW_FIELD with one of: {', '.join(sorted(targets))}.",
        )
    if plan.approve and not plan.classification and "classification" not in {*plan.mapping, *plan.defaults}:
        raise ImportFileError(
            "Approved items need a classification.", hint="Add --classification internal (or public, ...)."
        )


def _rows(file: Path, problems: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        content = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportFileError(f"{file} is no UTF-8 text: {error.reason}.", hint="Save it as UTF-8.") from error
    except OSError as error:
        raise ImportFileError(f"{file} cannot be read: {error.strerror}.", hint="Check its name and rights.") from error
    if not content.strip():
        raise ImportFileError(f"{file} is empty.", hint="Write one JSON object a line.")
    for line, text in enumerate(content.split("\n"), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except ValueError as error:
            problems.append(f"{file.name}:{line}: no JSON: {error}")
            continue
        if isinstance(row, dict):
            yield line, row
        else:
            problems.append(f"{file.name}:{line}: no JSON object")


def _convert(row: Mapping[str, Any], plan: ImportPlan) -> tuple[str, str]:
    """Return a row's id and its file's text; raises ValueError saying what is missing."""
    values = {name: value for name in _targets(plan, row) if (value := _value(row, plan, name)) not in (None, "")}
    sections = {kind: str(values.pop(name)) for name, kind in _SECTIONS.items() if name in values}
    body = compose_body(sections, str(values.pop(BODY, "")))
    title = " ".join(str(values.get("title", "")).split())
    if not title:
        raise ValueError("`title` is missing; map it with --map title=FIELD")
    if not body.strip():
        raise ValueError("there is no text; map it with --map body=FIELD or --map body.challenge=FIELD")
    prefix = ID_PREFIXES[plan.type_name]
    item_id = slug(str(values["id"]), limit=120) if "id" in values else prefix + slug(title)
    if not item_id or item_id == prefix:
        raise ValueError(f"the id {values.get('id', title)!r} has no letters or digits")
    front = _front_matter(values, title, sections, body, plan)
    text = _stamped(format_front_matter(front) + "\n" + body)
    _check_text(item_id, text, plan)
    return item_id, text


def _targets(plan: ImportPlan, row: Mapping[str, Any]) -> list[str]:
    """Return our fields that a row can fill: mapped ones, defaults, and those of the same name."""
    model = ITEM_TYPES[plan.type_name]
    same = [name for name in model.model_fields if name in row and name != "status"]
    sections = [f"{BODY}.{kind}" for kind in SectionKind if kind in row and kind not in model.model_fields]
    body = [BODY] if BODY in row else []
    return list(dict.fromkeys([*same, *sections, *body, *plan.mapping, *plan.defaults]))


def _value(row: Mapping[str, Any], plan: ImportPlan, name: str) -> Any:  # any JSON value
    source = plan.mapping.get(name, name.removeprefix(f"{BODY}."))
    value = row.get(source)
    if not value and value != 0:
        value = plan.defaults.get(name)
    return value.strip() if isinstance(value, str) else value


def _front_matter(
    values: Mapping[str, Any], title: str, sections: Mapping[SectionKind, str], body: str, plan: ImportPlan
) -> dict[str, Any]:
    problem = sections.get(SectionKind.CHALLENGE) or body
    front: dict[str, Any] = {
        "title": title,
        "summary": shorten(str(values.get("summary") or problem)),
        "status": "approved" if plan.approve else "draft",
        "classification": plan.classification or values.get("classification"),
        "created": plan.today.isoformat(),
        "last_verified": plan.today.isoformat() if plan.approve else None,
        **{name: [] for name in _EMPTY_LISTS.get(plan.type_name, ())},
    }
    for name, value in values.items():
        if name not in ("id", "title", "summary", "classification"):
            front[name] = _listed(plan.type_name, name, value)
    return {name: _plain(value) for name, value in front.items() if value is not None}


def _listed(type_name: str, name: str, value: Any) -> Any:
    """Cut a text at semicolons where the field is a list."""
    is_list = ITEM_TYPES[type_name].model_fields[name].default == ()
    if is_list and isinstance(value, str):
        return [part.strip() for part in value.split(";") if part.strip()]
    return value


def _check_text(item_id: str, text: str, plan: ImportPlan) -> None:
    """Read back what would be written; raises ValueError with what keeps it from its readers."""
    path = f"{FOLDERS[plan.type_name]}/{item_id}.md"
    read = read_document(path, text.encode(), heading_kinds())
    blockers = [problem for problem in read.problems if problem.severity is Severity.BLOCKER]
    if blockers:
        missing = "; ".join(f"{problem.message} ({problem.remedy})" for problem in blockers)
        raise ValueError(f"{missing}. Map it with --map FIELD=ROW_FIELD or give it with --set FIELD=VALUE")


def _write(path: Path, text: str, library: Path, plan: ImportPlan) -> str:
    """Write one item and say what happened; dates of an unchanged item stay."""
    if not path.exists():
        write_text(path, text, root=library)
        return "created"
    old = path.read_text(encoding="utf-8")
    if not plan.overwrite and _stamp(old) != _digest(old):
        return "edited"
    if _undated(old) == _undated(text):
        return "unchanged"
    write_text(path, text, root=library, replace=True)
    return "updated"


def _stamped(text: str) -> str:
    """Add a hash of the text, by which a later run knows whether somebody has edited it."""
    return text.replace(f"{FENCE}\n", f"{FENCE}\nimported: {_digest(text)}\n", 1)


def _stamp(text: str) -> str | None:
    found = _STAMP.search(text)
    return found[1] if found else None


def _digest(text: str) -> str:
    return hashlib.sha256(_STAMP.sub("", text, count=1).encode()).hexdigest()[:16]


def _undated(text: str) -> str:
    return re.sub(r"^(created|last_verified|imported): .*\n", "", text, flags=re.MULTILINE)


def _plain(value: Any) -> Any:
    """Return a JSON value as front matter holds it: scalars as texts."""
    match value:
        case bool():
            return "true" if value else "false"
        case Mapping():
            return {str(key): _plain(entry) for key, entry in value.items()}
        case list() | tuple():
            return [_plain(entry) for entry in value]
        case _:
            return str(value)


def plan_pairs(pairs: Sequence[str], option: str) -> dict[str, str]:
    """Return FIELD=VALUE options as a mapping; raises ImportFileError for one without `=`."""
    result = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ImportFileError(f"{option} {pair!r} has no `=`.", hint=f"Write {option} FIELD=VALUE.")
        result[name.strip()] = value.strip()
    return result
