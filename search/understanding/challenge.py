"""Understand what was typed: its language, its aspects and its words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from indexer.encoder import Encoder
from indexer.glossing import TARGET, reader
from indexer.lexical import terms_of
from indexer.passages import split_text
from library.errors import ChallengeError
from search.understanding.languages import LANGUAGES, UNDETERMINED, comprehend

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexer.tokens import TokenVectors

    Vectors = NDArray[np.float32]

MAX_LENGTH = 20_000
# A text up to here is one aspect, as far as the model reads it whole; a longer one is several.
_ASPECT_LENGTH = 1_200


@dataclass(frozen=True)
class Challenge:
    """A challenge that is ready to be ranked.

    `aspects` are the text or its parts; `vectors` (aspects, dim) unit rows; `tokens` each aspect's word pieces,
    if the model gives their vectors; `term_weights` each term's weight; `languages` those that it may be in;
    `spoken_terms` the terms of its own words, which differ from those searched with if it was glossed; `is_strange`
    if neither the model nor a glossary knows its language; `understood` the share of its words that the model reads.
    """

    text: str
    languages: tuple[str, ...]
    aspects: tuple[str, ...]
    vectors: Vectors
    term_weights: Mapping[str, float]
    tokens: tuple[TokenVectors, ...] = ()
    spoken_terms: frozenset[str] = frozenset()
    is_strange: bool = False
    understood: float = 1.0


def understand(
    text: str,
    encoder: Encoder,
    *,
    written_in: Collection[str] = LANGUAGES,
    focused: Callable[[str, Callable[[str], str]], str] | None = None,
) -> Challenge:
    """Return a challenge for a typed text.

    `written_in` are the languages of what is searched. `focused` picks what matters out of a long text (see
    `search.understanding.focusing`); it is given what makes the text readable for the model.

    Raises:
        ChallengeError: the text is empty, has no words, or is longer than 20,000 characters.
    """
    stripped = _check_text(text)
    known = encoder.config.languages
    found = comprehend(stripped, written_in=written_in, known=known, in_vocabulary=one_piece(encoder))
    languages = found.languages
    # A word of English may stand in a text of any language.
    stemmed_in = (TARGET,) if languages == (UNDETERMINED,) else languages
    _check_words(weigh_terms([stripped], stemmed_in))
    read = reader(languages[0], known) if len(languages) == 1 else str
    chosen = focused(stripped, read) if focused else stripped
    spoken = weigh_terms([chosen], stemmed_in)
    # Words of the text's own language would only find what happens to be written in it too.
    weights = spoken if read is str else weigh_terms([read(chosen)], (TARGET,))
    aspects = split_aspects(
        chosen, max_tokens=encoder.config.max_tokens, count_tokens=lambda part: encoder.count_tokens(read(part))
    )
    encoded = encoder.encode_tokens([read(aspect) for aspect in aspects], as_query=True)
    return Challenge(
        text=stripped,
        languages=languages,
        aspects=aspects,
        vectors=encoded.vectors,
        term_weights=weights,
        tokens=encoded.tokens or (),
        spoken_terms=frozenset(spoken),
        is_strange=found.is_strange,
        understood=found.understood,
    )


def one_piece(encoder: Encoder) -> Callable[[str], bool]:
    """Return what tells whether the model has a word whole: it read it often."""
    around = encoder.count_tokens("")
    return cache(lambda word: encoder.count_tokens(word) - around == 1)


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


def _check_text(text: str) -> str:
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
    return stripped


def _check_words(terms: Iterable[str]) -> None:
    if not any(re.search(r"[^\W\d_]{2}", term) for term in terms):
        raise ChallengeError(
            "The challenge has no words to search with.",
            hint="Describe the customer's problem in a few words or sentences.",
        )
