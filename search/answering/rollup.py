"""Roll an answer's cases up: what they took, what to learn, what was offered, industry notes, people to ask."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from indexer.catalogue import ItemRecord
from library.codes import industries, industry_value
from library.errors import FilterError
from library.items import Concept, Enabler, IndustryNote, LearningResource
from search.answers.answer import Contact, FoundCase, FoundNote, Learning, LinkedEnabler, Named, Offering, Shared
from search.answers.options import SearchOptions
from search.ranking.arms import score_passages
from search.understanding.challenge import Challenge
from search.understanding.situation import Situation
from search.view import View

SHOWN_NOTES = 3
# A note fits a challenge as close as this; one about an industry of the text or of the closest cases may be further
# away by the bonus.
NOTE_CLOSENESS = 0.40
_INDUSTRY_BONUS = 0.20
_INDUSTRY_CASES = 3
_DECIMALS = 6


def weigh_cases(scores: Mapping[str, float]) -> dict[str, float]:
    """Return each case's share of the answer, by its id; they add up to one.

    The softmax of the fused scores: these may be negative, and one point more, which is one standard deviation
    over the candidates, makes a case weigh 2.7 times as much.
    """
    highest = max(scores.values(), default=0.0)
    parts = {id_: math.exp(score - highest) for id_, score in scores.items()}
    total = sum(parts.values())
    return {id_: part / total for id_, part in parts.items()}


@dataclass(frozen=True, slots=True)
class _Use:
    """A case's use of a competency or an enabler."""

    case: str
    effect: str | None


def share_concepts(
    view: View, cases: Sequence[FoundCase], concepts: Mapping[str, Concept], *, language: str
) -> tuple[tuple[Shared, ...], tuple[Shared, ...]]:
    """Return the competencies and the enablers of the answer's cases, the weightiest first."""
    weights = weigh_cases({case.id: case.score for case in cases})
    competencies = _uses((case, entry) for case in cases for entry in case.competencies)
    enablers = _uses((case, entry) for case in cases for entry in case.enablers)
    learning = find_learning(view, [*competencies, *enablers], language=language)

    def shared(uses: Mapping[str, list[_Use]]) -> tuple[Shared, ...]:
        taught = ((concepts[id_], used, learning.get(id_, ())) for id_, used in uses.items())
        return _by_weight([_shared(concept, used, weights, language, to_learn) for concept, used, to_learn in taught])

    return shared(competencies), shared(enablers)


def find_learning(view: View, concept_ids: Sequence[str], *, language: str) -> dict[str, tuple[Learning, ...]]:
    """Return what there is to learn each concept from: what is in the language and mainly on it first.

    A resource teaches a competency; an enabler and a resource are related, whichever of them says so.
    """
    found = view.once(("learning", language), lambda: _find_all_learning(view, language))
    return {id_: found[id_] for id_ in concept_ids if id_ in found}


def check_have(view: View, have: Sequence[str]) -> tuple[str, ...]:
    """Return the ids once each.

    Raises:
        FilterError: the asker sees no such competency or enabler.
    """
    known = [view.records[row].id for row in view.rows("competency", "enabler")]
    for id_ in have:
        if id_ not in known:
            near = difflib.get_close_matches(id_, known, n=3)
            raise FilterError(
                f"No competency or enabler has the id {id_!r}.",
                filter_name="have",
                value=id_,
                hint=f"Did you mean {', '.join(near)}?" if near else "",
                command="" if near else "`casebook list competencies` and `casebook list enablers` show what there is.",
            )
    return tuple(dict.fromkeys(have))


def find_gaps(shared: Sequence[Shared], have: Collection[str]) -> tuple[Shared, ...]:
    """Return what the answer's cases took and a team does not have, the weightiest first."""
    return _by_weight([entry for entry in shared if entry.id not in have])


def find_offerings(cases: Sequence[FoundCase]) -> tuple[Offering, ...]:
    """Return what the cases offered: what most offered first, then in the order of the cases."""
    users: dict[str, list[str]] = {}
    labels: dict[str, str] = {}
    for case in cases:
        for offering in case.offerings:
            key = offering.casefold()
            labels.setdefault(key, offering)
            if case.id not in users.setdefault(key, []):
                users[key].append(case.id)
    order = sorted(users, key=lambda key: -len(users[key]))
    return tuple(Offering(labels[key], tuple(users[key])) for key in order)


