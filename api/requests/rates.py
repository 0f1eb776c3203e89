"""How many requests a caller may make: the generic cell rate algorithm, over memory or a file that workers share.

For each caller one number is kept: the time at which it will have used up nothing. A request moves it on
by the interval between two requests, and is refused if that would put it further ahead than a burst takes
(ITU-T I.371, the virtual scheduling algorithm). Nothing that is kept here outlives the server.
"""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from library.settings import Settings

# Guesses of one address: so many at once, then one every six seconds. An honest integrator's mistake is told
# long before; a guess of 256 bits stays hopeless.
FAILURES_PER_MINUTE = 10
FAILURES_AT_ONCE = 20
PROVEN_SECONDS = 86_400
_PRUNE_EVERY = 2_000
# Seconds; what is lost when times since the epoch are added as floats.
_EPSILON = 1e-5
_BUSY_SECONDS = 0.5
_log = logging.getLogger("casebook.rates")


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """So many requests at once, and so many a minute afterwards."""

    name: str
    per_minute: float
    burst: int

    @property
    def interval(self) -> float:
        """Seconds after which one more request is allowed."""
        return 60.0 / self.per_minute

    @property
    def depth(self) -> float:
        """Seconds by which a caller's time may lie ahead: a burst, all at once."""
        return self.burst * self.interval

    @property
    def window(self) -> int:
        """Seconds in which a full burst comes back."""
        return max(1, math.ceil(self.depth - _EPSILON))


