"""What purges and changes of the vocabulary answer with; every field explained."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from api.resources.desk import Named
from curation.governing import VocabularyPlan

_CONCEPT = "chl-sponsor-change"


class Purge(BaseModel):
    """Where an item is kept, and where copies are that a purge does not reach."""

    id: Named
    files: list[str] = Field(
        description="Its files in the library.", examples=[["cases/case-brewer-line-stops-3f9a1c.md"]]
    )
    indexed: bool = Field(description="Whether the index holds it, and its cache.", examples=[True])
    state_rows: dict[str, int] = Field(
        description="How many approved texts, reasons and comments the state keeps of it, and how often it was purged.",
        examples=[{"reviews": 1, "reasons": 0, "comments": 2, "purges": 0}],
    )
    mentions: list[str] = Field(
        description="Files that refer to it, of those that the caller sees.", examples=[["cases/case-brewer-uptime.md"]]
    )
    remaining: list[str] = Field(
        description="Where copies remain, and what to do about them.",
        examples=[["backups of the library, of the index and of the state"]],
    )


class PurgeDone(Purge):
    """Where an item was kept before it was purged, and where copies remain."""

    generation: int = Field(description="The index that holds nothing of it; 0 if there is none.", examples=[12])
    notes: list[str] = Field(description="What is left to do, if anything is.", examples=[[]])


class ChangedConcept(BaseModel):
    """A concept's page, and what changes of it."""

    id: str = Field(description="The concept's id.", examples=[_CONCEPT])
    fields: list[str] = Field(description="The fields that change; `body` is its text.", examples=[["labels"]])


class VocabularyChanged(BaseModel):
    """What changes of all that the caller sees; the header `ETag` names just this plan."""

    applied: bool = Field(description="Whether it was done, or only planned.", examples=[False])
    created: list[str] = Field(description="Concepts that are new, as drafts.", examples=[["chl-line-stops"]])
    updated: list[ChangedConcept] = Field(description="Concepts whose pages change.")
    following: list[str] = Field(
        description="Other items whose references follow.", examples=[["case-brewer-line-stops-3f9a1c"]]
    )
    waiting: list[str] = Field(
        description="Approved concepts that are not served until somebody else approves the change.",
        examples=[[_CONCEPT]],
    )
    missing: list[str] = Field(
        description="Concepts of the same types that the file does not tell of; they stay.", examples=[[]]
    )
    unchanged: int = Field(description="How many concepts are as the file tells.", examples=[20])
    problems: list[str] = Field(
        description="Concepts that are left out, and why.", examples=[["vocabulary.csv:7: its type is not told"]]
    )
    notes: list[str] = Field(description="What else to know.", examples=[[]])


def vocabulary_changed(plan: VocabularyPlan, *, applied: bool) -> dict[str, Any]:
    """Return the JSON form of a plan."""
    return {
        **{name: getattr(plan, name) for name in ("created", "following", "waiting", "missing", "unchanged")},
        "applied": applied,
        "updated": [{"id": item_id, "fields": names} for item_id, names in plan.updated.items()],
        "problems": plan.problems,
        "notes": plan.notes,
    }
