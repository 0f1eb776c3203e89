"""One file -> the rows of its cases, ready to become drafts, each with what was recognised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.converting.blocks import Labels, read_blocks
from curation.converting.converter import convert
from curation.converting.recognising import Recognised, recognise
from curation.converting.sniffing import Source
from curation.converting.splitting import split_cases
from library.codes import CodeList
from library.documents import SectionKind


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read: the library's headings, and its regions and industries."""

    headings: Mapping[str, SectionKind]
    codes: tuple[CodeList, CodeList]


def read_cases(source: Source, reading: Reading) -> list[Recognised]:
    """Return the cases of a file; raises ImportFileError if it cannot be converted."""
    blocks = read_blocks(convert(source), Labels(reading.headings))
    name = " ".join(Path(source.name).stem.replace("_", " ").replace("-", " ").split())
    return [recognise(part, name=name, codes=reading.codes) for part in split_cases(blocks)]


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
    return {**row, **{str(kind): text for kind, text in case.sections.items()}}
