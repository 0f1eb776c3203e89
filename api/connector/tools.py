"""The tools: pure functions from a desk and arguments to a result. None of them changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from api.connector.arguments import (
    ExplainMatchArguments,
    FetchArguments,
    Filters,
    FindLearningArguments,
    GetCaseArguments,
    ListArguments,
    SearchArguments,
    SearchCasesArguments,
)
from api.connector.desk import Desk
from api.connector.results import (
    QUOTED,
    CaseDetail,
    CasesFound,
    ConceptHit,
    ConceptList,
    Document,
    Explained,
    LearningFound,
    LearningHit,
    SearchResults,
    Section,
)
from api.connector.shaping import (
    advise_on,
    advise_without_cases,
    case_hit,
    cases_found,
    linked,
    search_results,
    verdict_alone,
)
from api.resources.queries import search_filters
from library.codes import fold_name
from library.errors import ChallengeError
from library.items import Concept, Enabler
from search.answering.assembling import search_cases as answer_challenge
from search.answering.rollup import check_have
from search.answering.rollup import find_learning as learning_for
from search.answers.answer import Answer, FoundCase, plain
from search.browsing.listing import ItemPage, show_item
from search.view import View

_HITS = 10
_COMPARED = 100
_MOST_COMPARED = 1000
_TOLD = ("type", "status", "classification", "language", "outcome", "last_verified", "contact")


def search(desk: Desk, given: SearchArguments) -> SearchResults:
    """Find what a connector's client may read and cite; without a close case that is nothing."""
    return search_results(desk, _answer(desk, given.query, limit=_HITS))


def fetch(desk: Desk, given: FetchArguments) -> Document:
    """Return any item in full."""
    page = show_item(desk.view, given.id)
    fields = plain(page.fields)
    told = {name: str(fields[name]) for name in _TOLD if fields.get(name)}
    return Document(
        id=given.id,
        title=_title(desk, page),
        text=f"[{QUOTED}]\n\n" + "\n".join(page.as_lines()),
        url=desk.url(given.id),
        metadata={**told, **({"illustrative": "true"} if fields.get("illustrative") else {}), "notice": QUOTED},
    )


def search_cases(desk: Desk, given: SearchCasesArguments) -> CasesFound:
    """Find the closest cases, with reasons and differences."""
    answer = _answer(desk, given.challenge, limit=given.limit, filters=given.filters, have=given.have)
    return cases_found(desk, answer)


def get_case(desk: Desk, given: GetCaseArguments) -> CaseDetail:
    """Return a case in full."""
    _check_case(desk.view, given.case_id)
    page = show_item(desk.view, given.case_id)
    fields = plain(page.fields)
    return CaseDetail(
        id=given.case_id,
        title=_title(desk, page),
        url=desk.url(given.case_id),
        fields={name: value for name, value in fields.items() if name not in ("id", "title")},
        sections=tuple(Section(heading, text) for heading, text in page.sections),
        links=linked(desk, page.links),
        linked_from=linked(desk, page.linked_from),
    )


def explain_match(desk: Desk, given: ExplainMatchArguments) -> Explained:
    """Compare one case with a challenge."""
    _check_case(desk.view, given.case_id)
    answer, case = _compared(desk, given)
    return Explained(
        search_id=answer.search_id,
        verdict=answer.verdict,
        verdict_text=verdict_alone(answer),
        advice=advise_on(answer, case),
        rank=case.rank,
        of=answer.total,
        case=case_hit(desk, answer, case),
        told_as=given.case_id if case.id != given.case_id else "",
        works_if=case.conditions,
        not_if=case.contraindications,
        pitfalls=case.pitfalls,
    )


def list_competencies(desk: Desk, given: ListArguments) -> ConceptList:
    """List what people can do."""
    return _list(desk, given, "competency")


def list_enablers(desk: Desk, given: ListArguments) -> ConceptList:
    """List what the firm provides."""
    return _list(desk, given, "enabler")


