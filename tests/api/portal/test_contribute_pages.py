"""Writing in the portal: notes or a file become a draft that is checked, saved and handed in, and nothing is lost."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import docx
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from library.access import Asker, Role
from tests.api.conftest import HIDDEN_WORDS, LIBRARY, MakeClient
from tests.api.portal.portal_forms import PAGE, token_for
from tests.api.portal.portal_site import serve_library

BEN = Asker(user="ben@firm.example", role=Role.CONTRIBUTOR)
READER = Asker(user="eve@firm.example")
CORA = Asker(user="cora@firm.example", role=Role.CURATOR)
NOTES = """Price talks at a brewer

Challenge: Purchasing demands a price cut of ten percent. Mrs Jensen wants three suppliers.

Solution: One team of both firms met each Tuesday.

Result: Unplanned stops fell from 14 to 5 hours.
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the library of all these tests lies."""
    return tmp_path_factory.mktemp("contribute")


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[MakeClient]:
    """The library, indexed once."""
    with serve_library(folder, LIBRARY) as make:
        yield make


@pytest.fixture(scope="module")
def ben(site: MakeClient) -> TestClient:
    """A contributor's browser."""
    return site(asker=BEN)


def send(
    client: TestClient,
    path: str = "/contribute",
    *,
    file: Any = b"",
    name: str = "",
    language: str = "en",
    **fields: Any,
) -> Response:
    """Send the form as a browser does, with the token of the session."""
    form = {**fields, "csrf": token_for(client)}
    name = name or ("notes.docx" if file else "")
    headers = {**PAGE, "Accept-Language": language}
    return client.post(path, data=form, files={"file": (name, file)}, headers=headers, follow_redirects=False)


def fields_of(page: Response) -> dict[str, str]:
    """Return what stands in the form of a draft: texts by the names of their fields."""
    areas = re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>(.*?)</textarea>', page.text, re.DOTALL)
    lines = re.findall(r'<input type="(?:text|hidden)"[^>]*name="(\w+)"[^>]* value="([^"]*)"', page.text)
    return {name: unescape(text) for name, text in (*lines, *areas)}


