"""search.challenge: what is understood of a typed text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.catalogue import LabelRecord
from indexer.lexical import terms_of
from library.errors import ChallengeError
from search.challenge import MAX_LENGTH, named_concepts, split_aspects, tell_languages, understand
from tests.conftest import MAX_TOKENS, FakeEncoder


@pytest.mark.parametrize("text", ["", "   \n\t ", "\ufeff"[:0]])
def test_empty_text_is_refused(text: str, encoder: FakeEncoder) -> None:
    """An empty challenge is told so instead of being answered with whatever is nearest."""
    with pytest.raises(ChallengeError, match="is empty"):
        understand(text, encoder)


@pytest.mark.parametrize("text", ["???", "1234 5678", "— / —", "the of and", "a b c"])
def test_text_without_words_is_refused(text: str, encoder: FakeEncoder) -> None:
    """Signs, numbers and stop words alone say nothing to search with."""
    with pytest.raises(ChallengeError, match="no words"):
        understand(text, encoder)


def test_overlong_text_is_refused(encoder: FakeEncoder) -> None:
    """A pasted book is refused with its length and the limit."""
    with pytest.raises(ChallengeError, match=r"20,001 characters; at most 20,000"):
        understand("price " * (MAX_LENGTH // 6) + "x" * (MAX_LENGTH % 6 + 1), encoder)


def test_short_text_is_one_aspect(encoder: FakeEncoder) -> None:
    """A text that the model reads whole stays whole."""
    challenge = understand("exec sponsor left", encoder)
    assert challenge.aspects == ("exec sponsor left",)
    assert challenge.vectors.shape == (1, encoder.config.dimension)


def test_long_text_is_split_not_cut_off(encoder: FakeEncoder) -> None:
    """Every word of a long mail stands in one of its aspects, and each aspect fits the model."""
    words = [f"word{n}" for n in range(600)]
    challenge = understand(" ".join(words), encoder)
    assert len(challenge.aspects) > 1
    assert " ".join(challenge.aspects).split() == words
    assert all(encoder.count_tokens(aspect) <= MAX_TOKENS for aspect in challenge.aspects)


@given(st.text(alphabet=st.sampled_from("ab .,\n"), max_size=400))
def test_aspects_lose_no_word(text: str) -> None:
    """Splitting keeps all words in order, whatever the punctuation."""
    encoder = FakeEncoder()
    aspects = split_aspects(text, max_tokens=20, count_tokens=encoder.count_tokens)
    kept = [word for aspect in aspects for word in aspect.split() if any(char.isalnum() for char in word)]
    assert "".join(kept) == "".join(word for word in text.split() if any(char.isalnum() for char in word))


@pytest.mark.parametrize(
    ("text", "written_in", "expected"),
    [
        ("The customer wants us to cut the price", {"en", "de"}, ("en",)),
        ("Unser Kunde will die Preise senken", {"en"}, ("de",)),
        ("Le client veut que nous baissions les prix", {"en"}, ("fr",)),
        ("price pressure procurement", {"en"}, ("en",)),
        ("price pressure procurement", {"en", "de"}, ("en", "de")),
        ("price pressure procurement", {"pl"}, ("en", "de", "fr")),
    ],
)
def test_language_is_told_by_stop_words(text: str, written_in: set[str], expected: tuple[str, ...]) -> None:
    """Sentences tell their language; bare keywords are taken for the languages that the items are in."""
    assert tell_languages(text, written_in) == expected


def _label(row: int, language: str, text: str) -> LabelRecord:
    return LabelRecord(row, language, text, tuple(terms_of(text, language)))


def test_concepts_are_named_by_whole_labels_in_their_language() -> None:
    """A concept is named if its label's stems stand in the text side by side, in that label's language."""
    labels = [
        _label(1, "en", "price increase"),
        _label(2, "de", "Rahmenvertrag"),
        _label(3, "en", "increase of price"),
        _label(4, "fr", "appel d'offres"),
    ]
    assert named_concepts("They fear price increases", labels) == {1: "price increase"}
    assert named_concepts("Wir verlieren die Rahmenverträge", labels) == {2: "Rahmenvertrag"}
    assert named_concepts("Nous répondons aux appels d'offres", labels) == {4: "appel d'offres"}
    assert named_concepts("increase the volume, cut the price", labels) == {}
