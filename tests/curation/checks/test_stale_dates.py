"""What was right once and is past its day is told, with what to do."""

from __future__ import annotations

from datetime import date

import pytest

from curation.checks.results import WrittenItem
from curation.checks.stale import find_stale_dates
from tests.curation.checks.written import written, written_case

NOTE = (
    "---\ntitle: A\nstatus: approved\nclassification: internal\nlast_verified: 2026-06-30\nsummary: S.\n"
    "note_kind: trend\nindustries: [C]\nsources: [Eurostat]\nvalid_until: 2026-07-31\n---\n\nText.\n"
)


def _told(item: WrittenItem, day: str) -> list[str]:
    return [problem.message for problem in find_stale_dates(item, today=date.fromisoformat(day))]


def test_review_is_due() -> None:
    """A case is due a year after it was verified, not on the day before; the line is that of the date."""
    item = written_case()
    assert _told(item, "2027-06-30") == []
    (problem,) = find_stale_dates(item, today=date(2027, 7, 2))
    assert "its review was due on 2027-06-30" in problem.message
    assert item.text.split("\n")[problem.line - 1].startswith("last_verified")


@pytest.mark.parametrize("status", ["draft", "in_review", "archived"])
def test_only_what_is_published(status: str) -> None:
    """What nobody is served need not be verified."""
    assert _told(written_case(status=status), "2030-01-01") == []


def test_note_has_expired() -> None:
    """A note says until when it holds, whenever it was verified."""
    note = written(NOTE, "kb/industries/note-a.md")
    assert _told(note, "2026-07-31") == []
    assert _told(note, "2026-08-01") == ["the note was valid until 2026-07-31"]


def test_permission_has_ended() -> None:
    """A permission to refer to a case is told when it has ended."""
    item = written_case(more="reference_permission: internal_only\nreference_permission_until: 2026-07-31\n")
    assert _told(item, "2026-08-01") == ["the permission to refer to it ended on 2026-07-31"]
