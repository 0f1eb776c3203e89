"""Changes over HTTP: a copy kept up to date, page by page."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from indexer.build import build_index
from search.changes.feed import Changes
from tests.api.conftest import ANONYMOUS, HIDDEN_WORDS, LIBRARY, RED, MakeClient, MakeSettings
from tests.conftest import FakeEncoder, case_text, write_library

VISIBLE = [path for path, text in LIBRARY.items() if "confidential" not in text and "restricted" not in text]


def test_the_first_answer_lists_everything_with_its_address(client: MakeClient) -> None:
    """Cases, notes, vocabulary and learning are listed, each where it is served."""
    answer = client(asker=ANONYMOUS).get("/v1/changes")
    body = answer.json()
    assert (body["reset"], body["more"]) == (True, False)
    urls = {item["url"] for item in body["items"]}
    assert {"/v1/cases/price-case", "/v1/competencies/negotiation", "/v1/challenge-types/price-pressure"} <= urls
    assert len(urls) == len([path for path in VISIBLE if "draft" not in path])
    assert not [word for word in HIDDEN_WORDS if word in answer.text]
    assert TypeAdapter(Changes).validate_python(body).as_dict() == body


def test_every_listed_address_answers(client: MakeClient) -> None:
    """What is published for a caller can be fetched by that caller."""
    asking = client(asker=RED)
    for item in asking.get("/v1/changes").json()["items"]:
        assert asking.get(item["url"]).status_code == 200


def test_pages_lead_on(client: MakeClient) -> None:
    """`next` and the Link header lead through all pages; the last one has no Link."""
    asking = client(asker=ANONYMOUS)
    whole = asking.get("/v1/changes").json()
    found, url = [], "/v1/changes?limit=3"
    while url:
        answer = asking.get(url)
        found += answer.json()["items"]
        assert answer.json()["more"] is ("next" in answer.links)
        url = answer.links.get("next", {}).get("url", "")
    assert found == whole["items"]
    assert answer.json()["next"] == whole["next"]


def test_a_new_index_brings_what_is_new(
    client: MakeClient, library: Path, make_settings: MakeSettings, encoder: FakeEncoder
) -> None:
    """After another run the cursor gives what was published, changed and removed, and then nothing."""
    asking = client(asker=ANONYMOUS)
    since = asking.get("/v1/changes").json()["next"]
    etag = asking.get("/v1/changes", params={"since": since}).headers["etag"]
    write_library(library, {"cases/new-case.md": case_text(), "cases/price-case.md": case_text(title="Other")})
    (library / "cases" / "downtime-case.md").unlink()
    build_index(make_settings(), encoder=encoder)
    asking.get("/v1/changes")
    asking.app.state.services.engines.settle()  # type: ignore[attr-defined]
    answer = asking.get("/v1/changes", params={"since": since}, headers={"If-None-Match": etag})
    told = [(item["id"], item["change"]) for item in answer.json()["items"]]
    assert told == [("downtime-case", "removed"), ("new-case", "published"), ("price-case", "changed")]
    later = asking.get("/v1/changes", params={"since": answer.json()["next"]})
    assert (later.json()["items"], later.json()["reset"]) == ([], False)


def test_nothing_new_is_not_sent_again(client: MakeClient) -> None:
    """The same answer has the same ETag, and 304 to whoever has it."""
    asking = client(asker=ANONYMOUS)
    etag = asking.get("/v1/changes").headers["etag"]
    assert asking.get("/v1/changes", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("query", ["since=nonsense", "since=2026-99-99", "limit=0", "limit=1001", "limit=x", "other=1"])
def test_what_cannot_be_used_names_its_field(query: str, client: MakeClient) -> None:
    """A forged cursor, a wrong date, a limit out of range or an unknown parameter is a problem that names it."""
    answer = client(asker=ANONYMOUS).get(f"/v1/changes?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [query.partition("=")[0]]


def test_another_callers_cursor_begins_anew(client: MakeClient) -> None:
    """A cursor that was made for other rights gives everything that this caller sees."""
    since = client(asker=RED).get("/v1/changes").json()["next"]
    body = client(asker=ANONYMOUS).get("/v1/changes", params={"since": since}).json()
    assert body["reset"]
    assert "hidden-case" not in {item["id"] for item in body["items"]}
