"""Glossing: the shipped glossaries are sound, and a text is read word by word into English."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import glossing
from indexer.glossing import GLOSSED, Glossary, count_known_words, glossary, glossary_hash, reader
from indexer.lexical import terms_of
from library.codes import fold_name
from tests.test_layers import ROOT

_LANGUAGES = pytest.mark.parametrize("language", GLOSSED)
# Words of both languages, names, signs, and what people paste: apostrophes, hyphens, accents in two parts.
_PIECES = [
    "Einkauf",
    "Rahmenvertrag",
    "verhandlung",
    "vertrag",
    "s",
    "n",
    "er",
    "fördern",
    "der",
    "und",
    "appel",
    "d'offres",
    "l’usine",
    "mise",
    "en",
    "service",
    "aujourd'hui",
    "Nordmed",
    "CO2",
    "B2B",
    "10.000,50",
    "12:30",
    "%",
    "(",
    ")",
    "-",
    "‑",
    "–",
    "ß",
    "ẞ",
    "ﬁ",
    "½",
    "̈",
    "\xad",
    "客户",
    "\n",
]
_TEXTS = st.lists(st.sampled_from(_PIECES) | st.text(max_size=8), max_size=25).map(" ".join) | st.text(max_size=80)


def _glossary(language: str) -> Glossary:
    found = glossary(language)
    assert found is not None
    return found


def _lines(language: str) -> list[str]:
    """Return the lines of a glossary's file behind its header."""
    text = (ROOT / f"library/data/glossary_{language}.csv").read_bytes().decode()
    header, *lines = text.removesuffix("\n").split("\n")
    assert header == "term;english"
    return lines


# The files.


@_LANGUAGES
def test_a_glossary_has_a_term_and_its_readings_in_every_line(language: str) -> None:
    """A line is `term;reading, reading`: nothing empty, nothing at the edges, nothing that cannot be seen."""
    for line in _lines(language):
        term, english = line.split(";")
        assert all(part and part == part.strip() for part in (term, *english.split(", "))), line
        assert line.isprintable(), line
        assert term == term.lower(), line
        assert not any(word.isdigit() for word in terms_of(term, "")[:1]), "a figure is no word: it stays one"


@_LANGUAGES
def test_a_glossary_is_sorted_and_names_each_term_once(language: str) -> None:
    """A change shows in one line, and no line silently displaces another."""
    terms = [line.split(";")[0] for line in _lines(language)]
    assert len(set(terms)) == len(terms)
    assert terms == sorted(terms, key=lambda term: (fold_name(term), term)) or terms == sorted(terms)


@_LANGUAGES
def test_a_glossary_is_large_enough_to_read_business_prose(language: str) -> None:
    """Thousands of terms, each read into plain letters of English."""
    readings = _glossary(language).readings
    assert len(readings) > 4_000
    assert all(reading.isascii() for several in readings.values() for reading in several)


@_LANGUAGES
def test_every_term_is_read_as_its_file_says(language: str) -> None:
    """No term of a glossary is out of reach, hidden by another one or cut apart."""
    found = _glossary(language)
    for term, readings in found.readings.items():
        assert terms_of(found.gloss(term), "en") == terms_of(readings[0], "en"), term


@pytest.mark.parametrize(
    ("language", "found"), [("de", True), ("de-CH", True), ("FR", True), ("en", False), ("", False)]
)
def test_languages_with_a_glossary(language: str, found: bool) -> None:  # noqa: FBT001
    """German and French are glossed, wherever they are spoken; English needs it not."""
    assert (glossary(language) is not None) is found


def test_the_hash_stands_for_all_glossaries() -> None:
    """What was glossed is known by one SHA-256, the same at every call."""
    assert glossary_hash() == glossary_hash()
    assert len(glossary_hash()) == 64


