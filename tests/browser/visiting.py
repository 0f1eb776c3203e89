"""A visitor in a real browser: a page, everything that it asked for, and everything that went wrong on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote_plus, urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

PHONE, TABLET, DESKTOP = 360, 768, 1280
HEIGHTS = {PHONE: 740, TABLET: 1024, DESKTOP: 900}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# With another colour scheme nothing changes but colours.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
# Findings alone, of a page that has loaded: the rest costs as much again.
_QUICKLY = {"resultTypes": ["violations"], "preload": False, "iframes": False}
Scheme = Literal["light", "dark"]
_LEFT = "net::ERR_ABORTED"  # the visitor went on before it came
# The browser's own words about a page with an error's status; the page itself is what is tested.
_STATUS = "Failed to load resource: the server responded with a status of"
# All shifts: a phone takes its own first layout for an input, and would excuse what moves in the half second after it.
_SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a Chromium: the one that is installed, or Playwright's own."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("CASEBOOK_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


@dataclass
class Visitor:
    """Someone who looks at pages of one server."""

    page: Page
    server: str
    faults: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Where the visitor is: the address without the server."""
        return self.page.url.removeprefix(self.server)

    @property
    def shifted(self) -> float:
        """How much of the page has moved since it was opened, as browsers measure it."""
        return float(self.page.evaluate("window.shifted"))

    def go(self, path: str) -> None:
        """Open a page of the server."""
        self.page.goto(f"{self.server}{path}")

    def ask(self, challenge: str) -> None:
        """Ask from the start page, and wait for the answer."""
        self.go("/")
        self.page.locator("#challenge").fill(challenge)
        self.page.get_by_role("button", name="Find close cases").click()
        self.page.wait_for_url("**/answers/*")

    def barriers(self, rules: Sequence[str] = RULES) -> list[str]:
        """Return what the checker of accessibility finds on the page."""
        from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

        violations = Axe().run(self.page, options={"runOnly": list(rules), **_QUICKLY}).response["violations"]
        return [f"{found['id']}: {node['html'][:150]}" for found in violations for node in found["nodes"]]

    def resize(self, width: int) -> None:
        """Give the window another size."""
        self.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})

    def assert_at_peace(self) -> None:
        """Nothing went wrong, and no other host was asked for anything."""
        assert self.faults == [], self.faults
        host = urlsplit(self.server).netloc
        assert [request.url for request in self.requests if urlsplit(request.url).netloc != host] == []

    def assert_kept_secret(self, words: str) -> None:
        """No address and no referrer held any of these words."""
        for request in self.requests:
            told = f"{request.url} {request.headers.get('referer', '')}"
            assert words not in unquote_plus(told), told

    def watch(self) -> None:
        """Begin to note what goes wrong and what is asked for."""
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("requestfailed", self._miss)
        self.page.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108  it needs a function of Python
        self.page.add_init_script(_SHIFTS)

    def _miss(self, request: Request) -> None:
        if request.failure != _LEFT:
            self.faults.append(f"{request.url}: {request.failure}")

    def _hear(self, told: ConsoleMessage) -> None:
        if told.type in ("error", "warning") and not told.text.startswith(_STATUS):
            self.faults.append(told.text)


def open_context(browser: Browser, *, width: int = DESKTOP, language: str = "en-GB", **more: Any) -> BrowserContext:
    """Return a browser's new profile, of a phone where the window is as narrow."""
    size = {"width": width, "height": HEIGHTS[width]}
    phone = {"is_mobile": True, "has_touch": True} if width == PHONE else {}
    return browser.new_context(**{"viewport": size, "locale": language, **phone, **more})
