"""The element <casebook-search> in a page of another site, in a real browser, with real origins and cookies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from curation.keys import KeyStore
from curation.state import State
from tests.browser.conftest import Serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
CHALLENGE = "Our brewery customer wants Scope 3 data and lighter cans"
FOUND = "A delisting letter on carbon data becomes a joint can-lightweighting programme"
HTML = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Portal</title><link rel="icon" href="data:,">
{policy}
<script src="{server}/static/casebook-search.js" defer></script></head>
<body><h1>A firm's own portal</h1><casebook-search language="{language}"></casebook-search></body></html>"""
# Much lower than an answer is.
LOW = 300


@dataclass
class Site:
    """Another site with a page of its own."""

    url: str
    html: str = ""


@contextmanager
def running_site(host: str) -> Iterator[Site]:
    """Serve another origin: to a browser `localhost` is another site than 127.0.0.1, and another port the same site."""
    site = Site("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(site.html.encode() if self.path == "/" else b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the standard library's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.url = f"http://{host}:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Shown:
    """A page of the other site in a browser, and what went wrong on it."""

    page: Page
    server: str
    site: str
    faults: list[str] = field(default_factory=list)

    @property
    def height(self) -> float:
        box = self.page.locator("casebook-search iframe").bounding_box()
        assert box
        return box["height"]

    def ask(self) -> None:
        frame = self.page.frame_locator("casebook-search iframe")
        frame.locator("textarea").fill(CHALLENGE)
        frame.locator("button.primary").click()


Show = Callable[..., Shown]


@pytest.fixture
def show(browser: Browser, serve: Serve) -> Iterator[Show]:
    """Show the element on another site's page; `allowed` says whether the server lets that site show it."""
    with ExitStack() as stack:

        def make(
            *,
            allowed: bool = True,
            language: str = "en",
            policy: str = "",
            host: str = "localhost",
            state: Path | None = None,
        ) -> Shown:
            site = stack.enter_context(running_site(host))
            server = serve(state=state, portal={"frame_ancestors": [site.url] if allowed else []})
            site.html = HTML.format(server=server, language=language, policy=policy)
            context = browser.new_context()
            stack.callback(context.close)
            shown = Shown(context.new_page(), server, site.url)
            shown.page.on("console", lambda told: shown.faults.append(told.text) if told.type == "error" else None)
            shown.page.on("pageerror", lambda error: shown.faults.append(str(error)))
            shown.page.goto(site.url)
            return shown

        yield make


def test_the_frame_answers_and_grows(show: Show) -> None:
    """What is asked in the frame is answered there, in its language; the frame is as high as the answer."""
    shown = show(language="de")
    shown.ask()
    frame = shown.page.frame_locator("casebook-search iframe")
    frame.get_by_text(FOUND).first.wait_for()
    shown.page.wait_for_function(f"document.querySelector('iframe').clientHeight > {LOW}")
    assert frame.locator("html").get_attribute("lang") == "de"
    inside = frame.locator("body").evaluate("body => [body.scrollHeight, document.documentElement.clientHeight]")
    assert inside[1] >= inside[0]
    assert shown.faults == []


def test_a_site_that_is_not_named_shows_nothing(show: Show) -> None:
    """The browser refuses the frame."""
    shown = show(allowed=False)
    shown.page.wait_for_timeout(500)
    assert any("frame-ancestors" in fault for fault in shown.faults)
    assert shown.page.frame_locator("casebook-search iframe").locator("form.box").count() == 0


def test_only_our_frame_says_how_high_it_is(show: Show) -> None:
    """A message from another window or another origin changes nothing."""
    shown = show()
    shown.page.frame_locator("casebook-search iframe").locator("textarea").wait_for()
    before = shown.height
    shown.page.evaluate("""() => {
        const message = { type: "casebook-height", height: 1234 };
        postMessage(message, "*");
        const other = document.body.appendChild(document.createElement("iframe"));
        other.srcdoc = `<script>parent.postMessage(${JSON.stringify(message)}, "*")</script>`;
    }""")
    shown.page.wait_for_timeout(300)
    assert shown.height == before


def test_the_frame_takes_no_wild_height(show: Show) -> None:
    """Whatever our own page says, the frame stays within bounds."""
    shown = show()
    frame = shown.page.frames[-1]
    frame.wait_for_selector("textarea")
    for height in ("1e9", "NaN", "'5px'", "-5"):
        frame.evaluate(
            f"origin => parent.postMessage({{ type: 'casebook-height', height: {height} }}, origin)", shown.site
        )
    shown.page.wait_for_timeout(300)
    assert 100 <= shown.height <= 4000


def test_a_stranger_signs_in_in_a_tab_of_its_own(show: Show, tmp_path: Path) -> None:
    """The browser sends no cookie into the frame, so the answer opens in a tab, after signing in there."""
    key = KeyStore(State(tmp_path / "state.db")).create("portal").text
    shown = show(state=tmp_path / "state.db")
    with shown.page.expect_popup() as opened:
        shown.ask()
    tab = opened.value
    tab.get_by_label("Access key").fill(key)
    tab.get_by_role("button", name="Sign in with the key").click()
    tab.get_by_text(FOUND).first.wait_for()
    assert tab.url.startswith(f"{shown.server}/answers/")
    # Signed in once, the next answer comes without asking.
    with shown.page.expect_popup() as again:
        shown.ask()
    again.value.get_by_text(FOUND).first.wait_for()
    assert shown.faults == []


def test_who_signed_in_is_answered_in_a_frame_of_the_same_site(show: Show, tmp_path: Path) -> None:
    """To a page of the same site the browser sends the cookie along; before signing in the answer opens in a tab."""
    key = KeyStore(State(tmp_path / "state.db")).create("portal").text
    shown = show(host="127.0.0.1", state=tmp_path / "state.db")
    with shown.page.expect_popup() as opened:
        shown.ask()
    opened.value.get_by_label("Access key").fill(key)
    opened.value.get_by_role("button", name="Sign in with the key").click()
    opened.value.get_by_text(FOUND).first.wait_for()
    shown.page.reload()
    shown.ask()
    shown.page.frame_locator("casebook-search iframe").get_by_text(FOUND).first.wait_for()
    assert len(shown.page.context.pages) == 2
    assert shown.faults == []


def test_a_page_may_forbid_inline_styles(show: Show) -> None:
    """The element works in a page whose policy takes no inline style and no script but ours."""
    server = "http://127.0.0.1:*"
    policy = f"default-src 'none'; script-src {server}; frame-src {server}; img-src data:"
    shown = show(policy=f'<meta http-equiv="Content-Security-Policy" content="{policy}">')
    shown.page.frame_locator("casebook-search iframe").locator("textarea").wait_for()
    frame = shown.page.locator("casebook-search iframe")
    assert frame.evaluate("frame => getComputedStyle(frame).borderTopWidth") == "0px"
    assert shown.faults == []
