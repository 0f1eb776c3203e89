"""What an answer says of one case: frozen values, each field with what it means and an example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from library.items import Beneficiary, Classification, Effect, Evidence, Maturity, Outcome, Status, ValueCategory
from search.ranking.fusion import ArmScore

Relation: TypeAlias = Literal["replication", "replicated", "translation", "practice"]
ComparedAspect: TypeAlias = Literal["challenge", "words", "industry", "region", "scale", "outcome", "enabler"]


@dataclass(frozen=True, slots=True)
class Named:
    """An id or code with its label."""

    id: Annotated[str, Field(description="Its id or code", examples=["11"])]
    label: Annotated[str, Field(description="Its name in the language of labels", examples=["Beverages"])]


@dataclass(frozen=True, slots=True)
class LinkedEnabler:
    """An enabler of a case, and what it did there."""

    id: Annotated[str, Field(description="Id of the enabler", examples=["enb-contract-pricing"])]
    label: Annotated[
        str, Field(description="Its name in the language of labels", examples=["Commercial model and contracting"])
    ]
    effect: Annotated[
        Effect | None,
        Field(description="What it did there, if the case says so; `missing` is a lesson", examples=["critical"]),
    ]


class StatedValue(TypedDict, total=False):
    """What a case was worth, by one figure; a field that the case does not state is left out."""

    metric: Annotated[str, Field(description="What was measured", examples=["Cost per delivery"])]
    category: Annotated[ValueCategory, Field(description="The kind of value", examples=["cost_reduction"])]
    beneficiary: Annotated[Beneficiary, Field(description="Who had it", examples=["customer"])]
    baseline: Annotated[str, Field(description="What it was before", examples=["14.20"])]
    result: Annotated[str, Field(description="What it was after", examples=["11.90"])]
    unit: Annotated[str, Field(description="Unit of both", examples=["per delivery"])]
    currency: Annotated[str, Field(description="Currency of both", examples=["EUR"])]
    period: Annotated[str, Field(description="When it was measured", examples=["2024 against 2025"])]
    evidence: Annotated[
        Evidence, Field(description="How far the figure can be relied on", examples=["customer_verified"])
    ]


@dataclass(frozen=True, slots=True)
class MatchedPassage:
    """A passage that matches a part of the challenge; highlights are [start, end) in `text`."""

    section: Annotated[
        str,
        Field(description="Where it stands: headings from the outermost, parted by ` > `", examples=["Challenge"]),
    ]
    text: Annotated[str, Field(description="Its text", examples=["The sponsor left in March."])]
    highlights: Annotated[
        tuple[tuple[int, int], ...],
        Field(
            description="`[start, end)` in characters of `text`: words of the challenge, or of another name of what "
            "it names",
            examples=[[[4, 11]]],
        ),
    ]
    aspect: Annotated[int, Field(description="Which of `aspects` it answers, from 0", ge=0, examples=[0])]
    cosine: Annotated[float, Field(description="Raw cosine with that aspect", examples=[0.457378])]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing in which a case is like what the text says, or differs from it."""

    aspect: Annotated[ComparedAspect, Field(description="In what they are compared", examples=["industry"])]
    text: Annotated[str, Field(description="The same in words", examples=["same industry: Beverages"])]
    values: Annotated[tuple[str, ...], Field(description="Ids, codes or words", examples=[["11"]])]


@dataclass(frozen=True, slots=True)
class Trust:
    """How far a case can be relied on; `evidence` is the best grade among its figures."""

    status: Annotated[
        Status, Field(description="How far it is; others than approved on request", examples=["approved"])
    ]
    last_verified: Annotated[
        date | None, Field(description="Day on which its content was last verified", examples=["2026-08-17"])
    ]
    review_overdue: Annotated[bool, Field(description="Whether its review is overdue", examples=[False])]
    evidence: Annotated[
        Evidence | None, Field(description="The best grade among its figures", examples=["customer_verified"])
    ]
    practice_maturity: Annotated[
        Maturity | None, Field(description="How established the practice is", examples=["good_practice"])
    ]
    replications: Annotated[int, Field(description="How many approved cases replicate it", ge=0, examples=[2])]


