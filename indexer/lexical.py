"""Words: how a text becomes terms in its language, and BM25 over them. Owns tantivy.

Only items that every reader may see are in the Tantivy index, so that hidden ones leave no trace in
document frequencies and lengths. The few others are scored by the same formula with those statistics.
"""

from __future__ import annotations

import math
import re
import shutil
import tempfile
import unicodedata
import weakref
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from library.errors import IndexUnusableError, IndexWriteError

if TYPE_CHECKING:
    import tantivy

# Okapi BM25 with Lucene's constants and idf, as Tantivy computes it (Robertson & Zaragoza 2009, eq. 3.15).
K1 = 1.2
B = 0.75

TOO_LONG = 80  # bytes; what has as many is no word

_TEXT = "terms"
_ROW = "row"
_LANGUAGES = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ru": "russian",
    "sv": "swedish",
}
# Words that Tantivy's lists leave: forms of "to be", conjunctions, and what an apostrophe cuts off.
_FURTHER_STOP_WORDS_TEXT = """
    a afin ainsi alors aura aussi celle celles celui ceux comme donc dont déjà elles est jusqu jusque lorsqu lorsque ni
    où parce puisqu puisque quand quoi quoiqu si très ça été être
"""
_FURTHER_STOP_WORDS = {"fr": _FURTHER_STOP_WORDS_TEXT.split()}
# Tantivy's English list has 33 words, those of other languages hundreds. These too tell English; the index has them.
_TELLING_WORDS_TEXT = """
    about after against because been before being below between cannot could did does doing each few from further having
    here hers him his how however its itself might only other our ours out same she should since some than them though
    through too until very were what when where whether which while who whom whose why within without would you your
"""
_TELLING_WORDS = {"en": _TELLING_WORDS_TEXT.split()}
_SINGLE_LETTER = re.compile(r"\b\w\b")
_WRITER_HEAP = 64_000_000
# A character with the marks behind it; most marks stand in the first block.
_LETTER = re.compile(r"(?s:.)[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]*")
# Tantivy keeps a document's length in one byte, as Lucene does (SmallFloat.intToByte4): rounded down above 40.
_LENGTHS = (*range(32), *(24 + ((8 + n % 8) << (n // 8 - 1)) for n in range(8, 232)))


class Word(NamedTuple):
    """A term and the characters of the text that it came from: text[start:end].

    A tuple, since an answer makes some thousands of them.
    """

    term: str
    start: int
    end: int


def analyse(text: str, language: str) -> list[Word]:
    """Return a text's terms in order: lower case, no stop words, stemmed, accents folded last.

    An unknown language is neither stemmed nor freed of stop words. A letter whose accent is a character of its own is
    one letter; places are those of the text as it was given.
    """
    composed, spans = _compose(text)
    tokens = _analyser(language).pre_tokenize(composed).tokens
    words = [Word(token.text, token.char_offset_from, token.char_offset_to) for token in tokens]
    return words if spans is None else [_as_given(word, spans) for word in words]


def terms_of(text: str, language: str) -> list[str]:
    """Return the terms of `analyse` alone, which is faster."""
    return _analyser(language).analyze(_compose(text)[0])


def count_function_words(text: str, known: Sequence[str]) -> dict[str, int]:
    """Return how many function words of each language a text has; single letters, as in "T cell", are none."""
    text = _SINGLE_LETTER.sub(" ", _compose(text)[0])
    plain = len(_sieve("").analyze(text))
    return {name: plain - len(_sieve(name).analyze(text)) for name in known}


def function_words_of(text: str, known: Sequence[str]) -> list[set[str]]:
    """Return for each language the words of a text that are its function words, in lower case."""
    text = _compose(text)[0]
    words = set(_sieve("").analyze(text))
    return [words.difference(_sieve(name).analyze(text)) for name in known]


def build_lexical(folder: Path, items: Iterable[tuple[int, Sequence[str]]]) -> float:
    """Write an index of (row, terms) and return the average number of terms.

    Raises:
        IndexWriteError: the disk is full or cannot be written.
    """
    import tantivy

    lengths = []
    try:
        folder.mkdir()
        writer = tantivy.Index(_schema(), str(folder)).writer(_WRITER_HEAP, num_threads=1)
        for row, terms in items:
            document = tantivy.Document()
            document.add_text(_TEXT, " ".join(terms))
            document.add_unsigned(_ROW, row)
            writer.add_document(document)
            lengths.append(len(terms))
        writer.commit()
        writer.wait_merging_threads()
    except (ValueError, OSError, RuntimeError) as error:
        raise IndexWriteError(f"The lexical index cannot be written: {error}") from error
    return sum(lengths) / len(lengths) if lengths else 0.0


class LexicalIndex:
    """BM25 over the terms of open items, and by the same statistics over given others."""

    def __init__(self, index: tantivy.Index, average_length: float, links: Path) -> None:
        self._index = index
        self._searcher = index.searcher()
        self._average_length = average_length
        # The folder lives as long as the index that reads from it.
        self._remove_links = weakref.finalize(self, shutil.rmtree, links, ignore_errors=True)

    @classmethod
    def open(cls, folder: Path, average_length: float) -> LexicalIndex:
        """Open an index; raises IndexUnusableError if it is damaged."""
        import tantivy

        # Tantivy writes a lock file even to read, and a generation may lie where nothing can be written.
        links = Path(tempfile.mkdtemp(prefix="casebook-"))
        try:
            for file in folder.iterdir():
                if not file.name.endswith(".lock"):
                    _link(file, links / file.name)
            return cls(tantivy.Index.open(str(links)), average_length, links)
        except (ValueError, OSError) as error:
            shutil.rmtree(links, ignore_errors=True)
            raise IndexUnusableError(
                f"The lexical index in {folder} cannot be read: {error}", hint="Run `casebook index --full`."
            ) from error

    def close(self) -> None:
        """Let go of the index and its folder of links."""
        self._remove_links()

    def search(self, weights: Mapping[str, float], *, rows: Sequence[int] | None, limit: int) -> dict[int, float]:
        """Return the best rows with their scores; among `rows` alone, or all if None.

        `weights` gives each term's weight in the query.
        """
        import tantivy

        if not weights or limit < 1 or self._searcher.num_docs == 0 or (rows is not None and not rows):
            return {}
        schema = self._index.schema
        either = tantivy.Query.boolean_query(
            [
                (
                    tantivy.Occur.Should,
                    tantivy.Query.boost_query(tantivy.Query.term_query(schema, _TEXT, term, "freq"), weight),
                )
                for term, weight in weights.items()
            ]
        )
        query = either
        if rows is not None:
            among = tantivy.Query.const_score_query(tantivy.Query.term_set_query(schema, _ROW, list(rows)), 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, either), (tantivy.Occur.Must, among)])
        hits = self._searcher.search(query, limit, count=False).hits
        found = self._searcher.fast_field_values(_ROW, [address for _, address in hits])
        return {int(row): float(score) for row, (score, _) in zip(found, hits, strict=True) if row is not None}

    def score(self, weights: Mapping[str, float], terms: Sequence[str]) -> float:
        """Return the BM25 score of an item that is not in the index, by the index's statistics."""
        counts = Counter(terms)
        length = _LENGTHS[bisect_right(_LENGTHS, len(terms)) - 1]
        norm = K1 * (1 - B + B * length / self._average_length) if self._average_length else K1
        return sum(
            weight * self._idf(term) * counts[term] * (K1 + 1) / (counts[term] + norm)
            for term, weight in weights.items()
            if counts[term]
        )

    def knows(self, term: str) -> bool:
        """Whether any open item holds the term."""
        return self._searcher.doc_freq(_TEXT, term) > 0

    def ceiling(self, weights: Mapping[str, float]) -> float:
        """Return the score that an item with all these terms, over and over, would come near to."""
        return sum(weight * self._idf(term) * (K1 + 1) for term, weight in weights.items())

    def _idf(self, term: str) -> float:
        total, frequency = self._searcher.num_docs, self._searcher.doc_freq(_TEXT, term)
        return math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))


