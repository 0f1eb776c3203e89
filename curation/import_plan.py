"""What an import is told to do: which field comes from where, and what stands where a row has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import get_args

from library.documents import SectionKind
from library.errors import ImportFileError
from library.items import ITEM_TYPES, Classification

BODY = "body"
SECTIONS: Mapping[str, SectionKind] = {f"{BODY}.{kind}": kind for kind in SectionKind}
# What an import decides itself, whatever a row says.
OWN_FIELDS = frozenset({"type", "status", "imported"})


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """How rows become items.

    `mapping` gives the row's field for each of ours (`body.challenge` and so on for sections);
    `defaults` the value where a row has none; `most_kilobytes` what a file of the library may have.
    """

    type_name: str = "business_case"
    mapping: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    approve: bool = False
    classification: str | None = None
    overwrite: bool = False
    today: date = field(default_factory=date.today)
    most_kilobytes: int = 2_000

    def check(self) -> None:
        """Do nothing for a plan that can be followed.

        Raises:
            ImportFileError: it names fields or a classification that do not exist, or approves without one.
        """
        targets = all_targets(self)
        unknown = sorted({*self.mapping, *self.defaults} - targets)
        if unknown:
            raise ImportFileError(
                f"A {self.type_name} has no field {', '.join(unknown)}.",
                hint=f"Write --map FIELD=ROW_FIELD with one of: {', '.join(sorted(targets))}.",
            )
        given = self.classification or self.defaults.get("classification")
        if given and given not in get_args(Classification):
            raise ImportFileError(
                f"There is no classification {given!r}.", hint=f"Write one of {', '.join(get_args(Classification))}."
            )
        if self.approve and not given and "classification" not in self.mapping:
            raise ImportFileError(
                "Approved items need a classification.", hint="Add --classification internal (or public, ...)."
            )


def plan_pairs(pairs: Sequence[str], option: str, *, value: str = "VALUE") -> dict[str, str]:
    """Return an option's FIELD=VALUE as a mapping; raises ImportFileError for one without both, or given twice."""
    result: dict[str, str] = {}
    for pair in pairs:
        name, _, given = (part.strip() for part in pair.partition("="))
        if not name or not given:
            raise ImportFileError(f"{option} {pair!r} is no pair.", hint=f"Write {option} FIELD={value}.")
        if name in result:
            raise ImportFileError(f"{option} names {name} twice.", hint="Keep one of them.")
        result[name] = given
    return result


def all_targets(plan: ImportPlan) -> set[str]:
    """Return every field of ours that an import can fill."""
    return {*ITEM_TYPES[plan.type_name].model_fields, BODY, *SECTIONS} - OWN_FIELDS


def source_field(name: str, plan: ImportPlan) -> str:
    """Return the row's field that one of ours comes from."""
    return plan.mapping.get(name, name.removeprefix(f"{BODY}."))
