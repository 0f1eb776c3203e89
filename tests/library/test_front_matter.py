"""Front matter: strings stay strings, every value and every mistake has its line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library.front_matter import (
    MAX_DEPTH,
    MAX_LENGTH,
    FrontMatterError,
    Value,
    format_front_matter,
    split_front_matter,
)


def _values(block: str) -> dict[str, Value]:
    return split_front_matter(f"---\n{block}\n---\n")[0].values


def _mistake(block: str) -> FrontMatterError:
    with pytest.raises(FrontMatterError) as caught:
        split_front_matter(f"---\n{block}\n---\n")
    return caught.value


PLAIN_STRINGS = [
    *("NO", "no", "No", "yes", "Yes", "on", "off", "y", "n", "true", "True", "false"),
    *("011", "0o14", "0x1F", "12:30", "190:20:30", "1e3", "1E3", "1_000", "3.10", "+1", "-0", ".5", ".inf", ".nan"),
    *("nan", "2026-03-31", "2026-03-31T12:00:00Z", "None", "none", "nil", "N/A", "NULLs", "=", "<<"),
]


@pytest.mark.parametrize("text", PLAIN_STRINGS)
def test_plain_scalar_stays_the_string_that_was_written(text: str) -> None:
    """Nothing is resolved: a country, a leading zero, a time of day and a number stay what was typed."""
    block = f"value: {text}\nlisted: [{text}]\nnested:\n  - inner: {text}"
    assert _values(block) == {"value": text, "listed": [text], "nested": [{"inner": text}]}


@pytest.mark.parametrize("text", ["NO", "011", "12:30", "1e3", "true"])
def test_field_name_stays_the_string_that_was_written(text: str) -> None:
    """A key is text as well: labels in Norwegian are not labels in `false`."""
    assert _values(f"{text}: a") == {text: "a"}


@pytest.mark.parametrize("text", ["null", "Null", "NULL", "~", ""])
def test_unquoted_null_is_no_value(text: str) -> None:
    """A field without a value, or with YAML's word for none, counts as not written."""
    assert _values(f"value: {text}\nnested:\n  inner: {text}") == {"value": None, "nested": {"inner": None}}


@pytest.mark.parametrize("text", ["null", "~", "", "NO", "12:30"])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_quoted_scalar_is_always_a_string(text: str, quote: str) -> None:
    """Quotes make a string of everything, also of a null."""
    assert _values(f"value: {quote}{text}{quote}") == {"value": text}


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("value: |\n  one\n  two", "one\ntwo"),
        ("value: >-\n  one\n  two", "one two"),
        ("value: one\n  two", "one two"),
        ('value: "a: b # c"', "a: b # c"),
        ("value: Müller & Söhne 北京 🙂", "Müller & Söhne 北京 🙂"),
        ("value: !!str null", "null"),
        ("value: !!int 011", "011"),
    ],
)
def test_every_way_of_writing_a_text_is_read(block: str, text: str) -> None:
    """Block, folded, continued, quoted and tagged scalars are read as YAML reads them, as text."""
    assert _values(block) == {"value": text}


def test_tag_of_a_python_object_builds_nothing() -> None:
    """Front matter is data: a tag cannot call anything."""
    assert _values("value: !!python/object/apply:os.system [echo]") == {"value": ["echo"]}


@pytest.mark.parametrize("block", ["", "# only a comment", "\n\n"])
def test_block_without_fields_has_no_values(block: str) -> None:
    """An empty block is read; what is missing in it is told later."""
    assert _values(block) == {}


@pytest.mark.parametrize("fence", ["---", "...", "---  "])
def test_body_begins_after_the_closing_fence(fence: str) -> None:
    """The body is what follows, unchanged, and its first line is known."""
    front, body = split_front_matter(f"---\na: 1\nb: 2\n{fence}\n\n## Heading\n---\nrest")
    assert front.body_line == 5
    assert body == "\n## Heading\n---\nrest"


def test_indented_dashes_do_not_end_the_block() -> None:
    """A line of dashes inside a text is part of the text."""
    assert _values("value: |\n  one\n  ---\n  two") == {"value": "one\n---\ntwo"}


def test_line_of_every_value_is_known() -> None:
    """Lines count from 1 in the file, whose first line is the fence."""
    block = "---\ntitle: a\n\nregions:\n  - DE\n  - FR\nvalue:\n  - metric: a\n    unit: b\nlist: [a,\n  b]\n---\n"
    front, _ = split_front_matter(block)
    places = [("title",), ("regions",), ("regions", 0), ("regions", 1), ("value", 0, "unit"), ("list", 1)]
    assert [front.line_of(place) for place in places] == [2, 4, 5, 6, 9, 11]


def test_line_of_an_unknown_place_is_that_of_the_nearest_known_one() -> None:
    """A problem with something that is not written is shown where it would stand."""
    front, _ = split_front_matter("---\ntitle: a\nregions:\n  - DE\n---\n")
    assert front.line_of(("regions", 0, "code")) == 4
    assert front.line_of(("regions", 7)) == 3
    assert front.line_of(("owner",)) == 1


@pytest.mark.parametrize("text", ["", "title: x", "\n---\ntitle: x\n---\n", " ---\ntitle: x\n---\n", "----\n", "# A"])
def test_text_without_opening_fence_has_no_front_matter(text: str) -> None:
    """The very first line opens the block, or there is none."""
    with pytest.raises(FrontMatterError) as caught:
        split_front_matter(text)
    assert (caught.value.message, caught.value.line) == ("no front matter", 1)
    assert "---" in caught.value.remedy


