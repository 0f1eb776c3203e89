"""What pages of items show: frozen values, made by `search.browsing.sheets`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from library.items import AnyItem, Effect
from search.answers.answer import Learning, LinkedEnabler, Named, Trust


@dataclass(frozen=True, slots=True)
class LinkedItem:
    """Another item that a page links to, with its label and its status."""

    type: str
    id: str
    label: str
    language: str
    status: str


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list; `effect` is what the page's enabler did in it."""

    id: str
    title: str
    summary: str
    customer: str
    language: str
    industries: tuple[Named, ...]
    regions: tuple[Named, ...]
    challenge_types: tuple[Named, ...]
    outcome: str | None
    trust: Trust
    illustrative: bool
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class NoteLine:
    """An industry note in a list."""

    id: str
    title: str
    summary: str
    language: str
    kind: str | None
    industries: tuple[Named, ...]
    valid_until: date | None
    expired: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the page of any item shows; `item` names only items that the asker sees.

    `links` and `linked_from` hold what no other field does.
    """

    item: AnyItem
    row: int
    path: str
    label: str
    industries: tuple[Named, ...]
    regions: tuple[Named, ...]
    links: tuple[LinkedItem, ...]
    linked_from: tuple[LinkedItem, ...]
    translations: tuple[LinkedItem, ...]
    supersedes: tuple[LinkedItem, ...]
    superseded_by: tuple[LinkedItem, ...]
    review_due: date | None
    review_overdue: bool
    contact: str


@dataclass(frozen=True, slots=True)
class CaseSheet:
    """What a case's page shows beyond."""

    challenge_types: tuple[Named, ...]
    competencies: tuple[Named, ...]
    enablers: tuple[LinkedEnabler, ...]
    trust: Trust
    notes: tuple[LinkedItem, ...]
    replicates: tuple[LinkedItem, ...]
    replications: tuple[LinkedItem, ...]


@dataclass(frozen=True, slots=True)
class ConceptSheet:
    """What a concept's page shows beyond: names, neighbours in the vocabulary, learning, the first of `total` cases."""

    definition: str
    also_called: tuple[str, ...]
    broader: tuple[LinkedItem, ...]
    narrower: tuple[LinkedItem, ...]
    learning: tuple[Learning, ...]
    cases: tuple[CaseLine, ...]
    total: int
