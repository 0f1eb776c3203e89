"""Words and BM25: one analyser per language, statistics of open items alone, the same score for closed ones."""

from __future__ import annotations

import gc
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.lexical import LexicalIndex, analyse, build_lexical, count_function_words, terms_of
from library.errors import IndexUnusableError, IndexWriteError

_TERMS = [f"t{n}" for n in range(8)]
_DOCUMENTS = st.lists(st.lists(st.sampled_from(_TERMS), max_size=12), min_size=1, max_size=8)
_FEW = settings(max_examples=20, deadline=None)  # each example builds an index on disk


def _open(folder: Path, items: Sequence[tuple[int, Sequence[str]]]) -> LexicalIndex:
    return LexicalIndex.open(folder, build_lexical(folder, items))


def _search(index: LexicalIndex, weights: Mapping[str, float], rows: Sequence[int] | None = None) -> dict[int, float]:
    return index.search(weights, rows=rows, limit=100)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("The Customers are asking", "en", ["custom", "ask"]),
        ("Die Kunden fragen nach Präsenz", "de", ["kund", "frag", "prasenz"]),
        ("Les clients demandent à l'usine", "fr", ["client", "demandent", "usin"]),
        (
            "Il a été dit qu'elles sont là lorsqu’ils sont partis, ça est très clair",
            "fr",
            ["dit", "la", "part", "clair"],
        ),
        ("re\u0301fe\u0301rencement U\u0308bergro\u0308\u00dfe", "fr", ["referenc", "ubergross"]),
        ("Die Kunden", "de-CH", ["kund"]),
        ("The customers", "xx", ["the", "customers"]),
        ("OTIF 98.5% CO2", "en", ["otif", "98", "5", "co2"]),
        ("", "en", []),
        ("?!  ...", "en", []),
    ],
    ids=[
        "en",
        "de",
        "fr",
        "small French words",
        "accents apart",
        "regional tag",
        "unknown language",
        "figures",
        "empty",
        "no word",
    ],
)
def test_terms_are_folded_in_their_language(text: str, language: str, expected: list[str]) -> None:
    """Lower case, no stop words, stemmed, accents folded last; an unknown language keeps its words."""
    assert terms_of(text, language) == expected


@given(text=st.text(max_size=80), language=st.sampled_from(["en", "de", "fr", "fr-CH", "pl", ""]))
def test_words_stand_where_they_were_found(text: str, language: str) -> None:
    """Offsets are characters of the text, in order and apart, and the terms are those of the faster call."""
    words = analyse(text, language)
    assert [word.term for word in words] == terms_of(text, language)
    ends = [0, *(word.end for word in words)]
    for word, previous_end in zip(words, ends, strict=False):
        assert previous_end <= word.start < word.end <= len(text)
        assert text[word.start : word.end].strip() == text[word.start : word.end]


@given(text=st.text(alphabet="eoua n'q.-\u0301\u0308\u0327\u0345\u00e9\u0958\u1100\u1161", max_size=30))
def test_words_with_accents_apart_stand_where_they_were_found(text: str) -> None:
    """An accent that is a character of its own changes no term, and the places are those of the text as given."""
    words = analyse(text, "fr")
    assert [word.term for word in words] == terms_of(text, "fr")
    assert all(a.end <= b.start for a, b in pairwise(words))
    assert all(terms_of(text[word.start : word.end], "") for word in words)


def test_an_accent_of_its_own_is_highlighted_with_its_letter() -> None:
    """A text that was typed on one system and read on another has the same words at its own places."""
    text = unicodedata.normalize("NFD", "Un référencement raté")
    assert [text[word.start : word.end] for word in analyse(text, "fr")] == text.split()[1:]
    assert terms_of(text, "fr") == terms_of(unicodedata.normalize("NFC", text), "fr")


@given(text=st.text(max_size=80), language=st.sampled_from(["en", "de", "fr", ""]))
def test_a_term_is_one_word(text: str, language: str) -> None:
    """Terms are stored apart by spaces, so none is empty and none holds a space."""
    for term in terms_of(text, language):
        assert term.split() == [term]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What did the others do with this customer?", "en"),
        ("central purchasing questions our price lists after two plants were merged", "en"),
        ("Was haben die anderen mit diesem Kunden gemacht?", "de"),
        ("Qu'est-ce que les autres ont fait avec ce client ?", "fr"),
    ],
)
def test_a_sentence_has_most_function_words_of_its_language(text: str, language: str) -> None:
    """The language of a sentence shows in its function words."""
    counts = count_function_words(text, ("en", "de", "fr"))
    assert counts[language] == max(counts.values())
    assert list(counts.values()).count(counts[language]) == 1


