"""Find what has to be replaced where in a block of front matter, so that all that is not changed stays as it was.

Offsets are those of the block.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from curation.front_matter_edit.edits import Edit, apply_edits, line_end, refusal
from curation.front_matter_edit.flow import flow_edits, pair_entries
from curation.front_matter_edit.values import entry_lines, list_entry, rendered
from library.front_matter import Node, Value
from library.items import ITEM_TYPES

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class Editor:
    """Finds what has to be replaced where; offsets are those of the block."""

    def __init__(self, block: str, newline: str) -> None:
        self._block = block
        self._newline = newline

    def mapping(self, node: Node, old: Mapping[str, Value], wanted: Mapping[str, Value]) -> list[Edit]:
        """Return the edits that give a block mapping the wanted entries; None takes one out."""
        edits: list[Edit] = []
        places = {key.text: n for n, key in enumerate(node.keys)}
        for name, value in wanted.items():
            if name in places and (old[name] != value or value is None):
                n = places[name]
                edits += self._change(node.keys[n], node.entries[n], old[name], value)
        added = {name: value for name, value in wanted.items() if name not in places and value is not None}
        indent = " " * self._column(node.keys[0].start)
        for after, names in _slots([key.text for key in node.keys], list(added)).items():
            lines = "".join(entry_lines(name, added[name], indent, self._newline) for name in names)
            place = self._line_start(node.keys[0].start)
            if after is not None or self._is_in_list(node):
                place = self._content_end(node.entries[places.get(after or "", 0)])
            edits.append((place, place, lines))
        return edits

    def _change(self, key: Node, node: Node, old: Value, value: Value) -> list[Edit]:
        start, end = self._line_start(key.start), self._content_end(node)
        self._check_touched(key, node, start, end, removes=value is None)
        if value is None:
            return [(start, end, "")]
        if node.style == "block" and isinstance(value, dict) and isinstance(old, dict):
            kept = [name for name in old if name in value]
            if kept:
                return self.mapping(node, old, {**dict.fromkeys(old), **value})
        if node.style == "block" and node.kind == "sequence" and value and isinstance(value, list):
            return self._list(node, _as_list(old), value)
        if node.style == "flow" and node.entries and value and isinstance(value, type(old)):
            return flow_edits(self._block, node, old, value)
        return [self._replacement(key, node, value, end)]

    def _replacement(self, key: Node, node: Node, value: Value, end: int) -> Edit:
        """Put another value where one stands; what is said beside it stays on the key's line."""
        colon = self._block.index(":", key.end) + 1
        between = self._block[colon : max(node.start, colon)]
        beside, *below = _LINES.findall(between) or [""]
        ended = self._block[node.end : end] if node.style not in ("|", ">") else self._newline
        told = "".join(line for line in below if line.strip()) + self._comments(
            node, self._block[node.start : node.end]
        )
        tail = (f" {beside.strip()}" if beside.strip() else "") + ended.rstrip("\r\n")
        first, lines = rendered(value, " " * self._column(key.start), self._newline, quote=node.style)
        return colon, end, f"{first}{tail}{self._newline}{told}{lines}"

    def _list(self, node: Node, old: list[Value], wanted: list[Value]) -> list[Edit]:
        """Keep the lines of entries that stay; lines of comments stay always."""
        indent = " " * self._column(node.start)
        starts = [self._line_start(node.start)]
        starts += [self._content_end(entry) for entry in node.entries]
        chunks = [self._block[a:b] for a, b in pairwise(starts)]
        texts: list[str] = []
        unused = set(range(len(old)))
        for n, value in zip(pair_entries(old, wanted), wanted, strict=True):
            text = None if n is None else self._entry(node.entries[n], starts[n], chunks[n], old[n], value)
            if n is not None and text is not None:
                unused.remove(n)
            texts.append(text or list_entry(value, indent, self._newline, flow=self._is_flow(node, value)))
        left = "".join(self._comments(node.entries[n], chunks[n]) for n in sorted(unused))
        return [(starts[0], starts[-1], "".join(texts) + left)]

    def _entry(self, node: Node, start: int, lines: str, old: Value, value: Value) -> str | None:
        """Return the lines of a list's entry that stays, or changes in place; None if it has to be written anew."""
        if old == value:
            return lines
        if not isinstance(old, dict) or not isinstance(value, dict) or node.keys[0].text not in value:
            return None  # a comment beside a text or a number goes with it
        if node.style == "flow":
            edits = flow_edits(self._block, node, old, value)
        else:
            edits = self.mapping(node, old, {**dict.fromkeys(old), **value})
        return apply_edits(lines, [(a - start, b - start, text) for a, b, text in edits])

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

    def _check_touched(self, key: Node, node: Node, start: int, end: int, *, removes: bool) -> None:
        marked = next((inner for inner in _walk(node) if inner.is_marked), None)
        if marked is not None:
            raise refusal(
                self._block,
                marked.start,
                f"`{key.text}` has an anchor or a tag",
                "Take `&name` or `!tag` out",
                block=True,
            )
        tab = self._block.find("\t", start, end)
        if tab >= 0:
            raise refusal(self._block, tab, f"a tab stands in `{key.text}`", "Write spaces instead", block=True)
        before = self._block[start : key.start]
        if (before.strip() if removes else before.strip(" -")) or ":" not in self._block[key.end : key.end + 3]:
            raise refusal(
                self._block, start, f"`{key.text}` begins in a way of its own", "Write `name: value`", block=True
            )

    def _content_end(self, node: Node) -> int:
        """Return the offset of the line behind a value."""
        last = node
        while last.style == "block":
            last = last.entries[-1]
        end = last.end
        if last.style in ("|", ">"):
            header = self._block[last.start : line_end(self._block, last.start)].partition("#")[0]
            if "+" in header:
                return end
            end = last.start + len(self._block[last.start : end].rstrip())
        return line_end(self._block, end)

    def _line_start(self, place: int) -> int:
        return max(self._block.rfind("\n", 0, place), self._block.rfind("\r", 0, place)) + 1

    def _is_in_list(self, node: Node) -> bool:
        """Whether a mapping begins on the line of its entry's hyphen."""
        return self._block[self._line_start(node.keys[0].start) : node.keys[0].start].strip() == "-"

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


def _as_list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _walk(node: Node) -> Sequence[Node]:
    return [node, *(inner for entry in (*node.keys, *node.entries) for inner in _walk(entry))]
