"""While a library changes, servers tell an asker the same whether what he may not see is there or not."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from library.access import Asker, Visibility, visible
from tests.leaks.asked import Answered, Asked, ask
from tests.leaks.random_library import Item, as_seen, next_state, random_asker, random_items
from tests.leaks.servers import both
from tests.leaks.worlds import Pair, index_state, index_states

_GENERATIONS = 5
_CHANGES = Asked("GET", "/v1/changes", (("limit", "5"),), cursor="since")


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 12))])
def test_changes_are_told_as_without_what_is_hidden(seed: int, tmp_path: Path) -> None:
    """From every cursor that was ever given, the asker's and another's, the same pages come, byte for byte."""
    rng = random.Random(seed)
    pair = Pair(random_asker(rng), tmp_path / "whole", tmp_path / "left")
    key = rng.randbytes(32)
    states = _states(rng, pair.asker)
    index_states(pair.whole, states[:1], key)
    index_states(pair.left, [_left(states[0], pair, seed)], key)
    cursors, etags = [""], {"*"}
    with both(pair, tmp_path / "states") as (whole, left):
        for number, items in enumerate(states):
            _publish(whole, pair.whole, items, number)
            _publish(left, pair.left, _left(items, pair, seed), number)
            for asked in _questions(cursors, etags, rng):
                answers = ask(whole, asked)
                assert answers == ask(left, asked), f"{asked} in state {number}: {pair.asker}"
                _assert_only_what_is_seen(pair, items, answers)
                etags |= {answer.header("etag") for answer in answers} - {""}
            cursors += [_next_of(whole, {}), _next_of(whole, {"X-API-Key": "insider"})]


def _assert_only_what_is_seen(pair: Pair, items: list[Item], answers: list[Answered]) -> None:
    """What is told as published or changed is there for the asker: a stub stands in both libraries, and is not."""
    seen = {item.id for item in items if item.status == "approved" and visible(pair.asker, item) is Visibility.FULL}
    for answer in answers:
        if answer.status == 200 and b'"change":' in answer.body:
            told = json.loads(answer.body)["items"]
            assert {entry["id"] for entry in told if entry["change"] != "removed"} <= seen, pair.asker
            assert not {entry["id"] for entry in told if entry["change"] == "removed"} & seen, pair.asker


def _states(rng: random.Random, asker: Asker) -> list[list[Item]]:
    """Return a library over time: items get hidden and shown again, edited, taken out and put back.

    In every other step only what the asker does not see changes.
    """
    states = [random_items(rng)]
    while len(states) < _GENERATIONS:
        if len(states) % 2 == 0:
            states.append([item if _is_seen(asker, item) else _edited(item, rng) for item in states[-1]])
            continue
        following = _closed(next_state(states[-1], rng), asker)
        lost = [item for item in states[0] if item.id not in {other.id for other in following}]
        states.append([*following, *(item for item in lost if rng.random() < 0.3)])
    return states


def _closed(items: list[Item], asker: Asker) -> list[Item]:
    """Return the items with the first case that the asker reads become a stub: it has to be dropped from a copy."""
    for n, item in enumerate(items):
        is_read = item.status == "approved" and visible(asker, item) is Visibility.FULL
        if is_read and item.type == "business_case":
            closed = replace(item, classification="restricted", existence="discoverable", owner=None)
            closed = replace(closed, access_groups=("elsewhere",), authors=())
            return [*items[:n], closed, *items[n + 1 :]]
    return items


def _is_seen(asker: Asker, item: Item) -> bool:
    return visible(asker, item) is not Visibility.NOTHING


def _edited(item: Item, rng: random.Random) -> Item:
    return replace(item, words=tuple(rng.choices(item.words, k=20)))


def _left(items: list[Item], pair: Pair, seed: int) -> list[Item]:
    return list(as_seen(items, pair.asker, random.Random(seed)))


def _publish(client: TestClient, root: Path, items: list[Item], number: int) -> None:
    """Publish a state below a running server, and wait until it is served."""
    index_state(root, items, number)
    app: Any = client.app
    app.state.services.engines.look()
    app.state.services.engines.settle()


def _questions(cursors: list[str], etags: set[str], rng: random.Random) -> Iterator[Asked]:
    for cursor in rng.sample(cursors, min(5, len(cursors))):
        yield replace(_CHANGES, params=(*_CHANGES.params, ("since", cursor))) if cursor else _CHANGES
    yield Asked("GET", "/v1/changes", (("since", "2026-09-05"),))
    held = {"If-None-Match": rng.choice(sorted(etags))}
    yield Asked("GET", "/v1/cases", (("limit", "200"),))
    yield Asked("GET", "/v1/cases", (("limit", "200"),), headers=held)
    yield Asked("GET", "/v1/facets", headers=held)
    yield Asked("GET", "/v1/cases/case-3", headers=held)
    yield Asked("POST", "/v1/search", body={"challenge": "price tender contract plant", "limit": 50, "facets": True})


def _next_of(client: TestClient, headers: dict[str, str]) -> str:
    answered: str = client.get("/v1/changes", headers=headers).json()["next"]
    return answered
