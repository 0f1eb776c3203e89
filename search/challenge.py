"""Understand what was typed: its language, its aspects, its words and the concepts it names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.catalogue import LabelRecord
from indexer.encoder import Encoder
from indexer.lexical import guess_languages, terms_of
from indexer.passages import split_text
from library.errors import ChallengeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

MAX_LENGTH = 20_000
LANGUAGES = ("en", "de", "fr")
# A text up to here is one aspect, as far as the model reads it whole; a longer one is several.
_ASPECT_LENGTH = 1_200


@dataclass(frozen=True)
class Challenge:
    """A challenge that is ready to be ranked.

    `aspects` are the text or its parts; `vectors` (aspects, dim) unit rows; `term_weights` each term's
    number of occurrences; `languages` those whose words the terms may be.
    """

    text: str
    languages: tuple[str, ...]
    aspects: tuple[str, ...]
    vectors: Vectors
    term_weights: Mapping[str, float]


def understand(text: str, encoder: Encoder, *, written_in: Collection[str] = LANGUAGES) -> Challenge:
    """Return a challenge for a typed text; `written_in` are the languages of what is searched.

    Raises:
        ChallengeError: the text is empty, has no words, or is longer than 20,000 characters.
    """
    stripped = text.encode("utf-8", "replace").decode().strip()  # half a surrogate pair is no text
    if not stripped:
        raise ChallengeError(
            "The challenge is empty.", hint="Describe the customer's problem in a few words or sentences."
        )
    if len(stripped) > MAX_LENGTH:
        raise ChallengeError(
            f"The challenge has {len(stripped):,} characters; at most {MAX_LENGTH:,} can be searched with.",
            hint="Paste the part that tells the problem.",
        )
    languages = tell_languages(stripped, written_in)
    weights = weigh_terms([stripped], languages)
    if not any(re.search(r"[^\W\d_]{2}", term) for term in weights):
        raise ChallengeError(
            "The challenge has no words to search with.",
            hint="Describe the customer's problem in a few words or sentences.",
        )
    aspects = split_aspects(stripped, max_tokens=encoder.config.max_tokens, count_tokens=encoder.count_tokens)
    return Challenge(stripped, languages, aspects, encoder.encode_queries(aspects), weights)


def tell_languages(text: str, written_in: Collection[str]) -> tuple[str, ...]:
    """Return the language of a text or, where bare keywords do not tell it, those that the items are in.

    Stemming English keywords as if they were German would only find wrong words.
    """
    guessed = guess_languages(text, LANGUAGES)
    if len(guessed) == 1:
        return guessed
    return tuple(language for language in guessed if language in written_in) or guessed


def split_aspects(text: str, *, max_tokens: int, count_tokens: Callable[[str], int]) -> tuple[str, ...]:
    """Split a text into parts that the model reads whole; nothing is cut off."""

    def fits(part: str) -> bool:
        return count_tokens(part) <= max_tokens

    parts = (part.strip() for part in split_text(text, target=_ASPECT_LENGTH, fits=fits))
    return tuple(part for part in parts if re.search(r"\w", part))


def weigh_terms(texts: Iterable[str], languages: Sequence[str]) -> dict[str, float]:
    """Return the terms of texts with their weight: once each, whatever the language they were stemmed in.

    A word that comes twice in a pasted mail is not twice as important.
    """
    counts = Counter(term for text in texts for language in languages for term in terms_of(text, language))
    return dict.fromkeys(sorted(counts), 1.0)


def named_concepts(challenge_text: str, labels: Iterable[LabelRecord]) -> dict[int, str]:
    """Return the concepts that a text names, by row, with the label that it used."""
    sequences = {language: terms_of(challenge_text, language) for language in LANGUAGES}
    found: dict[int, str] = {}
    for label in labels:
        terms = sequences.get(label.language)
        if terms and label.item_row not in found and _holds(terms, label.terms):
            found[label.item_row] = label.text
    return found


def _holds(terms: Sequence[str], wanted: tuple[str, ...]) -> bool:
    size = len(wanted)
    return any(tuple(terms[n : n + size]) == wanted for n in range(len(terms) - size + 1))
