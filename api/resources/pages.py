"""What an item looks like in full, type by type: its front matter, its text, its links in both directions."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Required, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from library.items import (
    Classification,
    Effect,
    Existence,
    Maturity,
    NoteKind,
    Outcome,
    ReferencePermission,
    Status,
)
from search.answers.found import StatedValue
from search.browsing.listing import ItemLink

_Ids: TypeAlias = list[str]
_Texts: TypeAlias = list[str]
_ByLanguage: TypeAlias = dict[str, str]
_ManyByLanguage: TypeAlias = dict[str, list[str]]


class Section(TypedDict):
    """A part of an item's text."""

    heading: Annotated[
        str,
        Field(
            description="Headings from the outermost, parted by ` > `; empty before the first one",
            examples=["Challenge"],
        ),
    ]
    text: Annotated[str, Field(description="Plain text below the heading", examples=["The sponsor left in March."])]


class PageIndustry(TypedDict, total=False):
    """An industry by scheme and code, or by a plain label without a scheme."""

    scheme: Annotated[str, Field(description="`isic`; left out for a plain label", examples=["isic"])]
    code: Required[Annotated[str, Field(description="Its code in the scheme, or the label", examples=["35"])]]


class PageEnabler(TypedDict, total=False):
    """An enabler of a case, and what it did there."""

    id: Required[Annotated[str, Field(description="Id of the enabler", examples=["enb-analytics"])]]
    effect: Annotated[
        Effect, Field(description="What it did, if the case says so; `missing` is a lesson", examples=["critical"])
    ]


class PageLevel(TypedDict):
    """What a competency looks like at one level."""

    level: Annotated[str, Field(description="Name of the level", examples=["practising"])]
    description: Annotated[str, Field(description="What it looks like", examples=["Quantifies value with finance."])]


class ItemPage(TypedDict, total=False):
    """What every item has; a field that its file leaves at the default is left out."""

    id: Required[Annotated[str, Field(description="The item's id", examples=["case-gridoperator-sponsor-departure"])]]
    title: Required[Annotated[str, Field(description="Its title", examples=["The sponsor left in March"])]]
    sections: Required[
        Annotated[
            list[Section],
            Field(description="Its text", examples=[[{"heading": "Challenge", "text": "The sponsor left in March."}]]),
        ]
    ]
    links: Required[
        Annotated[
            list[ItemLink],
            Field(
                description="Items that it refers to, as far as you may see them",
                examples=[[{"field": "enablers", "id": "enb-analytics", "title": "Business analytics"}]],
            ),
        ]
    ]
    linked_from: Required[
        Annotated[
            list[ItemLink],
            Field(
                description="Items that refer to it, as far as you may see them: the cases and the learning of a "
                "competency, the cases of an enabler or a challenge type, the replications of a case",
                examples=[
                    [
                        {
                            "field": "teaches",
                            "id": "lrn-annual-report-reading-course",
                            "title": "An annual report in ninety minutes",
                        }
                    ]
                ],
            ),
        ]
    ]
    language: Annotated[str, Field(description="Language it is written in (BCP 47); `en` if left out", examples=["de"])]
    summary: Annotated[str, Field(description="Two or three sentences", examples=["The executive sponsor left."])]
    status: Annotated[Status, Field(description="How far it is; `draft` if left out", examples=["approved"])]
    classification: Annotated[Classification, Field(description="How confidential it is", examples=["internal"])]
    access_groups: Annotated[_Texts, Field(description="Groups that may see it", examples=[["energy-team"]])]
    existence: Annotated[
        Existence, Field(description="Whether others may know that there is such an item", examples=["discoverable"])
    ]
    owner: Annotated[str, Field(description="Who keeps it: a role or a mailbox", examples=["role:sam-energy"])]
    contact: Annotated[str, Field(description="Whom to ask", examples=["sam-energy@example.org"])]
    authors: Annotated[_Texts, Field(description="Who wrote it: roles or mailboxes", examples=[["role:sam-energy"]])]
    created: Annotated[date, Field(description="Day on which it was written", examples=["2025-10-20"])]
    last_verified: Annotated[
        date, Field(description="Day on which its content was last verified", examples=["2026-08-17"])
    ]
    review_interval: Annotated[str, Field(description="How often it is reviewed (ISO 8601)", examples=["P12M"])]
    keywords: Annotated[_Texts, Field(description="Words to find it by", examples=[["sponsor", "succession"]])]
    related: Annotated[
        _Ids, Field(description="Ids of related items", examples=[["note-grid-offshore-wind-frameworks"]])
    ]
    sources: Annotated[_Texts, Field(description="What it rests on", examples=[["Annual report 2025, p. 12"]])]
    supersedes: Annotated[
        _Ids, Field(description="Ids of items that it replaces", examples=[["case-packaging-one-bonus"]])
    ]
    translation_of: Annotated[
        str, Field(description="Id of the original", examples=["case-medwholesale-joint-scorecard"])
    ]
    archive_reason: Annotated[str, Field(description="Why it was archived", examples=["The product is no more."])]
    illustrative: Annotated[bool, Field(description="Whether it is an invented sample", examples=[True])]
    attachments: Annotated[_Texts, Field(description="Files that belong to it", examples=[["value-model.xlsx"]])]


