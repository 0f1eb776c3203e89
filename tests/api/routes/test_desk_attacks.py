"""What somebody tries who wants more at the desk than is his: none of it works, and nothing is told by it."""

from __future__ import annotations

import base64
import csv
import io
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import Parts, create_app
from api.credentials.identity import Identity, IdentitySource, Sender
from curation.keys import KeyStore
from curation.state import State
from library.access import Asker, Role
from library.settings import Settings
from tests.api.conftest import MakeClient, MakeSettings, open_client
from tests.api.routes.desk_calls import ANN, AUDITOR, BEN, CORA, PAULA, TEXT, approved_by, saved_by
from tests.conftest import FakeEncoder

_OUTSIDE = ("..%2F..%2Fetc%2Fpasswd", "..", "%2e%2e%2fcases%2fprice-case", "cases%2Fprice-case", "price-case.md", "%00")
_COMMAND = re.compile(r"casebook [a-z]| --[a-z]")


class _TwoPeople(IdentitySource):
    """Tells two people apart by the header that they send."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, KeyStore(State(settings.state_file)), None)

    def _identified(self, sender: Sender) -> Identity:
        asker = {"ann": ANN, "ben": BEN}[sender.headers["x-person"]]
        return Identity(asker, f"user:{asker.user}")


def test_no_id_leads_out_of_the_library(client: MakeClient) -> None:
    """What is no id is an item that does not exist, on every route that takes one."""
    desk, text = client(asker=PAULA), {"text": TEXT}
    for name in _OUTSIDE:
        for place in ("drafts", "review", "purges"):
            assert desk.get(f"/v1/{place}/{name}").status_code == 404
        assert desk.put(f"/v1/drafts/{name}", json=text, headers={"If-Match": '"x"'}).status_code in (404, 405)
        assert desk.post(f"/v1/drafts/{name}/submission").status_code in (404, 405)


_LINES = ("id: ../../outside", "id: price-case", "type: competency", "id: a/b", 'id: "..\\\\x"', "status: archived")


def test_a_text_does_not_choose_its_place(client: MakeClient, library: Path) -> None:
    """Ids, types and states in a new text count for nothing: it is a draft under an id that the server makes."""
    api = client(asker=ANN)
    before = {path: path.read_bytes() for path in library.glob("*/**/*.md")}
    for line in _LINES:
        text = TEXT.replace("status: approved\n", "" if line.startswith("status") else "status: approved\n")
        item_id, _ = saved_by(api, text.replace("title:", f"{line}\ntitle:", 1))
        (new,) = {path for path in library.rglob("*.md") if path not in before}
        assert new == library / "cases" / f"{item_id}.md"
        assert "status: draft" in new.read_text(encoding="utf-8")
        assert all(path.read_bytes() == content for path, content in before.items())
        new.unlink()


def test_a_file_s_name_is_no_place(client: MakeClient, library: Path) -> None:
    """A file is read from what was sent, wherever its name points."""
    before = sorted(library.rglob("*"))
    api = client(asker=ANN)
    content = base64.b64encode(b"Line stops\n\nThe lines stand still.\n").decode()
    for name in ("../../etc/x.txt", "C:\\x.txt", "..", "a" * 255, ".git/config", "con.txt"):
        answer = api.post("/v1/drafts/conversion", json={"name": name, "content": content})
        assert answer.status_code in (200, 422)
        assert str(library) not in answer.text
    assert sorted(library.rglob("*")) == before


def test_an_idempotency_key_is_its_sender_s_own(
    make_settings: MakeSettings, encoder: FakeEncoder, indexed: None
) -> None:
    """The key of somebody else gives nothing of his answer: what is sent is saved under one's own name."""
    del indexed
    settings = make_settings()
    with open_client(create_app(settings, Parts(encoder=encoder, identities=_TwoPeople(settings)))) as api:
        answers = [
            api.post("/v1/drafts", json={"text": TEXT}, headers={"Idempotency-Key": "k", "X-Person": person})
            for person in ("ann", "ben", "ann")
        ]
        assert [answer.status_code for answer in answers] == [201, 201, 201]
        assert answers[0].json()["id"] == answers[2].json()["id"] != answers[1].json()["id"]
        assert "idempotency-replayed" not in answers[1].headers


def test_of_two_writers_one_is_told(client: MakeClient, library: Path) -> None:
    """Changes of the same text sent at once: one is saved, the others are told to look again."""
    api = client(asker=ANN)
    item_id, etag = saved_by(api)

    def change(n: int) -> int:
        text = {"text": TEXT.replace("nine plants", f"{n} plants")}
        return api.put(f"/v1/drafts/{item_id}", json=text, headers={"If-Match": etag}).status_code

    with ThreadPoolExecutor(4) as threads:
        statuses = sorted(threads.map(change, range(4)))
    assert statuses == [200, 412, 412, 412]
    assert not list(library.rglob(".casebook-*.tmp"))


def test_a_curator_widens_nothing(client: MakeClient, library: Path) -> None:
    """An edit that opens a case is a draft, and its approval is a publisher's, whoever hands it in."""
    api = client(asker=CORA)
    found = api.get("/v1/drafts/price-case")
    text = found.json()["text"].replace("classification: internal", "classification: public")
    saved = api.put("/v1/drafts/price-case", json={"text": text}, headers={"If-Match": found.headers["etag"]})
    assert (saved.status_code, saved.json()["status"]) == (200, "draft")
    assert api.post("/v1/drafts/price-case/submission").status_code == 200
    other = client(asker=Asker("carl@firm.example", Role.CURATOR))
    answer = approved_by(other, "price-case")
    assert (answer.status_code, "publisher" in answer.json()["detail"]) == (403, True)
    assert "status: in_review" in (library / "cases" / "price-case.md").read_text(encoding="utf-8")


