"""What becomes of a page's fields when more is told of them."""

from __future__ import annotations

from collections.abc import Mapping

from curation.vocabulary.pages import strings
from library.front_matter import Value

_BY_LANGUAGE = ("labels", "alt_labels", "hidden_labels", "definition")
_MANY_BY_LANGUAGE = ("alt_labels", "hidden_labels")


def change_fields(old: Mapping[str, Value], given: Mapping[str, Value]) -> dict[str, Value]:
    """Return the fields that are told, as told; of a field by language the languages that are told."""
    wanted: dict[str, Value] = {}
    for name, value in given.items():
        held = old.get(name)
        if name in _BY_LANGUAGE and isinstance(value, dict):
            merged = {**(held if isinstance(held, dict) else {}), **value}
            wanted[name] = without_none(merged) or None
        else:
            wanted[name] = value
    return wanted


def add_fields(old: Mapping[str, Value], given: Mapping[str, Value]) -> tuple[dict[str, Value], list[str]]:
    """Return fields with what is given added, and what was not taken since the page says otherwise."""
    wanted: dict[str, Value] = {}
    notes: list[str] = []
    for name, value in given.items():
        held = old.get(name)
        if name in _MANY_BY_LANGUAGE:
            wanted[name] = unite_by_language(held, value)
        elif isinstance(value, dict):
            own = held if isinstance(held, dict) else {}
            wanted[name] = {**own, **{tag: text for tag, text in value.items() if tag not in own}}
            notes += [
                f"`{name}.{tag}` is another there and was kept"
                for tag in value
                if own.get(tag, value[tag]) != value[tag]
            ]
        elif isinstance(value, list):
            wanted[name] = unite(held, value)
        elif held is None:
            wanted[name] = value
    return wanted, notes


def unite(held: Value, value: Value) -> Value:
    """Return the texts of both, each once, in order."""
    return list(dict.fromkeys([*strings(held), *strings(value)]))


def unite_by_language(held: Value, value: Value) -> Value:
    """Return the texts of both by language, each once, in order."""
    united = dict(held) if isinstance(held, dict) else {}
    for tag, texts in value.items() if isinstance(value, dict) else ():
        united[tag] = unite(united.get(tag), texts)
    return united


def without_none(value: Value) -> Value:
    """Return a mapping without what has no value; anything else as it is."""
    if isinstance(value, dict):
        return {key: entry for key, entry in value.items() if entry is not None}
    return value