def find_notes(
    view: View, challenge: Challenge, situation: Situation, cases: Sequence[FoundCase], options: SearchOptions
) -> tuple[FoundNote, ...]:
    """Return the industry notes that fit the challenge, or the industries of the text and of its closest cases."""
    rows = view.rows("industry_note")
    nearest = score_passages(view.engine, challenge, rows) if rows else {}
    texts = view.texts(rows)
    wanted = {industry.id for case in cases[:_INDUSTRY_CASES] for industry in case.industries}
    wanted |= {mention.value for mention in situation.industries}
    found = []
    for row in rows:
        note = texts[row].item
        assert isinstance(note, IndustryNote)
        closeness = nearest.get(row, 0.0)
        relevance = closeness + (_INDUSTRY_BONUS if _is_about(note, wanted) else 0.0)
        if relevance >= NOTE_CLOSENESS:
            found.append((relevance, _note(note, closeness, options.today)))
    found.sort(key=lambda entry: -entry[0])
    return tuple(note for _, note in found[:SHOWN_NOTES])


def find_contacts(cases: Sequence[FoundCase]) -> tuple[Contact, ...]:
    """Return whom to ask about which cases, in the order of the cases."""
    by_contact: dict[str, list[str]] = {}
    for case in cases:
        by_contact.setdefault(case.contact, []).append(case.id)
    return tuple(Contact(contact, tuple(ids)) for contact, ids in by_contact.items())


def _uses(pairs: Iterator[tuple[FoundCase, Named | LinkedEnabler]]) -> dict[str, list[_Use]]:
    uses: dict[str, list[_Use]] = {}
    for case, entry in pairs:
        uses.setdefault(entry.id, []).append(_Use(case.id, entry.effect if isinstance(entry, LinkedEnabler) else None))
    return uses


def _shared(
    concept: Concept,
    uses: Sequence[_Use],
    weights: Mapping[str, float],
    language: str,
    learning: tuple[Learning, ...],
) -> Shared:
    cases = tuple(dict.fromkeys(use.case for use in uses))
    return Shared(
        type="enabler" if isinstance(concept, Enabler) else "competency",
        id=concept.id,
        label=concept.label(language),
        weight=round(sum(weights[case] for case in cases), _DECIMALS),
        cases=cases,
        effects={use.case: use.effect for use in uses if use.effect},
        lesson=all(use.effect == "missing" for use in uses),
        how_to_engage=concept.how_to_engage if isinstance(concept, Enabler) else "",
        learning=learning,
    )


def _by_weight(entries: Sequence[Shared]) -> tuple[Shared, ...]:
    return tuple(sorted(entries, key=lambda entry: (-entry.weight, entry.id)))


def _find_all_learning(view: View, language: str) -> dict[str, tuple[Learning, ...]]:
    """Return what there is to learn each of the concepts from that the asker sees."""
    found: dict[str, set[int]] = {}
    for concept, resource, field in _links_to_learning(view):
        expected = "teaches" if concept.type == "competency" else "related"
        if field == expected:
            found.setdefault(concept.id, set()).add(resource)
    texts = view.texts(view.rows("learning_resource"))
    items = {row: text.item for row, text in texts.items() if isinstance(text.item, LearningResource)}
    named = {row: [id_ for id_ in (*item.teaches, *item.related) if id_ in view.by_id] for row, item in items.items()}
    told = {row: _learning(item) for row, item in items.items()}

    def order(row: int, concept_id: str) -> tuple[bool, int, str]:
        own = named[row]
        place = own.index(concept_id) if concept_id in own else len(own)
        return items[row].language.partition("-")[0] != language.partition("-")[0], place, items[row].id

    return {
        id_: tuple(told[row] for row in sorted(of & items.keys(), key=lambda row: order(row, id_)))
        for id_, of in found.items()
    }


def _links_to_learning(view: View) -> Iterator[tuple[ItemRecord, int, str]]:
    """Yield (concept, resource, field) of the links between concepts and approved resources, in either direction."""
    resources = view.rows("learning_resource")
    for link in view.links(resources):
        yield view.records[link.target_row], link.source_row, link.field
    for link in view.links(resources, backwards=True):
        yield view.records[link.source_row], link.target_row, link.field


def _learning(item: LearningResource) -> Learning:
    return Learning(item.id, item.title, item.learning_resource_type, item.time_required, item.url)


def _is_about(note: IndustryNote, wanted: set[str]) -> bool:
    known = industries()
    codes = {industry_value(entry.scheme, entry.code) for entry in note.industries}
    return any(codes & {code, *known.ancestors(code)} for code in wanted)


def _note(note: IndustryNote, closeness: float, today: date) -> FoundNote:
    expired = note.valid_until is not None and note.valid_until < today
    return FoundNote(note.id, note.title, note.summary, note.note_kind, note.valid_until, expired, round(closeness, 4))
