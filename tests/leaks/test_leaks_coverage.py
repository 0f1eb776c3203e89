"""The law is tested on everything that answers: whoever adds a route, a parameter, a tool or a command adds it here."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Match
from typer.main import get_command

import cli
from api.app import Parts, create_app
from api.connector.toolbox import TOOLS
from library.access import Visibility, visible
from library.documents import heading_kinds, read_document
from tests.leaks.asked import Asked, requests_of
from tests.leaks.conftest import SEEDS
from tests.leaks.random_library import as_seen, next_state, random_asker, random_items
from tests.leaks.test_leaks_command_line import command_lines
from tests.leaks.tool_calls import tool_calls
from tests.leaks.worlds import ENCODER, plan_world, server_settings

# Commands that answer nobody: they work on the files of whoever can read them, or start what the other tests ask.
_ANSWER_NOBODY = {"check", "import", "index", "init", "keys", "mcp", "new", "serve"}
# Not asked here yet: pages for people, which take a session and hold random tokens.
_PAGES = "api.portal."
_SEEDS = range(4)


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    """The application; nothing is opened."""
    return create_app(server_settings(tmp_path, tmp_path / "state.db"), Parts(encoder=ENCODER))


def test_every_route_is_asked(app: FastAPI) -> None:
    """There is no way into the server that the test of leaks does not take."""
    asked = {_route_of(app, request) for request in _requests()}
    assert sorted(set(_routes(app)) - asked) == []


def test_every_parameter_is_given(app: FastAPI) -> None:
    """A filter or an option that is never given could leak unseen."""
    given: dict[tuple[str, str], set[str]] = {}
    for request in _requests():
        given.setdefault(_route_of(app, request), set()).update(_names(request))
    missing = {place: sorted(names - given[place]) for place, names in _parameters(app)}
    assert {place: names for place, names in missing.items() if names} == {}


def test_every_tool_is_called_with_every_argument() -> None:
    """The connector has no tool and no argument that the test of leaks does not use."""
    given: dict[str, set[str]] = {}
    for seed in _SEEDS:
        rng = random.Random(seed)
        for name, arguments in tool_calls(random_items(rng), rng):
            given.setdefault(name, set()).update(arguments)
    assert {name: sorted(set(tool.input_schema()["properties"]) - given[name]) for name, tool in TOOLS.items()} == {
        name: [] for name in TOOLS
    }


def test_every_command_is_run() -> None:
    """A command answers an asker and is tested, or it is named as one that answers nobody."""
    rng = random.Random(0)
    run = {line[0] for line in command_lines(random_items(rng), rng, Path("judged.csv"))}
    commands: dict[str, Any] = get_command(cli.app).commands  # type: ignore[attr-defined]
    assert sorted(run | _ANSWER_NOBODY) == sorted(commands)
    assert not run & _ANSWER_NOBODY


def test_worlds_hold_every_kind_of_item() -> None:
    """The law is tested on stubs, hidden items and own drafts, not only on what everybody sees."""
    worlds = [plan_world(seed) for seed in SEEDS]
    seen = {
        (item.type, item.status, item.classification, visible(asker, item))
        for plan in worlds
        for item in plan.states[-1]
        for asker in plan.askers
    }
    for wanted in (
        ("business_case", "approved", "confidential", Visibility.STUB),
        ("business_case", "approved", "restricted", Visibility.STUB),
        ("business_case", "approved", "restricted", Visibility.NOTHING),
        ("business_case", "approved", "confidential", Visibility.FULL),
        ("business_case", "approved", None, Visibility.NOTHING),
        ("challenge_type", "approved", "confidential", Visibility.STUB),
    ):
        assert wanted in seen
    regardless = {entry[1:] for entry in seen}
    for state in (
        ("draft", "internal", Visibility.FULL),
        ("draft", "internal", Visibility.NOTHING),
        ("archived", "internal", Visibility.NOTHING),
    ):
        assert state in regardless


def test_stubs_come_up_in_worlds() -> None:
    """Some asker of a world sees stubs of cases by a kind of challenge that he sees: they are told of in answers."""
    told = 0
    for plan in map(plan_world, SEEDS):
        for asker in plan.askers:
            kinds = {item.id for item in plan.states[-1] if visible(asker, item) is Visibility.FULL}
            stubs = [item for item in plan.states[-1] if visible(asker, item) is Visibility.STUB]
            told += sum(bool(kinds.intersection(item.links.get("challenge_types", ()))) for item in stubs)
    assert told >= 3


@pytest.mark.parametrize("seed", _SEEDS)
def test_random_libraries_are_served_whole(seed: int) -> None:
    """No item is left out for a fault of its file, nor what stands for a stub: there would be nothing to leak."""
    rng = random.Random(seed)
    items = random_items(rng)
    states = [items, next_state(items, rng)]
    for item in chain(*states, *(as_seen(state, random_asker(rng), rng) for state in states)):
        if item.classification is not None or item.status != "approved":
            read = read_document(item.path(), item.text().encode(), heading_kinds())
            assert read.document is not None, read.problems


def _requests() -> Iterator[Asked]:
    for seed in _SEEDS:
        rng = random.Random(seed)
        yield from requests_of(random_items(rng), rng)


def _routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Yield method and path of every route that the test has to know."""
    for context in iter_route_contexts(app.routes):
        if not getattr(context.endpoint, "__module__", "").startswith(_PAGES):
            for method in sorted(set(context.methods or {"?"}) - {"HEAD", "OPTIONS"}):
                yield method, str(context.path)


def _route_of(app: FastAPI, asked: Asked) -> tuple[str, str]:
    """Return method and path of the route that answers a request; empty if none does."""
    scope = {"type": "http", "path": asked.path, "root_path": "", "method": asked.method, "headers": []}
    for context in iter_route_contexts(app.routes):
        if context.matches(scope)[0] is Match.FULL:
            return asked.method, str(context.path)
    return asked.method, ""


def _names(asked: Asked) -> Iterator[str]:
    """Yield the names of all that a request gives, fields of fields too."""
    yield from (name for name, _ in asked.params)
    yield from asked.headers
    yield asked.cursor
    if isinstance(asked.body, dict):
        yield from asked.body
        yield from asked.body.get("filters", ())


def _parameters(app: FastAPI) -> Iterator[tuple[tuple[str, str], set[str]]]:
    """Yield each operation with the names of what it takes."""
    schema = app.openapi()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            names = {entry["name"] for entry in operation.get("parameters", ()) if entry["in"] != "path"}
            content = operation.get("requestBody", {}).get("content", {})
            for body in content.values():
                names |= _fields(schema, body["schema"])
            yield (method.upper(), path), names


def _fields(schema: dict[str, Any], part: dict[str, Any]) -> set[str]:
    """Return the fields of a body, and those of its filters."""
    described = schema["components"]["schemas"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part
    fields = set(described["properties"])
    return fields | (_fields(schema, described["properties"]["filters"]) if "filters" in fields else set())
