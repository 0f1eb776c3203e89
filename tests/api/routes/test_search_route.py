"""POST /v1/search and GET /v1/cases/{id}/similar: the answers of the command line, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from api.resources.queries import MOST_CASES, MOST_CHARACTERS
from search.answering.assembling import search_cases, similar_cases
from search.answers.answer import Answer
from search.answers.options import SearchOptions
from search.engine import LocalEngine
from search.filters import CASE_FACETS, Filters
from tests.api.conftest import ANN, ANONYMOUS, HIDDEN_WORDS, RED, MakeClient, MakeSettings
from tests.conftest import FakeEncoder

ANSWERS: TypeAdapter[Answer] = TypeAdapter(Answer)
TEXT = "purchasing demands a price cut of eight percent"


@pytest.fixture
def engine(make_settings: MakeSettings, encoder: FakeEncoder, indexed: None) -> LocalEngine:  # noqa: ARG001
    """The same index as the server's."""
    return LocalEngine.from_data_folder(make_settings().data_folder, encoder=encoder)


def _without_id(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "search_id"}


def test_answer_is_that_of_the_command_line(client: MakeClient, engine: LocalEngine) -> None:
    """The same challenge, filters and rights give the same JSON, the random id apart."""
    options = SearchOptions(limit=3, have=("negotiation",))
    filters = Filters({"region": ("Europe",), "challenge-type": ("Price pressure",)})
    expected = search_cases(engine, TEXT, asker=RED, filters=filters, options=options)
    body = {
        "challenge": TEXT,
        "filters": {"region": ["Europe"], "challenge_type": ["Price pressure"]},
        "limit": 3,
        "have": ["negotiation"],
        "facets": True,
    }
    response = client(asker=RED).post("/v1/search", json=body)
    assert response.status_code == 200
    assert _without_id(response.json()) == _without_id(expected.as_dict())
    assert expected.cases
    assert ANSWERS.validate_python(response.json()).as_dict() == response.json()


def test_similar_is_that_of_the_command_line(client: MakeClient, engine: LocalEngine) -> None:
    """The cases closest to a case are those that `casebook similar` finds, with filters too."""
    filters = Filters({"language": ("de",)})
    expected = similar_cases(engine, "price-case", asker=RED, filters=filters, options=SearchOptions(limit=2))
    asked: dict[str, str | int] = {"limit": 2, "language": "de", "facets": "true"}
    response = client(asker=RED).get("/v1/cases/price-case/similar", params=asked)
    assert response.status_code == 200
    assert _without_id(response.json()) == _without_id(expected.as_dict())
    assert [case["id"] for case in response.json()["cases"]] == ["german-case"]


def test_facets_are_counted_on_request(client: MakeClient) -> None:
    """Without `facets` nothing is counted; with it every facet is there."""
    server = client(asker=ANONYMOUS)
    assert server.post("/v1/search", json={"challenge": TEXT}).json()["facets"] == {}
    counted = server.post("/v1/search", json={"challenge": TEXT, "facets": True}).json()["facets"]
    assert tuple(counted) == CASE_FACETS


def test_each_answer_has_an_id_and_is_not_kept(client: MakeClient) -> None:
    """No cache keeps an answer to a search: each has an id of its own, and no ETag."""
    server = client(asker=ANONYMOUS)
    asked = [server.post("/v1/search", json={"challenge": TEXT}) for _ in range(2)]
    asked += [server.get("/v1/cases/price-case/similar") for _ in range(2)]
    assert len({response.json()["search_id"] for response in asked}) == 4
    assert {response.headers["cache-control"] for response in asked} == {"no-store"}
    assert not any("etag" in response.headers for response in asked)


def test_answers_hold_what_the_caller_may_see(client: MakeClient) -> None:
    """A hidden case is in nobody's answer but that of who may see it."""
    body = {"challenge": TEXT, "facets": True, "limit": 50}
    for asker in (RED, ANN):
        assert "hidden-case" in client(asker=asker).post("/v1/search", json=body).text
    answer = client(asker=ANONYMOUS).post("/v1/search", json=body).text
    assert [word for word in HIDDEN_WORDS if word in answer] == []


