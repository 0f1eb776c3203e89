"""What the desk's routes answer with: findings of a text, queue, differences, decisions; every field explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from curation.contributing import ConvertedDraft, Examination, ReviewPage, SavedDraft
from curation.review.queue import Waiting
from curation.review.several import Outcome
from curation.suggesting.suggestions import Reason
from library.problems import Severity

_ID = "case-brewer-line-stops-3f9a1c"
_TEXT = "---\ntitle: Line stops at a brewer\nclassification: internal\n---\n\n## Challenge\n\nThe lines stand still.\n"

ItemId = Annotated[str, Path(alias="id", max_length=200, description="The item's id.", examples=[_ID])]
Named = Annotated[str, Field(description="The item's id.", examples=[_ID])]
Titled = Annotated[str, Field(description="The item's title.", examples=["Line stops at a brewer"])]
Markdown = Annotated[
    str,
    Field(description="The whole Markdown file: front matter between `---` lines, then the text.", examples=[_TEXT]),
]


class Body(BaseModel):
    """What is sent: nothing beside the fields that are named."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Finding(BaseModel):
    """Something to mend in a text."""

    line: int = Field(description="The line, from 1; 0 for the whole text.", examples=[4])
    severity: Severity = Field(
        description="`blocker` and `error` keep it from being published, `todo` is still missing, the rest is advice.",
        examples=["warning"],
    )
    message: str = Field(description="What is wrong.", examples=["“Dr. Keller” looks like a person's name"])
    remedy: str = Field(description="What to do about it.", examples=["Write the role instead"])


class MissingPart(BaseModel):
    """Something that a text lacks or says too little of."""

    part: str = Field(description="A field, or `body.` and a section.", examples=["body.value"])
    what: str = Field(description="What is missing.", examples=["`## Value` is missing"])
    why: str = Field(description="What readers need it for.", examples=["Readers look for what it was worth"])
    example: str = Field(description="How it may read.", examples=["Line stops fell from 9 to 2 a month."])


class NearDuplicate(BaseModel):
    """A case that the caller sees and that tells nearly the same: a replication may fit better."""

    id: str = Field(description="The case's id.", examples=["case-brewer-uptime"])
    title: str = Field(description="Its title.", examples=["Uptime instead of spare parts"])
    likeness: float = Field(description="How near the meaning is, as a cosine.", examples=[0.93])
    shared_words: float = Field(description="The share of words that both have.", examples=[0.7])


class NameFound(BaseModel):
    """A name that stands in the text and that readers should not see."""

    kind: Literal["account", "person", "email", "phone"] = Field(description="What it looks like.", examples=["person"])
    line: int = Field(description="The line, from 1.", examples=[12])
    text: str = Field(description="The words, as they stand in the text.", examples=["Dr. Keller"])


class SuggestedValue(BaseModel):
    """A value that a field could have, with what speaks for it."""

    field: str = Field(description="The field of the front matter.", examples=["challenge_types"])
    value: str = Field(description="The id or code to write.", examples=["chl-operational-performance"])
    label: str = Field(description="Its name.", examples=["Operational performance"])
    reason: Reason = Field(
        description="The text names it (`named`), the closest cases have it (`carried`), or a passage is like its page "
        "(`similar`).",
        examples=["named"],
    )
    passage: str = Field(description="The passage of the text that speaks for it.", examples=["The lines stand still."])
    words: str = Field(description="The words that name it.", examples=["stand still"])
    cases: list[str] = Field(description="The closest cases that have it.", examples=[["case-brewer-uptime"]])


class ExaminedText(BaseModel):
    """What can be told of a text that need not be saved."""

    passed: bool = Field(description="Whether nothing keeps it from being published.", examples=[True])
    findings: list[Finding] = Field(description="What to mend, in order of line.")
    completeness: float | None = Field(
        description="The share of its parts that it has; null for a text that is no item yet.", examples=[0.55]
    )
    next: list[MissingPart] = Field(description="The next three things to add, the most useful first.")
    duplicates: list[NearDuplicate] = Field(description="Cases that tell nearly the same.")
    names: list[NameFound] = Field(description="Names of accounts and people.")
    suggestions: list[SuggestedValue] = Field(description="What it could link to, by field, best first.")


class DraftOfFile(BaseModel):
    """A case that was found in a file."""

    title: Titled
    text: Markdown
    recognised: list[str] = Field(
        description="What was recognised, by sections and fields.", examples=[["title", "challenge"]]
    )
    missing: list[str] = Field(
        description="What a case should say, and was not found.", examples=[["value", "industries"]]
    )


class DraftsOfFile(BaseModel):
    """The cases of a file, not saved."""

    drafts: list[DraftOfFile] = Field(description="A case each, in the order of the file.")


class KeptDraft(BaseModel):
    """What was saved; the header `ETag` names the text for the next change."""

    id: Named
    status: Literal["draft"] = Field(description="Whatever is saved is a draft.", examples=["draft"])
    etag: str = Field(description="What the header `ETag` says.", examples=['"3b340f9c63abc6ce66f32f5403847788"'])


class Draft(BaseModel):
    """An item's file as the caller may edit it: without the customer's key, and references to what he may not see."""

    id: Named
    title: Titled
    status: Literal["draft", "in_review", "approved", "archived"] = Field(
        description="How far it is.", examples=["draft"]
    )
    text: Markdown


class Decided(BaseModel):
    """What was decided of an item; readers see it in seconds, once the index is made anew."""

    id: Named
    what: str = Field(description="What was done.", examples=["approved"])


