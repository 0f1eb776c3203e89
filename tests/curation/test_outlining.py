"""A case as a form holds it: what was not changed stays as it was written."""

from __future__ import annotations

from dataclasses import replace

from curation.outlining import Outline, read_outline, write_outline
from library.documents import SectionKind
from tests.test_layers import ROOT


def test_what_is_read_is_written_back_to_the_byte() -> None:
    """A form that nobody changed changes no file."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "cases").glob("*.md"))]
    assert texts
    assert [text for text in texts if write_outline(read_outline(text), text) != text] == []


def test_a_heading_in_a_text_ends_no_section() -> None:
    """Whatever stands in a section's field stays in that section, and the others stay as they are."""
    outline = Outline(fields={"title": "A case"}, sections={SectionKind.CHALLENGE: "Much.", SectionKind.VALUE: "More."})
    text = write_outline(outline)
    told = {**outline.sections, SectionKind.CHALLENGE: "Much.\n\n## Solution\n\nNone."}
    again = read_outline(write_outline(replace(read_outline(text), sections=told), text))
    assert again.sections.keys() == outline.sections.keys()
    assert "None." in again.sections[SectionKind.CHALLENGE]
