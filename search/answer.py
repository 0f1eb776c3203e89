"""What a search answers: frozen values whose JSON form is the documented output (docs/search-json.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from search.filters import FacetCount, Relaxation
from search.ranking import ArmScore

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Named:
    """An id or code with its label."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class LinkedEnabler:
    """An enabler of a case, and what it did there."""

    id: str
    label: str
    effect: str | None


@dataclass(frozen=True, slots=True)
class MatchedPassage:
    """A passage that matches a part of the challenge; highlights are [start, end) in `text`."""

    section: str
    text: str
    highlights: tuple[tuple[int, int], ...]
    aspect: int
    cosine: float


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case of the answer; `score` orders it within this answer and means nothing beyond."""

    rank: int
    id: str
    title: str
    summary: str
    customer: str
    language: str
    industries: tuple[Named, ...]
    regions: tuple[Named, ...]
    outcome: str | None
    value: tuple[Mapping[str, Any], ...]
    challenge_types: tuple[Named, ...]
    competencies: tuple[Named, ...]
    enablers: tuple[LinkedEnabler, ...]
    status: str
    classification: str | None
    last_verified: date | None
    review_due: date | None
    illustrative: bool
    contact: str
    passages: tuple[MatchedPassage, ...]
    score: float
    arms: Mapping[str, ArmScore]


@dataclass(frozen=True, slots=True)
class Shared:
    """A competency or enabler of the answer, with the cases that need it, the most needed first."""

    id: str
    label: str
    cases: tuple[str, ...]
    effects: Mapping[str, str]
    how_to_engage: str


@dataclass(frozen=True, slots=True)
class FoundNote:
    """An industry note that fits the challenge or the industries of its cases."""

    id: str
    title: str
    summary: str
    note_kind: str | None
    valid_until: date | None
    closeness: float


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask about which cases."""

    contact: str
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stub:
    """A case that the asker may know of but not see."""

    id: str
    challenge_types: tuple[Named, ...]
    industry_sections: tuple[Named, ...]
    contact: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a challenge. `total` counts the cases that pass the filters."""

    search_id: str
    verdict: str
    verdict_text: str
    closeness: float
    languages: tuple[str, ...]
    aspects: tuple[str, ...]
    total: int
    cases: tuple[FoundCase, ...]
    competencies: tuple[Shared, ...]
    enablers: tuple[Shared, ...]
    notes: tuple[FoundNote, ...]
    contacts: tuple[Contact, ...]
    stubs: tuple[Stub, ...]
    facets: Mapping[str, tuple[FacetCount, ...]]
    filters: Mapping[str, tuple[str, ...]]
    relax: tuple[Relaxation, ...]
    generation: int
    model: str
    schema: int = SCHEMA

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form; dates as ISO 8601."""
        result: dict[str, Any] = plain(asdict(self))
        return result


def plain(value: Any) -> Any:  # any JSON value
    """Return a value with dates as ISO 8601 texts and tuples as lists."""
    match value:
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(entry) for key, entry in value.items()}
        case list() | tuple():
            return [plain(entry) for entry in value]
        case _:
            return value
