"""Whoever reads a confidential item as a whole stands in the audit, on whatever surface he read it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from curation.review.audit import Act, audit_lines
from library.access import Asker, Role
from tests.api.conftest import MakeClient

# Sees the confidential case and may do everything at the desk that reads.
_INSIDER = Asker("ann@firm.example", Role.PUBLISHER, frozenset({"red"}))
_ID = "hidden-case"
_WORDS = "secret merger Nightingale"  # of its text
_CHALLENGE = "Purchasing demands a price cut because of the secret merger Nightingale."
# Answers that quote the passage which speaks for a case, and give no item as a whole.
_QUOTING = {"/v1/search", "/v1/cases/{id}/similar"}
_MCP = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def insider(client: MakeClient) -> TestClient:
    """A client of one who sees what is confidential."""
    return client(asker=_INSIDER)


def _readings(client: TestClient) -> int:
    state = client.app.state.services.state  # type: ignore[attr-defined]
    return sum(1 for line in audit_lines(state) if line.what == Act.READ_CONFIDENTIAL and line.item == _ID)


def _paths(app: FastAPI) -> Iterator[str]:
    """Yield the template of every route that answers a GET."""
    for context in iter_route_contexts(app.routes):
        if "GET" in (context.methods or ()):
            yield str(context.path)


def test_every_route_that_gives_it_out_keeps_account(insider: TestClient) -> None:
    """Wherever its text is in an answer, one line of the audit tells who has read it; there are no others."""
    assert isinstance(insider.app, FastAPI)
    told = set()
    for template in sorted(set(_paths(insider.app))):
        path = template.replace("{id}", _ID).replace("{item_id}", _ID).replace("{form}", "md")
        if "{" in path or template in _QUOTING:
            continue
        before = _readings(insider)
        answer = insider.get(path)
        if answer.status_code == 200 and _WORDS in answer.text:
            told.add(template)
            assert _readings(insider) > before, template
        else:
            assert _readings(insider) == before or answer.status_code == 200, template
    assert told >= {"/v1/cases/{id}", "/v1/cases/{id}/brief", "/v1/drafts/{id}", "/v1/review/{id}", "/v1/exports"}
    assert told >= {"/cases/{item_id}", "/contribute/{item_id}", "/review/{item_id}"}


def test_passages_for_a_model_count_as_read(insider: TestClient) -> None:
    """What a model is given of a case may be all of it."""
    answer = insider.post("/v1/context", json={"challenge": _CHALLENGE, "analogues": True})
    assert _WORDS in answer.text
    assert _readings(insider) == 1


@pytest.mark.parametrize(("tool", "name"), [("fetch", "id"), ("get_case", "case_id")])
def test_tools_of_the_connector_keep_account(tool: str, name: str, insider: TestClient) -> None:
    """A chatbot reads for its user."""
    params = {"name": tool, "arguments": {name: _ID}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    answer = insider.post("/mcp", json=message, headers=_MCP)
    assert _WORDS in json.dumps(answer.json(), ensure_ascii=False)
    assert _readings(insider) == 1


def test_who_reads_nothing_stands_nowhere(client: MakeClient) -> None:
    """One who does not see it, and one who sees another item, leave no such line."""
    api = client(asker=Asker("rob@firm.example"))
    for path in (f"/v1/cases/{_ID}", f"/v1/cases/{_ID}/brief", "/v1/exports", "/v1/cases/price-case"):
        api.get(path)
    assert _readings(api) == 0
