"""Signing in with a key and out again, as a person does it."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Locked, Visit
from tests.browser.every_page import CASE

pytestmark = pytest.mark.browser


def test_a_key_opens_the_page_that_was_asked_for(visit: Visit, locked: Locked) -> None:
    """Who has to sign in comes to the page that was meant, and after signing out to none."""
    visitor = visit(at=locked.url)
    page = visitor.page
    visitor.go(CASE)
    assert visitor.path.startswith("/signin?next=")
    page.get_by_label("Access key").fill("cbk_wrong")
    page.keyboard.press("Enter")
    assert "unknown" in page.locator("[role=alert]").inner_text()
    page.get_by_label("Access key").fill(locked.key)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{CASE}")
    visitor.assert_kept_secret(locked.key)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="You are signed out").wait_for()
    visitor.go(CASE)
    assert visitor.path.startswith("/signin?next=")
