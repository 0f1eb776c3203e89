"""Front matter: YAML whose scalars stay strings, with the line of every value. Owns PyYAML.

YAML 1.1 turns the country `NO` into false, `011` into 9 and `12:30` into 750. So nothing is
resolved here: every scalar is the text that was written and `items` gives it its type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, TypeAlias

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Place: TypeAlias = tuple[str | int, ...]

FENCE = "---"
MAX_LENGTH = 200_000
MAX_DEPTH = 20  # of values in one another; an item needs four
_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})
# YAML notices these mistakes where the text goes wrong, often lines later; people look for where it began.
_TOLD_BY_BEGINNING = ("quoted scalar", "flow sequence", "flow mapping", "simple key")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_YAML_BREAKS = re.compile("[\x85\u2028\u2029]")
_AS_SPACES = dict.fromkeys(map(ord, "\x85\u2028\u2029"), " ")


class FrontMatterError(ValueError):
    """The block cannot be read; `line` is counted from 1 in the file."""

    def __init__(self, message: str, line: int, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The values of a block (None: none was written), where each stands, and the line of the body."""

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


@dataclass(frozen=True, slots=True)
class Node:
    """A value as it stands in a block: `start` and `end` are offsets of its first and behind its last character.

    `style` is `flow` or `block` for collections, else how the scalar is quoted: one of `'` `"` `|` `>`, or nothing.
    `is_marked` says that it has an anchor or a tag. `keys` are those of a mapping, one for each of `entries`.
    """

    kind: str
    start: int
    end: int
    style: str = ""
    is_marked: bool = False
    entries: tuple[Node, ...] = ()
    keys: tuple[Node, ...] = ()
    text: str = ""


def read_nodes(block: str) -> Node | None:
    """Return the mapping of a block that `split_front_matter` has read before, with every value's place.

    None if nothing but comments stands in it. Offsets count characters of `block`.
    """
    import yaml

    events = iter(yaml.parse(block.translate(_AS_SPACES), Loader=yaml.CSafeLoader))
    next(events)
    if type(next(events)).__name__ == "StreamEndEvent":
        return None
    return _node(next(events), events)


def _node(event: Any, events: Iterator[Any]) -> Node:
    kind = type(event).__name__.removesuffix("Event").removesuffix("Start").lower()
    start, end = int(event.start_mark.index), int(event.end_mark.index)
    is_marked = event.anchor is not None or event.tag is not None
    if kind == "scalar":
        return Node(kind, start, end, event.style or "", is_marked, text=event.value)
    keys: list[Node] = []
    entries: list[Node] = []
    while not (inner := next(events)).__class__.__name__.endswith("EndEvent"):
        if kind == "mapping":
            keys.append(_node(inner, events))
            inner = next(events)
        entries.append(_node(inner, events))
    # YAML ends a block where the next value begins, behind the comments between them.
    end = int(inner.end_mark.index) if event.flow_style else entries[-1].end
    return Node(kind, start, end, "flow" if event.flow_style else "block", is_marked, tuple(entries), tuple(keys))


def format_front_matter(values: dict[str, Any]) -> str:
    """Return a front matter block, fences included, from which the same strings are read again."""
    import yaml

    block = yaml.dump(values, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=100)
    return f"{FENCE}\n{block}{FENCE}\n"


