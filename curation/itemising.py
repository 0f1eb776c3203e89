"""Turn a row into an item: its texts become the sections of a body, its other values front matter."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curation.composing import SUMMARY_LENGTH, compose_body, shorten
from curation.drafting import ID_PREFIXES
from curation.import_plan import BODY, OWN_FIELDS, SECTIONS, ImportPlan, source_field
from curation.writing import slug
from library.documents import SectionKind, heading_kinds, read_document
from library.front_matter import FENCE, format_front_matter
from library.items import FOLDERS, ITEM_TYPES
from library.problems import Severity

_BEGIN = f"{FENCE}\n"
_STAMP = re.compile(rf"\A{_BEGIN}imported: (\S+)(?: from (\S+))?\n")
_MADE_FROM = re.compile(r"^imported: [0-9a-f]+ from ([0-9a-f]+)\r?$", re.MULTILINE)
_ID_LENGTH = 120
# Fields that an approved case must state, and that rows of other systems hardly ever have.
_EMPTY_LISTS = {
    "business_case": ("industries", "regions", "challenge_types", "competencies", "enablers"),
    "industry_note": ("industries",),
    "learning_resource": ("teaches",),
}


class LackingError(ValueError):
    """A row lacks what an item must say, or says it wrongly."""


@dataclass(frozen=True, slots=True)
class ImportedItem:
    """What a row became; `assumed` holds the dates that the row does not state.

    `source` is what the file is known by that it was read of, if it was no row.
    """

    id: str
    front: Mapping[str, Any]
    body: str
    assumed: frozenset[str]
    source: str = ""

    def as_text(self, **changed: str) -> str:
        """Return the file's text with a hash by which a later run knows whether somebody has edited it."""
        text = f"{format_front_matter({**self.front, **changed})}\n{self.body}"
        source = f" from {self.source}" if self.source else ""
        return f"{_BEGIN}imported: {_digest(text)}{source}\n{text.removeprefix(_BEGIN)}"


def convert_row(row: Mapping[str, Any], plan: ImportPlan) -> ImportedItem:
    """Return what a row becomes; raises ValueError saying what is missing, LackingError if that is a field."""
    values = {name: value for name in _targets(plan, row) if is_given(value := _value(row, plan, name))}
    sections = {kind: _as_text(values.pop(name)) for name, kind in SECTIONS.items() if name in values}
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
    item = ImportedItem(
        _id_of(values, title, plan),
        _front_matter({**values, **own}, plan),
        body,
        frozenset({"created", "last_verified"} - values.keys()),
    )
    _check_item(item, plan)
    return item


def is_given(value: Any) -> bool:
    """Whether a row's value says anything."""
    return value not in (None, [], {}) and not (isinstance(value, str) and not value.strip())


def is_edited(text: str) -> bool:
    """Whether a file differs from what an import wrote; one that no import wrote counts as edited."""
    stamp = _STAMP.match(text)
    return stamp is None or stamp[1] != _digest(_BEGIN + text[stamp.end() :])


def source_of_text(text: str) -> str:
    """Return what the file is known by that an item's text was read of; empty if an import wrote no such thing."""
    made_from = _MADE_FROM.search(text)
    return made_from[1] if made_from else ""


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
    same = [name for name in (*fields, BODY) if name in row and name not in {*sections, *OWN_FIELDS}]
    return list(dict.fromkeys([*same, *(f"{BODY}.{kind}" for kind in sections), *plan.mapping, *plan.defaults]))


def _value(row: Mapping[str, Any], plan: ImportPlan, name: str) -> Any:
    value = row.get(source_field(name, plan))
    return _clean(value if is_given(value) else plan.defaults.get(name))


def _clean(value: Any) -> Any:
    """Return a value without space around it, with one kind of line ends."""
    return value.replace("\r\n", "\n").replace("\r", "\n").strip() if isinstance(value, str) else value


def _as_text(value: Any) -> str:
    """Return any JSON value as text; the parts of a list become paragraphs."""
    match value:
        case list() | tuple():
            return "\n\n".join(_as_text(entry) for entry in value if is_given(entry))
        case Mapping():
            return "\n\n".join(f"{key}: {_as_text(entry)}" for key, entry in value.items() if is_given(entry))
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


def _check_item(item: ImportedItem, plan: ImportPlan) -> None:
    """Read back what would be written; raises LackingError with what keeps it from its readers."""
    path = f"{FOLDERS[plan.type_name]}/{item.id}.md"
    read = read_document(path, item.as_text().encode(), heading_kinds())
    blockers = [problem for problem in read.problems if problem.severity is Severity.BLOCKER]
    if blockers:
        raise LackingError("; ".join(f"{problem.message} ({problem.remedy})" for problem in blockers))
    megabytes = len(item.as_text().encode()) / 1_000_000
    if megabytes * 1000 > plan.most_kilobytes:
        most = f"{plan.most_kilobytes / 1000:g} MB, the setting max_file_kilobytes"
        raise ValueError(f"it would have {megabytes:.1f} MB, more than {most}; split it")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
