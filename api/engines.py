"""The published generation, opened once for all requests; a new one takes its place without a restart.

A request holds the engine that it began with; an engine closes when nobody holds it any more. So an answer
belongs to one generation, and a search that was given up but still runs never loses its files.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from indexer.encoder import Encoder, open_encoder
from indexer.generations import ENCODER, MANIFEST, Manifest, current_generation
from library.errors import CasebookError, IndexMissingError
from search.engine import LocalEngine

_LOG = logging.getLogger("casebook.index")
_RETRY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What tells one published generation from another, also after the index was made anew from number 1."""

    folder: Path
    inode: int
    modified_ns: int


class EngineSource:
    """Gives the engine of the published generation; opens a new one off the request path."""

    def __init__(
        self, data: Path, *, encoder: Encoder | None = None, on_open: Callable[[LocalEngine], None] | None = None
    ) -> None:
        """Serve what a data folder publishes, with the generation's own model or a given one."""
        self._data = data
        self._on_open = on_open
        self._given_encoder = encoder
        self._lock = threading.Lock()
        self._engine: LocalEngine | None = None
        self._stamp: _Stamp | None = None
        self._failed: tuple[_Stamp, float] | None = None
        self._opening: threading.Thread | None = None

    def current(self) -> LocalEngine:
        """Return the engine to answer a request with; it stays usable for as long as it is held.

        Raises:
            IndexMissingError: none was published yet, or it cannot be used.
        """
        self.look()
        if self._engine is None:
            raise IndexMissingError("There is no index yet.", hint="Run `casebook index`.")
        return self._engine

    def look(self) -> None:
        """See whether another generation was published, and if so begin to open it."""
        stamp = self._published()
        if stamp is None or stamp == self._stamp or self._has_just_failed(stamp):
            return
        with self._lock:
            if self._opening is None or not self._opening.is_alive():
                self._opening = threading.Thread(target=self._open, args=(stamp,), name="index", daemon=True)
                self._opening.start()

    def open_now(self) -> None:
        """Open what is published, if anything is, before the first request comes."""
        stamp = self._published()
        if stamp is not None and stamp != self._stamp:
            self._open(stamp)

    def settle(self) -> None:
        """Wait until what is being opened is open."""
        opening = self._opening
        if opening is not None:
            opening.join()

    @property
    def is_ready(self) -> bool:
        """Whether searches are answered."""
        return self._engine is not None

    @property
    def is_behind(self) -> bool:
        """Whether a generation was published that could not be opened."""
        return self._failed is not None

    def close(self) -> None:
        """Let go of the generation."""
        self.settle()
        self._engine = None
        self._stamp = None

    def _published(self) -> _Stamp | None:
        try:
            folder = current_generation(self._data)
            found = (folder / MANIFEST).stat()
        except (IndexMissingError, OSError):
            return None  # between two generations, or none yet
        return _Stamp(folder, found.st_ino, found.st_mtime_ns)

    def _has_just_failed(self, stamp: _Stamp) -> bool:
        failed = self._failed
        return failed is not None and failed[0] == stamp and time.monotonic() - failed[1] < _RETRY_SECONDS

    def _open(self, stamp: _Stamp) -> None:
        try:
            engine = LocalEngine(stamp.folder, encoder=self._encoder_for(stamp.folder))
            engine.warm()
        except (CasebookError, OSError) as error:
            self._failed = stamp, time.monotonic()
            _LOG.error("A published generation cannot be opened: %s", error)
            return
        self._engine, self._stamp, self._failed = engine, stamp, None
        if self._on_open is not None:
            self._on_open(engine)
        _LOG.info("Generation %s is served.", engine.manifest.number)

    def _encoder_for(self, folder: Path) -> Encoder:
        """Return the model that is loaded already if the generation was made with just that, or its own."""
        if self._given_encoder is not None:
            return self._given_encoder
        wanted = Manifest.from_folder(folder).encoder_fingerprint
        if self._engine is not None and self._engine.encoder.config.fingerprint == wanted:
            return self._engine.encoder
        # Searches run beside each other, so each takes one core; more threads would only wait for each other.
        return open_encoder(folder / ENCODER, threads=1)
