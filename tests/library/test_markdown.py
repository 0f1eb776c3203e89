"""Markdown bodies: the heading tree, its lines, its links, and that no word is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library.markdown import Body, parse_body

FIXTURES = Path(__file__).parent / "fixtures" / "markdown"


def _fixtures() -> Iterator[tuple[str, str, str]]:
    """Yield (title, input, expected) of every fixture: three parts, each ended by a line with a dot."""
    for path in sorted(FIXTURES.glob("*.md")):
        parts = re.split(r"^\.\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert len(parts) % 3 == 1, f"{path.name}: a fixture is not closed"
        for n in range(0, len(parts) - 1, 3):
            yield f"{path.stem}: {parts[n].strip()}", parts[n + 1], parts[n + 2]


def _drawn(body: Body) -> str:
    """Draw a body as the fixtures do: level, line and path of each section, its text behind bars, the links."""
    lines = []
    for section in body.sections:
        lines.append(f"{section.level} @{section.line} {' > '.join(section.path)}".rstrip())
        lines += [f"| {line}".rstrip() for line in section.text.split("\n") if section.text]
    lines += [f"link @{link.line} {link.target}" for link in body.links]
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize(("markdown", "expected"), [pytest.param(*rest, id=title) for title, *rest in _fixtures()])
def test_body_is_read_as_its_fixture_says(markdown: str, expected: str) -> None:
    """Sections, levels, paths, lines, text and links are exactly those of the fixture."""
    assert _drawn(parse_body(markdown)) == expected


def test_fixtures_are_found() -> None:
    """A moved folder must not turn the fixtures' test into one that tests nothing."""
    assert len(list(_fixtures())) > 40


def test_heading_is_the_last_part_of_the_path() -> None:
    """Text before the first heading has no heading."""
    before, inner = parse_body("text\n\n# A\n\n## B\n").sections[0], parse_body("# A\n\n## B\n").sections[1]
    assert (before.heading, inner.heading) == ("", "B")


@pytest.mark.parametrize("depth", [12, 30, 45])
def test_deeply_nested_list_keeps_every_level(depth: int) -> None:
    """A pasted outline may be deep; the parser's own limit would drop its inner levels in silence."""
    markdown = "".join(f"{'  ' * n}- w{n}\n" for n in range(depth))
    assert re.findall(r"w\d+", parse_body(markdown).sections[0].text) == [f"w{n}" for n in range(depth)]


@pytest.mark.parametrize("text", ["[" * 2_000, "*" * 9_999, "`" * 9_999, "<" * 9_999, "> " * 5_000, "- " * 5_000])
def test_pathological_text_ends(text: str) -> None:
    """Text made to break parsers neither raises an error nor keeps the run from going on."""
    assert parse_body(f"{text}\n\n## After\n\nlast").sections[-1].text.endswith("last")


@dataclass(frozen=True)
class _Writer:
    """Writes blocks of words `w0`, `w1`, ... so that a lost, doubled or moved word is seen."""

    numbers: Iterator[int]

    def word(self, wrap: str) -> str:
        return wrap.replace("w", f"w{next(self.numbers)}")

    def words(self, wraps: list[str], glue: str = " ") -> str:
        return glue.join(self.word(wrap) for wrap in wraps)


_WRAPS = st.sampled_from(
    ["w", "w", "**w**", "*w*", "`w`", "[w](x.md)", "![w](x.png)", "(w)", "w.", "w,", "w:", "“w”", "w–", "~~w~~", "w|"]
)
_LINE = st.lists(_WRAPS, min_size=1, max_size=5)
_BLOCK = st.one_of(
    st.tuples(st.just("paragraph"), st.lists(_LINE, min_size=1, max_size=3), st.sampled_from(["\n", "  \n", "\\\n"])),
    st.tuples(st.just("list"), st.lists(st.tuples(st.integers(0, 15), _LINE), min_size=1, max_size=6), st.just("")),
    st.tuples(st.just("table"), st.integers(1, 4), st.integers(0, 4)),
    st.tuples(st.just("code"), st.lists(_LINE, min_size=1, max_size=3), st.sampled_from(["```", "~~~", "    "])),
    st.tuples(st.just("quote"), st.lists(_LINE, min_size=1, max_size=3), st.just("")),
    st.tuples(st.just("heading"), st.integers(1, 6), _LINE),
)


def _write(block: tuple[str, object, object], writer: _Writer) -> str:
    match block:
        case ("paragraph", list(lines), str(end)):
            return end.join(writer.words(line) for line in lines)
        case ("list", list(entries), _):
            return _write_list(entries, writer)
        case ("table", int(columns), int(rows)):
            row = [f"| {writer.words(['w'] * columns, ' | ')} |" for _ in range(rows + 1)]
            return "\n".join([row[0], f"|{'---|' * columns}", *row[1:]])
        case ("code", list(lines), str(fence)):
            return _write_code([writer.words(line) for line in lines], fence)
        case ("quote", list(lines), _):
            return "\n".join(f"> {writer.words(line)}" for line in lines)
        case ("heading", int(level), list(line)):
            return f"{'#' * level} {writer.words(line)}"
    raise AssertionError(block)


def _write_code(lines: list[str], fence: str) -> str:
    if not fence.strip():
        return "\n".join(f"{fence}# {line}" for line in lines)
    return "\n".join([fence, *(f"# {line}" for line in lines), fence])


def _write_list(entries: list[tuple[int, list[str]]], writer: _Writer) -> str:
    # An entry lies at most one level deeper than the one before it.
    lines, depth = [], -1
    for wanted, words in entries:
        depth = min(wanted, depth + 1)
        lines.append(f"{'   ' * depth}{'-  ' if depth % 2 else '1. '}{writer.words(words)}")
    return "\n".join(lines)


@settings(deadline=None, max_examples=60)
@given(st.lists(_BLOCK, max_size=8), st.integers(1, 1000))
def test_no_word_is_lost_doubled_or_moved(blocks: list[tuple[str, object, object]], first_line: int) -> None:
    """Every word of paragraphs, lists, tables, quotations, code and headings stands once, in its order."""
    numbers = count()
    writer = _Writer(numbers)
    # A comment between two blocks keeps a list and the code after it apart.
    markdown = "\n\n<!-- -->\n\n".join(_write(block, writer) for block in blocks)
    body = parse_body(markdown, first_line=first_line)
    found = [text for section in body.sections for text in ((section.heading if section.level else ""), section.text)]
    assert re.findall(r"w\d+", " ".join(found)) == [f"w{n}" for n in range(next(numbers))]


@settings(deadline=None, max_examples=60)
@given(st.lists(_BLOCK, max_size=6), st.integers(2, 1000))
def test_lines_are_those_of_the_file(blocks: list[tuple[str, object, object]], first_line: int) -> None:
    """A heading's line is where it stands in the file, whatever stands above the body."""
    writer = _Writer(count())
    markdown = "\n\n<!-- -->\n\n".join(_write(block, writer) for block in blocks)
    lines = markdown.split("\n")
    shifted = parse_body(markdown, first_line=first_line)
    for section, plain in zip(shifted.sections, parse_body(markdown).sections, strict=True):
        assert section.line == plain.line + first_line - 1
        assert not section.level or lines[plain.line - 1].startswith(f"{'#' * section.level} ")
    for link in shifted.links:
        assert f"]({link.target})" in lines[link.line - first_line]


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    """There is no wrong Markdown."""
    parse_body(text)
