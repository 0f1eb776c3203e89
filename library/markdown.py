"""A Markdown body as a tree of headings with line numbers and plain text. Owns markdown-it-py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
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
    blocks = list(_blocks(_parser().parse(markdown), first_line))
    return Body(tuple(_sections(blocks, first_line)), tuple(link for block in blocks for link in block.links))


@dataclass(frozen=True, slots=True)
class _Block:
    level: int  # of a heading; 0 for text
    line: int
    text: str
    links: tuple[Link, ...]


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415  150 ms that a search does not need

    return MarkdownIt("commonmark").enable("table")


def _sections(blocks: Sequence[_Block], first_line: int) -> Iterator[Section]:
    level, path, line, texts = 0, (), first_line, list[str]()
    levels: tuple[int, ...] = ()
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


def _blocks(tokens: Sequence[Token], first_line: int) -> Iterator[_Block]:
    """Yield headings and runs of text; a list's items and a table's rows stay together."""
    group: list[tuple[str, int, tuple[Link, ...]]] = []
    heading, depth, prefix, row, line = 0, 0, "", list[str](), first_line
    for before, token in pairwise((None, *tokens)):
        assert token is not None
        line = first_line + token.map[0] if token.map else line
        match token.type:
            case "heading_open":
                heading = int(token.tag[1])
            case "heading_close":
                heading = 0
            case "bullet_list_open" | "ordered_list_open" | "table_open" | "blockquote_open":
                depth += 1
            case "bullet_list_close" | "ordered_list_close" | "table_close" | "blockquote_close":
                depth -= 1
            case "list_item_open":
                prefix = f"{token.info}{token.markup} " if token.info else "- "
            case "tr_close":
                group.append((" | ".join(row), line, ()))
                row = []
            case "inline":
                text, links = _inline(token, line)
                if heading:
                    yield _Block(heading, line, " ".join(text.split()), links)
                elif before is not None and before.type in ("td_open", "th_open"):
                    row.append(text)
                    group.append(("", line, links))
                else:
                    group.append((prefix + text, line, links))
                    prefix = ""
            case "fence" | "code_block" | "html_block":
                group.append((prefix + token.content.rstrip("\n"), line, ()))
                prefix = ""
        if depth == 0 and group:
            lines = [text for text, _, _ in group if text]
            yield _Block(0, group[0][1], "\n".join(lines), tuple(link for _, _, links in group for link in links))
            group = []


def _inline(token: Token, line: int) -> tuple[str, tuple[Link, ...]]:
    """Return an inline token's plain text, and its links."""
    texts: list[str] = []
    links: list[Link] = []
    for child in token.children or ():
        match child.type:
            case "text" | "code_inline" | "html_inline":
                texts.append(child.content)
            case "softbreak" | "hardbreak":
                texts.append("\n")
            case "image":
                texts.append(child.content)
                links.append(Link(str(child.attrs.get("src", "")), line))
            case "link_open":
                links.append(Link(str(child.attrs.get("href", "")), line))
    return "".join(texts), tuple(links)
