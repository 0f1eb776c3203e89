"""Context for a language model over HTTP."""

from __future__ import annotations

import json

import pytest
from pydantic import TypeAdapter

from search.grounding.context import Context
from tests.api.conftest import ANONYMOUS, HIDDEN_WORDS, RED, MakeClient

CHALLENGE = "Purchasing demands a price cut of eight percent at the yearly contract negotiation."


def test_passages_come_with_verdict_and_addresses(client: MakeClient) -> None:
    """An answer has the passages, the block for the prompt, and where each case can be read; nothing is kept of it."""
    answer = client(asker=ANONYMOUS).post("/v1/context", json={"challenge": CHALLENGE})
    assert answer.status_code == 200
    body = answer.json()
    assert body["verdict"] == "strong"
    assert body["passages"][0]["case_id"] == "price-case"
    assert body["passages"][0]["url"] == "/v1/cases/price-case"
    assert body["tokens"] <= 2000
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
    assert TypeAdapter(Context).validate_python(body).as_dict() == body


def test_addresses_have_the_public_prefix(client: MakeClient) -> None:
    """Behind a public URL the addresses of cases begin with it."""
    asking = client(asker=ANONYMOUS, server={"public_url": "https://kb.example.com/casebook"})
    body = asking.post("/v1/context", json={"challenge": CHALLENGE}).json()
    assert body["passages"][0]["url"] == "https://kb.example.com/casebook/v1/cases/price-case"


def test_budget_limit_and_filters_hold(client: MakeClient) -> None:
    """The budget bounds the text, the limit the cases, and filters decide which cases count."""
    asking = client(asker=ANONYMOUS)
    small = asking.post("/v1/context", json={"challenge": CHALLENGE, "token_budget": 250}).json()
    assert small["tokens"] <= 250
    assert small["truncated"]
    one = asking.post("/v1/context", json={"challenge": CHALLENGE, "limit": 1}).json()
    assert {passage["rank"] for passage in one["passages"]} == {1}
    wanted = {"challenge": CHALLENGE, "filters": {"region": ["US"]}, "analogues": True}
    filtered = asking.post("/v1/context", json=wanted).json()
    assert {passage["case_id"] for passage in filtered["passages"]} == {"downtime-case"}


def test_a_bot_can_decline(client: MakeClient) -> None:
    """With the verdict none there are no passages unless analogues are asked for, and these are marked."""
    asking = client(asker=ANONYMOUS)
    body = asking.post("/v1/context", json={"challenge": "quantum chromodynamics lattice"}).json()
    assert (body["verdict"], body["passages"]) == ("none", [])
    wanted = {"challenge": "quantum chromodynamics lattice", "analogues": True}
    analogues = asking.post("/v1/context", json=wanted).json()
    assert analogues["passages"]
    assert all(passage["analogue"] for passage in analogues["passages"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "challenge"),
        ({"challenge": " "}, "challenge"),
        ({"challenge": "x" * 20_001}, "challenge"),
        ({"challenge": CHALLENGE, "token_budget": 99}, "token_budget"),
        ({"challenge": CHALLENGE, "token_budget": 100_001}, "token_budget"),
        ({"challenge": CHALLENGE, "token_budget": "500"}, "token_budget"),
        ({"challenge": CHALLENGE, "limit": 0}, "limit"),
        ({"challenge": CHALLENGE, "limit": 21}, "limit"),
        ({"challenge": CHALLENGE, "more": 1}, "more"),
        ({"challenge": CHALLENGE, "filters": {"region": ["Atlantis"]}}, "filters.region.0"),
    ],
)
def test_what_cannot_be_used_names_its_field(body: dict[str, object], field: str, client: MakeClient) -> None:
    """Each wrong field is named, and the challenge is not repeated."""
    answer = client(asker=ANONYMOUS).post("/v1/context", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert CHALLENGE not in answer.text


def test_what_one_may_not_see_is_not_quoted(client: MakeClient) -> None:
    """Passages, counts and text are made of visible cases alone; who may see more gets more."""
    wanted = {"challenge": "Purchasing demands a price cut because of the secret merger.", "limit": 20}
    told = json.dumps(client(asker=ANONYMOUS).post("/v1/context", json=wanted).json())
    assert not [word for word in HIDDEN_WORDS if word in told]
    seen = client(asker=RED).post("/v1/context", json=wanted).json()
    assert seen["passages"][0]["case_id"] == "hidden-case"
    assert seen["passages"][0]["classification"] == "confidential"
