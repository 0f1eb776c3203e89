"""search.understanding.challenge: what is understood of a typed text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.glossing import reader
from indexer.lexical import terms_of
from library.errors import ChallengeError
from search.understanding.challenge import MAX_LENGTH, split_aspects, understand
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


# For a model that knows English alone.

GERMAN = "Der Zentraleinkauf fordert einen Rabatt und will den Rahmenvertrag kündigen."
SPANISH = "El cliente quiere que bajemos los precios y no sabemos por qué lo hace con nosotros"


def _encoder(*languages: str) -> FakeEncoder:
    encoder = FakeEncoder()
    encoder.config = replace(encoder.config, languages=languages)
    return encoder


def test_a_german_challenge_is_read_in_english() -> None:
    """The model reads the gloss and words are searched with in English; the text stays, and so do its own words."""
    encoder = _encoder("en")
    challenge = understand(GERMAN, encoder)
    gloss = reader("de", ("en",))(GERMAN)
    assert (challenge.text, challenge.aspects, challenge.languages) == (GERMAN, (GERMAN,), ("de",))
    assert (challenge.vectors == encoder.encode_queries([gloss])).all()
    assert set(challenge.term_weights) == set(terms_of(gloss, "en")) >= {"central", "discount", "framework"}
    assert challenge.spoken_terms == set(terms_of(GERMAN, "de"))
    assert not challenge.is_strange


@pytest.mark.parametrize(("text", "known"), [(GERMAN, ()), (GERMAN, ("en", "de")), ("They want a discount", ("en",))])
def test_a_language_that_the_model_knows_is_not_glossed(text: str, known: tuple[str, ...]) -> None:
    """What is searched with are the words as they were spoken."""
    encoder = _encoder(*known)
    challenge = understand(text, encoder)
    assert challenge.spoken_terms == set(challenge.term_weights)
    assert (challenge.vectors == encoder.encode_queries([text])).all()
    assert not challenge.is_strange


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        (SPANISH, ("en",), True),
        (SPANISH, ("en", "es"), False),
        (SPANISH, (), False),
        ("Клиент требует скидку десять процентов", ("en",), True),
        ("Клиент требует скидку десять процентов", ("en", "ru"), False),
        ("Nordmed Xyzzy", ("en",), False),
        ("Le client veut que nous baissions les prix", ("en",), False),
    ],
)
def test_a_challenge_is_strange_if_nothing_reads_it(text: str, known: tuple[str, ...], expected: bool) -> None:  # noqa: FBT001
    """Neither the model knows its language nor a glossary; of bare names nothing can be told."""
    assert understand(text, _encoder(*known)).is_strange is expected


class _FewWords(FakeEncoder):
    """Has few words whole, as a model of English has of another language."""

    def count_tokens(self, text: str) -> int:
        return super().count_tokens(text) + sum(word not in {"the", "price", "SAP"} for word in text.split())


def test_what_is_left_of_a_strange_text_is_not_glossed() -> None:
    """A Polish text is not taken for German because some of its words look so; what it says is searched with as is."""
    encoder = _FewWords()
    encoder.config = replace(encoder.config, languages=("en",))
    challenge = understand("Klient chce rozwiązać umowę, dostawy są opóźnione, przetarg SAP", encoder)
    assert challenge.is_strange
    assert challenge.languages == ("und",)
    assert challenge.understood < 0.5
    assert set(challenge.term_weights) == challenge.spoken_terms >= {"rozwiazac", "przetarg", "sap"}


def test_what_a_gloss_leaves_out_is_not_understood() -> None:
    """An unknown word that the model is not given counts against the text; a text in its own language has none."""
    encoder = _FewWords()
    encoder.config = replace(encoder.config, languages=("en",))
    assert understand("qwertz Vertrag", encoder).understood == pytest.approx(0.5)
    assert understand("Vertrag", encoder).understood == 1
    assert understand("qwertz price", encoder).understood == 1


def test_aspects_fit_the_model_after_glossing() -> None:
    """A gloss may be longer than its text, and what the model reads of each aspect is whole."""
    encoder = _encoder("en")
    text = "Die Rahmenvertragsverhandlung und die Lieferantenkonsolidierung gefährden den Zentraleinkauf. " * 40
    read = reader("de", ("en",))
    challenge = understand(text, encoder)
    assert " ".join(challenge.aspects).split() == text.split()
    assert all(encoder.count_tokens(read(aspect)) <= MAX_TOKENS for aspect in challenge.aspects)
    assert len(challenge.vectors) == len(challenge.aspects) > 1


@pytest.mark.parametrize(("text", "glossed"), [(GERMAN, True), ("They want a discount", False)])
def test_what_focuses_is_given_the_reader(text: str, glossed: bool) -> None:  # noqa: FBT001
    """A long text is focused on its own sentences, as the model reads them; only what is kept is searched with."""
    given_readers = []

    def focused(asked: str, read: Callable[[str], str]) -> str:
        assert asked == text
        given_readers.append(read)
        return "Der Zentraleinkauf" if glossed else "discount"

    challenge = understand(f"  {text}\n", _encoder("en"), focused=focused)
    assert [read is not str for read in given_readers] == [glossed]
    assert challenge.text == text
    assert challenge.aspects == (("Der Zentraleinkauf",) if glossed else ("discount",))
    assert set(challenge.term_weights) == ({"central", "purchas"} if glossed else {"discount"})


def test_half_a_surrogate_pair_is_no_text() -> None:
    """What no file could hold, as a broken paste gives it, does not stop the search."""
    assert "discount" in understand("a discount \ud83d please", _encoder("en")).text
