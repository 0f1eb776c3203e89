"""Look at items without searching: one in full, or all of a type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from library.errors import UnknownItemError
from library.items import Classification, Concept, Status
from search.answers.answer import plain
from search.view import View


@dataclass(frozen=True, slots=True)
class ItemLink:
    """A link between two visible items, seen from one of them."""

    field: Annotated[str, Field(description="The field that holds the reference", examples=["enablers"])]
    id: Annotated[str, Field(description="Id of the other item", examples=["enb-contract-pricing"])]
    title: Annotated[str, Field(description="Its title", examples=["Commercial model and contracting"])]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """An item in full: its fields, sections (heading path, text), links from it and to it."""

    fields: dict[str, Any]
    sections: tuple[tuple[str, str], ...]
    links: tuple[ItemLink, ...]
    linked_from: tuple[ItemLink, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            **self.fields,
            "sections": [{"heading": heading, "text": text} for heading, text in self.sections],
            "links": [{"field": link.field, "id": link.id, "title": link.title} for link in self.links],
            "linked_from": [{"field": link.field, "id": link.id, "title": link.title} for link in self.linked_from],
        }

    def as_lines(self) -> list[str]:
        """Return the text form: fields, sections, links."""
        fields = dict(self.fields)
        lines = [f"# {fields.pop('title', fields['id'])}", ""]
        lines += [f"{name}: {_field_text(value)}" for name, value in fields.items()]
        for heading, text in self.sections:
            lines += ["", f"## {heading}", "", text] if heading else ["", text]
        for title, links in (("Links", self.links), ("Linked from", self.linked_from)):
            if links:
                lines += ["", f"## {title}", ""]
                lines += [f"- {link.field}: {link.id} ({link.title})" for link in links]
        return lines


@dataclass(frozen=True, slots=True)
class ListedItem:
    """A line of a list."""

    id: Annotated[str, Field(description="The item's id", examples=["case-gridoperator-sponsor-departure"])]
    title: Annotated[
        str, Field(description="Its title, or a concept's English name", examples=["The sponsor left in March"])
    ]
    status: Annotated[Status, Field(description="How far it is", examples=["approved"])]
    classification: Annotated[Classification | None, Field(description="How confidential it is", examples=["internal"])]
    language: Annotated[str, Field(description="Language it is written in (BCP 47)", examples=["en"])]
    summary: Annotated[str, Field(description="Its summary", examples=["The executive sponsor left in March."])]


def show_item(view: View, item_id: str) -> ItemPage:
    """Return an item that the asker sees; raises UnknownItemError, alike for hidden and missing ones."""
    record, text = view.read(item_id)
    links, linked_from = _links(view, record.row)
    fields = plain(text.item.model_dump(mode="json", exclude_defaults=True, exclude={"imported"}))
    return ItemPage(
        fields={"id": record.id, "type": record.type, **_visible_references(view, fields, text.item.REFERENCES)},
        sections=tuple((" > ".join(section.path), section.text) for section in text.sections),
        links=links,
        linked_from=linked_from,
    )


def require_type(view: View, item_id: str, item_type: str) -> None:
    """Do nothing for a visible item of a type; raises UnknownItemError for any other, alike."""
    if view.record(item_id).type != item_type:
        raise UnknownItemError(f"There is no item {item_id!r} of this type.")


def list_items(view: View, item_type: str, *, statuses: Sequence[str] = ("approved",)) -> list[ListedItem]:
    """Return the visible items of a type, in order of id."""
    return describe_items(view, view.rows(item_type, statuses=statuses))


def describe_items(view: View, rows: Sequence[int]) -> list[ListedItem]:
    """Return visible items as lines of a list, in the order given."""
    texts = view.texts(rows)
    return [
        ListedItem(
            item.id,
            item.label() if isinstance(item, Concept) else item.title,
            item.status,
            item.classification,
            item.language,
            item.summary,
        )
        for item in (texts[row].item for row in rows if row in texts)
    ]


def count_visible(view: View) -> dict[str, dict[str, int]]:
    """Return how many items of each type and status the asker sees."""
    counts: dict[str, dict[str, int]] = {}
    for record in view.records.values():
        by_status = counts.setdefault(record.type, {})
        by_status[record.status] = by_status.get(record.status, 0) + 1
    return counts


def _field_text(value: Any) -> str:  # any JSON value
    match value:
        case dict():
            return ", ".join(f"{key}: {_field_text(entry)}" for key, entry in value.items() if entry not in (None, ""))
        case list():
            return "; ".join(_field_text(entry) for entry in value)
        case _:
            return str(value)


def _links(view: View, row: int) -> tuple[tuple[ItemLink, ...], tuple[ItemLink, ...]]:
    forward, backward = view.links([row]), view.links([row], backwards=True)
    others = [link.target_row for link in forward] + [link.source_row for link in backward]
    titles = {other: text.item.title for other, text in view.texts(list(dict.fromkeys(others))).items()}
    ids = {other: view.records[other].id for other in titles}
    return (
        tuple(ItemLink(link.field, ids[link.target_row], titles[link.target_row]) for link in forward),
        tuple(ItemLink(link.field, ids[link.source_row], titles[link.source_row]) for link in backward),
    )


def _visible_references(view: View, fields: dict[str, Any], references: dict[str, str]) -> dict[str, Any]:
    """Drop references to items that the asker does not see."""

    def seen(value: Any) -> bool:  # a JSON value
        return (value["id"] if isinstance(value, dict) else value) in view.by_id

    def kept(value: Any) -> Any:
        if isinstance(value, list):
            return [entry for entry in value if seen(entry)]
        return value if seen(value) else None

    visible = {name: kept(value) if name in references else value for name, value in fields.items()}
    return {name: value for name, value in visible.items() if value not in (None, [])}
