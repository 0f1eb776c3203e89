"""search.explaining.shared_words: the words that a reason quotes are in both texts and tell something."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from search.engine import LocalEngine
from search.explaining.shared_words import SharedWords
from search.understanding.challenge import understand
from tests.conftest import case_text, index_library, write_library

# Every case has a manager; one each has a rebate, a scorecard, packaging.
SUBJECTS = ("rebate", "scorecard", "packaging", "tender", "Zentraleinkauf", "plant", "stock", "CPO")
FILES = {
    f"cases/case-{n}.md": case_text(title=f"Case {n}", challenge=f"A manager asked about the {subject}.")
    for n, subject in enumerate(SUBJECTS)
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    engine = index_library(write_library(tmp_path_factory.mktemp("shared"), FILES))
    yield engine
    engine.close()


def _telling(engine: LocalEngine, challenge: str, passage: str, language: str = "en") -> tuple[str, ...]:
    return SharedWords(engine, understand(challenge, engine.encoder)).telling(passage, language)


@pytest.mark.parametrize(
    ("challenge", "passage", "words"),
    [
        ("the manager asked for a rebate", "A manager asked about rebates.", ("rebates",)),
        ("the manager asked", "A manager asked.", ()),
        ("packaging is too dear", "A conversion package was offered.", ()),
        ("our packaging is too dear", "Their packaging, and packaging again.", ("packaging",)),
        ("our CPO left", "The CPO was new; no IT, no Cpo.", ("CPO",)),
        ("a purchasing director", "The procurement head.", ()),
        ("the stock at the plant and the tender", "Tender, plant and stock.", ("Tender", "plant", "stock")),
    ],
)
def test_words_are_in_both_texts_and_rare(
    engine: LocalEngine, challenge: str, passage: str, words: tuple[str, ...]
) -> None:
    """Another form of a word counts, a synonym, another word of the stem or what most cases say does not."""
    assert _telling(engine, challenge, passage) == words


def test_rarest_words_come_first(engine: LocalEngine) -> None:
    """Of many words the three that fewest items hold are told; a word that no other item holds is the rarest."""
    words = _telling(engine, "rebate, stock, plant and zygotes", "Plant, stock, rebate, zygotes.")
    assert words == ("zygotes", "Plant", "stock")


def test_across_languages_only_the_same_word_counts(engine: LocalEngine) -> None:
    """A passage in another language shares a word if it is written alike, not if its stem happens to be."""
    challenge = "Der Einkauf verlangt einen Rebate und Tender, die wir nicht wollen"
    assert _telling(engine, challenge, "A rebate after tenders.", "en") == ("rebate",)
