"""Recognise what a case of a file says: title, parts, figures, industries and regions; and what it leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from curation.composing import shorten
from curation.converting.blocks import INDUSTRY, REGION, TITLE, Block, case_title
from curation.converting.splitting import Part
from library.codes import CodeList
from library.documents import SectionKind
from search.understanding.languages import LANGUAGES, tell_languages
from search.understanding.naming import Mention, find_industries, find_regions

_MAX_TITLE = 150
_MOST_FIGURES = 5
_MOST_INDUSTRIES = 2
_MOST_REGIONS = 3
_METRIC_LENGTH = 120
_CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP"}
_NUMBER = r"\d[\d.,’']*\d|\d"
_AMOUNT = (
    rf"(?P<{{0}}before>€|\$|£|EUR|USD|GBP|CHF)?\s?(?P<{{0}}number>{_NUMBER})"
    r"(?:\s?(?P<{0}scale>k|m|bn|million|thousand|Mio\.?|Tausend|Mrd\.?|millions?|milliers|M))?\b"
    r"\s?(?P<{0}unit>%|percent|Prozent|pour cent|€|\$|£|EUR|USD|GBP|CHF|hours?|days?|weeks?|months?|"
    r"Stunden|Tagen?|Wochen|Monaten?|heures|jours|semaines|mois|tonnes?|t CO2e?|kWh|MWh|FTEs?)?(?!\w)"
)
_FIGURE = re.compile(_AMOUNT.replace("{0}", ""))
_CHANGE = re.compile(
    rf"\b(?:from|von|de)\s+{_AMOUNT.replace('{0}', 'a')}\s+(?:to|auf|à)\s+{_AMOUNT.replace('{0}', 'b')}", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜÉ])|\n+")
# What a reader misses most, in the order in which it is asked for.
_WANTED = (SectionKind.CHALLENGE, SectionKind.SOLUTION, SectionKind.VALUE)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A case as far as it was recognised: `sections` by kind, and in `rest` every word that is in none of them."""

    title: str
    language: str
    sections: Mapping[SectionKind, str]
    rest: str
    figures: tuple[Mapping[str, str], ...] = ()
    industries: tuple[Mention, ...] = ()
    regions: tuple[Mention, ...] = ()

    @property
    def recognised(self) -> tuple[str, ...]:
        """What was found, by the names of sections and fields."""
        fields = {"figures": self.figures, "industries": self.industries, "regions": self.regions}
        return ("title", *self.sections, *(name for name, found in fields.items() if found))

    @property
    def missing(self) -> tuple[str, ...]:
        """What a case should say and this one does not, or not in a way that was recognised."""
        lacking = [str(kind) for kind in _WANTED if kind not in self.sections]
        fields = {"figures": self.figures, "industries": self.industries, "regions": self.regions}
        return (*lacking, *(name for name, found in fields.items() if not found))


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
        figures=tuple(_figures(sections.get(SectionKind.VALUE, ""))),
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
        elif n == titled and (case_title(block.heading) or block.heading) == title:
            parts.append(block.text.strip())
        else:
            parts.append(block.as_markdown())
    return "\n\n".join(part for part in parts if part).removeprefix(title).strip()


def _told(blocks: Sequence[Block], kind: str) -> str:
    return "\n".join(block.text.strip() for block in blocks if block.kind == kind).strip()


def _figures(text: str) -> Iterator[Mapping[str, str]]:
    """Yield entries of `value` that a curator completes: the words around a figure, the figure and its unit."""
    found = 0
    for sentence in _SENTENCE.split(text):
        metric = shorten(sentence.strip(" -*•|"), limit=_METRIC_LENGTH)
        figure = _figure(sentence)
        if figure and metric and found < _MOST_FIGURES:
            found += 1
            yield {"metric": metric, **figure}


def _figure(sentence: str) -> dict[str, str]:
    """Return the first change or amount with a unit in a sentence."""
    change = _CHANGE.search(sentence)
    if change and (unit := _unit(change, "b") or _unit(change, "a")):
        return {"baseline": change["anumber"], "result": change["bnumber"], **unit}
    for amount in _FIGURE.finditer(sentence):
        if unit := _unit(amount, ""):
            return {"result": amount["number"], **unit}
    return {}


def _unit(found: re.Match[str], which: str) -> dict[str, str]:
    """Return unit and currency of an amount; empty for a bare number."""
    unit, before, scale = (found[f"{which}{part}"] or "" for part in ("unit", "before", "scale"))
    currency = next(
        (_CURRENCIES.get(sign, sign) for sign in (before, unit) if sign in _CURRENCIES or sign.isupper()), ""
    )
    currency = currency if len(currency) == len("EUR") else ""
    shown = " ".join(part for part in (scale, "" if currency and unit != "%" else unit) if part)
    if not currency and not unit:
        return {}
    return {name: value for name, value in (("unit", shown), ("currency", currency)) if value}
