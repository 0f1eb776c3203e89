"""Tell the language of a text, and how much of it is understood by the model and the glossaries.

What is called strange must be: a false alarm annoys. So names, abbreviations and short words that nobody knows count
neither way, and a few unknown words are taken for typing errors.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from indexer.glossing import TARGET, count_known_words, forget_words, knows_word, reader, tidy
from indexer.lexical import TOO_LONG, count_function_words, function_words_of, terms_of
from search.understanding.giveaways import given_away, gives_away

LANGUAGES = ("en", "de", "fr")
UNDETERMINED = "und"  # as ISO 639-2 says it
# Told from the others by their function words, though no glossary reads them.
_FURTHER_LANGUAGES = ("es", "it", "nl", "pt", "da", "sv", "fi", "hu")
_FEWEST_SIGNS = 3
_FUNCTION_WORD_WORTH = 2  # as many known words
_SAMPLE = 4_000  # characters; they tell the language of the whole

# Found on the judged challenges and on 76 texts in 27 other languages; see docs/decisions/0005-verdict.md.
_STRANGE_SHARE = 0.4
_GIVEN_AWAY_SHARE = 0.5  # a text with a word that stands in none of these languages
_FEWEST_UNKNOWN = 3
_OTHER_SCRIPT_SHARE = 0.4
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzäöüßàâæçéèêëîïôœùûÿ'")  # of English, German and French
_SHORTEST = 3
_ABBREVIATED = 4  # up to here an unknown word may be an abbreviation
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Comprehension:
    """The languages that a text may be in, and the share of its words (0 to 1) that the model is given to read.

    `is_strange` if its language is one that neither the model nor a glossary knows.
    """

    languages: tuple[str, ...]
    understood: float = 1.0
    is_strange: bool = False


def comprehend(
    text: str, *, written_in: Collection[str], known: Collection[str], in_vocabulary: Callable[[str], bool]
) -> Comprehension:
    """Return how well a text is understood by a model that knows some languages (none named: all of them).

    `written_in` are the languages of what is searched; `in_vocabulary` says whether the model has a word whole.
    """
    count = cache(_count_signs)  # for as long as this text is read
    languages = tell_languages(text, written_in, count=count)
    unread = _is_unread(languages, known)
    if not known or not set(known) <= set(LANGUAGES):
        # Of a model that knows further languages, what it knows of their words cannot be told.
        return Comprehension(languages, is_strange=unread)
    sample = tidy(text[:_SAMPLE])
    other = _share_of_other_scripts(sample)
    if other >= _OTHER_SCRIPT_SHARE:
        return Comprehension((UNDETERMINED,), 1 - other, is_strange=True)
    is_glossed = len(languages) == 1 and reader(languages[0], known) is not str
    stands_somewhere = cache(lambda word: in_vocabulary(word) or _stands_in_glossaries(word, languages))
    # Each costs more than the one before; what is neither glossed nor unread only has to be not strange.
    ways = [_knows_none, _by_stem_too(in_vocabulary), _by_stem_too(stands_somewhere)]
    shown = sample if any(map(str.islower, sample)) else sample.lower()
    words = _count_words(shown, ways[2 if is_glossed else 1 if unread else 0 :], count)
    forget_words()
    if words.are_strange:
        return Comprehension((words.further or UNDETERMINED,), words.share, is_strange=True)
    return Comprehension(languages, words.share if is_glossed or unread else 1.0, is_strange=unread)


def comprehend_declared(text: str, language: str, known: Collection[str]) -> Comprehension:
    """Return how well a text is understood whose language is declared; of words nothing is asked."""
    languages = (language.split("-", maxsplit=1)[0].lower(),)
    if not _is_unread(languages, known):
        return Comprehension(languages)
    return Comprehension(languages, 1 - _share_of_other_scripts(text[:_SAMPLE]), is_strange=True)


def tell_languages(
    text: str, written_in: Collection[str], *, count: Callable[[str], Mapping[str, int]] | None = None
) -> tuple[str, ...]:
    """Return the language of a text or, where nothing tells it, those that the items are in.

    Function words tell it; of bare keywords, the language in which most of them are known. Stemming English keywords as
    if they were German would only find wrong words. `count` may be given to keep its counts.
    """
    text = text[:_SAMPLE]
    counts = (count or _count_signs)(text)
    further = max(_FURTHER_LANGUAGES, key=lambda language: counts[language])
    most = max(counts[language] for language in LANGUAGES)
    if counts[further] >= _FEWEST_SIGNS + most:
        return (further,)
    if most <= 1:  # one function word may be chance
        known = count_known_words(text, LANGUAGES)
        counts = {language: _FUNCTION_WORD_WORTH * counts[language] + known[language] for language in LANGUAGES}
    most = max(counts[language] for language in LANGUAGES)
    best = tuple(language for language in LANGUAGES if counts[language] == most)
    if len(best) == 1:
        return best
    return tuple(language for language in best if language in written_in) or best


def _is_unread(languages: tuple[str, ...], known: Collection[str]) -> bool:
    """Whether a text's one language is neither known nor glossed."""
    return bool(known) and len(languages) == 1 and languages[0] not in known and reader(languages[0], known) is str