@cache
def _dumper() -> Any:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Escapes the characters that YAML alone takes for the end of a line."""

        def represent_text(self, text: str) -> yaml.ScalarNode:
            style = '"' if _YAML_BREAKS.search(text) else None
            return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, Dumper.represent_text)
    return Dumper


def _parse(block: str) -> tuple[dict[str, Value], dict[Place, int]]:
    import yaml

    if len(block) > MAX_LENGTH:
        raise FrontMatterError(
            f"the front matter is longer than {MAX_LENGTH:,} characters", 1, "Move text into the body"
        )
    try:
        return _EventReader(_events(block)).read()
    except yaml.MarkedYAMLError as error:
        raise FrontMatterError(
            f"broken YAML: {error.problem or error.context}",
            _line_of_error(error),
            "Check quotes, colons and indentation there; quote text that holds `: ` or ` #`",
        ) from error
    except yaml.YAMLError as error:
        line = _line_of_control(block)
        raise FrontMatterError(f"broken YAML: {_first_line(error)}", line, "Remove control characters") from error


class _Event(NamedTuple):
    kind: str  # Scalar, Alias, MappingStart, ...
    line: int
    text: str | None


def _events(block: str) -> Iterator[_Event]:
    import yaml

    # An unquoted `null`, `~` or nothing at all is no value; an unquoted scalar has no tag of its own.
    event: Any
    for event in yaml.parse(block, Loader=yaml.CSafeLoader):
        kind = type(event).__name__.removesuffix("Event")
        text = event.value if kind == "Scalar" else None
        missing = text in _EMPTY and event.implicit[0]
        yield _Event(kind, event.start_mark.line + 2, None if missing else text)


class _EventReader:
    """Builds values from YAML's events.

    An event tells the line of an alias, and reading events recurses no deeper than `MAX_DEPTH`;
    composing nodes does neither: enough nested brackets end the process.
    """

    def __init__(self, events: Iterator[_Event]) -> None:
        self._events = events
        self._places: dict[Place, int] = {}

    def read(self) -> tuple[dict[str, Value], dict[Place, int]]:
        """Return the block's fields, and the line of each value."""
        next(self._events)  # the stream starts
        if next(self._events).kind == "StreamEnd":
            return {}, {}
        if next(self._events).kind != "MappingStart":
            raise FrontMatterError("the front matter is no list of fields", 2, "Write one `field: value` a line")
        values = self._mapping(())
        next(self._events)  # the document ends
        rest = next(self._events)
        if rest.kind != "StreamEnd":
            raise FrontMatterError("the front matter has two parts", rest.line, f"Take the inner `{FENCE}` out")
        return values, self._places

    def _value(self, event: _Event, place: Place) -> Value:
        if len(place) > MAX_DEPTH:
            raise FrontMatterError(f"more than {MAX_DEPTH} values in one another", event.line, "Write it flatter")
        _refuse_alias(event)
        self._places.setdefault(place, event.line)
        if event.kind == "MappingStart":
            return self._mapping(place)
        return self._sequence(place) if event.kind == "SequenceStart" else event.text

    def _sequence(self, place: Place) -> list[Value]:
        values: list[Value] = []
        while (event := next(self._events)).kind != "SequenceEnd":
            values.append(self._value(event, (*place, len(values))))
        return values

    def _mapping(self, place: Place) -> dict[str, Value]:
        values: dict[str, Value] = {}
        while (event := next(self._events)).kind != "MappingEnd":
            _refuse_alias(event)
            if event.kind != "Scalar":
                raise FrontMatterError("a field's name must be one word", event.line, "Write `name: value`")
            key = event.text or ""
            if key in values:
                raise FrontMatterError(f"`{key}` stands twice", event.line, "Keep one of them")
            self._places[(*place, key)] = event.line
            values[key] = self._value(next(self._events), (*place, key))
        return values


def _refuse_alias(event: _Event) -> None:
    # A few aliases nested can stand for gigabytes.
    if event.kind == "Alias":
        remedy = "Write the value out; quote text that begins with `*`"
        raise FrontMatterError("YAML aliases (`*name`) are not supported", event.line, remedy)


def _line_of_error(error: Any) -> int:
    begun = error.context_mark is not None and (error.context or "").endswith(_TOLD_BY_BEGINNING)
    mark = error.context_mark if begun else error.problem_mark or error.context_mark
    return int(mark.line) + 2 if mark else 1


def _line_of_control(block: str) -> int:
    found = _CONTROL.search(block)
    return block.count("\n", 0, found.start()) + 2 if found else 1


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