class CasePage(ItemPage, total=False):
    """A case: one customer's challenge, what was done, and what came of it."""

    type: Required[Annotated[Literal["business_case"], Field(description="What it is", examples=["business_case"])]]
    industries: Annotated[
        list[PageIndustry], Field(description="Its industries", examples=[[{"scheme": "isic", "code": "35"}]])
    ]
    regions: Annotated[_Texts, Field(description="ISO 3166-1, UN M49 or firm regions", examples=[["DE", "150"]])]
    customer: Annotated[
        str, Field(description="The customer, described without a name", examples=["regional grid operator"])
    ]
    challenge_types: Annotated[_Ids, Field(description="Ids of kinds of challenge", examples=[["chl-sponsor-change"]])]
    outcome: Annotated[Outcome, Field(description="What came of it", examples=["partial"])]
    competencies: Annotated[
        _Ids, Field(description="Ids of the competencies it took", examples=[["cmp-strategic-thinking"]])
    ]
    enablers: Annotated[
        list[PageEnabler],
        Field(
            description="The enablers it took, or lacked", examples=[[{"id": "enb-analytics", "effect": "critical"}]]
        ),
    ]
    value: Annotated[
        list[StatedValue],
        Field(
            description="What it was worth, figure by figure",
            examples=[[{"metric": "Payment terms", "baseline": "45", "result": "75", "unit": "days"}]],
        ),
    ]
    process_stages: Annotated[_Texts, Field(description="Stages of the account process", examples=[["renewal"]])]
    relationship_stage: Annotated[str, Field(description="How far the relationship was", examples=["partner"])]
    offerings: Annotated[_Texts, Field(description="What was offered", examples=[["chiller service"]])]
    market_archetype: Annotated[
        str, Field(description="Kind of market, in the firm's own scheme", examples=["integrated"])
    ]
    stakeholder_roles: Annotated[_Texts, Field(description="Roles that took part", examples=[["head of purchasing"]])]
    pitfalls: Annotated[_Texts, Field(description="What went wrong", examples=[["One contact only."]])]
    replication_conditions: Annotated[
        _Texts, Field(description="When it can be replicated", examples=[["One rate card in the country."]])
    ]
    contraindications: Annotated[
        _Texts, Field(description="When it should not be", examples=[["A sponsor near exit."]])
    ]
    practice_maturity: Annotated[
        Maturity, Field(description="How established the practice is", examples=["good_practice"])
    ]
    replicates: Annotated[
        str, Field(description="Id of the earlier case", examples=["case-medwholesale-joint-scorecard"])
    ]
    period: Annotated[str, Field(description="When it took place", examples=["2024-02/2025-06"])]
    anonymised: Annotated[bool, Field(description="Whether names were taken out", examples=[True])]
    reference_permission: Annotated[
        ReferencePermission, Field(description="What may be told to others", examples=["external_anonymised"])
    ]
    reference_permission_until: Annotated[
        date, Field(description="Day until which that holds", examples=["2027-12-31"])
    ]


