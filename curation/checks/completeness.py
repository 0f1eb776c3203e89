"""How complete an item is, and what to add next: the part that helps its readers most comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from curation.checks.results import Completeness, Gap
from library.documents import HEADINGS, Document, SectionKind
from library.items import BusinessCase

_THIN = 0.5  # what a part that is there but thin counts
_LANGUAGES = ("en", "de", "fr")  # in which `HEADINGS` has each heading


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an item: its weight for readers, how much of it is enough, and what to say where it is not.

    `amount` counts words of texts and entries of lists.
    """

    name: str
    weight: float
    enough: int
    why: str
    example: str
    amount: Callable[[Document, str], int]


def measure_completeness(document: Document) -> Completeness:
    """Return which share of its parts an item has, and the gaps in the order in which to close them."""
    parts = _PARTS[document.item.type]
    present = [part.amount(document, part.name) for part in parts]
    earned = sum(part.weight * _worth(part, amount) for part, amount in zip(parts, present, strict=True))
    gaps = [_gap(document, part, amount) for part, amount in zip(parts, present, strict=True) if amount < part.enough]
    return Completeness(round(earned / sum(part.weight for part in parts), 2), tuple(gaps))


def _worth(part: _Part, amount: int) -> float:
    return 1.0 if amount >= part.enough else _THIN if amount else 0.0


def _gap(document: Document, part: _Part, amount: int) -> Gap:
    name = _shown_name(part.name, document.item.language)
    what = f"{name} says little yet" if amount else f"{name} is missing"
    return Gap(part.name, what, part.why, part.example)


def _shown_name(name: str, language: str) -> str:
    if not name.startswith(_BODY):
        return f"`{name}`"
    kind = name.removeprefix(_BODY)
    if not kind:
        return "the text"
    base = language.partition("-")[0].lower()
    by_language = dict(zip(_LANGUAGES, HEADINGS[SectionKind(kind)], strict=False))  # some words are the same in French
    return f"`## {by_language.get(base, by_language['en'])}`"


def _entries(document: Document, name: str) -> int:
    value: Any = getattr(document.item, name)
    if isinstance(value, str):
        return len(value.split())
    return len(value) if isinstance(value, tuple | dict) else int(value is not None)


def _words(document: Document, name: str) -> int:
    kind = name.removeprefix(_BODY)
    return sum(len(section.text.split()) for section in document.sections if not kind or section.kind == kind)


def _done(document: Document, name: str) -> int:
    """Count what was done: some write it as one section, some as two."""
    names = {name, f"{_BODY}approach"} if name == f"{_BODY}solution" else {name}
    return sum(_words(document, one) for one in names)


def _told_pitfalls(document: Document, name: str) -> int:
    item = document.item
    listed = item.pitfalls if isinstance(item, BusinessCase) else ()
    return _words(document, name) + _count_words(listed)


def _told_conditions(document: Document, name: str) -> int:
    item = document.item
    listed = (*item.replication_conditions, *item.contraindications) if isinstance(item, BusinessCase) else ()
    return _words(document, name) + _count_words(listed)


def _count_words(texts: Iterable[str]) -> int:
    return sum(len(text.split()) for text in texts)


def _languages(document: Document, name: str) -> int:
    texts: dict[str, Any] = getattr(document.item, name)
    return sum(bool(texts.get(language)) for language in _LANGUAGES)


