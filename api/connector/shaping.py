"""Answers of the search as results of the tools: less of everything, and every id with an address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from api.connector.desk import Desk
from api.connector.results import (
    Asked,
    CaseHit,
    CasesFound,
    Linked,
    Named,
    NoteHit,
    Passage,
    SearchHit,
    SearchResults,
    Taken,
    Trusted,
)
from search.answers.answer import Answer, FoundCase, FoundNote, Shared, Stub
from search.browsing.listing import ItemLink
from search.explaining.phrases import verdict_without_cases
from search.ranking.verdict import Verdict

_CLOSEST = 10  # the verdict looks at so many; what comes after them was judged by nobody
_ADVICE = {
    Verdict.STRONG: "Present the closest cases with why each is close and how it differs. Cite them by their url.",
    Verdict.POSSIBLE: "Say that these cases are perhaps comparable, and how they differ. Cite them by their url.",
    Verdict.NONE: "Tell the user plainly that no close case exists, and do not answer from these cases as if one did. "
    "Offer whom to ask; what is listed are analogues at best.",
}
_NO_CASES = "Tell the user plainly that no close case exists, and do not answer from your own knowledge as if one did."
_NO_PASSING = "Tell the user that no case passes these filters, and which of them to drop."


def advise(answer: Answer) -> str:
    """Return what to tell the user, given the verdict."""
    if answer.cases:
        return _ADVICE[Verdict(answer.verdict)]
    return _NO_PASSING if answer.filters else _NO_CASES


def advise_on(answer: Answer, case: FoundCase) -> str:
    """Return what to tell the user of one case: the verdict is about the closest ones."""
    if answer.verdict == Verdict.NONE or case.rank <= _CLOSEST:
        return advise(answer)
    return f"{case.rank - 1} cases are closer than this one. Present it as an analogue; search_cases names the closest."


def verdict_alone(answer: Answer) -> str:
    """Return the verdict in words for a result without the answer's list of cases."""
    return verdict_without_cases(answer.verdict_text, answer.label_language)


def advise_without_cases(answer: Answer) -> str:
    """Return what to tell the user who is shown no cases if none is close."""
    return _NO_CASES if answer.verdict == Verdict.NONE else advise(answer)


def search_results(desk: Desk, answer: Answer) -> SearchResults:
    """Return what a connector's `search` answers: cases and notes, and nothing if no case is close."""
    close = answer.verdict != Verdict.NONE
    found: Sequence[FoundCase | FoundNote] = (*answer.cases, *answer.notes) if close else ()
    return SearchResults(
        results=tuple(SearchHit(entry.id, entry.title, desk.url(entry.id)) for entry in found),
        search_id=answer.search_id,
        verdict=answer.verdict,
        verdict_text=verdict_alone(answer),
        advice=advise_without_cases(answer),
    )


def cases_found(desk: Desk, answer: Answer) -> CasesFound:
    """Return what `search_cases` answers."""
    return CasesFound(
        search_id=answer.search_id,
        verdict=answer.verdict,
        verdict_text=answer.verdict_text,
        advice=advise(answer),
        total=answer.total,
        cases=tuple(case_hit(desk, answer, case) for case in answer.cases),
        competencies=tuple(map(_taken, answer.competencies)),
        enablers=tuple(map(_taken, answer.enablers)),
        gaps=tuple(map(_taken, answer.gaps)),
        notes=tuple(
            NoteHit(note.id, note.title, desk.url(note.id), note.summary, note.expired) for note in answer.notes
        ),
        contacts=tuple(Asked(contact.contact, contact.cases) for contact in answer.contacts),
        more_to_ask_for=tuple(_by_contact(answer.stubs)),
        without_filter={entry.filter: entry.cases for entry in answer.relax},
    )


def case_hit(desk: Desk, answer: Answer, case: FoundCase) -> CaseHit:
    """Return a case of an answer."""
    return CaseHit(
        rank=case.rank,
        id=case.id,
        title=case.title,
        url=desk.url(case.id),
        analogue_only=answer.verdict == Verdict.NONE or case.rank > _CLOSEST,
        reason=case.reason,
        matches=tuple(entry.text for entry in case.matches),
        differs=tuple(entry.text for entry in case.differs),
        summary=case.summary,
        customer=case.customer,
        industries=tuple(Named(entry.id, entry.label) for entry in case.industries),
        regions=tuple(Named(entry.id, entry.label) for entry in case.regions),
        language=case.language,
        outcome=case.outcome,
        competencies=tuple(Named(entry.id, entry.label) for entry in case.competencies),
        enablers=tuple(Named(entry.id, entry.label) for entry in case.enablers),
        passages=tuple(Passage(passage.section, passage.text) for passage in case.passages),
        trust=_trusted(case),
    )


def linked(desk: Desk, links: Iterable[ItemLink]) -> tuple[Linked, ...]:
    """Return links with addresses."""
    return tuple(Linked(link.field, link.id, link.title, desk.url(link.id)) for link in links)


def _trusted(case: FoundCase) -> Trusted:
    return Trusted(
        status=case.status,
        last_verified=case.last_verified,
        review_overdue=case.trust.review_overdue,
        evidence=case.trust.evidence,
        illustrative=case.illustrative,
        classification=case.classification,
        contact=case.contact,
    )


def _taken(entry: Shared) -> Taken:
    return Taken(entry.type, entry.id, entry.label, entry.cases, entry.lesson, entry.how_to_engage)


def _by_contact(stubs: Sequence[Stub]) -> Iterator[Asked]:
    for contact in dict.fromkeys(stub.contact for stub in stubs):
        yield Asked(contact, tuple(stub.id for stub in stubs if stub.contact == contact))
