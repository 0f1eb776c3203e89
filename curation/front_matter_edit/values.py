"""Write values as YAML: in the quotes that stood there, without any where every reader reads the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from library.front_matter import FENCE, FrontMatterError, Value, split_front_matter

_WIDTH = 110
_LINE = re.compile(r"[\r\n]")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
# What every reader of YAML takes for a text, or for the same number or day that stands there.
_PLAIN_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_OTHERWISE = re.compile(r"(?i)(y|n|yes|no|on|off|null|~|=|<<|)|[-+.\d][\d_.,:eExXoa-fA-F+-]*|\.(inf|nan)")


def entry_lines(key: str, value: Value, indent: str, newline: str) -> str:
    """Return the lines of a key and its value in a block mapping."""
    first, lines = rendered(value, indent, newline)
    return f"{indent}{scalar(key)}:{first}{newline}{lines}"


def rendered(value: Value, indent: str, newline: str, *, quote: str = "") -> tuple[str, str]:
    """Return what stands on a key's line and what on the lines below it."""
    if isinstance(value, str):
        return f" {scalar(value, quote)}", ""
    simple = isinstance(value, list) and all(isinstance(entry, str) for entry in value)
    if not value or (simple and len(inline(value)) + len(indent) + 30 <= _WIDTH):
        return f" {inline(value)}", ""
    inner = f"{indent}  "
    if isinstance(value, dict):
        return "", "".join(entry_lines(key, entry, inner, newline) for key, entry in value.items() if entry is not None)
    return "", "".join(list_entry(entry, inner, newline) for entry in value)


def list_entry(value: Value, indent: str, newline: str, *, flow: bool | None = None) -> str:
    """Return the lines of an entry of a block list; `flow` says whether it stands in brackets, None: if it fits."""
    written = inline(value)
    if not isinstance(value, dict) or not value or flow or (flow is None and len(indent) + len(written) < _WIDTH):
        return f"{indent}- {written}{newline}"
    lines = "".join(
        entry_lines(key, entry, f"{indent}  ", newline) for key, entry in value.items() if entry is not None
    )
    return f"{indent}- {lines.lstrip(' ')}"


def inline(value: Value) -> str:
    """Return a value on one line, as it stands within brackets."""
    match value:
        case dict():
            parts = (f"{scalar(key, flow=True)}: {inline(entry)}" for key, entry in value.items() if entry is not None)
            return "{" + ", ".join(parts) + "}"
        case list():
            return "[" + ", ".join(map(inline, value)) + "]"
        case None:
            return "null"
        case _:
            return scalar(value, flow=True)


def scalar(text: str, quote: str = "", *, flow: bool = False) -> str:
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


def as_read(value: Any) -> Value:
    """Return a value as it would be read: lists and dicts of texts."""
    match value:
        case None | str():
            return value
        case Mapping():
            return {str(key): as_read(entry) for key, entry in value.items() if entry is not None}
        case _:
            return [as_read(entry) for entry in value]
