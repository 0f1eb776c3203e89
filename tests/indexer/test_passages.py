"""Passages: no text is lost, each fits the model, and each knows where it comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.glossing import glossary, reader
from indexer.passages import SUMMARY, TARGET_LENGTH, Passage, split_document, split_text
from library.documents import Document, DocumentSection, SectionKind
from library.items import BusinessCase, Competency, Item

# Words, every kind of boundary, and what is not ASCII: a Korean syllable is three pieces to some models.
_TEXTS = st.text(st.sampled_from("ab ab ab.,;!?\n\n\t é한ﷺ🙂\u2028\u0301") | st.characters(), max_size=300)
_LIMITS = st.integers(min_value=1, max_value=40)


def _count_bytes(text: str) -> int:
    """Count like a model that reads bytes, with a special piece at either end."""
    return len(text.encode(errors="surrogatepass")) + 2


def _count_words(text: str) -> int:
    return len(text.split()) + 2


def _squeeze(text: str) -> str:
    return "".join(text.split())


def _document(sections: Sequence[DocumentSection], item: Item | None = None) -> Document:
    case = item or BusinessCase(id="a", title="A title", summary="In short.")
    assert isinstance(case, BusinessCase | Competency)
    return Document("cases/a.md", case, tuple(sections))


@given(text=_TEXTS, target=_LIMITS, limit=_LIMITS)
def test_pieces_joined_are_the_text(text: str, target: int, limit: int) -> None:
    """Splitting loses, adds and moves no character."""
    pieces = list(split_text(text, target=target, fits=lambda piece: _count_bytes(piece) <= limit))
    assert "".join(pieces) == text
    assert all(pieces)


@given(text=_TEXTS, target=_LIMITS, limit=_LIMITS)
def test_pieces_fit_or_are_one_character(text: str, target: int, limit: int) -> None:
    """A piece is within the target and fits, unless it cannot be cut any further."""
    for piece in split_text(text, target=target, fits=lambda piece: _count_bytes(piece) <= limit):
        assert len(piece) == 1 or (len(piece) <= target and _count_bytes(piece) <= limit)


def test_a_text_that_fits_stays_whole() -> None:
    """Nothing is cut without need."""
    assert list(split_text("One. Two.\n\nThree.", target=17, fits=lambda _: True)) == ["One. Two.\n\nThree."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aaaa bbbb. cc\n\ndddd eeee, ffff", "aaaa bbbb. cc\n\n"),
        ("aaaa bbbb. cc\ndddd eeee, ffff", "aaaa bbbb. cc\n"),
        ("aaaa, bbbb cc. dddd eeee, ffff", "aaaa, bbbb cc. "),
        ("aaaa bbbb cccc, dddd eeee ffff", "aaaa bbbb cccc, "),
        ("aaaa bbbb cccc dddd eeee ffff g", "aaaa bbbb cccc "),
        ("abcdefghijklmnopqrstuvwxyz0123", "abcdefghijklmno"),
    ],
    ids=["paragraph", "line", "sentence", "clause", "word", "none"],
)
def test_a_cut_takes_the_best_boundary_near_the_middle(text: str, expected: str) -> None:
    """Paragraphs are cut before lines, lines before sentences, then clauses, words and at last anywhere."""
    assert next(split_text(text, target=25, fits=lambda _: True)) == expected


def test_a_long_text_is_cut_without_recursion() -> None:
    """Two megabytes below one heading are cut like any other text."""
    text = "word " * 400_000
    pieces = list(split_text(text, target=TARGET_LENGTH, fits=lambda _: True))
    assert "".join(pieces) == text
    assert len(pieces) > 2_000


@given(
    texts=st.lists(_TEXTS, max_size=4),
    title=st.text(min_size=1, max_size=60).filter(str.strip),
    heading=st.text(max_size=60),
    max_tokens=st.integers(min_value=12, max_value=60),
)
def test_passages_hold_all_text_of_all_sections(texts: list[str], title: str, heading: str, max_tokens: int) -> None:
    """Whatever stands in summary and sections stands in passages, in the same order."""
    sections = [DocumentSection(None, (heading,), n, text) for n, text in enumerate(texts)]
    document = _document(sections, BusinessCase(id="a", title=title, summary="In short."))
    passages = split_document(document, max_tokens=max_tokens, count_tokens=_count_bytes)
    shown = "".join(passage.text for passage in passages)
    assert _squeeze(shown) == _squeeze("In short." + "".join(texts))
    for passage in passages:
        assert passage.embedded.endswith(passage.text)


@pytest.mark.parametrize("count_tokens", [_count_bytes, _count_words], ids=["bytes", "words"])
@settings(max_examples=60)
@given(data=st.data())
def test_passages_fit_the_model(count_tokens: object, data: st.DataObject) -> None:
    """What the model reads is within its limit, unless a single character is beyond it."""
    count = _count_bytes if count_tokens is _count_bytes else _count_words
    text = data.draw(st.text(st.sampled_from("ab é한🙂.\n"), max_size=2_000))
    title = data.draw(st.text(st.sampled_from("ab é한🙂"), min_size=1, max_size=200).filter(str.strip))
    max_tokens = data.draw(st.integers(min_value=20, max_value=120))
    document = _document([DocumentSection(None, ("Ünïcode",), 1, text)], BusinessCase(id="a", title=title))
    for passage in split_document(document, max_tokens=max_tokens, count_tokens=count):
        assert count(passage.embedded) <= max_tokens


_GERMAN_WORDS = (
    "Kunde",
    "Zentraleinkauf",
    "Betriebsrat",
    "und",
    "der",
    "EU",
    "CT",
    "Xyz-Preis",
    ".",
    ", ",
    "\n\n",
    "한",
)
_GERMAN = st.lists(st.sampled_from(_GERMAN_WORDS), max_size=150).map(" ".join)


@settings(max_examples=60)
@given(
    text=_GERMAN, title=_GERMAN.filter(str.strip), heading=_GERMAN, max_tokens=st.integers(min_value=30, max_value=120)
)
def test_glossed_passages_fit_and_lose_nothing(text: str, title: str, heading: str, max_tokens: int) -> None:
    """A gloss may be longer than its text: what the model reads fits all the same, and all text is shown."""
    found = glossary("de")
    assert found is not None
    document = _document([DocumentSection(None, (heading,), 1, text)], BusinessCase(id="a", title=title))
    passages = split_document(document, max_tokens=max_tokens, count_tokens=_count_bytes, read=reader("de", ("en",)))
    assert _squeeze("".join(passage.text for passage in passages)) == _squeeze(text)
    for passage in passages:
        assert _count_bytes(passage.embedded) <= max_tokens
        assert passage.embedded.endswith(found.gloss(passage.text) or passage.text)


def test_a_glossed_passage_is_shown_as_it_was_written() -> None:
    """Title, headings and text are glossed for the model; the reader is shown his own language."""
    section = DocumentSection(SectionKind.CHALLENGE, ("Preisdruck",), 9, "Der Zentraleinkauf fordert Rabatt.")
    document = _document([section], BusinessCase(id="a", title="Rahmenvertrag", language="de"))
    passages = split_document(document, max_tokens=50, count_tokens=_count_words, read=reader("de", ("en",)))
    assert passages == (
        Passage(
            "challenge",
            ("Preisdruck",),
            "Der Zentraleinkauf fordert Rabatt.",
            "framework agreement > price pressure\ncentral purchasing demand discount.",
        ),
    )


def test_a_character_of_several_pieces_is_counted() -> None:
    """A short text is not taken to be few pieces: one Korean syllable can be three of them."""
    document = _document([DocumentSection(None, (), 1, "한" * 60)], BusinessCase(id="a", title="T"))
    passages = split_document(document, max_tokens=64, count_tokens=_count_bytes)
    assert max(_count_bytes(passage.embedded) for passage in passages) <= 64
    assert "".join(passage.text for passage in passages) == "한" * 60


def test_a_passage_knows_title_headings_and_kind() -> None:
    """The model reads title and heading path in front of the text; the reader is shown the text alone."""
    section = DocumentSection(SectionKind.CHALLENGE, ("Challenge", "Price"), 9, "They ask for 5 %.")
    document = _document([section], BusinessCase(id="a", title="A brewer", summary="In short."))
    assert split_document(document, max_tokens=50, count_tokens=_count_words) == (
        Passage(SUMMARY, (), "In short.", "A brewer\nIn short."),
        Passage(
            "challenge", ("Challenge", "Price"), "They ask for 5 %.", "A brewer > Challenge > Price\nThey ask for 5 %."
        ),
    )


def test_a_long_header_leaves_room_for_the_text() -> None:
    """Title and headings take at most two fifths of what the model reads."""
    title = "word " * 100
    section = DocumentSection(None, ("heading " * 50,), 1, "text " * 30)
    document = _document([section], BusinessCase(id="a", title=title))
    passages = split_document(document, max_tokens=50, count_tokens=_count_words)
    assert len(passages) == 1
    assert passages[0].embedded.startswith("word word")
    assert _count_words(passages[0].embedded.split("\n")[0]) <= 20


def test_a_header_without_a_place_to_cut_is_dropped() -> None:
    """A title that is one endless word does not displace the text."""
    document = _document([DocumentSection(None, (), 1, "text")], BusinessCase(id="a", title="x" * 500))
    passages = split_document(document, max_tokens=50, count_tokens=_count_bytes)
    assert [passage.embedded for passage in passages] == ["text"]


def test_front_matter_is_never_embedded_raw() -> None:
    """Neither codes nor owners nor any other field but title and summary reach the model."""
    item = BusinessCase(
        id="secret-id",
        title="T",
        summary="S",
        owner="owner-x",
        customer="customer-x",
        keywords=("keyword-x",),
        account_key="crm-x",
    )
    passages = split_document(_document([], item), max_tokens=50, count_tokens=_count_words)
    assert [passage.embedded for passage in passages] == ["T\nS"]


def test_a_concept_is_found_by_its_names_and_definition() -> None:
    """A concept's first passage holds its other names in English and its own language, and what it means."""
    item = Competency(
        id="c",
        title="Valoriser",
        language="fr",
        summary="Résumé.",
        labels={"en": "Quantify value", "fr": "Valoriser"},
        alt_labels={"en": ("ROI",), "fr": ("retour",), "de": ("Nutzen",)},
        definition={"en": "To put a figure on it."},
    )
    passages = split_document(_document([], item), max_tokens=50, count_tokens=_count_words)
    assert [passage.text for passage in passages] == ["ROI, retour\nTo put a figure on it.\nRésumé."]


def test_passages_are_not_much_longer_than_what_did_best() -> None:
    """A long section becomes several passages of about even length, at most the target."""
    text = " ".join(f"This is sentence number {n} of a long section." for n in range(100))
    document = _document([DocumentSection(None, (), 1, text)], BusinessCase(id="a", title="T"))
    passages = split_document(document, max_tokens=10_000, count_tokens=_count_words)
    lengths = [len(passage.text) for passage in passages]
    assert max(lengths) <= TARGET_LENGTH
    assert min(lengths) >= TARGET_LENGTH // 3
    assert all(re.fullmatch(r"This.*\.", passage.text) for passage in passages), "cut between sentences"
