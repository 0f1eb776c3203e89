"""What an item is: one frozen model per type, typed from front matter whose values are strings."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Status: TypeAlias = Literal["draft", "in_review", "approved", "archived"]
Classification: TypeAlias = Literal["public", "internal", "confidential", "restricted"]
Outcome: TypeAlias = Literal["success", "partial", "unsuccessful", "ongoing"]
ValueCategory: TypeAlias = Literal[
    "revenue_growth",
    "cost_reduction",
    "productivity",
    "quality",
    "risk_reduction",
    "working_capital",
    "time_to_market",
    "sustainability",
    "safety",
    "customer_experience",
    "strategic_option",
]
NoteKind: TypeAlias = Literal["trend", "practice", "solution", "regulation", "benchmark", "customer_insight"]
Evidence: TypeAlias = Literal["customer_verified", "finance_validated", "estimated", "qualitative"]
Beneficiary: TypeAlias = Literal["customer", "supplier", "mutual"]
Effect: TypeAlias = Literal["critical", "supporting", "missing"]
Existence: TypeAlias = Literal["open", "hidden", "discoverable"]
Maturity: TypeAlias = Literal["innovation", "promising_practice", "good_practice", "institutionalised"]
ReferencePermission: TypeAlias = Literal["none", "internal_only", "external_anonymised", "external_named"]

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")
_DAYS = {"Y": 365.25, "M": 30.4375, "W": 7.0, "D": 1.0}


def _listed(value: Any) -> Any:  # pydantic hands over whatever the file holds
    """Take a single value where a list is expected: `broader: x` means `broader: [x]`."""
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def _dated(value: Any) -> Any:
    # pydantic would take a bare number for seconds since 1970
    if isinstance(value, str) and not _DATE.fullmatch(value.strip()):
        raise ValueError("is no date")
    return value


def _measured(value: str) -> str:
    if not duration(value):
        raise ValueError("is no duration above zero")
    return value


Texts: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Day: TypeAlias = Annotated[date, BeforeValidator(_dated)]
ByLanguage: TypeAlias = dict[str, str]
ManyByLanguage: TypeAlias = dict[str, Texts]
Duration: TypeAlias = Annotated[str, AfterValidator(_measured)]


class _Model(BaseModel):
    # Building a validator takes 5 ms; a search needs those of a few types alone.
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True, defer_build=True)


class Industry(_Model):
    """An industry by scheme and code, or by a plain label (scheme empty)."""

    scheme: str = ""
    code: str

    @model_validator(mode="before")
    @classmethod
    def _from_label(cls, value: Any) -> Any:
        return {"code": value} if isinstance(value, str) else value


class EnablerUse(_Model):
    """An enabler in a case, and what it did there; `missing` is a lesson."""

    id: str
    effect: Effect | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_id(cls, value: Any) -> Any:
        return {"id": value} if isinstance(value, str) else value


class ValueMetric(_Model):
    """One quantified (or qualitative) result, with its evidence grade."""

    metric: str
    category: ValueCategory | None = None
    beneficiary: Beneficiary | None = None
    baseline: str = ""
    result: str = ""
    unit: str = ""
    currency: str = ""
    period: str = ""
    evidence: Evidence | None = None


class ProficiencyLevel(_Model):
    """What a competency looks like at one level."""

    level: str
    description: str


class Item(_Model):
    """What every item has. `TO_PUBLISH` names the fields that an approved item must state."""

    TO_PUBLISH: ClassVar[tuple[str, ...]] = ("summary", "classification", "last_verified")
    REFERENCES: ClassVar[dict[str, str]] = {"related": "", "supersedes": "", "translation_of": ""}

    id: str = Field(min_length=1, description="Use lower-case letters, digits and hyphens; never change it later")
    title: str = Field(min_length=1, max_length=1000, description="Write a title in one line")
    language: str = Field(
        default="en",
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        description="Write a language tag such as `en`, `de` or `fr-CH`",
    )
    summary: str = Field(default="", max_length=600, description="Write two or three sentences, at most 600 characters")
    status: Status = Field(default="draft", description="Write draft, in_review, approved or archived")
    classification: Classification | None = Field(
        default=None, description="Write public, internal, confidential or restricted"
    )
    access_groups: Texts = Field(default=(), description="List the groups that may see it")
    existence: Existence | None = Field(default=None, description="Write open, hidden or discoverable")
    owner: str | None = Field(default=None, description="Write a role or a mailbox")
    contact: str | None = Field(default=None, description="Write whom to ask: a role or a mailbox")
    authors: Texts = Field(default=(), description="List roles or mailboxes")
    created: Day | None = Field(default=None, description="Write a date such as 2026-03-31")
    last_verified: Day | None = Field(
        default=None,
        description="Approval writes it; by hand, the day on which its content was verified, such as 2026-03-31",
    )
    review_interval: Duration | None = Field(default=None, description="Write a duration such as P12M")
    keywords: Texts = Field(default=(), description="List words")
    related: Texts = Field(default=(), description="List ids")
    sources: Texts = Field(default=(), description="List sources, one text each")
    supersedes: Texts = Field(default=(), description="List ids")
    translation_of: str | None = Field(default=None, description="Write the id of the original")
    archive_reason: str = Field(default="", description="Write why it was archived")
    illustrative: bool = Field(default=False, description="Write true for an invented sample")
    attachments: Texts = Field(default=(), description="List files beside this one")
    imported: str = Field(default="", description="Leave it: an import writes it")

    def review_due(self) -> date | None:
        """Return the day on which the next review is due, or None if it was never verified."""
        if self.last_verified is None:
            return None
        try:
            return self.last_verified + duration(self.review_interval or self.default_review_interval())
        except OverflowError:
            return date.max

    @classmethod
    def default_review_interval(cls) -> str:
        """Return the ISO 8601 duration after which an item of this type is reviewed."""
        return "P12M"

    def referenced(self) -> tuple[tuple[str, str, str], ...]:
        """Return every reference as (field, id, type that it must have; empty for any)."""
        return tuple(
            (name, target, expected)
            for name, expected in self.REFERENCES.items()
            for target in _ids(getattr(self, name))
        )


class BusinessCase(Item):
    """A case: one customer's challenge, what was done, and what came of it."""

    TO_PUBLISH: ClassVar[tuple[str, ...]] = (
        *Item.TO_PUBLISH,
        "industries",
        "regions",
        "customer",
        "challenge_types",
        "outcome",
        "competencies",
        "enablers",
    )
    REFERENCES: ClassVar[dict[str, str]] = {
        **Item.REFERENCES,
        "challenge_types": "challenge_type",
        "competencies": "competency",
        "enablers": "enabler",
        "replicates": "business_case",
    }

    type: Literal["business_case"] = "business_case"
    industries: Annotated[tuple[Industry, ...], BeforeValidator(_listed)] = Field(
        default=(), description='List {scheme: isic, code: "10"} or plain labels'
    )
    regions: Texts = Field(default=(), description="List ISO 3166-1, UN M49 or firm regions such as DE, 150, EMEA")
    customer: str = Field(default="", description="Describe the customer without a name: global brewer, ten plants")
    challenge_types: Texts = Field(default=(), description="List ids such as chl-price-pressure")
    outcome: Outcome | None = Field(default=None, description="Write success, partial, unsuccessful or ongoing")
    competencies: Texts = Field(default=(), description="List ids such as cmp-quantify-value")
    enablers: Annotated[tuple[EnablerUse, ...], BeforeValidator(_listed)] = Field(
        default=(), description="List ids such as enb-coe, or {id: enb-coe, effect: critical|supporting|missing}"
    )
    value: Annotated[tuple[ValueMetric, ...], BeforeValidator(_listed)] = Field(
        default=(), description="List {metric, category, beneficiary, baseline, result, unit, period, evidence}"
    )
    process_stages: Texts = Field(default=(), description="List stages")
    relationship_stage: str = ""
    offerings: Texts = Field(default=(), description="List offerings")
    market_archetype: str = ""
    stakeholder_roles: Texts = Field(default=(), description="List roles, never names")
    pitfalls: Texts = Field(default=(), description="List sentences")
    replication_conditions: Texts = Field(default=(), description="List sentences")
    contraindications: Texts = Field(default=(), description="List sentences")
    practice_maturity: Maturity | None = Field(
        default=None, description="Write innovation, promising_practice, good_practice or institutionalised"
    )
    replicates: str | None = Field(default=None, description="Write the id of the earlier case")
    period: str = Field(default="", description="Write a period such as 2024-01/2025-06")
    anonymised: bool = Field(default=False, description="Write true or false")
    reference_permission: ReferencePermission | None = Field(
        default=None, description="Write none, internal_only, external_anonymised or external_named"
    )
    reference_permission_until: Day | None = Field(default=None, description="Write a date such as 2027-12-31")
    account_key: str = Field(default="", exclude=True, description="A CRM key: never indexed, never shown")


