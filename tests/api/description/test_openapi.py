"""The OpenAPI document says everything about every operation, and is the same in 3.1 and 3.0."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import jsonschema_rs
import pytest
from openapi_python_client.schema import OpenAPI
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.testclient import TestClient

import api.routes
from api.app import Parts, create_app
from api.credentials.identity import METADATA_PATH
from api.requests.problem_kinds import KINDS
from api.resources.queries import CaseFilters, SearchRequest
from indexer.build import build_index
from search.filters import CASE_FACETS
from tests.api.conftest import ANN, ANONYMOUS, MakeClient, open_client
from tests.conftest import FakeEncoder, settings_for
from tests.test_layers import ROOT

Document = dict[str, Any]
# Versions to change or to decide on, and plans to carry out: answers that nobody keeps.
# Nobody signs in where the examples are tried: these say so.
_OF_PEOPLE = ("/v1/drafts", "/v1/review", "/v1/audit", "/v1/purges", "/v1/vocabulary/")
_VERSIONED = {
    "/v1/drafts/{id}",
    "/v1/review/{id}",
    *(f"/v1/vocabulary/{end}" for end in ("imports", "renamings", "mergers")),
}
METHODS = {"get", "put", "post", "delete", "patch", "head", "options", "trace"}


@pytest.fixture
def server(client: MakeClient) -> TestClient:
    """A server without authentication."""
    return client(asker=ANONYMOUS)


@pytest.fixture
def document(server: TestClient) -> Document:
    """The document as it is served."""
    found: Document = server.get("/openapi.json").json()
    return found


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert method in METHODS
            yield path, method, operation


def _resolved(document: Document, node: Document) -> Document:
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def nodes(node: Any, path: str = "#") -> Iterator[tuple[str, Document]]:
    """Yield every object of a document with its place, what examples hold left out."""
    if isinstance(node, dict):
        yield path, node
        for name, entry in node.items():
            if name not in ("example", "examples", "default", "enum", "const"):
                yield from nodes(entry, f"{path}/{name}")
    elif isinstance(node, list):
        for place, entry in enumerate(node):
            yield from nodes(entry, f"{path}/{place}")


def test_every_operation_is_described(document: Document) -> None:
    """An operation has an id of its own in camelCase, a summary, a description, a known tag."""
    tags = {tag["name"] for tag in document["tags"]}
    assert all(tag["description"] for tag in document["tags"])
    ids = []
    for path, method, operation in _operations(document):
        place = f"{method} {path}"
        assert operation["operationId"].isidentifier(), place
        assert operation["operationId"][0].islower(), place
        assert operation["summary"], place
        assert len(operation["description"]) > 20, place
        assert operation["tags"], place
        assert set(operation["tags"]) <= tags, place
        ids.append(operation["operationId"])
    assert len(ids) == len(set(ids))


def test_every_parameter_is_described_with_an_example(document: Document) -> None:
    """A parameter says what it is and shows a value that fits its schema."""
    found = 0
    for path, method, operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            place = f"{method} {path} {parameter['name']}"
            assert len(parameter["description"]) > 10, place
            assert "example" in parameter, place
            jsonschema_rs.validate(closed(document, parameter["schema"]), parameter["example"])
            found += 1
    assert found > 40


def test_every_field_is_described_with_an_example(document: Document) -> None:
    """A field of any schema says what it is and shows a value that fits."""
    found = 0
    for name, schema in document["components"]["schemas"].items():
        assert schema["description"], name
        for field, entry in schema.get("properties", {}).items():
            place = f"{name}.{field}"
            assert len(entry.get("description", "")) > 5, place
            assert entry.get("examples"), place
            for example in entry["examples"]:
                jsonschema_rs.validate(closed(document, entry), example)
            found += 1
    assert found > 150


def test_every_body_shows_an_example_that_fits(document: Document) -> None:
    """Bodies of requests and of answers show an example, and it is one."""
    found = 0
    for _, node in nodes(document):
        if "schema" in node and "example" in node and "name" not in node:
            jsonschema_rs.validate(closed(document, node["schema"]), node["example"])
            found += 1
    for path, method, operation in _operations(document):
        if body := operation.get("requestBody"):
            assert body["description"], path
            assert body["content"]["application/json"]["example"], f"{method} {path}"
            found += 1
    assert found > 30


def test_every_answer_is_described_with_its_headers(document: Document) -> None:
    """Each answer names the request; lists lead on; what is kept has an ETag; failures are problems."""
    for path, method, operation in _operations(document):
        for status, reference in operation["responses"].items():
            response = _resolved(document, reference)
            place = f"{method} {path} {status}"
            assert len(response["description"]) > 5, place
            assert "X-Request-ID" in response["headers"], place
            for header in response["headers"].values():
                assert {"description", "schema", "example"} <= _resolved(document, header).keys(), place
            if status[0] in "45":
                assert list(response["content"]) == ["application/problem+json"], place
                media = response["content"]["application/problem+json"]
                assert media["schema"] == {"$ref": "#/components/schemas/Problem"}, place
                assert media["example"]["status"] == int(status), place
        has_cursor = any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ()))
        success = _resolved(document, next(entry for name, entry in operation["responses"].items() if name[0] == "2"))
        is_kept, is_tagged = "304" in operation["responses"], "ETag" in success["headers"]
        assert is_kept == is_tagged or path in _VERSIONED, path
        assert has_cursor <= ("Link" in success["headers"]), path


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        ("/v1/search", "post", {"200", "400", "401", "403", "413", "415", "421", "422", "429", "500", "503"}),
        ("/v1/cases/{id}", "get", {"200", "304", "401", "403", "404", "421", "422", "429", "500", "503"}),
        ("/v1/cases/{id}/similar", "get", {"200", "401", "403", "404", "421", "422", "429", "500", "503"}),
        ("/healthz", "get", {"200", "304", "403", "421", "500"}),
        ("/readyz", "get", {"200", "403", "421", "500", "503"}),
    ],
)
def test_failures_are_told_as_they_can_happen(document: Document, path: str, method: str, expected: set[str]) -> None:
    """An operation lists every status that it can have."""
    assert document["paths"][path][method]["responses"].keys() == expected


def test_credentials_are_told(client: MakeClient, document: Document) -> None:
    """Key and token are declared; where the server requires none, an operation may go without."""
    schemes = document["components"]["securitySchemes"]
    assert {name: scheme["type"] for name, scheme in schemes.items()} == {"apiKey": "apiKey", "bearer": "http"}
    assert {} in document["paths"]["/v1/search"]["post"]["security"]
    assert "security" not in document["paths"]["/healthz"]["get"]
    required: Document = client(asker=ANN, required=True).get("/openapi.json").json()
    assert {} not in required["paths"]["/v1/search"]["post"]["security"]


def test_server_is_the_public_address(client: MakeClient) -> None:
    """Behind a proxy the document names the address that callers use."""
    server = client(asker=ANONYMOUS, server={"public_url": "https://kb.example.com/casebook/"})
    found = server.get("/openapi.json", headers={"Host": "kb.example.com"}).json()
    assert [entry["url"] for entry in found["servers"]] == ["https://kb.example.com/casebook"]


def test_every_route_is_in_the_document(document: Document) -> None:
    """Every path that a module of routes has is documented."""
    modules = [import_module(f"api.routes.{module.name}") for module in iter_modules(api.routes.__path__)]
    routes = [route for module in modules for route in module.router.routes if route.include_in_schema]
    assert {route.path for route in routes} == document["paths"].keys()
    assert len(routes) > 20


def test_every_kind_of_problem_can_be_referred_to(document: Document) -> None:
    """The kinds of problems are the document's shared answers."""
    assert document["components"]["responses"].keys() == KINDS.keys()


