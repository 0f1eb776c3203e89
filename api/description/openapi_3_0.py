"""An OpenAPI 3.1 document as 3.0, for tools that do not read 3.1 yet. A pure function; what has no form is left out."""

from __future__ import annotations

from typing import Any

_VERSION = "3.0.3"
_NULL = {"type": "null"}
# Keywords of JSON Schema 2020-12 that 3.0 does not know.
_UNKNOWN = frozenset(
    {
        "$anchor", "$comment", "$defs", "$dynamicAnchor", "$dynamicRef", "$id", "$schema", "$vocabulary", "contains",
        "contentEncoding", "contentMediaType", "contentSchema", "dependentRequired", "dependentSchemas", "else", "if",
        "maxContains", "minContains", "patternProperties", "propertyNames", "then", "unevaluatedItems",
        "unevaluatedProperties",
    }
)  # fmt: skip
_SUBSCHEMAS = ("items", "not", "additionalProperties")
_LISTS = ("allOf", "anyOf", "oneOf")


def as_3_0(document: dict[str, Any]) -> dict[str, Any]:
    """Return the same API as an OpenAPI 3.0 document; the given one stays as it is."""
    result = {name: entry for name, entry in document.items() if name not in ("jsonSchemaDialect", "webhooks")}
    result["openapi"] = _VERSION
    result["info"] = {name: entry for name, entry in document["info"].items() if name != "summary"}
    if "license" in result["info"]:
        result["info"]["license"] = _without(document["info"]["license"], "identifier")
    result["paths"] = _rewritten(document.get("paths", {}))
    components = _without(document.get("components", {}), "pathItems")
    schemas = {name: schema_as_3_0(entry) for name, entry in components.pop("schemas", {}).items()}
    result["components"] = {"schemas": schemas, **_rewritten(components)}
    return result


def schema_as_3_0(schema: Any) -> Any:  # a schema: an object or a boolean
    """Return a JSON schema in the dialect of OpenAPI 3.0."""
    if not isinstance(schema, dict):
        return {} if schema is True else {"not": {}}
    result = {name: entry for name, entry in schema.items() if name not in _UNKNOWN}
    _rewrite_values(result)
    _rewrite_bounds(result)
    _rewrite_tuple(result)
    for name in _SUBSCHEMAS:
        if isinstance(result.get(name), dict):
            result[name] = schema_as_3_0(result[name])
    if "properties" in result:
        result["properties"] = {name: schema_as_3_0(entry) for name, entry in result["properties"].items()}
    is_nullable = _rewrite_null(result)
    for name in _LISTS:
        if name in result:
            result[name] = [schema_as_3_0(entry) for entry in result[name]]
    return _with_reference(result, is_nullable=is_nullable)


def _rewrite_values(schema: dict[str, Any]) -> None:
    """Turn examples into one example, and a constant into a choice of one."""
    examples = schema.pop("examples", None)
    if examples:
        schema.setdefault("example", examples[0])
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]


def _rewrite_bounds(schema: dict[str, Any]) -> None:
    """Turn an exclusive bound into a bound that is said to be exclusive."""
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if exclusive in schema:
            schema[bound] = schema[exclusive]
            schema[exclusive] = True


def _rewrite_tuple(schema: dict[str, Any]) -> None:
    """Turn a tuple into a list of that length whose entries are any of the tuple's."""
    entries = schema.pop("prefixItems", None)
    if entries is None:
        return
    kinds = [entry for place, entry in enumerate(entries) if entry not in entries[:place]]
    schema["items"] = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def _rewrite_null(schema: dict[str, Any]) -> bool:
    """Take null out of a schema's types and choices; return whether it was there."""
    is_nullable = False
    kinds = schema.get("type")
    if isinstance(kinds, list):
        others = [kind for kind in kinds if kind != "null"]
        is_nullable = len(others) < len(kinds)
        schema.pop("type")
        if len(others) == 1:
            schema["type"] = others[0]
        elif others:
            schema["anyOf"] = [{"type": kind} for kind in others]
    elif kinds == "null":
        schema.pop("type")
        schema["enum"], is_nullable = [None], True
    for name in ("anyOf", "oneOf"):
        options = [option for option in schema.get(name, ()) if option != _NULL]
        if name in schema and len(options) < len(schema[name]):
            is_nullable = True
            schema[name] = options
            if len(options) == 1:
                schema.pop(name)
                schema.update({**schema_as_3_0(options[0]), **schema})
    if is_nullable and "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return is_nullable


def _with_reference(schema: dict[str, Any], *, is_nullable: bool) -> dict[str, Any]:
    """Wrap a reference that has siblings, which 3.0 would ignore."""
    if is_nullable:
        schema["nullable"] = True
    if "$ref" in schema and len(schema) > 1:
        reference = {"$ref": schema.pop("$ref")}
        schema["allOf"] = [reference]
    return schema


def _rewritten(node: Any) -> Any:  # any part of a document outside a schema
    """Return a part of a document with the schemas in it rewritten."""
    if isinstance(node, list):
        return [_rewritten(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    return {
        name: schema_as_3_0(entry)
        if name == "schema"
        else entry
        if name in ("example", "examples")
        else _rewritten(entry)
        for name, entry in node.items()
    }


def _without(node: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: entry for key, entry in node.items() if key != name}
