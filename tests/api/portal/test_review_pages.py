"""Reviewing in the portal: the queue, what changed, and decisions that say who could take them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from library.access import Asker, Role
from tests.api.conftest import LIBRARY, MakeClient
from tests.api.portal.portal_forms import PAGE, token_of
from tests.api.portal.portal_site import serve_library
from tests.conftest import case_text

CORA = Asker(user="cora@firm.example", role=Role.CURATOR)
BEN = Asker(user="ben@firm.example", role=Role.CONTRIBUTOR)
READER = Asker(user="eve@firm.example")
_BEN = "authors: [ben@firm.example]\nowner: ben@firm.example\n"
_FILES = {
    **LIBRARY,
    "cases/waiting.md": case_text(title="Waits for Cora", status="in_review", more=_BEN),
    "cases/to-return.md": case_text(title="To be returned", status="in_review", more=_BEN),
    "cases/changing.md": case_text(title="Changes under her hands", status="in_review", more=_BEN),
    "cases/own.md": case_text(title="Her own", status="in_review", more="authors: [cora@firm.example]\n"),
    "cases/wider.md": case_text(title="For the public", status="in_review", classification="public", more=_BEN),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the library of all these tests lies."""
    return tmp_path_factory.mktemp("review")


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[MakeClient]:
    """The library, indexed once."""
    with serve_library(folder, _FILES) as make:
        yield make


@pytest.fixture(scope="module")
def cora(site: MakeClient) -> TestClient:
    """A curator's browser."""
    return site(asker=CORA)


def decide(client: TestClient, item_id: str, do: str, **fields: str) -> Response:
    """Open an item's page and take a decision on it; return what follows."""
    page = client.get(f"/review/{item_id}", headers=PAGE)
    etag = re.search(r'name="etag" value="([^"]+)"', page.text)
    assert etag, page.text
    form = {"csrf": token_of(page), "etag": etag[1].replace("&#34;", '"'), "do": do, **fields}
    return client.post(f"/review/{item_id}", data=form, headers=PAGE)


def test_the_queue_has_tabs(cora: TestClient) -> None:
    """What waits stands in the first one, with its owner; the last one has all."""
    page = cora.get("/review", headers=PAGE).text
    assert "Waits for Cora" in page
    assert "ben@firm.example" in page
    assert 'aria-current="true">Waiting' in page
    overdue = cora.get("/review?tab=overdue", headers=PAGE).text
    assert "Waits for Cora" not in overdue
    assert "Waits for Cora" in cora.get("/review?tab=use", headers=PAGE).text


def test_an_approved_item_is_told_and_published(cora: TestClient, folder: Path) -> None:
    """The file says so, and the page says what happens next."""
    page = decide(cora, "waiting", "approve")
    assert page.status_code == 200, page.text
    assert "Approved." in page.text
    assert "Waits for Cora" in page.text
    assert "status: approved" in (folder / "library" / "cases" / "waiting.md").read_text()


def test_what_is_sent_back_needs_a_reason_which_its_author_finds(cora: TestClient, site: MakeClient) -> None:
    """Without one it stays where it is."""
    refused = decide(cora, "to-return", "return", reason=" ")
    assert refused.status_code == 422
    assert "reason" in refused.text
    assert "Sent back" in decide(cora, "to-return", "return", reason="Say what it was worth.").text
    ben = site(asker=BEN)
    assert "Say what it was worth." in ben.get("/contribute", headers=PAGE).text
    assert "Say what it was worth." in ben.get("/contribute/to-return", headers=PAGE).text


def test_only_what_was_read_is_approved(cora: TestClient, folder: Path) -> None:
    """An item that was changed meanwhile is shown anew, and stays as it is."""
    page = cora.get("/review/changing", headers=PAGE)
    file = folder / "library" / "cases" / "changing.md"
    file.write_text(f"{file.read_text()}\nMore.\n")
    form = {"csrf": token_of(page), "etag": '"old"', "do": "approve"}
    answer = cora.post("/review/changing", data=form, headers=PAGE)
    assert answer.status_code == 409
    assert "changed while you were reading" in answer.text
    assert "status: in_review" in file.read_text()