def test_references_lead_somewhere_and_schemas_are_used(document: Document) -> None:
    """No reference hangs in the air, and no schema is left over."""
    text = json.dumps(document)
    for path, node in nodes(document):
        if "$ref" in node and isinstance(node["$ref"], str):
            assert _resolved(document, node), path
    unused = [name for name in document["components"]["schemas"] if f'"#/components/schemas/{name}"' not in text]
    assert unused == []


def test_filters_are_the_facets() -> None:
    """What a search can be narrowed by over HTTP is what it can be narrowed by at all."""
    assert {name.replace("_", "-") for name in CaseFilters.model_fields} == {*CASE_FACETS, "since"}


def test_example_of_a_search_is_understood() -> None:
    """The example of the document is a request as the server reads it."""
    for name, field in SearchRequest.model_fields.items():
        for example in field.examples or ():
            assert name in SearchRequest.model_validate({"challenge": "x"} | {name: example}).model_fields_set


@pytest.mark.slow
def test_examples_work_on_the_sample_library(encoder: FakeEncoder, tmp_path: Path) -> None:
    """Whoever tries an operation with the examples of its parameters and body gets an answer, not a problem."""
    folders = {"data": tmp_path / "data", "state": tmp_path / "state.db"}
    settings = settings_for(ROOT, **folders, server={"rate_per_minute": 0})
    build_index(settings, encoder=encoder)
    with open_client(create_app(settings, Parts(encoder=encoder))) as server:
        document = server.get("/openapi.json").json()
        for path, method, operation in _operations(document):
            if path == METADATA_PATH:  # there are no tokens without an issuer
                continue
            for asked in _requests(path, operation):
                response = server.request(method, **asked)
                is_of_people = path.startswith(_OF_PEOPLE)
                allowed = (403, 428) if is_of_people else (200, 201)  # 428: no example has an ETag that is current
                assert response.status_code in allowed, (method, asked, response.text)


def test_document_is_the_same_each_time_and_kept(server: TestClient) -> None:
    """Tools that fetch it again are told that it has not changed."""
    for path in ("/openapi.json", "/openapi-3.0.json"):
        first = server.get(path)
        assert server.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304


def test_document_is_openapi_3_1(document: Document) -> None:
    """Its version is said, its schemas are JSON Schema 2020-12, and a reader of OpenAPI takes it."""
    assert document["openapi"].startswith("3.1.")
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.Draft202012Validator(closed(document, schema))
    assert len(OpenAPI.model_validate(document).paths) == len(document["paths"])
    OpenAPIV31SpecValidator(document).validate()


def _requests(path: str, operation: Document) -> Iterator[dict[str, Any]]:
    """Yield requests with the examples of an operation: one without optional parameters, one for each of them."""
    parameters = operation.get("parameters", [])
    for parameter in parameters:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    yield {"url": path, "json": body} if body else {"url": path}
    for parameter in parameters:
        if parameter["in"] == "query":
            yield {"url": path, "params": {parameter["name"]: parameter["example"]}}


def closed(document: Document, schema: Document) -> Document:
    """Return a schema that can be used by itself: what it refers to comes with it."""
    return {**schema, "components": {"schemas": document["components"]["schemas"]}}
