"""Change single keys of a file's front matter in place: every other byte stays as its author left it.

Comments, order, quoting, indentation and line ends of all that is not changed are kept, and so are entries of a
changed list that stay in it. What was written is read back, and nothing is returned that reads otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from library.errors import EditError
from library.front_matter import FENCE, FrontMatterError, Node, Value, read_nodes, split_front_matter
from library.items import ITEM_TYPES

Changes: TypeAlias = "Mapping[str, str | Sequence[Any] | Mapping[str, Any] | None]"
_Edit: TypeAlias = tuple[int, int, str]

_BOM = "\ufeff"
_WIDTH = 110
_LINE = re.compile(r"\r\n|\r|\n")
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_AS_SPACES = dict.fromkeys(map(ord, "\x85\u2028\u2029"), " ")  # no reader of ours takes them for the end of a line
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
# What every reader of YAML takes for a text, or for the same number or day that stands there.
_PLAIN_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_OTHERWISE = re.compile(r"(?i)(y|n|yes|no|on|off|null|~|=|<<|)|[-+.\d][\d_.,:eExXoa-fA-F+-]*|\.(inf|nan)")


def set_keys(text: str, changes: Changes) -> str:
    """Return a file's text with top-level keys of its front matter replaced, added or (None) removed.

    Values are texts, lists and mappings of texts, as `split_front_matter` reads them.

    Raises:
        EditError: the front matter is broken, or cannot be changed without touching something else.
    """
    block = _Block.from_text(text)
    wanted = {key: _plain(value) for key, value in changes.items()}
    before = _read(text)
    edits = [] if block.root is None else _Editor(block.text, block.newline).mapping(block.root, before, wanted)
    inner = _apply(block.text, edits)
    if block.root is None:
        inner += "".join(_entry(key, value, "", block.newline) for key, value in wanted.items() if value is not None)
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
        start = _line_end(text, 0)
        end = start
        while text[end : _line_end(text, end)].rstrip() not in (FENCE, "..."):
            end = _line_end(text, end)
        inner = text[start:end]
        found = _LINE.search(text)
        root = read_nodes(inner)
        if root is not None and root.style == "flow":
            raise _refusal(text, start + root.start, "the fields stand in braces", "Write one `field: value` a line")
        return cls(text[:start], inner, text[end:], root, found[0] if found else "\n")


class _Editor:
    """Finds what has to be replaced where; offsets are those of the block."""

    def __init__(self, block: str, newline: str) -> None:
        self._block = block
        self._newline = newline

    def mapping(self, node: Node, old: Mapping[str, Value], wanted: Mapping[str, Value]) -> list[_Edit]:
        """Return the edits that give a block mapping the wanted entries; None takes one out."""
        edits: list[_Edit] = []
        places = {key.text: n for n, key in enumerate(node.keys)}
        for name, value in wanted.items():
            if name in places and (old[name] != value or value is None):
                n = places[name]
                edits += self._change(node.keys[n], node.entries[n], old[name], value)
        added = {name: value for name, value in wanted.items() if name not in places and value is not None}
        indent = " " * self._column(node.keys[0].start)
        for after, names in _slots([key.text for key in node.keys], list(added)).items():
            lines = "".join(_entry(name, added[name], indent, self._newline) for name in names)
            place = self._line_start(node.keys[0].start)
            if after is not None:
                place = self._content_end(node.entries[places[after]])
            edits.append((place, place, lines))
        return edits

    def _change(self, key: Node, node: Node, old: Value, value: Value) -> list[_Edit]:
        start, end = self._line_start(key.start), self._content_end(node)
        self._check_touched(key, node, start, end)
        if value is None:
            return [(start, end, "")]
        if node.style == "block" and isinstance(value, dict) and isinstance(old, dict):
            kept = [name for name in old if name in value]
            if kept:
                return self.mapping(node, old, {**dict.fromkeys(old), **value})
        if node.kind == "sequence" and value and isinstance(value, list) and isinstance(old, list) and old:
            return self._list(node, old, value) if node.style == "block" else self._flow(node, old, value)
        return [self._replacement(key, node, value, end)]

    def _replacement(self, key: Node, node: Node, value: Value, end: int) -> _Edit:
        """Put another value where one stands; what is said beside it stays on the key's line."""
        colon = self._block.index(":", key.end) + 1
        between = self._block[colon : max(node.start, colon)]
        beside, *below = _LINES.findall(between) or [""]
        ended = self._block[node.end : end] if node.style not in ("|", ">") else self._newline
        told = "".join(line for line in below if line.strip()) + self._comments(
            node, self._block[node.start : node.end]
        )
        tail = (f" {beside.strip()}" if beside.strip() else "") + ended.rstrip("\r\n")
        inline, lines = _rendered(value, " " * self._column(key.start), self._newline, quote=node.style)
        return colon, end, f"{inline}{tail}{self._newline}{told}{lines}"

    def _list(self, node: Node, old: list[Value], wanted: list[Value]) -> list[_Edit]:
        """Keep the lines of entries that stay; lines of comments stay always."""
        indent = " " * self._column(node.start)
        starts = [self._line_start(node.start)]
        starts += [self._content_end(entry) for entry in node.entries]
        chunks = [self._block[a:b] for a, b in pairwise(starts)]
        texts: list[str] = []
        unused = list(range(len(old)))
        for value in wanted:
            n = next((n for n in unused if old[n] == value), None)
            if n is None:
                texts.append(_list_entry(value, indent, self._newline, flow=self._is_flow(node, value)))
            else:
                unused.remove(n)
                texts.append(chunks[n])
        left = "".join(self._comments(node.entries[n], chunks[n]) for n in unused)
        return [(starts[0], starts[-1], "".join(texts) + left)]

    def _comments(self, node: Node, lines: str) -> str:
        """Return the lines of comments; text of a value that looks like one goes with its value."""
        if any(inner.style in ("|", ">") or "\n" in inner.text for inner in _walk(node)):
            return ""
        return "".join(line for line in _LINES.findall(lines) if line.lstrip().startswith("#"))

    def _is_flow(self, node: Node, value: Value) -> bool | None:
        """Return how entries of this kind are written in this list; None if there is none."""
        kind = "mapping" if isinstance(value, dict) else "sequence" if isinstance(value, list) else ""
        styles = [entry.style == "flow" for entry in node.entries if entry.kind == kind]
        return any(styles) if styles else None

    def _flow(self, node: Node, old: list[Value], wanted: list[Value]) -> list[_Edit]:
        if wanted[: len(old)] == old:
            added = "".join(f", {_inline(value)}" for value in wanted[len(old) :])
            return [(node.entries[-1].end, node.entries[-1].end, added)]
        spans = [(entry.start, entry.end) for entry in node.entries]
        gaps = zip([node.start, *(end for _, end in spans)], [*(start for start, _ in spans), node.end], strict=True)
        if any("#" in self._block[a:b] for a, b in gaps):
            raise _refusal(
                self._block, node.start, "there are comments between the brackets", "Write one `- ` a line", block=True
            )
        sources = {json.dumps(value): self._block[a:b] for value, (a, b) in zip(old, spans, strict=True)}
        parts = [sources.get(json.dumps(value)) or _inline(value) for value in wanted]
        return [(node.start, node.end, f"[{', '.join(parts)}]")]

    def _check_touched(self, key: Node, node: Node, start: int, end: int) -> None:
        marked = next((inner for inner in _walk(node) if inner.is_marked), None)
        if marked is not None:
            raise _refusal(
                self._block,
                marked.start,
                f"`{key.text}` has an anchor or a tag",
                "Take `&name` or `!tag` out",
                block=True,
            )
        tab = self._block.find("\t", start, end)
        if tab >= 0:
            raise _refusal(self._block, tab, f"a tab stands in `{key.text}`", "Write spaces instead", block=True)
        if self._block[start : key.start].strip() or ":" not in self._block[key.end : key.end + 3]:
            raise _refusal(
                self._block, start, f"`{key.text}` begins in a way of its own", "Write `name: value`", block=True
            )

    def _content_end(self, node: Node) -> int:
        """Return the offset of the line behind a value."""
        last = node
        while last.style == "block":
            last = last.entries[-1]
        end = last.end
        if last.style in ("|", ">"):
            header = self._block[last.start : _line_end(self._block, last.start)].partition("#")[0]
            if "+" in header:
                return end
            end = last.start + len(self._block[last.start : end].rstrip())
        return _line_end(self._block, end)

    def _line_start(self, place: int) -> int:
        return max(self._block.rfind("\n", 0, place), self._block.rfind("\r", 0, place)) + 1

    def _column(self, place: int) -> int:
        return place - self._line_start(place)


