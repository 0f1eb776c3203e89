"""What every route needs, made once when the server starts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from api.engines import EngineSource
from api.publishing import Publisher
from api.requests.limits import SearchRunner
from api.requests.metrics import Metrics
from curation.review.audit import note_reading
from library.access import Asker
from library.codes import CodeList
from library.settings import Settings
from search.answers.options import SearchOptions
from search.ranking.reranking import Reranker
from search.view import View

if TYPE_CHECKING:
    from api.credentials.identity import IdentitySource
    from api.requests.rates import RateLimiter
    from curation.state import State


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

    def view(self, asker: Asker) -> View:
        """Return what an asker sees of the generation that is served; the audit is told what confidential he reads."""
        return View(self.engines.current(), asker, on_reading=partial(note_reading, self.state))

    def url(self, path: str) -> str:
        """Return where callers reach a path such as `/v1/cases/x`."""
        return f"{self.base}{path}"
