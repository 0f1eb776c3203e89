"""A search as a person walks it: from the box to an answer, narrowed, gone back from, reloaded, and gone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Visit
from tests.browser.every_page import CHALLENGE
from tests.browser.visiting import HEIGHTS, PHONE, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect

pytestmark = pytest.mark.browser
CUSTOMER = "Zwiebelturm"
E_MAIL = f"""Hi all,

the {CUSTOMER} account is in trouble. Our sponsor on the board has left, the new head of purchasing runs a tender at
renewal and wants 10% off; nobody else knows us there. Has anyone been through this?

Thanks, Ann
"""
ASKED = [CHALLENGE, E_MAIL, "Grand compte : réduire le délai de lancement", "Der Einkauf verlangt einen Preisnachlass"]
# What the first screen of a phone has to hold, in the order of reading.
FIRST_SCREEN = {
    "verdict": "h1.verdict",
    "first case": "#case-1 h2",
    "why": "#case-1 .why",
    "value": "#case-1 .keyfacts:first-of-type dd >> nth=0",
    "whom to ask": "#case-1 .keyfacts:first-of-type dd >> nth=1",
}


def titles(visitor: Visitor) -> list[str]:
    """Return the titles of an answer's cases."""
    return visitor.page.locator(".cases h2 a").all_inner_texts()


def test_by_keyboard_alone(visit: Visit) -> None:
    """The slash leads to the box, Enter on the button asks, and the next stops are the answer's own links."""
    visitor = visit()
    visitor.go("/cases")
    visitor.go("/")
    keyboard = visitor.page.keyboard
    keyboard.press("/")
    keyboard.type("exec sponsor left")
    assert visitor.page.locator("#challenge").input_value() == "exec sponsor left"
    keyboard.press("Tab")
    keyboard.press("Enter")
    visitor.page.wait_for_url("**/answers/*")
    assert visitor.page.locator("h1.verdict").is_visible()
    keyboard.press("/")  # opens the box anew, with what was asked in it
    keyboard.press("End")
    keyboard.type(" and the new one cuts costs")
    keyboard.press("Control+Enter")
    visitor.page.wait_for_function("document.querySelector('#challenge').value.includes('cuts costs')")
    assert len(titles(visitor)) > 0


def test_an_example_is_asked_by_one_press(visit: Visit) -> None:
    """Each example beneath the box is a search."""
    visitor = visit()
    visitor.go("/")
    visitor.page.locator(".examples button").last.click()
    visitor.page.wait_for_url("**/answers/*")
    assert "packaging" in visitor.page.locator(".asked-text").inner_text()


def test_a_pasted_e_mail_stands_in_no_address(visit: Visit) -> None:
    """What was asked is in no address and no referrer of anything that the visitor opens afterwards."""
    visitor = visit()
    visitor.ask(E_MAIL)
    page = visitor.page
    page.locator("input[name=region]").first.check()
    page.wait_for_url("**region=**")
    page.get_by_role("link", name="See your challenge on the map").click()
    page.wait_for_url("**/map**")
    page.locator(".legend summary").first.click()
    page.locator(".legend details[open] a").first.click()
    page.wait_for_url("**/cases/*")
    page.go_back()
    page.go_back()
    page.get_by_role("button", name=re.compile("Add to the brief")).first.click()
    page.wait_for_load_state()
    assert len(visitor.requests) > 10
    visitor.assert_kept_secret(CUSTOMER)


@pytest.mark.parametrize("challenge", ASKED, ids=["words", "e-mail", "French", "German"])
@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_the_first_screen_of_a_phone_says_it_all(visit: Visit, language: str, challenge: str) -> None:
    """Verdict, first case, why, value and whom to ask are there before anybody scrolls, in every language."""
    visitor = visit(width=PHONE, language=language)
    visitor.go("/")
    visitor.page.locator("#challenge").fill(challenge)
    visitor.page.locator(".box button.primary").click()
    visitor.page.wait_for_url("**/answers/*")
    boxes = {name: visitor.page.locator(place).bounding_box() for name, place in FIRST_SCREEN.items()}
    assert [name for name, box in boxes.items() if not box or not _is_on_screen(box)] == []


def _is_on_screen(box: FloatRect) -> bool:
    right, bottom = box["x"] + box["width"], box["y"] + box["height"]
    return box["x"] >= 0 and box["y"] >= 0 and right <= PHONE and bottom <= HEIGHTS[PHONE]


