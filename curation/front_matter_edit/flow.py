"""Find what has to be replaced in values that stand in brackets: what stays keeps its quotes, spaces and order."""

from __future__ import annotations

from collections.abc import Sequence

from curation.front_matter_edit.edits import Edit, apply_edits, refusal
from curation.front_matter_edit.values import inline, scalar
from library.front_matter import Node, Value


def flow_edits(block: str, node: Node, old: Value, wanted: Value) -> list[Edit]:
    """Return the edits that give a value in a block another content; offsets are those of the block.

    Raises:
        EditError: there are comments between the brackets of what has to be written anew.
    """
    if old == wanted:
        return []
    if node.style == "flow" and isinstance(old, dict) and isinstance(wanted, dict):
        return _mapping(block, node, old, wanted)
    if node.style == "flow" and isinstance(old, list) and isinstance(wanted, list):
        return _sequence(block, node, old, wanted)
    written = scalar(wanted, node.style, flow=True) if isinstance(wanted, str) else inline(wanted)
    return [(node.start, node.end, written)]


def _mapping(block: str, node: Node, old: dict[str, Value], wanted: dict[str, Value]) -> list[Edit]:
    names = [key.text for key in node.keys]
    kept = [n for n, name in enumerate(names) if wanted.get(name) is not None]
    if not kept or any(entry.start == entry.end for entry in node.entries):
        _check_comments(block, node)
        return [(node.start, node.end, inline(wanted))]
    edits: list[Edit] = []
    for n, name in enumerate(names):
        if n in kept:
            edits += flow_edits(block, node.entries[n], old[name], wanted[name])
        else:
            _check_comments(block, node)
            last = n > kept[-1]
            start, end = (node.entries[n - 1].end, node.entries[n].end) if last else (node.keys[n].start, -1)
            edits.append((start, end if last else node.keys[n + 1].start, ""))
    added = {name: value for name, value in wanted.items() if name not in names and value is not None}
    place = node.entries[kept[-1]].end
    return [*edits, (place, place, "".join(f", {inline({name: value})[1:-1]}" for name, value in added.items()))]


def _sequence(block: str, node: Node, old: list[Value], wanted: list[Value]) -> list[Edit]:
    if old and wanted[: len(old)] == old:
        place = node.entries[-1].end
        return [(place, place, "".join(f", {inline(value)}" for value in wanted[len(old) :]))]
    pairs = pair_entries(old, wanted)
    if pairs == list(range(len(old))):
        return [
            edit
            for entry, before, after in zip(node.entries, old, wanted, strict=True)
            for edit in flow_edits(block, entry, before, after)
        ]
    _check_comments(block, node)
    parts = [
        inline(value) if n is None else _changed(block, node.entries[n], old[n], value)
        for n, value in zip(pairs, wanted, strict=True)
    ]
    return [(node.start, node.end, f"[{', '.join(parts)}]")]


def _changed(block: str, node: Node, old: Value, wanted: Value) -> str:
    edits = flow_edits(block, node, old, wanted)
    shifted = [(start - node.start, end - node.start, text) for start, end, text in edits]
    return apply_edits(block[node.start : node.end], shifted)


def pair_entries(old: Sequence[Value], wanted: Sequence[Value]) -> list[int | None]:
    """Return for each wanted entry of a list which one it was: the same, one of its id, or the one in its place."""
    unused = list(range(len(old)))
    pairs: list[int | None] = [None] * len(wanted)
    for place, value in enumerate(wanted):
        n = next((n for n in unused if old[n] == value), None)
        if n is not None:
            pairs[place] = n
            unused.remove(n)
    for place, value in enumerate(wanted):
        if pairs[place] is None:
            n = next((n for n in unused if _is_of(old[n], value)), None)
            if n is None and len(old) == len(wanted) and place in unused:
                n = place
            if n is not None:
                pairs[place] = n
                unused.remove(n)
    return pairs


def _is_of(old: Value, value: Value) -> bool:
    return (
        isinstance(old, dict)
        and isinstance(value, dict)
        and old.get("id") is not None
        and old.get("id") == value.get("id")
    )


def _check_comments(block: str, node: Node) -> None:
    """Refuse to take out what a comment may be about."""
    parts = sorted((part.start, part.end) for part in (*node.keys, *node.entries))
    gaps = zip([node.start, *(end for _, end in parts)], [*(start for start, _ in parts), node.end], strict=True)
    if any("#" in block[a:b] for a, b in gaps):
        where, remedy = "there are comments between the brackets", "Write one `- ` or one `name: value` a line"
        raise refusal(block, node.start, where, remedy, block=True)
