"""Read a text word by word into English, for a model that knows no other language.

The default model has read little but English: a German challenge lies far from the English case that
answers it, and nearer to whatever else is German. So what is written in German or French is glossed,
challenges and cases alike, from a glossary of business words that ships here; compounds are taken
apart. A gloss is no translation, but its words are the right ones, and nothing has to be downloaded.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from itertools import takewhile

from indexer.lexical import terms_of
from library.codes import fold_name

TARGET = "en"
GLOSSED = ("de", "fr")
# A figure, a word (CO2 and B2B are words), or a sign other than a hyphen.
_WORD = re.compile(r"\d++(?:[.,:]\d++)*+(?![^\W_])|[^\W_]+(?:['-][^\W_]+)*|[^\w\s-]")
_ELISION = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)'(?=\w)", re.IGNORECASE)
_SPACE_BESIDE_SIGN = re.compile(r"(?<=\() | (?=[,.;:!?)])")
# Apostrophes and hyphens that people paste; the hyphen that only marks where a line may end.
_TYPED = str.maketrans({"’": "'", "ʼ": "'", "\u2010": "-", "\u2011": "-", "\u00ad": None})
_NAMES = frozenset({"DACH"})  # a region, no roof
_SHORTEST_PART = 4
_LONGEST_COMPOUND = 60
_LONGEST_PREFIX = 5  # as in "unter"
_LINKS = ("", "s", "es", "n", "en", "e", "er")
_COMPOUNDING = frozenset({"de"})
# "Ein- und Verkauf", "Vertriebs-, Einkaufs- und Logistikleiter": the first words share the end of the last one.
_SHARED_END = re.compile(
    r"\b([^\W\d_]{2,30})-(?=(?:\s*,\s*[^\W\d_]+-){0,4}\s*(?:,|/|&|und|oder|sowie|bzw\.|bis)\s*([^\W\d_]{5,40})\b)"
)
_PLURALS = ("s", "x", "nt")  # that a stemmer leaves: on a short word, on "ils demandent"
# Forms of a regular German verb that a stemmer leaves: fordert, forderte, gefordert, abgelehnt.
_VERB = re.compile(r"(?:(?P<before>\w*?)ge)?(?P<stem>\w{3,}?)t(?:e[nmrs]?)?")
_MANY = 6  # words of the longest phrase that is looked for


@dataclass(frozen=True)
class Glossary:
    """English for words and phrases of one language; the first of several readings is the usual one."""

    language: str
    readings: Mapping[str, tuple[str, ...]]

    def gloss(self, text: str) -> str:
        """Return a text word by word in English.

        Of what is not known, names and nouns (capitals tell them), numbers and English words stay as they are.
        """
        try:
            return self._gloss(self._share_ends(tidy(text)))
        finally:
            forget_words()

    def _gloss(self, text: str) -> str:
        tells_names = any(char.isupper() for char in text)
        words = [self._whole(match[0]) for match in _WORD.finditer(text)]
        glossed: list[str] = []
        place = 0
        while place < len(words):
            count, reading = self._longest(words[place : place + _MANY])
            word = words[place]
            place += count
            if reading is None and (not word.islower() or not tells_names or _is_english(word)):
                reading = word if terms_of(word, self.language) or not word.isalpha() else ""
            if reading:
                glossed.append(reading)
        return _SPACE_BESIDE_SIGN.sub("", " ".join(glossed))

    def knows(self, word: str) -> bool:
        """Whether a word or compound stands in the glossary."""
        return self._read(tidy(word)) is not None

    def _share_ends(self, text: str) -> str:
        """Return a text whose words that a hyphen cut short are whole, where that gives a known word."""
        return _SHARED_END.sub(self._share_end, text) if self.language in _COMPOUNDING else text

    def _share_end(self, found: re.Match[str]) -> str:
        """Return a word made whole by what the last word has behind a known word, or else behind a prefix."""
        start, last = found.groups()
        heads = range(len(last) - _SHORTEST_PART, 0, -1)
        known = [cut for cut in heads if self._part(_plain(last[:cut]))]
        prefixes = [cut for cut in heads if cut <= _LONGEST_PREFIX]
        wholes = (start + last[cut:] for cut in dict.fromkeys((*known, *prefixes)))
        return next((whole for whole in wholes if self._read(whole)), found[0])

    def _whole(self, word: str) -> str:
        """Return a word without the function word that an apostrophe ties to it, unless they are known together."""
        return word if _plain(word) in self._exact else _ELISION.sub("", word)

    def _longest(self, words: Sequence[str]) -> tuple[int, str | None]:
        """Return how many of the first words have a reading together, and that reading; no phrase holds a sign."""
        longest = sum(1 for _ in takewhile(lambda word: word[0].isalnum(), words)) if self._begins(words[0]) else 1
        for count in range(longest, 1, -1):
            phrase = self._exact.get(_plain(" ".join(words[:count]))) or self._phrase(words[:count])
            if phrase:
                return count, phrase
        return 1, self._read(words[0])

    def _begins(self, word: str) -> bool:
        """Whether a phrase may begin with a word: with most words none does."""
        return _plain(word) in self._phrase_words or not self._phrase_terms.isdisjoint(self._key(word)[:1])

    def _phrase(self, words: Sequence[str]) -> str | None:
        """Return the reading of words by their stems; function words at either end are no part of it."""
        keys = [self._key(word) for word in words]
        return self._stems.get(tuple(term for key in keys for term in key)) if keys[0] and keys[-1] else None

    def _read(self, word: str) -> str | None:
        if word in _NAMES:
            return word
        plain = _plain(word)
        endings = ("", *(ending for ending in _PLURALS if plain.endswith(ending)))
        found = next(filter(None, (self._simple(plain.removesuffix(ending)) for ending in endings)), None)
        if found is None and self.language in _COMPOUNDING and len(plain) <= _LONGEST_COMPOUND:
            parts = self._split(plain.replace("-", ""), {})
            found = self._verb(plain) or (" ".join(parts) if parts else None)
        return found or self._read_around_hyphens(word)

    def _verb(self, word: str) -> str | None:
        found = _VERB.fullmatch(word)
        if found is None:
            return None
        stems = (f"{found['before'] or ''}{found['stem']}", word[: found.start("stem")] + found["stem"])
        infinitives = (stem + ending for stem in stems for ending in ("en", "n"))
        return next(filter(None, map(self._exact.get, infinitives)), None)

    def _read_around_hyphens(self, word: str) -> str | None:
        """Return the readings of words tied together, a name among them as it stands; None if none is known."""
        parts = word.split("-")
        readings = [self._read(part) for part in parts] if len(parts) > 1 else []
        if not any(readings):
            return None
        kept = (reading or (part if self._key(part) else "") for reading, part in zip(readings, parts, strict=True))
        return " ".join(filter(None, kept))

    def _split(self, word: str, tried: dict[str, list[str] | None]) -> list[str] | None:
        """Return the readings of a compound's parts, the first as long as can be; None if it has none.

        `tried` keeps what came of each rest, so that no rest is taken apart twice.
        """
        if word not in tried:
            tried[word] = self._take_apart(word, tried)
        return tried[word]

    def _take_apart(self, word: str, tried: dict[str, list[str] | None]) -> list[str] | None:
        for end in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
            head = self._part(word[:end])
            if head is None:
                continue
            rest = word[end:]
            tail = self._simple(rest)
            parts = [tail] if tail else self._split(rest, tried)
            if parts:
                return [head, *parts]
        return None

    def _part(self, part: str) -> str | None:
        for link in _LINKS:
            if link and not part.endswith(link):
                continue
            stem = part.removesuffix(link) if link else part
            if len(stem) >= _SHORTEST_PART - 1 and (found := self._simple(stem)):
                return found
        return None

    def _simple(self, word: str) -> str | None:
        return self._exact.get(word) or self._by_stem(self._key(word))

    def _by_stem(self, key: tuple[str, ...]) -> str | None:
        if len(key) > 1:  # of several words, as "long-term": a phrase may have the same
            return self._stems.get(key)
        return self._stems_like(key[0]).get(key) if key else None

    def _stems_like(self, stem: str) -> Mapping[tuple[str, ...], str]:
        """Return the stems of the words that begin as a stem does: stemming all of them takes longer than a search."""
        beginning = _beginning(stem)
        stems = self._stems_by_beginning.get(beginning)
        if stems is None:
            words = sorted({*self._words_by_beginning[beginning], *self._words_by_beginning[""]})
            stems = self._stems_by_beginning[beginning] = self._stemmed(term for _, term in words)
        return stems

    def _key(self, text: str) -> tuple[str, ...]:
        return _stem(text, self.language)

    @cached_property
    def _exact(self) -> dict[str, str]:
        return {_plain(term): readings[0] for term, readings in self.readings.items()}

    @cached_property
    def _phrase_words(self) -> frozenset[str]:
        return frozenset(term.partition(" ")[0] for term in self._exact if " " in term)

    @cached_property
    def _phrase_terms(self) -> frozenset[str]:
        return frozenset(key[0] for key in self._stems if len(key) > 1)

    @cached_property
    def _stems(self) -> dict[tuple[str, ...], str]:
        return self._stemmed(self.readings)

    @cached_property
    def _words_by_beginning(self) -> Mapping[str, list[tuple[int, str]]]:
        """Single words, each with its place; one with a sign in it may have any stem and stands under ""."""
        words: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for place, term in enumerate(self.readings):
            if " " not in term:
                words[_beginning(term) if term.isalpha() else ""].append((place, term))
        return words

    @cached_property
    def _stems_by_beginning(self) -> dict[str, dict[tuple[str, ...], str]]:
        return {}

    def _stemmed(self, terms: Iterable[str]) -> dict[tuple[str, ...], str]:
        found: dict[tuple[str, ...], str] = {}
        for term in terms:
            key = self._key(term)
            if key and (len(key) > 1 or " " not in term):  # of "aus einer hand" only the hand is no function word
                found.setdefault(key, self.readings[term][0])
        return found


@cache
def glossary(language: str) -> Glossary | None:
    """Return the shipped glossary of a language, or None where there is none."""
    short = language.partition("-")[0].lower()
    if short not in GLOSSED:
        return None
    lines = _file(short).decode().splitlines()[1:]
    pairs = (line.split(";") for line in lines)
    return Glossary(short, {term: tuple(english.split(", ")) for term, english in pairs})


@cache
def glossary_hash() -> str:
    """Return the SHA-256 of all shipped glossaries: when one changes, glossed texts have to be read again."""
    digest = hashlib.sha256()
    for language in GLOSSED:
        digest.update(_file(language))
    return digest.hexdigest()


def count_known_words(text: str, languages: Sequence[str]) -> dict[str, int]:
    """Return how many words of a text are known in each language: by its glossary, or as plain business English.

    A function word of any of the languages tells nothing of the others.
    """
    words = [match[0] for match in _WORD.finditer(tidy(text)) if match[0][0].isalpha()]
    # "The" is no French tea.
    words = [word for word in words if all(terms_of(word, language) for language in languages)]
    try:
        return {language: sum(knows_word(language, word) for word in words) for language in languages}
    finally:
        forget_words()


def knows_word(language: str, word: str) -> bool:
    """Whether a word is known: by a language's glossary, or as plain business English."""
    found = glossary(language)
    if found is not None:
        return found.knows(word)
    return language == TARGET and _is_english(word)


