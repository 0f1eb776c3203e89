"""The read path: who asks -> what is eligible -> ranked -> explained -> rolled up."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from indexer.catalogue import ItemText, PassageRecord
from indexer.passages import SUMMARY
from library.access import Asker
from library.codes import CodeList, industries, industry_value, regions
from library.errors import ChallengeError
from library.items import BusinessCase, Concept, Enabler, IndustryNote
from search.answer import Answer, Contact, FoundCase, FoundNote, LinkedEnabler, MatchedPassage, Named, Shared, Stub
from search.challenge import Challenge, named_concepts, understand
from search.engine import Engine
from search.filters import CaseFilter, Filters
from search.highlighting import find_highlights
from search.ranking import RankedItem, rank
from search.verdict import Judgement, Verdict, judge
from search.view import View

SHOWN_PASSAGES = 3
SHOWN_NOTES = 3
SHOWN_STUBS = 3
# A note fits a challenge as close as this; one about an industry of the closest cases may be further away.
NOTE_CLOSENESS = 0.40
NOTE_CLOSENESS_IN_INDUSTRY = 0.20
_INDUSTRY_CASES = 3


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to answer: number of cases, language of labels, whom to ask where an item names nobody.

    Without `facets` nothing is counted, which is faster.
    """

    limit: int = 5
    language: str = "en"
    contact: str = "the centre of excellence"
    regions: CodeList = field(default_factory=regions)
    facets: bool = True


def search_cases(
    engine: Engine, text: str, *, asker: Asker, filters: Filters | None = None, options: SearchOptions | None = None
) -> Answer:
    """Answer a challenge for an asker.

    Raises:
        ChallengeError: the text or a filter cannot be used.
    """
    options = options or SearchOptions()
    view = View(engine, asker)
    case_filter = CaseFilter(view, filters or Filters(), known_regions=options.regions, language=options.language)
    challenge = understand(text, engine.encoder, written_in=view.languages("business_case"))
    return _Answering(view, options, case_filter, challenge).answer()


def similar_cases(
    engine: Engine, case_id: str, *, asker: Asker, filters: Filters | None = None, options: SearchOptions | None = None
) -> Answer:
    """Return the cases closest to a case, by its problem; no model is loaded.

    Raises:
        UnknownItemError: the asker sees no such case.
        ChallengeError: the item is no case, or a filter cannot be used.
    """
    options = options or SearchOptions()
    view = View(engine, asker)
    record = view.record(case_id)
    if record.type != "business_case":
        message = f"{case_id} is no case; its type is {record.type}."
        raise ChallengeError(message, hint="Name a case: `casebook list cases`.")
    case_filter = CaseFilter(view, filters or Filters(), known_regions=options.regions, language=options.language)
    challenge = _challenge_of_case(engine, record.row, record.language)
    return _Answering(view, options, case_filter, challenge, excluded=record.row).answer()


def _challenge_of_case(engine: Engine, row: int, language: str) -> Challenge:
    """Return a case's problem as a challenge, with the vectors that its passages already have."""
    from search.challenge import weigh_terms
    from search.ranking import PROBLEM_KINDS

    passages = engine.passages([row])
    problem = [p for p in passages if p.kind in PROBLEM_KINDS] or list(passages)
    texts = tuple(passage.text for passage in problem)
    return Challenge(
        text="\n\n".join(texts),
        languages=(language.split("-", maxsplit=1)[0],),
        aspects=texts,
        vectors=engine.passage_vectors([passage.row for passage in problem]),
        term_weights=weigh_terms(texts, (language,)),
    )


