"""A row's texts become a body in which no word is lost and no text breaks out of its section."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.composing import FURTHER, SUMMARY_LENGTH, compose_body, shorten
from library.documents import HEADINGS, DocumentSection, SectionKind, heading_kinds, read_document
from library.markdown import parse_body

CHALLENGE, SOLUTION, VALUE = SectionKind.CHALLENGE, SectionKind.SOLUTION, SectionKind.VALUE
# Everything that Markdown gives a meaning, with words between.
_MARKDOWN = st.lists(
    st.sampled_from(
        [
            *("word", "other", "text", "größe", "x"),
            *("\n", "\n\n", "\n\n\n", " ", "    ", "\t"),
            *("# ", "## ", "### ", "#", "##\t", "> ", "- ", "* ", "1. ", "---", "===", "***", "-", "="),
            *("```", "````", "~~~", "`", "<!-- ", " -->", "<div>", "</div>", "<script>", "<pre>", "<?", "<![CDATA["),
            *("[", "]", "(", ")", "[x]: y", "|", "\\", "&amp;", "*", "_", "...", "---\n", "\n---\n", "\n# T\n"),
        ]
    ),
    max_size=25,
).map("".join)


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def _sections(body: str) -> tuple[DocumentSection, ...]:
    read = read_document("cases/case-x.md", f"---\ntitle: X\n---\n\n{body}".encode(), heading_kinds())
    assert read.document is not None
    return read.document.sections


def _text_of(body: str, kind: SectionKind | None) -> str:
    return "\n".join(
        "\n".join((*section.path[1:], section.text)) for section in _sections(body) if section.kind is kind
    )


def test_sections_come_in_their_usual_order() -> None:
    """Whatever the order in a row, a body reads context, challenge, ..., value."""
    body = compose_body({VALUE: "Saved.", CHALLENGE: "Trouble.", SOLUTION: "Mended."}, "")
    assert body == "## Challenge\n\nTrouble.\n\n## Solution\n\nMended.\n\n## Value\n\nSaved.\n"


def test_body_alone_stays_as_it_is() -> None:
    """A full text without sections keeps its own headings."""
    assert compose_body({}, "\n# Mine\n\n## Challenge\n\nText.\n\n") == "# Mine\n\n## Challenge\n\nText.\n"
    assert compose_body({}, "  \n ") == ""


def test_full_text_is_not_told_twice() -> None:
    """What the sections hold is taken out of the full text with its usual heading; the rest follows at the end."""
    body = compose_body(
        {CHALLENGE: "They left.", SOLUTION: "We called."},
        "# A case\n\nBefore.\n\n## Challenge\n\nThey left.\n\n## Lösung\n\nWe called.\n\n## After\n\nA year on.",
        title="A case",
    )
    assert body == (
        "## Challenge\n\nThey left.\n\n## Solution\n\nWe called.\n\n"
        f"## {FURTHER}\n\nBefore.\n\n### After\n\nA year on.\n"
    )


def test_heading_of_its_own_moves_with_its_text() -> None:
    """A heading that says more than the section's usual one stays above its text."""
    body = compose_body({CHALLENGE: "They left."}, "## Why the sponsor left\n\nThey left.\n\n## Then\n\nRest.")
    assert body == f"## Challenge\n\n### Why the sponsor left\n\nThey left.\n\n## {FURTHER}\n\n### Then\n\nRest.\n"


def test_title_alone_is_no_further_text() -> None:
    """A first heading that repeats the title is dropped, since the front matter holds it."""
    text = "# *My*  case\n\n## Challenge\n\nThey left."
    assert compose_body({CHALLENGE: "They left."}, text, title="My case") == "## Challenge\n\nThey left.\n"


@pytest.mark.parametrize("short", ["a", "Yes", "1"])
def test_short_section_does_not_eat_the_full_text(short: str) -> None:
    """Only whole lines are taken out: the challenge "a" leaves every other a where it was."""
    rest = "Yesterday a man said: Yes, 1 of 100."
    assert compose_body({CHALLENGE: short}, rest) == f"## Challenge\n\n{short}\n\n## {FURTHER}\n\n{rest}\n"


