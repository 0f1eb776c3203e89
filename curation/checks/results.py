"""What checks find: problems with a place in a file, gaps, near-duplicates and names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from library.documents import Document
from library.problems import Problem, Severity

_NEXT = 3


@dataclass(frozen=True, slots=True)
class WrittenItem:
    """An item as its author wrote it: the document, and the text of its file, which need not be saved yet."""

    document: Document
    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that an item lacks or has too little of; `part` is a field, or `body.` and a section."""

    part: str
    what: str
    why: str
    example: str


@dataclass(frozen=True, slots=True)
class Completeness:
    """How complete an item is: a share of 0 to 1, and every gap, the most useful to close first."""

    share: float
    gaps: tuple[Gap, ...]

    @property
    def next(self) -> tuple[Gap, ...]:
        """The next three things to add."""
        return self.gaps[:_NEXT]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A case of the index that tells nearly the same; `likeness` is a cosine, `shared` the share of words."""

    id: str
    title: str
    likeness: float
    shared: float


class NameKind(StrEnum):
    """What sort of name was found in a text."""

    ACCOUNT = "account"
    PERSON = "person"
    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class FoundName:
    """A name as it stands in the text that is checked, and its line in the file; 0 if it is the file's own name."""

    kind: NameKind
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class ItemCheck:
    """What was found in one item beside its problems."""

    path: str
    id: str
    type: str
    status: str
    completeness: Completeness
    duplicates: tuple[Duplicate, ...] = ()
    names: tuple[FoundName, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found in the files that were asked for; `items` has those that could be read."""

    checked: int
    problems: tuple[Problem, ...]
    items: tuple[ItemCheck, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing keeps an approved item from its readers."""
        return not any(problem.fails_check for problem in self.problems)

    def count(self, severity: Severity) -> int:
        """How many problems there are of a severity."""
        return sum(problem.severity is severity for problem in self.problems)
