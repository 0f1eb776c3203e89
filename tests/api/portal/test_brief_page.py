"""The brief: cases that a visitor chose, for colleagues or a customer, on the screen and as files."""

from __future__ import annotations

import io
import re
from pathlib import Path

import docx
import pytest
from starlette.testclient import TestClient

from api.portal.sessions import MOST_CHOSEN
from library.access import Asker
from tests.api.conftest import ANN, HIDDEN_WORDS, MakeClient
from tests.api.portal.portal_forms import PAGE, token_for
from tests.conftest import case_text

EVE = Asker(user="eve@firm.example")


@pytest.fixture
def library(library: Path) -> Path:
    """The library, with cases that may be shown to customers and enough of them."""
    allowed = "reference_permission: external_named\ncontact: ann@firm.example\n"
    (library / "cases" / "open-case.md").write_text(
        case_text(title="An open case", challenge="The line stood still.", more=allowed)
    )
    (library / "cases" / "marked-up.md").write_text(case_text(title="<script>alert(1)</script>"))
    for number in range(MOST_CHOSEN):
        (library / "cases" / f"more-{number}.md").write_text(case_text(title=f"More {number}"))
    return library


def change(client: TestClient, case_id: str, do: str = "add", *, after: str = "/brief") -> str:
    """Take a case into the brief, or out; return the page that follows."""
    form = {"csrf": token_for(client), "case": case_id, "do": do, "next": after}
    return client.post("/brief/cases", data=form, headers=PAGE).text


def test_chosen_cases_are_on_it(client: MakeClient) -> None:
    """Each is a sheet with its own words, in the order in which they were chosen, once."""
    browser = client(asker=ANN)
    for case_id in ("sponsor-case", "price-case", "sponsor-case"):
        page = change(browser, case_id)
    assert re.findall(r"<h2>([^<]+)</h2>", page) == [
        "The sponsor at the customer left",
        "Purchasing asks for a price cut",
    ]
    assert "Whom to ask" in page


def test_cases_can_be_taken_out(client: MakeClient) -> None:
    """One or all; an empty brief says how to fill it."""
    browser = client(asker=ANN)
    change(browser, "sponsor-case")
    change(browser, "price-case")
    assert "The sponsor at" not in change(browser, "sponsor-case", "drop")
    assert "No case is in the brief yet" in change(browser, "", "clear")


@pytest.mark.parametrize("case_id", ["hidden-case", "stub-case", "draft-case", "nothing", "negotiation", ""])
def test_only_a_visible_case_can_be_chosen(case_id: str, client: MakeClient) -> None:
    """A hidden case, a missing one and what is no case are answered alike."""
    page = change(client(asker=EVE), case_id)
    assert "There is no such page" in page
    assert not [word for word in HIDDEN_WORDS if word in page]


def test_a_brief_takes_ten(client: MakeClient) -> None:
    """One more is refused with the reason; nothing is dropped in silence."""
    browser = client(asker=ANN)
    for number in range(MOST_CHOSEN):
        change(browser, f"more-{number}")
    page = change(browser, "price-case")
    assert "takes 10 cases at most" in page
    assert page.count('class="sheet"') == MOST_CHOSEN
    assert "price cut" not in page


def test_a_customers_brief_leaves_out_what_no_customer_may_see(client: MakeClient) -> None:
    """Other cases are named with the reason on the page, and are in no sheet and no file."""
    browser = client(asker=ANN)
    change(browser, "price-case")
    change(browser, "open-case")
    page = browser.get("/brief?for=customer", headers=PAGE).text
    assert "1 case is left out" in page
    assert "Internal use only: no permission to refer to the customer is recorded." in page
    sheets = "".join(re.findall(r'<article class="sheet".*?</article>', page, re.DOTALL))
    assert "The line stood still." in sheets
    assert "Purchasing" not in sheets
    assert "ann@firm.example" not in sheets
    file = docx.Document(io.BytesIO(browser.get("/brief/file/docx?for=customer").content))
    text = "\n".join(paragraph.text for paragraph in file.paragraphs)
    assert "The line stood still." in text
    assert not [word for word in ("Purchasing", "ann@firm.example", "open-case") if word in text]


@pytest.mark.parametrize(("form", "begins"), [("docx", b"PK"), ("pptx", b"PK"), ("md", b"# ")])
def test_it_can_be_had_as_a_file(form: str, begins: bytes, client: MakeClient) -> None:
    """A file comes with its type and a name, and is kept by no cache."""
    browser = client(asker=ANN)
    change(browser, "price-case")
    answer = browser.get(f"/brief/file/{form}")
    assert answer.content.startswith(begins)
    assert answer.headers["content-disposition"] == f'attachment; filename="brief-price-case.{form}"'
    assert "no-store" in answer.headers["cache-control"]


def test_there_is_no_file_of_nothing(client: MakeClient) -> None:
    """Without a case, or with none that a customer may see, there is no file."""
    browser = client(asker=ANN)
    assert browser.get("/brief/file/docx", headers=PAGE).status_code == 404
    change(browser, "price-case")
    assert browser.get("/brief/file/docx?for=customer", headers=PAGE).status_code == 404
    assert "1 case is left out" in browser.get("/brief?for=customer", headers=PAGE).text


def test_one_goes_back_to_where_one_chose(client: MakeClient) -> None:
    """After choosing the same page is shown again, and never one of another server."""
    browser = client(asker=ANN)
    for target, place in (("/brief?for=customer#x", "/brief?for=customer#x"), ("//evil.example", "/")):
        form = {"csrf": token_for(browser), "case": "price-case", "do": "add", "next": target}
        answer = browser.post("/brief/cases", data=form, headers=PAGE, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, place)


def test_an_authors_text_is_no_markup(client: MakeClient) -> None:
    """What an author wrote is shown as text."""
    page = change(client(asker=ANN), "marked-up")
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page


def test_labels_are_in_the_readers_language(client: MakeClient) -> None:
    """Page and sheets speak the language of the visitor; the case keeps its own."""
    browser = client(asker=ANN)
    change(browser, "price-case")
    page = browser.get("/brief", headers={**PAGE, "accept-language": "de"}).text
    assert "Das Problem" in page
    assert "Purchasing demands a price cut" in page