class IndustryNote(Item):
    """What is going on in an industry, with sources and an expiry."""

    TO_PUBLISH: ClassVar[tuple[str, ...]] = (*Item.TO_PUBLISH, "industries", "note_kind", "sources")

    type: Literal["industry_note"] = "industry_note"
    industries: Annotated[tuple[Industry, ...], BeforeValidator(_listed)] = Field(
        default=(), description='List {scheme: isic, code: "10"} or plain labels'
    )
    regions: Texts = Field(default=(), description="List ISO 3166-1, UN M49 or firm regions")
    note_kind: NoteKind | None = Field(
        default=None, description="Write trend, practice, solution, regulation, benchmark or customer_insight"
    )
    period_covered: str = ""
    valid_until: Day | None = Field(default=None, description="Write a date such as 2027-12-31")
    key_points: Texts = Field(default=(), description="List sentences")
    opportunity_questions: Texts = Field(default=(), description="List questions")
    market_archetype: str = ""

    @classmethod
    def default_review_interval(cls) -> str:
        """Return six months: notes age faster than cases."""
        return "P6M"


class Concept(Item):
    """A SKOS concept with a page: labels and definitions by language."""

    TO_PUBLISH: ClassVar[tuple[str, ...]] = ("classification", "last_verified", "labels", "definition")

    labels: ByLanguage = Field(default_factory=dict, description="Write `en: ...`, `de: ...`, `fr: ...` below it")
    alt_labels: ManyByLanguage = Field(default_factory=dict, description="Write `en: [word, word]` below it")
    hidden_labels: ManyByLanguage = Field(default_factory=dict, description="Write `en: [word, word]` below it")
    definition: ByLanguage = Field(default_factory=dict, description="Write `en: ...`, `de: ...`, `fr: ...` below it")
    broader: Texts = Field(default=(), description="List ids")
    close_match: Texts = Field(default=(), description="List URIs")

    @model_validator(mode="before")
    @classmethod
    def _titled_by_label(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        language = values.get("language")
        language = language if language and isinstance(language, str) else "en"
        filled = {"title": _in_language(values.get("labels"), language)}
        filled["summary"] = _in_language(values.get("definition"), language)[:600]
        return {**values, **{name: text for name, text in filled.items() if text and not values.get(name)}}

    def label(self, language: str = "en") -> str:
        """Return the preferred label in a language, else the title."""
        return self.labels.get(language.split("-", maxsplit=1)[0], self.title)


class Competency(Concept):
    """What a person can do."""

    REFERENCES: ClassVar[dict[str, str]] = {**Item.REFERENCES, "broader": "competency"}

    type: Literal["competency"] = "competency"
    behavioural_indicators: Texts = Field(default=(), description="List sentences")
    proficiency_levels: Annotated[tuple[ProficiencyLevel, ...], BeforeValidator(_listed)] = Field(
        default=(), description="List {level, description}"
    )


class Enabler(Concept):
    """What an organisation provides so that a case can work."""

    REFERENCES: ClassVar[dict[str, str]] = {**Item.REFERENCES, "broader": "enabler"}

    type: Literal["enabler"] = "enabler"
    area: str = ""
    owning_function: str = ""
    how_to_engage: str = ""
    typical_blockers: Texts = Field(default=(), description="List sentences")
    indicators: Texts = Field(default=(), description="List sentences")


class ChallengeType(Concept):
    """A kind of challenge, as the vocabulary names it."""

    REFERENCES: ClassVar[dict[str, str]] = {**Item.REFERENCES, "broader": "challenge_type"}

    type: Literal["challenge_type"] = "challenge_type"


class LearningResource(Item):
    """Something to learn a competency from (LRMI terms)."""

    TO_PUBLISH: ClassVar[tuple[str, ...]] = (*Item.TO_PUBLISH, "learning_resource_type", "teaches")
    REFERENCES: ClassVar[dict[str, str]] = {**Item.REFERENCES, "teaches": "competency"}

    type: Literal["learning_resource"] = "learning_resource"
    learning_resource_type: str = Field(default="", description="Write workshop, book, template, coaching, course")
    url: str = ""
    provider: str = ""
    teaches: Texts = Field(default=(), description="List ids of competencies")
    educational_level: str = ""
    time_required: str = ""


AnyItem: TypeAlias = Annotated[
    BusinessCase | IndustryNote | Competency | Enabler | ChallengeType | LearningResource,
    Field(discriminator="type"),
]

ITEM_TYPES: dict[str, type[Item]] = {
    "business_case": BusinessCase,
    "industry_note": IndustryNote,
    "competency": Competency,
    "enabler": Enabler,
    "challenge_type": ChallengeType,
    "learning_resource": LearningResource,
}

# Where each type lives, relative to the library, and what the command line calls it.
FOLDERS: dict[str, str] = {
    "business_case": "cases",
    "challenge_type": "kb/challenges",
    "competency": "kb/competencies",
    "enabler": "kb/enablers",
    "industry_note": "kb/industries",
    "learning_resource": "kb/learning",
}


def in_review(item: AnyItem) -> AnyItem:
    """Return an item as one whose approval is missing: everybody else has to wait for it."""
    return item.model_copy(update={"status": "in_review"})


def duration(text: str) -> timedelta:
    """Return an ISO 8601 duration of years, months, weeks and days; a month counts as 30.44 days.

    Raises:
        ValueError: it is no duration, or longer than a `timedelta` can be.
    """
    matched = _DURATION.fullmatch(text)
    if matched is None:
        raise ValueError(f"{text!r} is no ISO 8601 duration")
    parts = zip(_DAYS.values(), matched.groups(), strict=True)
    try:
        return timedelta(days=round(sum(days * int(count) for days, count in parts if count)))
    except OverflowError as error:
        raise ValueError(f"{text!r} is too long") from error


def entry_fields(model: type[Item], name: str) -> frozenset[str]:
    """Return the fields that the entries of a list may have; empty where its entries are texts."""
    field = model.model_fields.get(name)
    entry = (*get_args(field.annotation), None)[0] if field else None
    return frozenset(entry.model_fields) if isinstance(entry, type) and issubclass(entry, BaseModel) else frozenset()


def _in_language(texts: Any, language: str) -> str:
    if not isinstance(texts, dict) or not texts:
        return ""
    names = (language, language.partition("-")[0], "en", *texts)
    chosen = next((texts[name] for name in names if texts.get(name)), "")
    return chosen if isinstance(chosen, str) else ""


def _ids(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    return tuple(entry if isinstance(entry, str) else entry.id for entry in value)
