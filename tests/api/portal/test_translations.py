"""The languages of the pages: which is spoken, where the texts come from, and how days and durations are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from api.portal.translations import (
    DOMAIN,
    LANGUAGES,
    LOCALES,
    catalogue,
    choose_language,
    day_text,
    duration_text,
    language_name,
)
from tests.api.conftest import ANONYMOUS, MakeClient
from tests.test_layers import ROOT

PAGE = {"Accept": "text/html"}
_Text = str | tuple[str, ...]  # a text, or its singular and plural
TRANSLATED = [language for language in LANGUAGES if language != "en"]
_PLACEHOLDER = re.compile(r"%(?:\(\w+\)\w|.)")
# What French sets off with a space, which may not become the end of a line.
_LOOSE = re.compile(r"[^\u00a0\u202f][;?!»]|[^\u00a0]:|«[^\u00a0]")


@pytest.mark.parametrize(
    ("chosen", "accepted", "spoken"),
    [
        ("", "", "en"),
        ("", "de-CH, en;q=0.5", "de"),
        ("", "nl, fr;q=0.4, de;q=0.6", "de"),
        ("", "es, it", "en"),
        ("", "*", "en"),
        ("", "de;q=0, fr;q=0.1", "fr"),
        ("fr", "de", "fr"),
        ("xx", "de", "de"),
        ("", "de;q=oops, ,;;", "en"),
    ],
)
def test_the_chosen_language_comes_first_then_the_browsers(chosen: str, accepted: str, spoken: str) -> None:
    """What a visitor chose counts, then what the browser likes best of the languages that there are."""
    assert choose_language(chosen, accepted) == spoken


def test_the_librarys_language_is_spoken_where_the_visitor_has_none_of_these() -> None:
    """A library in German greets a visitor from elsewhere in German."""
    assert choose_language("", "es", otherwise="de-AT") == "de"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_the_pages_is_translated(language: str) -> None:
    """No text of a template or of Python is missing from a catalogue, empty or doubtful, and none is left over."""
    kept = _kept(language)
    assert kept.keys() == _texts()
    assert [entry.id for entry in kept.values() if entry.fuzzy or not all(_forms(entry.string))] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_its_texts_placeholders(language: str) -> None:
    """Each of its plural forms names just the values that the text gives it, and there are as many as needed."""
    for key, entry in _kept(language).items():
        given = [_placeholders(form) for form in _forms(key)]
        assert {*map(tuple, map(_placeholders, _forms(entry.string)))} == {tuple(given[-1])}, entry.id
        assert len(_forms(entry.string)) == (2 if len(given) > 1 else 1), entry.id


def test_french_punctuation_stays_with_its_words() -> None:
    """Before a tall mark and inside quotation marks stands a space that no line breaks at."""
    texts = [form for entry in _kept("fr").values() for form in _forms(entry.string)]
    assert [text for text in texts if _LOOSE.search(text)] == []


def test_plurals_follow_the_languages_own_rule() -> None:
    """French counts nought as one, German and English as many."""
    gap = ("%(count)s gap", "%(count)s gaps")
    assert [catalogue(language).ungettext(*gap, 0) for language in LANGUAGES] == [
        "%(count)s gaps",
        "%(count)s Lücken",
        "%(count)s manque",
    ]


def test_days_and_durations_are_written_as_the_language_does() -> None:
    """A day never leaves open which number is the month; an unknown duration stays as it is."""
    assert [day_text(date(2026, 8, 7), language) for language in LANGUAGES] == [
        "7 Aug 2026",
        "07.08.2026",
        "7 août 2026",
    ]
    assert day_text("2026-08-07", "en") == "7 Aug 2026"
    assert duration_text("PT1H30M", "en") == "1 hr 30 min"
    assert duration_text("some weeks", "en") == "some weeks"


def test_a_language_is_named_with_its_country() -> None:
    """Swiss French is told from French; a tag that nobody knows stays."""
    assert language_name("fr", "de") == "Französisch"
    assert language_name("fr-CH", "en") == "French (Switzerland)"
    assert language_name("zz-9", "en") == "zz-9"


def test_a_choice_is_kept_and_leads_back_to_the_page(client: MakeClient) -> None:
    """Choosing a language sets a cookie that no script reads, and shows the same page again."""
    api = client(asker=ANONYMOUS)
    answer = api.get("/language?to=de&next=/cases?region=DE", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases?region=DE")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert '<html lang="de">' in api.get("/", headers={**PAGE, "Accept-Language": "fr"}).text


def test_another_sites_page_chooses_no_language(client: MakeClient) -> None:
    """A picture or a link elsewhere that has the address of a choice changes nothing for who visits that page."""
    for site in ("cross-site", "same-site"):
        answer = client(asker=ANONYMOUS).get(
            "/language?to=de&next=/cases", headers={"Sec-Fetch-Site": site}, follow_redirects=False
        )
        assert answer.headers["location"] == "/cases"
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "cases", "/\n//x"])
def test_a_choice_leads_to_no_other_site(client: MakeClient, target: str) -> None:
    """Whatever the address says, one stays on this server."""
    answer = client(asker=ANONYMOUS).get("/language", params={"to": "de", "next": target}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_a_language_that_there_is_not_is_no_choice(client: MakeClient) -> None:
    """Only the languages of the pages can be chosen."""
    assert client(asker=ANONYMOUS).get("/language?to=xx", headers=PAGE).status_code == 404


@cache
def _texts() -> frozenset[_Text]:
    """Return what the portal, checks and refusals say, found as `make messages` finds it."""
    with (LOCALES / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    keywords = {**DEFAULT_KEYWORDS, "Message": None}
    found = [
        message
        for folder in (LOCALES.parent, ROOT / "curation", ROOT / "library")
        for _name, _line, message, _comments, _context in extract_from_dir(folder, methods, options, keywords)
    ]
    return frozenset(found)


@cache
def _kept(language: str) -> dict[_Text, Message]:
    """Return a catalogue's entries by their text."""
    with (LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        catalog: Catalog = read_po(file, locale=language, domain=DOMAIN)
    return {_one(entry.id): entry for entry in catalog if entry.id}


def _one(text: Iterable[str]) -> _Text:
    return text if isinstance(text, str) else tuple(text)


def _forms(text: Iterable[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _placeholders(text: str) -> list[str]:
    return sorted(_PLACEHOLDER.findall(text))