def test_hidden_items_are_as_missing_ones_whatever_is_sent(client: MakeClient) -> None:
    """Status, words and headers are those of an id that nobody has, with any version and decision."""
    desk = client(asker=CORA)
    for tag in ('"x"', "*", 'W/"x"', ""):
        headers = {"If-Match": tag} if tag else {}
        for decision in ("approve", "return", "verify", "archive"):
            given = {"decision": decision, "reason": "Because.", "confirmed": True}
            answers = [
                desk.post(f"/v1/review/{name}/decisions", json=given, headers=headers) for name in ("stub-case", "none")
            ]
            assert len({answer.status_code for answer in answers}) == 1
            assert len({answer.json()["detail"].replace("stub-case", "none") for answer in answers}) == 1
        puts = [desk.put(f"/v1/drafts/{name}", json={"text": TEXT}, headers=headers) for name in ("stub-case", "none")]
        assert len({(answer.status_code, answer.json()["detail"]) for answer in puts}) == 1
    bulk = desk.post("/v1/review/verifications", json={"ids": ["stub-case", "none"]}).json()
    assert len({one["message"].replace(one["id"], "") for one in bulk["refused"]}) == 1


def test_no_export_runs_in_a_spreadsheet(client: MakeClient) -> None:
    """A cell that begins as a formula does is text, in the audit and in items."""
    saved = []
    for begin in ("=", "+", "-", "@", "\t="):
        api = client(asker=Asker(f"{begin}cmd|'/c calc'!A0", Role.CURATOR))
        title = f'title: "{begin.strip()}HYPERLINK(1)"'
        saved.append(saved_by(api, TEXT.replace("title: Line stops at a brewer", title))[0])
    _settle(api)
    tables = [
        client(asker=AUDITOR).get("/v1/audit", params={"format": "csv"}).text,
        client(asker=CORA).get("/v1/exports", params={"format": "csv", "status": "draft"}).text,
    ]
    for table in tables:
        cells = [cell for row in csv.reader(io.StringIO(table)) for cell in row]
        assert set(saved) <= set(cells)
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


_ASKED: tuple[tuple[str, dict[str, object]], ...] = (
    ("/v1/review/draft-case/decisions", {"decision": "approve"}),
    ("/v1/review/price-case/decisions", {"decision": "return", "reason": ""}),
    ("/v1/review/price-case/decisions", {"decision": "verify"}),
    ("/v1/review/none/decisions", {"decision": "verify"}),
    ("/v1/review/verifications", {"ids": ["draft-case", "none"]}),
    ("/v1/review/reassignments", {"leaver": "a", "successor": "b"}),
    ("/v1/purges/price-case", {"confirmed": True}),
    ("/v1/vocabulary/renamings", {"concept": "price-pressure", "new_id": "sponsor-left"}),
    ("/v1/vocabulary/imports", {"format": "csv", "content": "x"}),
    ("/v1/drafts", {"text": "no front matter"}),
)


@pytest.mark.parametrize("role", [Role.READER, Role.CONTRIBUTOR, Role.CURATOR])
def test_no_answer_tells_a_caller_to_type_a_command(role: Role, client: MakeClient, library: Path) -> None:
    """Refusals say what to do in words that hold for every surface, and name no place on the server."""
    api = client(asker=Asker("ann@firm.example", role))
    for path, body in _ASKED:
        for headers in ({}, {"If-Match": '"x"'}):
            answer = api.post(path, json=body, headers=headers)
            assert not _COMMAND.search(answer.text), answer.text
            assert str(library) not in answer.text
    looked = api.get("/v1/review/price-case")
    assert not _COMMAND.search(looked.text), looked.text


def _git(root: Path, *arguments: str) -> None:
    named = ("-c", "user.name=Server", "-c", "user.email=server@example.org")
    subprocess.run(["git", "-C", root, *named, *arguments], check=True, capture_output=True)


def _committed(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    _git(library, "init", "--quiet")
    _git(library, "config", "user.name", "Server")
    _git(library, "config", "user.email", "server@example.org")
    _git(library, "add", "cases", "kb")
    _git(library, "commit", "--quiet", "--message", "All of it")


def test_what_a_hook_refuses_is_published_all_the_same(
    client: MakeClient, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook of the firm's refuses the commit: that is told, and readers see what the file says now."""
    _committed(library, monkeypatch)
    hook = library / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    desk = client(asker=CORA, commit=True)
    given = {"decision": "archive", "reason": "Out of date.", "confirmed": True}
    answer = desk.post("/v1/review/downtime-case/decisions", json=given)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (503, "not-committed"), answer.text
    _settle(desk)
    assert desk.get("/v1/cases/downtime-case").json()["status"] == "archived"


def test_what_git_cannot_take_is_not_saved(client: MakeClient, library: Path) -> None:
    """Without a work tree nothing is written, and no answer says that it was, or where the library lies."""
    before = sorted(library.rglob("*.md"))
    answer = client(asker=ANN, commit=True).post("/v1/drafts", json={"text": TEXT})
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (503, "not-committable")
    assert str(library) not in answer.text
    assert sorted(library.rglob("*.md")) == before


def _settle(client: TestClient) -> None:
    assert isinstance(client.app, FastAPI)
    services = client.app.state.services
    services.publisher.settle()
    services.engines.settle()
    client.get("/readyz")
    services.engines.settle()
