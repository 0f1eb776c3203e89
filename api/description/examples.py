"""Examples of JSON schemas: a field that has none is given one that is made from its parts."""

from __future__ import annotations

from typing import Any

_REF = "#/components/schemas/"
_PLAIN = {"string": "text", "integer": 1, "number": 0.5, "boolean": True, "object": {}}


def complete_examples(schemas: dict[str, Any]) -> None:
    """Give every property of every schema an example."""
    for schema in schemas.values():
        for entry in schema.get("properties", {}).values():
            entry["examples"] = entry.get("examples") or [example_of(entry, schemas)]


def example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:  # any JSON value
    """Return an example of a schema: its own, or one made from its properties or entries."""
    match schema:
        case {"examples": [example, *_]} | {"example": example} | {"const": example} | {"enum": [example, *_]}:
            return example
        case {"$ref": str(name)}:
            inner = schemas[name.removeprefix(_REF)]
        case {"anyOf": [inner, *_]} | {"allOf": [inner, *_]} | {"oneOf": [inner, *_]}:
            pass
        case {"properties": dict(properties)}:
            return {name: example_of(entry, schemas) for name, entry in properties.items()}
        case {"type": "array", "items": dict(items)}:
            return [example_of(items, schemas)]
        case _:
            return schema.get("default", _PLAIN.get(schema.get("type", "")))
    return example_of(inner, schemas)
