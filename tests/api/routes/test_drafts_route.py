"""Drafts over HTTP: looked at, saved, changed, handed in; and refused with who could or what to do."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from curation.review.audit import Act, audit_lines
from curation.state import State
from library.access import Asker
from tests.api.conftest import HIDDEN_WORDS, MakeClient
from tests.api.routes.desk_calls import ANN, BEN, CORA, KEY, READER, TEXT, saved_by


def test_a_text_is_examined_and_not_saved(client: MakeClient, library: Path) -> None:
    """Findings, gaps and suggestions come back, each with what to do; no file appears."""
    before = sorted(library.rglob("*.md"))
    text = TEXT.replace("We took", "Dr. Keller said that we took").replace("[price-pressure]", "[]")
    answer = client(asker=BEN).post("/v1/drafts/examination", json={"text": text})
    body = answer.json()
    assert answer.status_code == 200, body
    assert [name["text"] for name in body["names"]] == ["Dr. Keller"]
    assert 0 < body["completeness"] < 1
    assert len(body["next"]) == 3
    assert {entry["field"] for entry in body["suggestions"]} >= {"challenge_types"}
    assert sorted(library.rglob("*.md")) == before
    assert not [word for word in HIDDEN_WORDS if word in answer.text]


def test_a_text_that_is_no_item_says_why(client: MakeClient) -> None:
    """Notes without front matter are examined all the same."""
    body = client(asker=ANN).post("/v1/drafts/examination", json={"text": "The lines stand still."}).json()
    assert body["completeness"] is None
    assert body["findings"][0]["severity"] == "blocker"
    assert body["findings"][0]["remedy"]


def test_notes_become_a_draft_that_can_be_saved(client: MakeClient) -> None:
    """What is pasted comes back as a whole file, with what was recognised and what is missing."""
    notes = "Line stops at a brewer\n\nChallenge\n\nThe lines stand still nine times a month.\n"
    content = base64.b64encode(notes.encode()).decode()
    api = client(asker=ANN)
    answer = api.post("/v1/drafts/conversion", json={"name": "notes.txt", "content": content})
    assert answer.status_code == 200, answer.text
    (draft,) = answer.json()["drafts"]
    assert "challenge" in draft["recognised"]
    assert "value" in draft["missing"]
    item_id, _ = saved_by(api, draft["text"])
    assert item_id.startswith("case-line-stops-at-a-brewer-")


@pytest.mark.parametrize(("content", "told"), [("§", "base64"), ("UEsDBA==", "damaged"), ("IA==", "empty")])
def test_a_file_that_cannot_be_read_says_what_to_do(content: str, told: str, client: MakeClient) -> None:
    """What is no base64, damaged or empty is a problem in words."""
    answer = client(asker=ANN).post("/v1/drafts/conversion", json={"name": "deck.pptx", "content": content})
    assert answer.status_code == 422
    assert told in answer.text


def test_a_file_may_be_larger_than_other_bodies(client: MakeClient) -> None:
    """A deck has more bytes than a challenge; one that is too large says how large it may be."""
    api = client(asker=ANN, server={"max_body_kilobytes": 1, "max_upload_kilobytes": 3})
    content = base64.b64encode(b"line " * 400).decode()
    assert api.post("/v1/drafts/conversion", json={"name": "a.txt", "content": content}).status_code == 200
    assert api.post("/v1/drafts/examination", json={"text": content}).status_code == 413
    assert api.post("/v1/drafts/conversion", json={"name": "a.txt", "content": content * 3}).status_code == 413


def test_what_is_saved_is_a_draft_of_who_saves(client: MakeClient, library: Path) -> None:
    """Status and verification are not the text's to decide; comments stay, and the audit knows who saved."""
    api = client(asker=ANN)
    item_id, etag = saved_by(api)
    text = (library / "cases" / f"{item_id}.md").read_text(encoding="utf-8")
    assert "status: draft" in text
    assert "last_verified" not in text
    assert "authors: [ann@firm.example]" in text
    assert "# the buyer's own words" in text
    found = api.get(f"/v1/drafts/{item_id}")
    assert (found.headers["etag"], found.headers["cache-control"]) == (etag, "no-store")
    assert found.json()["text"] == text
    state: State = api.app.state.services.state  # type: ignore[attr-defined]
    assert [(line.who, line.what, line.item) for line in audit_lines(state)] == [(ANN.user, Act.SAVED, item_id)]


