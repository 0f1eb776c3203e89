"""search.explaining.highlighting: the words that matched, by stem, in their place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.lexical import terms_of
from search.explaining.highlighting import cut_excerpt, find_highlights


def _marked(text: str, language: str, challenge: str) -> list[str]:
    return [text[start:end] for start, end in find_highlights(text, language, set(terms_of(challenge, language)))]


def test_words_are_marked_by_stem_and_without_accents() -> None:
    """Another form of a word of the challenge is marked whole, at its own place in the original text."""
    assert _marked("Prices, priced; the pricing of a price.", "en", "price") == ["Prices", "priced", "pricing", "price"]
    assert _marked("Die Lieferengpässe häufen sich", "de", "Lieferengpass") == ["Lieferengpässe"]
    assert _marked("L'équipe a réduit les coûts", "fr", "cout") == ["coûts"]


def test_stop_words_are_not_marked() -> None:
    """A word that says nothing is not set off."""
    assert _marked("The price of the contract", "en", "the price") == ["price"]


@given(st.lists(st.sampled_from(["price", "über", "sponsor", "naïve", "—", "x" * 30]), max_size=120))
def test_excerpt_keeps_highlights_on_the_same_words(words: list[str]) -> None:
    """Wherever a text is cut, what is marked in the excerpt is what was marked in the text."""
    text = " ".join(words)
    spans = find_highlights(text, "en", {"price", "sponsor"})
    excerpt, kept = cut_excerpt(text, spans, length=100)
    assert all(excerpt[start:end] in ("price", "sponsor") for start, end in kept)
    assert bool(kept) == bool(spans)
