"""One file -> the rows of its cases, ready to become drafts, each with what was recognised."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from curation.converting.blocks import LABEL_LEVEL, TITLE, Block, Labels, read_blocks
from curation.converting.converter import convert
from curation.converting.recognising import Recognised, recognise
from curation.converting.sniffing import FileKind, Source
from curation.converting.splitting import Part, split_cases
from library.codes import CodeList
from library.documents import SectionKind
from library.front_matter import FrontMatterError, split_front_matter
from library.items import BusinessCase

# What an import and a review decide, and what the title block says already.
_DECIDED = frozenset({"id", "type", "status", "imported", "last_verified", "title"})


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read: the library's headings, and its regions and industries."""

    headings: Mapping[str, SectionKind]
    codes: tuple[CodeList, CodeList]


def read_cases(source: Source, reading: Reading) -> list[Recognised]:
    """Return the cases of a file; raises ImportFileError if it cannot be converted."""
    markdown = convert(source)
    stated, body = _front_matter(markdown) if source.kind is FileKind.TEXT else ({}, markdown)
    parts = _parts(body, reading)
    if stated and len(parts) > 1:  # several cases have no front matter in common: it is text, and labels nothing
        block = markdown.removesuffix(body).strip().strip("-").strip()
        stated, parts = {}, _parts(f"```yaml\n{block}\n```\n\n{body}", reading)
    if title := str(stated.get("title") or ""):
        parts = [Part((Block(LABEL_LEVEL, "Title", TITLE, title), *parts[0].blocks))]
    name = " ".join(Path(source.name).stem.replace("_", " ").replace("-", " ").split())
    cases = [recognise(part, name=name, codes=reading.codes) for part in parts]
    return [_with_stated(cases[0], stated)] if stated else cases


def row_of(case: Recognised) -> dict[str, Any]:
    """Return a recognised case as the row that `curation.importing` takes."""
    row: dict[str, Any] = {
        "title": case.title,
        "language": case.language,
        "industries": [{"scheme": "isic", "code": found.value} for found in case.industries],
        "regions": [found.value for found in case.regions],
        "figures": [dict(figure) for figure in case.figures],
        "body": case.rest,
    }
    return {**row, **_fields(case.stated), **{str(kind): text for kind, text in case.sections.items()}}


def _fields(stated: Mapping[str, Any]) -> dict[str, Any]:
    return {"figures" if name == "value" else name: value for name, value in stated.items()}


def _parts(text: str, reading: Reading) -> list[Part]:
    return split_cases(read_blocks(text, Labels(reading.headings)))


def _front_matter(markdown: str) -> tuple[dict[str, Any], str]:
    """Return what a text's own front matter states, and the text behind it; broken front matter is text."""
    try:
        front, body = split_front_matter(markdown)
    except FrontMatterError:
        return {}, markdown
    return dict(front.values), body


def _with_stated(case: Recognised, stated: Mapping[str, Any]) -> Recognised:
    """Return a case with the fields that its file states; what is no field of ours is text."""
    known = {*BusinessCase.model_fields} - _DECIDED
    ours = {name: value for name, value in stated.items() if name in known and value}
    others = [
        f"{name}: {_as_line(value)}" for name, value in stated.items() if value and name not in {*known, *_DECIDED}
    ]
    rest = "\n\n".join(part for part in (case.rest, "\n".join(others)) if part)
    return replace(case, language=str(ours.pop("language", case.language)), rest=rest, stated=ours)


def _as_line(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
