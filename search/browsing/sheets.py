"""Items as pages show them: with what they link to and what links to them, as far as the asker sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from library.codes import fold_name, industries, industry_value
from library.items import (
    AnyItem,
    BusinessCase,
    ChallengeType,
    Competency,
    Concept,
    Enabler,
    EnablerUse,
    Industry,
    IndustryNote,
    Item,
    LearningResource,
)
from search.answering.presenting import trust_in
from search.answering.rollup import find_learning
from search.answers.answer import LinkedEnabler, Named
from search.answers.options import SearchOptions
from search.browsing.listing import require_type
from search.browsing.shown_items import CaseLine, CaseSheet, ConceptSheet, LinkedItem, NoteLine, Sheet
from search.view import View

_FACETS = {Competency: "competency", Enabler: "enabler", ChallengeType: "challenge-type"}


class Sheets:
    """Makes the pages of one asker."""

    def __init__(self, view: View, options: SearchOptions) -> None:
        self._view = view
        self._options = options

    def sheet(self, item_id: str, item_type: str) -> Sheet:
        """Return an item of a type; raises UnknownItemError, alike for hidden, missing and other ones."""
        require_type(self._view, item_id, item_type)
        record, text = self._view.read(item_id)
        item = _without_hidden(self._view, text.item)
        due = item.review_due()
        return Sheet(
            item=item,
            row=record.row,
            path=record.path,
            label=self._label(item),
            industries=self.industries(getattr(item, "industries", ())),
            regions=self.regions(getattr(item, "regions", ())),
            links=self._linked(record.row, ("related",)),
            linked_from=self._linked(record.row, ("related",), backwards=True),
            translations=self._translations(record.row),
            supersedes=self._linked(record.row, ("supersedes",)),
            superseded_by=self._linked(record.row, ("supersedes",), backwards=True),
            review_due=due,
            review_overdue=due is not None and due < self._options.today,
            contact=item.contact or self._options.contact,
        )

    def case_sheet(self, sheet: Sheet) -> CaseSheet:
        """Return what a case's page shows beyond."""
        case = sheet.item
        assert isinstance(case, BusinessCase)
        named = self._names((*case.challenge_types, *case.competencies, *(use.id for use in case.enablers)))
        related = {link.id: link for link in (*sheet.links, *sheet.linked_from)}
        replications = self._linked(sheet.row, ("replicates",), backwards=True)
        approved = sum(1 for link in replications if link.status == "approved")
        return CaseSheet(
            challenge_types=tuple(named[id_] for id_ in case.challenge_types),
            competencies=tuple(named[id_] for id_ in case.competencies),
            enablers=tuple(LinkedEnabler(use.id, named[use.id].label, use.effect) for use in case.enablers),
            trust=trust_in(case, replications=approved, today=self._options.today),
            notes=tuple(link for link in related.values() if link.type == "industry_note"),
            replicates=self._linked(sheet.row, ("replicates",)),
            replications=replications,
        )

    def concept_sheet(self, sheet: Sheet, *, most: int) -> ConceptSheet:
        """Return what a concept's page shows beyond, with at most so many cases; those of narrower concepts count."""
        concept = sheet.item
        assert isinstance(concept, Concept)
        language = self._options.language
        spoken = language if language in concept.labels else "en"
        with_learning = not isinstance(concept, ChallengeType)
        learning = find_learning(self._view, [concept.id], language=language) if with_learning else {}
        rows = self._having(_FACETS[type(concept)], concept.id)
        return ConceptSheet(
            definition=in_language(concept.definition, language),
            also_called=concept.alt_labels.get(spoken, ()),
            broader=self._linked(sheet.row, ("broader",)),
            narrower=self._linked(sheet.row, ("broader",), backwards=True),
            learning=learning.get(concept.id, ()),
            cases=self.cases(rows[:most], enabler=concept.id),
            total=len(rows),
        )

    def taught(self, sheet: Sheet) -> tuple[LinkedItem, ...]:
        """Return the competencies that a learning resource teaches."""
        return self._linked(sheet.row, ("teaches",))

    def learning(self) -> tuple[LearningResource, ...]:
        """Return the approved learning resources, by title."""
        texts = self._view.texts(self._view.rows("learning_resource"))
        items = [text.item for text in texts.values() if isinstance(text.item, LearningResource)]
        return tuple(sorted(items, key=lambda item: (fold_name(item.title), item.id)))

    def notes(self, rows: Sequence[int]) -> tuple[NoteLine, ...]:
        """Return visible notes as lines of a list, those verified last first."""
        ordered = self.newest(rows)
        texts = self._view.texts(ordered)
        return tuple(self.note_line(texts[row].item) for row in ordered)

    def note_line(self, note: AnyItem) -> NoteLine:
        """Return a note as a line of a list."""
        assert isinstance(note, IndustryNote)
        until = note.valid_until
        return NoteLine(
            id=note.id,
            title=note.title,
            summary=note.summary,
            language=note.language,
            kind=note.note_kind,
            industries=self.industries(note.industries),
            valid_until=until,
            expired=until is not None and until < self._options.today,
        )

    def cases(self, rows: Sequence[int], *, enabler: str = "") -> tuple[CaseLine, ...]:
        """Return visible cases as lines of a list, in the order given; with what an enabler did in them."""
        texts = self._view.texts(rows)
        found = [(row, texts[row].item) for row in rows if row in texts]
        cases = [(row, item) for row, item in found if isinstance(item, BusinessCase)]
        names = self._names(id_ for _, case in cases for id_ in case.challenge_types)
        return tuple(self._case_line(case, names, enabler) for _, case in cases)

    def newest(self, rows: Iterable[int]) -> list[int]:
        """Return visible items, those verified last first."""
        known = [(row, self._view.records[row]) for row in rows if row in self._view.records]
        return [row for row, _ in sorted(known, key=lambda entry: (-_ordinal(entry[1].day), entry[1].id))]

    def industries(self, entries: Iterable[Industry]) -> tuple[Named, ...]:
        """Return industries with their labels."""
        known = industries()
        codes = (industry_value(entry.scheme, entry.code) for entry in entries)
        return tuple(Named(code, known.label(code, self._options.language)) for code in dict.fromkeys(codes))

    def regions(self, values: Iterable[str]) -> tuple[Named, ...]:
        """Return regions with their labels."""
        known = self._options.regions
        codes = (known.resolve(region) or region for region in values)
        return tuple(Named(code, known.label(code, self._options.language)) for code in dict.fromkeys(codes))

    def linked(self, rows: Iterable[int]) -> tuple[LinkedItem, ...]:
        """Return visible items as links, each once."""
        texts = self._view.texts(list(dict.fromkeys(rows)))
        return tuple(
            LinkedItem(item.type, item.id, self._label(item), item.language, item.status)
            for item in (text.item for text in texts.values())
        )

    def _case_line(self, case: BusinessCase, names: dict[str, Named], enabler: str) -> CaseLine:
        return CaseLine(
            id=case.id,
            title=case.title,
            summary=case.summary,
            customer=case.customer,
            language=case.language,
            industries=self.industries(case.industries),
            regions=self.regions(case.regions),
            challenge_types=tuple(names[id_] for id_ in case.challenge_types if id_ in names),
            outcome=case.outcome,
            trust=trust_in(case, replications=0, today=self._options.today),
            illustrative=case.illustrative,
            effect=next((use.effect for use in case.enablers if use.id == enabler), None),
        )

    def _having(self, facet: str, value: str) -> list[int]:
        """Return the visible approved cases that have a value, those verified last first."""
        having = self._view.engine.rows_with(facet, [value])
        return self.newest(row for row in self._view.rows("business_case") if row in having)

    def _names(self, ids: Iterable[str]) -> dict[str, Named]:
        """Return visible concepts with their labels, by id."""
        rows = [self._view.by_id[id_].row for id_ in dict.fromkeys(ids) if id_ in self._view.by_id]
        items = [text.item for text in self._view.texts(rows).values()]
        return {item.id: Named(item.id, self._label(item)) for item in items}

    def _label(self, item: Item) -> str:
        return item.label(self._options.language) if isinstance(item, Concept) else item.title

    def _linked(self, row: int, fields: Sequence[str], *, backwards: bool = False) -> tuple[LinkedItem, ...]:
        links = self._view.links([row], backwards=backwards)
        return self.linked(link.source_row if backwards else link.target_row for link in links if link.field in fields)

    def _translations(self, row: int) -> tuple[LinkedItem, ...]:
        """Return the original, its translations and those of this item, without itself."""
        originals = [link.target_row for link in self._view.links([row]) if link.field == "translation_of"]
        family = [row, *originals]
        others = [
            link.source_row for link in self._view.links(family, backwards=True) if link.field == "translation_of"
        ]
        return self.linked(other for other in (*originals, *others) if other != row)


def in_language(texts: dict[str, str], language: str) -> str:
    """Return a text in a language, or the English one, or any."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def _without_hidden(view: View, item: AnyItem) -> AnyItem:
    """Return an item whose references name only items that the asker sees."""

    def kept(value: object) -> object:
        match value:
            case str():
                return value if value in view.by_id else None
            case tuple():
                return tuple(_seen(view, value))
            case _:
                return value

    return item.model_copy(update={name: kept(getattr(item, name)) for name in item.REFERENCES})


def _seen(view: View, references: Sequence[str | EnablerUse]) -> Iterator[str | EnablerUse]:
    for reference in references:
        if (reference if isinstance(reference, str) else reference.id) in view.by_id:
            yield reference


def _ordinal(day: date | None) -> int:
    return day.toordinal() if day else 0