@pytest.mark.parametrize("item_id", ["hidden-case", "missing", "negotiation"])
def test_similar_to_what_is_no_visible_case_is_not_found(client: MakeClient, item_id: str) -> None:
    """Hidden, missing and no case at all: the same answer."""
    response = client(asker=ANONYMOUS).get(f"/v1/cases/{item_id}/similar")
    expected = client(asker=ANONYMOUS).get("/v1/cases/price/similar")
    assert response.status_code == expected.status_code == 404
    changing = {"instance", "request_id"}
    bodies = [{k: v for k, v in r.json().items() if k not in changing} for r in (response, expected)]
    assert bodies[0] == bodies[1]


REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["challenge"]),
    ({"challenge": ""}, ["challenge"]),
    ({"challenge": " \n\t"}, ["challenge"]),
    ({"challenge": "!!!"}, ["challenge"]),
    ({"challenge": 7}, ["challenge"]),
    ({"challenge": "x" * (MOST_CHARACTERS + 1)}, ["challenge"]),
    ({"challenge": TEXT, "limit": 0}, ["limit"]),
    ({"challenge": TEXT, "limit": MOST_CASES + 1}, ["limit"]),
    ({"challenge": TEXT, "limit": "5"}, ["limit"]),
    ({"challenge": TEXT, "facets": "yes"}, ["facets"]),
    ({"challenge": TEXT, "question": 1}, ["question"]),
    ({"challenge": TEXT, "filters": {"regoin": ["DE"]}}, ["filters.regoin"]),
    ({"challenge": TEXT, "filters": {"region": "DE"}}, ["filters.region"]),
    ({"challenge": TEXT, "filters": {"region": ["DE", "Atlantis"]}}, ["filters.region.1"]),
    ({"challenge": TEXT, "filters": {"challenge_type": ["nothing"]}}, ["filters.challenge_type.0"]),
    ({"challenge": TEXT, "filters": {"since": "yesterday"}}, ["filters.since"]),
    ({"challenge": TEXT, "filters": {"since": 20260101}}, ["filters.since"]),
    ({"challenge": TEXT, "have": ["negotiation", "secret-tool"]}, ["have.1"]),
    ({"challenge": " ", "limit": 0, "x": 1}, ["challenge", "limit", "x"]),
]


@pytest.mark.parametrize(("body", "fields"), REFUSED)
def test_refusal_names_the_fields(client: MakeClient, body: dict[str, Any], fields: list[str]) -> None:
    """What cannot be used is refused with each field's name and a message, and nothing is searched."""
    response = client(asker=ANONYMOUS).post("/v1/search", json=body)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert sorted(error["field"] for error in response.json()["errors"]) == sorted(fields)
    assert all(error["message"].strip() for error in response.json()["errors"])
    assert "casebook " not in response.text


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("region=Atlantis", "region.0"), ("have=x", "have.0"), ("regoin=DE", "regoin")],
)
def test_refused_query_names_the_parameter(client: MakeClient, query: str, field: str) -> None:
    """A parameter of the query is named as it is written there."""
    response = client(asker=ANONYMOUS).get(f"/v1/cases/price-case/similar?{query}")
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 422),
        (b'{"challenge": "\xff"}', "application/json", 400),
        (b'{"challenge": "\\ud800"}', "application/json", 422),
        (b"[]", "application/json", 422),
        (b"challenge=price", "application/x-www-form-urlencoded", 415),
        (b'{"challenge": "price"}', "text/plain", 415),
    ],
)
def test_body_that_is_no_challenge_is_a_problem(client: MakeClient, content: bytes, kind: str, status: int) -> None:
    """Broken JSON, other encodings and other types end with a problem, never with a failure of the server."""
    response = client(asker=ANONYMOUS).post("/v1/search", content=content, headers={"Content-Type": kind})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_challenge_may_be_as_long_as_is_said(client: MakeClient) -> None:
    """A challenge of the greatest length is answered."""
    text = ("purchasing demands a price cut " * MOST_CHARACTERS)[: MOST_CHARACTERS - 1] + "s"
    assert client(asker=ANONYMOUS).post("/v1/search", json={"challenge": text}).status_code == 200


def test_searches_are_counted_by_verdict(client: MakeClient) -> None:
    """The server's figures know how many searches found something close."""
    server: TestClient = client(asker=ANONYMOUS)
    verdict = server.post("/v1/search", json={"challenge": TEXT}).json()["verdict"]
    assert f'casebook_verdicts_total{{verdict="{verdict}"}} 1.0' in server.get("/metrics").text
