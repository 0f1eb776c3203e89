"""Figures for Prometheus. Owns prometheus_client."""

from __future__ import annotations

import os
from collections import Counter as Counts

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from library.items import ITEM_TYPES
from search.engine import Engine

MEDIA_TYPE = CONTENT_TYPE_LATEST
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where several processes add their figures up
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)


class Metrics:
    """Counts requests and searches; nothing here tells of an item that not everyone may see."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self._requests = Counter(
            "casebook_requests",
            "Requests by route, method and status",
            ("route", "method", "status"),
            registry=registry,
        )
        self._seconds = Histogram("casebook_search_seconds", "Seconds of a search", registry=registry, buckets=_BUCKETS)
        self._verdicts = Counter("casebook_verdicts", "Searches by verdict", ("verdict",), registry=registry)
        self._generation = Gauge(
            "casebook_generation", "Number of the index served", registry=registry, multiprocess_mode="mostrecent"
        )
        self._items = Gauge(
            "casebook_open_items",
            "Items that every caller may see",
            ("type",),
            registry=registry,
            multiprocess_mode="mostrecent",
        )

    def count_request(self, route: str, method: str, status: int) -> None:
        """Count an answer by its route's template."""
        self._requests.labels(route, method, str(status)).inc()

    def count_search(self, seconds: float, verdict: str) -> None:
        """Count a search that was answered."""
        self._seconds.observe(seconds)
        self._verdicts.labels(verdict).inc()

    def show_index(self, engine: Engine) -> None:
        """Tell which generation is served, and how many items of it every reader may see."""
        self._generation.set(engine.manifest.number)
        counts = Counts(record.type for record in engine.records() if record.is_open)
        for kind in ITEM_TYPES:
            self._items.labels(kind).set(counts[kind])

    def render(self) -> bytes:
        """Return the figures of all processes as Prometheus reads them."""
        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's
        return generate_latest(registry)
