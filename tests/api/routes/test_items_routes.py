"""The lists and the items: filters, parts, links in both directions, and nothing hidden."""

from __future__ import annotations

import json
from typing import Any, get_args, get_type_hints
from urllib.parse import urlsplit

import pytest
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from api.resources.pages import (
    CasePage,
    ChallengeTypePage,
    CompetencyPage,
    EnablerPage,
    LearningPage,
    NotePage,
)
from library.access import Asker
from library.items import ITEM_TYPES
from search.browsing.listing import list_items, show_item
from search.engine import LocalEngine
from search.view import View
from tests.api.conftest import ANN, ANONYMOUS, HIDDEN_WORDS, RED, MakeClient, MakeSettings
from tests.conftest import FakeEncoder

PAGES: dict[str, type] = {
    "business_case": CasePage,
    "industry_note": NotePage,
    "competency": CompetencyPage,
    "enabler": EnablerPage,
    "challenge_type": ChallengeTypePage,
    "learning_resource": LearningPage,
}
PATHS = {
    "business_case": "/v1/cases",
    "industry_note": "/v1/notes",
    "competency": "/v1/competencies",
    "enabler": "/v1/enablers",
    "challenge_type": "/v1/challenge-types",
    "learning_resource": "/v1/learning",
}


@pytest.fixture
def engine(make_settings: MakeSettings, encoder: FakeEncoder, indexed: None) -> LocalEngine:  # noqa: ARG001
    """The same index as the server's."""
    return LocalEngine.from_data_folder(make_settings().data_folder, encoder=encoder)


def _ids(server: TestClient, path: str, **params: Any) -> list[str]:
    response = server.get(path, params=params)
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


@pytest.mark.parametrize("asker", [RED, ANN, ANONYMOUS])
@pytest.mark.parametrize("item_type", PATHS)
def test_lists_and_items_are_those_of_the_command_line(
    client: MakeClient, engine: LocalEngine, item_type: str, asker: Asker
) -> None:
    """Every list holds what `casebook list` prints, every item what `casebook show` prints, for the same asker."""
    server = client(asker=asker)
    view = View(engine, asker)
    expected = list_items(view, item_type)
    listed = server.get(PATHS[item_type]).json()
    assert [item["id"] for item in listed["items"]] == [item.id for item in expected]
    assert listed["total"] == len(expected)
    assert listed["next"] is None
    for item in expected:
        response = server.get(f"{PATHS[item_type]}/{item.id}")
        assert response.json() == json.loads(json.dumps(show_item(view, item.id).as_dict()))


@pytest.mark.parametrize("item_type", ITEM_TYPES)
def test_pages_describe_every_field_of_an_item(item_type: str) -> None:
    """The schema of a page has each field of the item's model that is shown, and no other."""
    hidden = {"imported", *(name for name, field in ITEM_TYPES[item_type].model_fields.items() if field.exclude)}
    shown = ITEM_TYPES[item_type].model_fields.keys() - hidden
    assert get_type_hints(PAGES[item_type]).keys() == shown | {"sections", "links", "linked_from"}


def test_pages_take_what_the_model_takes() -> None:
    """Where a field has a fixed set of values, its page has the same."""
    for item_type, page in PAGES.items():
        hints = get_type_hints(page)
        for name, field in ITEM_TYPES[item_type].model_fields.items():
            choices = [value for value in _values(field.annotation) if value is not None]
            assert name not in hints or _values(hints[name]) == choices, f"{item_type}.{name}"


def test_items_fit_their_schema(client: MakeClient) -> None:
    """Every item that the sample serves can be read as its page says."""
    server = client(asker=RED)
    read = 0
    for item_type, path in PATHS.items():
        for item_id in _ids(server, path):
            TypeAdapter(PAGES[item_type]).validate_json(server.get(f"{path}/{item_id}").content, strict=False)
            read += 1
    assert read > 8


def test_links_go_both_ways(client: MakeClient) -> None:
    """A competency names the cases that took it, a case the competencies; the reader sees no hidden end."""
    server = client(asker=ANONYMOUS)
    case = server.get("/v1/cases/price-case").json()
    assert [(link["field"], link["id"]) for link in case["links"]] == [
        ("challenge_types", "price-pressure"),
        ("competencies", "negotiation"),
        ("enablers", "price-corridor"),
    ]
    competency = server.get("/v1/competencies/negotiation").json()
    assert {(link["field"], link["id"]) for link in competency["linked_from"]} == {
        ("broader", "account-planning"),
        ("competencies", "price-case"),
    }
    seen = client(asker=RED).get("/v1/competencies/negotiation").json()
    assert ("competencies", "hidden-case") in {(link["field"], link["id"]) for link in seen["linked_from"]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("region=Europe", ["german-case", "price-case", "sponsor-case"]),
        ("region=FR&region=US", ["downtime-case", "sponsor-case"]),
        ("industry=86", ["sponsor-case"]),
        ("challenge_type=Price+pressure&language=en", ["price-case"]),
        ("competency=negotiation", ["price-case", "sponsor-case"]),
        ("enabler=price-corridor", ["price-case"]),
        ("outcome=partial", ["downtime-case"]),
        ("since=2026-06-30&outcome=success", ["german-case", "price-case", "sponsor-case"]),
        ("since=2026-07-01", []),
    ],
)
def test_cases_are_filtered_as_in_a_search(client: MakeClient, query: str, expected: list[str]) -> None:
    """Filters take codes and names, several of one mean any, and narrower values count too."""
    response = client(asker=ANONYMOUS).get(f"/v1/cases?{query}")
    assert [item["id"] for item in response.json()["items"]] == expected
    assert response.json()["total"] == len(expected)


