"""GET /v1/facets: counts as in an answer."""

from __future__ import annotations

from search.filters import CASE_FACETS
from tests.api.conftest import ANONYMOUS, RED, MakeClient


def test_counts_are_those_of_an_answer(client: MakeClient) -> None:
    """Under the same filters the facets are those that a search counts, whatever the challenge."""
    server = client(asker=RED)
    counted = server.get("/v1/facets?region=Europe&language=en").json()
    body = {"challenge": "anything", "filters": {"region": ["Europe"], "language": ["en"]}, "facets": True}
    answer = server.post("/v1/search", json=body).json()
    assert counted["facets"] == answer["facets"]
    assert counted["filters"] == answer["filters"] == {"region": ["150"], "language": ["en"]}
    assert counted["total"] == answer["total"]
    assert tuple(counted["facets"]) == CASE_FACETS


def test_a_facet_is_counted_under_the_filters_of_the_others(client: MakeClient) -> None:
    """A filter does not empty its own facet, so that one can choose another value."""
    facets = client(asker=ANONYMOUS).get("/v1/facets?language=de").json()["facets"]
    assert {entry["value"]: entry["count"] for entry in facets["language"]} == {"en": 3, "de": 1}
    assert {entry["value"]: entry["count"] for entry in facets["challenge-type"]} == {"price-pressure": 1}


def test_who_sees_more_counts_more(client: MakeClient) -> None:
    """Hidden cases are in no count of who may not see them."""
    totals = [client(asker=asker).get("/v1/facets").json()["total"] for asker in (ANONYMOUS, RED)]
    assert totals == [4, 5]


def test_unknown_value_is_refused(client: MakeClient) -> None:
    """A value that nothing has names its parameter."""
    response = client(asker=ANONYMOUS).get("/v1/facets?outcome=good")
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["outcome.0"]
