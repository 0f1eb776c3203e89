"""What a caller may ask for: filters, lists and searches as strict models, in a body or as query parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any, TypeAlias

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from api.requests.problems import ProblemError
from library.errors import ChallengeError, FilterError
from library.items import Status
from search.filters import CASE_FACETS, Filters

MOST_CHARACTERS = 20_000
MOST_CASES = 100
MOST_LISTED = 200
_MOST_VALUES = 50
_LISTS = "`/v1/competencies` and `/v1/enablers` list what there is."
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _dated(value: Any) -> Any:  # whatever a caller sends
    """Take a day as it is written in JSON; pydantic would take seconds since 1970 too."""
    if value is None or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("write a day such as 2026-03-31")


def _worded(value: str) -> str:
    if not value.strip():
        raise ValueError("write some text")
    return value


# What a value must hold, for who reads the schema; the validator says it in words.
_WORDED = Field(min_length=1, json_schema_extra={"pattern": r"\S"})
Worded: TypeAlias = Annotated[str, AfterValidator(_worded), _WORDED]
# The length first: behind a validator pydantic counts a text's characters as a list's entries.
Value: TypeAlias = Annotated[str, Field(max_length=300), AfterValidator(_worded), _WORDED]
Values: TypeAlias = Annotated[list[Value], Field(max_length=_MOST_VALUES)]
Day: TypeAlias = Annotated[date, BeforeValidator(_dated)]


def _id(what: str, example: str) -> Any:
    return Path(alias="id", description=f"The id of {what}.", min_length=1, max_length=300, examples=[example])


CaseId: TypeAlias = Annotated[str, _id("a case", "case-gridoperator-sponsor-departure")]
NoteId: TypeAlias = Annotated[str, _id("an industry note", "note-food-beverage-packaging-rules")]
CompetencyId: TypeAlias = Annotated[str, _id("a competency", "cmp-strategic-thinking")]
EnablerId: TypeAlias = Annotated[str, _id("an enabler", "enb-contract-pricing")]
ChallengeTypeId: TypeAlias = Annotated[str, _id("a kind of challenge", "chl-price-pressure")]
LearningId: TypeAlias = Annotated[str, _id("a learning resource", "lrn-annual-report-reading-course")]


class _Query(BaseModel):
    """A name that is none of these is refused, so that no wish is lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ItemFilters(_Query):
    """What every item can be filtered by."""

    language: Values = Field(
        default=[],
        description="Languages that it is written in (BCP 47); `de` takes `de-CH` in. Any of several.",
        examples=[["en"]],
    )
    since: Day | None = Field(default=None, description="Created or verified since this day.", examples=["2026-01-31"])


class NoteFilters(ItemFilters):
    """What notes can be filtered by: any of the values of a filter, in every filter."""

    industry: Values = Field(
        default=[],
        description="ISIC codes or names; takes narrower ones in. Any of several.",
        examples=[["11", "Manufacture of food products"]],
    )
    region: Values = Field(
        default=[],
        description="ISO 3166-1 or UN M49 codes, names, or the firm's own regions; takes narrower ones in. "
        "Any of several.",
        examples=[["DE", "Europe"]],
    )


class CaseFilters(NoteFilters):
    """What cases can be filtered by: any of the values of a filter, in every filter."""

    challenge_type: Values = Field(
        default=[], description="Ids or names of kinds of challenge. Any of several.", examples=[["chl-price-pressure"]]
    )
    competency: Values = Field(
        default=[],
        description="Ids or names of competencies; takes narrower ones in. Any of several.",
        examples=[["cmp-strategic-thinking"]],
    )
    enabler: Values = Field(
        default=[], description="Ids or names of enablers. Any of several.", examples=[["enb-contract-pricing"]]
    )
    outcome: Values = Field(
        default=[],
        description="`success`, `partial`, `unsuccessful` or `ongoing`. Any of several.",
        examples=[["success", "partial"]],
    )


class Paging(_Query):
    """A part of a list."""

    status: list[Status] = Field(
        default=["approved"],
        max_length=4,
        description="How far the items are; others than approved are listed for who may see them.",
        examples=[["approved", "archived"]],
    )
    limit: int = Field(default=50, ge=1, le=MOST_LISTED, description="How many entries at most.", examples=[50])
    cursor: str | None = Field(
        default=None,
        max_length=1000,
        description="Where the part begins: `next` of the part before, as it is; leave it out for the first part.",
        examples=["dt2Bv61sY2FzZS1icmV3ZXItc2NvcGUzLXBhY2thZ2luZw"],
    )


class ItemList(Paging, ItemFilters):
    """A part of a list of items."""


class NoteList(Paging, NoteFilters):
    """A part of the list of notes."""


class CaseList(Paging, CaseFilters):
    """A part of the list of cases."""


class _Answering(_Query):
    """How a search is answered."""

    limit: int = Field(default=5, ge=1, le=MOST_CASES, strict=True, description="How many cases.", examples=[5])
    have: Values = Field(
        default=[],
        description="Ids of competencies and enablers that the account team has; `gaps` then lists what it lacks.",
        examples=[["cmp-strategic-thinking", "enb-analytics"]],
    )
    facets: bool = Field(
        default=False, strict=True, description="Whether to count the facets too; faster without.", examples=[True]
    )


class SimilarQuery(_Answering, CaseFilters):
    """How to look for the cases closest to a case."""

    limit: int = Field(default=5, ge=1, le=MOST_CASES, description="How many cases.", examples=[5])
    facets: bool = Field(default=False, description="Whether to count the facets too; faster without.", examples=[True])


class SearchRequest(_Answering):
    """A challenge to answer, and how."""

    challenge: Worded = Field(
        max_length=MOST_CHARACTERS,
        description="The customer's challenge in one's own words, as long as a mail if need be; English, German or "
        "French. It is confidential: no address, no log and no file holds it.",
        examples=["Our executive sponsor at a brewery in Poland left; what did others do?"],
    )
    filters: CaseFilters = Field(
        default_factory=CaseFilters, description="What a case must have.", examples=[{"region": ["PL", "DE"]}]
    )


def search_filters(given: ItemFilters, *, statuses: Sequence[str] = ("approved",)) -> Filters:
    """Return the filters of a request as search takes them."""
    values = {facet: tuple(getattr(given, facet.replace("-", "_"), ())) for facet in CASE_FACETS}
    return Filters({facet: wanted for facet, wanted in values.items() if wanted}, given.since, tuple(statuses))


@contextmanager
def naming_fields(given: BaseModel) -> Iterator[None]:
    """Have an error of a search name the field of the request that it is about.

    Raises:
        ProblemError: 422, with the field.
    """
    try:
        yield
    except FilterError as error:
        raise _invalid(_field_of(given, error.filter.replace("-", "_"), error.value), error) from error
    except ChallengeError as error:
        raise _invalid("challenge", error) from error


def _field_of(given: BaseModel, name: str, value: str) -> str:
    """Return the place of a filter's value in a request, as a caller writes it."""
    filters = getattr(given, "filters", None)
    holder, place = (filters, "filters.") if filters and name != "have" else (given, "")
    return f"{place}{name}.{getattr(holder, name).index(value)}"


def _invalid(field: str, error: ChallengeError) -> ProblemError:
    hint = error.hint or (_LISTS if field.startswith("have.") else "")
    told = f"{error.message} {hint}".strip()
    return ProblemError("invalid", told, errors=[{"field": field, "message": told}])
