"""What was right once and may no longer be: reviews, notes and permissions that are past their day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from curation.checks.places import line_of_field
from curation.checks.results import WrittenItem
from library.items import BusinessCase, IndustryNote
from library.problems import Problem, Severity


def find_stale_dates(written: WrittenItem, *, today: date) -> Iterator[Problem]:
    """Yield a warning for each day of an approved item that has passed."""
    item = written.document.item
    if item.status != "approved":
        return
    due = item.review_due()
    if due and due < today:
        remedy = f"Read it again, mend what has changed, then run `casebook review verify {item.id}`"
        yield _warning(written, "last_verified", f"its review was due on {due}", remedy)
    if isinstance(item, IndustryNote) and item.valid_until and item.valid_until < today:
        remedy = "Bring it up to date, or archive it with a reason"
        yield _warning(written, "valid_until", f"the note was valid until {item.valid_until}", remedy)
    until = item.reference_permission_until if isinstance(item, BusinessCase) else None
    if until and until < today:
        remedy = "Ask the customer again, or write `reference_permission: none`"
        yield _warning(written, "reference_permission_until", f"the permission to refer to it ended on {until}", remedy)


def _warning(written: WrittenItem, name: str, message: str, remedy: str) -> Problem:
    line = line_of_field(written.text, name)
    return Problem(written.document.path, line, Severity.WARNING, message, remedy)
