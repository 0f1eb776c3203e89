"""Publish a library: what the desk decided, from the state, goes into the index that is made of its files."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from curation.review.approvals import approved_hashes
from curation.state import State
from indexer.build import BuildReport, Rulings, build_index
from library.settings import Settings

if TYPE_CHECKING:
    from indexer.encoder import Encoder
    from indexer.progress import Progress


def publish_library(
    settings: Settings,
    *,
    full: bool = False,
    progress: Progress | None = None,
    encoder: Encoder | None = None,
    forgotten: AbstractSet[str] = frozenset(),
) -> BuildReport:
    """Index a library and publish the result, as `indexer.build.build_index` does.

    Where approvals are recorded, only what the last decision on an item approved is served as approved; a state
    that cannot be read publishes nothing. `forgotten` items leave no text behind, not even in the cache.

    Raises:
        LibraryError: the folder is no library.
        StateError: the state cannot be read.
        EncoderError: the model is missing or damaged.
        IndexBusyError: another process is writing.
        IndexWriteError: something could not be written; the published index stays.
    """
    approvals = approved_hashes(State(settings.state_file)) if settings.approval == "recorded" else {}
    rulings = Rulings(approvals, frozenset(forgotten))
    return build_index(settings, full=full, progress=progress, encoder=encoder, rulings=rulings)
