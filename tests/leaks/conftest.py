"""Worlds to test the law on: a few by default, more behind `slow`."""

from __future__ import annotations

import pytest

from tests.leaks.worlds import World, make_world

SEEDS = (5, 25)
MORE_SEEDS = (*range(5), *range(6, 10))


@pytest.fixture(scope="session", params=[*SEEDS, *(pytest.param(seed, marks=pytest.mark.slow) for seed in MORE_SEEDS)])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A random library, and what is left of it for some askers."""
    return make_world(tmp_path_factory.mktemp("world"), request.param)
