"""Front matter: YAML whose scalars stay strings, with the line of every value. Owns PyYAML.

YAML 1.1 turns the country `NO` into false, `011` into 9 and `12:30` into 750. So nothing is
resolved here: every scalar is the text that was written and `items` gives it its type.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Place: TypeAlias = tuple[str | int, ...]

FENCE = "---"
MAX_LENGTH = 200_000
_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})


class FrontMatterError(ValueError):
    """The block cannot be read; `line` is counted from 1 in the file."""

    def __init__(self, message: str, line: int, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The values of a block, where each stands, and the line on which the body begins."""

    values: dict[str, Value]
    lines: dict[Place, int] = field(default_factory=dict)
    body_line: int = 1

    def line_of(self, place: Place) -> int:
        """Return the line of the nearest known value at or above `place`; 1 if there is none."""
        while place:
            if place in self.lines:
                return self.lines[place]
            place = place[:-1]
        return 1


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """Split a file's text into its front matter and its body.

    Raises:
        FrontMatterError: no block, a block without end, broken YAML, or YAML that is no mapping.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        raise FrontMatterError(
            "no front matter", 1, f"Begin the file with a line `{FENCE}`, then `title: ...`, then `{FENCE}`"
        )
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in (FENCE, "...")), None)
    if end is None:
        raise FrontMatterError("the front matter has no end", 1, f"Write a line `{FENCE}` after its last field")
    values, places = _parse("\n".join(lines[1:end]))
    return FrontMatter(values, places, body_line=end + 2), "\n".join(lines[end + 1 :])


def format_front_matter(values: dict[str, Any]) -> str:
    """Return a front matter block, fences included, from which the same strings are read again."""
    import yaml

    block = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100, default_flow_style=False)
    return f"{FENCE}\n{block}{FENCE}\n"


def _parse(block: str) -> tuple[dict[str, Value], dict[Place, int]]:
    import yaml

    if len(block) > MAX_LENGTH:
        raise FrontMatterError(
            f"the front matter is longer than {MAX_LENGTH:,} characters", 1, "Move text into the body"
        )
    try:
        node: Any = yaml.compose(block, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 2 if mark else 1
        raise FrontMatterError(
            f"broken YAML: {error.problem or error.context}",
            line,
            "Check quotes, colons and indentation there; quote text that holds `: ` or ` #`",
        ) from error
    except yaml.YAMLError as error:
        raise FrontMatterError(f"broken YAML: {_first_line(error)}", 1, "Remove control characters") from error
    if node is None:
        return {}, {}
    if node.id != "mapping":
        raise FrontMatterError("the front matter is no list of fields", 2, "Write one `field: value` a line")
    places: dict[Place, int] = {}
    value = _convert(node, (), places, set())
    assert isinstance(value, dict)
    return value, places


def _convert(node: Any, place: Place, places: dict[Place, int], seen: set[int]) -> Value:
    # An alias composes to the same node again; a few of them nested can stand for gigabytes.
    if id(node) in seen:
        raise FrontMatterError(
            "YAML aliases (`*name`) are not supported", places.get(place[:-1], 1), "Write the value out"
        )
    seen.add(id(node))
    places.setdefault(place, node.start_mark.line + 2)
    if node.id == "scalar":
        return None if node.style is None and node.value in _EMPTY else node.value
    if node.id == "sequence":
        return [_convert(child, (*place, n), places, seen) for n, child in enumerate(node.value)]
    return _convert_mapping(node, place, places, seen)


def _convert_mapping(node: Any, place: Place, places: dict[Place, int], seen: set[int]) -> dict[str, Value]:
    result: dict[str, Value] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 2
        if key_node.id != "scalar":
            raise FrontMatterError("a field's name must be one word", line, "Write `name: value`")
        key = str(key_node.value)
        if key in result:
            raise FrontMatterError(f"`{key}` stands twice", line, "Keep one of them")
        places[(*place, key)] = line
        result[key] = _convert(value_node, (*place, key), places, seen)
    return result


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
