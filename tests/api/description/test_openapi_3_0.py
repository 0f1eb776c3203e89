"""The rendering in OpenAPI 3.0, for tools that know no 3.1: the same document in the older dialect."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import jsonschema_rs
import pytest
from openapi_python_client.schema import OpenAPI
from openapi_spec_validator import OpenAPIV30SpecValidator
from starlette.testclient import TestClient

from api.description.openapi_3_0 import as_3_0, schema_as_3_0
from tests.api.description.test_openapi import Document, closed, document, nodes, server

__all__ = ["document", "server"]  # fixtures

NEWER = {
    "const",
    "contentMediaType",
    "prefixItems",
    "$defs",
    "if",
    "then",
    "else",
    "propertyNames",
    "patternProperties",
}


def test_older_document_holds_nothing_newer(server: TestClient, document: Document) -> None:
    """The 3.0 rendering has the same operations and schemas, and no word that 3.0 does not know."""
    older: Document = server.get("/openapi-3.0.json").json()
    assert older["openapi"] == "3.0.3"
    assert older["paths"].keys() == document["paths"].keys()
    assert older["components"]["schemas"].keys() == document["components"]["schemas"].keys()
    assert "summary" not in older["info"]
    for path, node in _schemas(older):
        assert not NEWER & node.keys(), path
        assert "examples" not in node, path
        assert node.get("type") != "null", path
        assert not isinstance(node.get("type"), list), path
        assert node.get("type") != "array" or "items" in node, path
        assert "$ref" not in node or len(node) == 1, path
        assert node.get("exclusiveMinimum", True) is True, path
    assert len(OpenAPI.model_validate(older).paths) == len(document["paths"])
    OpenAPIV30SpecValidator(older).validate()


def test_older_examples_fit_their_schemas(server: TestClient) -> None:
    """Examples still fit, read as 3.0 reads a schema: null where it is nullable."""
    older: Document = server.get("/openapi-3.0.json").json()
    checked = 0
    for name, schema in older["components"]["schemas"].items():
        for field, entry in schema.get("properties", {}).items():
            assert "example" in entry, f"{name}.{field}"
            if entry["example"] is not None:
                jsonschema_rs.validate(closed(older, entry), entry["example"])
                checked += 1
    assert checked > 150


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"const": "a"}, {"enum": ["a"]}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        (
            {"type": ["string", "integer", "null"]},
            {"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
        ),
        (
            {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "description": "d"},
            {"type": "string", "format": "date", "nullable": True, "description": "d"},
        ),
        (
            {"anyOf": [{"$ref": "#/x"}, {"type": "null"}], "description": "d"},
            {"allOf": [{"$ref": "#/x"}], "nullable": True, "description": "d"},
        ),
        (
            {"anyOf": [{"const": 1}, {"type": "string"}, {"type": "null"}]},
            {"anyOf": [{"enum": [1]}, {"type": "string"}], "nullable": True},
        ),
        (
            {"anyOf": [{"enum": ["a"], "type": "string"}, {"type": "null"}]},
            {"enum": ["a", None], "type": "string", "nullable": True},
        ),
        ({"type": "null"}, {"enum": [None], "nullable": True}),
        ({"$ref": "#/x", "description": "d"}, {"allOf": [{"$ref": "#/x"}], "description": "d"}),
        ({"$ref": "#/x"}, {"$ref": "#/x"}),
        ({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}),
        ({"exclusiveMinimum": 0, "type": "number"}, {"minimum": 0, "exclusiveMinimum": True, "type": "number"}),
        ({"exclusiveMaximum": 9}, {"maximum": 9, "exclusiveMaximum": True}),
        (
            {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer"}], "maxItems": 2},
            {"type": "array", "items": {"type": "integer"}, "maxItems": 2},
        ),
        (
            {"type": "array", "prefixItems": [{"type": "integer"}, {"const": "x"}]},
            {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"enum": ["x"]}]}},
        ),
        (
            {"type": "object", "additionalProperties": {"const": 1}, "propertyNames": {"pattern": "x"}},
            {"type": "object", "additionalProperties": {"enum": [1]}},
        ),
        ({"properties": {"const": {"const": 1}}}, {"properties": {"const": {"enum": [1]}}}),
        ({"properties": {"examples": True}}, {"properties": {"examples": {}}}),
        ({"type": "object", "additionalProperties": False}, {"type": "object", "additionalProperties": False}),
        ({"default": {"const": 1}, "example": {"const": 2}}, {"default": {"const": 1}, "example": {"const": 2}}),
    ],
)
def test_schema_in_the_older_dialect(schema: Document, expected: Document) -> None:
    """Each word of the newer dialect has its form in the older one; the given schema stays as it is."""
    before = deepcopy(schema)
    assert schema_as_3_0(schema) == expected
    assert schema == before


def test_rendering_leaves_the_document_alone(document: Document) -> None:
    """Rendering 3.0 changes nothing in the 3.1 document, and drops what 3.0 has no place for."""
    more = document | {"webhooks": {}, "jsonSchemaDialect": "x"}
    more["info"] = document["info"] | {"license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}}
    before = deepcopy(more)
    older = as_3_0(more)
    assert more == before
    assert not {"webhooks", "jsonSchemaDialect"} & older.keys()
    assert older["info"]["license"] == {"name": "Apache-2.0"}


def _schemas(document: Document) -> Iterator[tuple[str, Document]]:
    """Yield every schema of a document, inner ones too."""
    roots = list(document["components"]["schemas"].items())
    roots += [(path, node["schema"]) for path, node in nodes(document["paths"]) if isinstance(node.get("schema"), dict)]
    for name, root in roots:
        yield from _inner(root, name)


def _inner(schema: Any, path: str) -> Iterator[tuple[str, Document]]:
    if not isinstance(schema, dict):
        return
    yield path, schema
    for name in ("items", "additionalProperties", "not"):
        yield from _inner(schema.get(name), f"{path}/{name}")
    for name in ("anyOf", "allOf", "oneOf"):
        for place, entry in enumerate(schema.get(name, ())):
            yield from _inner(entry, f"{path}/{name}/{place}")
    for name, entry in schema.get("properties", {}).items():
        yield from _inner(entry, f"{path}/{name}")
