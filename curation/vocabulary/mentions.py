"""Where files name an id: references in front matter, and links to its page in their text."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from curation.front_matter_edit import set_keys
from curation.writing import etag_of
from library.errors import VocabularyError
from library.front_matter import FENCE, FrontMatterError, Node, Value, read_nodes, split_front_matter
from library.items import ITEM_TYPES
from library.reading import find_files

REFERENCES = frozenset(name for model in ITEM_TYPES.values() for name in model.REFERENCES)
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# Inline links, with or without angle brackets, and the definitions that others refer to.
_LINK = re.compile(r"(\]\(\s*<?|^ {0,3}\[[^\]]+\]:\s*<?)([^\s)>#?]+)", re.MULTILINE)
_EFFECTS = ("critical", "supporting", "missing")


@dataclass(frozen=True, slots=True)
class Text:
    """A file of the library as it was read; `path` is relative to it."""

    path: str
    text: str
    etag: str


def read_texts(root: Path, *, only: Container[str] | None = None) -> list[Text]:
    """Return all files of a library that hold text with front matter, or those of given paths, in order of path."""
    texts = []
    for source in find_files(root)[0]:
        if only is not None and source.path not in only:
            continue
        if not source.place.is_file() or not Path(os.path.realpath(source.place)).is_relative_to(
            os.path.realpath(root)
        ):
            continue
        content = source.place.read_bytes()
        try:
            text = content.decode()
            split_front_matter(_parts(text)[3])
        except (UnicodeDecodeError, FrontMatterError):
            continue
        texts.append(Text(source.path, text, etag_of(content)))
    return texts


def find_mentions(root: Path) -> dict[str, list[str]]:
    """Return the paths of the files whose front matter names each id."""
    found: dict[str, list[str]] = {}
    for file in read_texts(root):
        for item_id in mentions_in(file.text):
            found.setdefault(item_id, []).append(file.path)
    return found


def mentions_in(text: str) -> set[str]:
    """Return the ids that a file's front matter refers to."""
    values = split_front_matter(_parts(text)[3])[0].values
    return {item_id for name in REFERENCES for item_id in _ids(values.get(name))}


def replace_mentions(text: str, old: str, new: str, *, but: frozenset[str] = frozenset(), self_id: str = "") -> str:
    """Return a file's text in which references to `old` name `new`; every other byte stays.

    A list that would then name one id twice, or `self_id`, loses that entry. Fields in `but` stay.

    Raises:
        VocabularyError: an id stands in a way that cannot be changed in place.
        EditError: a list cannot.
    """
    values = split_front_matter(_parts(text)[3])[0].values
    rewritten: dict[str, Value] = {}
    names = []
    for name in sorted(REFERENCES - but):
        if old in _ids(values.get(name)):
            wanted = _renamed(values[name], old, new, self_id)
            if _ids(wanted) == [new if item_id == old else item_id for item_id in _ids(values[name])]:
                names.append(name)
            else:
                rewritten[name] = wanted
    text = _replace_scalars(text, names, old, new)
    return set_keys(text, rewritten) if rewritten else text


def replace_links(file: str, text: str, old: str, new: str) -> str:
    """Return a text in whose body links to the file `old` lead to `new`; both paths are relative to the library."""
    head, body = _split_body(text)
    folder = posixpath.dirname(file)

    def moved(found: re.Match[str]) -> str:
        target = unquote(found[2])
        if ":" in target or target.startswith("/") or posixpath.normpath(posixpath.join(folder, target)) != old:
            return found[0]
        relative = posixpath.relpath(new, folder or ".")
        return found[1] + quote("./" * target.startswith("./") + relative)

    return head + _LINK.sub(moved, body)


def replace_key(text: str, name: str, new: str) -> str:
    """Return a text in which a top-level key has another plain value, in the quotes of the one that stood there."""
    return _replace_scalars(text, [name], None, new)


def _renamed(value: Value, old: str, new: str, self_id: str) -> Value:
    """Return references without what would stand twice; of two effects the stronger stays."""
    if not isinstance(value, list):
        return None if new == self_id else new
    entries: dict[str, Value] = {}
    for entry in value:
        item_id = _id(entry)
        item_id = new if item_id == old else item_id
        if item_id == self_id:
            continue
        changed: Value = {**entry, "id": item_id} if isinstance(entry, dict) else item_id
        entries[item_id] = _stronger(entries[item_id], changed) if item_id in entries else changed
    return list(entries.values())


def _stronger(one: Value, other: Value) -> Value:
    def rank(entry: Value) -> int:
        effect = entry.get("effect") if isinstance(entry, dict) else None
        return _EFFECTS.index(effect) if isinstance(effect, str) and effect in _EFFECTS else len(_EFFECTS)

    return one if rank(one) <= rank(other) else other


def _ids(value: Value) -> list[str]:
    if value is None or isinstance(value, dict):
        return []
    return [_id(entry) for entry in (value if isinstance(value, list) else [value])]


def _id(entry: Value) -> str:
    named = entry.get("id") if isinstance(entry, dict) else entry
    return named if isinstance(named, str) else ""


def _replace_scalars(text: str, names: list[str], old: str | None, new: str) -> str:
    start, end, block, _ = _parts(text)
    root = read_nodes(block)
    spans = [node for name, node in _top(root) if name in names for node in _id_nodes(node) if old in (None, node.text)]
    for node in sorted(spans, key=lambda node: node.start, reverse=True):
        if node.is_marked or node.style in ("|", ">"):
            hint = "Write it as a plain word on one line, then run this again."
            raise VocabularyError(f"{node.text!r} stands in front matter in a way of its own.", hint=hint)
        block = f"{block[: node.start]}{node.style}{new}{node.style}{block[node.end :]}"
    return text[:start] + block + text[end:]


def _top(root: Node | None) -> Iterator[tuple[str, Node]]:
    if root is not None:
        yield from ((key.text, entry) for key, entry in zip(root.keys, root.entries, strict=True))


def _id_nodes(node: Node) -> Iterator[Node]:
    """Yield the scalars of a reference: itself, a list's entries, or the `id` of entries that are mappings."""
    if node.kind == "scalar":
        yield node
    elif node.kind == "sequence":
        for entry in node.entries:
            yield from _id_nodes(entry)
    else:
        yield from (entry for key, entry in zip(node.keys, node.entries, strict=True) if key.text == "id")


def _parts(text: str) -> tuple[int, int, str, str]:
    """Return where the block of front matter begins and ends, the block, and the text as it is parsed."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = _LINES.findall(text)
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in (FENCE, "...")), 0)
    start = len(lines[0]) if lines else 0
    block = "".join(lines[1:end])
    return start, start + len(block), block, plain


def _split_body(text: str) -> tuple[str, str]:
    end = _parts(text)[1]
    fence = _LINES.match(text, end)
    place = fence.end() if fence else end
    return text[:place], text[place:]
