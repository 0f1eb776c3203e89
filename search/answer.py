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
class Comparison:
    """One thing in which a case is like what the text says, or differs from it.

    `aspect` is `challenge`, `words`, `industry`, `region`, `scale`, `outcome` or `enabler`; `values` are ids, codes
    or words.
    """

    aspect: str
    text: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """How far a case can be relied on; `evidence` is the best grade among its figures."""

    status: str
    last_verified: date | None
    review_overdue: bool
    evidence: str | None
    practice_maturity: str | None
    replications: int


@dataclass(frozen=True, slots=True)
class GroupedCase:
    """Another case of the same practice: its `relation` to the shown one.

    `replication` of it, `replicated` by it, `translation` of it, or `practice`: the same by way of other cases.
    """

    id: str
    title: str
    relation: str
    language: str
    industries: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case of the answer; `score` orders it within this answer and means nothing beyond."""

    rank: int
    id: str
    title: str
    reason: str
    matches: tuple[Comparison, ...]
    differs: tuple[Comparison, ...]
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
    offerings: tuple[str, ...]
    conditions: tuple[str, ...]
    contraindications: tuple[str, ...]
    pitfalls: tuple[str, ...]
    trust: Trust
    status: str
    classification: str | None
    last_verified: date | None
    review_due: date | None
    illustrative: bool
    contact: str
    passages: tuple[MatchedPassage, ...]
    score: float
    arms: Mapping[str, ArmScore]
    adjustments: Mapping[str, float]
    grouped: tuple[GroupedCase, ...]


@dataclass(frozen=True, slots=True)
class Learning:
    """Something to learn from."""

    id: str
    title: str
    learning_resource_type: str
    time_required: str
    url: str


@dataclass(frozen=True, slots=True)
class Shared:
    """A competency or enabler of the answer, with the cases that need it, the most needed first.

    `weight` is the share of the answer, by closeness, that needs it. It is a `lesson` if it was missing wherever
    it counted.
    """

    type: str
    id: str
    label: str
    weight: float
    cases: tuple[str, ...]
    effects: Mapping[str, str]
    lesson: bool
    how_to_engage: str
    learning: tuple[Learning, ...]


@dataclass(frozen=True, slots=True)
class Offering:
    """What was offered in cases of the answer."""

    label: str
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Understood:
    """Something that the text says, with the words [start, end) of the text that say it.

    `aspect` is `challenge`, `industry`, `region`, `scale`, `figures` or `success`.
    """

    aspect: str
    id: str
    label: str
    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FoundNote:
    """An industry note that fits the challenge or the industries of its cases."""

    id: str
    title: str
    summary: str
    note_kind: str | None
    valid_until: date | None
    expired: bool
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
    understood: tuple[Understood, ...]
    total: int
    cases: tuple[FoundCase, ...]
    competencies: tuple[Shared, ...]
    enablers: tuple[Shared, ...]
    have: tuple[str, ...]
    gaps: tuple[Shared, ...]
    offerings: tuple[Offering, ...]
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
