"""How to answer: how many cases, in which language, whom to ask where an item names nobody, what a team has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from library.codes import CodeList, regions
from search.ranking.reranking import Reranker

DEFAULT_CONTACT = "the centre of excellence"


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to answer; `language` is that of labels and reasons.

    Without `facets` nothing is counted, which is faster. `have` are ids of competencies and enablers that an
    account team has; what it lacks is listed only if there are any. `today` decides what is overdue. `reranker` reads
    the first cases once more.
    """

    limit: int = 5
    language: str = "en"
    contact: str = DEFAULT_CONTACT
    regions: CodeList = field(default_factory=regions)
    facets: bool = True
    have: tuple[str, ...] = ()
    today: date = field(default_factory=date.today)
    reranker: Reranker | None = None
