"""What the tools take: strict models, whose JSON schema a language model reads before it calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeAlias, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from api.requests.faults import tell_fault
from api.resources.queries import MOST_CHARACTERS, MOST_LISTED, CaseFilters, Values
from library.errors import ChallengeError

MOST_CASES = 25
_JSON_STARTS = ("[", "{")

Challenge: TypeAlias = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MOST_CHARACTERS,
        description="The customer's challenge in the user's own words, as long as a mail if need be; never keywords "
        "alone if there are sentences. English, German or French.",
        examples=["Purchasing at a global brewer wants 8% off across ten plants and threatens a tender."],
    ),
]
ItemId: TypeAlias = Annotated[
    str,
    Field(
        min_length=1,
        max_length=300,
        description="An id from a result of another tool; never made up.",
        examples=["case-brewer-scope3-packaging"],
    ),
]


class Lenient(BaseModel):
    """Takes what clients send whatever the schema says: JSON in a text, one text for a list, null for nothing."""

    @model_validator(mode="before")
    @classmethod
    def _unpack(cls, values: Any) -> Any:  # whatever a client sends
        if not isinstance(values, Mapping):
            return values
        return {
            name: _fitting(cls.model_fields.get(name), value) for name, value in values.items() if value is not None
        }


def _fitting(field: FieldInfo | None, value: Any) -> Any:
    if field is None or field.annotation is str or not isinstance(value, str):
        return value
    if value.lstrip().startswith(_JSON_STARTS):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return value
    return [value] if isinstance(value, str) and get_origin(field.annotation) is list else value


class Arguments(Lenient):
    """Arguments of a tool; a name that is none of them is refused, so that no wish is lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """Check what a client sent.

        Raises:
            ChallengeError: it does not fit; the message names every argument that is wrong and never repeats a value.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            wrong = " ".join(_told(entry) for entry in error.errors())
            raise ChallengeError(f"Arguments cannot be used: {wrong}", hint=cls._hint(error)) from None

    @classmethod
    def _hint(cls, error: ValidationError) -> str:
        """Return what the tool takes, and what those arguments take that have wrong parts."""
        told = [f"This tool takes {', '.join(cls.model_fields)}."]
        for name, field in cls.model_fields.items():
            parts = getattr(field.annotation, "model_fields", {})
            if parts and any(entry["loc"][:1] == (name,) for entry in error.errors()):
                told.append(f"In {name} there may be {', '.join(parts)}.")
        return " ".join(told)


def _told(fault: Mapping[str, Any]) -> str:
    name = ".".join(str(part) for part in fault["loc"]) or "arguments"
    return f"{name}: {tell_fault(fault)}"


class SearchArguments(Arguments):
    """What `search` takes."""

    query: Challenge


class FetchArguments(Arguments):
    """What `fetch` takes."""

    id: ItemId


class Filters(Lenient, CaseFilters):
    """What a case must have, as in the API."""


class SearchCasesArguments(Arguments):
    """What `search_cases` takes."""

    challenge: Challenge
    filters: Filters = Field(
        default_factory=Filters, description="Only where the user asks for it: a filter hides comparable cases."
    )
    limit: int = Field(default=5, ge=1, le=MOST_CASES, description="How many cases at most.")
    have: Values = Field(
        default=[],
        description="Ids of competencies and enablers that the account team has; `gaps` then lists what it lacks.",
    )


class GetCaseArguments(Arguments):
    """What `get_case` takes."""

    case_id: ItemId


class ExplainMatchArguments(Arguments):
    """What `explain_match` takes."""

    challenge: Challenge
    case_id: ItemId


class ListArguments(Arguments):
    """What the lists take."""

    contains: str = Field(default="", max_length=300, description="Only those whose name or definition holds this.")
    limit: int = Field(default=100, ge=1, le=MOST_LISTED, description="How many at most.")
    after: str = Field(default="", max_length=300, description="Go on after this id: `next` of the page before.")


class FindLearningArguments(Arguments):
    """What `find_learning` takes."""

    ids: Values = Field(default=[], description="Ids of competencies and enablers to learn.")
    challenge: str = Field(
        default="",
        max_length=MOST_CHARACTERS,
        description="Instead of ids: the customer's challenge; then for what its closest cases took.",
    )
    limit: int = Field(default=20, ge=1, le=MOST_LISTED, description="How many resources at most.")