def test_other_statuses_are_listed_for_who_may_see_them(client: MakeClient) -> None:
    """A draft is listed for its author and for nobody else."""
    assert _ids(client(asker=ANN), "/v1/cases", status=["draft"]) == ["draft-case"]
    assert _ids(client(asker=RED), "/v1/cases", status=["draft", "in_review", "archived"]) == []
    assert "draft-case" in _ids(client(asker=ANN), "/v1/cases", status=["draft", "approved"])


def test_parts_of_a_list_make_the_whole(client: MakeClient) -> None:
    """Whoever follows `next`, or the Link header, sees every entry once, in order, and then null."""
    server = client(asker=ANONYMOUS)
    whole = _ids(server, "/v1/cases", region="Europe")
    seen: list[str] = []
    url = "/v1/cases?region=Europe&limit=1"
    for _ in whole:
        response = server.get(url)
        seen += [item["id"] for item in response.json()["items"]]
        assert response.json()["total"] == len(whole)
        if link := response.headers.get("link"):
            url = link.removeprefix("<").partition(">")[0]
            assert f"cursor={response.json()['next']}" in url
            assert "region=Europe" in url
    assert seen == whole
    assert response.json()["next"] is None
    assert "link" not in response.headers


def test_links_begin_with_the_public_address(client: MakeClient) -> None:
    """Behind a proxy the next part is where callers reach it."""
    server = client(asker=ANONYMOUS, server={"public_url": "https://kb.example.com/casebook"})
    link = server.get("/v1/cases?limit=1", headers={"Host": "kb.example.com"}).headers["link"]
    assert urlsplit(link[1:].partition(">")[0])[:3] == ("https", "kb.example.com", "/casebook/v1/cases")
    assert link.endswith('>; rel="next"')


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/cases?region=Atlantis", "region.0"),
        ("/v1/cases?competency=hidden", "competency.0"),
        ("/v1/cases?cursor=forged", "cursor"),
        ("/v1/cases?limit=0", "limit"),
        ("/v1/cases?status=secret", "status.0"),
        ("/v1/cases?since=2026-13-01", "since"),
        ("/v1/notes?outcome=success", "outcome"),
        ("/v1/competencies?region=DE", "region"),
    ],
)
def test_refusal_names_the_parameter(client: MakeClient, path: str, field: str) -> None:
    """What cannot be used, and what a list does not know, is refused by name."""
    response = client(asker=ANONYMOUS).get(path)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/cases/hidden-case",
        "/v1/cases/stub-case",
        "/v1/cases/draft-case",
        "/v1/cases/missing",
        "/v1/cases/negotiation",
        "/v1/enablers/secret-tool",
        "/v1/competencies/price-case",
    ],
)
def test_hidden_items_are_missing(client: MakeClient, path: str) -> None:
    """What is hidden, what is not there and what is of another type answer alike, without a suggestion."""
    response = client(asker=ANONYMOUS).get(path)
    assert response.status_code == 404
    assert response.json()["detail"] == client(asker=ANONYMOUS).get("/v1/cases/none").json()["detail"]
    assert path.rpartition("/")[2] not in response.text


def test_nothing_hidden_is_listed(client: MakeClient) -> None:
    """No list, item or facet tells a service key a word of what it may not see."""
    server = client(asker=ANONYMOUS)
    told = [server.get("/v1/facets").text]
    for path in PATHS.values():
        told.append(server.get(path).text)
        told += [server.get(f"{path}/{item_id}").text for item_id in _ids(server, path)]
    assert [word for word in HIDDEN_WORDS for text in told if word in text] == []


def test_item_that_one_has_is_not_sent_again(client: MakeClient) -> None:
    """An ETag that still holds answers with 304; who sees more has another one."""
    server = client(asker=ANONYMOUS)
    etag = server.get("/v1/competencies/negotiation").headers["etag"]
    again = server.get("/v1/competencies/negotiation", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert client(asker=RED).get("/v1/competencies/negotiation").headers["etag"] != etag


def _values(annotation: object) -> list[object]:
    """Return the fixed values that a type takes, in order; none for any other type."""
    found: list[object] = []
    for part in get_args(annotation):
        found += [part] if isinstance(part, str) else _values(part)
    return found
