"""A Markdown body as a tree of headings with line numbers and plain text. Owns markdown-it-py."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

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