_FAILURES = RatePolicy("failures", FAILURES_PER_MINUTE, FAILURES_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller has left; times are in seconds from now (`full_at`: since the epoch)."""

    policy: RatePolicy
    allowed: bool
    remaining: int
    full_in: int
    full_at: int
    retry_after: int

    def headers(self) -> dict[str, str]:
        """Return the fields of draft-ietf-httpapi-ratelimit-headers, and those in wide use.

        `X-RateLimit-Reset` is the moment (seconds since the epoch) at which a full burst is allowed again.
        """
        policy = self.policy
        fields = {
            "RateLimit-Policy": f'"{policy.name}";q={policy.burst};w={policy.window}',
            "RateLimit": f'"{policy.name}";r={self.remaining};t={self.full_in}',
            "X-RateLimit-Limit": str(policy.burst),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.full_at),
        }
        return fields if self.allowed else {**fields, "Retry-After": str(self.retry_after)}


class _Times(Protocol):
    """Where the callers' times are kept."""

    def read(self, caller: str) -> float:
        """Return a caller's time, 0.0 if it is unknown."""

    def move(self, caller: str, change: Callable[[float], float | None]) -> float:
        """Change a caller's time (None leaves it) with nobody in between; return the one before."""

    def close(self) -> None:
        """Let go of what is held."""


class RateLimiter:
    """The limits of one server; usable from several threads, and with a file by several processes."""

    def __init__(
        self, policy: RatePolicy | None, *, file: Path | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        """Keep times in memory, or in a file (made if missing, best in a temporary folder).

        Without a policy every request is allowed; failed credentials are limited all the same.
        """
        self.policy = policy
        self._clock = clock
        self._times: _Times = _SharedTimes(file, clock) if file else _OwnTimes(clock)

    @classmethod
    def from_settings(cls, settings: Settings, *, file: Path | None = None) -> RateLimiter:
        """Make the limiter that the settings ask for."""
        server = settings.server
        limited = server.rate_per_minute > 0
        policy = RatePolicy("requests", server.rate_per_minute, server.rate_burst) if limited else None
        return cls(policy, file=file)

    def take(self, caller: str) -> Allowance | None:
        """Count a request of a caller (an identity's name); None if nothing is limited."""
        if self.policy is None:
            return None
        policy, now = self.policy, self._clock()
        before = self._times.move(f"caller {caller}", lambda before: _moved(policy, before, now))
        return _allowance(policy, before, now, cost=1)

    def failures_left(self, address: str) -> Allowance:
        """Say, without counting, whether an address may still present credentials."""
        return _allowance(_FAILURES, self._times.read(f"address {address}"), self._clock(), cost=0)

    def count_failure(self, address: str) -> None:
        """Count credentials of an address that were wrong."""
        now = self._clock()
        self._times.move(f"address {address}", lambda before: _moved(_FAILURES, before, now))

    def is_proven(self, digest: str) -> bool:
        """Whether a credential, by its hash, was right within the last day."""
        return self._times.read(f"proven {digest}") > self._clock()

    def prove(self, digest: str) -> None:
        """Note that a credential was right, so that wrong ones of the same address do not stand in its way."""
        until = self._clock() + PROVEN_SECONDS
        self._times.move(f"proven {digest}", lambda _: until)

    def close(self) -> None:
        """Close the file; what other processes share stays."""
        self._times.close()


def _ahead(policy: RatePolicy, before: float, now: float) -> float:
    """Return by how much a caller's time lies ahead; never more than a burst, should a clock be set back."""
    return min(max(before - now, 0.0), policy.depth)


def _moved(policy: RatePolicy, before: float, now: float) -> float | None:
    """Return a caller's time after one more request; None if that is refused and nothing is to be mended."""
    ahead = _ahead(policy, before, now)
    if ahead + policy.interval <= policy.depth + _EPSILON:
        return now + ahead + policy.interval
    return now + ahead if now + ahead < before - _EPSILON else None


def _allowance(policy: RatePolicy, before: float, now: float, *, cost: int) -> Allowance:
    ahead = _ahead(policy, before, now)
    room = policy.depth - ahead - policy.interval
    allowed = room >= -_EPSILON
    used = ahead + policy.interval * cost * allowed
    return Allowance(
        policy=policy,
        allowed=allowed,
        remaining=max(0, math.floor((policy.depth - used) / policy.interval + _EPSILON)),
        full_in=math.ceil(used - _EPSILON),
        full_at=math.ceil(now + used - _EPSILON),
        retry_after=max(1, math.ceil(-room - _EPSILON)),
    )


class _OwnTimes:
    """Times in this process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._times: dict[str, float] = {}
        self._moves = 0

    def read(self, caller: str) -> float:
        return self._times.get(caller, 0.0)

    def move(self, caller: str, change: Callable[[float], float | None]) -> float:
        with self._lock:
            before = self._times.get(caller, 0.0)
            after = change(before)
            if after is not None:
                self._times[caller] = after
            self._moves += 1
            if self._moves % _PRUNE_EVERY == 0:
                self._prune()
        return before

    def close(self) -> None:
        """Nothing is held."""

    def _prune(self) -> None:
        now = self._clock()
        self._times = {caller: moment for caller, moment in self._times.items() if moment > now}


class _SharedTimes:
    """Times in a SQLite file; if it cannot be used, this process goes on with times of its own."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._spare = _OwnTimes(clock)
        self._moves = 0
        self._told = False
        self._db = self._opened(path)

    def read(self, caller: str) -> float:
        with self._lock:
            if self._db is not None:
                try:
                    return _stored(self._db, caller)
                except sqlite3.Error as error:
                    self._tell(error)
        return self._spare.read(caller)

    def move(self, caller: str, change: Callable[[float], float | None]) -> float:
        with self._lock:
            if self._db is not None:
                try:
                    return self._move(self._db, caller, change)
                except sqlite3.Error as error:
                    self._tell(error)
        return self._spare.move(caller, change)

    def close(self) -> None:
        with self._lock:
            if self._db is not None:
                self._db.close()
            self._db = None

    def _move(self, db: sqlite3.Connection, caller: str, change: Callable[[float], float | None]) -> float:
        db.execute("BEGIN IMMEDIATE")
        try:
            before = _stored(db, caller)
            after = change(before)
            if after is not None:
                db.execute("INSERT OR REPLACE INTO times VALUES (?, ?)", (caller, after))
            self._moves += 1
            if self._moves % _PRUNE_EVERY == 0:
                db.execute("DELETE FROM times WHERE moment<?", (self._clock(),))
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        return before

    def _opened(self, path: Path) -> sqlite3.Connection | None:
        try:
            return _open_times(path)
        except sqlite3.Error as error:
            self._tell(error)
            return None

    def _tell(self, error: sqlite3.Error) -> None:
        if not self._told:
            _log.warning("Workers do not share their rate limits now: %s", error)
        self._told = True


def _open_times(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=OFF")
        db.execute("CREATE TABLE IF NOT EXISTS times (caller TEXT PRIMARY KEY, moment REAL NOT NULL) WITHOUT ROWID")
    except sqlite3.Error:
        db.close()
        raise
    return db


def _stored(db: sqlite3.Connection, caller: str) -> float:
    row = db.execute("SELECT moment FROM times WHERE caller=?", (caller,)).fetchone()
    return float(row[0]) if row else 0.0
