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
from typing import Any, get_args

from curation.composing import SUMMARY_LENGTH, compose_body, shorten
from curation.drafting import ID_PREFIXES
from curation.writing import slug, write_text
from library.documents import SectionKind, heading_kinds, read_document, type_of_path
from library.errors import ImportFileError, LibraryError
from library.front_matter import FENCE, MAX_LENGTH, FrontMatterError, format_front_matter, split_front_matter
from library.items import FOLDERS, ITEM_TYPES, Classification
from library.problems import Severity
from library.reading import find_files

BODY = "body"
_SECTIONS = {f"{BODY}.{kind}": kind for kind in SectionKind}
_BEGIN = f"{FENCE}\n"
_STAMP = re.compile(rf"\A{_BEGIN}imported: (.*)\n")
_DECLARED_ID = re.compile(r"^id:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)
_ID_LENGTH = 120
# What an import decides itself, whatever a row says.
_OWN_FIELDS = frozenset({"type", "status", "imported"})
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
    """What an import did, by id, and what was wrong by line of the file.

    `unused` names the rows' fields that went into no item.
    """

    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Item:
    """What a row became; `assumed` holds the dates that the row does not state."""

    id: str
    front: Mapping[str, Any]
    body: str
    assumed: frozenset[str]

    def as_text(self, **changed: str) -> str:
        """Return the file's text with a hash by which a later run knows whether somebody has edited it."""
        text = f"{format_front_matter({**self.front, **changed})}\n{self.body}"
        return f"{_BEGIN}imported: {_digest(text)}\n{text.removeprefix(_BEGIN)}"


def import_rows(library: Path, file: Path, plan: ImportPlan) -> ImportReport:
    """Import a JSON Lines file into a library.

    Raises:
        ImportFileError: the file cannot be read, or the plan names fields that do not exist.
        LibraryError: the folder is no library, or a file cannot be written.
    """
    _check_plan(plan)
    known = _known_files(library)
    outcomes: dict[str, list[str]] = {name: [] for name in ("created", "updated", "unchanged", "edited", "problems")}
    lines: dict[str, int] = {}
    filled: set[str] = set()
    for line, row in _rows(file, outcomes["problems"]):
        filled |= {name for name, value in row.items() if _is_given(value)}
        try:
            item = _convert(row, plan)
            path = known.get(item.id, f"{FOLDERS[plan.type_name]}/{item.id}.md")
            _check_place(item.id, path, lines, plan)
        except ValueError as error:
            outcomes["problems"].append(f"{file.name}:{line}: {error}")
            continue
        lines[item.id] = line
        outcomes[_write(library / path, item, library, plan)].append(item.id)
    if lines:
        outcomes["problems"] += _unmapped(file, plan, filled)
    unused = sorted(filled - {_source(name, plan) for name in _all_targets(plan)})
    return ImportReport(**{name: tuple(values) for name, values in outcomes.items()}, unused=tuple(unused))


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
    targets = _all_targets(plan)
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


def _all_targets(plan: ImportPlan) -> set[str]:
    """Return every field of ours that an import can fill."""
    return {*ITEM_TYPES[plan.type_name].model_fields, BODY, *_SECTIONS} - _OWN_FIELDS


def _known_files(library: Path) -> dict[str, str]:
    """Return the path of every item that is there, by its file's name and by the `id:` that it declares."""
    by_name, by_id = {}, {}
    for source in find_files(library)[0]:
        by_name[Path(source.path).stem] = source.path
        declared = _DECLARED_ID.search(_front_matter_text(source.place))
        if declared:
            by_id[declared[1]] = source.path
    return by_name | by_id


def _front_matter_text(path: Path) -> str:
    """Return a file's front matter; nothing of one that cannot be read, which `check` reports."""
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return stream.read(MAX_LENGTH).partition(f"\n{FENCE}")[0]
    except OSError:
        return ""


def _rows(file: Path, problems: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, text in enumerate(_content(file).split("\n"), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            problems.append(f"{file.name}:{line}: no JSON: {error}")
            continue
        if isinstance(row, dict):
            yield line, row
        else:
            problems.append(f"{file.name}:{line}: no JSON object; write one object ({{...}}) a line")


def _content(file: Path) -> str:
    try:
        content = file.read_bytes()
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ImportFileError(f"{file}:{line} is no UTF-8 text: {error.reason}.", hint="Save it as UTF-8.") from error
    except OSError as error:
        raise ImportFileError(f"{file} cannot be read: {error.strerror}.", hint="Check its name and rights.") from error
    if not text.strip():
        raise ImportFileError(f"{file} is empty.", hint="Write one JSON object a line.")
    return text


def _convert(row: Mapping[str, Any], plan: ImportPlan) -> _Item:
    """Return what a row becomes; raises ValueError saying what is missing."""
    values = {name: value for name in _targets(plan, row) if _is_given(value := _value(row, plan, name))}
    sections = {kind: _as_text(values.pop(name)) for name, kind in _SECTIONS.items() if name in values}
    title = " ".join(_as_text(values.get("title", "")).split())
    if not title:
        raise ValueError("`title` is missing; map it with --map title=FIELD")
    full_text = _as_text(values.pop(BODY, ""))
    summary = " ".join(_as_text(values.get("summary", "")).split())
    if len(summary) > SUMMARY_LENGTH:
        full_text = f"{values['summary']}\n\n{full_text}"
    body = compose_body(sections, full_text, title=title)
    if not body.strip():
        raise ValueError("there is no text; map it with --map body=FIELD or --map body.challenge=FIELD")
    problem = sections.get(SectionKind.CHALLENGE) or body
    own = {"title": title, "summary": summary if 0 < len(summary) <= SUMMARY_LENGTH else shorten(summary or problem)}
    item = _Item(
        _id_of(values, title, plan),
        _front_matter({**values, **own}, plan),
        body,
        frozenset({"created", "last_verified"} - values.keys()),
    )
    _check_item(item, plan)
    return item


def _id_of(values: Mapping[str, Any], title: str, plan: ImportPlan) -> str:
    prefix = ID_PREFIXES[plan.type_name]
    item_id = slug(_as_text(values["id"]), limit=_ID_LENGTH) if "id" in values else prefix + slug(title)
    if not item_id or item_id == prefix:
        given = values.get("id", title)
        raise ValueError(f"{given!r} gives no id: it has no Latin letters or digits; map one with --map id=FIELD")
    return item_id


def _targets(plan: ImportPlan, row: Mapping[str, Any]) -> list[str]:
    """Return our fields that a row can fill: mapped ones, defaults, and those of the same name."""
    fields = ITEM_TYPES[plan.type_name].model_fields
    # `value` is a list of figures in a case's front matter, and a section if a row has a text there
    sections = [kind for kind in SectionKind if kind in row and (kind not in fields or isinstance(row[kind], str))]
    same = [name for name in (*fields, BODY) if name in row and name not in {*sections, *_OWN_FIELDS}]
    return list(dict.fromkeys([*same, *(f"{BODY}.{kind}" for kind in sections), *plan.mapping, *plan.defaults]))


def _source(name: str, plan: ImportPlan) -> str:
    """Return the row's field that one of ours comes from."""
    return plan.mapping.get(name, name.removeprefix(f"{BODY}."))


def _value(row: Mapping[str, Any], plan: ImportPlan, name: str) -> Any:
    value = row.get(_source(name, plan))
    return _clean(value if _is_given(value) else plan.defaults.get(name))


def _is_given(value: Any) -> bool:
    return value not in (None, [], {}) and not (isinstance(value, str) and not value.strip())


def _clean(value: Any) -> Any:
    """Return a value without space around it, with one kind of line ends."""
    return value.replace("\r\n", "\n").replace("\r", "\n").strip() if isinstance(value, str) else value


def _as_text(value: Any) -> str:
    """Return any JSON value as text; the parts of a list become paragraphs."""
    match value:
        case list() | tuple():
            return "\n\n".join(_as_text(entry) for entry in value if _is_given(entry))
        case Mapping():
            return "\n\n".join(f"{key}: {_as_text(entry)}" for key, entry in value.items() if _is_given(entry))
        case _:
            return str(_clean(value))


def _front_matter(values: Mapping[str, Any], plan: ImportPlan) -> dict[str, Any]:
    front: dict[str, Any] = {
        "title": values["title"],
        "summary": values["summary"],
        "status": "approved" if plan.approve else "draft",
        "classification": values.get("classification") or plan.classification,
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


def _plain(value: Any) -> Any:
    """Return a JSON value as front matter holds it: scalars as texts, nothing for null."""
    match value:
        case bool():
            return "true" if value else "false"
        case Mapping():
            return {str(key): _plain(entry) for key, entry in value.items() if entry is not None}
        case list() | tuple():
            return [_plain(entry) for entry in value if entry is not None]
        case _:
            return str(value)


def _check_item(item: _Item, plan: ImportPlan) -> None:
    """Read back what would be written; raises ValueError with what keeps it from its readers."""
    path = f"{FOLDERS[plan.type_name]}/{item.id}.md"
    read = read_document(path, item.as_text().encode(), heading_kinds())
    blockers = [problem for problem in read.problems if problem.severity is Severity.BLOCKER]
    if blockers:
        missing = "; ".join(f"{problem.message} ({problem.remedy})" for problem in blockers)
        raise ValueError(f"{missing}. Give it with --map FIELD=ROW_FIELD or --set FIELD=VALUE")


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


def _write(path: Path, item: _Item, library: Path, plan: ImportPlan) -> str:
    """Write one item and say what happened; dates of an unchanged item stay."""
    if not path.exists():
        write_text(path, item.as_text(), root=library)
        return "created"
    old = _read_text(path)
    if not plan.overwrite and _is_edited(old):
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


def _is_edited(text: str) -> bool:
    """Whether a file differs from what an import wrote; one that no import wrote counts as edited."""
    stamp = _STAMP.match(text)
    return stamp is None or stamp[1] != _digest(_BEGIN + text[stamp.end() :])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
