"""Texts are shortened by whole sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.understanding.sentences import first_sentences, split_sentences, widen_to_sentences


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("One", ["One"]),
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("He said: “No.” Then he left.", ["He said: “No.”", "Then he left."]),
        ("Er sagte: „Nein.“ Dann ging er.", ["Er sagte: „Nein.“", "Dann ging er."]),
        ("Il dit « non. » Puis il part.", ["Il dit « non. »", "Puis il part."]),
        ("Knapp 3,6 Mio. Euro im Jahr. Das ist viel.", ["Knapp 3,6 Mio. Euro im Jahr.", "Das ist viel."]),
        ("Am 12. Februar kam es. Ab 2024. Danach nicht.", ["Am 12. Februar kam es.", "Ab 2024.", "Danach nicht."]),
        ("It cost approx. 3 million, i.e. USD 3.2 m. Fine.", ["It cost approx. 3 million, i.e. USD 3.2 m. Fine."]),
        ("Mr. Smith, z. B. Herr Dr. Braun, kam.", ["Mr. Smith, z. B. Herr Dr. Braun, kam."]),
        ("- one point\n- another. With more", ["- one point", "- another.", "With more"]),
        ("A paragraph.\n\nAnother one.", ["A paragraph.", "Another one."]),
        ("We won... then lost. Why?", ["We won... then lost.", "Why?"]),
        ("Schluss. Über alles. Éric vient.", ["Schluss.", "Über alles.", "Éric vient."]),
        ("It rose by 5%. 30 plants followed.", ["It rose by 5%.", "30 plants followed."]),
    ],
)
def test_sentences_end_where_they_end(text: str, sentences: list[str]) -> None:
    """Marks and lines end a sentence; abbreviations, initials and ordinals do not."""
    assert _sentences(text) == sentences


@given(st.text(alphabet="aB. \n!?„“\"'1é-"))
def test_nothing_is_lost_between_sentences(text: str) -> None:
    """Between the sentences there is nothing but white space, and they are in order."""
    spans = split_sentences(text)
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    assert edges == sorted(edges)
    assert not "".join(text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)).strip()


@given(st.text(alphabet="aB. \n!?"), st.integers(0, 60))
def test_as_many_whole_sentences_as_fit(text: str, most: int) -> None:
    """What is kept begins the text, ends with a sentence, fits, and one sentence more would not."""
    kept = first_sentences(text, lambda piece: len(piece) <= most)
    spans = split_sentences(text)
    start = spans[0][0] if spans else 0
    fitting = [text[start:end] for _, end in spans if end - start <= most]
    assert kept == (fitting[-1] if fitting else "")


def test_a_stretch_is_widened_to_its_sentences() -> None:
    """A stretch that begins or ends within a sentence takes that sentence whole."""
    text = "One two. Three four. Five six."
    start, end = widen_to_sentences(text, (12, 23))
    assert text[start:end] == "Three four. Five six."
    assert widen_to_sentences("   ", (0, 1)) == (0, 1)
