"""Publish what the desk has decided, in the background: one run at a time, and nobody who reads waits for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from curation.publishing import publish_library
from library.errors import CasebookError, CommitError, IndexBusyError, UncommittableError
from library.settings import Settings

if TYPE_CHECKING:
    from indexer.build import BuildReport
    from indexer.encoder import Encoder

_LOG = logging.getLogger("casebook.index")
_RETRY_SECONDS = 2.0  # while another process indexes
_MOST_RETRIES = 150
_FEW_RETRIES = 5  # for who waits for an answer
_LAST_SECONDS = 10.0  # how long the end of the server waits for a run; what is cut off leaves the old index

PublishingStatus: TypeAlias = Literal["idle", "running", "failed"]


@dataclass(frozen=True, slots=True)
class PublishingState:
    """What became of the last wish to publish; `message` is for those who decide, if it failed."""

    status: PublishingStatus
    message: str = ""


class Publisher:
    """Indexes the library when asked to; wishes that come during a run are one run after it."""

    def __init__(
        self, settings: Settings, *, encoder: Encoder | None = None, on_published: Callable[[], None] | None = None
    ) -> None:
        self._settings = settings
        self._encoder = encoder
        self._on_published = on_published
        self._lock = threading.Lock()
        self._indexing = threading.Lock()
        self._ended = threading.Event()
        self._is_wanted = False
        self._running: threading.Thread | None = None
        self._failure = ""

    def request(self) -> None:
        """Have what the files say now published soon; returns at once."""
        with self._lock:
            self._is_wanted = True
            if self._running is None and not self._ended.is_set():
                self._running = threading.Thread(target=self._run, name="publishing", daemon=True)
                self._running.start()

    def state(self) -> PublishingState:
        """Return how it stands."""
        with self._lock:
            if self._running is not None:
                return PublishingState("running")
            return PublishingState("failed", self._failure) if self._failure else PublishingState("idle")

    @contextmanager
    def afterwards(self) -> Iterator[None]:
        """Have published what is written within, also where Git alone refused it."""
        try:
            yield
        except UncommittableError:
            raise
        except CommitError:
            self.request()
            raise
        self.request()

    def publish_now(self, settings: Settings, *, forgotten: AbstractSet[str] = frozenset()) -> BuildReport:
        """Index and return what was done, after a run that is going on; `forgotten` items leave no text behind.

        Raises:
            IndexBusyError: another process has been indexing for too long.
            CasebookError: as `publish_library`.
        """
        for wait in (*[_RETRY_SECONDS] * _FEW_RETRIES, 0):
            try:
                with self._indexing:
                    report = publish_library(settings, encoder=self._encoder, forgotten=forgotten)
            except IndexBusyError:
                if not wait or self._ended.wait(wait):
                    raise
            else:
                self._announce()
                return report
        raise AssertionError("the last of these runs returns or raises")

    def settle(self, seconds: float | None = None) -> None:
        """Wait until everything asked for is published, or has failed."""
        running = self._running
        if running is not None:
            running.join(seconds)

    def close(self) -> None:
        """Begin nothing more, and wait a little for what runs."""
        self._ended.set()
        self.settle(_LAST_SECONDS)

    def _run(self) -> None:
        while self._take_wish():
            self._failure = self._publish()

    def _take_wish(self) -> bool:
        """Return whether there is something to do; otherwise this thread has ended for all who look."""
        with self._lock:
            is_wanted = self._is_wanted and not self._ended.is_set()
            self._is_wanted = False
            if not is_wanted:
                self._running = None
            return is_wanted

    def _publish(self) -> str:
        """Index and return why it failed, if it did; the published index stays then."""
        for _ in range(_MOST_RETRIES):
            try:
                with self._indexing:
                    publish_library(self._settings, encoder=self._encoder)
            except IndexBusyError as error:
                failure = error.message
                if self._ended.wait(_RETRY_SECONDS):
                    break
            except CasebookError as error:
                _LOG.error("What was decided could not be published: %s", error)
                return "The index could not be written; whoever runs the server finds the cause in its log."
            except Exception as error:  # noqa: BLE001  a thread that dies in silence would leave its curators waiting
                _LOG.error("What was decided could not be published: %s", type(error).__name__)
                return "The index could not be written; whoever runs the server finds the cause in its log."
            else:
                return self._announce()
        _LOG.error("What was decided is not published yet: %s", failure)
        return "Another process is indexing; what was decided is published with the next run."

    def _announce(self) -> str:
        """Tell who serves the index that there is a new one, and return what went wrong with that."""
        try:
            if self._on_published is not None:
                self._on_published()
        except Exception as error:  # noqa: BLE001  as above
            _LOG.error("What was published is not served yet: %s", type(error).__name__)
            return "The index is written and this server does not serve it yet; its log tells the cause."
        return ""