def _count_signs(text: str) -> Mapping[str, int]:
    return count_function_words(text, (*LANGUAGES, *_FURTHER_LANGUAGES))


def _share_of_other_scripts(text: str) -> float:
    if text.isascii():
        return 0.0
    letters = Counter(filter(str.isalpha, text))
    other = sum(
        count
        for char, count in letters.items()
        if not char.isascii() and not unicodedata.name(char, "").startswith("LATIN")
    )
    return other / letters.total() if letters else 0.0


@dataclass(frozen=True, slots=True)
class _Words:
    """How many words of a text are understood and how many are signs of another language, `further` if it shows."""

    understood: int
    unknown: int
    further: str
    is_given_away: bool = False

    @property
    def share(self) -> float:
        total = self.understood + self.unknown
        return self.understood / total if total else 1.0

    @property
    def are_strange(self) -> bool:
        most = _GIVEN_AWAY_SHARE if self.is_given_away else _STRANGE_SHARE
        return self.unknown >= _FEWEST_UNKNOWN and self.share <= most


def _count_words(text: str, ways: Sequence[Callable[[str], bool]], count: Callable[[str], Mapping[str, int]]) -> _Words:
    """Count meaningful and function words, by the first way to know words by which the text is not strange."""
    meaningful, counts = _meaningful_words(text), count(text)
    own = max(counts[language] for language in LANGUAGES)
    further = max(_FURTHER_LANGUAGES, key=lambda language: counts[language])
    giveaways = [word for word in meaningful if gives_away(word)]
    giveaway = given_away(giveaways)
    function_words = function_words_of(" ".join(giveaways), (further,))[0] if giveaways else set()
    surplus = max(
        0, counts[further] - own - sum(word in function_words for word in giveaways)
    )  # none counts twice over
    for knows in ways:
        understood, unknown = _count_known(meaningful, knows)
        told = giveaway or (further if surplus > 1 else "")
        words = _Words(understood + own, unknown + surplus, told, is_given_away=bool(giveaway))
        if not words.are_strange:
            break
    return words


def _count_known(words: Sequence[str], knows: Callable[[str], bool]) -> tuple[int, int]:
    """Return how many words are understood and how many not.

    An unknown word with a foreign letter counts twice, and so does one that gives its language away.
    """
    understood = unknown = 0
    for word in words:
        is_name = not word[0].islower()
        is_foreign = not is_name and (gives_away(word) or not _LETTERS.issuperset(word.lower()))
        if not is_foreign and knows(word):
            understood += 1
        elif is_foreign or (not is_name and len(word) > _ABBREVIATED):
            unknown += 1 + is_foreign
    return understood, unknown


def _meaningful_words(text: str) -> list[str]:
    """Return the words of a text that are function words in none of its likely languages."""
    found = (match[0] for match in _WORD.finditer(text) if len(match[0]) >= _SHORTEST)
    words = [word for word in found if len(word.encode()) < TOO_LONG]
    function_words = function_words_of(" ".join(words), LANGUAGES)
    either = frozenset().union(*function_words)

    def is_meaningful(word: str) -> bool:
        low = word.lower()
        if "'" not in low:
            return low not in either
        return not any(known.issuperset(low.split("'")) for known in function_words)

    return [word for word in words if is_meaningful(word)]


def _knows_none(_: str) -> bool:
    """Know no word at all: function words alone may be enough."""
    return False


def _by_stem_too(knows: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda word: knows(word) or any(map(knows, terms_of(word, TARGET)))


def _stands_in_glossaries(word: str, languages: Sequence[str]) -> bool:
    return any(knows_word(language, word) for language in (*languages, TARGET))