def _schema() -> tantivy.Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field(_TEXT, tokenizer_name="whitespace", index_option="freq")
    builder.add_unsigned_field(_ROW, indexed=True, fast=True)
    return builder.build()


@cache
def _analyser(language: str) -> tantivy.TextAnalyzer:
    """Return what makes terms of a text; regions of a language ("en-GB") are read alike."""
    from tantivy import Filter

    base = _base(language)
    builder = _without_stop_words(base)
    if base in _LANGUAGES:
        builder = builder.filter(Filter.stemmer(_LANGUAGES[base]))
    return builder.filter(Filter.ascii_fold()).build()


@cache
def _sieve(language: str) -> tantivy.TextAnalyzer:
    """Return what leaves the words of a text that have a meaning as they are, in lower case; stemming takes time."""
    from tantivy import Filter

    base = _base(language)
    return _without_stop_words(base).filter(Filter.custom_stopword(_TELLING_WORDS.get(base, []))).build()


def _without_stop_words(language: str) -> tantivy.TextAnalyzerBuilder:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(TOO_LONG)).filter(Filter.lowercase())
    if language in _LANGUAGES:
        builder = builder.filter(Filter.stopword(_LANGUAGES[language]))
        builder = builder.filter(Filter.custom_stopword(_FURTHER_STOP_WORDS.get(language, [])))
    return builder


def _base(language: str) -> str:
    return language.partition("-")[0].lower()


def _compose(text: str) -> tuple[str, list[tuple[int, int]] | None]:
    """Return a text with every letter and its accents as one character, and where each character comes from.

    The places are None if nothing changed.
    """
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text, None
    composed: list[str] = []
    spans: list[tuple[int, int]] = []
    for letter in _LETTER.finditer(text):
        character = unicodedata.normalize("NFC", letter[0])
        if len(character) == 1:
            composed.append(character)
            spans.append(letter.span())
        else:  # no one character has all these marks
            composed.append(letter[0])
            spans += [(place, place + 1) for place in range(*letter.span())]
    return "".join(composed), spans


def _as_given(word: Word, spans: Sequence[tuple[int, int]]) -> Word:
    return Word(word.term, spans[word.start][0], spans[word.end - 1][1])


def _link(source: Path, target: Path) -> None:
    try:
        target.symlink_to(source.resolve())
    except OSError:  # Windows without the right to make links
        target.write_bytes(source.read_bytes())
