"""Read what a challenge's text says of itself: kinds of challenge, industry, region, size, what is asked for.

Precision goes before recall: what the text does not clearly say is absent, and an absent thing is never a mismatch.
The relationship's stage is left out: "renewal" and "at risk" are kinds of challenge, and little else is said of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from indexer.catalogue import LabelRecord
from indexer.lexical import analyse
from library.codes import CodeList, fold_name, industries, industry_value, regions
from library.items import BusinessCase
from search.understanding.languages import LANGUAGES
from search.understanding.naming import Mention, Span, find_industries, find_regions
from search.understanding.scale import Scale, read_scales
from search.view import View

_SHORTEST_STEM = 3
_LONGEST_ENDING = 2
_ADDRESS = re.compile(r"(?<!\S)[^\s@]{1,64}@\S+|https?://\S+|www\.\S+")
_FIGURES = re.compile(
    r"what (?:was|is|were|are) (?:it|they|that|this) worth|what (?:did|does) (?:it|they|that) (?:bring|save|yield)\w*|"
    r"how much (?:did|was|were|has|have)|quantified|with (?:hard|real) (?:figures|numbers)|proven savings|"
    r"\bbeziffer\w+|was hat (?:es|das) gebracht|\bin euro und cent\b|mit harten zahlen|"
    r"chiffrée?s?\b|(?:gains|résultats|resultats) chiffr\w+|quantifié\w*|combien (?:cela|ça|a-t|ont)\w*|gains? mesur\w+"
)
_SUCCESS = re.compile(
    r"success(?:es)? only|only success\w*|success stor(?:y|ies)|successful (?:cases?|examples?)|"
    r"nur erfolg\w*|erfolgsbeispiel\w*|erfolgsgeschichte\w*|erfolgreiche\w* (?:fälle\w*|beispiele\w*)|"
    r"(?:cas|exemples?) (?:de réussite|de succès|réussis?)|réussites uniquement"
)


@dataclass(frozen=True, slots=True)
class Situation:
    """What a text says; what it does not say is empty. `concepts` are all that it names, of whatever type.

    `is_of_case` marks what a case's own fields say: then nobody typed a text.
    """

    concepts: tuple[Mention, ...] = ()
    challenge_types: tuple[Mention, ...] = ()
    industries: tuple[Mention, ...] = ()
    regions: tuple[Mention, ...] = ()
    scales: tuple[Scale, ...] = ()
    asks_figures: Mention | None = None
    asks_success: Mention | None = None
    is_of_case: bool = False


def read_situation(
    text: str,
    view: View,
    *,
    languages: Sequence[str] = LANGUAGES,
    known_regions: CodeList | None = None,
    known_industries: CodeList | None = None,
) -> Situation:
    """Return what a text says; `languages` are those that it may be written in."""
    shown = _ADDRESS.sub(lambda address: " " * len(address[0]), text)
    concepts = tuple(_find_concepts(shown, view, languages))
    return Situation(
        concepts=concepts,
        challenge_types=tuple(mention for mention in concepts if _is_challenge_type(view, mention.value)),
        industries=find_industries(shown, known_industries or industries()),
        regions=find_regions(shown, known_regions or regions(), languages),
        scales=read_scales(shown),
        asks_figures=_asked(shown, _FIGURES),
        asks_success=_asked(shown, _SUCCESS),
    )


def situation_of_case(case: BusinessCase, view: View, known_regions: CodeList | None = None) -> Situation:
    """Return what a case's own fields say, for what is like it."""
    places = known_regions or regions()
    codes = dict.fromkeys(industry_value(entry.scheme, entry.code) for entry in case.industries)
    types = tuple(Mention(id_, id_) for id_ in case.challenge_types if id_ in view.by_id)
    return Situation(
        concepts=types,
        challenge_types=types,
        industries=tuple(Mention(code, code) for code in codes),
        regions=tuple(Mention(places.resolve(name) or name, name) for name in case.regions),
        scales=tuple(replace(scale, span=None) for scale in read_scales(case.customer)),
        is_of_case=True,
    )


def readable_labels(labels: Iterable[LabelRecord], languages: Collection[str]) -> list[LabelRecord]:
    """Return the labels that a text in these languages may use: English ones are used in all.

    The reverse would take the English "concurrent" for a French competitor.
    """
    return [label for label in labels if label.language == "en" or label.language in languages]


def _is_challenge_type(view: View, concept_id: str) -> bool:
    return view.by_id[concept_id].type == "challenge_type"


def _find_concepts(text: str, view: View, languages: Sequence[str]) -> Iterator[Mention]:
    words = {language: _Words(text, language) for language in {"en", *languages}}
    first: dict[str, Mention] = {}
    for label in view.labels_starting({language: own.places for language, own in words.items()}):
        for span in words[label.language].spans_of(label):
            mention = Mention(view.records[label.item_row].id, text[slice(*span)], span)
            known = first.setdefault(mention.value, mention)
            if _place(mention) < _place(known):
                first[mention.value] = mention
    yield from sorted(first.values(), key=_place)


class _Words:
    """A text's words in a language, to find labels among them; `places` gives where each term stands."""

    def __init__(self, text: str, language: str) -> None:
        self._text = text
        self._words = analyse(text, language)
        self.places: dict[str, list[int]] = {}
        for n, word in enumerate(self._words):
            self.places.setdefault(word.term, []).append(n)

    def spans_of(self, label: LabelRecord) -> Iterator[Span]:
        """Yield where the text uses a label, in whatever inflected form."""
        size = len(label.terms)
        for n in self.places.get(label.terms[0], ()):
            words = self._words[n : n + size]
            if tuple(word.term for word in words) == label.terms:
                span = words[0].start, words[-1].end
                if size > 1 or _same_word(self._text[slice(*span)], label.text):
                    yield span


def _same_word(word: str, label: str) -> bool:
    """Whether two words with one stem are one word: "products" is no "productivity", and "M" no "M&A"."""
    one, other = fold_name(word), fold_name(label)
    shared = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= _SHORTEST_STEM and max(len(one), len(other)) - shared <= _LONGEST_ENDING


def _asked(text: str, pattern: re.Pattern[str]) -> Mention | None:
    found = pattern.search(text.lower()) if len(text.lower()) == len(text) else None
    return Mention("asked", text[slice(*found.span())], found.span()) if found else None


def _place(mention: Mention) -> int:
    return mention.span[0] if mention.span else -1