# Words, compounds and phrases.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kunden", "customer"),
        ("des Vertrages", "contract"),
        ("KUNDE", "customer"),
        ("Zentraleinkauf", "central purchasing"),
        ("Rahmenvertragsverhandlungen", "framework agreement negotiation"),
        ("Lieferantenkonsolidierung", "supplier consolidation"),
        ("Kostensenkungsprogramm", "cost reduction programme"),
        ("Energie-Einsparung", "energy saving"),
        ("Preis- und Vertragsverhandlungen", "price negotiations contract negotiation"),
        ("Ein- und Verkauf", "purchasing sale"),
        ("Preis- oder Mengenrabatte", "price discount volume discount"),
        ("Vertriebs-, Einkaufs- und Logistikleiter", "head of sales, head of purchasing head of logistics"),
        ("Be-/Entladung", "load / unload"),
        ("X- und Y-Achsen", "X Y-Achsen"),
        ("der Kunde und die Preise", "customer price"),
        ("fordern", "demand"),
        ("fördern", "promote"),
        ("wir fördern Sie", "promote"),
        ("Sie fordern es", "demand"),
        ("Er fordert und fördert", "demand promote"),
        ("Sie forderte, förderte und forderten", "demand, promote demand"),
        ("abgeklärt und eingefordert", "clarify demand"),
        ("der gekürzte Rabatt", "cut discount"),
        ("CO2-Fußabdruck", "carbon footprint"),
        ("B2B, Q3 und ISO9001", "B2B, Q3 ISO9001"),
        ("SAP-Schnittstelle von Nordmed", "SAP interface Nordmed"),
        ("Nordmed-Einkauf", "Nordmed purchasing"),
        ("11 Werke in DACH", "11 plant DACH"),
        ("ein Dach", "roof"),
        ("10.000,50 € (5 %) bis 12:30", "10.000,50 € (5 %) 12:30"),
        ("24-Stunden-Service", "24 hour service"),
        ("Ku\u0308hlung", "cooling"),
        ("Lieferanten\u00adkonsolidierung", "supplier consolidation"),
        ("Zentral\u2011Einkauf", "central purchasing"),
        ("die und der", ""),
        ("", ""),
        (" \n", ""),
    ],
)
def test_german_is_read(text: str, expected: str) -> None:
    """Inflected words and compounds are read, exact spelling before the stem, names and figures stay."""
    assert _glossary("de").gloss(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("les acheteurs", "buyer"),
        ("appel d'offres", "tender"),
        ("Nous répondons aux appels d’offres", "tender"),
        ("la mise en service de l'usine", "commissioning plant"),
        ("direction générale", "top management"),
        ("La direction, générale", "management, general"),
        ("contrats-cadres", "framework agreement"),
        ("contrat cadre", "framework agreement"),
        ("L’énergie qu'exige l'atelier", "energy demanding workshop"),
        ("aujourd’hui", "today"),
        ("d'occasion", "second-hand"),
        ("Ils demandent 5 % de remise", "demand 5 % discount"),
        ("e\u0301nergie", "energy"),
        ("1 usine", "1 plant"),
        ("Durand de Nordmed", "Durand Nordmed"),
        ("le de la", ""),
    ],
)
def test_french_is_read(text: str, expected: str) -> None:
    """Phrases are read as one, elisions and typographic apostrophes hide no word, no phrase crosses a comma."""
    assert _glossary("fr").gloss(text) == expected


def test_a_capital_tells_what_is_a_name() -> None:
    """Of unknown words those with a capital stay, the others go; where all is in small letters nothing can be told."""
    found = _glossary("de")
    assert found.gloss("Der Kunde Blafasel quaselt mit Quux") == "customer Blafasel Quux"
    assert found.gloss("der kunde blafasel quaselt mit quux") == "customer blafasel quaselt quux"


def test_english_words_amid_german_stay() -> None:
    """What a German mail says in English need not be read, and is not dropped."""
    assert _glossary("de").gloss("Der Kunde will kein pricing ohne savings") == "customer wants no pricing savings"


