"""search.understanding.focusing: of a long message the half that tells the problem is kept."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.glossing import reader
from indexer.lexical import terms_of
from search.engine import LocalEngine
from search.understanding.challenge import understand
from search.understanding.focusing import FEWEST_SENTENCES, LONG, focus, focuser, split_sentences
from tests.conftest import case_text, index_library, write_library

CASES = {
    "cases/price.md": case_text(title="Price", challenge="Central purchasing demands a price discount."),
    "cases/sponsor.md": case_text(title="Sponsor", challenge="The executive sponsor left the company."),
    "cases/plant.md": case_text(title="Plant", challenge="Three line stops angered the plant managers."),
}
PROBLEM = (
    "Central purchasing demands a price discount of five percent.",
    "The executive sponsor left the company in June.",
    "The plant managers suffered three line stops.",
)
TALK = (
    "My holidays in Portugal were wonderful and far too short.",
    "The children enjoyed swimming more than anything else.",
    "We ate grilled sardines nearly every evening there.",
)
FILLER = "Nothing else worth telling happened meanwhile, honestly."
# Problem and small talk in turn, between a greeting and a signature.
MAIL = "\n".join(
    [
        "Hello Anna,",
        *(f"{talk} {FILLER} {told}" for talk, told in zip(TALK, PROBLEM, strict=True)),
        "Kind regards,",
        "Tel. +49 711 55 55",
    ]
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    opened = index_library(write_library(tmp_path_factory.mktemp("focusing"), CASES))
    yield opened
    opened.close()


def _rows(engine: LocalEngine) -> list[int]:
    return [record.row for record in engine.records()]


def test_a_long_mail_keeps_its_problem_in_order(engine: LocalEngine) -> None:
    """The sentences nearest to what the cases tell remain, as they stood; small talk and formalities go."""
    assert len(MAIL) > LONG
    focused = focus(MAIL, engine, _rows(engine)).splitlines()
    assert [sentence for sentence in focused if sentence in PROBLEM] == list(PROBLEM)
    assert not {"Hello Anna,", "Kind regards,", "Tel. +49 711 55 55"} & set(focused)


@pytest.mark.parametrize("text", ["", "price", "Hello Anna,\n" + "Price. " * 30, "x" * LONG])
def test_a_short_text_stays_whole(engine: LocalEngine, text: str) -> None:
    """A short message has little to drop, be it a greeting."""
    assert focus(text, engine, _rows(engine)) == text


def test_few_sentences_stay_whole(engine: LocalEngine) -> None:
    """A long text of few sentences, or of one endless line, is not cut."""
    few = "Hello Anna,\n" + " ".join(["Central purchasing demands " + "very " * 40 + "much."] * (FEWEST_SENTENCES - 1))
    for text in (few, "price " * 400, "x" * 5_000, "\n" * 600 + "a price", "---\n***\n12 34 56\n" * 60):
        assert focus(text, engine, _rows(engine)) == text


def test_without_cases_the_text_stays_whole(engine: LocalEngine) -> None:
    """Where no case may be answered with, nothing tells what matters."""
    assert focus(MAIL, engine, []) == MAIL


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(data=st.data())
def test_half_of_the_sentences_is_kept_in_order(engine: LocalEngine, data: st.DataObject) -> None:
    """Whatever the text, what remains is half of its sentences, in their order, the same each time, never nothing."""
    sentence = st.sampled_from([*PROBLEM, *TALK, "Hello Anna,", "- - - -", "1 2 3 4", "And it is so."])
    text = data.draw(st.lists(sentence, min_size=1, max_size=40).map("\n".join))
    rows = data.draw(st.lists(st.sampled_from(_rows(engine)), unique=True))
    focused = focus(text, engine, rows)
    assert focused == focus(text, engine, rows)
    assert focused.strip()
    sentences = split_sentences(text)
    if focused != text:
        kept = focused.split("\n")
        assert len(kept) == round(len(sentences) / 2)
        left = iter(sentences)
        assert all(one in left for one in kept), "in order"


def test_the_order_of_rows_does_not_matter(engine: LocalEngine) -> None:
    """The same cases give the same focus."""
    rows = _rows(engine)
    shuffled = random.Random(1).sample(rows, len(rows))
    assert focus(MAIL, engine, shuffled) == focus(MAIL, engine, rows)


def test_hidden_cases_do_not_change_what_is_kept(tmp_path: Path, engine: LocalEngine) -> None:
    """Only what the asker may be answered with decides: a case about holidays that he may not see keeps no holidays."""
    hidden = case_text(title="Holidays", challenge=" ".join(TALK), classification="restricted", more="owner: someone\n")
    other = index_library(write_library(tmp_path, {**CASES, "cases/aa-hidden.md": hidden}))
    seen = [record.row for record in other.records() if record.id != "aa-hidden"]
    assert len(_rows(other)) == len(seen) + 1
    assert focus(MAIL, other, seen) == focus(MAIL, engine, _rows(engine))
    assert focus(MAIL, other, _rows(other)) != focus(MAIL, other, seen), "seen, it would"
    other.close()


def test_a_sentence_is_near_as_the_model_reads_it(engine: LocalEngine) -> None:
    """What is compared is the sentence as it is read, what is kept is the sentence itself."""
    text = "\n".join(one for pair in zip(TALK, PROBLEM, strict=True) for one in pair) * 2
    text = text.replace(PROBLEM[-1] + TALK[0], PROBLEM[-1] + "\n" + TALK[0])
    swapped = dict(zip(PROBLEM + TALK, TALK + PROBLEM, strict=True))
    assert focus(text, engine, _rows(engine)).splitlines() == [*PROBLEM, *PROBLEM]
    assert focus(text, engine, _rows(engine), read=swapped.__getitem__).splitlines() == [*TALK, *TALK]
    assert focuser(engine, _rows(engine))(text, swapped.__getitem__).splitlines() == [*TALK, *TALK]


def test_a_german_mail_keeps_what_its_gloss_tells(engine: LocalEngine) -> None:
    """A mail in another language than the cases is focused by its gloss."""
    told = ("Der Zentraleinkauf fordert einen Preisnachlass.", "Das Unternehmen steht ohne Sponsor da.")
    talk = ("Die Sardinen schmeckten köstlich dieses Mal.", "Meine Enkelinnen schwammen fröhlich umher.")
    text = "\n".join((talk[0], told[0], talk[1], told[1]) * 4)
    assert len(text) > LONG
    assert focus(text, engine, _rows(engine), read=reader("de", ("en",))).splitlines() == list(told) * 4


def test_an_understood_mail_is_searched_with_by_what_was_kept(engine: LocalEngine) -> None:
    """Words that were dropped are not searched with; the challenge keeps its whole text."""
    kept = focus(MAIL, engine, _rows(engine))
    challenge = understand(MAIL, engine.encoder, focused=focuser(engine, _rows(engine)))
    assert challenge.text == MAIL
    assert "\n".join(challenge.aspects) == kept
    assert set(challenge.term_weights) == set(terms_of(kept, "en")) < set(terms_of(MAIL, "en"))


# Formalities.


@pytest.mark.parametrize(
    "line",
    [
        "Hi Joost, hi Kasia,",
        "Hello all",
        "Dear Mr. and Mrs. Smith,",
        "Good morning both,",
        "Sehr geehrte Damen und Herren,",
        "Sehr geehrter Herr Dr. Müller,",
        "Liebe Kollegen,",
        "Moin!",
        "Bonjour à tous,",
        "Cher Monsieur Durand,",
        "Chère Solène,",
        "From: Anna Meier",
        "Von: Anna Meier",
        "Gesendet: Montag",
        "Kind regards / Pozdrawiam",
        "Best, Anna of Nordmed",
        "Thanks a lot for your time",
        "Mit freundlichen Grüßen",
        "Viele Grüße aus Köln",
        "Merci d'avance pour votre aide",
        "Cordialement, Jean Petit",
        "Tel. +49 711 55 55 55",
        "tel 055 501 33",
        "Mobile: (055) 501 33",
        "Sent from my telephone today",
        "Von meinem iPhone gesendet",
        "hi anna,",
        "Morning all,",
        "Hello Dr. Meier-Schulze and team!",
        "Subject: RE: Hello",
        "LG Anna",
        "Danke für deine Hilfe, Anna",
        "Thanks in advance!",
    ],
)
def test_lines_that_greet_sign_or_forward_are_dropped(line: str) -> None:
    """Formalities in three languages are no sentences."""
    assert split_sentences(f"{line}\nThe price is too high.") == ["The price is too high."]


@pytest.mark.parametrize(
    "line",
    [
        "to cut the price by five percent or they leave",
        "from January on they want consignment stock",
        "Von den drei Werken stehen zwei still",
        "An der neuen Linie wird nur gestritten",
        "De nos trois usines deux sont fermées",
        "à Lyon rien ne va plus depuis mars",
        "Re-tendering of the contract is due",
        "Date of renewal is not agreed",
        "Mobile cranes are what they buy",
        "best practice for a joint scorecard",
        "Thanks to a competitor we lost the site",
        "Hi, the customer wants five percent off the list price",
        "Liebe auf den ersten Blick war diese Ausschreibung nicht",
        "Dear colleagues, our CPO left",
        "Dear Anna, Nordmed wants a rebate",
        "Thanks for asking, we lost the tender",
        "Thanks, but they still want five percent",
        "Danke der Nachfrage, wir haben die Ausschreibung verloren",
        "Merci de ta question, le client part",
        "Morning shift downtime",
        "Morning shift downtime has doubled since the new line,",
        "LG wants consignment stock in Wroclaw",
        "Best price wins there",
        "Cheers went up when they cut our price",
        "Mobile 2 plants are down again",
        "Von meinem Kunden kam die Kündigung",
        "Sent back half of the pallets",
    ],
)
def test_what_tells_something_is_no_formality(line: str) -> None:
    """Lines that were wrapped by hand, or go on behind a greeting or thanks, tell the problem."""
    assert split_sentences(line) == [line]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Subject: Price cut of five percent or we leave", "Price cut of five percent or we leave"),
        ("Subject: Price cut", "Price cut"),
        ("FW: RE: Notes of the meeting", "Notes of the meeting"),
        ("Betreff: WG: AW: Rahmenvertrag gekündigt", "Rahmenvertrag gekündigt"),
        ("Objet : bilan du mois", "bilan du mois"),
    ],
)
def test_a_subject_is_kept_without_its_label(line: str, expected: str) -> None:
    """What a mail is about often stands in its subject alone."""
    assert split_sentences(line) == [expected]


@pytest.mark.parametrize(
    "text", ["thanks " + " " * 19_000 + "x", "Hi " + "A " * 9_000, "re: " * 5_000 + "x", "Tel 1" + " 1" * 9_000]
)
def test_an_endless_line_is_no_formality(text: str) -> None:
    """Whatever is pasted comes to an end: a formality is short."""
    assert len(split_sentences(text)) <= 1


@pytest.mark.parametrize("text", ["", "\n\n", "Yes. No. Not now.", "- - - -\n1 2 3 4\n*** *** ***", "Hi Anna,\nThx"])
def test_scraps_are_no_sentences(text: str) -> None:
    """Two words, signs and bare figures tell no problem."""
    assert split_sentences(text) == []


def test_sentences_end_at_stops_and_lines() -> None:
    """A sentence is what stands between full stops, colons, semicolons or line breaks."""
    text = "We lost the tender! Was it the price? They say: it was not\nPlant two is still ours; for now at least."
    assert split_sentences(text) == [
        "We lost the tender!",
        "Was it the price?",
        "it was not",
        "Plant two is still ours;",
        "for now at least.",
    ]