_BODY = "body."
_SUMMARY = _Part(
    "summary",
    2,
    12,
    "results show nothing else of it at first sight",
    "A brewer asked for 5% off at renewal. We tied the price to litres saved; the contract was renewed at 1.2% up.",
    _entries,
)
_CLASSIFICATION = _Part("classification", 2, 1, "without one nobody sees it", "internal", _entries)
_CASE: Sequence[_Part] = (
    _Part(
        f"{_BODY}challenge",
        3,
        30,
        "search ranks on it, so it is found by the words that stand there",
        "> “Your service is fine. But the new head of purchasing has a list of three suppliers, and you are fourth.”",
        _words,
    ),
    _SUMMARY,
    _Part(
        f"{_BODY}solution",
        3,
        30,
        "it is what a colleague wants to do again",
        "From May one team of both firms met each Tuesday at the filler, with the line's data on the wall.",
        _done,
    ),
    _Part(
        f"{_BODY}value",
        2,
        15,
        "a colleague has to defend the effort with it",
        "Unplanned stops fell from 14 to 5 hours a month (the plant's own count, March to August).",
        _words,
    ),
    _Part(
        "challenge_types",
        2,
        1,
        "the map and the filters find it by its kind of problem",
        "[chl-price-pressure]",
        _entries,
    ),
    _Part("outcome", 2, 1, "readers look for what worked and for what did not", "partial", _entries),
    _Part(
        f"{_BODY}went_wrong",
        2,
        12,
        "it is what nobody tells and everybody needs, and readers trust a case more for it",
        "We asked the plant managers last. Two of them had promised the volume to somebody else.",
        _told_pitfalls,
    ),
    _CLASSIFICATION,
    _Part(
        "industries",
        1.5,
        1,
        "answers say how near the customer's industry is",
        '[{scheme: isic, code: "11"}]',
        _entries,
    ),
    _Part("regions", 1, 1, "answers say how near the region is", "[DE, AT]", _entries),
    _Part(
        "customer",
        1.5,
        3,
        "a reader compares it with the own customer without a name being told",
        "global brewer, more than ten plants",
        _entries,
    ),
    _Part(
        "enablers",
        1.5,
        1,
        "a reader sees what the firm has to provide, and what was missing",
        "[{id: enb-executive-sponsorship, effect: critical}, {id: enb-internal-metrics, effect: missing}]",
        _entries,
    ),
    _Part("competencies", 1.5, 1, "a reader sees what the team must be able to do", "[cmp-quantify-value]", _entries),
    _Part(
        "value",
        1.5,
        1,
        "figures with their evidence can be compared and put into a brief",
        "[{metric: Unplanned stops, baseline: 14, result: 5, unit: hours a month, evidence: customer_verified}]",
        _entries,
    ),
    _Part(
        f"{_BODY}context",
        1,
        15,
        "a reader has to know who supplied what to whom",
        "We had supplied two of their nine plants for six years, on yearly orders.",
        _words,
    ),
    _Part(
        f"{_BODY}conditions",
        1,
        12,
        "it says where this works again, and where one should not try",
        "It needs a plant manager who may stop a line. Not for customers who buy by auction.",
        _told_conditions,
    ),
    _Part("period", 0.5, 1, "a reader sees how old the experience is", "2024-01/2025-06", _entries),
)
_NOTE: Sequence[_Part] = (
    _SUMMARY,
    _Part(f"{_BODY}", 2, 40, "it is what a reader comes for", "From 2026 large buyers ask suppliers for data.", _words),
    _Part(
        "sources", 2, 1, "nobody repeats to a customer what has no source", "[Eurostat, sts_inpp_m, 2026-03]", _entries
    ),
    _Part("industries", 2, 1, "cases of the industry lead to it", '[{scheme: isic, code: "11"}]', _entries),
    _Part("note_kind", 1.5, 1, "readers tell a trend from a rule by it", "regulation", _entries),
    _CLASSIFICATION,
    _Part(
        "key_points", 1.5, 1, "it is what is read in the minute before a call", "[Energy is a third of cost.]", _entries
    ),
    _Part(
        "opportunity_questions", 1, 1, "a reader takes them to the customer", "[Who reports your Scope 3?]", _entries
    ),
    _Part("valid_until", 1, 1, "an outdated note does more harm than none", "2027-12-31", _entries),
    _Part("regions", 1, 1, "rules and markets differ by region", "[EU]", _entries),
)
_CONCEPT: Sequence[_Part] = (
    _Part(
        "definition", 3, 1, "two people must mean the same by it", "{en: What the customer measures us by.}", _entries
    ),
    _Part(
        "labels", 2, len(_LANGUAGES), "it is found in each language that has a label", "{de: Preisdruck}", _languages
    ),
    _CLASSIFICATION,
    _Part("alt_labels", 2, 1, "people type other words for it", "{en: [cost-down, discount]}", _entries),
)
_ABOUT = _Part(f"{_BODY}", 2, 25, "a label alone helps nobody to act", "It works when the sponsor owns a goal.", _words)
_PARTS: dict[str, Sequence[_Part]] = {
    "business_case": _CASE,
    "industry_note": _NOTE,
    "challenge_type": (*_CONCEPT, _ABOUT),
    "competency": (
        *_CONCEPT,
        _ABOUT,
        _Part(
            "behavioural_indicators", 2, 1, "people recognise themselves in it", "[Asks what a stop costs.]", _entries
        ),
    ),
    "enabler": (
        *_CONCEPT,
        _Part(
            "how_to_engage", 3, 3, "it is what a reader does next", "Ask the sponsor desk two weeks before.", _entries
        ),
        _Part("owning_function", 2, 1, "a reader has to know whom to ask", "Sales operations", _entries),
        _ABOUT,
        _Part(
            "typical_blockers", 1, 1, "a reader can prepare for them", "[Sponsors change every two years.]", _entries
        ),
    ),
    "learning_resource": (
        _SUMMARY,
        _Part("teaches", 3, 1, "cases lead to it by what it teaches", "[cmp-quantify-value]", _entries),
        _Part("learning_resource_type", 2, 1, "a course is another plan than a template", "workshop", _entries),
        _CLASSIFICATION,
        _Part("url", 1, 1, "a reader wants to begin", "https://learning.example.org/value", _entries),
        _Part("time_required", 1, 1, "a reader fits it into a week", "P1D", _entries),
    ),
}
