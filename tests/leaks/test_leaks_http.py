"""Whatever is asked over HTTP or MCP, a server answers as if what the asker may not see did not exist."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

from starlette.testclient import TestClient

from library.access import Visibility, visible
from tests.leaks.asked import Answered, Asked, again, ask, requests_of, some_of
from tests.leaks.random_library import Item
from tests.leaks.servers import INSIDERS_KEY, both
from tests.leaks.worlds import Pair, World

_MOST = 5  # requests of each kind


def test_every_route_answers_as_without_what_is_hidden(world: World, tmp_path: Path) -> None:
    """Status, headers, bytes and lengths are those of a server that holds nothing else, whoever asked just before."""
    for n, pair in enumerate(world.pairs):
        rng = random.Random(world.seed)
        with both(pair, tmp_path / str(n)) as (whole, left):
            known: set[str] = set()
            for asked in some_of(requests_of(world.items, rng), rng, most=_MOST):
                if asked.path != "/metrics":
                    if asked.kind not in known or rng.random() < 0.2:
                        _send_as_insider(whole, asked)
                    known.add(asked.kind)
                    answers = _answers_alike(pair, asked, (whole, left), rng)
                    _assert_tells_nothing(pair, asked, answers, world.items)


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


def _assert_tells_nothing(pair: Pair, asked: Asked, answers: Sequence[Answered], items: Sequence[Item]) -> None:
    """Look for the words and ids of what is hidden, should both servers tell them."""
    told = "".join(answer.body.decode("utf-8", "replace") + str(answer.headers) for answer in answers)
    # What the asker wrote may be repeated; and that something which he saw was removed is told.
    allowed = str(asked) + str(sorted(pair.known)) * (asked.path == "/v1/changes")
    for item in items:
        assert item.account not in told, f"{asked}: {pair.asker} read the account of {item}"
        if visible(pair.asker, item) is not Visibility.FULL:
            for secret in (item.secret, rf"{item.id}(?!\d)"):
                assert re.search(secret, allowed) or not re.search(secret, told), f"{asked}: {pair.asker} read {item}"
