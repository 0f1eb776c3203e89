"""Items as an author writes them, for checks."""

from __future__ import annotations

from curation.checks.results import WrittenItem
from library.documents import heading_kinds, read_document
from tests.conftest import case_text

_HEADINGS = heading_kinds()
SPOKEN = (
    "“We pay for six service visits a year, and in March your people were here four times for one and the same pump. "
    "My plant manager asks me what the contract is for, and I have nothing to answer.”"
)


def written(text: str, path: str = "cases/case-a.md") -> WrittenItem:
    """Return a text as an item that was read."""
    document = read_document(path, text.encode(), _HEADINGS).document
    assert document is not None
    return WrittenItem(document, text)


def written_case(*, body: str = "", **values: str) -> WrittenItem:
    """Return a case with some values of one's own; `body` is what follows its sections."""
    return written(case_text(**{"challenge": SPOKEN, **values}) + body)
