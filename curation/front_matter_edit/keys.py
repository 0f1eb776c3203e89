"""Change single keys of a file's front matter in place: every other byte stays as its author left it.

Comments, order, quoting, indentation and line ends of all that is not changed are kept, and so are entries of a
changed list that stay in it. What was written is read back, and nothing is returned that reads otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from curation.front_matter_edit.changes import Editor
from curation.front_matter_edit.edits import LINE_END, apply_edits, line_end, refusal
from curation.front_matter_edit.values import as_read, entry_lines
from library.errors import EditError
from library.front_matter import FENCE, FrontMatterError, Node, Value, read_nodes, split_front_matter

Changes: TypeAlias = "Mapping[str, str | Sequence[Any] | Mapping[str, Any] | None]"

_BOM = "\ufeff"
_AS_SPACES = dict.fromkeys(map(ord, "\x85\u2028\u2029"), " ")  # no reader of ours takes them for the end of a line


def set_keys(text: str, changes: Changes) -> str:
    """Return a file's text with top-level keys of its front matter replaced, added or (None) removed.

    Values are texts, lists and mappings of texts, as `split_front_matter` reads them.

    Raises:
        EditError: the front matter is broken, or cannot be changed without touching something else.
    """
    block = _Block.from_text(text)
    wanted = {key: as_read(value) for key, value in changes.items()}
    before = _read(text)
    edits = [] if block.root is None else Editor(block.text, block.newline).mapping(block.root, before, wanted)
    inner = apply_edits(block.text, edits)
    if block.root is None:
        inner += "".join(
            entry_lines(key, value, "", block.newline) for key, value in wanted.items() if value is not None
        )
    result = f"{block.head}{inner}{block.rest}"
    _check(result, before, wanted)
    return result


@dataclass(frozen=True, slots=True)
class _Block:
    """A file's text in three parts: to the end of the first fence, the block, and from the second fence on."""

    head: str
    text: str
    rest: str
    root: Node | None
    newline: str

    @classmethod
    def from_text(cls, text: str) -> _Block:
        _read(text)
        start = line_end(text, 0)
        end = start
        while text[end : line_end(text, end)].rstrip() not in (FENCE, "..."):
            end = line_end(text, end)
        inner = text[start:end]
        found = LINE_END.search(text)
        root = read_nodes(inner)
        if root is not None and root.style == "flow":
            raise refusal(text, start + root.start, "the fields stand in braces", "Write one `field: value` a line")
        return cls(text[:start], inner, text[end:], root, found[0] if found else "\n")


def _read(text: str) -> dict[str, Value]:
    try:
        return split_front_matter(LINE_END.sub("\n", text.removeprefix(_BOM)).translate(_AS_SPACES))[0].values
    except FrontMatterError as error:
        raise EditError(f"Line {error.line}: {error.message}.", hint=f"{error.remedy}.") from error


def _check(text: str, before: Mapping[str, Value], wanted: Mapping[str, Value]) -> None:
    """Refuse a result that does not read as it should."""
    expected = {key: value for key, value in {**before, **wanted}.items() if key not in wanted or value is not None}
    found = _read(text)
    wrong = sorted(key for key in {*expected, *found} if expected.get(key, ...) != found.get(key, ...))
    if wrong:
        raise EditError(
            f"`{wrong[0]}` cannot be written in place without changing what the file says.",
            hint="Write it by hand, as plain `name: value` lines.",
        )