@dataclass(frozen=True, slots=True)
class GroupedCase:
    """Another case of the same practice: its `relation` to the shown one.

    `replication` of it, `replicated` by it, `translation` of it, or `practice`: the same by way of other cases.
    """

    id: Annotated[str, Field(description="Id of the case", examples=["case-medwholesale-joint-scorecard-de"])]
    title: Annotated[str, Field(description="Its title", examples=["One scorecard for both sides"])]
    relation: Annotated[
        Relation,
        Field(
            description="`replication` of the shown case, `replicated` by it, `translation`, or `practice` where "
            "other cases stand between",
            examples=["translation"],
        ),
    ]
    language: Annotated[str, Field(description="The language it is written in (BCP 47)", examples=["de"])]
    industries: Annotated[
        tuple[Named, ...], Field(description="Its industries", examples=[[{"id": "46", "label": "Wholesale trade"}]])
    ]


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case of the answer; `score` orders it within this answer and means nothing beyond."""

    rank: Annotated[int, Field(description="Place in this answer, from 1", ge=1, examples=[1])]
    id: Annotated[str, Field(description="The case's id", examples=["case-gridoperator-sponsor-departure"])]
    title: Annotated[str, Field(description="Its title", examples=["The sponsor left in March"])]
    reason: Annotated[
        str,
        Field(
            description="One sentence: why this case, and the main difference",
            examples=["Same kind of challenge: Sponsor change; main difference: it did not succeed."],
        ),
    ]
    matches: Annotated[
        tuple[Comparison, ...],
        Field(
            description="What is alike, the weightiest first",
            examples=[[{"aspect": "challenge", "text": "same kind of challenge", "values": ["chl-sponsor-change"]}]],
        ),
    ]
    differs: Annotated[
        tuple[Comparison, ...],
        Field(
            description="What differs, the weightiest first",
            examples=[[{"aspect": "outcome", "text": "it did not succeed", "values": ["unsuccessful"]}]],
        ),
    ]
    summary: Annotated[
        str, Field(description="Its summary, at most 600 characters", examples=["The executive sponsor left."])
    ]
    customer: Annotated[
        str, Field(description="The customer, described without a name", examples=["regional grid operator"])
    ]
    language: Annotated[str, Field(description="The language it is written in (BCP 47)", examples=["en"])]
    industries: Annotated[
        tuple[Named, ...], Field(description="Its industries", examples=[[{"id": "35", "label": "Energy supply"}]])
    ]
    regions: Annotated[
        tuple[Named, ...], Field(description="Its regions", examples=[[{"id": "DE", "label": "Germany"}]])
    ]
    outcome: Annotated[Outcome | None, Field(description="What came of it", examples=["partial"])]
    value: Annotated[
        tuple[StatedValue, ...],
        Field(
            description="What it was worth, figure by figure",
            examples=[[{"metric": "Payment terms", "baseline": "45", "result": "75", "unit": "days"}]],
        ),
    ]
    challenge_types: Annotated[
        tuple[Named, ...],
        Field(
            description="The kinds of challenge it is about",
            examples=[[{"id": "chl-sponsor-change", "label": "Change of sponsor"}]],
        ),
    ]
    competencies: Annotated[
        tuple[Named, ...],
        Field(
            description="The competencies it took",
            examples=[[{"id": "cmp-strategic-thinking", "label": "Strategic thinking"}]],
        ),
    ]
    enablers: Annotated[
        tuple[LinkedEnabler, ...],
        Field(
            description="The enablers it took, or lacked",
            examples=[[{"id": "enb-analytics", "label": "Business analytics", "effect": "supporting"}]],
        ),
    ]
    offerings: Annotated[tuple[str, ...], Field(description="What was offered", examples=[["chiller service"]])]
    conditions: Annotated[
        tuple[str, ...], Field(description="When it can be replicated", examples=[["One rate card in the country."]])
    ]
    contraindications: Annotated[
        tuple[str, ...], Field(description="When it should not be", examples=[["A sponsor near exit."]])
    ]
    pitfalls: Annotated[tuple[str, ...], Field(description="What went wrong", examples=[["One contact only."]])]
    trust: Annotated[Trust, Field(description="How far it can be relied on")]
    status: Annotated[Status, Field(description="`approved`, unless others were asked for", examples=["approved"])]
    classification: Annotated[Classification | None, Field(description="How confidential it is", examples=["internal"])]
    last_verified: Annotated[
        date | None, Field(description="Day on which its content was last verified", examples=["2026-08-17"])
    ]
    review_due: Annotated[date | None, Field(description="Day on which it is due for review", examples=["2027-08-17"])]
    illustrative: Annotated[bool, Field(description="Whether it is an invented sample", examples=[True])]
    contact: Annotated[str, Field(description="Whom to ask about it", examples=["sam-energy@example.org"])]
    passages: Annotated[
        tuple[MatchedPassage, ...],
        Field(
            description="The passages that match best, best first; the summary last",
            examples=[
                [
                    {
                        "section": "Challenge",
                        "text": "The sponsor left in March.",
                        "highlights": [[4, 11]],
                        "aspect": 0,
                        "cosine": 0.457378,
                    }
                ]
            ],
        ),
    ]
    score: Annotated[float, Field(description="The fused score that orders this answer", examples=[2.710438])]
    arms: Annotated[
        Mapping[str, ArmScore],
        Field(
            description="Each arm's part in the score: `passages`, `problem`, `words`, `whole`, `pieces`; an arm that "
            "found nothing is left out",
            examples=[{"words": {"raw": 9.989575, "normalised": 2.561398, "weight": 0.15}}],
        ),
    ]
    adjustments: Annotated[
        Mapping[str, float],
        Field(
            description="What was added to the arms' parts, by name; `score` is the sum of all parts and adjustments",
            examples=[{"industry": 0.15}],
        ),
    ]
    grouped: Annotated[
        tuple[GroupedCase, ...],
        Field(
            description="Other cases of the same practice, shown under this one",
            examples=[
                [
                    {
                        "id": "case-medwholesale-joint-scorecard-de",
                        "title": "Eine Scorecard",
                        "relation": "translation",
                        "language": "de",
                        "industries": [{"id": "46", "label": "Wholesale trade"}],
                    }
                ]
            ],
        ),
    ]
