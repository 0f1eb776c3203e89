"""The keyboard: every stop is seen, none is a trap, and the first one leads past the head of the page."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit
from tests.browser.every_page import CASE, CHALLENGE

pytestmark = pytest.mark.browser
_MOST_STOPS = 400
# A stop is seen by its outline, or by the ring of a mark on the map.
_STOP = """() => {
  const stop = document.activeElement;
  if (!stop || stop === document.body) return null;
  const ring = stop.querySelector(":scope > .hit") ?? stop;
  const style = getComputedStyle(ring);
  const seen = parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none"
    || ring !== stop && style.stroke !== "none" && parseFloat(style.strokeWidth) >= 2;
  const box = stop.getBoundingClientRect();
  const shown = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  window.stops ??= [];
  const known = window.stops.includes(stop);
  window.stops.push(stop);
  return { known, fault: seen && shown ? "" : `${seen ? "not in view" : "no focus"}: ${stop.outerHTML.slice(0, 120)}` };
}"""
PATHS = ["/", "answer", "answer map", CASE, "/coverage", "/brief", "/cases"]


@pytest.mark.parametrize("path", PATHS)
def test_every_stop_is_seen(visit: Visit, path: str) -> None:
    """Tab goes through the page once, and each stop is in view and marked."""
    visitor = visit()
    if path.startswith("answer"):
        visitor.ask(CHALLENGE)
        visitor.go(f"{visitor.path}/map" if path.endswith("map") else visitor.path)
    else:
        visitor.go(path)
    faults: list[str] = []
    while len(faults) < _MOST_STOPS:
        visitor.page.keyboard.press("Tab")
        found = visitor.page.evaluate(_STOP)
        if found is None or found["known"]:
            break
        faults.append(found["fault"])
    assert [fault for fault in faults if fault] == []
    assert 5 < len(faults) < _MOST_STOPS


def test_the_first_stop_leads_past_the_head(visit: Visit) -> None:
    """Who skips the head of the page goes on in its content."""
    visitor = visit()
    visitor.go("/")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.className") == "skip"
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.id") == "challenge"
