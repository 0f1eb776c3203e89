"""What changed of an item since its last approval: field by field and section by section, in words and in lines.

It shows what readers are served and nothing else: no key of a CRM, no reference to what the asker may not see. A
version that he could not see counts as none.
"""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from curation.review.approvals import Review, last_approval
from curation.review.desk import Desk
from curation.review.roles import Action, require_role
from library.access import Visibility, visible
from library.documents import Document

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_WORDS = 6_000  # comparing takes the square of it


@dataclass(frozen=True, slots=True)
class Segment:
    """Text that is in both versions (`equal`), in the older alone (`delete`) or in the newer alone (`insert`)."""

    change: str
    text: str


@dataclass(frozen=True, slots=True)
class PartDiff:
    """A field or a section that differs: its name, and the words of both versions."""

    name: str
    kind: str
    segments: tuple[Segment, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        segments = [{"change": segment.change, "text": segment.text} for segment in self.segments]
        return {"name": self.name, "kind": self.kind, "segments": segments}

    def as_text(self) -> str:
        """Return the words as `git diff --word-diff` marks them."""
        marks = {"equal": "{}", "delete": "[-{}-]", "insert": "{{+{}+}}"}
        return "".join(marks[segment.change].format(segment.text) for segment in self.segments)


@dataclass(frozen=True, slots=True)
class ReviewDiff:
    """What changed; `since` and `by` tell of the approval it is compared with, and are empty if there is none.

    `is_otherwise_changed`: the file differs only in what nobody is served, such as comments or the order of fields.
    """

    id: str
    since: str
    by: str
    parts: tuple[PartDiff, ...]
    unified: tuple[str, ...]
    is_otherwise_changed: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "id": self.id,
            "since": self.since or None,
            "by": self.by or None,
            "parts": [part.as_dict() for part in self.parts],
            "unified": list(self.unified),
            "otherwise_changed": self.is_otherwise_changed,
        }

    def as_lines(self, *, unified: bool = False) -> list[str]:
        """Return the text form."""
        compared = (
            f"since its approval on {self.since} by {self.by}" if self.since else "no approved version to compare"
        )
        lines = [f"{self.id}: {compared}"]
        if self.is_otherwise_changed:
            lines.append("Only comments, order or unknown fields of the file differ.")
        elif not self.parts:
            lines.append("Nothing differs.")
        if unified:
            return lines + list(self.unified)
        for part in self.parts:
            lines += ["", f"{part.kind} {part.name}", *(f"  {line}" for line in part.as_text().strip("\n").split("\n"))]
        return lines


def review_diff(desk: Desk, item_id: str) -> ReviewDiff:
    """Return what changed of an item since the content that was approved last.

    Raises:
        RoleError: the asker is neither contributor, curator nor publisher.
        UnknownItemError: the asker does not see the item as it is now.
    """
    require_role(desk.asker, Action.SEE_DIFF)
    found = desk.item(item_id)
    approval = last_approval(desk.state, item_id)
    before = _approved_document(desk, found.document.path, approval)
    old = _Shown.of(desk, before) if before is not None else _Shown()
    written = found.item.model_copy(update={"status": found.written_status})  # that it waits is no change of it
    new = _Shown.of(desk, replace(found.document, item=written))
    parts = (*_part_diffs("field", old.fields, new.fields), *_part_diffs("section", old.sections, new.sections))
    is_same = approval is not None and approval.content_hash == found.content_hash
    return ReviewDiff(
        id=item_id,
        since=approval.at if approval and before else "",
        by=approval.who if approval and before else "",
        parts=tuple(parts),
        unified=tuple(difflib.unified_diff(old.lines(), new.lines(), "approved", "now", lineterm="")),
        is_otherwise_changed=before is not None and not parts and not is_same,
    )


def _approved_document(desk: Desk, path: str, approval: Review | None) -> Document | None:
    """Return the version that was approved, if there is one that the asker could see."""
    if approval is None or approval.text is None or visible(desk.asker, approval.guard) is not Visibility.FULL:
        return None
    return desk.read(path, approval.text).document


@dataclass(frozen=True, slots=True)
class _Shown:
    """What an asker is shown of one version: fields as text, sections by heading."""

    fields: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, desk: Desk, document: Document) -> _Shown:
        item = document.item
        values = item.model_dump(mode="json", exclude_defaults=True, exclude={"imported"})
        for name in item.REFERENCES.keys() & values.keys():
            values[name] = _seen_references(desk, values[name])
        fields = {name: _field_text(value) for name, value in values.items() if value not in (None, [])}
        counts = Counter[str]()
        sections = {}
        for section in document.sections:
            heading = " / ".join(section.path) or "(before the first heading)"
            counts[heading] += 1
            sections[heading if counts[heading] == 1 else f"{heading} ({counts[heading]})"] = section.text
        return cls(fields, sections)

    def lines(self) -> list[str]:
        """Return all of it as lines."""
        lines = [f"{name}: {line}" for name, text in self.fields.items() for line in text.split("\n")]
        for heading, text in self.sections.items():
            lines += ["", f"## {heading}", "", *text.split("\n")]
        return lines


def _seen_references(desk: Desk, value: Any) -> Any:
    """Return a reference, or those of a list, whose targets the asker sees."""
    if isinstance(value, list):
        return [entry for entry in value if desk.sees(str(entry["id"] if isinstance(entry, dict) else entry))]
    return value if desk.sees(str(value)) else None


def _field_text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(_field_text, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _part_diffs(kind: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[PartDiff]:
    for name in dict.fromkeys((*new, *old)):
        before, after = old.get(name, ""), new.get(name, "")
        if before != after:
            yield PartDiff(name, kind, tuple(_segments(before, after)))


def _segments(before: str, after: str) -> Iterator[Segment]:
    """Yield what both versions have and what only one has, by words; by lines where they are very long."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) + len(new) > _MOST_WORDS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for change, start, end, new_start, new_end in matcher.get_opcodes():
        if change == "equal":
            yield Segment("equal", "".join(old[start:end]))
            continue
        yield from _told("delete", old[start:end])
        yield from _told("insert", new[new_start:new_end])


def _told(change: str, words: Sequence[str]) -> Iterator[Segment]:
    if words:
        yield Segment(change, "".join(words))
