"""Advice on the writing of a case: what makes it found and believed. A gap (see completeness) is never told again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.checks.places import line_of_field, line_of_phrase
from curation.checks.results import WrittenItem
from library.documents import DocumentSection, SectionKind
from library.items import BusinessCase
from library.messages import Message
from library.problems import Problem, Severity

_LEAST_WORDS = 30  # a shorter challenge is a gap
_MOST_WORDS = 2_500  # of a case; the longest of the sample library has 1,400
_PITFALL_WORDS = 12
_SUMMARY_WORDS = 12  # a shorter one is a gap
# Somebody speaks: quotation marks, or a person in the first person.
_VOICE = re.compile(
    r"[“”„«»‹›\"‘]|(?<!\w)'\w|\bI\b|\b(?i:we|our|us|my|wir|uns|unser\w*|ich|mein\w*|nous|notre|nos|je|mon|mes)\b"
)
_PITCH = re.compile(
    r"""\b(?:
        best[- ]in[- ]class | world[- ]class | cutting[- ]edge | state[- ]of[- ]the[- ]art | one[- ]stop
      | turnkey\ssolutions?
      | industry[- ]leading | market[- ]leading | leading\s(?:provider|supplier|manufacturer)\sof | game[- ]chang\w+
      | seamless(?:ly)? | holistic(?:ally)? | unparalleled | unrivalled | innovative\ssolutions? | synerg(?:y|ies)
      | unique\sselling | customer[- ]centric\ssolutions? | leverage\sour
      | (?:führende[rnsm]?\s(?:Anbieter|Hersteller|Lieferant)) | innovative[rnsm]?\sLösung(?:en)? | ganzheitliche[rnsm]?
      | maßgeschneiderte[rnsm]? | einzigartige[rnsm]? | Alleinstellungsmerkmal\w* | Rundum-sorglos\S*
      | solutions?\s(?:innovantes?|clés?\sen\smain|sur\smesure) | leader\s(?:mondial|du\smarché) | savoir-faire\sunique
      | incontournables?
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_FIGURE = re.compile(r"\d|\b(?:half|halved|doubl\w+|twice|halbier\w*|verdoppel\w*|moitié)\b", re.IGNORECASE)
_REASON = re.compile(
    r"""\b(?:
        not\s(?:yet\s)?(?:been\s)?(?:measured|counted|quantified|calculated)
      | never\s(?:measured|counted) | un(?:measured|quantified)
      | no\s(?:figures?|numbers?|baseline|data) | (?:can(?:not|['’]t)|could\snot)\sbe\s(?:measured|quantified|counted)
      | too\searly | nobody\s(?:measured|counted) | confidential
      | nicht\s(?:gemessen|beziffert|bezifferbar|gezählt) | keine\s(?:Zahl\w*|Messung\w*|Daten) | zu\sfrüh | vertraulich
      | (?:pas|non|jamais)\s(?:été\s)?(?:mesurée?s?|chiffrée?s?|quantifiée?s?)
      | aucune?\s(?:chiffre|mesure|donnée) | trop\stôt
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_SENTENCE_END = re.compile(r"[.!?…](?:[\"”»“')]|\s|$)")


def find_style_hints(written: WrittenItem) -> Iterator[Problem]:
    """Yield what would make a case easier to find or to believe; other types have none."""
    item = written.document.item
    if not isinstance(item, BusinessCase):
        return
    yield from _challenge(written)
    yield from _value(written, item)
    yield from _pitfalls(written, item)
    yield from _summary(written, item)
    yield from _length(written)


def _challenge(written: WrittenItem) -> Iterator[Problem]:
    sections = _sections(written, SectionKind.CHALLENGE)
    text = "\n".join(section.text for section in sections)
    for section in sections:
        for found in _PITCH.finditer(section.text):
            line = line_of_phrase(written.text, found[0], start=section.line)
            message = Message("“%(word)s” in the challenge is a supplier's word", word=found[0])
            remedy = Message("Say what the customer said; nobody searches for it in these words")
            yield _hint(written, line, message, remedy)
    if len(text.split()) >= _LEAST_WORDS and not _VOICE.search(text):
        message = Message("nobody speaks in the challenge: it tells of the customer from outside")
        remedy = Message("Quote a sentence of a mail or a call; search finds a case by the words that customers use")
        yield _hint(written, sections[0].line, message, remedy)


def _value(written: WrittenItem, item: BusinessCase) -> Iterator[Problem]:
    sections = _sections(written, SectionKind.VALUE)
    text = "\n".join(section.text for section in sections)
    stated = any(metric.result or metric.evidence == "qualitative" for metric in item.value)
    if text.strip() and not (stated or _FIGURE.search(text) or _REASON.search(text)):
        message = Message("the value has no figure, and no reason why not")
        remedy = Message("Give a figure with what it is compared with and who counted it, or say why there is none")
        yield _hint(written, sections[0].line, message, remedy)


def _pitfalls(written: WrittenItem, item: BusinessCase) -> Iterator[Problem]:
    sections = _sections(written, SectionKind.WENT_WRONG)
    words = " ".join([*(section.text for section in sections), *item.pitfalls]).split()
    if sections and 0 < len(words) < _PITFALL_WORDS:
        message = Message("“%(words)s” is all that went wrong", words=" ".join(words))
        remedy = Message("Say what took longer, who was asked too late, what you would not do again")
        yield _hint(written, sections[0].line, message, remedy)


def _summary(written: WrittenItem, item: BusinessCase) -> Iterator[Problem]:
    sentences = len(_SENTENCE_END.findall(item.summary))
    has_result = sentences > 1 or _FIGURE.search(item.summary)
    if len(item.summary.split()) >= _SUMMARY_WORDS and item.outcome not in (None, "ongoing") and not has_result:
        message = Message("the summary is one sentence: it tells the problem or the result, not both")
        remedy = Message("Add a sentence on what came of it; results show nothing else at first sight")
        yield _hint(written, line_of_field(written.text, "summary"), message, remedy)


def _length(written: WrittenItem) -> Iterator[Problem]:
    words = sum(len(section.text.split()) for section in written.document.sections)
    if words > _MOST_WORDS:
        remedy = Message("Shorten it, move detail into an attachment, or make two cases of it")
        yield _hint(written, 0, Message("the case has %(count)s words", count=f"{words:,}"), remedy)


def _sections(written: WrittenItem, kind: SectionKind) -> list[DocumentSection]:
    return [section for section in written.document.sections if section.kind is kind]


def _hint(written: WrittenItem, line: int, message: str, remedy: str) -> Problem:
    return Problem(written.document.path, line, Severity.HINT, message, remedy)
