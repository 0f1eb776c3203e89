"""Without JavaScript everything can be done; buttons stand where scripts would act by themselves."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import Visit
from tests.browser.every_page import CHALLENGE
from tests.browser.visiting import PHONE

pytestmark = pytest.mark.browser


def test_a_search_is_asked_narrowed_checked_and_taken_along(visit: Visit) -> None:
    """Box, filters, gaps, map, brief and language work by forms and links alone."""
    visitor = visit(java_script_enabled=False, width=PHONE)
    visitor.ask(CHALLENGE)
    page = visitor.page
    answer = visitor.path
    page.locator("#f-outcome-success").check()
    page.get_by_role("button", name="Apply the filters").click()
    assert visitor.path.startswith(f"{answer}?")
    assert "outcome=success" in visitor.path
    page.locator("input[name=have]").first.check()
    page.get_by_role("button", name="Show our gaps").click()
    assert page.locator("[data-gaps]").is_visible()
    assert "outcome=success" in visitor.path
    page.get_by_role("link", name="See your challenge on the map").click()
    assert page.locator(".here-star").count() == 1
    page.go_back()
    page.get_by_role("button", name=re.compile("Add to the brief")).first.click()
    page.locator(".nav-narrow summary").click()
    page.locator(".nav-narrow").get_by_role("link", name=re.compile("Brief")).click()
    assert page.locator("article.sheet").count() == 1
    assert page.get_by_role("button", name="Print").count() == 0
    page.get_by_role("link", name="Français").click()
    assert page.locator("html").get_attribute("lang") == "fr"


def test_a_list_is_narrowed_and_a_self_check_counted(visit: Visit) -> None:
    """Facets of the list and the questions of an enabler have buttons of their own."""
    visitor = visit(java_script_enabled=False)
    visitor.go("/cases")
    page = visitor.page
    page.locator("#f-outcome-partial").check()
    page.get_by_role("button", name="Apply the filters").click()
    assert "outcome=partial" in visitor.path
    visitor.go("/enablers/enb-enterprise-alignment")
    page.locator("input[name=yes]").first.check()
    page.get_by_role("button", name="Count").click()
    assert "Yes to 1 of" in page.locator("#self-check").inner_text()
