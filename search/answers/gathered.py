"""What an answer gathers from its cases and beside them: what they took, learning, notes, people to ask, stubs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from library.items import NoteKind
from search.answers.found import Named

UnderstoodAspect: TypeAlias = Literal["challenge", "industry", "region", "scale", "figures", "success"]


@dataclass(frozen=True, slots=True)
class Learning:
    """Something to learn from."""

    id: Annotated[str, Field(description="Id of the learning resource", examples=["lrn-annual-report-reading-course"])]
    title: Annotated[str, Field(description="Its title", examples=["An annual report in ninety minutes"])]
    learning_resource_type: Annotated[
        str, Field(description="`workshop`, `book`, `template`, ...", examples=["course"])
    ]
    time_required: Annotated[str, Field(description="ISO 8601 duration, or empty", examples=["PT6H"])]
    url: Annotated[str, Field(description="Where it is, or empty", examples=["https://example.org/learning/report"])]


@dataclass(frozen=True, slots=True)
class Shared:
    """A competency or enabler of the answer, with the cases that need it, the most needed first.

    `weight` is the share of the answer, by closeness, that needs it. It is a `lesson` if it was missing wherever
    it counted.
    """

    type: Annotated[Literal["competency", "enabler"], Field(description="What it is", examples=["enabler"])]
    id: Annotated[str, Field(description="Its id", examples=["enb-analytics"])]
    label: Annotated[str, Field(description="Its name in the language of labels", examples=["Business analytics"])]
    weight: Annotated[
        float,
        Field(
            description="The share of the answer that takes it, from 0 to 1, where closer cases count more",
            ge=0,
            examples=[0.72],
        ),
    ]
    cases: Annotated[
        tuple[str, ...],
        Field(description="Ids of the cases that took or lacked it", examples=[["case-brewer-scope3-packaging"]]),
    ]
    effects: Annotated[
        Mapping[str, str],
        Field(
            description="An enabler's effect by case, where the case states one: `critical`, `supporting`, `missing`",
            examples=[{"case-brewer-scope3-packaging": "critical"}],
        ),
    ]
    lesson: Annotated[bool, Field(description="Whether it was missing wherever it counted", examples=[False])]
    how_to_engage: Annotated[
        str,
        Field(description="What to do to get an enabler; empty for a competency", examples=["Ask the pricing desk."]),
    ]
    learning: Annotated[
        tuple[Learning, ...],
        Field(
            description="What teaches it or is related to it",
            examples=[
                [
                    {
                        "id": "lrn-annual-report-reading-course",
                        "title": "An annual report in ninety minutes",
                        "learning_resource_type": "course",
                        "time_required": "PT6H",
                        "url": "",
                    }
                ]
            ],
        ),
    ]


@dataclass(frozen=True, slots=True)
class Offering:
    """What was offered in cases of the answer."""

    label: Annotated[
        str, Field(description="Its name, as the first of the cases writes it", examples=["chiller service"])
    ]
    cases: Annotated[
        tuple[str, ...],
        Field(description="Ids of the cases that offered it", examples=[["case-datacentre-financial-sponsor"]]),
    ]


@dataclass(frozen=True, slots=True)
class Understood:
    """Something that the text says, with the words [start, end) of the text that say it."""

    aspect: Annotated[
        UnderstoodAspect,
        Field(
            description="What it is about; `figures` and `success` are what the text asks for", examples=["industry"]
        ),
    ]
    id: Annotated[str, Field(description="Id of the challenge type, code, or kind of place", examples=["11"])]
    label: Annotated[
        str, Field(description="Its name in the language of labels, or the number of places", examples=["Beverages"])
    ]
    words: Annotated[str, Field(description="The words of the challenge that say it", examples=["brewery"])]
    start: Annotated[
        int,
        Field(
            description="Where they begin, in characters of the challenge without surrounding spaces",
            ge=0,
            examples=[27],
        ),
    ]
    end: Annotated[int, Field(description="Where they end", ge=0, examples=[34])]


@dataclass(frozen=True, slots=True)
class FoundNote:
    """An industry note that fits the challenge or the industries of its cases."""

    id: Annotated[str, Field(description="Id of the note", examples=["note-food-beverage-packaging-rules"])]
    title: Annotated[str, Field(description="Its title", examples=["Food buyers join forces"])]
    summary: Annotated[str, Field(description="Its summary", examples=["Buying alliances ask for one price."])]
    note_kind: Annotated[NoteKind | None, Field(description="What it tells", examples=["trend"])]
    valid_until: Annotated[date | None, Field(description="Day until which it holds", examples=["2027-01-31"])]
    expired: Annotated[bool, Field(description="Whether that day has passed", examples=[False])]
    closeness: Annotated[
        float, Field(description="Raw cosine of its closest passage with the challenge", examples=[0.4312])
    ]


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask about which cases."""

    contact: Annotated[str, Field(description="A role or a mailbox", examples=["sam-energy@example.org"])]
    cases: Annotated[
        tuple[str, ...],
        Field(description="Ids of the cases to ask about", examples=[["case-gridoperator-sponsor-departure"]]),
    ]


@dataclass(frozen=True, slots=True)
class Stub:
    """A case that the asker may know of but not see."""

    id: Annotated[str, Field(description="An opaque id to name when asking", examples=["stub-5d1f0a6c2b7e"])]
    challenge_types: Annotated[
        tuple[Named, ...],
        Field(
            description="The kinds of challenge it is about",
            examples=[[{"id": "chl-sponsor-change", "label": "Change of sponsor"}]],
        ),
    ]
    industry_sections: Annotated[
        tuple[Named, ...],
        Field(description="Sections of its industries", examples=[[{"id": "C", "label": "Manufacturing"}]]),
    ]
    contact: Annotated[
        str,
        Field(description="Whom to ask: always the centre of excellence", examples=["the centre of excellence"]),
    ]
