"""Whatever is asked over HTTP or MCP, or on pages, a server answers as if what the asker may not see did not exist."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from library.access import Visibility, visible
from tests.leaks.asked import Answered, Asked, again, ask, requests_of, some_of
from tests.leaks.browsers import Browser
from tests.leaks.pages import pages_of, some_pages
from tests.leaks.servers import ASKERS_KEY, INSIDERS_KEY, both
from tests.leaks.telling import assert_tells_nothing
from tests.leaks.worlds import Pair, World

_MOST = 5  # requests of each kind
_Servers = list[tuple[Pair, TestClient, TestClient]]


@pytest.fixture(scope="module")
def servers(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Servers]:
    """Servers of both libraries of each pair, for all tests of a world."""
    with ExitStack() as stack:
        yield [(pair, *stack.enter_context(both(pair, tmp_path_factory.mktemp("states")))) for pair in world.pairs]


def test_every_route_answers_as_without_what_is_hidden(world: World, servers: _Servers) -> None:
    """Status, headers, bytes and lengths are those of a server that holds nothing else, whoever asked just before."""
    for pair, whole, left in servers:
        rng = random.Random(world.seed)
        known: set[str] = set()
        for asked in some_of(requests_of(world.items, rng), rng, most=_MOST):
            if asked.path != "/metrics":
                if asked.kind not in known or rng.random() < 0.2:
                    _send_as_insider(whole, asked)
                known.add(asked.kind)
                answers = _answers_alike(pair, asked, (whole, left), rng)
                assert_tells_nothing(pair, asked, answers, world.items)


def test_every_page_is_as_without_what_is_hidden(world: World, servers: _Servers) -> None:
    """Status, headers and bytes are those of a server that holds nothing else, whoever opened the page just before."""
    for n, (pair, whole, left) in enumerate(servers):
        rng = random.Random(f"{world.seed} {n}")
        insider = _signed_in(whole, INSIDERS_KEY)
        asker, alike = (_signed_in(client, ASKERS_KEY) for client in (whole, left))
        seen = {item.id for item in world.items if visible(pair.asker, item) is Visibility.FULL}
        for asked in some_pages(world.items, rng, seen=seen):
            if not asked.first or rng.random() < 0.5:
                insider.ask(asked)
            answers = asker.ask(asked)
            assert answers == alike.ask(asked), f"{asked}: {pair.asker}"
            assert_tells_nothing(pair, asked, answers, world.items)


def test_strangers_are_told_nothing(world: World, servers: _Servers) -> None:
    """Who has not signed in is sent to do so, whatever he asks for, and learns of no item whether it exists."""
    rng = random.Random(world.seed)
    pair, whole, _ = servers[0]
    browser = Browser(whole)
    for asked in some_of(pages_of(world.items, rng), rng, most=1):
        for step in (*asked.first, asked):
            if (step.method, step.path) != ("POST", "/signin"):
                assert_tells_nothing(pair, asked, browser.ask(replace(step, first=())), world.items, is_stranger=True)


def test_figures_are_those_of_what_the_asker_sees(world: World, tmp_path: Path) -> None:
    """After the same requests of the same asker the figures are the same."""
    rng = random.Random(world.seed)
    pair = world.pairs[-1]
    with both(pair, tmp_path) as (whole, left):
        for asked in some_of(requests_of(world.items, rng), rng, most=1):
            for client in (whole, left):
                ask(client, asked)
        figures = Asked("GET", "/metrics")
        assert ask(whole, figures) == ask(left, figures), pair.asker


def _send_as_insider(client: TestClient, asked: Asked) -> None:
    """Have somebody ask the same who sees nearly everything: what is kept of that answer is not for others."""
    if asked.path != "/v1/feedback":
        headers = {**asked.headers, **INSIDERS_KEY}
        assert ask(client, Asked(asked.method, asked.path, asked.params, asked.body, headers))


def _answers_alike(
    pair: Pair, asked: Asked, clients: tuple[TestClient, TestClient], rng: random.Random
) -> list[Answered]:
    whole, left = clients
    answers, expected = ask(whole, asked), ask(left, asked)
    assert answers == expected, f"{asked}: {pair.asker}"
    if rng.random() < 0.25:
        for way in again(asked, expected[0], rng):
            assert ask(whole, way) == ask(left, way), f"{way}: {pair.asker}"
    return answers


def _signed_in(client: TestClient, key: dict[str, str]) -> Browser:
    browser = Browser(client, key=key["X-API-Key"])
    browser.sign_in()
    return browser
