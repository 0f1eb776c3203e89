"""Recognise what a case of a file says: title, parts, figures, industries and regions; and what it leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curation.composing import FURTHER, shorten
from curation.converting.blocks import INDUSTRY, REGION, TITLE, Block, case_title
from curation.converting.figures import find_figures
from curation.converting.splitting import Part
from library.codes import CodeList
from library.documents import SectionKind
from search.understanding.languages import LANGUAGES, tell_languages
from search.understanding.naming import Mention, find_industries, find_regions

_MAX_TITLE = 150
_MOST_INDUSTRIES = 2
_MOST_REGIONS = 3
# What a reader misses most, in the order in which it is asked for.
_WANTED = (SectionKind.CHALLENGE, SectionKind.SOLUTION, SectionKind.VALUE)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A case as far as it was recognised: `sections` by kind, and in `rest` every word that is in none of them.

    `stated` holds fields of ours that the file's own front matter states.
    """

    title: str
    language: str
    sections: Mapping[SectionKind, str]
    rest: str
    figures: tuple[Mapping[str, str], ...] = ()
    industries: tuple[Mention, ...] = ()
    regions: tuple[Mention, ...] = ()
    stated: Mapping[str, Any] = field(default_factory=dict)

    @property
    def recognised(self) -> tuple[str, ...]:
        """What was found, by the names of sections and fields."""
        return ("title", *self.sections, *(name for name, is_found in self._fields().items() if is_found))

    @property
    def missing(self) -> tuple[str, ...]:
        """What a case should say and this one does not, or not in a way that was recognised."""
        lacking = [str(kind) for kind in _WANTED if kind not in self.sections]
        return (*lacking, *(name for name, is_found in self._fields().items() if not is_found))

    def _fields(self) -> dict[str, bool]:
        found = {"figures": self.figures, "industries": self.industries, "regions": self.regions}
        own = {"figures": "value"}
        return {name: bool(values or self.stated.get(own.get(name, name))) for name, values in found.items()}


def recognise(part: Part, *, name: str, codes: tuple[CodeList, CodeList]) -> Recognised:
    """Return what the blocks of one case say; `name` titles one without a title, `codes` are regions and industries."""
    blocks = part.blocks
    title, titled = _title(part, name)
    text = "\n\n".join(block.as_markdown() for block in blocks)
    sections = {
        kind: "\n\n".join(block.text.strip() for block in blocks if block.kind == kind and block.text.strip())
        for kind in SectionKind
    }
    sections = {kind: told for kind, told in sections.items() if told}
    rest = _rest(blocks, titled, title)
    if not sections:
        sections, rest = {SectionKind.CONTEXT: rest or title}, ""
    languages = tell_languages(text, LANGUAGES)
    known_regions, known_industries = codes
    return Recognised(
        title=title,
        language=languages[0] if len(languages) == 1 and languages[0] in LANGUAGES else "en",
        sections=sections,
        rest=rest,
        figures=find_figures(sections.get(SectionKind.VALUE, "")),
        industries=find_industries(_told(blocks, INDUSTRY) or text, known_industries)[:_MOST_INDUSTRIES],
        regions=find_regions(_told(blocks, REGION) or text, known_regions, LANGUAGES)[:_MOST_REGIONS],
    )


def _title(part: Part, name: str) -> tuple[str, int]:
    """Return the title, and which block's heading it is (-1: none's)."""
    blocks = part.blocks
    labelled = shorten(_told(blocks, TITLE), limit=_MAX_TITLE)
    headed = next((n for n, block in enumerate(blocks) if block.heading and not block.kind), -1)
    numbered = next((n for n, block in enumerate(blocks) if case_title(block.heading) is not None), headed)
    numbered = part.titled if part.titled >= 0 else numbered
    if labelled:
        return labelled, -1
    if numbered >= 0:
        heading = blocks[numbered].heading
        return shorten(case_title(heading) or heading, limit=_MAX_TITLE), numbered
    first = next((line.strip(" #*") for block in blocks[:1] for line in block.text.split("\n") if line.strip()), "")
    is_title = (
        blocks[:1] and not blocks[0].kind and 0 < len(first) <= _MAX_TITLE and not first.endswith((".", ":", "|"))
    )
    return (shorten(first, limit=_MAX_TITLE) if is_title else name), -1


def _rest(blocks: Sequence[Block], titled: int, title: str) -> str:
    """Return what stands in no section, in order; the title is not said twice."""
    parts = []
    for n, block in enumerate(blocks):
        if block.kind in list(SectionKind):
            continue
        if block.kind:
            parts.append(f"{block.heading}: {' '.join(block.text.split())}" if block.kind != TITLE else "")
        elif block.heading == FURTHER or (n == titled and (case_title(block.heading) or block.heading) == title):
            parts.append(block.text.strip())
        else:
            parts.append(block.as_markdown())
    return "\n\n".join(part for part in parts if part).removeprefix(title).strip()


def _told(blocks: Sequence[Block], kind: str) -> str:
    return "\n".join(block.text.strip() for block in blocks if block.kind == kind).strip()
