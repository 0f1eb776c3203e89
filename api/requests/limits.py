"""How many searches run at once, and how long one may take, the wait for its turn included."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from api.requests.problems import ProblemError
from library.settings import ServerSettings

T = TypeVar("T")


class SearchRunner:
    """Runs searches in threads of their own, so that other requests never wait for them."""

    def __init__(self, settings: ServerSettings) -> None:
        self._seconds = settings.search_seconds
        self._threads = ThreadPoolExecutor(settings.concurrent_searches or usable_cores(), thread_name_prefix="search")

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns.

        Raises:
            ProblemError: 503, it took too long. What runs already cannot be stopped; what waits is dropped.
        """
        future = self._threads.submit(work)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._seconds)
        except TimeoutError:
            if future.done() and not future.cancelled():  # the work's own error
                raise
            raise self._timeout() from None

    def close(self) -> None:
        """Let what runs end, drop what waits."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _timeout(self) -> ProblemError:
        detail = f"It was given up after {self._seconds:g} s."
        return ProblemError("search-timeout", detail, headers={"Retry-After": str(math.ceil(self._seconds))})


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
