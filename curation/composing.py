"""Compose the body of an imported item: every word stays, and no text breaks out of its section."""

from __future__ import annotations

import re
from collections.abc import Mapping

from library.documents import HEADINGS, SectionKind, heading_kinds
from library.markdown import parse_body

FURTHER = "Further text"
SUMMARY_LENGTH = 600
_PART_LEVEL = 2
_HEADING = re.compile(r"^( {0,3})#{1,2}(?=[ \t]|$)")
_FENCE = re.compile(r"^ {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$")
_END = "end of the text"


def compose_body(sections: Mapping[SectionKind, str], body: str, *, title: str = "") -> str:
    """Return a body of the sections in their usual order, then what the full text has beyond them."""
    rest = body.strip()
    if not sections:
        return f"{rest}\n" if rest else ""
    parts = []
    for kind in SectionKind:
        text = sections.get(kind, "").strip()
        if text:
            heading, rest = _take_out(text, rest)
            own = f"### {heading}\n\n" if heading and not _is_known(heading, title) else ""
            parts.append(f"## {HEADINGS[kind][0]}\n\n{_contained(own + text)}")
    rest = _without_title(rest, title)
    if rest:
        parts.append(f"## {FURTHER}\n\n{_contained(rest)}")
    return "\n\n".join(parts) + "\n"


def shorten(text: str, *, limit: int = SUMMARY_LENGTH) -> str:
    """Return the first sentences of a text, without mark-up, of at most `limit` characters."""
    plain = " ".join(re.sub(r"\]\([^)]*\)|[#*_`>\[\]]|<[^>]+>", " ", text).split())
    if len(plain) <= limit:
        return plain
    sentences = plain[: limit + 1]
    cut = max(sentences.rfind(mark) for mark in (". ", "! ", "? "))
    return plain[: cut + 1] if cut > limit // 4 else plain[: limit - 1].rsplit(" ", 1)[0] + "…"


def _take_out(text: str, rest: str) -> tuple[str, str]:
    """Take a section's text out of the full text where it stands on lines of its own.

    Returns the heading that stood above it, and what is left.
    """
    above = r"(?:^ {0,3}#{1,6}[ \t]+(?P<heading>[^\n]*?)[ \t]*#*[ \t]*\n\s*)?"
    found = re.search(rf"{above}^[ \t]*{re.escape(text)}[ \t]*$", rest, re.MULTILINE)
    if found is None:
        return "", rest
    left = f"{rest[: found.start()].rstrip()}\n\n{rest[found.end() :].lstrip(chr(10))}"
    return found["heading"] or "", left.strip("\n")


def _is_known(heading: str, title: str) -> bool:
    """Whether a heading says no more than the item's title or the usual heading of a section."""
    return _is_title(heading, title) or " ".join(heading.casefold().split()) in heading_kinds()


def _without_title(rest: str, title: str) -> str:
    """Drop a first heading that repeats the title."""
    found = re.match(r"\s*#{1,6}[ \t]+([^\n]*?)[ \t]*#*\s*(?:\n|\Z)", rest)
    return rest[found.end() :].strip() if found and _is_title(found[1], title) else rest.strip()


def _is_title(heading: str, title: str) -> bool:
    """Whether a heading repeats a title; one of signs alone, as "_", repeats none."""
    return bool(_folded(title)) and _folded(heading) == _folded(title)


def _folded(text: str) -> str:
    return " ".join(re.sub(r"[*_`]", "", text).casefold().split())


def _contained(text: str) -> str:
    """Return a text that stays inside its section: headings below level 2, or as a code block if that fails."""
    lowered = _lower_headings(text)
    if _stays_inside(lowered):
        return lowered
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"


def _lower_headings(text: str) -> str:
    """Put headings below level 2; code is left alone."""
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        opened = _FENCE.match(line)
        if fence:
            fence = "" if re.match(rf"^ {{0,3}}{fence}[{fence[0]}]*[ \t]*$", line) else fence
        elif opened:
            fence = opened[1] or opened[2]
        elif re.match(r"^ {0,3}(=+|-+)[ \t]*$", line) and lines and lines[-1].strip():
            _lower_underlined(lines, line)
            continue
        else:
            line = _HEADING.sub(r"\1###", line)  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines)


def _lower_underlined(lines: list[str], underline: str) -> None:
    """Turn one underlined line into a `###` heading; part the underline from any other text above it."""
    is_alone = len(lines) == 1 or not lines[-2].strip()
    if is_alone and re.match(r"^ {0,3}\w", lines[-1]):
        lines[-1] = f"### {lines[-1].strip()}"
    else:
        lines += ["", underline]


def _stays_inside(text: str) -> bool:
    parts = [
        section.heading
        for section in parse_body(f"## {FURTHER}\n\n{text}\n\n## {_END}\n\n{_END}").sections
        if section.level <= _PART_LEVEL
    ]
    return parts == [FURTHER, _END]
