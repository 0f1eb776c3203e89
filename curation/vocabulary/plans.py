"""What an import, a renaming or a merge would change: shown first, carried out then."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from curation.changing import Change
from curation.vocabulary.skos.terms import DEFAULT_BASE


@dataclass(frozen=True, slots=True)
class UpdateOptions:
    """How a file is taken: the type of concepts that name none, what URIs begin with, whether missing pages go."""

    type_name: str = ""
    base: str = DEFAULT_BASE
    language: str = "en"
    delete: bool = False
    today: date = field(default_factory=date.today)


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """What would change, by id; `problems` are concepts that were left out, `notes` what else to know."""

    changes: tuple[Change, ...] = ()
    created: tuple[str, ...] = ()
    updated: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unchanged: int = 0
    removed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "created": self.created,
            "updated": {item_id: list(names) for item_id, names in self.updated},
            "unchanged": self.unchanged,
            "removed": self.removed,
            "missing": self.missing,
            "problems": self.problems,
            "notes": self.notes,
        }


@dataclass(frozen=True, slots=True)
class RenamePlan:
    """What would change: the files in order, and what a person should look at."""

    changes: tuple[Change, ...]
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()
