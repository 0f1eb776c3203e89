"""What is wrong with the library's files: one value type, told with file, line and remedy."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a problem keeps an item from its readers."""

    BLOCKER = "blocker"  # the item is left out of the index
    ERROR = "error"  # the item is served without the faulty part; `check` fails
    WARNING = "warning"  # worth mending; `check` passes
    TODO = "todo"  # what a draft still needs before it can be approved
    HINT = "hint"  # advice on the writing, from `check` alone


_FAILING = frozenset({Severity.BLOCKER, Severity.ERROR})


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem: `path` relative to the library (posix), `line` from 1 (0: the whole file)."""

    path: str
    line: int
    severity: Severity
    message: str
    remedy: str

    @property
    def fails_check(self) -> bool:
        """Whether `casebook check` must exit with 1 because of this problem."""
        return self.severity in _FAILING

    def as_text(self) -> str:
        """Return one line that editors and terminals turn into a link."""
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.severity}: {self.message}. {self.remedy}".rstrip()

    def as_dict(self) -> dict[str, str | int]:
        """Return the JSON form; its keys are part of the documented output."""
        return asdict(self)
