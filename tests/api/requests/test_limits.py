"""How many searches run at once, and for how long one is waited for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from api.requests.limits import SearchRunner, usable_cores
from api.requests.problems import ProblemError
from library.settings import ServerSettings

_SOON = 0.05


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Set at the end, so that no thread of a test outlives it."""
    event = threading.Event()
    yield event
    event.set()


def _runner(*, seconds: float = 30.0, at_once: int = 1) -> SearchRunner:
    return SearchRunner(ServerSettings(search_seconds=seconds, concurrent_searches=at_once))


def test_a_search_gives_its_result_or_its_error() -> None:
    """What the work returns or raises comes through unchanged, an error about time included."""

    def fail() -> None:
        raise TimeoutError("of the work's own")

    runner = _runner()
    assert asyncio.run(runner.run(lambda: 42)) == 42
    with pytest.raises(TimeoutError, match="of the work's own"):
        asyncio.run(runner.run(fail))


def test_searches_run_beside_each_other_up_to_the_limit(released: threading.Event) -> None:
    """No more than the setting says run at the same time; the others wait for their turn."""
    running, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if running == 2:
            released.set()
        released.wait(10)
        with lock:
            running -= 1

    async def many() -> None:
        runner = _runner(at_once=2)
        await asyncio.gather(*(runner.run(work) for _ in range(8)))

    asyncio.run(many())
    assert most == 2


def test_a_search_that_takes_too_long_is_given_up(released: threading.Event) -> None:
    """The caller gets a 503 that says when to try again; it is not kept waiting."""
    with pytest.raises(ProblemError) as caught:
        asyncio.run(_runner(seconds=_SOON).run(released.wait))
    assert (caught.value.status, caught.value.slug) == (503, "search-timeout")
    assert caught.value.headers["Retry-After"] == "1"


def test_waiting_for_a_turn_counts(released: threading.Event) -> None:
    """Who stood in the queue for too long is told so, and the search is not begun any more."""
    begun: list[int] = []

    async def two() -> None:
        runner = _runner(seconds=_SOON)
        both = await asyncio.gather(
            runner.run(released.wait), runner.run(lambda: begun.append(1)), return_exceptions=True
        )
        assert all(isinstance(result, ProblemError) for result in both)
        released.set()
        await asyncio.sleep(_SOON)

    asyncio.run(two())
    assert begun == []


def test_as_many_searches_as_cores_run_if_nothing_is_set() -> None:
    """Zero means as many as this process may use cores."""
    assert _runner(at_once=0)._threads._max_workers == usable_cores() >= 1