def test_what_tells_english_is_a_term_all_the_same() -> None:
    """Words that only tell the language stay in the index, and stand in no list of another language."""
    for word in ("our", "after", "were", "which"):
        assert terms_of(word, "en"), word
    others = ["da", "de", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ru", "sv"]
    assert set(count_function_words("our after were which from between because", others).values()) == {0}


@pytest.mark.parametrize("text", ["", "price pressure procurement", "T c d l n", "MDA5 T cell"])
def test_keywords_and_single_letters_are_no_function_words(text: str) -> None:
    """Nothing is read out of keywords, nor of letters that are French only with an apostrophe behind them."""
    assert set(count_function_words(text, ("en", "de", "fr")).values()) == {0}


@_FEW
@given(
    documents=_DOCUMENTS, closed=st.lists(st.sampled_from(_TERMS), max_size=12), query=st.sets(st.sampled_from(_TERMS))
)
def test_a_closed_item_scores_as_if_it_were_open(
    tmp_path_factory: pytest.TempPathFactory, documents: list[list[str]], closed: list[str], query: set[str]
) -> None:
    """BM25 by hand equals what Tantivy gives the same document by the same statistics."""
    weights = {term: 1.0 + n for n, term in enumerate(sorted(query))}
    index = _open(tmp_path_factory.mktemp("index") / "lexical", [*enumerate(documents), (99, closed)])
    given_by_tantivy = _search(index, weights).get(99, 0.0)
    assert index.score(weights, closed) == pytest.approx(given_by_tantivy, rel=1e-5)
    index.close()


def test_a_long_closed_item_scores_as_if_it_were_open(tmp_path: Path) -> None:
    """Tantivy rounds the length of a document above 40 terms, and so does the score by hand."""
    lengths = [*range(1, 120), 500, 1_234, 9_999, 100_000]
    documents = [["t1", *["filler"] * (length - 1)] for length in lengths]
    index = _open(tmp_path / "lexical", list(enumerate(documents)))
    by_hand = {row: index.score({"t1": 1.0}, terms) for row, terms in enumerate(documents)}
    assert by_hand == pytest.approx(index.search({"t1": 1.0}, rows=None, limit=200), rel=1e-5)
    index.close()


def test_statistics_do_not_know_closed_items(tmp_path: Path) -> None:
    """An item's score depends on the open items alone, however many closed ones are scored beside them."""
    open_items = [(0, ["price", "tender"]), (1, ["price"]), (2, ["plant"])]
    index = _open(tmp_path / "lexical", open_items)
    before = _search(index, {"price": 1.0})
    for _ in range(5):
        assert index.score({"price": 1.0}, ["price", "price", "secret"]) > 0
    assert _search(index, {"price": 1.0}) == before
    assert index.score({"secret": 1.0}, ["secret"]) > index.score({"price": 1.0}, ["price"]), "unseen, so rarest"
    assert not index.knows("secret")
    assert index.knows("price")
    index.close()


@_FEW
@given(documents=_DOCUMENTS, rows=st.sets(st.integers(0, 9)), query=st.sets(st.sampled_from(_TERMS)))
def test_searching_among_rows_filters_and_keeps_scores(
    tmp_path_factory: pytest.TempPathFactory, documents: list[list[str]], rows: set[int], query: set[str]
) -> None:
    """Exactly the eligible rows that hold a term come back, each with the score that it has among all."""
    weights = dict.fromkeys(sorted(query), 1.0)
    index = _open(tmp_path_factory.mktemp("index") / "lexical", list(enumerate(documents)))
    everything = _search(index, weights)
    assert everything.keys() == {row for row, terms in enumerate(documents) if query & set(terms)}
    among = _search(index, weights, sorted(rows))
    assert among == pytest.approx({row: score for row, score in everything.items() if row in rows}, rel=1e-5)
    index.close()


def test_the_best_come_first_within_the_limit(tmp_path: Path) -> None:
    """A limit keeps the highest scores."""
    index = _open(tmp_path / "lexical", [(0, ["a", "b", "b"]), (1, ["a"]), (2, ["a", "b"])])
    assert list(index.search({"a": 1.0}, rows=None, limit=2)) == [1, 2]
    assert index.search({"a": 1.0}, rows=None, limit=0) == {}
    index.close()


def test_a_heavier_term_counts_for_more(tmp_path: Path) -> None:
    """A term's score is its weight times its BM25."""
    index = _open(tmp_path / "lexical", [(0, ["a", "x"]), (1, ["b", "x"])])
    single = _search(index, {"a": 1.0})[0]
    assert _search(index, {"a": 3.0, "b": 1.0}) == pytest.approx({0: 3 * single, 1: single}, rel=1e-5)
    index.close()


def test_an_index_without_documents_answers(tmp_path: Path) -> None:
    """A library whose items are all closed has an empty lexical index, and still scores them."""
    index = _open(tmp_path / "lexical", [])
    assert _search(index, {"a": 1.0}) == {}
    assert index.score({"a": 1.0}, ["a"]) > 0
    assert index.score({"a": 1.0}, ["b"]) == 0
    index.close()


@settings(max_examples=8, deadline=None)
@given(documents=_DOCUMENTS, query=st.dictionaries(st.sampled_from(_TERMS), st.floats(0.1, 5), min_size=1))
def test_no_item_scores_above_the_ceiling(
    tmp_path_factory: pytest.TempPathFactory, documents: list[list[str]], query: dict[str, float]
) -> None:
    """The ceiling of a query is what no item reaches, however often it repeats every term."""
    index = _open(tmp_path_factory.mktemp("index") / "lexical", list(enumerate(documents)))
    ceiling = index.ceiling(query)
    assert max(_search(index, query).values(), default=0.0) < ceiling
    assert index.score(query, [*query] * 50) < ceiling
    index.close()


def test_an_item_of_all_terms_over_and_over_comes_near_the_ceiling(tmp_path: Path) -> None:
    """The ceiling is no higher than it has to be, and grows with each term's weight and rarity."""
    index = _open(tmp_path / "lexical", [(n, ["x"] * 40) for n in range(20)] + [(99, ["rare", "x"])])
    repeated = ["rare", "x"] * 20
    weights = {"rare": 1.0, "x": 2.0}
    assert index.score(weights, repeated) > 0.9 * index.ceiling(weights)
    assert index.ceiling({"rare": 2.0}) == pytest.approx(2 * index.ceiling({"rare": 1.0}))
    assert index.ceiling({"rare": 1.0}) > index.ceiling({"x": 1.0}) > 0
    assert index.ceiling({}) == 0
    index.close()


def test_opening_writes_nothing_beside_the_index(tmp_path: Path) -> None:
    """A generation may lie where nothing can be written."""
    folder = tmp_path / "lexical"
    index = _open(folder, [(0, ["a"])])
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    other = LexicalIndex.open(folder, 1.0)
    assert _search(other, {"a": 1.0}) == _search(index, {"a": 1.0})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    index.close()
    other.close()


def test_an_index_that_nobody_closed_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of links goes with its index, without a warning."""
    build_lexical(tmp_path / "lexical", [(0, ["a"])])
    links = tmp_path / "links"
    links.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(links))
    index = LexicalIndex.open(tmp_path / "lexical", 1.0)
    assert len(list(links.iterdir())) == 1
    del index
    gc.collect()
    assert list(links.iterdir()) == []


@pytest.mark.parametrize("damage", ["missing", "meta", "segment"])
def test_a_damaged_index_is_told(tmp_path: Path, damage: str) -> None:
    """What cannot be read is our error with a remedy, not a traceback of the library's."""
    folder = tmp_path / "lexical"
    build_lexical(folder, [(0, ["a"])])
    match damage:
        case "missing":
            folder = tmp_path / "elsewhere"
        case "meta":
            (folder / "meta.json").write_text("{")
        case "segment":
            next(folder.glob("*.term")).unlink()
    with pytest.raises(IndexUnusableError, match="cannot be read") as caught:
        LexicalIndex.open(folder, 1.0).search({"a": 1.0}, rows=None, limit=5)
    assert "casebook index --full" in caught.value.hint


def test_an_index_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A place that cannot be written is our error, which says that the published index stays."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(IndexWriteError, match="lexical"):
        build_lexical(tmp_path / "file" / "lexical", [(0, ["a"])])
