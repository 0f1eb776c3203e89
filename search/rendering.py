"""An answer as plain text, for a terminal or a mail. `mark` sets off a highlighted word, `strong` a title."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from search.answer import Answer, Comparison, FoundCase, Learning, MatchedPassage, Shared
from search.highlighting import Span, cut_excerpt

Style = Callable[[str], str]
_EXCERPT = 130
_SHOWN_SHARED = 6
_SHOWN_OFFERINGS = 6
_SHOWN_NEEDS = 12  # of the list "Do we have these?"
_INDENT = "   "
_RELATIONS = {
    "replication": "Replication",
    "replicated": "Replicates",
    "translation": "Translation",
    "practice": "Same practice",
}


@dataclass(frozen=True, slots=True)
class Styles:
    """How to set words off, and how wide a line may be."""

    mark: Style = "*{}*".format
    strong: Style = str
    faint: Style = str
    width: int = 100


def render_answer(answer: Answer, styles: Styles, *, explain: bool = False) -> str:
    """Return the answer as text: verdict, cases with reasons, what they need, whom to ask."""
    lines = [styles.strong(answer.verdict_text), ""]
    for case in answer.cases:
        lines += [*_case(case, answer, styles, explain=explain), ""]
    lines += _relaxations(answer)
    if answer.cases:
        places = {case.id: case.rank for case in answer.cases}
        lines += _needs(answer, places, styles) if answer.have else _taken(answer, places, styles)
        lines += _offerings(answer, styles)
        lines += _notes(answer, styles)
        lines += _contacts(answer, styles)
    lines += _stubs(answer, styles)
    if explain:
        lines += _explained(answer, styles)
    return "\n".join(lines).rstrip() + "\n"


def _case(case: FoundCase, answer: Answer, styles: Styles, *, explain: bool) -> Iterator[str]:
    yield f"{case.rank}. {styles.strong(case.title)}  {styles.faint(case.id)}"
    yield from _wrap(case.reason, styles)
    facts = [
        case.customer or ", ".join(entry.label for entry in case.industries),
        ", ".join(entry.label for entry in case.regions),
        f"outcome: {case.outcome}" if case.outcome else "",
        case.language if case.language != "en" else "",
    ]
    yield from _wrap(" · ".join(fact for fact in facts if fact), styles)
    for metric in case.value[:1]:
        yield _short("Value: " + _metric(metric), styles)
    also = _compared("Also matches", case.matches) + _compared("Also differs", case.differs)
    if also:
        yield _short(also, styles)
    yield from _passages(case, answer, styles)
    if case.conditions:
        yield _short(f"Works if: {case.conditions[0]}", styles)
    for other in case.grouped:
        yield _short(f"{_RELATIONS[other.relation]}: {other.title} ({other.language})  {other.id}", styles)
    yield from (styles.faint(line) for line in _wrap(" · ".join(_trust(case)), styles))
    if explain:
        yield from _scores(case, styles)


def _compared(name: str, comparisons: Sequence[Comparison]) -> str:
    """Return what the reason does not say yet; it says the first of each."""
    return f"{name}: {'; '.join(entry.text for entry in comparisons[1:])}. " if comparisons[1:] else ""


def _passages(case: FoundCase, answer: Answer, styles: Styles) -> Iterator[str]:
    for passage in case.passages[:1]:
        yield from _passage(passage, styles)
        if len(answer.aspects) > 1:
            aspect = textwrap.shorten(answer.aspects[passage.aspect], 120, placeholder=" …")
            yield _short(f"Answers: “{aspect}”", styles)


def _passage(passage: MatchedPassage, styles: Styles) -> Iterator[str]:
    text, spans = cut_excerpt(passage.text, passage.highlights, length=_EXCERPT)
    where = f"{passage.section}: " if passage.section else ""
    yield from _wrap(f"{where}{highlight(text, spans, styles.mark)}", styles, "   | ")


def highlight(text: str, spans: Sequence[Span], mark: Style) -> str:
    """Return a text with its spans marked."""
    parts, last = [], 0
    for start, end in spans:
        parts += [text[last:start], mark(text[start:end])]
        last = end
    return "".join([*parts, text[last:]])


def _trust(case: FoundCase) -> Iterator[str]:
    trust = case.trust
    if trust.status != "approved":
        yield trust.status
    verified = f"verified {trust.last_verified.isoformat()}" if trust.last_verified else "never verified"
    yield verified + (", review overdue" if trust.review_overdue else "")
    if trust.evidence:
        yield f"evidence: {trust.evidence.replace('_', ' ')}"
    if trust.practice_maturity:
        yield trust.practice_maturity.replace("_", " ")
    if trust.replications:
        yield f"replicated {trust.replications}x"
    if case.illustrative:
        yield "illustrative"


def _scores(case: FoundCase, styles: Styles) -> Iterator[str]:
    """Yield every part of the score; the last column adds up to the last line."""
    for name, arm in case.arms.items():
        yield styles.faint(
            f"   {name:<12} raw {arm.raw:8.4f}   z {arm.normalised:+.4f} x {arm.weight:.2f} = "
            f"{arm.normalised * arm.weight:+.4f}"
        )
    for name, value in case.adjustments.items():
        yield styles.faint(f"   {name:<12} {'adjustment':<33}{value:+.4f}")
    yield styles.faint(f"   {'score':<12} {'':<33}{case.score:+.4f}")


def _metric(metric: Mapping[str, object]) -> str:
    change = " → ".join(str(metric[key]) for key in ("baseline", "result") if metric.get(key))
    unit = " ".join(str(metric[key]) for key in ("currency", "unit") if metric.get(key))
    parts = [f"{metric.get('metric', '')}: {change} {unit}".strip().rstrip(":"), str(metric.get("period", ""))]
    evidence = str(metric.get("evidence", "")).replace("_", " ")
    return ", ".join(part for part in parts if part) + (f" ({evidence})" if evidence else "")


def _taken(answer: Answer, places: Mapping[str, int], styles: Styles) -> Iterator[str]:
    named = (("Competencies these cases took", answer.competencies), ("Enablers they needed", answer.enablers))
    for title, entries in named:
        if entries:
            yield styles.strong(title)
            for entry in entries[:_SHOWN_SHARED]:
                yield from _shared("-", entry, places, styles)
            yield ""


def _needs(answer: Answer, places: Mapping[str, int], styles: Styles) -> Iterator[str]:
    """Yield the personal list of what a team has and lacks, with how to get what it lacks."""
    yield styles.strong("Do we have these?")
    needed = sorted((*answer.competencies, *answer.enablers), key=lambda entry: (-entry.weight, entry.id))
    for entry in needed[:_SHOWN_NEEDS]:
        if entry.id in answer.have:
            yield f"  [x] {entry.label}  {styles.faint(entry.id)}"
        else:
            yield from _shared("[ ]", entry, places, styles)
    if len(needed) > _SHOWN_NEEDS:
        yield f"  … and {len(needed) - _SHOWN_NEEDS} more that weigh less (--json)"
    unneeded = [id_ for id_ in answer.have if id_ not in {entry.id for entry in needed}]
    if unneeded:
        yield from _wrap(f"These cases did not take: {', '.join(unneeded)}", styles, "  ")
    yield ""


def _shared(bullet: str, entry: Shared, places: Mapping[str, int], styles: Styles) -> Iterator[str]:
    lesson = ": a lesson" if entry.lesson else ""
    yield f"  {bullet} {entry.label} ({_users(entry, places)}{lesson})  {styles.faint(entry.id)}"
    if entry.how_to_engage:
        yield _short(entry.how_to_engage, styles, "      ")
    if entry.learning:
        yield _short("Learn: " + "; ".join(_resource(resource) for resource in entry.learning[:2]), styles, "      ")


def _users(entry: Shared, places: Mapping[str, int]) -> str:
    """Return the places of the cases, by effect where one is stated: case 1, critical in 2, missing in 4."""
    by_effect: dict[str, list[int]] = {}
    for case in entry.cases:
        by_effect.setdefault(entry.effects.get(case, ""), []).append(places[case])
    named = []
    for effect in sorted(by_effect, key=("critical", "supporting", "missing", "").index):
        numbers = ", ".join(str(place) for place in by_effect[effect])
        plural = "s" if len(by_effect[effect]) > 1 else ""
        named.append(f"{effect} in {numbers}" if effect else f"case{plural} {numbers}")
    return "; ".join(named)


def _resource(resource: Learning) -> str:
    facts = ", ".join(fact for fact in (resource.learning_resource_type, resource.time_required) if fact)
    return f"{resource.title}" + (f" ({facts})" if facts else "") + (f" {resource.url}" if resource.url else "")


def _offerings(answer: Answer, styles: Styles) -> Iterator[str]:
    if not answer.offerings:
        return
    yield styles.strong("What was offered")
    labels = [offering.label for offering in answer.offerings[:_SHOWN_OFFERINGS]]
    more = " …" if len(answer.offerings) > _SHOWN_OFFERINGS else ""
    yield from _wrap("; ".join(labels) + more, styles, "  ")
    yield ""


def _notes(answer: Answer, styles: Styles) -> Iterator[str]:
    if not answer.notes:
        return
    yield styles.strong("Industry notes")
    for note in answer.notes:
        state = "expired" if note.expired else "valid until"
        until = f", {state} {note.valid_until.isoformat()}" if note.valid_until else ""
        yield f"  - {note.title} ({note.note_kind}{until})  {styles.faint(note.id)}"
    yield ""


def _contacts(answer: Answer, styles: Styles) -> Iterator[str]:
    yield styles.strong("Whom to ask")
    for contact in answer.contacts:
        yield f"  - {contact.contact}: {', '.join(contact.cases)}"
    yield ""


def _stubs(answer: Answer, styles: Styles) -> Iterator[str]:
    if not answer.stubs:
        return
    yield styles.strong("There are further cases that you may ask for")
    for stub in answer.stubs:
        types = "; ".join(entry.label for entry in stub.challenge_types)
        sections = ", ".join(entry.label for entry in stub.industry_sections)
        yield f"  - {types} ({sections or 'industry not told'}): ask {stub.contact}, naming {stub.id}"
    yield ""


def _relaxations(answer: Answer) -> Iterator[str]:
    if answer.cases or not answer.filters or answer.total:
        return
    for entry in answer.relax:
        plural = "s" if entry.cases > 1 else ""
        yield f"Without --{entry.filter} there would be {entry.cases} case{plural}."
    if not answer.relax:
        yield "No single filter is to blame; drop two of them."


def _explained(answer: Answer, styles: Styles) -> Iterator[str]:
    understood = [f"{entry.aspect} {entry.label} (“{entry.words}”)" for entry in answer.understood]
    if understood:
        yield from (styles.faint(line) for line in _wrap("understood: " + "; ".join(understood), styles, ""))
    yield styles.faint(
        f"closeness {answer.closeness:.4f} (0 to 1), language {'/'.join(answer.languages)}, "
        f"{len(answer.aspects)} aspect(s), {answer.total} eligible, index {answer.generation}, model {answer.model}, "
        f"search {answer.search_id}"
    )


def _wrap(text: str, styles: Styles, indent: str = _INDENT) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        styles.width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _short(text: str, styles: Styles, indent: str = _INDENT) -> str:
    """Return a text in one line, cut between words where it is too long."""
    return indent + textwrap.shorten(text, max(20, styles.width - len(indent)), placeholder=" …")
