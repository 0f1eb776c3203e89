"""Browsing: lists, a page for each thing, A to Z, the map and coverage, as far as the visitor sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from api.portal.listing import PAGE as CASES_ON_A_PAGE
from api.portal.routes import browse
from tests.api.conftest import ANONYMOUS, HIDDEN_WORDS, LIBRARY, RED, MakeClient
from tests.api.portal.portal_forms import PAGE, token_for
from tests.api.portal.portal_site import serve_library
from tests.conftest import case_text, concept_text

LISTS = (
    "/cases",
    "/notes",
    "/competencies",
    "/enablers",
    "/challenge-types",
    "/learning",
    "/industries",
    "/offerings",
    "/a-z",
    "/map",
    "/coverage",
)
CHECK = """\
## What it is

Something.

## Do we have this?

- Is there a *corridor*?
- Does anybody
  know it?

If not, begin there.

## Afterwards

More.
"""


LEARNING = (
    "---\ntitle: Learning to negotiate\nsummary: A course.\nstatus: approved\nclassification: internal\n"
    "last_verified: 2026-06-30\nlearning_resource_type: course\nteaches: [negotiation]\ntime_required: PT90M\n"
    "url: https://example.org/course\n---\n\n## Text\n\nText.\n"
)
FILES = {
    **LIBRARY,
    "kb/learning/course.md": LEARNING,
    "kb/enablers/self-check.md": concept_text("Self check").partition("\n## About")[0] + "\n" + CHECK,
    "cases/secret-offer.md": case_text(
        title="Nightingale", classification="confidential", industry="Secretindustry", more="offerings: [Falcon]\n"
    ),
    "cases/offer-a.md": case_text(title="Offer A", more="offerings: [Chiller Service, Öl/Gas]\n", industry="11"),
    "cases/offer-b.md": case_text(title="Offer B", more="offerings: [chiller service]\n", industry="My own, 1/2"),
    **{f"cases/more-{n:02}.md": case_text(title=f"More {n:02}") for n in range(CASES_ON_A_PAGE)},
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeClient]:
    """The library, with offerings, learning, a self-check, and more cases than a page holds."""
    with serve_library(tmp_path_factory.mktemp("browse"), FILES) as make:
        yield make


@pytest.fixture(scope="module")
def browser(client: MakeClient) -> TestClient:
    """A visitor who sees what is open to all."""
    return client(asker=ANONYMOUS)


def shown(browser: TestClient, path: str, status: int = 200) -> str:
    """Return a page."""
    answer = browser.get(path, headers=PAGE)
    assert answer.status_code == status, path
    return unescape(answer.text)


def test_pages_tell_nothing_of_what_is_hidden(browser: TestClient) -> None:
    """No list, map, count or page that they link to; nor is anything inline."""
    seen = set()
    for path in LISTS:
        page = shown(browser, path)
        seen |= set(re.findall(r'href="(/[a-z-]+/[^"]+)"', page))
        assert not re.search(r"\sstyle=|<style|<script(?! src=)|\son[a-z]+=", page)
    for path in sorted(seen):
        if not path.startswith(("/static", "/language")):
            page = shown(browser, path.split("#")[0])
            assert not [word for word in (*HIDDEN_WORDS, "Secretindustry") if word in page], path


def test_a_visitor_sees_what_his_groups_open(client: MakeClient) -> None:
    """The same pages hold more for a member of the group."""
    assert "/cases/hidden-case" in shown(client(asker=RED), "/a-z")
    assert "/cases/hidden-case" in shown(client(asker=RED), "/map")


@pytest.mark.parametrize(
    "path",
    [
        "/enablers/secret-tool",
        "/enablers/nothing",
        "/enablers/negotiation",
        "/competencies/secret-tool",
        "/challenge-types/x",
        "/learning/x",
        "/notes/x",
        "/industries/Secretindustry",
        "/industries/999",
        "/offerings/falcon",
        "/offerings/x",
    ],
)
def test_hidden_and_missing_things_have_no_page(browser: TestClient, path: str) -> None:
    """Nor do those of another type."""
    assert "Casebook" in shown(browser, path, 404)


def test_cases_are_counted_by_facet(browser: TestClient) -> None:
    """Every value's number is how many cases the list has once it is chosen."""
    page = shown(browser, "/cases")
    entries = re.findall(r'name="([a-z-]+)" value="([^"]*)" id="f-.*?<span class="tally">(\d+)</span>', page, re.DOTALL)
    assert {facet for facet, *_ in entries} >= {"industry", "outcome", "region", "language", "challenge-type"}
    for facet, value, count in entries:
        told = re.search(r"<h1[^>]*>(\d+) cases?", shown(browser, f"/cases?{facet}={value}"))
        assert told
        assert told[1] == count, (facet, value)


def test_filters_of_the_list_can_be_lifted(browser: TestClient) -> None:
    """Each has a link that leads to the list without it; a list without cases says so."""
    page = shown(browser, "/cases?industry=86&outcome=success&sort=title")
    assert 'href="/cases?outcome=success&sort=title"' in page
    assert 'href="/cases?industry=86&sort=title"' in page
    assert "No case passes" in shown(browser, "/cases?industry=86&outcome=partial")
    assert shown(browser, "/cases?industry=nonsense", 422)


