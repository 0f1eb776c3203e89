"""Every page in every state, light and dark, on a phone and on a desk: accessible, within the window, at rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.api.portal.portal_forms import portal_paths
from tests.browser.conftest import Locked
from tests.browser.every_page import CASE, CHALLENGE, EVERY, HELD, NO_PAGES, PLACES, Place
from tests.browser.visiting import COLOUR_RULES, DESKTOP, PHONE, Visitor, open_context
from tests.test_layers import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
PICTURES = ROOT / "build" / "screenshots"
# Browsers call a page stable below 0.1; ours does not move at all.
STILL = 0.001
_OPEN_ALL = "document.querySelectorAll('main details').forEach((part) => { part.open = true; })"
_TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth > width
    ? [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > width + 1)
        .map((one) => one.outerHTML.slice(0, 120)).slice(0, 5)
    : [];
}"""


@dataclass(frozen=True, slots=True)
class Eyes:
    """Visitors of the servers, on a phone or a desk, and an answer that the first one's session holds."""

    visitor: Visitor
    locked: Visitor
    curator: Visitor
    answer: str

    def look_at(self, place: Place) -> Visitor:
        visitor = self.curator if place.desk else self.locked if place.locked else self.visitor
        visitor.go(place.path.replace(HELD, self.answer))
        visitor.page.wait_for_load_state("load")
        return visitor


@pytest.fixture(scope="module", params=[PHONE, DESKTOP])
def eyes(request: pytest.FixtureRequest, browser: Browser, server: str, locked: Locked, desk: str) -> Iterator[Eyes]:
    """A session that holds an answer and two cases for the brief; all pages are looked at in one tab."""
    contexts = [open_context(browser, width=request.param) for _ in range(3)]
    places = (server, locked.url, desk)
    visitor, stranger, curator = (Visitor(context.new_page(), at) for context, at in zip(contexts, places, strict=True))
    for one in (visitor, stranger, curator):
        one.watch()
    visitor.ask(CHALLENGE)
    answer = visitor.path
    visitor.page.get_by_role("button", name="Add to the brief").first.click()
    visitor.page.get_by_role("button", name="Take out of the brief").wait_for()
    visitor.go(CASE)
    visitor.page.get_by_role("button", name="Add to the brief").click()
    yield Eyes(visitor, stranger, curator, answer)
    for one in (visitor, stranger, curator):
        one.assert_at_peace()
    for context in contexts:
        context.close()


def test_every_route_of_a_page_is_looked_at() -> None:
    """A page that is added has to be named among those that these tests open."""
    assert {*portal_paths("GET")} == PLACES.keys() | NO_PAGES
    assert len({place.name for place in EVERY}) == len(EVERY)


@pytest.mark.parametrize("place", EVERY, ids=lambda place: place.name)
def test_a_page_is_accessible_and_fits(eyes: Eyes, place: Place) -> None:
    """The checker of accessibility finds nothing, light and dark; no page is wider than the window or moves."""
    visitor = eyes.look_at(place)
    page = visitor.page
    assert visitor.shifted < STILL
    width = page.viewport_size["width"] if page.viewport_size else 0
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        _picture(visitor, f"{place.name}-{width}-{scheme}")
    page.evaluate(_OPEN_ALL)
    assert page.evaluate(_TOO_WIDE) == []
    assert visitor.barriers(COLOUR_RULES) == []
    page.emulate_media(color_scheme="light")
    assert visitor.barriers() == []


def test_the_checks_see_what_is_wrong(eyes: Eyes) -> None:
    """Pale words, a picture without words for it, what is too wide and what moves are found."""
    visitor = eyes.look_at(PLACES["/"][0])
    visitor.page.evaluate("""async () => {
      const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)));
      await frame();
      const title = document.querySelector("h1");
      title.style.color = "#ddd";
      title.before(new Image(100, 200));
      await frame();
    }""")
    assert visitor.shifted > STILL
    visitor.page.evaluate("document.querySelector('main img').width = 3000")
    assert visitor.page.evaluate(_TOO_WIDE) != []
    assert any(found.startswith("color-contrast") for found in visitor.barriers(COLOUR_RULES))
    assert any(found.startswith("image-alt") for found in visitor.barriers())


def _picture(visitor: Visitor, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    visitor.page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
