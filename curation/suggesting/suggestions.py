"""Suggest what a draft could link to, each with the passage of the draft that speaks for it and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from curation.composing import shorten
from curation.suggesting.drafts import Draft
from curation.suggesting.scoring import NEIGHBOURS, score_concepts
from indexer.glossing import reader
from indexer.passages import split_text
from library.codes import CodeList
from search.ranking.fusion import rank
from search.understanding.challenge import Challenge, understand
from search.understanding.naming import Mention
from search.understanding.situation import Situation, read_situation
from search.view import View

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CONCEPTS = {"challenge_types": "challenge_type", "competencies": "competency", "enablers": "enabler"}
_MOST = {"challenge_types": 3, "competencies": 5, "enablers": 5, "related": 3, "industries": 3, "regions": 3}
_SHOWN_CARRIERS = 3
_PASSAGE = 300  # characters; a sentence or two
_MOST_PASSAGES = 80
_HEADING = re.compile(r"^ {0,3}#{1,6}\s.*$", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


class Reason(StrEnum):
    """Why something is suggested, the strongest reason that there is."""

    NAMED = "named"  # the text has one of its names
    CARRIED = "carried"  # the cases closest to the draft have it
    SIMILAR = "similar"  # the passage is like its page


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value for a field, with its label; `passage` is the draft's, `words` those that name it, `cases` carry it."""

    field: str
    value: str
    label: str
    reason: Reason
    passage: str
    words: str = ""
    cases: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form; its keys are part of the documented output."""
        return asdict(self)


def suggest(view: View, draft: Draft, *, codes: tuple[CodeList, CodeList], language: str = "en") -> list[Suggestion]:
    """Return suggestions by field, best first, without what the draft names already; only what the asker may see.

    Raises:
        ChallengeError: the draft has no words.
    """
    engine = view.engine
    challenge = understand(draft.text, engine.encoder, written_in=view.languages("business_case"))
    regions, industries = codes
    situation = read_situation(
        draft.text, view, languages=challenge.languages, known_regions=regions, known_industries=industries
    )
    asked = _Asked(view, draft, challenge, situation, _Passages(view, draft.text, challenge), language)
    return [
        *_concepts(asked),
        *_codes(asked, "industries", industries),
        *_codes(asked, "regions", regions),
        *_related(asked),
    ]


class _Passages:
    """The draft in stretches of a sentence or two, to find the one that is nearest to an item."""

    def __init__(self, view: View, text: str, challenge: Challenge) -> None:
        self._view = view
        paragraphs = re.split(r"\n\s*\n", _HEADING.sub("", text))
        cut = (piece for part in paragraphs for piece in split_text(part, target=_PASSAGE, fits=lambda _: True))
        pieces = (" ".join(piece.split()) for piece in cut)
        self.texts = [piece for piece in pieces if re.search(r"\w{3}", piece)]
        self.texts = (self.texts or [text])[:_MOST_PASSAGES]
        read = (
            reader(challenge.languages[0], view.engine.encoder.config.languages)
            if len(challenge.languages) == 1
            else str
        )
        self._vectors: NDArray[np.float32] = view.engine.encoder.encode_queries([read(piece) for piece in self.texts])

    def nearest(self, row: int) -> str:
        """Return the stretch of the draft that is nearest to any passage of an item."""
        cosines = self._view.engine.passage_cosines(self._vectors, [row]).cosines
        return self.texts[int(cosines.max(axis=1).argmax())] if cosines.size else self.texts[0]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Everything that suggestions are made from."""

    view: View
    draft: Draft
    challenge: Challenge
    situation: Situation
    passages: _Passages
    language: str

    def is_named(self, field: str, value: str) -> bool:
        """Whether the draft's front matter has it already."""
        return value in self.draft.named.get(field, ())


def _concepts(asked: _Asked) -> Iterator[Suggestion]:
    view = asked.view
    cases = [row for row in view.rows("business_case") if view.records[row].id != asked.draft.id]
    near = rank(view.engine, asked.challenge, cases, limit=NEIGHBOURS) if cases else ()
    mentions = {mention.value: mention for mention in asked.situation.concepts}
    for field, item_type in _CONCEPTS.items():
        rows = view.rows(item_type)
        named = frozenset(row for row in rows if view.records[row].id in mentions)
        scored = score_concepts(view, asked.challenge, rows, near, named=named)
        new = [concept for concept in scored if not asked.is_named(field, view.records[concept.row].id)]
        for concept in new[: _MOST[field]]:
            value = view.records[concept.row].id
            carriers = tuple(view.records[row].id for row in concept.carriers[:_SHOWN_CARRIERS])
            yield _explained(asked, field, concept.row, mentions.get(value), carriers)


def _explained(asked: _Asked, field: str, row: int, mention: Mention | None, carriers: tuple[str, ...]) -> Suggestion:
    value, label = asked.view.records[row].id, _label(asked, row)
    if mention is not None and mention.span:
        passage = _sentence(asked.challenge.text, mention)
        return Suggestion(field, value, label, Reason.NAMED, passage, mention.words, carriers)
    reason = Reason.CARRIED if carriers else Reason.SIMILAR
    return Suggestion(field, value, label, reason, asked.passages.nearest(row), cases=carriers)


def _label(asked: _Asked, row: int) -> str:
    item = asked.view.texts([row])[row].item
    labels = getattr(item, "labels", {})
    return str(labels.get(asked.language) or item.title)


def _codes(asked: _Asked, field: str, known: CodeList) -> Iterator[Suggestion]:
    mentions: Sequence[Mention] = getattr(asked.situation, field)
    named = {known.resolve(value) or value for value in asked.draft.named.get(field, ())}
    for mention in [mention for mention in mentions if mention.value not in named][: _MOST[field]]:
        label = known.label(mention.value, asked.language)
        passage = _sentence(asked.challenge.text, mention)
        yield Suggestion(field, mention.value, label, Reason.NAMED, passage, mention.words)


def _related(asked: _Asked) -> Iterator[Suggestion]:
    view = asked.view
    rows = [
        row
        for row in view.rows("business_case")
        if view.records[row].id != asked.draft.id and not asked.is_named("related", view.records[row].id)
    ]
    near = rank(view.engine, asked.challenge, rows, limit=_MOST["related"]) if rows else ()
    for item in near:
        yield Suggestion(
            "related",
            view.records[item.row].id,
            _label(asked, item.row),
            Reason.SIMILAR,
            asked.passages.nearest(item.row),
        )


def _sentence(text: str, mention: Mention) -> str:
    """Return the sentence in which something is named."""
    start, end = mention.span or (0, 0)
    ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, start)]
    after = _SENTENCE_END.search(text, end)
    return shorten(text[ends[-1] if ends else 0 : after.start() if after else len(text)], limit=_PASSAGE)