class _Answering:
    """Puts one answer together; every value comes from the view."""

    def __init__(
        self,
        view: View,
        options: SearchOptions,
        case_filter: CaseFilter,
        challenge: Challenge,
        *,
        excluded: int | None = None,
    ) -> None:
        self._view = view
        self._options = options
        self._filter = case_filter
        self._challenge = challenge
        self._excluded = excluded

    def answer(self) -> Answer:
        eligible = [row for row in self._filter.eligible() if row != self._excluded]
        ranked = rank(self._view.engine, self._challenge, eligible, limit=max(self._options.limit, 10))
        judgement = judge(ranked, self._challenge.languages)
        ranked = ranked[: self._options.limit]
        rows = [item.row for item in ranked]
        texts = self._view.texts(rows)
        concepts = self._concepts(texts)
        cases = self._cases(ranked, texts, concepts)
        relax = self._filter.relaxations() if not eligible else ()
        return Answer(
            search_id=os.urandom(16).hex(),
            verdict=judgement.verdict,
            verdict_text=self._verdict_text(judgement, found=bool(ranked)),
            closeness=judgement.closeness,
            languages=self._challenge.languages,
            aspects=self._challenge.aspects,
            total=len(eligible),
            cases=cases,
            competencies=self._shared(cases, concepts, "competency"),
            enablers=self._shared(cases, concepts, "enabler"),
            notes=self._notes(cases if judgement.verdict is not Verdict.NONE else ()),
            contacts=_contacts(cases),
            stubs=self._stubs(cases),
            facets=self._filter.counts() if self._options.facets else {},
            filters=self._filter.as_values(),
            relax=relax,
            generation=self._view.engine.manifest.number,
            model=self._view.engine.manifest.model,
        )

    def _verdict_text(self, judgement: Judgement, *, found: bool) -> str:
        if found:
            return judgement.text
        if self._filter.is_narrowed:
            return "No case passes the filters; this says nothing about what the library holds."
        return "There is no case that you may see."

    def _cases(
        self, ranked: Sequence[RankedItem], texts: Mapping[int, ItemText], concepts: Mapping[str, Concept]
    ) -> tuple[FoundCase, ...]:
        passages = {passage.row: passage for passage in self._view.engine.passages([item.row for item in ranked])}
        return tuple(
            self._case(place, item, texts[item.row].item, passages, concepts) for place, item in enumerate(ranked, 1)
        )

    def _case(
        self,
        place: int,
        ranked: RankedItem,
        item: object,
        passages: Mapping[int, PassageRecord],
        concepts: Mapping[str, Concept],
    ) -> FoundCase:
        assert isinstance(item, BusinessCase)
        return FoundCase(
            rank=place,
            id=item.id,
            title=item.title,
            summary=item.summary,
            customer=item.customer,
            language=item.language,
            industries=self._industries(item),
            regions=self._regions(item),
            outcome=item.outcome,
            value=tuple(metric.model_dump(exclude_defaults=True) for metric in item.value),
            challenge_types=self._named(item.challenge_types, concepts),
            competencies=self._named(item.competencies, concepts),
            enablers=tuple(
                LinkedEnabler(use.id, concepts[use.id].label(self._options.language), use.effect)
                for use in item.enablers
                if use.id in concepts
            ),
            status=item.status,
            classification=item.classification,
            last_verified=item.last_verified,
            review_due=item.review_due(),
            illustrative=item.illustrative,
            contact=item.contact or self._options.contact,
            passages=self._passages(ranked, item.language, passages),
            score=ranked.score,
            arms=ranked.arms,
        )

    def _industries(self, item: BusinessCase) -> tuple[Named, ...]:
        known = industries()
        codes = (industry_value(entry.scheme, entry.code) for entry in item.industries)
        return tuple(Named(code, known.label(code, self._options.language)) for code in codes)

    def _regions(self, item: BusinessCase) -> tuple[Named, ...]:
        known = self._options.regions
        codes = (known.resolve(region) or region for region in item.regions)
        return tuple(Named(code, known.label(code, self._options.language)) for code in codes)

    def _named(self, ids: Iterable[str], concepts: Mapping[str, Concept]) -> tuple[Named, ...]:
        return tuple(Named(id_, concepts[id_].label(self._options.language)) for id_ in ids if id_ in concepts)

    def _concepts(self, texts: Mapping[int, ItemText]) -> dict[str, Concept]:
        """Return the visible concepts that items refer to, by id."""
        targets = [link.target_row for link in self._view.links(list(texts))]
        found = self._view.texts(list(dict.fromkeys(targets)))
        return {text.item.id: text.item for text in found.values() if isinstance(text.item, Concept)}

    def _passages(
        self, ranked: RankedItem, language: str, passages: Mapping[int, PassageRecord]
    ) -> tuple[MatchedPassage, ...]:
        """Return the best passages; the summary is shown anyway, so it comes last."""
        matches = sorted(ranked.passages, key=lambda match: passages[match.row].kind == SUMMARY)
        return tuple(
            MatchedPassage(
                section=" > ".join(passages[match.row].path),
                text=passages[match.row].text,
                highlights=find_highlights(passages[match.row].text, language, self._challenge.term_weights.keys()),
                aspect=match.aspect,
                cosine=match.cosine,
            )
            for match in matches[:SHOWN_PASSAGES]
        )

    def _shared(
        self, cases: Sequence[FoundCase], concepts: Mapping[str, Concept], concept_type: str
    ) -> tuple[Shared, ...]:
        """Return what the answer's cases need, by number of cases, then by the best case's rank."""
        users: dict[str, list[FoundCase]] = {}
        effects: dict[str, dict[str, str]] = {}
        for case in cases:
            for linked in case.competencies if concept_type == "competency" else case.enablers:
                users.setdefault(linked.id, []).append(case)
                effect = getattr(linked, "effect", None)
                if effect:
                    effects.setdefault(linked.id, {})[case.id] = effect
        order = sorted(users, key=lambda id_: (-len(users[id_]), users[id_][0].rank, id_))
        return tuple(
            Shared(
                id=id_,
                label=concepts[id_].label(self._options.language),
                cases=tuple(case.id for case in users[id_]),
                effects=effects.get(id_, {}),
                how_to_engage=concept.how_to_engage if isinstance(concept := concepts[id_], Enabler) else "",
            )
            for id_ in order
        )

    def _notes(self, cases: Sequence[FoundCase]) -> tuple[FoundNote, ...]:
        rows = self._view.rows("industry_note")
        ranked = rank(self._view.engine, self._challenge, rows, limit=len(rows)) if rows else []
        texts = self._view.texts(rows)
        wanted = {industry.id for case in cases[:_INDUSTRY_CASES] for industry in case.industries}
        found = []
        for item in ranked:
            note = texts[item.row].item
            assert isinstance(note, IndustryNote)
            closeness = item.arms["passages"].raw if "passages" in item.arms else 0.0
            codes = {industry_value(entry.scheme, entry.code) for entry in note.industries}
            if closeness >= (NOTE_CLOSENESS_IN_INDUSTRY if codes & wanted else NOTE_CLOSENESS):
                found.append(
                    FoundNote(note.id, note.title, note.summary, note.note_kind, note.valid_until, round(closeness, 4))
                )
        return tuple(found[:SHOWN_NOTES])

    def _stubs(self, cases: Sequence[FoundCase]) -> tuple[Stub, ...]:
        """Return stubs on a challenge type that the text names or the closest case has."""
        stubs = self._filter.stub_rows
        if not stubs:
            return ()
        types = {record.id: record.row for record in self._view.records.values() if record.type == "challenge_type"}
        named = set(named_concepts(self._challenge.text, self._view.labels))
        wanted = {id_ for id_, row in types.items() if row in named}
        wanted |= {named_type.id for case in cases[:1] for named_type in case.challenge_types}
        titles = {text.item.id: text.item for text in self._view.texts(list(types.values())).values()}
        found = []
        for row in stubs:
            values = [entry.value for entry in self._view.facets([row]) if entry.facet == "challenge-type"]
            shown = [value for value in values if value in types]
            if wanted.intersection(shown):
                found.append((-len(wanted.intersection(shown)), self._view.stubs[row].stub_id, row, shown))
        known = industries()
        return tuple(
            Stub(
                id=stub_id,
                challenge_types=self._named(shown, {k: v for k, v in titles.items() if isinstance(v, Concept)}),
                industry_sections=tuple(
                    Named(code, known.label(code, self._options.language))
                    for code in sorted(self._filter.stub_sections(row))
                ),
                contact=self._options.contact,
            )
            for _, stub_id, row, shown in sorted(found)[:SHOWN_STUBS]
        )


def _contacts(cases: Sequence[FoundCase]) -> tuple[Contact, ...]:
    by_contact: dict[str, list[str]] = {}
    for case in cases:
        by_contact.setdefault(case.contact, []).append(case.id)
    return tuple(Contact(contact, tuple(ids)) for contact, ids in by_contact.items())
