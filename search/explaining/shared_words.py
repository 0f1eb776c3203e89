"""Which words of a passage the challenge has too and that tell something: rare in the collection, and no synonyms."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import takewhile

from indexer.lexical import K1, analyse
from indexer.passage_words import words_of_passage
from library.codes import fold_name
from search.engine import Engine
from search.explaining.highlighting import SAYING_NOTHING
from search.understanding.challenge import Challenge

_SHOWN = 3
_SHORTEST = 4
_LONGEST_ENDING = 2
# The inverse document frequency of a word that a quarter of the items hold; what more of them hold tells nothing.
_LEAST_RARITY = math.log(4)


class SharedWords:
    """Finds the words that a challenge shares with passages.

    What they are worth is counted over all items that every reader may see, so it depends neither on the other cases
    of an answer nor on hidden ones.
    """

    def __init__(self, engine: Engine, challenge: Challenge) -> None:
        self._engine = engine
        self._challenge = challenge
        self._rarities: dict[str, float] = {}

    def telling(self, text: str, language: str) -> tuple[str, ...]:
        """Return up to three words of a text that the challenge has too, the rarest first; none that says nothing."""
        first: dict[str, str] = {}
        for term, spelling in self._shared(text, language):
            first.setdefault(term, spelling)
        telling = [term for term in first if self._rarity(term) >= _LEAST_RARITY]
        return tuple(first[term] for term in sorted(telling, key=lambda term: -self._rarity(term))[:_SHOWN])

    def _shared(self, text: str, language: str) -> Iterator[tuple[str, str]]:
        """Yield words of which the challenge has a form, or in another language than its own the same word.

        Each comes as its term and as it is spelled.
        """
        is_own = language.partition("-")[0].lower() in self._challenge.languages
        typed = self._typed
        words = words_of_passage(text, language)
        for n, (term, folded) in enumerate(zip(words.terms, words.folded, strict=True)):
            if folded not in typed[""] and not (is_own and term in typed and _has_form(typed[term], folded)):
                continue  # which goes for nearly all
            word = text[words.starts[n] : words.ends[n]]
            if folded not in SAYING_NOTHING and _may_tell(word):
                yield term, word

    @cached_property
    def _typed(self) -> Mapping[str, frozenset[str]]:
        """The words of the challenge as they were typed, folded, by their term; all of them by no term."""
        found: defaultdict[str, set[str]] = defaultdict(set, {"": set()})
        for text in self._challenge.aspects:
            for language in self._challenge.languages:
                for word in analyse(text, language):
                    folded = fold_name(text[word.start : word.end])
                    found[word.term].add(folded)
                    found[""].add(folded)
        return {term: frozenset(words) for term, words in found.items()}

    def _rarity(self, term: str) -> float:
        """Return a term's inverse document frequency: the ceiling of BM25 is that times K1 + 1."""
        if term not in self._rarities:
            self._rarities[term] = self._engine.word_ceiling({term: 1.0}) / (K1 + 1)
        return self._rarities[term]


def _has_form(words: Iterable[str], other: str) -> bool:
    return any(_is_form(other, one) for one in words)


def _is_form(one: str, other: str) -> bool:
    """Whether two words of one stem are forms of one word: "renewals" is a "renewal", no "package" is "packaging"."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return max(len(one), len(other)) - shared <= _LONGEST_ENDING


def _may_tell(word: str) -> bool:
    """Whether a word is long enough, or an abbreviation in capitals."""
    return word.isalpha() and (len(word) >= _SHORTEST or (len(word) == _SHORTEST - 1 and word.isupper()))
