"""The desk over HTTP: queue, decisions, what readers see after them, and the audit."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from library.access import Asker, Role
from tests.api.conftest import ANONYMOUS, HIDDEN_WORDS, RED, MakeClient
from tests.api.routes.desk_calls import ANN, AUDITOR, CORA, PAULA, READER, TEXT, approved_by, saved_by


def _submitted(client: MakeClient, text: str = TEXT) -> str:
    api = client(asker=ANN)
    item_id, _ = saved_by(api, text)
    assert api.post(f"/v1/drafts/{item_id}/submission").status_code == 200
    return item_id


def test_a_case_goes_from_notes_to_readers(client: MakeClient) -> None:
    """Handed in, looked at, approved by another, indexed in the background: then everybody finds it."""
    item_id = _submitted(client)
    desk = client(asker=CORA)
    assert [(one["id"], one["waiting"]) for one in desk.get("/v1/review").json()["items"]] == [(item_id, "new")]
    page = desk.get(f"/v1/review/{item_id}").json()
    assert (page["obstacle"], page["status"], page["diff"]["since"]) == ("", "in_review", None)
    decided = approved_by(desk, item_id)
    assert decided.json() == {"id": item_id, "what": "approved"}
    services = desk.app.state.services  # type: ignore[attr-defined]
    services.publisher.settle()
    assert services.publisher.state().status == "idle", services.publisher.state()
    services.engines.settle()
    desk.get("/readyz")
    services.engines.settle()
    answer = desk.get(f"/v1/cases/{item_id}")
    assert (answer.status_code, answer.json()["status"]) == (200, "approved"), answer.text


def test_nobody_approves_what_he_wrote(client: MakeClient) -> None:
    """Whoever saved it is refused, though a curator, and told who could."""
    writer = client(asker=CORA)
    item_id, _ = saved_by(writer)
    writer.post(f"/v1/drafts/{item_id}/submission")
    assert "another curator" in writer.get(f"/v1/review/{item_id}").json()["obstacle"]
    answer = approved_by(writer, item_id)
    assert (answer.status_code, "another curator" in answer.json()["detail"]) == (403, True)


def test_a_wider_audience_takes_a_publisher(client: MakeClient) -> None:
    """A first approval for everybody is a publisher's."""
    item_id = _submitted(client, TEXT.replace("classification: internal", "classification: public"))
    refused = approved_by(client(asker=CORA), item_id)
    assert (refused.status_code, "publisher" in refused.json()["detail"]) == (403, True)
    assert approved_by(client(asker=PAULA), item_id).status_code == 200


def test_a_name_of_the_deny_list_is_never_approved(client: MakeClient, tmp_path: Path) -> None:
    """It fails with the words of the draft, which its author may mend."""
    (tmp_path / "accounts.txt").write_text("Nordbrau\n", encoding="utf-8")
    listed = {"deny_list": tmp_path / "accounts.txt"}
    api = client(asker=ANN, **listed)
    item_id, _ = saved_by(api, TEXT.replace("A brewer with", "Nordbrau has"))
    api.post(f"/v1/drafts/{item_id}/submission")
    answer = approved_by(client(asker=CORA, **listed), item_id)
    assert (answer.status_code, "Nordbrau" in answer.json()["detail"]) == (422, True)


def test_what_is_approved_is_what_was_looked_at(client: MakeClient, library: Path) -> None:
    """An approval names the text that was shown; one that was changed meanwhile is looked at again first."""
    item_id = _submitted(client)
    desk, path = client(asker=CORA), f"/v1/review/{item_id}/decisions"
    assert desk.post(path, json={"decision": "approve"}).status_code == 428
    etag = desk.get(f"/v1/review/{item_id}").headers["etag"]
    file = library / "cases" / f"{item_id}.md"
    file.write_text(file.read_text(encoding="utf-8").replace("nine plants", "ten plants"), encoding="utf-8")
    for decision in ("approve", "return", "verify", "archive"):
        given = {"decision": decision, "reason": "It has to go.", "confirmed": True}
        assert desk.post(path, json=given, headers={"If-Match": etag}).status_code == 412
    assert "status: in_review" in file.read_text(encoding="utf-8")
    assert approved_by(desk, item_id).status_code == 200


def test_what_comes_back_says_why(client: MakeClient) -> None:
    """A return takes a reason, which stands in its author's queue."""
    item_id = _submitted(client)
    desk, path = client(asker=CORA), f"/v1/review/{item_id}/decisions"
    assert desk.post(path, json={"decision": "return"}).status_code == 422
    assert desk.post(path, json={"decision": "return", "reason": "No value yet."}).status_code == 200
    (entry,) = client(asker=ANN).get("/v1/review").json()["items"]
    assert (entry["waiting"], entry["reason"]) == ("returned", "No value yet.")


