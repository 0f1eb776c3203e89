"""Refusals of the desk as problems: what is wrong, who could do it and what to do, since whoever writes is told all."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from api.requests.problems import ProblemError
from library.errors import (
    CasebookError,
    CommitError,
    EditError,
    ExportError,
    ImportFileError,
    ReviewError,
    RoleError,
    UncommittableError,
    VocabularyError,
)
from library.messages import joined

_LOG = logging.getLogger("casebook.desk")
_TOLD: tuple[tuple[type[CasebookError], str], ...] = (
    (RoleError, "forbidden"),
    (ReviewError, "invalid"),
    (EditError, "invalid"),
    (ImportFileError, "invalid"),
    (ExportError, "invalid"),
    (VocabularyError, "invalid"),
    (CommitError, "not-committed"),
)


@contextmanager
def telling() -> Iterator[None]:
    """Have a refusal of the desk told with its remedy.

    Raises:
        ProblemError: as the refusal says.
    """
    try:
        yield
    except UncommittableError as error:  # its message names places on the server
        _LOG.error("Nothing can be saved: %s %s", error.message, error.hint)
        raise ProblemError("not-committable") from error
    except tuple(kind for kind, _ in _TOLD) as error:
        raise refusal_of(error) from error


def refusal_of(error: CasebookError) -> ProblemError:
    """Return the problem that a refusal is."""
    slug = next(slug for kind, slug in _TOLD if isinstance(error, kind))
    return ProblemError(slug, joined((error.message, error.hint), " "))
