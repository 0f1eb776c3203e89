"""The law is tested on everything that answers: whoever adds a route, a parameter, a tool or a command adds it here."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.routing import Match
from typer.main import get_command

import cli
from api.app import Parts, create_app
from api.connector.toolbox import TOOLS
from api.portal.pages import TEMPLATES
from library.access import Visibility, visible
from library.documents import heading_kinds, read_document
from search.filters import CASE_FACETS
from tests.leaks.asked import Asked, requests_of
from tests.leaks.conftest import SEEDS
from tests.leaks.pages import pages_of
from tests.leaks.random_library import as_seen, next_state, random_asker, random_items
from tests.leaks.test_leaks_command_line import command_lines
from tests.leaks.tool_calls import tool_calls
from tests.leaks.worlds import ENCODER, plan_world, server_settings

# Commands that answer nobody: they work on the files of whoever can read them, or start what the other tests ask.
_ANSWER_NOBODY = {
    "audit",
    "check",
    "denylist",
    "import",
    "index",
    "init",
    "keys",
    "mcp",
    "new",
    "purge",
    "serve",
    "vocabulary",
    "watch",
}
_SEEDS = range(4)


_Given = dict[tuple[str, str], set[str]]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application; nothing is opened."""
    folder = tmp_path_factory.mktemp("app")
    return create_app(server_settings(folder, folder / "state.db"), Parts(encoder=ENCODER))


@pytest.fixture(scope="module")
def given(app: FastAPI) -> _Given:
    """What is given to each route that is asked."""
    found: _Given = {}
    for request in _requests():
        found.setdefault(_route_of(app, request), set()).update(_names(request))
    return found


def test_every_route_is_asked(app: FastAPI, given: _Given) -> None:
    """There is no way into the server that the test of leaks does not take."""
    assert sorted(set(_routes(app)) - set(given)) == []


def test_every_parameter_is_given(app: FastAPI, given: _Given) -> None:
    """A filter or an option that is never given could leak unseen."""
    missing = {place: sorted(names - given[place]) for place, names in _parameters(app)}
    assert {place: names for place, names in missing.items() if names} == {}


def test_every_parameter_of_a_page_is_given(app: FastAPI, given: _Given) -> None:
    """Whatever the address of a page is read for is given to that page."""
    declared = {(method, str(context.path)): _declared(context) for method, context in _pages(app)}
    assert any(declared.values())
    assert {place: names - given[place] for place, names in declared.items() if names - given[place]} == {}


def test_every_field_of_a_page_is_sent(given: _Given) -> None:
    """Whatever a form or a link of any page sends is sent."""
    sent = set().union(*given.values()) | {"csrf"}  # every form has that
    assert sorted(_fields_of_templates() - sent) == []
    assert sorted({*CASE_FACETS, "challenge", "have", "page"} - sent) == []


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


def test_texts_name_what_is_hidden() -> None:
    """Every asker of a world reads some case whose text names a case that he does not see, and that exists."""
    for plan in map(plan_world, SEEDS):
        by_id = {item.id: item for item in plan.states[-1]}
        for asker in plan.askers:
            read = [item for item in by_id.values() if visible(asker, item) is Visibility.FULL]
            named = {item.mentions for item in read} & set(by_id)
            assert [id_ for id_ in named if visible(asker, by_id[id_]) is not Visibility.FULL]


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
        items = random_items(rng)
        yield from requests_of(items, rng)
        for request in pages_of(items, rng):
            yield from (*request.first, request)


def _routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Yield method and path of every route that the test has to know."""
    for context in iter_route_contexts(app.routes):
        for method in sorted(set(context.methods or {"?"}) - {"HEAD", "OPTIONS"}):
            yield method, str(context.path)


def _pages(app: FastAPI) -> Iterator[tuple[str, RouteContext]]:
    """Yield method and route of every page."""
    for context in iter_route_contexts(app.routes):
        if getattr(context.endpoint, "__module__", "").startswith("api.portal."):
            yield from ((method, context) for method in sorted(set(context.methods or ()) - {"HEAD", "OPTIONS"}))


def _declared(context: RouteContext) -> set[str]:
    """Return the names of what a route declares to read from its address."""
    route = context.original_route
    assert isinstance(route, APIRoute)
    waiting, names = [route.dependant], set[str]()
    while waiting:
        dependant = waiting.pop()
        names |= {parameter.alias for parameter in dependant.query_params}
        waiting += dependant.dependencies
    return names


def _fields_of_templates() -> set[str]:
    """Return the names of all fields of forms, and of what links give, as the pages' templates have them."""
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html")]
    fields = {
        name for text in texts for name in re.findall(r'<(?:input|select|textarea|button)[^>]* name="([\w-]+)"', text)
    }
    return fields | {name for text in texts for name in re.findall(r"(?:\?|&amp;)([\w-]+)=", text)}


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
    yield from (name for name, _ in asked.form or ())
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
