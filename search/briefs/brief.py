"""What a brief says: of each case what was wrong, what was done, what came of it, what it takes and whom to ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from library.codes import CodeList, industries, industry_value
from library.documents import DocumentSection, SectionKind
from library.errors import UnknownItemError
from library.items import BusinessCase, Concept, Enabler, ValueMetric
from search.answers.options import SearchOptions
from search.briefs.labels import Labels
from search.briefs.use import bar_to_customers, rule_for_use
from search.view import View

_EFFECTS = ("critical", "missing", None, "supporting")  # what a reader has to know first


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One figure: what was measured, before and after, when, how well it is proven, and who has the benefit."""

    metric: str
    before: str
    after: str
    period: str
    evidence: str
    beneficiary: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """An enabler: what it is called, what it did, and how to engage it."""

    label: str
    effect: str
    how: str


@dataclass(frozen=True, slots=True)
class CaseBrief:
    """A case on one page, in its own words under labels in the reader's language.

    Texts have lines; `facts` are industry, region, period and outcome; `omitted` says how many figures were left
    out, `is_shortened` that anything was, `bar` why no customer may be shown it (empty if one may).
    """

    id: str
    title: str
    language: str
    customer: str
    facts: tuple[str, ...]
    rule: str
    notice: str
    problem: str
    approach: str
    solution: str
    value: tuple[ValueRow, ...]
    value_text: str
    went_wrong: tuple[str, ...]
    conditions: tuple[str, ...]
    contraindications: tuple[str, ...]
    succeeded: bool
    competencies: tuple[str, ...]
    enablers: tuple[Need, ...]
    contact: str
    trust: tuple[str, ...]
    sources: tuple[str, ...]
    omitted: int = 0
    is_shortened: bool = False
    bar: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A case that is not in a brief, and why."""

    id: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Brief:
    """The briefs of one case or a few, with the labels around them and the day on which they hold.

    `for_customers` marks one that `search.briefs.audience` made fit to be handed to a customer.
    """

    cases: tuple[CaseBrief, ...]
    labels: Labels
    made: date
    left_out: tuple[LeftOut, ...] = ()
    for_customers: bool = False


def make_brief(view: View, case_ids: Sequence[str], options: SearchOptions | None = None) -> Brief:
    """Return the brief of cases, once each in the order given.

    Raises:
        UnknownItemError: the asker sees no such case, or the item is none.
    """
    options = options or SearchOptions()
    labels = Labels(options.language)
    writer = _BriefWriter(view, options, labels)
    return Brief(tuple(writer.write(id_) for id_ in dict.fromkeys(case_ids)), labels, options.today)


class _BriefWriter:
    """Writes the briefs of cases for one asker."""

    def __init__(self, view: View, options: SearchOptions, labels: Labels) -> None:
        self._view = view
        self._options = options
        self._labels = labels

    def write(self, case_id: str) -> CaseBrief:
        """Return a case's brief."""
        record, text = self._view.read(case_id)
        case = text.item
        if not isinstance(case, BusinessCase):
            command = "`casebook list cases` shows what there is."
            raise UnknownItemError(f"There is no case {case_id!r}.", command=command)
        parts = _parts(text.sections)
        concepts = self._concepts(record.row)
        return CaseBrief(
            id=case.id,
            title=case.title,
            language=case.language,
            customer=case.customer,
            facts=tuple(self._facts(case)),
            rule=rule_for_use(case, self._labels, self._options.today),
            notice=self._labels("invented") if case.illustrative else "",
            problem=parts.get(SectionKind.CHALLENGE) or parts.get(SectionKind.CONTEXT) or case.summary,
            approach=parts.get(SectionKind.APPROACH, ""),
            solution=parts.get(SectionKind.SOLUTION) or ("" if SectionKind.APPROACH in parts else case.summary),
            value=tuple(self._row(metric) for metric in case.value),
            value_text="" if case.value else parts.get(SectionKind.VALUE, ""),
            went_wrong=case.pitfalls or _listed(parts.get(SectionKind.WENT_WRONG)),
            conditions=case.replication_conditions or _listed(parts.get(SectionKind.CONDITIONS)),
            contraindications=case.contraindications,
            succeeded=case.outcome != "unsuccessful",
            competencies=tuple(self._label(concepts[id_]) for id_ in case.competencies if id_ in concepts),
            enablers=tuple(self._needs(case, concepts)),
            contact=case.contact or self._options.contact,
            trust=tuple(self._trust(record.row, case)),
            sources=(case.id, *(id_ for id_ in _used(case) if id_ in concepts), *case.sources),
            bar=bar_to_customers(case, self._labels, self._options.today),
        )

    def _concepts(self, row: int) -> dict[str, Concept]:
        rows = [link.target_row for link in self._view.links([row])]
        found = self._view.texts(list(dict.fromkeys(rows)))
        return {text.item.id: text.item for text in found.values() if isinstance(text.item, Concept)}

    def _label(self, concept: Concept) -> str:
        return concept.label(self._labels.language)

    def _facts(self, case: BusinessCase) -> Iterator[str]:
        language = self._labels.language
        branches = (industry_value(entry.scheme, entry.code) for entry in case.industries)
        yield from _names(branches, industries(), language)
        yield from _names(case.regions, self._options.regions, language)
        if case.period:
            yield case.period
        if case.outcome:
            yield self._labels("outcome", outcome=self._labels(f"outcome_{case.outcome}"))

    def _row(self, metric: ValueMetric) -> ValueRow:
        unit = " ".join(part for part in (metric.currency, metric.unit) if part)
        return ValueRow(
            metric=f"{metric.metric} ({unit})" if unit else metric.metric,
            before=metric.baseline,
            after=metric.result,
            period=metric.period,
            evidence=self._labels(f"evidence_{metric.evidence}") if metric.evidence else "",
            beneficiary=metric.beneficiary or "",
        )

    def _needs(self, case: BusinessCase, concepts: dict[str, Concept]) -> Iterator[Need]:
        for use in sorted(case.enablers, key=lambda use: _EFFECTS.index(use.effect)):
            enabler = concepts.get(use.id)
            if isinstance(enabler, Enabler):
                effect = self._labels(f"effect_{use.effect}") if use.effect else ""
                yield Need(self._label(enabler), effect, enabler.how_to_engage)

    def _trust(self, row: int, case: BusinessCase) -> Iterator[str]:
        labels = self._labels
        yield labels(f"status_{case.status}")
        day = case.last_verified
        verified = labels("verified", day=day.isoformat()) if day else labels("never_verified")
        due = case.review_due()
        is_overdue = due is not None and due < self._options.today
        yield labels("overdue", verified=verified) if is_overdue else verified
        if case.practice_maturity:
            yield labels(f"maturity_{case.practice_maturity}")
        approved = set(self._view.rows("business_case"))
        links = self._view.links([row], backwards=True)
        count = sum(link.field == "replicates" and link.source_row in approved for link in links)
        if count:
            yield labels("replicated", count=count)


def _parts(sections: Iterable[DocumentSection]) -> dict[SectionKind, str]:
    """Return the text of each part of a case, with what stands below its subheadings."""
    texts: dict[SectionKind, list[str]] = {}
    for section in sections:
        if section.kind is not None and section.text.strip():
            texts.setdefault(section.kind, []).append(section.text.strip())
    return {kind: "\n\n".join(found) for kind, found in texts.items()}


def _listed(text: str | None) -> tuple[str, ...]:
    return (text,) if text else ()


def _names(codes: Iterable[str], known: CodeList, language: str) -> Iterator[str]:
    yield from dict.fromkeys(known.label(known.resolve(code) or code, language) for code in codes)


def _used(case: BusinessCase) -> tuple[str, ...]:
    return (*case.competencies, *(use.id for use in case.enablers))
