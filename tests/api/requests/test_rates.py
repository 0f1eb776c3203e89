"""Rate limits: so many at once, so many a minute, the same for all workers, and told in headers."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.requests.rates import FAILURES_AT_ONCE, PROVEN_SECONDS, RateLimiter, RatePolicy
from library.settings import Settings

POLICY = RatePolicy("requests", per_minute=60, burst=5)
START = 1_800_000_000.0


class Clock:
    """A time that a test turns."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


MakeLimiter = Callable[[Clock], RateLimiter]


@pytest.fixture(params=["memory", "file"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> MakeLimiter:
    """Both places where times are kept obey the same rules."""
    file = tmp_path / "rates.db" if request.param == "file" else None
    return lambda clock: RateLimiter(POLICY, file=file, clock=clock)


def _allowed(limiter: RateLimiter, caller: str, times: int) -> int:
    taken = [limiter.take(caller) for _ in range(times)]
    return sum(allowance is not None and allowance.allowed for allowance in taken)


def test_a_burst_then_a_steady_rate(make: MakeLimiter) -> None:
    """A burst is allowed at once; afterwards one request comes back per interval."""
    clock = Clock()
    limiter = make(clock)
    assert _allowed(limiter, "a", 9) == 5
    clock.now += 1
    assert _allowed(limiter, "a", 9) == 1
    clock.now += 2
    assert _allowed(limiter, "a", 9) == 2
    clock.now += 3600
    assert _allowed(limiter, "a", 9) == 5


def test_callers_do_not_share(make: MakeLimiter) -> None:
    """What one caller uses up is not missing to another."""
    limiter = make(Clock())
    assert _allowed(limiter, "a", 9) == 5
    assert _allowed(limiter, "b", 9) == 5


def test_a_refused_request_costs_nothing(make: MakeLimiter) -> None:
    """Who asks too often does not wait longer for it."""
    clock = Clock()
    limiter = make(clock)
    _allowed(limiter, "a", 500)
    clock.now += 1
    assert _allowed(limiter, "a", 1) == 1


def test_waiting_as_told_is_enough(make: MakeLimiter) -> None:
    """After Retry-After the next request is allowed."""
    clock = Clock()
    limiter = make(clock)
    _allowed(limiter, "a", 5)
    refused = limiter.take("a")
    assert refused is not None
    assert not refused.allowed
    clock.now += int(refused.headers()["Retry-After"])
    assert _allowed(limiter, "a", 1) == 1


def test_headers_say_what_is_left() -> None:
    """The draft's fields and those in wide use say the same; Retry-After stands on refusals alone."""
    limiter = RateLimiter(POLICY, clock=Clock())
    seen = [limiter.take("a") for _ in range(6)]
    first, last = seen[0], seen[-1]
    assert first is not None
    assert last is not None
    assert first.headers() == {
        "RateLimit-Policy": '"requests";q=5;w=5',
        "RateLimit": '"requests";r=4;t=1',
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": "4",
        "X-RateLimit-Reset": str(int(START) + 1),
    }
    assert last.headers() == {
        "RateLimit-Policy": '"requests";q=5;w=5',
        "RateLimit": '"requests";r=0;t=5',
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(START) + 5),
        "Retry-After": "1",
    }


@given(
    per_minute=st.integers(1, 6_000),
    burst=st.integers(1, 100),
    pauses=st.lists(st.floats(0, 30), max_size=60),
)
def test_no_caller_gets_more_than_burst_and_rate(per_minute: int, burst: int, pauses: list[float]) -> None:
    """Whatever the rhythm, a burst and one request per interval are all; `remaining` keeps its word."""
    clock = Clock()
    limiter = RateLimiter(RatePolicy("requests", per_minute, burst), clock=clock)
    allowed, promised = 0, burst
    for pause in pauses:
        clock.now += pause
        allowance = limiter.take("a")
        assert allowance is not None
        assert allowance.allowed or promised == 0
        allowed += allowance.allowed
        promised = allowance.remaining
        assert allowed <= burst + math.floor((clock.now - START) * per_minute / 60 + 1e-3)
        assert 0 <= allowance.remaining <= burst - 1


def test_a_clock_that_is_set_back_locks_nobody_out(make: MakeLimiter) -> None:
    """After a clock was set back by a day a caller waits no longer than for a burst."""
    clock = Clock()
    limiter = make(clock)
    _allowed(limiter, "a", 5)
    clock.now -= 86_400
    refused = limiter.take("a")
    assert refused is not None
    assert refused.retry_after <= POLICY.window
    clock.now += refused.retry_after
    assert _allowed(limiter, "a", 1) == 1


def test_threads_share_a_limit(make: MakeLimiter) -> None:
    """Requests at the same moment count like those one after the other."""
    limiter = make(Clock())
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: _allowed(limiter, "a", 5), range(8)))
    assert sum(taken) == 5


