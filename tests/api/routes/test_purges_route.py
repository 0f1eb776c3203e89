"""Purges over HTTP: of what the caller sees alone, and then of every byte that the server can reach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from curation.review.audit import Act, audit_lines
from library.access import Asker, Role
from tests.api.conftest import MakeClient
from tests.api.routes.desk_calls import ANN, CORA, KEY, PAULA, READER

_ADMINISTRATOR = Asker("ada@firm.example", Role.ADMINISTRATOR)
_WORDS = b"packaging line stands still"


def _purge(client: TestClient, item_id: str) -> dict[str, Any]:
    answer = client.post(f"/v1/purges/{item_id}", json={"confirmed": True})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("asker", [PAULA, _ADMINISTRATOR])
def test_a_purge_is_planned_confirmed_and_done(asker: Asker, client: MakeClient, library: Path) -> None:
    """First where it is kept, then a word of confirmation; then no file of the library holds a word of it."""
    api = client(asker=asker)
    plan = api.get("/v1/purges/downtime-case")
    assert (plan.status_code, plan.headers["cache-control"]) == (200, "no-store")
    assert plan.json()["files"] == ["cases/downtime-case.md"]
    assert any("backups" in place for place in plan.json()["remaining"])
    asked = api.post("/v1/purges/downtime-case", json={})
    assert (asked.status_code, asked.json()["type"].rpartition("/")[2]) == (409, "confirmation-needed")
    assert (library / "cases" / "downtime-case.md").exists()
    done = _purge(api, "downtime-case")
    assert done["generation"] == 2
    assert any("backups" in place for place in done["remaining"])
    assert not [path for path in library.rglob("*") if path.is_file() and _WORDS in path.read_bytes()]
    services = api.app.state.services  # type: ignore[attr-defined]
    services.engines.settle()
    assert client(asker=READER).get("/v1/cases/downtime-case").status_code == 404
    assert _purge(api, "downtime-case")["files"] == []
    lines = [(line.who, line.what) for line in audit_lines(services.state) if line.item == "downtime-case"]
    assert lines == [(asker.user, Act.PURGED)] * 2


@pytest.mark.parametrize("asker", [READER, ANN, CORA, KEY])
def test_who_may_not_purge_is_told_who_could(asker: Asker, client: MakeClient, library: Path) -> None:
    """Curators too ask a publisher; what is there and what is not are answered alike."""
    api = client(asker=asker)
    answers = [api.post(f"/v1/purges/{item_id}", json={"confirmed": True}) for item_id in ("price-case", "hidden-case")]
    answers += [api.get("/v1/purges/price-case"), api.get("/v1/purges/none")]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert (library / "cases" / "price-case.md").exists()


@pytest.mark.parametrize("asker", [PAULA, _ADMINISTRATOR])
def test_what_one_does_not_see_is_not_there_to_purge(asker: Asker, client: MakeClient, library: Path) -> None:
    """Hidden, never there, a path, or purged by somebody else: all of them are missing, and the attempt is recorded."""
    api = client(asker=asker)
    names = ("hidden-case", "none", "..%2F..%2Fcases%2Fprice-case", "cases%2Fprice-case.md", "%00")
    answers = [api.get(f"/v1/purges/{name}") for name in names]
    answers += [api.post(f"/v1/purges/{name}", json={"confirmed": True}) for name in names]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert (library / "cases" / "hidden-case.md").exists()
    services = api.app.state.services  # type: ignore[attr-defined]
    lines = [(line.what, line.item) for line in audit_lines(services.state)]
    assert lines == [(Act.REFUSED, "hidden-case")] * 2
    owner = client(asker=Asker("ann@firm.example", Role.PUBLISHER))
    _purge(owner, "hidden-case")
    assert api.get("/v1/purges/hidden-case").status_code == 404


def test_a_plan_names_only_what_its_asker_sees(client: MakeClient) -> None:
    """Files that refer to the item are named if they are for the asker."""
    assert client(asker=PAULA).get("/v1/purges/negotiation").json()["mentions"] == [
        "cases/price-case.md",
        "kb/competencies/account-planning.md",
    ]
