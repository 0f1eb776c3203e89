"""An answer as plain text, for a terminal or a mail: verdict, cases, what they took, whom to ask."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from search.answers.answer import Answer, Learning, Shared
from search.answers.options import DEFAULT_CONTACT
from search.rendering.case import render_case
from search.rendering.styles import Styles

__all__ = ["Styles", "render_answer"]

_SHOWN_SHARED = 6
_SHOWN_OFFERINGS = 6
_SHOWN_NEEDS = 12  # of the list "Do we have these?"
_SHOWN_LEARNING = 2
_LIST_INDENT = "  "
_DETAIL_INDENT = "      "
_HOURS = re.compile(r"P(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<min>\d+)M)?)?")


def render_answer(answer: Answer, styles: Styles, *, explain: bool = False) -> str:
    """Return the answer as text, labelled in the answer's language of labels."""
    styles = replace(styles, language=answer.label_language)
    lines = [styles.strong(answer.verdict_text), *_relaxations(answer, styles), ""]
    for case in answer.cases:
        lines += [*render_case(case, answer, styles, explain=explain), ""]
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


def _relaxations(answer: Answer, styles: Styles) -> Iterator[str]:
    for entry in answer.relax:
        few = "without_one" if entry.cases == 1 else "without_many"
        yield styles.say("without_close" if answer.cases else few, filter=entry.filter, count=entry.cases)
    if answer.filters and not answer.total and not answer.relax:
        yield styles.say("without_two")


def _taken(answer: Answer, places: Mapping[str, int], styles: Styles) -> Iterator[str]:
    for title, entries in (("competencies", answer.competencies), ("enablers", answer.enablers)):
        if entries:
            yield styles.strong(styles.say(title))
            for entry in entries[:_SHOWN_SHARED]:
                yield from _shared("-", entry, places, styles)
            yield ""


def _needs(answer: Answer, places: Mapping[str, int], styles: Styles) -> Iterator[str]:
    """Yield the personal list of what a team has and lacks, with how to get what it lacks."""
    yield styles.strong(styles.say("needs"))
    needed = sorted((*answer.competencies, *answer.enablers), key=lambda entry: (-entry.weight, entry.id))
    for entry in needed[:_SHOWN_NEEDS]:
        if entry.id in answer.have:
            yield f"  [x] {entry.label}  {styles.faint(entry.id)}"
        else:
            yield from _shared("[ ]", entry, places, styles)
    if len(needed) > _SHOWN_NEEDS:
        yield _LIST_INDENT + styles.say("needs_more", count=len(needed) - _SHOWN_NEEDS)
    unneeded = [id_ for id_ in answer.have if id_ not in {entry.id for entry in needed}]
    if unneeded:
        yield from styles.wrap(styles.say("not_taken", ids=", ".join(unneeded)), _LIST_INDENT)
    yield ""


def _shared(bullet: str, entry: Shared, places: Mapping[str, int], styles: Styles) -> Iterator[str]:
    users = _users(entry, places, styles)
    told = styles.say("lesson", users=users) if entry.lesson else users
    yield f"  {bullet} {entry.label} ({told})  {styles.faint(entry.id)}"
    if entry.how_to_engage:
        yield styles.short(entry.how_to_engage, _DETAIL_INDENT)
    if entry.learning:
        resources = styles.say("and").join(_resource(resource, styles) for resource in entry.learning[:_SHOWN_LEARNING])
        yield styles.short(styles.say("learn", resources=resources), _DETAIL_INDENT)


def _users(entry: Shared, places: Mapping[str, int], styles: Styles) -> str:
    """Return the places of the cases, by effect where one is stated: case 1; critical in 2; missing in 4."""
    by_effect: dict[str, list[str]] = {}
    for case in entry.cases:
        by_effect.setdefault(entry.effects.get(case, ""), []).append(str(places[case]))
    named = []
    for effect in sorted(by_effect, key=("critical", "supporting", "missing", "").index):
        plain = "in_cases" if len(by_effect[effect]) > 1 else "in_case"
        named.append(styles.say(f"effect_{effect}" if effect else plain, places=", ".join(by_effect[effect])))
    return styles.say("and").join(named)


def _resource(resource: Learning, styles: Styles) -> str:
    kind = styles.name("resource", resource.learning_resource_type)
    facts = ", ".join(fact for fact in (kind, _duration(resource.time_required)) if fact)
    return f"{resource.title}" + (f" ({facts})" if facts else "") + (f" {resource.url}" if resource.url else "")


def _duration(iso: str) -> str:
    """Return an ISO 8601 duration of days, hours and minutes as it is read (1 h 30 min), another one as it is."""
    found = _HOURS.fullmatch(iso)
    parts = [f"{number} {unit}" for unit, number in found.groupdict().items() if number] if found else []
    return " ".join(parts) or iso


def _offerings(answer: Answer, styles: Styles) -> Iterator[str]:
    if not answer.offerings:
        return
    yield styles.strong(styles.say("offerings"))
    labels = [offering.label for offering in answer.offerings[:_SHOWN_OFFERINGS]]
    more = " …" if len(answer.offerings) > _SHOWN_OFFERINGS else ""
    yield from styles.wrap(styles.say("and").join(labels) + more, _LIST_INDENT)
    yield ""


def _notes(answer: Answer, styles: Styles) -> Iterator[str]:
    if not answer.notes:
        return
    yield styles.strong(styles.say("notes"))
    for note in answer.notes:
        facts = [styles.name("note", note.note_kind)] if note.note_kind else []
        if note.valid_until:
            facts.append(styles.say("expired" if note.expired else "valid_until", day=note.valid_until.isoformat()))
        yield f"  - {note.title}" + (f" ({', '.join(facts)})" if facts else "") + f"  {styles.faint(note.id)}"
    yield ""


def _contacts(answer: Answer, styles: Styles) -> Iterator[str]:
    yield styles.strong(styles.say("contacts"))
    for contact in answer.contacts:
        yield f"  - {_person(contact.contact, styles)}{styles.say('of')}{', '.join(contact.cases)}"
    yield ""


def _person(contact: str, styles: Styles) -> str:
    """Return whom to ask, in the language of labels where the library names nobody."""
    return styles.say("coe") if contact == DEFAULT_CONTACT else contact


def _stubs(answer: Answer, styles: Styles) -> Iterator[str]:
    if not answer.stubs:
        return
    yield styles.strong(styles.say("stubs"))
    for stub in answer.stubs:
        types = styles.say("and").join(entry.label for entry in stub.challenge_types)
        sections = ", ".join(entry.label for entry in stub.industry_sections) or styles.say("stub_untold")
        told = styles.say("stub", types=types, sections=sections, contact=_person(stub.contact, styles), id=stub.id)
        yield f"  - {told}"
    yield ""


def _explained(answer: Answer, styles: Styles) -> Iterator[str]:
    understood = [f"{entry.aspect} {entry.label} (“{entry.words}”)" for entry in answer.understood]
    if understood:
        yield from (styles.faint(line) for line in styles.wrap("understood: " + "; ".join(understood), ""))
    yield styles.faint(
        f"closeness {answer.closeness:.4f} (0 to 1), language {'/'.join(answer.languages)}, "
        f"{len(answer.aspects)} aspect(s), {answer.total} eligible, index {answer.generation}, model {answer.model}, "
        f"search {answer.search_id}"
    )