def test_workers_share_a_limit(tmp_path: Path) -> None:
    """Limiters over one file, as worker processes have them, count together."""
    clock = Clock()
    workers = [RateLimiter(POLICY, file=tmp_path / "rates.db", clock=clock) for _ in range(3)]
    assert sum(_allowed(worker, "a", 3) for worker in workers) == 5
    for worker in workers:
        worker.close()


def test_wrong_keys_are_counted_by_address(make: MakeLimiter) -> None:
    """An address may be wrong so often, then it waits; looking costs nothing, and others are not concerned."""
    clock = Clock()
    limiter = make(clock)
    for _ in range(FAILURES_AT_ONCE):
        assert limiter.failures_left("192.0.2.1").allowed
        assert limiter.failures_left("192.0.2.1").allowed
        limiter.count_failure("192.0.2.1")
    refused = limiter.failures_left("192.0.2.1")
    assert not refused.allowed
    assert limiter.failures_left("192.0.2.2").allowed
    clock.now += refused.retry_after
    assert limiter.failures_left("192.0.2.1").allowed


def test_a_credential_stays_proven_for_a_day(make: MakeLimiter) -> None:
    """What was right is known by all workers for a day, and nothing else is."""
    clock = Clock()
    limiter = make(clock)
    limiter.prove("ab12")
    assert limiter.is_proven("ab12")
    assert not limiter.is_proven("ab13")
    clock.now += PROVEN_SECONDS
    assert not limiter.is_proven("ab12")


def test_no_limit_tells_nothing() -> None:
    """Where requests are not limited there is no allowance; wrong keys are limited all the same."""
    limiter = RateLimiter.from_settings(Settings(server={"rate_per_minute": 0}))
    assert limiter.take("a") is None
    for _ in range(FAILURES_AT_ONCE):
        limiter.count_failure("192.0.2.1")
    assert not limiter.failures_left("192.0.2.1").allowed


def test_a_file_that_cannot_be_used_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without its file each worker limits by itself, and the log says so once."""
    limiter = RateLimiter(POLICY, file=tmp_path / "missing" / "rates.db", clock=Clock())
    assert _allowed(limiter, "a", 9) == 5
    assert len(caplog.records) == 1


def test_a_file_that_breaks_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file whose table goes away under a running server leaves each worker a limit of its own."""
    limiter = RateLimiter(POLICY, file=tmp_path / "rates.db", clock=Clock())
    _allowed(limiter, "a", 1)
    with closing(sqlite3.connect(tmp_path / "rates.db")) as db:
        db.execute("DROP TABLE times")
    assert _allowed(limiter, "a", 9) == 5
    assert len(caplog.records) == 1
    limiter.close()


def test_callers_who_left_are_forgotten(tmp_path: Path) -> None:
    """What is kept does not grow with every caller that ever came."""
    clock = Clock()
    limiter = RateLimiter(POLICY, file=tmp_path / "rates.db", clock=clock)
    for number in range(4_100):
        limiter.take(f"caller-{number}")
        clock.now += 1
    with closing(sqlite3.connect(tmp_path / "rates.db")) as db:
        (kept,) = db.execute("SELECT count(*) FROM times").fetchone()
    assert kept < 200
    limiter.close()
