"""What every route needs, made once when the server starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from api.engines import EngineSource
from api.publishing import Publisher
from api.requests.limits import SearchRunner
from api.requests.metrics import Metrics
from curation.review.audit import record_reading
from library.access import CLOSED_CLASSES, Asker
from library.codes import CodeList
from library.settings import Settings
from search.answers.options import SearchOptions
from search.ranking.reranking import Reranker
from search.view import View

if TYPE_CHECKING:
    from api.credentials.identity import IdentitySource
    from api.requests.rates import RateLimiter
    from curation.state import State


class Named(Protocol):
    """An item or a record of one, as far as the audit needs it."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def classification(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a running server."""

    settings: Settings
    regions: CodeList
    engines: EngineSource
    identities: IdentitySource
    rates: RateLimiter
    state: State
    metrics: Metrics
    searches: SearchRunner
    reranker: Reranker | None
    publisher: Publisher

    def options(self, **given: Any) -> SearchOptions:
        """Return how to answer: as the settings say, and as given (`limit`, `have`, `facets`)."""
        settings = self.settings
        usual = {
            "limit": settings.limit,
            "language": settings.language,
            "contact": settings.contact,
            "regions": self.regions,
            "reranker": self.reranker,
        }
        return SearchOptions(**{**usual, **given})

    @property
    def base(self) -> str:
        """The public URL without a slash at the end; empty if none is set, so that links are paths."""
        return self.settings.server.public_url.rstrip("/")

    def note_readings(self, view: View, item_ids: Iterable[str]) -> None:
        """Put into the audit which confidential items an asker is about to read in full."""
        for record in (view.by_id[item_id] for item_id in item_ids if item_id in view.by_id):
            self.note_reading(view.asker, record)

    def note_reading(self, asker: Asker, item: Named) -> None:
        """Put into the audit that an asker is about to read an item in full, if it is a confidential one."""
        if item.classification in CLOSED_CLASSES:
            record_reading(self.state, asker, item.id)

    def url(self, path: str) -> str:
        """Return where callers reach a path such as `/v1/cases/x`."""
        return f"{self.base}{path}"