def test_filters_stand_in_the_address(visit: Visit) -> None:
    """A facet applies at once, stands in the address, lasts over a reload, and can be taken back."""
    visitor = visit()
    visitor.ask(CHALLENGE)
    page = visitor.page
    everything = page.locator("#filters").inner_text()
    box = page.locator("#f-outcome-success")
    tally = box.locator("xpath=../span[@class='tally']").inner_text()
    box.check()
    page.wait_for_url("**outcome=success**")
    assert page.locator("#filters").inner_text() == f"Filters: {tally} cases pass"
    assert "Outcome: success" in page.locator(".active-filters").inner_text()
    assert page.evaluate("document.activeElement.id") == "f-outcome-success"
    narrowed = titles(visitor)
    page.reload()
    assert titles(visitor) == narrowed
    assert page.locator("#f-outcome-success").is_checked()
    page.locator(".active-filters a").click()
    page.wait_for_url(lambda address: "outcome" not in address)
    assert page.locator("#filters").inner_text() == everything


def test_back_and_forward_lead_to_the_same_answer(visit: Visit) -> None:
    """From a case one comes back to the filtered answer that one left."""
    visitor = visit()
    visitor.ask(CHALLENGE)
    page = visitor.page
    page.locator("#f-outcome-success").check()
    page.wait_for_url("**outcome=success**")
    before, address = titles(visitor), page.url
    page.locator(".cases h2 a").first.click()
    page.wait_for_url("**/cases/*")
    page.go_back()
    assert (page.url, titles(visitor)) == (address, before)
    page.go_forward()
    assert "/cases/" in page.url


def test_filters_that_exclude_everything_offer_a_way_out(visit: Visit) -> None:
    """An answer without a case says which filter to lift, and lifting all leads back to cases."""
    visitor = visit()
    visitor.ask(CHALLENGE)
    path = visitor.path
    visitor.go(f"{path}?industry=A&region=JP&outcome=ongoing")
    assert titles(visitor) == []
    assert visitor.page.locator(".notice a").count() > 0
    visitor.page.get_by_role("link", name="Lift all filters").click()
    assert visitor.path == path
    assert len(titles(visitor)) > 0


def test_what_we_have_lists_gaps_with_learning(visit: Visit) -> None:
    """Ticking what the team has shows the rest as gaps at once, each with how to get it, and can be shared."""
    visitor = visit()
    visitor.ask(CHALLENGE)
    page = visitor.page
    boxes = page.locator("input[name=have]:visible")
    wanted = boxes.count()
    boxes.first.check()
    page.wait_for_url("**have=**")
    gaps = page.locator("[data-gaps]")
    assert re.fullmatch(r"\d+ gaps", gaps.locator("h3").inner_text())
    assert gaps.locator("a[href^='/learning/']").count() > 0
    assert page.locator("input[name=have]:checked").count() == 1
    assert page.locator("input[name=have]").count() >= wanted


def test_an_answer_of_another_session_is_gone(visit: Visit) -> None:
    """Who has the address alone learns nothing but where to ask."""
    owner = visit()
    owner.ask(CHALLENGE)
    other = visit()
    other.go(owner.path)
    assert "no longer held" in other.page.locator("[role=alert]").inner_text()
    assert other.page.locator("#challenge").input_value() == ""


def test_waiting_is_shown(visit: Visit) -> None:
    """While the answer is made the button says so, and a second press asks nothing twice."""
    visitor = visit()
    visitor.go("/")
    page = visitor.page
    page.locator("#challenge").fill(CHALLENGE)
    said = page.evaluate("""() => {
      const form = document.querySelector("form.box");
      form.requestSubmit();
      return [form.getAttribute("aria-busy"), form.querySelector("button.primary").textContent,
              document.getElementById("live").textContent];
    }""")
    assert said == ["true", "Searching…", "Searching…"]
    page.wait_for_url("**/answers/*")
    page.go_back()
    page.wait_for_function("!document.querySelector('form.box').hasAttribute('aria-busy')")


def test_a_text_that_says_nothing_is_told_apart_from_none(visit: Visit) -> None:
    """A challenge that holds no word is answered with what to do, and kept in the box."""
    visitor = visit()
    visitor.go("/")
    visitor.page.locator("#challenge").fill("?! ...")
    visitor.page.get_by_role("button", name="Find close cases").click()
    alert = visitor.page.locator("[role=alert]")
    alert.wait_for()
    assert "few words" in alert.inner_text()
    assert visitor.page.locator("#challenge").input_value() == "?! ..."


def test_a_challenge_without_a_close_case_says_so(visit: Visit) -> None:
    """What the library knows nothing of gets no invented closeness."""
    visitor = visit()
    visitor.ask("How do I bake a sourdough loaf with rye flour at home?")
    assert visitor.page.locator("h1.verdict").get_attribute("class") == "verdict verdict-none"


def test_a_page_that_is_not_there_leads_back(visit: Visit) -> None:
    """An error is a page of the portal, with a way to the search and the request's id."""
    visitor = visit()
    visitor.go("/nowhere")
    assert visitor.page.locator("main code").inner_text()
    visitor.page.get_by_role("link", name="Back to the search").click()
    assert visitor.path == "/"