@pytest.mark.parametrize(
    "word",
    [
        "rahmenvertrag" * 12 + "zzzzq",
        "vertrag" * 3_000,
        "x" * 20_000,
        "-".join(["qqqq"] * 4_000),
    ],
)
def test_an_endless_word_is_no_compound(word: str) -> None:
    """Whatever is pasted comes to an end: a word is not taken apart in all the ways there are."""
    assert reader("de", ("en",))(word) == word


def test_a_huge_text_is_read_to_its_end() -> None:
    """Each word is read where it stands, however many there are."""
    assert _glossary("de").gloss("Der Kunde. " * 5_000) == " ".join(["customer."] * 5_000)


@_LANGUAGES
@given(text=_TEXTS)
def test_glossing_never_fails(language: str, text: str) -> None:
    """Any text has one gloss, and a reader never makes nothing of something."""
    found = _glossary(language)
    assert found.gloss(text) == found.gloss(text)
    assert bool(reader(language, ("en",))(text)) is bool(text)


@_LANGUAGES
@given(text=st.text(st.sampled_from("0123456789 ,.%€QXZ"), max_size=40))
def test_figures_and_unknown_capitals_are_kept(language: str, text: str) -> None:
    """No figure and no abbreviation that the glossary does not know is lost."""
    kept = [word for word in terms_of(text, "") if not _glossary(language).knows(word)]
    glossed = terms_of(_glossary(language).gloss(text), "")
    assert [word for word in kept if word.isdigit()] == [word for word in glossed if word.isdigit()]


# Who needs it.


@pytest.mark.parametrize(
    ("language", "known"),
    [("de", ()), ("de", ("en", "de")), ("de-AT", ("de", "en")), ("en", ("en",)), ("pl", ("en",)), ("de", ("fr",))],
)
def test_nothing_is_glossed_without_need(language: str, known: tuple[str, ...]) -> None:
    """A model for any language, for this one or without English reads as is, and so is what has no glossary."""
    assert reader(language, known) is str


@pytest.mark.parametrize("language", ["de", "de-CH", "DE"])
def test_a_model_of_english_reads_a_gloss(language: str) -> None:
    """German is glossed for a model that knows English alone; function words alone stay what they are."""
    read = reader(language, ("en",))
    assert read("Der Zentraleinkauf") == "central purchasing"
    assert read("Der und die") == "Der und die"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("price pressure procurement", {"en": 3, "de": 0, "fr": 0}),
        ("Preisdruck Zentraleinkauf Xyzzy", {"en": 0, "de": 2, "fr": 0}),
        ("l'acheteur négociation", {"en": 0, "de": 0, "fr": 2}),
        ("The has", {"en": 0, "de": 0, "fr": 0}),
        ("123 % --", {"en": 0, "de": 0, "fr": 0}),
        ("", {"en": 0, "de": 0, "fr": 0}),
    ],
)
def test_known_words_are_counted_in_each_language(text: str, expected: dict[str, int]) -> None:
    """A word counts for the language whose glossary has it, or for English if glossaries explain with it."""
    assert count_known_words(text, ("en", "de", "fr")) == expected


# Stems.


@_LANGUAGES
def test_every_word_is_found_by_its_stem_among_words_that_begin_alike(language: str) -> None:
    """No stemmer touches how a word begins, so only words that begin alike have to be stemmed."""
    found = _glossary(language)
    keys = [key for term in found.readings if " " not in term and (key := found._key(term))]
    assert [found._by_stem(key) for key in keys] == [found._stems[key] for key in keys]


def test_no_word_of_a_text_is_kept() -> None:
    """What a user typed is confidential: once a text is read, no cache of the process holds a word of it."""
    found = glossary("de")
    assert found is not None
    found.gloss("Der Zentraleinkauf von Nordmed droht mit Kündigung")
    assert glossing._stem.cache_info().currsize == 0
    count_known_words("Nordmed Zentraleinkauf", ("de", "en"))
    assert glossing._stem.cache_info().currsize == 0
