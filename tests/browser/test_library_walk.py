"""The library as a person walks it: cases, the map, coverage, the brief, and another language."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from tests.browser.conftest import Visit
from tests.browser.every_page import CASE, CHALLENGE
from tests.browser.visiting import DESKTOP, PHONE

pytestmark = pytest.mark.browser
SHELF = ["Kinds of challenge", "Competencies", "Enablers", "Industries", "Offerings", "Notes", "Learning"]


def test_a_case_leads_on(visit: Visit) -> None:
    """From a case one comes to what it links to, and to the cases that are like it."""
    visitor = visit()
    visitor.go(CASE)
    page = visitor.page
    title = page.locator("h1").inner_text()
    for part in ("What it was worth", "Enablers", "Competencies", "Replication", "Verification", "Similar cases"):
        assert page.get_by_role("heading", name=part, exact=True).count() == 1, part
    page.locator("section[aria-labelledby=enablers] a").first.click()
    assert visitor.path.startswith("/enablers/")
    assert page.locator(f"main a[href='{CASE}']").count() == 1
    page.go_back()
    page.locator(".similar a").first.click()
    assert visitor.path.startswith("/cases/")
    assert page.locator("h1").inner_text() != title


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_figures_are_a_table_to_every_reader(visit: Visit, width: int) -> None:
    """On a phone the figures stand one below the other, and are the same table to a screen reader."""
    visitor = visit(width=width)
    visitor.go(CASE)
    table = visitor.page.get_by_role("table")
    assert table.get_by_role("columnheader").count() == 6
    assert table.get_by_role("row").nth(1).get_by_role("cell").count() == 5
    frame = visitor.page.locator(".scroll:has(table)")
    assert frame.evaluate("frame => frame.scrollWidth <= frame.clientWidth")


@pytest.mark.parametrize("name", SHELF)
def test_every_list_leads_to_pages_with_cases(visit: Visit, name: str) -> None:
    """From A to Z each list is one step away, and each of its pages one more."""
    visitor = visit()
    visitor.go("/a-z")
    visitor.page.locator(".shelf").get_by_role("link", name=name, exact=True).click()
    listed = visitor.path
    visitor.page.locator(f"main a[href^='{listed}/']").first.click()
    assert visitor.path.startswith(f"{listed}/")
    assert visitor.page.locator("main a[href^='/cases'], main a[href^='/competencies']").count() > 0


def test_a_list_of_cases_is_narrowed_and_turned(visit: Visit) -> None:
    """A facet and the order apply at once; the next page keeps both."""
    visitor = visit()
    visitor.go("/cases")
    page = visitor.page
    page.locator("#sort").select_option("title")
    page.wait_for_url("**sort=title**")
    page.locator("#f-industry-C").check()
    page.wait_for_url("**industry=C**")
    page.get_by_role("link", name="Next", exact=True).click()
    page.wait_for_url("**page=2**")
    assert "industry=C" in page.url
    assert "sort=title" in page.url
    assert page.locator(".case-lines > li").count() > 0


def test_the_map_shows_the_challenge_among_the_cases(visit: Visit) -> None:
    """The answer leads to the map, on a phone the challenge is in view there, and marks lead to cases by keyboard."""
    visitor = visit(width=PHONE)
    visitor.ask(CHALLENGE)
    page = visitor.page
    answer = visitor.path
    page.get_by_role("link", name="See your challenge on the map").click()
    page.wait_for_url("**/map")
    star = page.locator(".here-star").bounding_box()
    assert star
    assert 0 <= star["x"] <= PHONE - star["width"]
    mark = page.locator("svg.map a").first
    mark.focus()
    assert mark.locator(".hit").evaluate("ring => getComputedStyle(ring).strokeWidth") == "2px"
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*")
    page.go_back()
    page.get_by_role("link", name="Back to the answer").click()
    assert visitor.path == answer


def test_a_number_of_the_coverage_leads_to_as_many_cases(visit: Visit) -> None:
    """A cell of the heat table and the list that it leads to agree."""
    visitor = visit()
    visitor.go("/coverage")
    cell = visitor.page.locator(".heat td a").first
    count = cell.inner_text()
    cell.click()
    assert visitor.page.locator("h1").inner_text().split()[0] == count


def test_a_brief_is_chosen_printed_and_taken_along(visit: Visit, tmp_path: Path) -> None:
    """Chosen cases become pages to print and files that office programs open; a customer's has the allowed ones."""
    visitor = visit()
    visitor.ask("Our beverage customer wants Scope 3 data and 30% less packaging carbon")
    page = visitor.page
    page.get_by_role("button", name=re.compile("Add to the brief")).first.click()
    page.get_by_role("button", name=re.compile("Take out of the brief")).first.wait_for()
    visitor.go(CASE)
    if page.get_by_role("button", name=re.compile("Add to the brief")).count():
        page.get_by_role("button", name=re.compile("Add to the brief")).click()
    page.locator(".nav-wide").get_by_role("link", name=re.compile("Brief")).click()
    sheets = page.locator("article.sheet").count()
    assert sheets >= 1
    for form, inside in (("Word", "word/document.xml"), ("PowerPoint", "ppt/presentation.xml")):
        with page.expect_download() as download:
            page.get_by_role("link", name=re.compile(form)).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        with zipfile.ZipFile(path) as file:
            assert inside in file.namelist()
    page.evaluate("window.print = () => { window.printed = true; }")
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("window.printed")
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf()))
    assert pages == sheets
    page.get_by_role("link", name="For a customer").click()
    assert page.locator(".sheet a").count() == 0
    page.locator("summary").filter(has_text="chosen").click()
    page.get_by_role("button", name="Take all out").click()
    assert "No case is in the brief yet" in page.locator("main").inner_text()


def test_another_language_speaks_on_every_page(visit: Visit) -> None:
    """What the browser likes best is spoken; what was chosen lasts, and the answer stays where it is."""
    visitor = visit(language="fr-FR")
    visitor.go("/")
    page = visitor.page
    assert page.locator("html").get_attribute("lang") == "fr"
    page.locator("#challenge").fill(CHALLENGE)
    page.locator(".box button.primary").click()
    page.wait_for_url("**/answers/*")
    answer = visitor.path
    page.get_by_role("link", name="Deutsch").click()
    assert visitor.path == answer
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.locator(".nav-wide").inner_text().startswith("Suche")
    visitor.go("/coverage")
    assert page.locator("html").get_attribute("lang") == "de"
