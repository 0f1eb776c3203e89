"""Keep the words of the last passages that were shown; analysing them anew takes a tenth of an answer's own time."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from indexer.lexical import Word, analyse
from library.codes import fold_name

_MOST_PASSAGES = 2_048  # some three kilobytes each


@dataclass(frozen=True, slots=True)
class PassageWords:
    """The words of `analyse` as columns, which take a tenth of the space; `folded` is how each is written, folded."""

    terms: tuple[str, ...]
    folded: tuple[str, ...]
    starts: array[int]
    ends: array[int]

    def among(self, terms: Collection[str]) -> dict[int, Word]:
        """Return the words whose terms are among some, by their number."""
        found = (n for n, term in enumerate(self.terms) if term in terms)
        return {n: Word(self.terms[n], self.starts[n], self.ends[n]) for n in found}


@lru_cache(maxsize=_MOST_PASSAGES)
def words_of_passage(passage: str, language: str) -> PassageWords:
    """Return the words of a passage of the index; the last ones are kept, so a user's own text is never given."""
    words = analyse(passage, language)
    return PassageWords(
        tuple(sys.intern(word.term) for word in words),  # passages share their words
        tuple(sys.intern(fold_name(passage[word.start : word.end])) for word in words),
        array("I", [word.start for word in words]),
        array("I", [word.end for word in words]),
    )


def forget_passages() -> None:
    """Drop what is kept of passages: another index may no longer have them."""
    words_of_passage.cache_clear()
