"""The vocabulary over HTTP: a file, a new id and a merger are planned first, and done just as they were shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from curation.review.audit import Act, audit_lines
from library.access import Asker, Role
from tests.api.conftest import HIDDEN_WORDS, MakeClient
from tests.api.routes.desk_calls import ANN, CORA, KEY, PAULA, READER, approved_by

_TABLE = "id,type,labels.en\nchl-line-stops,challenge_type,Line stops\n"
_RENAMING = {"concept": "price-pressure", "new_id": "cost-pressure"}
_MERGER = {"concept": "price-pressure", "into": "sponsor-left"}
_PLACES = {
    "imports": {"format": "csv", "content": _TABLE},
    "renamings": _RENAMING,
    "mergers": _MERGER,
}
_RED_CURATOR = Asker("cora@firm.example", Role.CURATOR, frozenset({"red", "blue"}))


def _planned(client: TestClient, place: str, body: dict[str, Any]) -> tuple[dict[str, Any], str]:
    answer = client.post(f"/v1/vocabulary/{place}", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["applied"] is False
    return answer.json(), answer.headers["etag"]


def _applied(client: TestClient, place: str, body: dict[str, Any]) -> dict[str, Any]:
    """Plan a change and carry it out, which does what was shown."""
    plan, etag = _planned(client, place, body)
    answer = client.post(f"/v1/vocabulary/{place}", json={**body, "apply": True}, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {**plan, "applied": True}
    found: dict[str, Any] = answer.json()
    return found


def _texts(library: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in library.glob("*/**/*.md")}


@pytest.mark.parametrize(("place", "body"), _PLACES.items())
def test_a_plan_writes_nothing(place: str, body: dict[str, Any], client: MakeClient, library: Path) -> None:
    """Without `apply` nothing is written; with it a plan has to be named, and the right one."""
    before = _texts(library)
    api = client(asker=CORA)
    _planned(api, place, body)
    wanted = {**body, "apply": True}
    assert api.post(f"/v1/vocabulary/{place}", json=wanted).status_code == 428
    assert api.post(f"/v1/vocabulary/{place}", json=wanted, headers={"If-Match": '"other"'}).status_code == 412
    assert _texts(library) == before


@pytest.mark.parametrize("asker", [READER, ANN, KEY])
@pytest.mark.parametrize(("place", "body"), _PLACES.items())
def test_the_vocabulary_is_the_curators(place: str, body: dict[str, Any], asker: Asker, client: MakeClient) -> None:
    """Others are refused, with who could, whatever they name."""
    api = client(asker=asker)
    other = {name: "secret-tool" if name == "concept" else value for name, value in body.items()}
    answers = [api.post(f"/v1/vocabulary/{place}", json=given) for given in (body, other)]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_a_new_concept_is_a_draft(client: MakeClient, library: Path) -> None:
    """What a table brings is written as a draft, whatever it says of its status, and another curator sees it."""
    content = (
        "id,type,labels.en,status,last_verified,title\nchl-line-stops,challenge_type,Line stops,approved,2026-01-01,x\n"
    )
    found = _applied(client(asker=CORA), "imports", {"format": "csv", "content": content})
    assert (found["created"], found["problems"]) == (["chl-line-stops"], [])
    text = _texts(library)["chl-line-stops.md"]
    assert "status: draft" in text
    assert "classification: internal" in text
    assert "last_verified" not in text
    services = client(asker=PAULA).app.state.services  # type: ignore[attr-defined]
    lines = [(line.who, line.what, line.item) for line in audit_lines(services.state)]
    assert lines == [(CORA.user, Act.SAVED, "chl-line-stops")]


def test_an_approved_page_waits_with_what_is_new(client: MakeClient, library: Path) -> None:
    """A label changes, and so does no access; the page is served again once somebody else has approved it."""
    content = (
        "id,type,labels.en,classification,access_groups,owner,existence\n"
        "price-pressure,challenge_type,Pressure on prices,public,red,eve@firm.example,discoverable\n"
    )
    api = client(asker=CORA)
    found = _applied(api, "imports", {"format": "csv", "content": content})
    assert found["updated"] == [{"id": "price-pressure", "fields": ["labels"]}]
    assert found["waiting"] == ["price-pressure"]
    assert "classification" in found["notes"][0]
    text = _texts(library)["price-pressure.md"]
    assert "Pressure on prices" in text
    assert "status: in_review" in text
    assert "classification: internal" in text
    assert not [name for name in ("eve@", "red", "discoverable") if name in text]
    assert approved_by(api, "price-pressure").status_code == 403
    assert approved_by(client(asker=PAULA), "price-pressure").status_code == 200


def test_an_export_taken_in_again_changes_nothing(client: MakeClient, library: Path) -> None:
    """What the asker was not shown of a page is still there, in both formats."""
    page = library / "kb" / "enablers" / "price-corridor.md"
    page.write_text(
        page.read_text(encoding="utf-8").replace("status:", "related: [secret-tool, negotiation]\nstatus:", 1),
        encoding="utf-8",
    )
    before = _texts(library)
    api = client(asker=CORA)
    services = api.app.state.services  # type: ignore[attr-defined]
    services.publisher.request()
    services.publisher.settle()
    services.engines.settle()
    for form in ("turtle", "csv"):
        content = api.get("/v1/vocabulary", params={"format": form}).text
        found = _applied(api, "imports", {"format": form, "content": content})
        assert (found["created"], found["updated"], found["problems"]) == ([], [], []), form
    assert _texts(library) == before


def test_all_follow_a_renaming_and_no_plan_tells_of_hidden_ones(client: MakeClient, library: Path) -> None:
    """Files that the asker does not see name the new id too; he is told of those that he sees."""
    found = _applied(client(asker=CORA), "renamings", _RENAMING)
    assert found["following"] == ["german-case", "price-case"]
    texts = _texts(library)
    assert "price-pressure.md" not in texts
    assert "Price pressure" in texts["cost-pressure.md"]
    for name in ("price-case.md", "german-case.md", "hidden-case.md"):
        assert "cost-pressure" in texts[name]
        assert "price-pressure" not in texts[name]
    seen, _ = _planned(
        client(asker=_RED_CURATOR), "renamings", {"concept": "cost-pressure", "new_id": "price-pressure"}
    )
    assert seen["following"] == ["german-case", "hidden-case", "price-case"]


def test_what_follows_a_renaming_stays_approved(client: MakeClient, library: Path) -> None:
    """Where approvals are recorded, a reference that follows costs no case its approval, nor the concept its own."""
    recorded = {"approval": "recorded"}
    curator, publisher = client(asker=CORA, **recorded), client(asker=PAULA, **recorded)
    for item_id in ("price-pressure", "price-case"):
        assert approved_by(publisher, item_id).status_code == 200
    _applied(curator, "renamings", _RENAMING)
    states = {
        item_id: curator.get(f"/v1/review/{item_id}").json()["status"] for item_id in ("cost-pressure", "price-case")
    }
    assert set(states.values()) == {"approved"}
    assert curator.get("/v1/review/german-case").json()["status"] == "in_review"
    services = curator.app.state.services  # type: ignore[attr-defined]
    assert {line.item for line in audit_lines(services.state) if line.what == Act.RENAMED} == {
        *("cost-pressure", "price-case", "german-case", "hidden-case")
    }
    assert library.exists()


def test_a_merger_takes_labels_over_and_archives_the_rest(client: MakeClient, library: Path) -> None:
    """The one that stays has both names; the other is archived, with where it went."""
    _applied(client(asker=CORA), "mergers", _MERGER)
    texts = _texts(library)
    assert "status: archived" in texts["price-pressure.md"]
    assert "Price pressure" in texts["sponsor-left.md"]
    assert "sponsor-left" in texts["hidden-case.md"]


def test_a_merger_shows_labels_to_nobody_new(client: MakeClient, library: Path) -> None:
    """What was approved for few does not become part of what everybody sees without a publisher."""
    page = library / "kb" / "enablers" / "secret-tool.md"
    page.write_text(
        page.read_text(encoding="utf-8").replace("status:", "access_groups: [red]\nstatus:", 1), encoding="utf-8"
    )
    answer = client(asker=_RED_CURATOR).post(
        "/v1/vocabulary/mergers", json={"concept": "secret-tool", "into": "price-corridor"}
    )
    assert (answer.status_code, "publisher" in answer.json()["detail"]) == (403, True)


def test_hidden_concepts_are_as_if_there_were_none(client: MakeClient, library: Path) -> None:
    """Plans about them are those about ids that nobody has; only what would write over one is refused, and not why."""
    api = client(asker=CORA)
    for place, body in (("renamings", _RENAMING), ("mergers", _MERGER)):
        answers = [
            api.post(f"/v1/vocabulary/{place}", json={**body, "concept": name})
            for name in ("secret-tool", "none", "../x", "price-case")
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.json()["detail"] for answer in answers}) == 1
    before = _texts(library)
    for place, name, body in (
        ("renamings", "new_id", {"concept": "price-corridor"}),
        ("imports", "content", {"format": "csv"}),
    ):
        told = []
        for wanted in ("secret-tool", "no-such-tool"):
            given = wanted if name == "new_id" else f"id,type,labels.en\n{wanted},enabler,A tool\n"
            plan, etag = _planned(api, place, {**body, name: given})
            told.append(json.dumps(plan).replace(wanted, "X"))
            if wanted == "secret-tool":
                wish = {**body, name: given, "apply": True}
                refused = api.post(f"/v1/vocabulary/{place}", json=wish, headers={"If-Match": etag})
                assert refused.status_code == 412
                assert not [word for word in HIDDEN_WORDS if word in refused.text]
        assert told[0] == told[1]
    assert _texts(library) == before


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"format": "csv", "content": "nothing\n"}, "id"),
        ({"format": "turtle", "content": "@prefix : nothing"}, "vocabulary.ttl"),
        ({"format": "csv", "content": "id,labels.en\n../../etc/passwd,x\n"}, "no id"),
        ({"format": "csv", "content": "id,type,labels.en\ncon,enabler,x\n"}, ""),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(
    body: dict[str, Any], told: str, client: MakeClient, library: Path
) -> None:
    """Broken files and ids that are none are told in words, without a place on the server; nothing is written."""
    before = _texts(library)
    api = client(asker=CORA)
    answer = api.post("/v1/vocabulary/imports", json={"type": "enabler", **body})
    assert answer.status_code in (200, 422)
    assert told in answer.text
    assert str(library) not in answer.text
    assert "casebook-" not in answer.text  # a folder of the server's
    assert "casebook " not in answer.text
    if answer.status_code == 200:
        assert answer.json()["created"] == []
        assert answer.json()["problems"]
    assert _texts(library) == before


def test_a_plan_holds_for_the_library_as_it_was(client: MakeClient, library: Path) -> None:
    """A file that was changed after the plan was shown has it made again."""
    api = client(asker=CORA)
    _, etag = _planned(api, "renamings", _RENAMING)
    case = library / "cases" / "price-case.md"
    case.write_text(case.read_text(encoding="utf-8").replace("eight percent", "nine percent"), encoding="utf-8")
    wish = {**_RENAMING, "apply": True}
    assert api.post("/v1/vocabulary/renamings", json=wish, headers={"If-Match": etag}).status_code == 412
    assert "price-pressure" in case.read_text(encoding="utf-8")