class NotePage(ItemPage, total=False):
    """What is going on in an industry, with sources and an expiry."""

    type: Required[Annotated[Literal["industry_note"], Field(description="What it is", examples=["industry_note"])]]
    industries: Annotated[
        list[PageIndustry], Field(description="Its industries", examples=[[{"scheme": "isic", "code": "10"}]])
    ]
    regions: Annotated[_Texts, Field(description="ISO 3166-1, UN M49 or firm regions", examples=[["EMEA"]])]
    note_kind: Annotated[NoteKind, Field(description="What it tells", examples=["trend"])]
    period_covered: Annotated[str, Field(description="The time it is about", examples=["2025"])]
    valid_until: Annotated[date, Field(description="Day until which it holds", examples=["2027-01-31"])]
    key_points: Annotated[_Texts, Field(description="What to remember", examples=[["Buying alliances grow."]])]
    opportunity_questions: Annotated[
        _Texts, Field(description="What to ask a customer", examples=[["Who negotiates for you from July on?"]])
    ]
    market_archetype: Annotated[
        str, Field(description="Kind of market, in the firm's own scheme", examples=["integrated"])
    ]


class ConceptPage(ItemPage, total=False):
    """A concept of the vocabulary."""

    labels: Annotated[
        _ByLanguage, Field(description="Its name by language", examples=[{"en": "Price pressure", "de": "Preisdruck"}])
    ]
    alt_labels: Annotated[
        _ManyByLanguage, Field(description="Other names by language", examples=[{"en": ["price cut", "rebate demand"]}])
    ]
    hidden_labels: Annotated[
        _ManyByLanguage, Field(description="Names to find it by, not to show", examples=[{"en": ["pricepressure"]}])
    ]
    definition: Annotated[
        _ByLanguage, Field(description="What it means, by language", examples=[{"en": "A demand for lower prices."}])
    ]
    broader: Annotated[_Ids, Field(description="Ids of broader concepts", examples=[["cmp-area-value"]])]
    close_match: Annotated[
        _Texts,
        Field(description="URIs of like concepts elsewhere", examples=[["http://data.europa.eu/esco/skill/example"]]),
    ]


class CompetencyPage(ConceptPage, total=False):
    """What a person can do."""

    type: Required[Annotated[Literal["competency"], Field(description="What it is", examples=["competency"])]]
    behavioural_indicators: Annotated[
        _Texts, Field(description="What one sees people do", examples=[["Names the customer's own figures."]])
    ]
    proficiency_levels: Annotated[
        list[PageLevel],
        Field(
            description="What it looks like level by level",
            examples=[[{"level": "practising", "description": "Quantifies value with finance."}]],
        ),
    ]


class EnablerPage(ConceptPage, total=False):
    """What an organisation provides so that a case can work."""

    type: Required[Annotated[Literal["enabler"], Field(description="What it is", examples=["enabler"])]]
    area: Annotated[str, Field(description="Where in the organisation it belongs", examples=["governance"])]
    owning_function: Annotated[str, Field(description="Who provides it", examples=["commercial excellence"])]
    how_to_engage: Annotated[str, Field(description="What to do to get it", examples=["Ask the pricing desk."])]
    typical_blockers: Annotated[_Texts, Field(description="What tends to stand in its way", examples=[["No budget."]])]
    indicators: Annotated[_Texts, Field(description="How to tell that it is there", examples=[["A named sponsor."]])]


class ChallengeTypePage(ConceptPage, total=False):
    """A kind of challenge, as the vocabulary names it."""

    type: Required[Annotated[Literal["challenge_type"], Field(description="What it is", examples=["challenge_type"])]]


class LearningPage(ItemPage, total=False):
    """Something to learn a competency from (LRMI terms)."""

    type: Required[
        Annotated[Literal["learning_resource"], Field(description="What it is", examples=["learning_resource"])]
    ]
    learning_resource_type: Annotated[
        str, Field(description="`workshop`, `book`, `template`, ...", examples=["course"])
    ]
    url: Annotated[str, Field(description="Where it is", examples=["https://example.org/learning/report"])]
    provider: Annotated[str, Field(description="Who offers it", examples=["commercial academy"])]
    teaches: Annotated[
        _Ids, Field(description="Ids of the competencies that it teaches", examples=[["cmp-financial-acumen"]])
    ]
    educational_level: Annotated[str, Field(description="For whom it is", examples=["beginner"])]
    time_required: Annotated[str, Field(description="ISO 8601 duration", examples=["PT6H"])]
