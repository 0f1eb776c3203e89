"""Libraries in pairs: all of one, and what is left of it for an asker; indexed alike, generation by generation."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

import pytest

from indexer.build import build_index
from library.access import Asker, Visibility, visible
from library.settings import Settings
from tests.conftest import FakeEncoder, settings_for, write_library
from tests.leaks.random_library import Item, as_seen, next_state, random_asker, random_items

FIRST_DAY = datetime(2026, 8, 1, 6, tzinfo=UTC)
ENCODER = FakeEncoder()


class _Clock(datetime):
    """A clock that stands still, so that both libraries of a pair are made at the same times."""

    standing: ClassVar[datetime] = FIRST_DAY

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:  # a datetime, which mypy takes for this class
        return cls.standing.astimezone(tz)


@dataclass(frozen=True)
class Pair:
    """An asker, the whole library, and the library without what the asker may not see.

    `known` are the ids that the asker saw in some state of it.
    """

    asker: Asker
    whole: Path
    left: Path
    known: frozenset[str] = frozenset()


@dataclass(frozen=True)
class World:
    """A random library in its last state, and a pair for each of some askers."""

    seed: int
    items: tuple[Item, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Plan:
    """The states of a random library, those who ask, and the key of its stubs."""

    states: tuple[list[Item], ...]
    askers: tuple[Asker, ...]
    key: bytes


def plan_world(seed: int, *, askers: int = 2, generations: int = 2) -> Plan:
    """Draw a library that changes, and askers."""
    rng = random.Random(seed)
    states = [random_items(rng)]
    while len(states) < generations:
        states.append(next_state(states[-1], rng))
    return Plan(tuple(states), tuple(random_asker(rng) for _ in range(askers)), rng.randbytes(32))


def make_world(folder: Path, seed: int) -> World:
    """Write and index a library in some generations, and what is left of each for some askers."""
    plan = plan_world(seed)
    index_states(folder / "whole", plan.states, plan.key)
    pairs = []
    for n, asker in enumerate(plan.askers):
        rng = random.Random(seed)
        left = [list(as_seen(items, asker, rng)) for items in plan.states]
        index_states(folder / f"left{n}", left, plan.key)
        known = frozenset(item.id for item in chain(*plan.states) if visible(asker, item) is Visibility.FULL)
        pairs.append(Pair(asker, folder / "whole", folder / f"left{n}", known))
    return World(seed, tuple(plan.states[-1]), tuple(pairs))


def index_states(root: Path, states: Sequence[Sequence[Item]], key: bytes) -> None:
    """Index one state of a library after the other, a month apart; `key` makes the ids of stubs."""
    (root / ".casebook").mkdir(parents=True)
    (root / ".casebook" / "stub.key").write_bytes(key)
    for number, items in enumerate(states):
        index_state(root, items, number)


def index_state(root: Path, items: Sequence[Item], number: int) -> None:
    """Make a library's files those of a state, and index it at that state's time."""
    files = {item.path(): item.text() for item in items}
    files |= {item.attached(): f"%PDF {item.secret}" for item in items if item.type == "business_case"}
    for path in chain(root.glob("*/**/*.md"), root.glob("*/**/*.pdf")):
        if path.relative_to(root).as_posix() not in files:
            path.unlink()
    write_library(root, files)
    for name in files:
        os.utime(root / name, (FIRST_DAY.timestamp() + number,) * 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Clock, "standing", FIRST_DAY + timedelta(days=30 * number))
        patch.setattr("indexer.build.datetime", _Clock)
        patch.setattr("indexer.history.secrets.token_hex", lambda size: "0" * 2 * size)
        build_index(settings_for(root), encoder=ENCODER)


def server_settings(root: Path, state: Path, **server: object) -> Settings:
    """Return the settings of a server of a library, with a state of its own and no limit of requests."""
    return settings_for(root, state=state, server={"rate_per_minute": 0, **server})
