"""A Markdown body as a tree of headings with line numbers and plain text, or as HTML. Owns markdown-it-py."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with the text below it, up to the next heading of any level.

    `level` is 0 for text before the first heading; `path` holds the headings from the outermost
    down to this one; `line` is counted from 1 in the file; `text` is plain, paragraphs apart by an
    empty line.
    """

    level: int
    path: tuple[str, ...]
    line: int
    text: str

    @property
    def heading(self) -> str:
        """The section's own heading, or an empty string before the first one."""
        return self.path[-1] if self.path else ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link or image in a body: its target as written, and its line in the file."""

    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Body:
    """All sections of a body in order, and the links in it."""

    sections: tuple[Section, ...]
    links: tuple[Link, ...]


def parse_body(markdown: str, *, first_line: int = 1) -> Body:
    """Parse a Markdown body; `first_line` is the file's line on which it begins."""
    blocks = list(_BlockReader(first_line).read(_parser().parse(markdown)))
    return Body(tuple(_sections(blocks, first_line)), tuple(link for block in blocks for link in block.links))


class Addresses(Protocol):
    """Where the links of a body lead; None for one that leads nowhere, whose text alone is shown."""

    def of_link(self, target: str) -> str | None:
        """Return the address of a link's target as written."""
        ...

    def of_image(self, target: str) -> str | None:
        """Return the address of an image that may be shown."""
        ...

    def of_mention(self, word: str) -> str | None:
        """Return the address of what a word of the text names, such as an item's id."""
        ...


def render_html(markdown: str, addresses: Addresses, *, first_level: int, table_label: str) -> str:
    """Return a Markdown body as HTML, which is still to be sanitised.

    Raw HTML in it becomes text, and comments are left out. The outermost headings have `first_level`, and none skips a
    level. A table stands in a region that scrolls and is called `table_label`.
    """
    parser = _parser()
    tokens = list(_Marking(addresses, first_level, table_label).tokens(parser.parse(markdown)))
    html: str = parser.renderer.render(tokens, parser.options, {})
    return html


_CONTAINERS = frozenset(
    f"{name}_{side}" for name in ("bullet_list", "ordered_list", "table", "blockquote") for side in ("open", "close")
)

_COMMENT = re.compile("<!--.*?-->", re.DOTALL)
# markdown-it drops what is nested deeper; with its own limit of 20 the tenth level of a list is lost.
_MAX_NESTING = 100


@dataclass(frozen=True, slots=True)
class _Block:
    level: int  # of a heading; 0 for text
    line: int
    text: str
    links: tuple[Link, ...]


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table")
    # Nothing is rendered here, and a link to file:// must be seen to be reported.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005
    return parser


def _sections(blocks: Sequence[_Block], first_line: int) -> Iterator[Section]:
    level, line = 0, first_line
    path: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    texts: list[str] = []
    for block in blocks:
        if not block.level:
            texts.append(block.text)
            continue
        if level or texts:
            yield Section(level, path, line, "\n\n".join(texts))
        kept = [(deep, head) for deep, head in zip(levels, path, strict=True) if deep < block.level]
        levels = (*(deep for deep, _ in kept), block.level)
        path = (*(head for _, head in kept), block.text)
        level, line, texts = block.level, block.line, []
    if level or texts:
        yield Section(level, path, line, "\n\n".join(texts))


class _BlockReader:
    """Gathers tokens into headings and runs of text; a list's items and a table's rows stay together.

    A heading in a list or a quotation is text there. HTML comments are left out.
    """

    def __init__(self, first_line: int) -> None:
        self._first_line = first_line
        self._line = first_line
        self._depth = 0
        self._heading = 0
        self._prefix = ""
        self._cells: list[str] | None = None
        self._lines: list[str] = []
        self._links: list[Link] = []
        self._begin = first_line

    def read(self, tokens: Sequence[Token]) -> Iterator[_Block]:
        """Yield the blocks of a document in order."""
        for token in tokens:
            if token.map:
                self._line = self._first_line + token.map[0]
            if token.type in _CONTAINERS:
                self._depth += token.nesting
            elif token.type == "heading_open":
                self._heading = 0 if self._depth else int(token.tag[1])
            elif token.type == "list_item_open":
                self._prefix = f"{token.info}{token.markup} " if token.info else "- "
            elif token.type == "list_item_close":
                self._prefix = ""
            else:
                self._read_text(token)
            if self._lines and self._depth == 0:
                yield self._take()

    def _read_text(self, token: Token) -> None:
        match token.type:
            case "tr_open":
                self._cells = []
            case "tr_close":
                self._add(" | ".join(self._cells or ()), ())
                self._cells = None
            case "inline":
                text, links = _inline(token, self._line)
                if self._cells is None:
                    self._add(text, links)
                else:
                    self._cells.append(text)
                    self._links += links
            case "fence" | "code_block":
                self._add(token.content.rstrip("\n"), ())
            case "html_block":
                if text := _COMMENT.sub("", token.content).strip():
                    self._add(text, ())

    def _add(self, text: str, links: tuple[Link, ...]) -> None:
        if not self._lines:
            self._begin = self._line
        self._lines.append(self._prefix + text)
        self._links += links
        self._prefix = ""

    def _take(self) -> _Block:
        text = "\n".join(self._lines)
        block = _Block(
            self._heading, self._begin, " ".join(text.split()) if self._heading else text, tuple(self._links)
        )
        self._lines, self._links, self._heading = [], [], 0
        return block