def test_the_same_request_saves_once(client: MakeClient, library: Path) -> None:
    """Sent again under its key it gives the same answer; the same text without a key is said to be there."""
    api = client(asker=ANN)
    answers = [api.post("/v1/drafts", json={"text": TEXT}, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert api.post("/v1/drafts", json={"text": TEXT}).status_code == 409
    assert len(list((library / "cases").glob("case-line-stops*"))) == 1


def test_a_change_names_what_it_changes(client: MakeClient) -> None:
    """Without `If-Match` 428, with a stale one 412 and nothing written, with the right one it is saved."""
    api = client(asker=ANN)
    item_id, etag = saved_by(api)
    changed = {"text": TEXT.replace("nine plants", "ten plants")}
    path = f"/v1/drafts/{item_id}"
    assert api.put(path, json=changed).status_code == 428
    assert api.put(path, json=changed, headers={"If-Match": '"other"'}).status_code == 412
    answer = api.put(path, json=changed, headers={"If-Match": etag})
    assert answer.status_code == 200
    assert api.get(path).headers["etag"] == answer.headers["etag"]
    assert api.put(path, json=changed, headers={"If-Match": etag}).status_code == 412


def test_what_is_not_shown_survives_an_edit(client: MakeClient, library: Path) -> None:
    """The customer's key and references to hidden items are in no answer, and still in the file after an edit."""
    api = client(asker=ANN)
    item_id, _ = saved_by(api)
    file = library / "cases" / f"{item_id}.md"
    hidden = "account_key: CRM-4711\nrelated: [hidden-case, stub-case, price-case]\noutcome"
    file.write_text(file.read_text(encoding="utf-8").replace("outcome", hidden, 1), encoding="utf-8")
    found = client(asker=Asker(ANN.user, ANN.role)).get(f"/v1/drafts/{item_id}")
    assert "CRM-4711" not in found.text
    assert "related: [hidden-case, price-case]" in found.json()["text"]  # ann owns the hidden one
    text = found.json()["text"].replace("nine plants", "ten plants")
    saved = api.put(f"/v1/drafts/{item_id}", json={"text": text}, headers={"If-Match": found.headers["etag"]})
    assert saved.status_code == 200, saved.text
    now = file.read_text(encoding="utf-8")
    assert "CRM-4711" in now
    assert "stub-case" in now
    assert "ten plants" in now


def test_a_draft_is_handed_in_once(client: MakeClient) -> None:
    """Its status is in_review then, and a second time says what it is."""
    api = client(asker=ANN)
    item_id, _ = saved_by(api)
    assert api.post(f"/v1/drafts/{item_id}/submission").json() == {"id": item_id, "what": "submitted"}
    again = api.post(f"/v1/drafts/{item_id}/submission")
    assert (again.status_code, "not a draft" in again.json()["detail"]) == (422, True)


@pytest.mark.parametrize("asker", [READER, KEY, Asker("", ANN.role)])
def test_who_may_not_write_is_told_who_could(asker: Asker, client: MakeClient, library: Path) -> None:
    """Readers, keys without a person and people without a name save nothing."""
    answer = client(asker=asker).post("/v1/drafts", json={"text": TEXT})
    assert answer.status_code == 403
    assert any(word in answer.json()["detail"] for word in ("contributor", "person", "name"))
    assert not list((library / "cases").glob("case-line-stops*"))


def test_others_drafts_are_not_there_and_others_cases_not_to_edit(client: MakeClient) -> None:
    """A draft of somebody else is a 404; a published case of others is refused, with who could."""
    item_id, etag = saved_by(client(asker=ANN))
    other = client(asker=BEN)
    assert other.get(f"/v1/drafts/{item_id}").status_code == 404
    headers = {"If-Match": etag}
    assert other.put(f"/v1/drafts/{item_id}", json={"text": TEXT}, headers=headers).status_code == 404
    refused = other.get("/v1/drafts/price-case")
    assert (refused.status_code, "curator" in refused.json()["detail"]) == (403, True)
    assert client(asker=CORA).get(f"/v1/drafts/{item_id}").status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("classification: internal\n", "", "classification"),
        ("title: Line stops at a brewer\n", "", "title"),
        ("---\ntitle", "title", "front matter"),
    ],
)
def test_a_text_that_cannot_be_an_item_says_what_to_mend(old: str, new: str, told: str, client: MakeClient) -> None:
    """Nothing is saved that its author would not see again."""
    answer = client(asker=ANN).post("/v1/drafts", json={"text": TEXT.replace(old, new, 1)})
    assert answer.status_code == 422
    assert told in answer.json()["detail"]


def test_a_local_author_writes_where_nobody_signs_in(client: MakeClient) -> None:
    """On a server that only this machine reaches the setting names who writes; without it nobody does."""
    assert client().post("/v1/drafts", json={"text": TEXT}).status_code == 403
    api = client(server={"local_author": "ann"})
    item_id, _ = saved_by(api)
    assert "authors: [ann]" in api.get(f"/v1/drafts/{item_id}").json()["text"]


@pytest.mark.parametrize(
    ("kind", "start"), [("industry_note", "kb/industries/note-"), ("learning_resource", "kb/learning/lrn-")]
)
def test_notes_and_learning_are_written_too(kind: str, start: str, client: MakeClient, library: Path) -> None:
    """A new text becomes what it is said to be: checked, filed and handed in as such."""
    api = client(asker=ANN)
    text = "---\ntitle: Line stops in brewing\nclassification: internal\n---\n\nBrewers count stops.\n"
    examined = api.post("/v1/drafts/examination", json={"text": text, "type": kind})
    assert examined.status_code == 200, examined.text
    answer = api.post("/v1/drafts", json={"text": text, "type": kind})
    assert answer.status_code == 201, answer.text
    (path,) = [path for path in library.rglob("*.md") if path.stem == answer.json()["id"]]
    assert path.relative_to(library).as_posix().startswith(start)
    assert api.post(f"/v1/drafts/{path.stem}/submission").status_code == 200
    assert api.post("/v1/drafts", json={"text": text, "type": "competency"}).status_code == 422