def test_the_only_case_for_a_challenge_goes_when_confirmed(client: MakeClient) -> None:
    """Archiving it says what is lost, and does it when asked again."""
    desk, path = client(asker=CORA), "/v1/review/sponsor-case/decisions"
    decision = {"decision": "archive", "reason": "It is out of date."}
    answer = desk.post(path, json=decision)
    assert (answer.status_code, "sponsor-left" in answer.json()["detail"]) == (409, True)
    assert desk.post(path, json={**decision, "confirmed": True}).json()["what"] == "archived"


def test_many_are_verified_and_handed_over_at_once(client: MakeClient, library: Path) -> None:
    """What is refused does not stop the rest; an empty wish is a problem."""
    desk = client(asker=CORA)
    done = desk.post("/v1/review/verifications", json={"ids": ["price-case", "no-case"]}).json()
    assert [one["id"] for one in done["done"]] == ["price-case"]
    assert [one["id"] for one in done["refused"]] == ["no-case"]
    assert desk.post("/v1/review/verifications", json={}).status_code == 422
    hidden = desk.post("/v1/review/reassignments", json={"leaver": "ann@firm.example", "successor": "ben"})
    assert hidden.json() == {"done": [], "refused": []}  # the item of hers is not for this curator
    assert "owner: ann@firm.example" in (library / "cases" / "hidden-case.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("asker", [READER, ANONYMOUS])
def test_readers_have_no_desk(asker: Asker, client: MakeClient) -> None:
    """Queue and decisions are refused with who could, and hidden items are as missing ones."""
    api = client(asker=asker)
    assert api.get("/v1/review").status_code == 403
    seen = [api.post(f"/v1/review/{name}/decisions", json={"decision": "verify"}) for name in ("hidden-case", "none")]
    assert [answer.status_code for answer in seen] == [403, 403]
    assert seen[0].json()["detail"] == seen[1].json()["detail"]
    assert api.post("/v1/review/verifications", json={"ids": ["x"]}).status_code == 403


def test_curators_find_hidden_items_missing(client: MakeClient) -> None:
    """The role alone opens nothing confidential: 404, and not a word of it in any answer of the desk."""
    desk = client(asker=CORA)
    for path in ("/v1/review/hidden-case", "/v1/drafts/hidden-case"):
        assert desk.get(path).status_code == 404
    assert not [word for word in HIDDEN_WORDS[:5] if word in desk.get("/v1/review").text]


def test_the_audit_is_for_auditors(client: MakeClient) -> None:
    """It tells who did what, as JSON Lines or CSV; others are refused."""
    item_id = _submitted(client)
    client(asker=RED).get("/v1/cases/hidden-case")
    api = client(asker=AUDITOR)
    lines = [json.loads(line) for line in api.get("/v1/audit").text.splitlines()]
    told = [("saved", item_id), ("submitted", item_id), ("read_confidential", "hidden-case")]
    assert [(line["what"], line["item"]) for line in lines] == told
    table = csv.DictReader(io.StringIO(api.get("/v1/audit", params={"format": "csv", "item": "hidden-case"}).text))
    assert [row["who"] for row in table] == [RED.user]
    assert api.get("/v1/audit", params={"since": "2999-01-01T00:00:00Z"}).text == ""
    refused = client(asker=CORA).get("/v1/audit")
    assert (refused.status_code, "auditor" in refused.json()["detail"]) == (403, True)


def test_exports_hold_what_the_caller_sees(client: MakeClient) -> None:
    """As JSON Lines or CSV, without what is hidden; drafts for their authors alone, when asked for."""
    api = client(asker=ANONYMOUS)
    answer = api.get("/v1/exports", params={"type": "business_case"})
    assert len(answer.text.splitlines()) == 4
    whole = [
        api.get(path).text
        for path in ("/v1/exports", "/v1/exports?format=csv", "/v1/vocabulary", "/v1/vocabulary?format=csv")
    ]
    assert not [word for word in HIDDEN_WORDS if word in "".join(whole)]
    assert "skos:prefLabel" in whole[2]
    drafts = {"status": "draft"}
    assert api.get("/v1/exports", params=drafts).text == ""
    assert "draft-case" in client(asker=Asker("ann@firm.example", Role.READER)).get("/v1/exports", params=drafts).text
