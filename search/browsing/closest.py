"""The cases closest to a case, as its page shows them: kept, for a page is opened more often than an index is made.

All that a case says of its problem is compared with all that the others say, which takes longer than a search.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from weakref import WeakKeyDictionary

from library.access import Asker
from search.answering.assembling import similar_cases
from search.answers.answer import FoundCase
from search.answers.options import SearchOptions
from search.engine import Engine
from search.view import View

_MOST = 256
_Key = tuple[Asker, str, str]
_Kept = OrderedDict[_Key, tuple[SearchOptions, tuple[FoundCase, ...]]]
# An engine never changes, and what is kept of one goes with it; nobody is shown what was made for another asker.
_BY_ENGINE: WeakKeyDictionary[Engine, _Kept] = WeakKeyDictionary()
_LOCK = threading.Lock()


def closest_cases(view: View, case_id: str, options: SearchOptions) -> tuple[FoundCase, ...]:
    """Return the cases closest to a case, best first.

    Raises:
        UnknownItemError: the asker sees no such case.
        ChallengeError: the item is no case.
    """
    key = (view.asker, case_id, options.language)
    with _LOCK:
        kept = _BY_ENGINE.setdefault(view.engine, OrderedDict())
        made_with, cases = kept.get(key, (None, ()))
        if made_with == options:
            kept.move_to_end(key)
            return cases
    cases = similar_cases(view.engine, case_id, asker=view.asker, options=options).cases
    with _LOCK:
        kept[key] = (options, cases)
        kept.move_to_end(key)
        while len(kept) > _MOST:
            kept.popitem(last=False)
    return cases