def test_heading_without_text_is_kept() -> None:
    """Words that stand only in a heading are words too."""
    body = compose_body({CHALLENGE: "They left."}, "## Page footer, before\n\n## Page footer, after\n\nText.")
    assert "### Page footer, before" in body


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# One\n\ntext", "### One\n\ntext"),
        ("## Two\n\ntext", "### Two\n\ntext"),
        ("text\n  ##\tTab", "text\n  ###\tTab"),
        ("### Three", "### Three"),
        ("#hashtag", "#hashtag"),
        ("Underlined\n===\n\ntext", "### Underlined\n\ntext"),
        ("Underlined\n---\n\ntext", "### Underlined\n\ntext"),
        ("two\nlines\n---\nmore", "two\nlines\n\n---\nmore"),
        ("- item\n---\nmore", "- item\n\n---\nmore"),
        ("```\n# code\n```\n\n# Heading", "```\n# code\n```\n\n### Heading"),
        ("~~~\n# code\n```\n~~~\n# Heading", "~~~\n# code\n```\n~~~\n### Heading"),
        ("```inline``` text\n# Heading", "```inline``` text\n### Heading"),
        ("| a |\n| --- |\n| b |", "| a |\n| --- |\n| b |"),
    ],
)
def test_headings_are_put_below_the_section(text: str, expected: str) -> None:
    """A heading of any style in a section's text ranks below the section; code and tables stay."""
    assert compose_body({CHALLENGE: text}, "") == f"## Challenge\n\n{expected}\n"


@pytest.mark.parametrize(
    "text",
    [
        "open fence\n\n```\ncode",
        "a comment\n\n<!-- that nobody closes",
        "<script>\nno end",
        "- a list\n  # with heading",
    ],
)
def test_text_that_swallows_what_follows_is_fenced(text: str) -> None:
    """An open code block or comment would take the next section in; such a text becomes a code block itself."""
    body = compose_body({CHALLENGE: text, SOLUTION: "Mended."}, "")
    assert _words(text) <= _words(_text_of(body, CHALLENGE))
    assert _text_of(body, SOLUTION).strip() == "Mended."


@settings(max_examples=300, deadline=None)
@given(challenge=_MARKDOWN, solution=_MARKDOWN, rest=_MARKDOWN)
def test_no_text_is_lost_or_leaves_its_section(challenge: str, solution: str, rest: str) -> None:
    """Whatever Markdown the texts hold, each is found whole in its own section, and the full text in the file."""
    given_texts = {CHALLENGE: challenge.strip(), SOLUTION: solution.strip()}
    body = compose_body({CHALLENGE: challenge, SOLUTION: solution}, rest)
    for kind, text in given_texts.items():
        if text:
            heading = f"## {HEADINGS[kind][0]}\n"
            start = body.index(heading) + len(heading)
            end = min(
                (found for other in HEADINGS if (found := body.find(f"\n## {HEADINGS[other][0]}\n", start)) > 0),
                default=None,
            )
            assert _words(text) <= _words(body[start:end])
    headings = [section.heading for section in parse_body(body).sections if section.level <= 2]
    if any(given_texts.values()):
        expected = [HEADINGS[kind][0] for kind, text in given_texts.items() if text]
        assert headings in (expected, [*expected, FURTHER])
    assert _words(rest).keys() <= _words(body).keys()


def test_a_heading_of_signs_alone_repeats_no_title() -> None:
    """A heading that is nothing but mark-up stays in the text, also where there is no title."""
    assert compose_body({SOLUTION: "Mended."}, "# _\n\nMore.").endswith("### _\n\nMore.\n")


def test_short_summary_stays_whole() -> None:
    """A text within the limit loses its mark-up and nothing else."""
    assert shorten("**Bold** and [a link](https://example.org) of `code`.") == "Bold and a link of code ."


def test_long_summary_ends_with_a_sentence() -> None:
    """A long text is cut after a sentence where one ends late enough."""
    assert shorten("One two. " + "Three four. " * 20, limit=30) == "One two. Three four."


def test_long_summary_without_sentences_ends_with_a_word() -> None:
    """Where no sentence ends, a word does, and an ellipsis says so."""
    assert shorten("word " * 20, limit=12) == "word word…"
    assert shorten("x" * 50, limit=10) == "x" * 9 + "…"


@given(st.text(max_size=2000))
def test_summary_is_never_too_long(text: str) -> None:
    """Whatever the text, its summary fits the field, on one line."""
    found = shorten(text)
    assert len(found) <= SUMMARY_LENGTH
    assert "\n" not in found
