"""The languages of the pages: which is spoken, where the texts come from, and how days and durations are written."""

from __future__ import annotations

from datetime import date

import pytest

from api.portal.translations import (
    LANGUAGES,
    catalogue,
    choose_language,
    day_text,
    duration_text,
    language_name,
)
from tests.api.conftest import ANONYMOUS, MakeClient

PAGE = {"Accept": "text/html"}


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


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "cases", "/\n//x"])
def test_a_choice_leads_to_no_other_site(client: MakeClient, target: str) -> None:
    """Whatever the address says, one stays on this server."""
    answer = client(asker=ANONYMOUS).get("/language", params={"to": "de", "next": target}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_a_language_that_there_is_not_is_no_choice(client: MakeClient) -> None:
    """Only the languages of the pages can be chosen."""
    assert client(asker=ANONYMOUS).get("/language?to=xx", headers=PAGE).status_code == 404