def _slots(present: Sequence[str], added: Sequence[str]) -> dict[str | None, list[str]]:
    """Return behind which key each new one is put: the nearest one that usually stands before it."""
    usual = list(dict.fromkeys(name for model in ITEM_TYPES.values() for name in ("type", *model.model_fields)))
    rank = {name: n for n, name in enumerate(usual)}
    slots: dict[str | None, list[str]] = {}
    for name in sorted(added, key=lambda name: rank.get(name, len(rank))):
        before = [key for key in present if rank.get(key, len(rank)) < rank.get(name, len(rank) + 1)]
        slots.setdefault(max(reversed(before), key=lambda key: rank.get(key, len(rank)), default=None), []).append(name)
    return slots


def _entry(key: str, value: Value, indent: str, newline: str) -> str:
    inline, lines = _rendered(value, indent, newline)
    return f"{indent}{_scalar(key)}:{inline}{newline}{lines}"


def _rendered(value: Value, indent: str, newline: str, *, quote: str = "") -> tuple[str, str]:
    """Return what stands on a key's line and what on the lines below it."""
    if isinstance(value, str):
        return f" {_scalar(value, quote)}", ""
    simple = isinstance(value, list) and all(isinstance(entry, str) for entry in value)
    if not value or (simple and len(_inline(value)) + len(indent) + 30 <= _WIDTH):
        return f" {_inline(value)}", ""
    inner = f"{indent}  "
    if isinstance(value, dict):
        return "", "".join(_entry(key, entry, inner, newline) for key, entry in value.items() if entry is not None)
    return "", "".join(_list_entry(entry, inner, newline) for entry in value)


