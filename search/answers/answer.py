"""What a search answers: frozen values whose JSON form is the documented output (docs/search-json.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cache
from typing import Annotated, Any

from pydantic import Field

from search.answers.found import (
    ComparedAspect,
    Comparison,
    FoundCase,
    GroupedCase,
    LinkedEnabler,
    MatchedPassage,
    Named,
    Relation,
    StatedValue,
    Trust,
)
from search.answers.gathered import Contact, FoundNote, Learning, Offering, Shared, Stub, Understood, UnderstoodAspect
from search.filters import FacetCount, Relaxation
from search.ranking.verdict import Verdict

__all__ = [
    "SCHEMA",
    "Answer",
    "ComparedAspect",
    "Comparison",
    "Contact",
    "FoundCase",
    "FoundNote",
    "GroupedCase",
    "Learning",
    "LinkedEnabler",
    "MatchedPassage",
    "Named",
    "Offering",
    "Relation",
    "Shared",
    "StatedValue",
    "Stub",
    "Trust",
    "Understood",
    "UnderstoodAspect",
    "plain",
]

SCHEMA = 1
_PLAIN = (str, int, float)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a challenge. `total` counts the cases that pass the filters."""

    search_id: Annotated[
        str,
        Field(
            description="A random id of this answer, to refer to it later",
            examples=["4890d14ba0fd8f78e08d9c6d4288d5b5"],
        ),
    ]
    verdict: Annotated[
        Verdict,
        Field(description="How close the closest case is, judged by raw similarity", examples=["strong"]),
    ]
    verdict_text: Annotated[
        str,
        Field(
            description="The verdict in words, or why there is no case; tell it to whoever asked",
            examples=["There is a close case."],
        ),
    ]
    closeness: Annotated[
        float,
        Field(
            description="What the verdict rests on, 0 to 1: the raw cosine of the nearest passage, and how much of "
            "the challenge a case covers",
            examples=[0.4381],
        ),
    ]
    languages: Annotated[
        tuple[str, ...],
        Field(description="The languages that the challenge may be in, likeliest first", examples=[["en"]]),
    ]
    aspects: Annotated[
        tuple[str, ...],
        Field(
            description="The challenge, or the parts that a long one was split into",
            examples=[["Our executive sponsor at a brewery left."]],
        ),
    ]
    understood: Annotated[
        tuple[Understood, ...],
        Field(
            description="What the challenge was read to say; what it does not say is never a difference",
            examples=[
                [
                    {
                        "aspect": "industry",
                        "id": "11",
                        "label": "Beverages",
                        "words": "brewery",
                        "start": 27,
                        "end": 34,
                    }
                ]
            ],
        ),
    ]
    total: Annotated[int, Field(description="How many cases pass the filters, shown or not", ge=0, examples=[58])]
    cases: Annotated[tuple[FoundCase, ...], Field(description="The closest cases, best first; at most `limit`")]
    competencies: Annotated[
        tuple[Shared, ...],
        Field(description="Competencies that the answer's cases took, the weightiest first"),
    ]
    enablers: Annotated[
        tuple[Shared, ...],
        Field(description="Enablers that the answer's cases took or lacked, the weightiest first"),
    ]
    have: Annotated[
        tuple[str, ...],
        Field(description="Ids that were given as what the account team has", examples=[["cmp-strategic-thinking"]]),
    ]
    gaps: Annotated[
        tuple[Shared, ...],
        Field(
            description="If there are any in `have`: the competencies and enablers of the answer that the team does "
            "not have, the weightiest first",
        ),
    ]
    offerings: Annotated[
        tuple[Offering, ...],
        Field(
            description="What the cases offered, what most offered first",
            examples=[[{"label": "chiller service", "cases": ["case-datacentre-financial-sponsor"]}]],
        ),
    ]
    notes: Annotated[
        tuple[FoundNote, ...],
        Field(
            description="Industry notes that fit the challenge, or the industries that it names or its closest "
            "cases have",
        ),
    ]
    contacts: Annotated[
        tuple[Contact, ...],
        Field(
            description="Whom to ask, in the order of the cases",
            examples=[[{"contact": "sam-energy@example.org", "cases": ["case-gridoperator-sponsor-departure"]}]],
        ),
    ]
    stubs: Annotated[tuple[Stub, ...], Field(description="Cases that the asker may know of but not see")]
    facets: Annotated[
        Mapping[str, tuple[FacetCount, ...]],
        Field(
            description="For each facet how many cases have which value, the most frequent first, over all cases "
            "that pass the filters of the other facets; empty unless asked for",
            examples=[{"region": [{"value": "DE", "label": "Germany", "count": 12}]}],
        ),
    ]
    filters: Annotated[
        Mapping[str, tuple[str, ...]],
        Field(
            description="The filters as they were understood, by facet; `since` has one value, an ISO 8601 day",
            examples=[{"region": ["DE"]}],
        ),
    ]
    relax: Annotated[
        tuple[Relaxation, ...],
        Field(
            description="If no case passes, the filters without which some would; if none that passes is close, those "
            "without which one would be; the most rewarding first",
            examples=[[{"filter": "region", "cases": 7}]],
        ),
    ]
    label_language: Annotated[
        str, Field(description="Language of labels, reasons and the verdict's text: en, de or fr", examples=["en"])
    ]
    generation: Annotated[int, Field(description="Number of the index that answered", ge=1, examples=[12])]
    model: Annotated[str, Field(description="Model that made its vectors", examples=["all-MiniLM-L6-v2"])]
    schema: Annotated[int, Field(description="Version of this format", examples=[1])] = SCHEMA

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form; dates as ISO 8601."""
        result: dict[str, Any] = plain(self)
        return result


def plain(value: Any) -> Any:  # any JSON value
    """Return a value with frozen values as mappings, dates as ISO 8601 texts and tuples as lists."""
    if value is None or isinstance(value, _PLAIN):  # most of them
        return value
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in _field_names(type(value))}
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    return value.isoformat() if isinstance(value, date) else value


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