@pytest.mark.parametrize(("item_id", "says"), [("own", "nobody approves what"), ("wider", "takes a publisher")])
def test_a_refusal_says_who_could(cora: TestClient, item_id: str, says: str) -> None:
    """The page says it before one tries, and there is no button; who tries all the same is told again."""
    page = cora.get(f"/review/{item_id}", headers=PAGE).text
    assert says in page
    assert 'value="approve"' not in page
    assert decide(cora, item_id, "approve").status_code in (403, 422)


def test_a_refusal_is_told_in_the_language_of_the_page(cora: TestClient) -> None:
    """With the names of what is in the way; nobody is sent to a command line."""
    page = cora.get("/review/own", headers={**PAGE, "Accept-Language": "de"}).text
    assert "Sie haben daran geschrieben, und niemand gibt frei, was er selbst geschrieben hat. Bitten Sie" in page
    page = cora.get("/review/wider", headers={**PAGE, "Accept-Language": "fr"}).text
    assert "(il serait public)" in page
    assert "--" not in re.sub(r"<!--.*?-->", "", page)


def test_who_has_no_name_decides_nothing(site: MakeClient) -> None:
    """Whatever role a service has, it has no link to the queue, and is told whose work that is."""
    key = site(asker=Asker(role=Role.CURATOR, is_service=True))
    assert "/review" not in re.findall(r'<li><a href="([^"]+)"', key.get("/cases", headers=PAGE).text)
    assert "role of a curator" in key.get("/review", headers=PAGE).text


def test_the_only_case_for_a_problem_goes_when_that_is_confirmed(cora: TestClient, folder: Path) -> None:
    """The page warns, and asks for a tick."""
    file = folder / "library" / "cases" / "sponsor-case.md"
    page = cora.get("/review/sponsor-case", headers=PAGE).text
    assert "only approved case that you see for Sponsor left" in page
    assert decide(cora, "sponsor-case", "archive", reason="Outdated.").status_code == 422
    assert "status: archived" not in file.read_text()
    assert "Archived" in decide(cora, "sponsor-case", "archive", reason="Outdated.", confirmed="1").text
    assert "status: archived" in file.read_text()


def test_several_are_verified_and_refusals_told_one_by_one(cora: TestClient) -> None:
    """What cannot be verified does not keep the others from it."""
    token = token_of(cora.get("/review?tab=overdue", headers=PAGE))
    form = {"csrf": token, "do": "verify", "item": ["price-case", "own"]}
    page = cora.post("/review", data=form, headers=PAGE).text
    assert "1 item done." in page
    assert "<strong>own</strong>" in page


def test_what_changed_is_marked_by_more_than_colour(cora: TestClient, folder: Path) -> None:
    """Words that went and that came have elements of their own."""
    assert "Verified" in decide(cora, "downtime-case", "verify").text
    decide(cora, "downtime-case", "return", reason="Once more.")
    file = folder / "library" / "cases" / "downtime-case.md"
    file.write_text(file.read_text().replace("status: draft", "status: in_review"))
    assert decide(cora, "downtime-case", "approve").status_code == 200
    file.write_text(file.read_text().replace("every week", "every night"))
    page = cora.get("/review/downtime-case", headers=PAGE).text
    assert "<del>week</del><ins>night</ins>" in page


def test_all_of_one_who_left_is_handed_over(cora: TestClient, folder: Path) -> None:
    """Owner and contact change, authors stay."""
    token = token_of(cora.get("/review", headers=PAGE))
    form = {"csrf": token, "do": "reassign", "leaver": "ben@firm.example", "successor": "dora@firm.example"}
    assert "done." in cora.post("/review", data=form, headers=PAGE).text
    text = (folder / "library" / "cases" / "changing.md").read_text()
    assert "owner: dora@firm.example" in text
    assert "authors: [ben@firm.example]" in text


def test_a_reader_has_no_queue(site: MakeClient) -> None:
    """He is told whose work it is; there is no link in his header, and an item's page is not for him."""
    reader = site(asker=READER)
    page = reader.get("/review", headers=PAGE).text
    assert "Your role is another one" in page
    assert 'href="/review"' not in page
    assert reader.get("/review/price-case", headers=PAGE).status_code == 403
    assert reader.get("/review/own", headers=PAGE).status_code in (403, 404)