def test_the_list_has_pages(browser: TestClient) -> None:
    """Each case is on just one of them; a page beyond the last is the last."""
    first, second = shown(browser, "/cases?sort=title"), shown(browser, "/cases?sort=title&page=2")
    found = [set(re.findall(r'class="line-title"><a href="/cases/([^"]+)"', page)) for page in (first, second)]
    assert len(found[0]) == CASES_ON_A_PAGE
    assert found[1]
    assert not found[0] & found[1]
    assert 'rel="next"' in first
    assert 'rel="prev"' in second
    for beyond in ("99", "0", "-1", "x", "9" * 40):
        assert shown(browser, f"/cases?sort=title&page={beyond}")
    assert "/cases/sponsor-case" in first + second


def test_a_competency_shows_who_took_and_who_teaches_it(browser: TestClient) -> None:
    """Cases of narrower ones are its own, and the tree leads down and up."""
    page = shown(browser, "/competencies/negotiation")
    for path in ("/cases/price-case", "/cases/sponsor-case", "/learning/course", "/competencies/account-planning"):
        assert f'href="{path}"' in page
    assert "2 cases" in page
    assert "/competencies/negotiation" in shown(browser, "/competencies/account-planning")
    learning = shown(browser, "/learning/course")
    assert "/competencies/negotiation" in learning
    assert 'href="https://example.org/course"' in learning


def test_an_enabler_asks_whether_we_have_it(browser: TestClient) -> None:
    """Its page's own questions, once, can be ticked; what is ticked is counted."""
    page = shown(browser, "/enablers/self-check")
    assert page.count("Is there a corridor?") == 1
    assert page.count("Do we have this?") == 1
    assert "If not, begin there." in page
    assert "More." in page
    assert "Yes to" not in page
    assert "Yes to 1 of 2." in shown(browser, "/enablers/self-check?checked=1&yes=1&yes=7&yes=x")
    assert "Do we have this?" not in shown(browser, "/enablers/price-corridor")


def test_a_kind_of_challenge_leads_to_its_cases(browser: TestClient) -> None:
    """Only those that the visitor sees are counted."""
    page = shown(browser, "/challenge-types/price-pressure")
    assert "2 cases" in page
    assert "/cases/german-case" in page


def test_industries_go_from_sections_down(browser: TestClient) -> None:
    """A section counts its divisions; what stands in no list has a page too."""
    assert "/industries/C" in shown(browser, "/industries")
    section = shown(browser, "/industries/C")
    assert "/industries/11" in section
    assert "/cases/offer-a" in section
    assert "/industries/C" in shown(browser, "/industries/11")
    assert "/cases/offer-b" in shown(browser, "/industries/My%20own%2C%201/2")


def test_offerings_are_one_however_they_are_spelt(browser: TestClient) -> None:
    """Case and marks make no difference."""
    page = shown(browser, "/offerings/chiller-service")
    assert "/cases/offer-a" in page
    assert "/cases/offer-b" in page
    assert "/offerings/ol-gas" in shown(browser, "/offerings")
    assert "/cases/offer-a" in shown(browser, "/offerings/ol-gas")


def test_a_to_z_lists_everything_by_its_letter(browser: TestClient) -> None:
    """Items of all types, approved ones alone."""
    page = shown(browser, "/a-z")
    assert "/enablers/price-corridor" in page
    assert "/learning/course" in page
    assert "draft-case" not in page


def test_a_large_library_shows_one_letter(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are links; one that is none is the first."""
    monkeypatch.setattr(browse, "_MOST_ON_A_PAGE", 5)
    page = shown(browser, "/a-z?letter=M")
    assert "/cases/more-00" in page
    assert "/cases/sponsor-case" not in page
    assert 'href="/a-z?letter=T"' in page
    assert shown(browser, "/a-z?letter=nothing")


def test_coverage_counts_the_cases(browser: TestClient) -> None:
    """Each cell is the number of cases that its link lists."""
    page = shown(browser, "/coverage")
    cells = re.findall(r'href="/cases\?(challenge-type=[^"]+)" aria-label="(\d+) case', page)
    assert cells
    for query, count in cells:
        assert re.search(rf"<h1[^>]*>{count} cases?", shown(browser, f"/cases?{query}"))
    assert "Education" in page


def test_the_map_has_a_link_and_a_line_for_every_case(browser: TestClient) -> None:
    """The drawing and the list say the same."""
    page = shown(browser, "/map")
    drawing, _, listed = page.partition("</svg>\n</div>")
    drawn = set(re.findall(r'<a href="(/cases/[^"]+)"', drawing))
    assert drawn == set(re.findall(r'<a href="(/cases/[^"]+)"', listed))
    assert "/cases/price-case" in drawn
    assert "Your challenge" not in page
    only = shown(browser, "/map?kind=price-pressure").partition("</svg>\n</div>")[0]
    assert set(re.findall(r'<a href="(/cases/[^"]+)"', only)) == {"/cases/price-case", "/cases/german-case"}


def test_a_held_challenge_lies_among_the_cases(browser: TestClient) -> None:
    """On a page that is not kept; whoever holds it not is led to where it can be told anew."""
    form = {"csrf": token_for(browser), "challenge": "A price cut by Nightjar purchasing"}
    place = browser.post("/search", data=form, headers=PAGE, follow_redirects=False).headers["location"]
    answer = browser.get(f"{place.split('?')[0]}/map", headers=PAGE)
    assert answer.status_code == 200
    assert "Your challenge among the cases" in answer.text
    assert "Nightjar" not in answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    assert browser.get("/answers/nothing/map", headers=PAGE).status_code == 410


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("language", ["de", "fr"])
def test_every_list_is_there_in_every_language(browser: TestClient, path: str, language: str) -> None:
    """No text breaks a page."""
    answer = browser.get(path, headers={**PAGE, "accept-language": language})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
