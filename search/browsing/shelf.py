"""Browse without a challenge: industries, offerings, everything from A to Z, as far as the asker sees it."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from library.codes import CodeList, fold_name, industries
from library.errors import UnknownItemError
from library.items import FOLDERS, Concept, Item
from search.engine import Engine
from search.view import View

CONCEPT_TYPES = ("competency", "enabler", "challenge_type")
_OTHER = "#"  # what begins with no letter


@dataclass(frozen=True, slots=True)
class IndustryLine:
    """An industry with how many cases and notes there are about it or a narrower one."""

    code: str
    label: str
    cases: int
    notes: int
    narrower: tuple[IndustryLine, ...] = ()


@dataclass(frozen=True, slots=True)
class IndustryShelf:
    """An industry: the broader and narrower ones, and the rows of its cases and notes in order of id."""

    code: str
    label: str
    broader: tuple[IndustryLine, ...]
    narrower: tuple[IndustryLine, ...]
    cases: tuple[int, ...]
    notes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OfferingShelf:
    """A product or service, by its most frequent spelling, and the rows of the cases that offered it."""

    slug: str
    label: str
    cases: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry from A to Z."""

    type: str
    id: str
    label: str
    language: str


@dataclass(frozen=True, slots=True)
class ConceptLine:
    """A concept in a list: what it means, how many cases there are about it, and the narrower ones."""

    id: str
    label: str
    definition: str
    cases: int
    narrower: tuple[ConceptLine, ...] = ()


class Shelf:
    """Everything that one asker may take from the shelf, labelled in a language."""

    def __init__(self, view: View, language: str) -> None:
        self._view = view
        self._language = language
        self._cases = view.rows("business_case")
        self._notes = view.rows("industry_note")

    def industries(self) -> tuple[IndustryLine, ...]:
        """Return the sections with their divisions, in order of code, then what stands in no list."""
        counts = self._industry_counts()
        known = industries()
        sections = [code for code, entry in known.entries.items() if not entry.parents]
        others = sorted(code for code in counts[0] | counts[1] if code not in known.entries)
        return tuple(self._industry_line(code, counts, known) for code in (*sections, *others))

    def industry(self, code: str) -> IndustryShelf:
        """Return an industry; raises UnknownItemError for one that neither a list nor a visible item knows."""
        known = industries()
        counts = self._industry_counts()
        if code not in known.entries and code not in counts[0] | counts[1]:
            raise UnknownItemError(f"There is no industry {code!r}.")
        having = self._view.engine.rows_with("industry", [code])
        narrower = [entry.code for entry in known.entries.values() if code in entry.parents]
        return IndustryShelf(
            code=code,
            label=known.label(code, self._language),
            broader=tuple(_alone(self._industry_line(above, counts, known)) for above in known.ancestors(code)),
            narrower=tuple(self._industry_line(below, counts, known) for below in narrower),
            cases=tuple(row for row in self._cases if row in having),
            notes=tuple(row for row in self._notes if row in having),
        )

    def offerings(self) -> tuple[OfferingShelf, ...]:
        """Return what the cases offered, by name."""
        spelt: dict[str, Counter[str]] = {}
        rows: dict[str, list[int]] = {}
        for entry in self._view.facets(self._cases):
            if entry.facet == "offering" and entry.direct:
                slug = slug_of(entry.value)
                spelt.setdefault(slug, Counter())[entry.value] += 1
                rows.setdefault(slug, []).append(entry.item_row)
        seen = frozenset(self._cases)
        shelves = [
            OfferingShelf(slug, _most_frequent(names), tuple(row for row in dict.fromkeys(rows[slug]) if row in seen))
            for slug, names in spelt.items()
        ]
        return tuple(sorted(shelves, key=lambda shelf: (fold_name(shelf.label), shelf.slug)))

    def offering(self, slug: str) -> OfferingShelf:
        """Return an offering; raises UnknownItemError for one that no visible case has."""
        found = next((shelf for shelf in self.offerings() if shelf.slug == slug), None)
        if found is None:
            raise UnknownItemError(f"There is no offering {slug!r}.")
        return found

    def concepts(self, concept_type: str, facet: str) -> tuple[ConceptLine, ...]:
        """Return the concepts of a type as a tree, by name; one below several stands below each."""
        rows = self._view.rows(concept_type)
        texts = self._view.texts(rows)
        items = {row: text.item for row, text in texts.items() if isinstance(text.item, Concept)}
        below: dict[int, list[int]] = {}
        placed = set()
        for link in self._view.links(rows):
            if link.field == "broader" and link.target_row in items and link.target_row != link.source_row:
                below.setdefault(link.target_row, []).append(link.source_row)
                placed.add(link.source_row)
        counts = self._view.engine.facet_values(facet, set(self._cases))
        tree = _Tree(items, below, counts, self._language)
        return tree.lines([row for row in items if row not in placed])

    def headings(self) -> dict[str, tuple[Heading, ...]]:
        """Return all approved items by the letter that they begin with, in the order of the alphabet."""
        found: dict[str, list[Heading]] = {}
        for heading in sorted(self._headings(), key=lambda heading: (fold_name(heading.label), heading.id)):
            found.setdefault(initial(heading.label), []).append(heading)
        return {letter: tuple(found[letter]) for letter in sorted(found, key=lambda letter: (letter == _OTHER, letter))}

    def titles(self, rows: Sequence[int]) -> dict[int, str]:
        """Return what visible items are called, by row."""
        return {row: name.in_language(self._language) for row, name in _names(self._view, rows).items()}

    def _headings(self) -> Iterator[Heading]:
        rows = self._view.rows(*FOLDERS)
        titles = self.titles(rows)
        for row in rows:
            record = self._view.records[row]
            yield Heading(record.type, record.id, titles[row], record.language)

    def _industry_counts(self) -> tuple[dict[str, int], dict[str, int]]:
        count = self._view.engine.facet_values
        return dict(count("industry", set(self._cases))), dict(count("industry", set(self._notes)))

    def _industry_line(self, code: str, counts: tuple[dict[str, int], dict[str, int]], known: CodeList) -> IndustryLine:
        narrower = [entry.code for entry in known.entries.values() if code in entry.parents]
        return IndustryLine(
            code,
            known.label(code, self._language),
            counts[0].get(code, 0),
            counts[1].get(code, 0),
            tuple(self._industry_line(below, counts, known) for below in narrower),
        )