def _list_entry(value: Value, indent: str, newline: str, *, flow: bool | None = None) -> str:
    written = _inline(value)
    if not isinstance(value, dict) or not value or flow or (flow is None and len(indent) + len(written) < _WIDTH):
        return f"{indent}- {written}{newline}"
    lines = "".join(_entry(key, entry, f"{indent}  ", newline) for key, entry in value.items() if entry is not None)
    return f"{indent}- {lines.lstrip(' ')}"


def _inline(value: Value) -> str:
    match value:
        case dict():
            parts = (f"{_scalar(key)}: {_inline(entry)}" for key, entry in value.items() if entry is not None)
            return "{" + ", ".join(parts) + "}"
        case list():
            return "[" + ", ".join(map(_inline, value)) + "]"
        case None:
            return "null"
        case _:
            return _scalar(value, flow=True)


def _scalar(text: str, quote: str = "", *, flow: bool = False) -> str:
    """Return a text as a scalar on one line: in the quotes that stood there, else without any where that is safe."""
    single = "'" + text.replace("'", "''") + "'"
    if quote == "'" and _reads_as(single, text, flow=flow):
        return single
    if quote != '"' and _is_plain(text, flow=flow) and _reads_as(text, text, flow=flow):
        return text
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _is_plain(text: str, *, flow: bool) -> bool:
    if _PLAIN_DAY.fullmatch(text) or text in ("true", "false"):
        return True
    if _PLAIN_NUMBER.fullmatch(text):
        return not flow  # in a list or a mapping it is rather a code
    return _OTHERWISE.fullmatch(text) is None


def _reads_as(written: str, text: str, *, flow: bool) -> bool:
    line = f"k: [{written}]" if flow else f"k: {written}"
    if _LINE.search(written) or _ESCAPED.search(written):
        return False
    try:
        value = split_front_matter(f"{FENCE}\n{line}\n{FENCE}\n")[0].values.get("k")
    except FrontMatterError:
        return False
    return value == ([text] if flow else text)


def _plain(value: Any) -> Value:
    """Return a value as it would be read: lists and dicts of texts."""
    match value:
        case None | str():
            return value
        case Mapping():
            return {str(key): _plain(entry) for key, entry in value.items() if entry is not None}
        case _:
            return [_plain(entry) for entry in value]


def _walk(node: Node) -> Sequence[Node]:
    return [node, *(inner for entry in (*node.keys, *node.entries) for inner in _walk(entry))]


def _apply(text: str, edits: Sequence[_Edit]) -> str:
    """Apply edits from the back, so that the places before them stay; of two at one place the first comes first."""
    ordered = sorted(edits, key=lambda edit: (edit[0], edit[1] > edit[0]))
    for start, end, new in reversed(ordered):
        text = f"{text[:start]}{new}{text[end:]}"
    return text


def _line_end(text: str, place: int) -> int:
    found = _LINE.search(text, place)
    return found.end() if found else len(text)


def _read(text: str) -> dict[str, Value]:
    try:
        return split_front_matter(_LINE.sub("\n", text.removeprefix(_BOM)).translate(_AS_SPACES))[0].values
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


def _refusal(text: str, place: int, message: str, remedy: str, *, block: bool = False) -> EditError:
    """Return an error that names the line in the file; a block begins on its second line."""
    line = len(_LINE.findall(text[:place])) + 1 + block
    return EditError(f"Line {line}: {message}.", hint=f"{remedy}.")
