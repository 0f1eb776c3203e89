"""Present the ranked cases: facts, reason, matched passages, trust; every value comes from the view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import cast

from indexer.catalogue import ItemText, PassageRecord
from indexer.lexical import terms_of
from indexer.passages import SUMMARY
from library.codes import industries, industry_value
from library.items import BusinessCase, Concept, EnablerUse, Evidence
from search.answers.answer import (
    FoundCase,
    GroupedCase,
    LinkedEnabler,
    MatchedPassage,
    Named,
    Relation,
    StatedValue,
    Trust,
)
from search.answers.options import SearchOptions
from search.explaining.highlighting import Terms, find_highlights
from search.explaining.reasons import CaseFacts, Explainer
from search.explaining.shared_words import SharedWords
from search.ranking.agreement import broader_types
from search.ranking.fusion import RankedItem
from search.understanding.challenge import Challenge
from search.understanding.situation import Situation, readable_labels
from search.view import View

SHOWN_PASSAGES = 3
_SHORTEST_NAME = 4
_GRADES: tuple[Evidence, ...] = ("customer_verified", "finance_validated", "estimated", "qualitative")  # best first


class CasePresenter:
    """Presents the cases of one answer."""

    def __init__(
        self,
        view: View,
        options: SearchOptions,
        challenge: Challenge,
        situation: Situation,
        ranked: Sequence[RankedItem],
    ) -> None:
        self._view = view
        self._options = options
        self._challenge = challenge
        self._situation = situation
        self._ranked = ranked

    def cases(self) -> tuple[FoundCase, ...]:
        """Return the ranked cases, best first."""
        return tuple(self._case(place, item) for place, item in enumerate(self._ranked, 1))

    @cached_property
    def concepts(self) -> dict[str, Concept]:
        """The visible concepts that the cases refer to or the text names, by id."""
        shown = [item.row for item in self._ranked]
        rows = [link.target_row for link in self._view.links(shown)]
        rows += [self._view.by_id[mention.value].row for mention in self._situation.concepts]
        found = self._view.texts(list(dict.fromkeys(rows)))
        return {text.item.id: text.item for text in found.values() if isinstance(text.item, Concept)}

    def named(self, ids: Iterable[str]) -> tuple[Named, ...]:
        """Return visible concepts with their labels."""
        return tuple(Named(id_, self._label(id_)) for id_ in ids if id_ in self.concepts)

    def _case(self, place: int, ranked: RankedItem) -> FoundCase:
        item = self._item(ranked.row)
        passages = self._passages(ranked)
        facts = self._facts(item, ranked, passages)
        explanation = self._explainer.explain(facts)
        return FoundCase(
            rank=place,
            id=item.id,
            title=item.title,
            reason=explanation.reason,
            matches=explanation.matches,
            differs=explanation.differs,
            summary=item.summary,
            customer=item.customer,
            language=item.language,
            industries=facts.industries,
            regions=facts.regions,
            outcome=item.outcome,
            value=tuple(cast("StatedValue", metric.model_dump(exclude_defaults=True)) for metric in item.value),
            challenge_types=facts.challenge_types,
            competencies=self.named(item.competencies),
            enablers=tuple(LinkedEnabler(use.id, self._label(use.id), use.effect) for use in self._enablers(item)),
            offerings=item.offerings,
            conditions=item.replication_conditions,
            contraindications=item.contraindications,
            pitfalls=item.pitfalls,
            trust=trust_in(item, replications=self._replications[ranked.row], today=self._options.today),
            status=item.status,
            classification=item.classification,
            last_verified=item.last_verified,
            review_due=item.review_due(),
            illustrative=item.illustrative,
            contact=item.contact or self._options.contact,
            passages=passages,
            score=ranked.score,
            arms=dict(ranked.arms),
            adjustments=ranked.adjustments,
            grouped=self._grouped(item, ranked.grouped),
        )

    @cached_property
    def _texts(self) -> Mapping[int, ItemText]:
        rows = [row for item in self._ranked for row in (item.row, *item.grouped)]
        return self._view.texts(list(dict.fromkeys(rows)))

    @cached_property
    def _passage_records(self) -> Mapping[int, PassageRecord]:
        rows = [item.row for item in self._ranked]
        return {passage.row: passage for passage in self._view.engine.passages(rows)}

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(
            self._situation,
            language=self._options.language,
            text_languages=self._challenge.languages,
            type_labels={mention.value: self._label(mention.value) for mention in self._situation.challenge_types},
            known_regions=self._options.regions,
        )

    def _item(self, row: int) -> BusinessCase:
        item = self._texts[row].item
        assert isinstance(item, BusinessCase)
        return item

    def _facts(self, item: BusinessCase, ranked: RankedItem, passages: Sequence[MatchedPassage]) -> CaseFacts:
        enablers = self._enablers(item)
        have = self._options.have
        best = _best_first(ranked, self._passage_records)[:1]
        return CaseFacts(
            item=item,
            challenge_types=self.named(item.challenge_types),
            industries=self._industries(item),
            regions=self._regions(item),
            broader=self._broader,
            lacked=self.named(use.id for use in enablers if use.effect == "missing"),
            not_had=self.named(u.id for u in enablers if have and u.effect == "critical" and u.id not in have),
            section=self._passage_records[best[0]].kind if best else None,
            cosine=passages[0].cosine if passages else 0.0,
            words=self._words.telling(passages[0].text, item.language) if passages else (),
        )

    @cached_property
    def _broader(self) -> Mapping[str, frozenset[str]]:
        return broader_types(self._view)

    @cached_property
    def _words(self) -> SharedWords:
        return SharedWords(self._view.engine, self._challenge)

    def _enablers(self, item: BusinessCase) -> list[EnablerUse]:
        return [use for use in item.enablers if use.id in self.concepts]

    def _label(self, concept_id: str) -> str:
        return self.concepts[concept_id].label(self._options.language)

    def _industries(self, item: BusinessCase) -> tuple[Named, ...]:
        known = industries()
        codes = (industry_value(entry.scheme, entry.code) for entry in item.industries)
        return tuple(Named(code, known.label(code, self._options.language)) for code in codes)

    def _regions(self, item: BusinessCase) -> tuple[Named, ...]:
        known = self._options.regions
        codes = (known.resolve(region) or region for region in item.regions)
        return tuple(Named(code, known.label(code, self._options.language)) for code in codes)

    @cached_property
    def _replications(self) -> Counter[int]:
        """How many visible approved cases replicate each of the shown ones."""
        approved = set(self._view.rows("business_case"))
        links = self._view.links([item.row for item in self._ranked], backwards=True)
        return Counter(link.target_row for link in links if link.field == "replicates" and link.source_row in approved)

    def _grouped(self, shown: BusinessCase, rows: Sequence[int]) -> tuple[GroupedCase, ...]:
        others = [text.item for row in rows if (text := self._texts.get(row))]
        return tuple(
            GroupedCase(other.id, other.title, _relation(shown, other), other.language, self._industries(other))
            for other in others
            if isinstance(other, BusinessCase)
        )

    def _passages(self, ranked: RankedItem) -> tuple[MatchedPassage, ...]:
        language = self._view.records[ranked.row].language
        by_row = {match.row: match for match in ranked.passages}
        chosen = [
            (self._passage_records[row], by_row[row])
            for row in _best_first(ranked, self._passage_records)[:SHOWN_PASSAGES]
        ]
        return tuple(
            MatchedPassage(
                section=" > ".join(passage.path),
                text=passage.text,
                highlights=find_highlights(passage.text, language, self._terms, self._names(language)),
                aspect=match.aspect,
                cosine=match.cosine,
            )
            for passage, match in chosen
        )

    @cached_property
    def _terms(self) -> frozenset[str]:
        """The challenge's words, as they were typed and as they were searched with."""
        return self._challenge.spoken_terms.union(self._challenge.term_weights)

    def _names(self, language: str) -> set[Terms]:
        """Return all names of what the text names, as terms of a language."""
        base = language.partition("-")[0].lower()
        if base not in self._names_by_language:
            rows = {self._view.by_id[mention.value].row for mention in self._situation.concepts}
            labels = readable_labels(self._view.labels_of(rows), {base})
            names = {tuple(terms_of(label.text, base)) for label in labels}
            self._names_by_language[base] = {name for name in names if len("".join(name)) >= _SHORTEST_NAME}
        return self._names_by_language[base]

    @cached_property
    def _names_by_language(self) -> dict[str, set[Terms]]:
        return {}


def trust_in(item: BusinessCase, *, replications: int, today: date) -> Trust:
    """Return how far a case can be relied on, that many approved cases replicate."""
    due = item.review_due()
    grades = {metric.evidence for metric in item.value}
    return Trust(
        status=item.status,
        last_verified=item.last_verified,
        review_overdue=due is not None and due < today,
        evidence=next((grade for grade in _GRADES if grade in grades), None),
        practice_maturity=item.practice_maturity,
        replications=replications,
    )


def _best_first(ranked: RankedItem, passages: Mapping[int, PassageRecord]) -> list[int]:
    """Return the rows of an item's passages, best first; the summary is shown anyway, so it comes last."""
    return sorted((match.row for match in ranked.passages), key=lambda row: passages[row].kind == SUMMARY)


def _relation(shown: BusinessCase, other: BusinessCase) -> Relation:
    """Return what another case of the same practice is to the shown one."""
    translations = (other.translation_of == shown.id, shown.translation_of == other.id)
    if any(translations) or (other.translation_of is not None and other.translation_of == shown.translation_of):
        return "translation"
    if shown.replicates == other.id:
        return "replicated"
    return "replication" if other.replicates == shown.id else "practice"
