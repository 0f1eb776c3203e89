"""One case of an answer as text: title, reason, facts, what it was worth, its closest passage, trust, scores."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from search.answers.answer import Answer, Comparison, FoundCase, MatchedPassage
from search.explaining.highlighting import Span, cut_excerpt
from search.rendering.styles import INDENT, Style, Styles

_EXCERPT = 130
_ASPECT = 120
_PASSAGE_INDENT = INDENT + "| "


def render_case(case: FoundCase, answer: Answer, styles: Styles, *, explain: bool) -> Iterator[str]:
    """Yield the lines of a case; `explain` adds every part of its score."""
    yield f"{case.rank}. {styles.strong(case.title)}  {styles.faint(case.id)}"
    yield from styles.wrap(case.reason)
    yield from styles.wrap(" · ".join(fact for fact in _facts(case, styles) if fact))
    for metric in case.value[:1]:
        yield styles.short(styles.say("value", value=_metric(metric, styles)))
    also = _compared("also_matches", case.matches, styles) + _compared("also_differs", case.differs, styles)
    if also:
        yield styles.short(" ".join(also))
    yield from _passages(case, answer, styles)
    if case.conditions:
        key = "condition" if case.outcome == "unsuccessful" else "works_if"
        yield styles.short(styles.say(key, condition=case.conditions[0]))
    for other in case.grouped:
        told = styles.say(f"relation_{other.relation}", title=other.title)
        yield styles.short(told, ending=f" ({other.language})  {other.id}")
    yield from (styles.faint(line) for line in styles.wrap(" · ".join(_trust(case, styles))))
    if explain:
        yield from _scores(case, styles)


def highlight(text: str, spans: Sequence[Span], mark: Style) -> str:
    """Return a text with its spans marked."""
    parts, last = [], 0
    for start, end in spans:
        parts += [text[last:start], mark(text[start:end])]
        last = end
    return "".join([*parts, text[last:]])


def _facts(case: FoundCase, styles: Styles) -> Iterator[str]:
    yield case.customer or ", ".join(entry.label for entry in case.industries)
    yield ", ".join(entry.label for entry in case.regions)
    if case.outcome:
        yield styles.say("outcome", outcome=styles.name("outcome", case.outcome))
    if case.language.partition("-")[0] != styles.language:
        yield case.language


def _compared(key: str, comparisons: Sequence[Comparison], styles: Styles) -> list[str]:
    """Return what the reason does not say yet; it says the first of each."""
    rest = [entry.text for entry in comparisons[1:]]
    return [styles.say(key, values=styles.say("and").join(rest))] if rest else []


def _passages(case: FoundCase, answer: Answer, styles: Styles) -> Iterator[str]:
    for passage in case.passages[:1]:
        yield from _passage(passage, styles)
        if len(answer.aspects) > 1:
            aspect = textwrap.shorten(answer.aspects[passage.aspect], _ASPECT, placeholder=" …")
            yield styles.short(styles.say("aspect", text=aspect))


def _passage(passage: MatchedPassage, styles: Styles) -> Iterator[str]:
    text, spans = cut_excerpt(passage.text, passage.highlights, length=_EXCERPT)
    where = passage.section + styles.say("of") if passage.section else ""
    yield from styles.wrap(f"{where}{highlight(text, spans, styles.mark)}", _PASSAGE_INDENT)


def _trust(case: FoundCase, styles: Styles) -> Iterator[str]:
    trust = case.trust
    if trust.status != "approved":
        yield styles.name("status", trust.status)
    day = trust.last_verified
    verified = styles.say("verified", day=day.isoformat()) if day else styles.say("never_verified")
    yield styles.say("overdue", verified=verified) if trust.review_overdue else verified
    if trust.evidence:
        yield styles.say("evidence", grade=styles.name("evidence", trust.evidence))
    if trust.practice_maturity:
        yield styles.name("maturity", trust.practice_maturity)
    if trust.replications:
        yield styles.say("replicated", count=trust.replications)
    if case.illustrative:
        yield styles.say("illustrative")


def _metric(metric: Mapping[str, object], styles: Styles) -> str:
    change = " → ".join(str(metric[key]) for key in ("baseline", "result") if metric.get(key))
    unit = " ".join(str(metric[key]) for key in ("currency", "unit") if metric.get(key))
    figure = f"{change} {unit}".strip()
    told = styles.say("of").join(part for part in (str(metric.get("metric", "")), figure) if part)
    parts = (told, str(metric.get("period", "")))
    grade = str(metric.get("evidence", ""))
    return ", ".join(part for part in parts if part) + (f" ({styles.name('evidence', grade)})" if grade else "")


def _scores(case: FoundCase, styles: Styles) -> Iterator[str]:
    """Yield every part of the score; the last column adds up to the last line, digit by digit."""
    for name, arm in case.arms.items():
        told = f"   {name:<14} raw {arm.raw:10.6f}   "
        if arm.weight:
            part = arm.weight * arm.normalised
            yield styles.faint(f"{told}z {arm.normalised:+.6f} x {arm.weight:.6f} = {part:+.6f}")
        else:
            yield styles.faint(f"{told}no evidence: the same for all candidates")
    for name, value in case.adjustments.items():
        yield styles.faint(f"   {name:<14} {'adjustment':<42}{value:+.6f}")
    yield styles.faint(f"   {'score':<14} {'':<42}{case.score:+.6f}")
