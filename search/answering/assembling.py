"""The read path: who asks -> what is eligible -> ranked -> explained -> rolled up."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from indexer.glossing import TARGET, reader
from library.access import Asker
from library.codes import industries
from library.errors import ChallengeError
from library.items import BusinessCase
from search.answering.presenting import CasePresenter
from search.answering.rollup import check_have, find_contacts, find_gaps, find_notes, find_offerings, share_concepts
from search.answering.stubs import find_stubs
from search.answers.answer import Answer, Understood, UnderstoodAspect
from search.answers.options import SearchOptions
from search.engine import Engine
from search.explaining.phrases import VERDICTS, label_language
from search.filters import CaseFilter, Filters, Relaxation
from search.ranking.agreement import reward_agreement
from search.ranking.arms import PROBLEM_KINDS
from search.ranking.diversity import diversify, group_practices
from search.ranking.fusion import DEPTH, REORDERED, RankedItem, rank
from search.ranking.relaxing import find_relaxations
from search.ranking.reranking import rerank
from search.ranking.verdict import Judgement, Verdict, judge
from search.understanding.challenge import Challenge, understand, weigh_terms
from search.understanding.focusing import focuser
from search.understanding.languages import comprehend_declared
from search.understanding.naming import Mention
from search.understanding.situation import Situation, read_situation, situation_of_case
from search.view import View

__all__ = ["SearchOptions", "search_cases", "similar_cases"]


def search_cases(
    engine: Engine, text: str, *, asker: Asker, filters: Filters | None = None, options: SearchOptions | None = None
) -> Answer:
    """Answer a challenge for an asker.

    Raises:
        ChallengeError: the text, a filter or what the team has cannot be used.
    """
    options = options or SearchOptions()
    view = View(engine, asker)
    check_have(view, options.have)
    case_filter = CaseFilter(view, filters or Filters(), known_regions=options.regions, language=options.language)
    focused = focuser(engine, case_filter.eligible())
    challenge = understand(text, engine.encoder, written_in=view.languages("business_case"), focused=focused)
    situation = read_situation(challenge.text, view, languages=challenge.languages, known_regions=options.regions)
    return _answer(_Question(view, options, case_filter, challenge, situation))


def similar_cases(
    engine: Engine, case_id: str, *, asker: Asker, filters: Filters | None = None, options: SearchOptions | None = None
) -> Answer:
    """Return the cases closest to a case, by its problem; the encoder is not loaded.

    Raises:
        UnknownItemError: the asker sees no such case.
        ChallengeError: the item is no case, or a filter or what the team has cannot be used.
    """
    options = options or SearchOptions()
    view = View(engine, asker)
    record = view.record(case_id)
    case = view.texts([record.row])[record.row].item
    if not isinstance(case, BusinessCase):
        message = f"{case_id} is no case; its type is {record.type}."
        raise ChallengeError(message, hint="Name a case.", command="`casebook list cases` shows them.")
    check_have(view, options.have)
    case_filter = CaseFilter(view, filters or Filters(), known_regions=options.regions, language=options.language)
    challenge = _challenge_of_case(engine, record.row, record.language)
    situation = situation_of_case(case, view, options.regions)
    return _answer(_Question(view, options, case_filter, challenge, situation, excluded=record.row))


@dataclass(frozen=True, slots=True)
class _Question:
    """Everything that an answer is made from."""

    view: View
    options: SearchOptions
    case_filter: CaseFilter
    challenge: Challenge
    situation: Situation
    excluded: int | None = None


def _challenge_of_case(engine: Engine, row: int, language: str) -> Challenge:
    """Return a case's problem as a challenge, with the vectors that its passages already have."""
    passages = engine.passages([row])
    problem = [p for p in passages if p.kind in PROBLEM_KINDS] or list(passages)
    rows = [passage.row for passage in problem]
    texts = tuple(passage.text for passage in problem)
    read = reader(language, engine.manifest.languages)
    spoken = weigh_terms(texts, (language,))
    found = comprehend_declared("\n\n".join(texts), language, engine.manifest.languages)
    return Challenge(
        text="\n\n".join(texts),
        languages=found.languages,
        aspects=texts,
        vectors=engine.passage_vectors(rows),
        term_weights=spoken if read is str else weigh_terms(map(read, texts), (TARGET,)),
        tokens=tuple(engine.passage_tokens(rows)),
        spoken_terms=frozenset(spoken),
        is_strange=found.is_strange,
        understood=found.understood,
    )


