"""indexer.passage_words: the words of a passage as the analyser finds them, kept for the index that is open."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from indexer.lexical import analyse
from indexer.passage_words import forget_passages, words_of_passage
from library.codes import fold_name
from tests.conftest import index_library, write_library

PASSAGES = [
    ("The customer's renewals were renewed, at last.", "en"),
    ("Die Verträge des Großkunden, neu geprüft", "de"),
    ("Le cafe\u0301 de l'équipe", "fr"),
    ("", "en"),
]


@pytest.mark.parametrize(("text", "language"), PASSAGES)
def test_the_words_are_those_of_the_analyser(text: str, language: str) -> None:
    """Kept or not, the words of a passage and their places are what analysing it gives."""
    for _ in range(2):
        words = words_of_passage(text, language)
        found = analyse(text, language)
        assert list(words.among(set(words.terms)).values()) == found
        assert list(words.folded) == [fold_name(text[word.start : word.end]) for word in found]


def test_words_among_terms_keep_their_numbers() -> None:
    """A name of several words is found by its words' numbers, so others between them count."""
    words = words_of_passage("price list for every plant, one price", "en")
    assert {n: word.term for n, word in words.among({"price", "plant"}).items()} == {0: "price", 3: "plant", 5: "price"}


def test_nothing_of_an_older_index_stays() -> None:
    """What was kept is dropped when another index is opened, which may no longer have it."""
    words = words_of_passage("something that was purged", "en")
    assert words_of_passage("something that was purged", "en") is words
    forget_passages()
    assert words_of_passage("something that was purged", "en") is not words


def test_nothing_stays_of_an_index_that_nobody_uses_any_more(tmp_path: Path) -> None:
    """A request that was answered by the older index after another was opened leaves nothing either."""
    older = index_library(write_library(tmp_path / "older", {}))
    index_library(write_library(tmp_path / "newer", {})).close()
    words = words_of_passage("something that was purged", "en")
    older.close()
    del older
    gc.collect()
    assert words_of_passage("something that was purged", "en") is not words
