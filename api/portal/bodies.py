"""What pages of items have in common: who makes them for a visitor, their text as HTML, and what is attached."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from api.portal.pages import item_path
from api.portal.rich_text import BodyAddresses, rich_text
from api.portal.visits import Visit
from library.attachments import find_attachment, is_web_address
from search.browsing.sheets import Sheets
from search.browsing.shown_items import Sheet

# Makes HTML of a text; its argument is what a table's region is called in the language of the page.
Body = Callable[[str], Markup]


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something that belongs to an item: a file here, or an address elsewhere."""

    name: str
    address: str
    kind: str  # `pdf`, `xlsx`, ...; empty for an address elsewhere
    bytes: int


def sheets_of(visit: Visit) -> Sheets:
    """Return what makes a visitor's pages of items."""
    return Sheets(visit.view, visit.options())


def body_of(visit: Visit, sheet: Sheet, markdown: str) -> Body:
    """Return a part of an item's text, ready to be made HTML."""
    is_case = sheet.item.type == "business_case"
    addresses = BodyAddresses(
        view=visit.view,
        record=visit.view.record(sheet.item.id),
        attachments=sheet.item.attachments if is_case else (),
        item_url=lambda item_type, item_id: visit.url(item_path(item_type, item_id)),
        attachment_url=lambda number: visit.url(attachment_path(sheet, number)),
    )
    return partial(_html, markdown, addresses)


def attachment_path(sheet: Sheet, number: int) -> str:
    """Return the path of an attachment by its number in the list, from 1."""
    return f"{item_path(sheet.item.type, sheet.item.id)}/attachments/{number}"


def attachments_of(visit: Visit, sheet: Sheet) -> tuple[Attachment, ...]:
    """Return what belongs to an item and can be had; a file that is missing or may not leave is left out."""
    found = []
    for number, attached in enumerate(sheet.item.attachments, 1):
        if is_web_address(attached):
            found.append(Attachment(attached, attached, "", 0))
        elif path := find_attachment(visit.services.settings.library, sheet.path, attached):
            name = posixpath.basename(attached.replace("\\", "/"))
            address = visit.url(attachment_path(sheet, number))
            found.append(Attachment(name, address, path.suffix.removeprefix(".").lower(), path.stat().st_size))
    return tuple(found)


def _html(markdown: str, addresses: BodyAddresses, table_label: str) -> Markup:
    return rich_text(markdown, addresses, table_label=table_label)