def _answer(question: _Question) -> Answer:
    view, options, challenge, situation = question.view, question.options, question.challenge, question.situation
    eligible = [row for row in question.case_filter.eligible() if row != question.excluded]
    # More than are shown: grouping takes some away, and a longer answer should begin like a shorter one.
    ranked = rank(view.engine, challenge, eligible, limit=max(options.limit, DEPTH))
    judgement = _judge(question, ranked)
    ranked = rerank(view, challenge, reward_agreement(view, ranked, situation), options.reranker)
    groups = group_practices(view, [item.row for item in ranked[:REORDERED]])
    shown = diversify(view.engine, ranked, groups, limit=options.limit)
    presenter = CasePresenter(view, options, challenge, situation, shown)
    cases = presenter.cases()
    competencies, enablers = share_concepts(view, cases, presenter.concepts, language=options.language)
    close = cases if judgement.verdict is not Verdict.NONE else ()
    wanted_types = {mention.value for mention in situation.challenge_types}
    wanted_types |= {entry.id for case in close[:1] for entry in case.challenge_types}
    return Answer(
        search_id=os.urandom(16).hex(),
        verdict=judgement.verdict,
        verdict_text=_verdict_text(question, judgement, found=bool(ranked)),
        closeness=judgement.closeness,
        languages=challenge.languages,
        aspects=challenge.aspects,
        understood=tuple(_understood(situation, options, {e.id: e.label for e in presenter.named(wanted_types)})),
        total=len(eligible),
        cases=cases,
        competencies=competencies,
        enablers=enablers,
        have=tuple(dict.fromkeys(options.have)),
        gaps=find_gaps((*competencies, *enablers), options.have) if options.have else (),
        offerings=find_offerings(cases),
        notes=find_notes(view, challenge, situation, close, options),
        contacts=find_contacts(cases),
        stubs=find_stubs(view, question.case_filter, options, wanted_types),
        facets=question.case_filter.counts() if options.facets else {},
        filters=question.case_filter.as_values(),
        relax=_relaxations(question, judgement),
        label_language=label_language(options.language),
        generation=view.engine.manifest.number,
        model=view.engine.manifest.model,
    )


def _judge(question: _Question, ranked: Sequence[RankedItem]) -> Judgement:
    challenge = question.challenge
    ceiling = question.view.engine.word_ceiling(challenge.term_weights)
    return judge(
        ranked,
        words=len(challenge.term_weights),
        word_ceiling=ceiling,
        strange=challenge.is_strange,
        understood=challenge.understood,
    )


def _relaxations(question: _Question, judgement: Judgement) -> tuple[Relaxation, ...]:
    def judge_rows(rows: Sequence[int]) -> Judgement:
        return _judge(question, rank(question.view.engine, question.challenge, rows, limit=DEPTH))

    return find_relaxations(question.case_filter, judgement.verdict, judge_rows, excluded=question.excluded)


def _verdict_text(question: _Question, judgement: Judgement, *, found: bool) -> str:
    phrases = VERDICTS[label_language(question.options.language)]
    if not found:
        return phrases["no_case_passes" if question.case_filter.is_narrowed else "no_case"]
    nearest = ["nearest"] if judgement.verdict is Verdict.NONE else []
    return " ".join(phrases[key] for key in (judgement.verdict, *nearest, judgement.caveat) if key)


def _understood(situation: Situation, options: SearchOptions, types: Mapping[str, str]) -> Iterator[Understood]:
    """Yield what was read from the text, in a fixed order of aspects; nothing for what was read from a case."""
    places = {code: options.regions.label(code, options.language) for code in _values(situation.regions)}
    branches = {code: industries().label(code, options.language) for code in _values(situation.industries)}
    yield from _spoken("challenge", situation.challenge_types, types)
    yield from _spoken("industry", situation.industries, branches)
    yield from _spoken("region", situation.regions, places)
    for scale in situation.scales:
        if scale.span:
            yield Understood("scale", scale.kind, str(scale.number), scale.words, *scale.span)
    yield from _spoken("figures", (situation.asks_figures,) if situation.asks_figures else (), {})
    yield from _spoken("success", (situation.asks_success,) if situation.asks_success else (), {})


def _spoken(aspect: UnderstoodAspect, mentions: Sequence[Mention], labels: Mapping[str, str]) -> Iterator[Understood]:
    for mention in mentions:
        if mention.span:
            label = labels.get(mention.value, mention.value)
            yield Understood(aspect, mention.value, label, mention.words, *mention.span)


def _values(mentions: Sequence[Mention]) -> list[str]:
    return [mention.value for mention in mentions]
