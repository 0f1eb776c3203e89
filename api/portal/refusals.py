"""What a person is told of a refusal: all of it, but not where on the server something lies."""

from __future__ import annotations

import logging

from library.errors import CasebookError, CommitError, UncommittableError
from library.messages import Message

_LOG = logging.getLogger("casebook.desk")


def is_kept(error: CasebookError) -> bool:
    """Whether a text was saved or a decision taken all the same: Git alone refused it."""
    return isinstance(error, CommitError) and not isinstance(error, UncommittableError)


def shown(error: CasebookError) -> CasebookError:
    """Return an error as a page tells it."""
    if not isinstance(error, UncommittableError):
        return error
    _LOG.error("Nothing can be saved: %s %s", error.message, error.hint)
    hint = Message("Whoever runs the server finds in its log what to mend; then send it once more.")
    return CasebookError(Message("Nothing was saved, since Git could not take it."), hint=hint)