def test_block_without_end_is_refused() -> None:
    """A body is never taken for front matter because a fence is missing."""
    with pytest.raises(FrontMatterError, match="has no end") as caught:
        split_front_matter("---\ntitle: x\n\n## Challenge\n")
    assert caught.value.line == 1


@pytest.mark.parametrize(
    ("block", "line"),
    [
        ("a: 1\ntitle: b: c\nd: 2", 3),
        ("a: 1\n title: b\nd: 2", 3),
        ("a: 1\nlabels:\n\ten: b", 4),
        ("a: 1\ntitle: %b", 3),
        ("a: 1\ntitle: @b", 3),
        ("a: 1\ntitle: `b`", 3),
        ("a: 1\ntitle: *important*", 3),
        ("a: 1\ntitle b\nd: 2", 3),
        ('a: 1\ntitle: "b\nd: 2\ne: 3', 3),
        ("a: 1\ntitle: 'b\nd: 2\ne: 3", 3),
        ("a: 1\nregions: [DE, FR\nd: 2", 3),
        ("a: 1\nindustry: {scheme: isic\nd: 2", 3),
        ("a: 1\nregions:\n  - DE\n - FR\nd: 2", 5),
        ('a: 1\ntitle: "b" c\nd: 2', 3),
        ('a: 1\ntitle: "\\q"', 3),
        ("é: ü\n日本: 本\ntitle: b: c", 4),
    ],
)
def test_broken_yaml_is_told_with_the_line_of_the_mistake(block: str, line: int) -> None:
    """The line is the one to mend: for an open quote or bracket the one where it was opened."""
    mistake = _mistake(block)
    assert (mistake.line, mistake.message[:13]) == (line, "broken YAML: ")
    assert mistake.remedy


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x0b", "\x1b", "\x7f", "\x9f", "\uffff"])
def test_control_character_is_told_with_its_line(char: str) -> None:
    """A character that YAML forbids has a line too, after text of any width."""
    mistake = _mistake(f"a: é北🙂\nb: x\ntitle: b{char}c\nd: 2")
    assert (mistake.line, mistake.remedy) == (4, "Remove control characters")


@pytest.mark.parametrize(
    ("block", "line"),
    [
        ("a: &x b\nc: d\ne: *x", 4),
        ("a: &x b\nc:\n  - d\n  - *x", 5),
        ("a: &x [1]\nc: [d, *x]", 3),
        ("a: &x {b: c}\nd:\n  <<: *x", 4),
        ("a: &x b\n*x : c", 3),
        ("a: &x [*x]", 2),
        ("a: b\nc: *unknown", 3),
    ],
)
def test_alias_is_refused_where_it_stands(block: str, line: int) -> None:
    """An alias can make gigabytes of a few lines, so none is followed."""
    mistake = _mistake(block)
    assert mistake.line == line
    assert "aliases" in mistake.message


def test_anchor_without_alias_is_harmless() -> None:
    """Naming a value changes nothing."""
    assert _values("a: &x b\nc: &y [d]") == {"a": "b", "c": ["d"]}


@pytest.mark.parametrize(
    ("block", "line", "message"),
    [
        ("- a\n- b", 2, "the front matter is no list of fields"),
        ("just text", 2, "the front matter is no list of fields"),
        ("a: 1\nb: 2\na: 3", 4, "`a` stands twice"),
        ("a:\n  b: 1\n  b: 2", 4, "`b` stands twice"),
        ("a: 1\n? [b]\n: c", 3, "a field's name must be one word"),
        ("a: 1\n--- b\nc: 2", 3, "the front matter has two parts"),
    ],
)
def test_yaml_that_is_no_plain_list_of_fields_is_refused(block: str, line: int, message: str) -> None:
    """What could be read in two ways is told, never guessed."""
    mistake = _mistake(block)
    assert (mistake.line, mistake.message) == (line, message)


@pytest.mark.parametrize("opening", ["[", "{a: ", "[{a: "])
def test_deep_nesting_is_refused(opening: str) -> None:
    """Ninety thousand open brackets are a message; they end neither the run nor the process."""
    assert f"more than {MAX_DEPTH}" in _mistake("a: b\nc: " + opening * (90_000 // len(opening))).message


def test_nesting_up_to_the_limit_is_read() -> None:
    """The limit itself is allowed."""
    assert "a" in _values("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH)


def test_longest_block_is_read_and_a_longer_one_refused() -> None:
    """A body that was put into the front matter by mistake is told as such."""
    assert len(str(_values("a: " + "x" * (MAX_LENGTH - 3))["a"])) == MAX_LENGTH - 3
    assert "longer than" in _mistake("a: " + "x" * (MAX_LENGTH - 2)).message


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
_NESTED: st.SearchStrategy[Any] = st.recursive(
    _TEXTS | st.sampled_from(PLAIN_STRINGS) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(_TEXTS, _NESTED, max_size=4))
def test_written_block_is_read_again_as_the_same_strings(values: dict[str, Any]) -> None:
    """Whatever an import or a template writes comes back, character by character."""
    front, body = split_front_matter(format_front_matter(values) + "body\n---\n")
    assert front.values == values
    assert body == "body\n---\n"


def test_lines_of_a_written_block_point_at_its_fields() -> None:
    """Lines are right after a long text that was folded over several lines."""
    text = format_front_matter({"a": "word " * 60, "b": ["x", "y"], "c": "z"})
    front, body = split_front_matter(text + "body")
    written = text.split("\n")
    assert written[front.line_of(("c",)) - 1] == "c: z"
    assert written[front.line_of(("b", 1)) - 1] == "- y"
    assert (text + "body").split("\n")[front.body_line - 1] == body == "body"
