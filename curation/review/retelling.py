"""Whether an item tells what was approved for few under another id: a renamed or copied file begins no new life."""

from __future__ import annotations

import re

from curation.review.approvals import approved_texts
from curation.review.roles import widenings
from curation.state import State
from library.access import CLOSED_CLASSES, Guarded
from library.front_matter import FENCE

_RUN = 5  # words in a row; two texts on one subject share few of these
_LEAST_RUNS = 20
_SHARE = 0.5
_WORD = re.compile(r"\w+")


def retells_for_more(state: State, item_id: str, item: Guarded, text: str) -> bool:
    """Whether more people would see a text, or most of it, than saw it under another id when that was approved.

    Raises:
        StateError: the state cannot be read.
    """
    runs = _runs(text)
    if len(runs) < _LEAST_RUNS:
        return False
    for review in approved_texts(state, CLOSED_CLASSES):
        if review.item != item_id and review.text is not None and widenings(review.guard, item):
            shared = len(runs & _runs(review.text.decode("utf-8", "replace")))
            if shared >= _SHARE * len(runs):
                return True
    return False


def _runs(text: str) -> set[int]:
    """Return the runs of words of a file's body, as hashes."""
    lines = text.removeprefix("\ufeff").splitlines()
    ends = [n for n, line in enumerate(lines) if line.rstrip() == FENCE]
    words = _WORD.findall(" ".join(lines[ends[1] + 1 :] if len(ends) > 1 else lines).casefold())
    return {hash(tuple(words[n : n + _RUN])) for n in range(len(words) - _RUN + 1)}
