"""search.understanding.languages: what a text is written in, and how much of it is understood."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.default_model import place_default_model
from indexer.encoder import Encoder, open_encoder
from library.access import Asker
from search.answering.assembling import similar_cases
from search.understanding.challenge import one_piece
from search.understanding.languages import Comprehension, comprehend, comprehend_declared, tell_languages
from tests.conftest import FakeEncoder, case_text, index_library, write_library
from tests.test_layers import ROOT

# Words that a model of English has whole.
VOCABULARY = frozenset({"client", "contract", "price", "central", "plan", "total", "delivery", "quality", "cancelled"})


def _comprehend(text: str, *known: str) -> Comprehension:
    return comprehend(
        text, written_in=("en", "de", "fr"), known=known or ("en",), in_vocabulary=VOCABULARY.__contains__
    )


@pytest.mark.parametrize(
    ("text", "written_in", "expected"),
    [
        ("The customer wants us to cut the price", {"en", "de"}, ("en",)),
        ("Unser Kunde will die Preise senken", {"en"}, ("de",)),
        ("Le client veut que nous baissions les prix", {"en"}, ("fr",)),
        ("price pressure procurement", {"en"}, ("en",)),
        ("price pressure procurement", {"de", "fr"}, ("en",)),
        ("Preisdruck Zentraleinkauf Verpackung", {"en"}, ("de",)),
        ("baisse des prix fournisseurs", {"en"}, ("fr",)),
        ("exec sponsor left", {"en", "de"}, ("en",)),
        ("price die casting supplier", {"en", "de"}, ("en",)),
        ("IL-10 T cell price supplier", {"en", "fr"}, ("en",)),
        ("The PRR MDA5 has a central domain", {"en", "de", "fr"}, ("en",)),
        ("die price", {"en", "de"}, ("de",)),
        ("Nordmed Xyzzy", {"en", "de"}, ("en", "de")),
        ("Nordmed Xyzzy", {"pl"}, ("en", "de", "fr")),
        ("Nordmed Xyzzy", set(), ("en", "de", "fr")),
        ("", {"en"}, ("en",)),
        ("Der Kunde will den Preis senken, FYI: the board meets", {"en"}, ("de",)),
        ("We lost the deal because of the Zentraleinkauf and the Vorstand", {"de"}, ("en",)),
    ],
)
def test_language_is_told_by_stop_words(text: str, written_in: set[str], expected: tuple[str, ...]) -> None:
    """Sentences tell their language, keywords by what is known of them; else it is that of the items."""
    assert tell_languages(text, written_in) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("El cliente quiere que bajemos los precios y no sabemos por qué lo hace con nosotros", "es"),
        ("Il cliente vuole che abbassiamo i prezzi e non sappiamo perché lo fa con noi della ditta", "it"),
        ("De klant wil dat wij de prijzen verlagen en wij weten niet waarom hij dat van ons wil", "nl"),
    ],
)
def test_a_language_without_glossary_is_told(text: str, expected: str) -> None:
    """Sentences in a language that is neither English nor glossed are taken for none of these."""
    assert tell_languages(text, {"en", "de", "fr"}) == (expected,)


# For a model that knows English alone.


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("Nasz największy klient chce rozwiązać umowę, bo dostawy są ciągle opóźnione", ("und",)),
        ("opoznienia dostaw, klient grozi kara umowna", ("und",)),
        ("Müşteri yüzde on indirim istiyor", ("und",)),
        ("Zákazník požaduje slevu deset procent", ("und",)),
        ("Cel mai mare client vrea să rezilieze contractul, livrările sunt mereu întârziate", ("ro",)),
        ("contrato marco descuento proveedor", ("es",)),
        ("El cliente exige un descuento del diez por ciento", ("es",)),
        ("Onze grootste klant wil het contract opzeggen omdat de leveringen te laat zijn", ("nl",)),
        ("Asiakas vaatii kymmenen prosentin alennusta", ("und",)),
        ("KLIENT ŻĄDA OBNIŻKI CENY O DZIESIĘĆ PROCENT", ("und",)),
        ("Клиент требует скидку десять процентов", ("und",)),
        ("Клієнт вимагає знижку десять відсотків, договір з SAP", ("und",)),
        ("客户要求降价百分之十", ("und",)),
        ("顧客が10パーセントの値引きを要求している", ("und",)),
        ("العميل يطالب بخصم عشرة بالمئة", ("und",)),
        ("고객이 10퍼센트 할인을 요구합니다", ("und",)),
    ],
)
def test_other_languages_are_strange(text: str, languages: tuple[str, ...]) -> None:
    """Letters, stop words and unknown words each show that nobody reads a text, with or without its accents."""
    found = _comprehend(text)
    assert found.is_strange
    assert found.languages == languages
    assert found.understood <= 0.5


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("de klant wil korting", "nl"),
        ("De klant eist een korting van tien procent", "nl"),
        ("onze inkoper wil minder leveranciers", "nl"),
        ("kunden vill ha rabatt", "sv"),
        ("leveranserna är sena", "sv"),
        ("ramavtal rabatt leverantör", "sv"),
        ("novo diretor de compras quer baixar o preço", "pt"),
        ("perdemos o contato no cliente", "pt"),
        ("noul director vrea un preț mai mic", "ro"),
        ("clientul vrea reducere", "ro"),
        ("hem perdut el contacte amb el client", "ca"),
        ("el client vol menys proveïdors", "ca"),
        ("kunden truer, leveransene er for sene", "no"),
        ("consegne in ritardo", "it"),
    ],
)
def test_short_texts_give_their_language_away(text: str, language: str) -> None:
    """A few words are no stop words of English, German or French, and so show what these alone would hide."""
    found = _comprehend(text)
    assert found.is_strange
    assert found.languages == (language,)


@pytest.mark.parametrize(
    "text",
    [
        "the supplier Het Anker wants a discount",
        "kunde will rabatt, vgl. mail von voor (NL)",
        "prix trop haut, cf. uma",
        "price uma",
        "rabatt het",
    ],
)
def test_one_word_gives_nothing_away(text: str) -> None:
    """A name or a slip among words that are understood is no other language."""
    assert not _comprehend(text).is_strange


@pytest.mark.parametrize(
    "text",
    [
        "They want to cancel the contract because of late deliveries",
        "price",
        "SLA OTIF KPI",
        "QBR",
        "Nordmed Xyzzy",
        "Petrobras Odebrecht Braskem Suzano",
        "Ratiopharm Boehringer Ingelheim Merck Novartis GSK",
        "Łódź warehouse late deliveries for Żabka and Orlen",
        "The customer 华为 wants a discount",
        "crm pasword reset",
        "cust. mtg cancelled agn",
        "incumbant lost rebid",
        "jalapeño price",
        "Preisdruck",
        "Zentraleinkauf droht mit Delisting",
        "kd will nachlass sonst wechsel",
        "Schrauben C-Teile Kanban Regal",
        "Wie kriegen wir den Fuß in die Tür beim CFO?",
        "baisse prix",
        "j'ai plus de contact chez le client",
        "résil. contrat, fournisseur concurrent - 12%",
        "re\u0301sil. contrat, pre\u0301avis",
    ],
)
def test_known_languages_are_not_strange(text: str) -> None:
    """Short, full of names, abbreviations, typing errors or foreign places: none of it is another language."""
    assert not _comprehend(text).is_strange


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("Der Kunde will einen Rabatt und droht mit der Kündigung", ("de",), False),
        ("Der Kunde will einen Rabatt und droht mit der Kündigung", ("fr",), True),
        ("They want to cancel the contract because of late deliveries", ("de",), True),
        ("Nasz klient chce rozwiązać umowę, bo dostawy są opóźnione", ("de",), True),
        ("Nasz klient chce rozwiązać umowę, bo dostawy są opóźnione", ("en", "pl"), False),
        ("El cliente exige un descuento del diez por ciento", ("en", "pl"), True),
        ("Клиент требует скидку", ("en", "ru"), False),
        ("El cliente exige un descuento del diez por ciento", ("es",), False),
    ],
)
def test_a_model_knows_what_it_says_it_knows(text: str, known: tuple[str, ...], expected: bool) -> None:  # noqa: FBT001
    """What is strange depends on the model; of one that knows further languages only stop words tell."""
    assert _comprehend(text, *known).is_strange is expected


def test_a_model_for_any_language_finds_none_strange() -> None:
    """A model that names no languages is taken to know them all."""
    found = comprehend("Клиент требует скидку", written_in=(), known=(), in_vocabulary=VOCABULARY.__contains__)
    assert (found.is_strange, found.understood) == (False, 1)


@given(text=st.text(max_size=60), known=st.sampled_from([(), ("en",), ("de",), ("en", "pl")]))
def test_a_share_is_understood_of_any_text(text: str, known: tuple[str, ...]) -> None:
    """Whatever is pasted has a language, and from none to all of it is understood."""
    found = comprehend(text, written_in=("en",), known=known, in_vocabulary=VOCABULARY.__contains__)
    assert found.languages
    assert 0 <= found.understood <= 1
    assert known or not found.is_strange


@pytest.mark.parametrize(
    ("text", "language", "known", "expected"),
    [
        ("Klient chce", "pl", ("en",), Comprehension(("pl",), 1.0, is_strange=True)),
        ("Клиент хочет", "ru-RU", ("en",), Comprehension(("ru",), 0.0, is_strange=True)),
        ("Klient chce", "pl", (), Comprehension(("pl",))),
        ("Der Kunde", "de-CH", ("en",), Comprehension(("de",))),
        ("The customer", "en", ("en",), Comprehension(("en",))),
    ],
)
def test_a_declared_language_is_believed(
    text: str, language: str, known: tuple[str, ...], expected: Comprehension
) -> None:
    """A case says what it is written in; only its letters are looked at."""
    assert comprehend_declared(text, language, known) == expected


def test_a_case_in_a_strange_language_has_no_firmly_similar_one(tmp_path: Path) -> None:
    """What is like a case is told by vectors too, and of a language that the model does not know they say little."""
    encoder = FakeEncoder()
    encoder.config = replace(encoder.config, languages=("en",))
    texts = {"es": "Las compras exigen un descuento.", "en": "Purchasing demands a discount."}
    files = {
        f"cases/{language}-{n}.md": case_text(title=f"{language} {n}", challenge=text, language=language)
        for language, text in texts.items()
        for n in range(2)
    }
    engine = index_library(write_library(tmp_path, files), encoder)
    answers = {language: similar_cases(engine, f"{language}-0", asker=Asker()) for language in texts}
    assert (answers["en"].verdict, answers["es"].verdict) == ("strong", "possible")
    assert "language" in answers["es"].verdict_text
    assert answers["es"].languages == ("es",)
    engine.close()


@pytest.fixture(scope="module")
def default_encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    folder = tmp_path_factory.mktemp("default") / "model"
    folder.mkdir()
    place_default_model(folder)
    return open_encoder(folder)


def test_no_judged_challenge_is_strange_to_the_default_model(default_encoder: Encoder) -> None:
    """English, German and French as account managers type them, typing errors and all, are what the search is for."""
    lines = (ROOT / "tests" / "relevance" / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    assert [text for text in texts if _comprehend_by(default_encoder, text).is_strange] == []


@pytest.mark.parametrize(
    "text",
    [
        "Nasz największy klient chce rozwiązać umowę, bo dostawy są ciągle opóźnione.",
        "En büyük müşterimiz teslimatlar sürekli geciktiği için sözleşmeyi feshetmek istiyor.",
        "Il cliente pretende uno sconto del dieci per cento",
        "Vår största kund vill säga upp avtalet eftersom leveranserna alltid är försenade.",
    ],
)
def test_near_languages_are_strange_to_the_default_model(default_encoder: Encoder, text: str) -> None:
    """Its vocabulary has words of other languages too, but not most of a sentence."""
    assert _comprehend_by(default_encoder, text).is_strange


def _comprehend_by(encoder: Encoder, text: str) -> Comprehension:
    return comprehend(
        text,
        written_in=("en", "de", "fr"),
        known=encoder.config.languages,
        in_vocabulary=one_piece(encoder),
    )
