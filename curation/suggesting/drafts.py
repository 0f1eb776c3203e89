"""What is suggested for: a case's text, from a file or not saved yet, and what its front matter names already."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from library.documents import heading_kinds, read_document
from library.errors import ChallengeError
from library.items import FOLDERS, BusinessCase
from search.understanding.challenge import MAX_LENGTH

_NOT_SAVED = f"{FOLDERS['business_case']}/not-saved.md"


@dataclass(frozen=True, slots=True)
class Draft:
    """A case's text without its front matter, and the values that stand there by field; `id` may be empty."""

    text: str
    named: Mapping[str, frozenset[str]] = field(default_factory=dict)
    id: str = ""

    @classmethod
    def from_text(cls, text: str, *, path: str = _NOT_SAVED) -> Draft:
        """Return a draft for a file's text, with front matter or without.

        Raises:
            ChallengeError: it is another item than a case.
        """
        read = read_document(path, text.encode("utf-8", "replace"), heading_kinds())
        if read.document is None:
            return cls(_without_front_matter(text)[:MAX_LENGTH])
        item = read.document.item
        if not isinstance(item, BusinessCase):
            raise ChallengeError(
                f"{path} is no case; its type is {item.type}.", hint="Suggestions are made for drafts of cases."
            )
        told = "\n\n".join(part for part in (item.title, item.summary, read.document.body) if part.strip())
        return cls(told[:MAX_LENGTH], _named(item), item.id)


def _named(case: BusinessCase) -> dict[str, frozenset[str]]:
    return {
        "challenge_types": frozenset(case.challenge_types),
        "competencies": frozenset(case.competencies),
        "enablers": frozenset(use.id for use in case.enablers),
        "industries": frozenset(industry.code for industry in case.industries),
        "regions": frozenset(case.regions),
        "related": frozenset(case.related) | frozenset({case.replicates or "", case.translation_of or ""}),
    }


def _without_front_matter(text: str) -> str:
    return re.sub(r"\A\ufeff?---[ \t]*\r?\n.*?\n---[ \t]*(?:\r?\n|\Z)", "", text, flags=re.DOTALL)
