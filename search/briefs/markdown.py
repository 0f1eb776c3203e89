"""A brief as Markdown: plain, so that it reads well as it is; nothing that an author wrote becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from search.briefs.brief import Brief
from search.briefs.page import Block, Table, blocks_of, fit_to_page

_SPECIAL = re.compile(r"([\\`*_\[\]<>|])")
# What makes a line a heading, a rule or code; a list may stay one.
_AT_START = re.compile(r"^[ \t]*(#|=|~|\+|-(?! [^\W_])|)", re.MULTILINE)
_LINE_BREAK = re.compile(r"\n(?!- )")  # lines are paragraphs, unless they are a list's


def write_markdown(brief: Brief) -> str:
    """Return a brief of one page a case, parted by lines."""
    fitted = fit_to_page(brief)
    day = brief.made.isoformat()
    return "\n---\n\n".join(
        _joined([_written(block) for block in blocks_of(case, brief.labels, day)]) for case in fitted.cases
    )


def escape(text: str) -> str:
    """Return a text that Markdown shows as it stands."""
    escaped = _SPECIAL.sub(r"\\\1", text.replace("&", "&amp;"))
    return _AT_START.sub(lambda found: f"\\{found[1]}" if found[1] else "", escaped)


def _joined(blocks: list[str]) -> str:
    """Return blocks with an empty line between them, but for the entries of a list."""
    text = ""
    for block, following in zip(blocks, [*blocks[1:], ""], strict=True):
        is_list = block.startswith("- ") and following.startswith("- ")
        text += block + ("\n" if is_list or not following else "\n\n")
    return text


def _written(block: Block) -> str:
    if isinstance(block, Table):
        return "\n".join(_rows(block))
    text = escape(block.text)
    label = f"**{escape(block.label)}:** " if block.label else ""
    match block.style:
        case "title":
            return "# " + text.replace("\n", " ")
        case "heading":
            return f"## {text}"
        case "rule":
            return f"> {label}{text}"
        case "bullet":
            return "- " + f"{label}{text}".replace("\n", "\n  ")
        case _:
            return label + _LINE_BREAK.sub("\n\n", text)


def _rows(table: Table) -> Iterator[str]:
    for n, row in enumerate(table.rows):
        yield "| " + " | ".join(escape(text.replace("\n", " ")) for text in row) + " |"
        if n == 0:
            yield "|" + " --- |" * len(row)
