"""Look for the words and ids of what is hidden, should all servers tell them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from library.access import Visibility, visible
from tests.leaks.asked import Answered, Asked
from tests.leaks.random_library import CONSONANTS, ID_KINDS, Item
from tests.leaks.worlds import Pair

_PLACES = re.compile(r'(?:#|\bid="|%23)case-\d+')  # the first, second ... case of an answer's page, whichever it is

_WORDS = re.compile(rf"z[qx][{CONSONANTS}]{{8}}|\b(?:{'|'.join(ID_KINDS)})-\d+")  # of items' own, and their ids


def assert_tells_nothing(
    pair: Pair, asked: Asked, answers: Sequence[Answered], items: Sequence[Item], *, is_stranger: bool = False
) -> None:
    """Fail if answers hold a word or an id of an item that the asker does not see in full; a stranger sees none."""
    assert not [answer for answer in answers if answer.status == 500], f"{asked}: nothing is compared where all fails"
    bodies = "".join(answer.body.decode("utf-8", "replace") + str(answer.headers) for answer in answers)
    told = set(_WORDS.findall(_PLACES.sub("", bodies)))
    seen = [item for item in items if not is_stranger and visible(pair.asker, item) is Visibility.FULL]
    # What the asker wrote may be repeated, an item's text says what it says, and that something is gone is told.
    allowed = set(_WORDS.findall(str(asked))) | {item.mentions for item in seen}
    allowed |= pair.known if asked.path == "/v1/changes" else set()
    for item in items:
        assert item.account not in told, f"{asked}: {pair.asker} read the account of {item}"
        hidden = set() if item in seen else {item.id, item.secret}
        assert not told & hidden - allowed, f"{asked}: {pair.asker} read {item}"
