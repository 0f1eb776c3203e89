"""An answer as plain text, for a terminal or a mail. `mark` sets off a highlighted word, `strong` a title."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from search.answer import Answer, FoundCase, MatchedPassage, Named, Shared
from search.highlighting import Span, cut_excerpt

Style = Callable[[str], str]
_EXCERPT = 320
_SHOWN_SHARED = 5


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
        lines += _shared("Competencies these cases share", answer.competencies, styles)
        lines += _shared("Enablers they needed", answer.enablers, styles)
        lines += _notes(answer, styles)
        lines += _contacts(answer, styles)
    lines += _stubs(answer, styles)
    if explain:
        lines += _explained(answer, styles)
    return "\n".join(lines).rstrip() + "\n"


def _case(case: FoundCase, answer: Answer, styles: Styles, *, explain: bool) -> Iterator[str]:
    yield f"{case.rank}. {styles.strong(case.title)}  {styles.faint(case.id)}"
    facts = [
        case.customer,
        ", ".join(entry.label for entry in case.industries),
        ", ".join(entry.label for entry in case.regions),
        f"outcome: {case.outcome}" if case.outcome else "",
        case.language if case.language != "en" else "",
    ]
    yield from _wrap(" · ".join(fact for fact in facts if fact), styles, "   ")
    for metric in case.value[:2]:
        yield from _wrap("Value: " + _metric(metric), styles, "   ")
    if case.passages:
        yield from _passage(case.passages[0], styles)
    if len(answer.aspects) > 1 and case.passages:
        aspect = answer.aspects[case.passages[0].aspect]
        yield from _wrap(f"Answers: “{textwrap.shorten(aspect, 120, placeholder=' …')}”", styles, "   ")
    yield from _linked("Challenge", case.challenge_types, styles)
    yield from _linked("Competencies", case.competencies, styles)
    effects = [Named(e.id, f"{e.label} ({e.effect})" if e.effect else e.label) for e in case.enablers]
    yield from _linked("Enablers", effects, styles)
    trust = [
        case.status if case.status != "approved" else "",
        f"verified {case.last_verified.isoformat()}" if case.last_verified else "never verified",
        "illustrative" if case.illustrative else "",
        f"ask {case.contact}",
    ]
    yield "   " + styles.faint(" · ".join(fact for fact in trust if fact))
    if explain:
        for name, arm in case.arms.items():
            yield styles.faint(
                f"   {name:<9} raw {arm.raw:8.4f}   z {arm.normalised:+.4f} x {arm.weight:.2f} = "
                f"{arm.normalised * arm.weight:+.4f}"
            )
        yield styles.faint(f"   {'score':<9} {case.score:+.4f}")


def _metric(metric: object) -> str:
    assert isinstance(metric, dict)
    change = " → ".join(str(metric[key]) for key in ("baseline", "result") if metric.get(key))
    unit = " ".join(str(metric[key]) for key in ("currency", "unit") if metric.get(key))
    parts = [f"{metric.get('metric', '')}: {change} {unit}".strip().rstrip(":"), str(metric.get("period", ""))]
    evidence = str(metric.get("evidence", "")).replace("_", " ")
    return ", ".join(part for part in parts if part) + (f" ({evidence})" if evidence else "")


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


def _linked(name: str, entries: Sequence[Named], styles: Styles) -> Iterator[str]:
    if entries:
        yield from _wrap(f"{name}: " + "; ".join(entry.label for entry in entries), styles, "   ")


def _shared(title: str, entries: Sequence[Shared], styles: Styles) -> Iterator[str]:
    if not entries:
        return
    yield styles.strong(title)
    for entry in entries[:_SHOWN_SHARED]:
        cases = f"{len(entry.cases)} case{'s' if len(entry.cases) > 1 else ''}"
        yield f"  - {entry.label} ({cases})  {styles.faint(entry.id)}"
        if entry.how_to_engage:
            yield from _wrap(textwrap.shorten(entry.how_to_engage, 180, placeholder=" …"), styles, "      ")
    yield ""


def _notes(answer: Answer, styles: Styles) -> Iterator[str]:
    if not answer.notes:
        return
    yield styles.strong("Industry notes")
    for note in answer.notes:
        until = f", valid until {note.valid_until.isoformat()}" if note.valid_until else ""
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
    yield styles.faint(
        f"closeness {answer.closeness:.4f} (raw cosine), language {'/'.join(answer.languages)}, "
        f"{len(answer.aspects)} aspect(s), {answer.total} eligible, index {answer.generation}, model {answer.model}, "
        f"search {answer.search_id}"
    )


def _wrap(text: str, styles: Styles, indent: str) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        styles.width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