class NotDecided(BaseModel):
    """Why a decision was not taken of one item among several."""

    id: Named
    message: str = Field(description="What is in the way.", examples=["It is a draft."])
    hint: str = Field(description="Who could, or what to do.", examples=["Its author submits it first."])


class DecidedAll(BaseModel):
    """What became of several items; one that is refused does not stop the others."""

    done: list[Decided] = Field(description="What was done.")
    refused: list[NotDecided] = Field(description="What was not, and why.")


class WaitingItem(BaseModel):
    """An item that waits for the desk."""

    id: Named
    type: str = Field(description="Its type.", examples=["business_case"])
    title: Titled
    waiting: Waiting = Field(
        description="Why: `new`, `edited` since its approval, `overdue` to be verified, or `returned` to the caller.",
        examples=["new"],
    )
    owner: str = Field(description="Its owner; empty if it names none.", examples=["ann@example.com"])
    due: str | None = Field(description="Since when it has to be verified again.", examples=["2026-06-30"])
    uses: int = Field(description="How often users said that they used it.", examples=[4])
    reason: str = Field(description="Why it came back.", examples=["The value has no evidence yet."])


class ReviewQueue(BaseModel):
    """What waits, and whether what was decided is published."""

    items: list[WaitingItem] = Field(description="By reason, then as asked for.")
    publishing: Literal["idle", "running", "failed"] = Field(
        description="Whether an index with the last decisions is being made, or could not be made.", examples=["idle"]
    )
    publishing_message: str = Field(description="Why it failed, if it did.", examples=[""])


class DiffSegment(BaseModel):
    """Some words of a part."""

    change: Literal["equal", "delete", "insert"] = Field(
        description="In both versions, in the older alone, or in the newer alone.", examples=["insert"]
    )
    text: str = Field(description="The words.", examples=["nine plants"])


class ChangedPart(BaseModel):
    """A field or section that differs."""

    name: str = Field(description="The field or heading.", examples=["customer"])
    kind: str = Field(description="`field` or `section`.", examples=["field"])
    segments: list[DiffSegment] = Field(description="The words of both versions, in order.")


class SinceApproval(BaseModel):
    """What changed since the version that was approved last."""

    since: str | None = Field(
        description="When that was; null if there is none.", examples=["2026-06-30T09:12:00+00:00"]
    )
    by: str | None = Field(description="Who approved it.", examples=["cora@example.com"])
    parts: list[ChangedPart] = Field(description="What differs, by fields and sections.")
    unified: list[str] = Field(description="The same by lines.", examples=[["-customer: a brewer", "+customer: x"]])
    otherwise_changed: bool = Field(
        description="Whether only what nobody is served differs, such as comments.", examples=[False]
    )


class ItemInReview(BaseModel):
    """What one looks at before one decides."""

    id: Named
    title: Titled
    status: Literal["draft", "in_review", "approved", "archived"] = Field(
        description="How readers are served it.", examples=["in_review"]
    )
    text: Markdown
    diff: SinceApproval = Field(description="What changed since the last approval.")
    examination: ExaminedText = Field(description="What checks find.")
    obstacle: str = Field(
        description="Why the caller cannot approve it, and who could; empty if he can.",
        examples=["You are its owner, and nobody approves what he wrote himself."],
    )
    only_case_for: list[str] = Field(
        description="Kinds of challenge for which it is the only approved case that the caller sees.",
        examples=[["chl-sponsor-change"]],
    )


def examined(found: Examination) -> dict[str, Any]:
    """Return the JSON form of an examination."""
    completeness = found.completeness
    return {
        "passed": found.report.passed,
        "findings": [
            {"line": one.line, "severity": one.severity.value, "message": one.message, "remedy": one.remedy}
            for one in sorted(found.problems, key=lambda problem: problem.line)
        ],
        "completeness": completeness.share if completeness else None,
        "next": [
            {"part": gap.part, "what": gap.what, "why": gap.why, "example": gap.example}
            for gap in (completeness.next if completeness else ())
        ],
        "duplicates": [
            {"id": one.id, "title": one.title, "likeness": float(one.likeness), "shared_words": float(one.shared)}
            for one in found.duplicates
        ],
        "names": [{"kind": one.kind.value, "line": one.line, "text": one.text} for one in found.names],
        "suggestions": [one.as_dict() for one in found.suggestions],
    }


def converted(drafts: Sequence[ConvertedDraft]) -> dict[str, Any]:
    """Return the JSON form of the cases of a file."""
    return {
        "drafts": [
            {"title": one.title, "text": one.text, "recognised": list(one.recognised), "missing": list(one.missing)}
            for one in drafts
        ]
    }


def kept(saved: SavedDraft) -> dict[str, Any]:
    """Return the JSON form of a saved draft: no word of its text beyond its id, since answers are kept for a day."""
    return {"id": saved.id, "status": saved.status, "etag": saved.etag}


def decided(outcome: Outcome) -> dict[str, Any]:
    """Return the JSON form of what became of several items."""
    return {
        "done": [{"id": one.id, "what": one.what.value} for one in outcome.done],
        "refused": [{"id": one.id, "message": one.message, "hint": one.hint} for one in outcome.refused],
    }


def in_review(page: ReviewPage) -> dict[str, Any]:
    """Return the JSON form of what one looks at before one decides."""
    diff = {name: value for name, value in page.diff.as_dict().items() if name != "id"}
    return {
        **{name: getattr(page, name) for name in ("id", "title", "status", "text", "obstacle")},
        "diff": diff,
        "examination": examined(page.examination),
        "only_case_for": list(page.only_case_for),
    }