def saved(client: TestClient, title: str, **fields: str) -> str:
    """Save a new draft; return the path of its page."""
    answer = send(client, do="save", title=title, classification="internal", **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def test_notes_become_sections(ben: TestClient) -> None:
    """Each text stands in its section, with what to add next and the name that was found; nothing is saved."""
    page = send(ben, do="read", notes=NOTES)
    assert page.status_code == 200
    found = fields_of(page)
    assert found["title"] == "Price talks at a brewer"
    assert found["text_challenge"].startswith("Purchasing demands a price cut")
    assert found["text_solution"] == "One team of both firms met each Tuesday."
    assert "<q>Mrs Jensen</q>" in page.text
    assert "% complete" in page.text
    assert page.headers["cache-control"] == "private, no-store"
    assert "Price talks" not in ben.get("/contribute", headers=PAGE).text


def test_what_fits_is_suggested_with_the_passage_that_speaks_for_it(ben: TestClient) -> None:
    """Suggestions are boxes to tick, and nothing that the author may not see is among them."""
    page = send(ben, do="read", notes=NOTES).text
    assert re.search(
        r'name="link" value="challenge_types:price-pressure">\s*<span>[^<]+<q class="speaks" lang="en">', page
    )
    assert not [word for word in HIDDEN_WORDS if word in page]


def test_a_word_file_is_read(ben: TestClient) -> None:
    """A file gives a draft as notes do; notes beside it are kept."""
    document = docx.Document()
    document.add_heading("A case in Word", 1)
    document.add_heading("Challenge", 2)
    document.add_paragraph("The line stood still.")
    stream = io.BytesIO()
    document.save(stream)
    found = fields_of(send(ben, do="read", file=stream.getvalue(), notes="Ask the plant."))
    assert (found["title"], found["text_challenge"]) == ("A case in Word", "The line stood still.")
    assert found["further"] == "Ask the plant."


def test_a_file_that_is_empty_is_told_and_the_notes_kept(ben: TestClient) -> None:
    """The notes alone are not taken for the file."""
    page = send(ben, do="read", name="story.docx", notes="Mine.")
    assert page.status_code == 422
    assert "story.docx is empty." in page.text
    assert fields_of(page)["notes"] == "Mine."


def test_a_file_that_is_too_large_is_told(site: MakeClient) -> None:
    """The form says how large one may be, so that a browser need not send it."""
    client = site(asker=BEN)
    assert 'data-max-bytes="20000000"' in client.get("/contribute", headers=PAGE).text
    page = send(client, do="read", file=b"x" * 20_000_001, notes="Mine.")
    assert page.status_code == 422
    assert "more than 20 MB" in page.text
    assert fields_of(page)["notes"] == "Mine."


def test_notes_without_a_title_are_looked_at_all_the_same(ben: TestClient) -> None:
    """The title is asked for, and stays empty until there is one."""
    page = send(ben, do="read", notes="Challenge: Purchasing demands a price cut of ten percent, and at once.\n")
    assert fields_of(page)["title"] == ""
    assert "% complete" in page.text
    assert 'href="#f-title"' in page.text
    assert 'name="link"' in page.text


def test_hints_are_told_in_the_language_of_the_page(ben: TestClient) -> None:
    """What a catalogue does not know would be marked as English."""
    notes = "Talks\n\nChallenge: They want our turnkey solutions.\n\nWhat went wrong: Nothing much.\n"
    page = send(ben, do="read", notes=notes, language="de").text
    assert "„turnkey solutions“ in der Herausforderung ist ein Wort von Lieferanten. Sagen Sie" in page
    assert "„Nothing much.“ ist alles, was schiefging." in page
    assert '<span lang="en">' not in page
    told = send(ben, do="read", name="story.docx", language="fr")
    assert "story.docx est vide." in told.text


def test_the_cases_of_a_file_are_kept_when_the_session_ended(ben: TestClient, folder: Path) -> None:
    """They are sent once more then; what was saved before is not saved twice."""
    deck = "".join(f"# Case {n}: Kept story {n}\n\n## Challenge\n\nProblem {n}.\n\n" for n in (1, 2))
    packed = fields_of(send(ben, do="read", notes=deck))["cases"]
    ended = ben.post("/contribute", data={"csrf": "old", "do": "save_all", "cases": packed}, headers=PAGE)
    assert ended.status_code == 403
    assert fields_of(ended)["cases"] == packed
    assert "Your session had ended" in ended.text
    for _ in range(2):
        assert send(ben, do="save_all", cases=packed).headers["location"] == "/contribute?done=saved"
    assert len(list((folder / "library" / "cases").glob("*kept-story*.md"))) == 2


@pytest.mark.parametrize("cases", ["no list", '["---\\ntitle: [\\n---\\n"]', "[" * 10_000, "[1]"])
def test_what_a_browser_makes_of_the_cases_breaks_nothing(ben: TestClient, cases: str) -> None:
    """One begins again."""
    assert send(ben, do="open", cases=cases, which="0").status_code == 422


def test_of_several_cases_one_is_chosen_or_all_are_saved(ben: TestClient) -> None:
    """A deck's cases are listed; each can be opened, and all of them saved."""
    two = "".join(f"# Case {n}: Deck story {n}\n\n## Challenge\n\nProblem {n}.\n\n" for n in (1, 2))
    page = send(ben, do="read", notes=two)
    assert "2 cases in this file" in page.text
    packed = fields_of(page)["cases"]
    assert fields_of(send(ben, do="open", cases=packed, which="1"))["text_challenge"] == "Problem 2."
    answer = send(ben, do="save_all", cases=packed)
    assert answer.headers["location"] == "/contribute?done=saved"
    mine = ben.get("/contribute", headers=PAGE).text
    assert "Deck story 1" in mine
    assert "Deck story 2" in mine


def test_a_saved_draft_is_markdown_and_opens_again(ben: TestClient, folder: Path) -> None:
    """It lies in the library as a file, and the form shows the same again, with what was ticked."""
    path = saved(ben, "A draft of mine", text_challenge="They want less.", link="challenge_types:price-pressure")
    file = next((folder / "library" / "cases").glob("*a-draft-of-mine*.md")).read_text(encoding="utf-8")
    assert "status: draft" in file
    assert "challenge_types: [price-pressure]" in file
    assert "## Challenge\n\nThey want less.\n" in file
    page = ben.get(path, headers=PAGE)
    assert fields_of(page)["text_challenge"] == "They want less."
    assert 'value="challenge_types:price-pressure" checked' in page.text
    assert 'class="speaks"' in page.text


def test_what_the_form_does_not_show_stays_in_the_file(ben: TestClient, folder: Path) -> None:
    """Comments and fields that only the file has are there after saving."""
    path = saved(ben, "With a comment", text_value="Much.")
    file = next((folder / "library" / "cases").glob("*with-a-comment*.md"))
    file.write_text(file.read_text().replace("status:", "offerings: [Filler]  # ours\nstatus:"))
    form = fields_of(ben.get(path, headers=PAGE))
    assert send(ben, path, do="save", **{**form, "text_value": "More."}).status_code == 303
    assert "offerings: [Filler]  # ours" in file.read_text()
    assert "More." in file.read_text()


def test_a_conflict_keeps_both_texts(ben: TestClient, folder: Path) -> None:
    """Somebody else's text is shown beside what was typed; saving once more is then a decision."""
    path = saved(ben, "Written by two", text_value="First.")
    form = fields_of(ben.get(path, headers=PAGE))
    file = next((folder / "library" / "cases").glob("*written-by-two*.md"))
    file.write_text(file.read_text().replace("First.", "Theirs."))
    page = send(ben, path, do="save", **{**form, "text_value": "Mine."})
    assert page.status_code == 409
    assert "<dd>Theirs.</dd>" in page.text
    assert "% complete" in page.text
    again = fields_of(page)
    assert again["text_value"] == "Mine."
    assert "Theirs." in file.read_text()
    assert send(ben, path, do="save", **again).status_code == 303
    assert "Mine." in file.read_text()


def test_a_draft_is_handed_in(ben: TestClient) -> None:
    """It waits for its review then, and the page says what comes next."""
    answer = send(ben, do="submit", title="Ready for review", classification="internal", text_challenge="Much.")
    assert answer.headers["location"].endswith("?done=submitted")
    page = ben.get(answer.headers["location"], headers=PAGE).text
    assert "A curator looks at it next" in page


@pytest.mark.parametrize("do", ["save", "submit", "check", "read"])
def test_what_was_typed_is_never_lost(ben: TestClient, do: str) -> None:
    """Without the token of a session that lasts, all of it comes back in the form."""
    form = {"csrf": "old", "do": do, "title": "Typed <b>", "notes": "My notes.", "text_value": "Long & good."}
    page = ben.post("/contribute", data=form, headers=PAGE)
    assert page.status_code == 403
    found = fields_of(page)
    assert found["title"] == "Typed <b>"
    assert "My notes." in found.values() if do == "read" else found["text_value"] == "Long & good."


def test_a_title_is_asked_for_and_the_rest_kept(ben: TestClient) -> None:
    """Without one nothing is saved."""
    page = send(ben, do="save", text_value="Long.")
    assert page.status_code == 422
    assert "% complete" in page.text
    assert fields_of(page)["text_value"] == "Long."


def test_a_file_that_cannot_be_read_is_told_and_the_notes_kept(ben: TestClient) -> None:
    """The message says what to do with the file."""
    page = send(ben, do="read", file=b"PK\x03\x04 broken", notes="Mine.")
    assert page.status_code == 422
    assert "damaged" in page.text
    assert fields_of(page)["notes"] == "Mine."


def test_where_git_takes_nothing_all_is_kept_and_no_folder_told(tmp_path: Path) -> None:
    """The server's log has what to mend; the page has what was typed."""
    with serve_library(tmp_path, LIBRARY, commit=True) as make:
        page = send(make(asker=BEN), do="save", title="Not committed", classification="internal", text_value="Long.")
        decided = make(asker=CORA)
        token = token_for(decided)
        etag = re.search(r'name="etag" value="([^"]+)"', decided.get("/review/price-case", headers=PAGE).text)
        assert etag
        form = {"csrf": token, "do": "return", "reason": "Why?", "etag": unescape(etag[1])}
        refused = decided.post("/review/price-case", data=form, headers=PAGE)
    assert fields_of(page)["text_value"] == "Long."
    for answer in (page, refused):
        assert answer.status_code == 422
        assert "Git could not take it" in answer.text
        assert str(tmp_path) not in answer.text


def test_a_large_file_of_nobody_is_answered_with_the_way_in(site: MakeClient) -> None:
    """Whoever may not send one is told so in the language of the page, before it is read."""
    reader = site(asker=READER)
    page = send(reader, do="read", file=b"x" * 3_000_000, language="de")
    assert page.status_code == 403
    assert "In der Rolle Leser können Sie nicht Entwürfe schreiben" in page.text


def test_a_reader_is_told_how_one_contributes(site: MakeClient) -> None:
    """There is no link in the header, a page that says how, and no draft from a reader's form."""
    reader = site(asker=READER)
    assert 'href="/contribute"' not in reader.get("/cases", headers=PAGE).text
    assert "role of a contributor" in reader.get("/contribute", headers=PAGE).text
    page = send(reader, do="save", title="Not mine to write", text_value="Kept.")
    assert page.status_code == 403
    assert fields_of(page)["text_value"] == "Kept."


def test_who_may_write_is_led_there_from_every_page(ben: TestClient, site: MakeClient) -> None:
    """Also from the page of a problem; a case of one's own, and any case to a curator, has a link to edit it."""
    assert 'href="/contribute"' in ben.get("/nowhere", headers=PAGE).text
    edit = '<a class="button small" href="/contribute/price-case">Edit</a>'
    assert edit not in ben.get("/cases/price-case", headers=PAGE).text
    curator = site(asker=CORA).get("/cases/price-case", headers=PAGE).text
    assert edit in curator
    assert '<a class="button small" href="/review/price-case">Review</a>' in curator
    assert "/contribute" not in site(asker=READER).get("/cases/price-case", headers=PAGE).text


def test_somebody_elses_draft_is_not_there(ben: TestClient, site: MakeClient) -> None:
    """A draft that one does not see is answered as one that does not exist."""
    path = saved(ben, "For curators and me", text_value="Mine.")
    other = site(asker=Asker(user="dan@firm.example", role=Role.CONTRIBUTOR))
    assert other.get(path, headers=PAGE).status_code == 404
    assert other.get("/contribute/case-that-never-was", headers=PAGE).status_code == 404
    assert site(asker=CORA).get(path, headers=PAGE).status_code == 200