def find_learning(desk: Desk, given: FindLearningArguments) -> LearningFound:
    """Find what to learn competencies from: those that are named, or those that a challenge's closest cases took."""
    if bool(given.ids) == bool(given.challenge):
        raise ChallengeError("Give either ids or a challenge.")
    answer = _answer(desk, given.challenge, limit=desk.options.limit) if given.challenge else None
    wanted = [entry.id for entry in (*answer.competencies, *answer.enablers)] if answer else list(given.ids)
    items, missing = _learning(desk, check_have(desk.view, wanted))
    return LearningFound(
        search_id=answer.search_id if answer else None,
        verdict=answer.verdict if answer else None,
        verdict_text=verdict_alone(answer) if answer else "",
        advice=advise_without_cases(answer) if answer else "",
        items=items[: given.limit],
        nothing_for=missing,
    )


def _answer(
    desk: Desk, challenge: str, *, limit: int, filters: Filters | None = None, have: Sequence[str] = ()
) -> Answer:
    options = replace(desk.options, limit=limit, have=tuple(have), facets=False)
    chosen = search_filters(filters) if filters else None
    return answer_challenge(desk.view.engine, challenge, asker=desk.view.asker, filters=chosen, options=options)


def _compared(desk: Desk, given: ExplainMatchArguments) -> tuple[Answer, FoundCase]:
    """Return the case as the answer holds it: most are among the first, so not all are presented at once."""
    for limit in (_COMPARED, _MOST_COMPARED):
        answer = _answer(desk, given.challenge, limit=limit)
        for case in answer.cases:
            if given.case_id == case.id or given.case_id in (other.id for other in case.grouped):
                return answer, case
        if len(answer.cases) < limit:
            break
    raise ChallengeError(
        f"{given.case_id} has nothing to do with this challenge: it is not among the {limit} closest of "
        f"{answer.total} cases.",
        hint="search_cases names the closest ones.",
    )


def _check_case(view: View, case_id: str) -> None:
    record = view.record(case_id)
    if record.type != "business_case":
        raise ChallengeError(f"{case_id} is no case; its type is {record.type}.", hint="fetch returns any item.")


def _title(desk: Desk, page: ItemPage) -> str:
    row = desk.view.record(page.fields["id"]).row
    item = desk.view.texts([row])[row].item
    return item.label(desk.options.language) if isinstance(item, Concept) else item.title


def _list(desk: Desk, given: ListArguments, concept_type: str) -> ConceptList:
    texts = desk.view.texts(desk.view.rows(concept_type))
    wanted = fold_name(given.contains)
    every = [_concept_hit(desk, text.item) for text in texts.values() if isinstance(text.item, Concept)]
    matching = [hit for hit in every if wanted in fold_name(f"{hit.label} {hit.definition}")]
    matching.sort(key=lambda hit: hit.id)
    rest = [hit for hit in matching if hit.id > given.after]
    shown = rest[: given.limit]
    return ConceptList(tuple(shown), len(matching), shown[-1].id if len(rest) > len(shown) else "")


def _concept_hit(desk: Desk, item: Concept) -> ConceptHit:
    language = desk.options.language
    return ConceptHit(
        id=item.id,
        label=item.label(language),
        definition=item.definition.get(language, item.summary),
        how_to_engage=item.how_to_engage if isinstance(item, Enabler) else "",
        url=desk.url(item.id),
    )


def _learning(desk: Desk, wanted: Sequence[str]) -> tuple[tuple[LearningHit, ...], tuple[str, ...]]:
    """Return each resource once, in the order of what is wanted, and for what there is none."""
    found = learning_for(desk.view, wanted, language=desk.options.language)
    helps: dict[str, list[str]] = {}
    for concept_id in wanted:
        for resource in found.get(concept_id, ()):
            helps.setdefault(resource.id, []).append(concept_id)
    resources = {resource.id: resource for entries in found.values() for resource in entries}
    items = tuple(
        LearningHit(
            id=id_,
            title=resources[id_].title,
            kind=resources[id_].learning_resource_type,
            time_required=resources[id_].time_required,
            resource=resources[id_].url,
            url=desk.url(id_),
            helps_with=tuple(concepts),
        )
        for id_, concepts in helps.items()
    )
    return items, tuple(id_ for id_ in wanted if not found.get(id_))