def forget_words() -> None:
    """Drop the stems of words that were read: they are a user's, and are kept for one text's sake alone."""
    _stem.cache_clear()


def tidy(text: str) -> str:
    """Return a text with one way to write an accent, a ligature, an apostrophe and a hyphen."""
    return unicodedata.normalize("NFKC", text).translate(_TYPED)


def reader(language: str, known: Collection[str]) -> Callable[[str], str]:
    """Return what makes a text readable for a model that knows some languages (none named: all of them)."""
    short = language.partition("-")[0].lower()
    found = None if not known or short in known or TARGET not in known else glossary(short)
    if found is None:
        return str
    chosen = found
    return lambda text: chosen.gloss(text) or text


def _is_english(word: str) -> bool:
    return bool(_english_stems().intersection(terms_of(word, TARGET)))


@cache
def _english_stems() -> frozenset[str]:
    """Return the stems of all words that the glossaries use to explain others: the plain words of business English."""
    texts = [text for name in GLOSSED for readings in _readings(name) for text in readings]
    return frozenset(terms_of(" ".join(texts), TARGET))


def _readings(language: str) -> Sequence[tuple[str, ...]]:
    found = glossary(language)
    return tuple(found.readings.values()) if found else ()


def _file(language: str) -> bytes:
    return files("library").joinpath(f"data/glossary_{language}.csv").read_bytes()


@lru_cache(maxsize=30_000)
def _stem(text: str, language: str) -> tuple[str, ...]:
    return tuple(terms_of(fold_name(text), language))


def _beginning(word: str) -> str:
    """Return the first letters of a word, which no stemmer touches."""
    if word.isascii():
        return word[:2].lower()
    return fold_name(word[:3].replace("œ", "oe").replace("æ", "ae"))[:2]


def _plain(text: str) -> str:
    return text.lower()
