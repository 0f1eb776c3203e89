"""What was right once and may no longer be: reviews, notes and permissions that are past their day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from curation.checks.places import line_of_field
from curation.checks.results import WrittenItem
from library.items import BusinessCase, IndustryNote
from library.messages import Message
from library.problems import Problem, Severity


def find_stale_dates(written: WrittenItem, *, today: date) -> Iterator[Problem]:
    """Yield a warning for each day of an approved item that has passed."""
    item = written.document.item
    if item.status != "approved":
        return
    due = item.review_due()
    if due and due < today:
        remedy = Message("Read it again, mend what has changed, then verify it")
        message = Message("its review was due on %(day)s", day=due)
        yield _warning(written, "last_verified", message, remedy)
    if isinstance(item, IndustryNote) and item.valid_until and item.valid_until < today:
        remedy = Message("Bring it up to date, or archive it with a reason")
        message = Message("the note was valid until %(day)s", day=item.valid_until)
        yield _warning(written, "valid_until", message, remedy)
    until = item.reference_permission_until if isinstance(item, BusinessCase) else None
    if until and until < today:
        remedy = Message("Ask the customer again, or write `reference_permission: none`")
        message = Message("the permission to refer to it ended on %(day)s", day=until)
        yield _warning(written, "reference_permission_until", message, remedy)


def _warning(written: WrittenItem, name: str, message: str, remedy: str) -> Problem:
    line = line_of_field(written.text, name)
    return Problem(written.document.path, line, Severity.WARNING, message, remedy)
