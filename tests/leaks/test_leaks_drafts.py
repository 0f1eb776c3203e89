"""The law for what is written: saving, reading again and handing in answer as where nothing is hidden."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path

from starlette.testclient import TestClient

from library.access import Asker, Role
from tests.leaks.asked import Answered, Asked, ask
from tests.leaks.random_library import Item
from tests.leaks.servers import both
from tests.leaks.telling import assert_tells_nothing
from tests.leaks.worlds import Pair, World

_GOVERNING = (Role.CURATOR, Role.PUBLISHER)


def test_writing_answers_as_without_what_is_hidden(world: World, tmp_path: Path) -> None:
    """A title that a hidden item has, references to hidden items, and what else is typed: nothing tells of them."""
    for n, pair in enumerate(_of_writers(world, tmp_path)):
        rng = random.Random(world.seed)
        typed = ""
        with both(pair, tmp_path / f"states{n}") as clients:
            for item in rng.sample([item for item in world.items if item.type == "business_case"], 2):
                text = _typed(item, rng, world)
                typed += text
                saved = Asked("POST", "/v1/drafts", body={"text": text})
                place = _answer_alike(pair, saved, clients, world, typed).header("location")
                for asked in (Asked("GET", place), Asked("POST", f"{place}/submission"), Asked("GET", "/v1/review")):
                    _answer_alike(pair, asked, clients, world, typed)


def _answer_alike(
    pair: Pair, asked: Asked, clients: tuple[TestClient, TestClient], world: World, typed: str
) -> Answered:
    """Return what both servers answer; what the asker has typed may be told him again."""
    answers = [ask(client, asked)[0] for client in clients]
    for client in clients:
        client.app.state.services.publisher.settle()  # type: ignore[attr-defined]
    assert answers[0] == answers[1], f"{asked}: {pair.asker}"
    assert answers[0].status in (200, 201), answers[0]
    assert_tells_nothing(pair, replace(asked, body={"text": typed}), answers[:1], world.items)
    return answers[0]


def _typed(item: Item, rng: random.Random, world: World) -> str:
    """Return a text with an item's title and words, that refers to anything."""
    others = [other.id for other in world.items if other.type == "business_case"]
    links = {**item.links, "related": tuple(rng.sample(others, 3))}
    return replace(item, classification="internal", links=links, access_groups=(), owner=None, authors=()).text()


def _of_writers(world: World, folder: Path) -> list[Pair]:
    """Return copies of the pairs whose askers can write; a contributor sees what a reader does."""
    pairs = []
    for n, pair in enumerate(world.pairs):
        if not pair.asker.user or pair.asker.is_service:
            continue
        role = pair.asker.role if pair.asker.role in _GOVERNING else Role.CONTRIBUTOR
        asker = Asker(pair.asker.user, role, pair.asker.groups)
        places = [shutil.copytree(place, folder / f"{n}" / place.name) for place in (pair.whole, pair.left)]
        pairs.append(Pair(asker, places[0], places[1], pair.known))
    return pairs