def _inline(token: Token, line: int) -> tuple[str, tuple[Link, ...]]:
    """Return an inline token's plain text, and its links."""
    texts: list[str] = []
    links: list[Link] = []
    for child in token.children or ():
        match child.type:
            case "text" | "code_inline":
                texts.append(child.content)
            case "html_inline":
                texts.append(_COMMENT.sub("", child.content))
            case "softbreak" | "hardbreak":
                line += 1
                texts.append("\n")
            case "image":
                texts.append(child.content)
                links.append(Link(str(child.attrs.get("src", "")), line))
            case "link_open":
                links.append(Link(str(child.attrs.get("href", "")), line))
    return "".join(texts), tuple(links)


_IDENTIFIER = re.compile(r"[^\W_](?:\w*[-.])+\w*\w")
_ALIGNED = {"text-align:right": "right", "text-align:center": "center"}


class _Marking:
    """Turns the tokens of a body into those of a page: headings at their level, links that lead somewhere."""

    def __init__(self, addresses: Addresses, first_level: int, table_label: str) -> None:
        self._addresses = addresses
        self._first_level = first_level
        self._table_label = table_label
        self._depth = 0
        self._levels: list[int] = []

    def tokens(self, tokens: Sequence[Token]) -> Iterator[Token]:
        """Yield the tokens of a document."""
        for n, token in enumerate(tokens):
            if token.type in _CONTAINERS:
                self._depth += token.nesting
            match token.type:
                case "heading_open" | "heading_close":
                    token.tag = self._heading_tag(token)
                    yield token
                case "table_open":
                    yield self._region()
                    yield token
                case "table_close":
                    yield token
                    yield _token("div_close", "div", -1)
                case "th_open" | "td_open" | "th_close":
                    yield _cell(token, tokens[n + 1 if token.nesting > 0 else n - 1])
                case "html_block":
                    yield from _paragraph(_COMMENT.sub("", token.content).strip())
                case "inline":
                    token.children = list(self._inline(token.children or ()))
                    yield token
                case _:
                    yield token

    def _heading_tag(self, token: Token) -> str:
        """Return the element of a heading; one in a list or a quotation is text there."""
        if self._depth:
            return "p"
        if token.nesting > 0:
            level = int(token.tag[1])
            self._levels = [*(above for above in self._levels if above < level), level]
        return f"h{min(6, self._first_level + len(self._levels) - 1)}"

    def _region(self) -> Token:
        attributes = {"class": "scroll", "role": "region", "tabindex": "0", "aria-label": self._table_label}
        return _token("div_open", "div", 1, **attributes)

    def _inline(self, children: Sequence[Token]) -> Iterator[Token]:
        """Yield the tokens of a run of text; within a link nothing else is one."""
        opened: list[bool] = []
        for child in children:
            match child.type:
                case "link_open":
                    address = self._addresses.of_link(str(child.attrs.get("href", "")))
                    opened.append(address is not None)
                    if address is not None:
                        child.attrs = {"href": address}
                        yield child
                case "link_close":
                    if opened.pop():
                        yield child
                case "image":
                    yield from self._image(child, is_linked=any(opened))
                case "html_inline":
                    yield _text(_COMMENT.sub("", child.content))
                case "text" | "code_inline" if not opened:
                    yield from self._mentions(child)
                case _:
                    yield child

    def _image(self, token: Token, *, is_linked: bool) -> Iterator[Token]:
        source = str(token.attrs.get("src", ""))
        shown, told = self._addresses.of_image(source), _text(token.content or source)
        if shown is not None:
            yield _token("image_shown", "img", 0, src=shown, alt=token.content)
        elif is_linked or (address := self._addresses.of_link(source)) is None:
            yield told
        else:
            yield from _link(address, told)

    def _mentions(self, token: Token) -> Iterator[Token]:
        """Yield a text with links on what its words name; code only as a whole."""
        if token.type == "code_inline":
            address = self._addresses.of_mention(token.content)
            yield from _link(address, token) if address else (token,)
            return
        last = 0
        for match in _IDENTIFIER.finditer(token.content):
            if address := self._addresses.of_mention(match[0]):
                yield _text(token.content[last : match.start()])
                yield from _link(address, _text(match[0]))
                last = match.end()
        yield _text(token.content[last:])


def _cell(token: Token, content: Token) -> Token:
    """Return a table's cell: a heading says of what, one without text is none, and numbers stand to the right."""
    if token.tag == "th" and not content.content.strip():
        token.tag = "td"
    elif token.tag == "th" and token.nesting > 0:
        token.attrSet("scope", "col")
    style = str(token.attrs.pop("style", ""))
    if style in _ALIGNED:
        token.attrSet("class", _ALIGNED[style])
    return token


def _paragraph(text: str) -> Iterator[Token]:
    if text:
        inline = _token("inline", "", 0)
        inline.children = [_text(text)]
        yield from (_token("paragraph_open", "p", 1), inline, _token("paragraph_close", "p", -1))


def _link(address: str, content: Token) -> Iterator[Token]:
    yield from (_token("link_open", "a", 1, href=address), content, _token("link_close", "a", -1))


def _text(content: str) -> Token:
    text = _token("text", "", 0)
    text.content = content
    return text


def _token(kind: str, tag: str, nesting: Literal[-1, 0, 1], **attributes: str) -> Token:
    from markdown_it.token import Token

    return Token(kind, tag, nesting, attrs={name.replace("_", "-"): value for name, value in attributes.items()})