def slug_of(text: str) -> str:
    """Return a text as a part of an address: letters and digits in lower case, hyphens between."""
    return "-".join(re.findall(r"\w+", fold_name(text))) or "-"


def initial(text: str) -> str:
    """Return the capital under which a text stands in an index; `#` if it begins with no letter."""
    first = next((char for char in text if char.isalnum()), "")
    plain = unicodedata.normalize("NFKD", first)[:1].upper()
    return plain if plain.isalpha() else _OTHER


@dataclass(frozen=True, slots=True)
class _Name:
    title: str
    labels: dict[str, str]

    @classmethod
    def of(cls, item: Item) -> _Name:
        return cls(item.title, dict(item.labels) if isinstance(item, Concept) else {})

    def in_language(self, language: str) -> str:
        return self.labels.get(language, self.title)


@dataclass(frozen=True, slots=True)
class _Tree:
    """Concepts and those below each."""

    items: Mapping[int, Concept]
    below: Mapping[int, list[int]]
    counts: Mapping[str, int]
    language: str

    def lines(self, rows: Iterable[int], above: frozenset[int] = frozenset()) -> tuple[ConceptLine, ...]:
        """Return concepts by name with what is below each; a circle ends where it began."""
        made = [self._line(row, above | {row}) for row in rows if row not in above]
        return tuple(sorted(made, key=lambda line: (fold_name(line.label), line.id)))

    def _line(self, row: int, above: frozenset[int]) -> ConceptLine:
        item = self.items[row]
        definition = item.definition.get(self.language) or item.definition.get("en") or item.summary
        narrower = self.lines(self.below.get(row, ()), above)
        return ConceptLine(item.id, item.label(self.language), definition, self.counts.get(item.id, 0), narrower)


# Reading ten thousand items for their titles takes a second; an engine never changes.
_NAMES: WeakKeyDictionary[Engine, dict[int, _Name]] = WeakKeyDictionary()
_LOCK = threading.Lock()


def _names(view: View, rows: Sequence[int]) -> dict[int, _Name]:
    """Return what visible items are called; kept for as long as the engine lives."""
    with _LOCK:
        kept = _NAMES.setdefault(view.engine, {})
    fresh = {row: _Name.of(text.item) for row, text in view.texts([row for row in rows if row not in kept]).items()}
    with _LOCK:
        kept.update(fresh)
    return {row: kept[row] for row in rows if row in view.records}


def _alone(line: IndustryLine) -> IndustryLine:
    return IndustryLine(line.code, line.label, line.cases, line.notes)


def _most_frequent(names: Counter[str]) -> str:
    return min(names, key=lambda name: (-names[name], name))
