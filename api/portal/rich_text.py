"""An item's Markdown as safe HTML, whose links lead out of the server or to what the asker sees. Owns nh3."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, urlsplit

import nh3
from markupsafe import Markup

from indexer.catalogue import ItemRecord
from library.attachments import attachment_place, is_web_address
from library.markdown import Addresses, render_html
from search.view import View

IMAGES = {".gif": "image/gif", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
_FIRST_LEVEL = 2  # the page's title is the only heading above
_RELATIONS = "nofollow noopener noreferrer"
_INLINE = {"a", "br", "code", "em", "img", "s", "strong"}
_BLOCKS = {"blockquote", "div", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"}
_TABLE = {"table", "tbody", "td", "th", "thead", "tr"}
_ATTRIBUTES = {
    "a": {"href"},
    "div": {"aria-label", "role", "tabindex"},
    "img": {"alt", "src"},
    "ol": {"start"},
    "th": {"scope"},
}
_CLASSES = {"div": {"scroll"}, "td": {"right", "center"}, "th": {"right", "center"}}
_SCHEMES = {"http", "https", "mailto"}
_ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]]")
_MAILBOX = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")


@dataclass(frozen=True)
class BodyAddresses:
    """Where the links of an item's body lead (`library.markdown.Addresses`).

    Links to hidden and to missing items alike lead nowhere. `item_url` makes an item's address from its type and id;
    `attachment_url` that of the attachment with a number.
    """

    view: View
    record: ItemRecord
    attachments: Sequence[str]
    item_url: Callable[[str, str], str]
    attachment_url: Callable[[int], str]

    def of_link(self, target: str) -> str | None:
        """Return the address of a link's target: of the web, a mailbox, an attachment, or an item by id or file."""
        try:
            parts = urlsplit(target)
        except ValueError:
            return None
        if parts.scheme or parts.netloc:
            is_mail = parts.scheme.lower() == "mailto" and _MAILBOX.match(parts.path)
            return target if is_mail or is_web_address(target) else None
        if not parts.path:
            return None
        return self._of_attachment(unquote(parts.path)) or self._of_item(unquote(parts.path))

    def of_image(self, target: str) -> str | None:
        """Return the address of an attached picture; any other would be another host's."""
        suffix = posixpath.splitext(target)[1].lower()
        return self._of_attachment(unquote(target)) if suffix in IMAGES else None

    def of_mention(self, word: str) -> str | None:
        """Return the address of the item whose id a word is; the item's own page links not to itself."""
        found = self.view.by_id.get(word)
        return self.item_url(found.type, found.id) if found and found.id != self.record.id else None

    def _of_attachment(self, target: str) -> str | None:
        place = attachment_place(self.record.path, target)
        return self.attachment_url(self._attached[place]) if place in self._attached else None

    def _of_item(self, target: str) -> str | None:
        stem = posixpath.basename(target).removesuffix(".md")
        near = posixpath.normpath(posixpath.join(posixpath.dirname(self.record.path), target))
        found = self._by_path.get(near) or self._by_path.get(target.lstrip("/")) or self.view.by_id.get(stem)
        return self.item_url(found.type, found.id) if found else None

    @cached_property
    def _attached(self) -> dict[str | None, int]:
        places = [attachment_place(self.record.path, attached) for attached in self.attachments]
        return {place: n for n, place in enumerate(places, 1) if place}

    @cached_property
    def _by_path(self) -> dict[str, ItemRecord]:
        return {record.path: record for record in self.view.records.values()}


class WebAddresses:
    """Where the links of a text lead that no index knows yet: to the web and to mailboxes."""

    def of_link(self, target: str) -> str | None:
        """Return the address of a link's target if it is one of the web or a mailbox."""
        is_mail = target.startswith("mailto:") and _MAILBOX.match(target.removeprefix("mailto:"))
        return target if is_mail or is_web_address(target) else None

    def of_image(self, target: str) -> str | None:  # noqa: ARG002
        """Return nothing: no picture is shown."""
        return None

    def of_mention(self, word: str) -> str | None:  # noqa: ARG002
        """Return nothing: what a word names is not looked up."""
        return None


def rich_text(markdown: str, addresses: Addresses, *, table_label: str) -> Markup:
    """Return a body as HTML that a page may hold as it is."""
    html = render_html(markdown, addresses, first_level=_FIRST_LEVEL, table_label=table_label)
    clean = nh3.clean(
        html,
        tags=_INLINE | _BLOCKS | _TABLE,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes=_SCHEMES,
        link_rel=_RELATIONS,
    )
    return Markup(clean)  # noqa: S704  it was just sanitised


@dataclass(frozen=True, slots=True)
class TextPart:
    """A part of a plain text, and where it leads, if it is an address."""

    text: str
    address: str = ""


def linked_parts(text: str) -> tuple[TextPart, ...]:
    """Return a plain text in parts, of which web addresses and mailboxes are links."""
    if _MAILBOX.fullmatch(text):
        return (TextPart(text, f"mailto:{text}"),)
    return tuple(part for part in _parts(text) if part.text)


def _parts(text: str) -> Iterator[TextPart]:
    last = 0
    for match in _ADDRESS.finditer(text):
        yield TextPart(text[last : match.start()])
        yield TextPart(match[0], match[0] if is_web_address(match[0]) else "")
        last = match.end()
    yield TextPart(text[last:])
