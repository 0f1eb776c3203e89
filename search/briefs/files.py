"""A brief as a file: which formats there are, what they are called, and who writes them."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from search.briefs.brief import Brief

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 80


class BriefFormat(StrEnum):
    """What a brief can be written as."""

    MARKDOWN = "md"
    WORD = "docx"
    POWERPOINT = "pptx"

    @property
    def media_type(self) -> str:
        """The registered name of the format."""
        return _MEDIA_TYPES[self]


_OFFICE = "application/vnd.openxmlformats-officedocument"
_MEDIA_TYPES = {
    BriefFormat.MARKDOWN: "text/markdown",
    BriefFormat.WORD: f"{_OFFICE}.wordprocessingml.document",
    BriefFormat.POWERPOINT: f"{_OFFICE}.presentationml.presentation",
}


def write_brief(brief: Brief, form: BriefFormat) -> bytes:
    """Return a brief as a file; the same brief gives the same bytes."""
    match form:
        case BriefFormat.MARKDOWN:
            from search.briefs.markdown import write_markdown

            return write_markdown(brief).encode()
        case BriefFormat.WORD:
            from search.briefs.word import write_document

            return write_document(brief)
        case BriefFormat.POWERPOINT:
            from search.briefs.slides import write_slides

            return write_slides(brief)


def file_name(brief: Brief, form: BriefFormat) -> str:
    """Return a name that every system takes, made of the first case's id; for customers, of the day alone.

    An id is of the firm's own making and may name the customer of the case.
    """
    if brief.for_customers:
        return f"brief-{brief.made.isoformat()}.{form}"
    plain = unicodedata.normalize("NFKD", brief.cases[0].id).encode("ascii", "ignore").decode()
    stem = _UNSAFE.sub("-", plain).strip("-.")[:_LONGEST] or "case"
    more = f"-and-{len(brief.cases) - 1}-more" if len(brief.cases) > 1 else ""
    return f"brief-{stem}{more}.{form}"
