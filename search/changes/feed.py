"""What was published, changed and removed since an asker last looked: for those who keep a copy.

Everything is computed from what the asker saw: of each item, a line of what was served of it at which time, as
`library.access.visible` decides with his rights of today over the item of then. What leaves depends on nothing but
these lines, cursors included, so whatever happened meanwhile to an item that he never could see leaves no trace:
not an id, not a count, not a time. What remains visible is how far the history reaches (`reset`), the same for all.
An item is published for an asker once it is approved and he sees it in full; stubs are nothing. A link to
an item, and the title of what an item refers to, belong to the other item and are no change of this one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from indexer.history import History, time_text
from library.access import Asker
from library.errors import CursorError
from search.changes.sights import Moment, Seen, Sights, kept_sights, sights_of
from search.view import View

MOST = 1000
USUAL = 200
_NEVER = ""  # sorts before every time
_VERSION = 1


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item that is not what it was."""

    id: Annotated[str, Field(description="The item's id.", examples=["case-machinery-framework-tender-tco"])]
    type: Annotated[str, Field(description="The item's type.", examples=["business_case"])]
    change: Annotated[
        Literal["published", "changed", "removed"],
        Field(
            description="`published`: it is new to you, take it. `changed`: it reads differently, take it again. "
            "`removed`: it is gone, or no longer for you; drop it.",
            examples=["changed"],
        ),
    ]
    at: Annotated[
        str,
        Field(
            description="When the index was made from which on you see it as it is now (UTC).",
            examples=["2026-07-01T06:00:00.000000Z"],
        ),
    ]
    url: Annotated[
        str,
        Field(description="Where the item is served; after `removed`, nothing is.", examples=["/v1/cases/case-x"]),
    ]


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes, in the order in which they came about."""

    items: Annotated[tuple[ItemChange, ...], Field(description="The changes, the oldest first.")]
    next: Annotated[
        str,
        Field(
            description="Send this as `since`: at once if there is `more`, else when you look again.",
            examples=["eyJ2IjoxfQ"],
        ),
    ]
    more: Annotated[bool, Field(description="Whether there are more changes already.", examples=[False])]
    reset: Annotated[
        bool,
        Field(
            description="Whether to drop the whole copy first: from here on everything that you see is listed. So it "
            "is on the first call, after your rights have changed, and when the history does not reach back so far.",
            examples=[False],
        ),
    ]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        items = [
            {"id": item.id, "type": item.type, "change": item.change, "at": item.at, "url": item.url}
            for item in self.items
        ]
        return {"items": items, "next": self.next, "more": self.more, "reset": self.reset}


def _no_url(_kind: str, _id: str) -> str:
    return ""


def changes_since(
    view: View, since: str = "", *, limit: int = USUAL, url: Callable[[str, str], str] = _no_url
) -> Changes:
    """Return what is different for an asker since a cursor, a date or a time; without one, everything he sees.

    `url` gives the address of an item by its type and id.

    Raises:
        CursorError: `since` is neither a cursor nor a date or time.
    """
    history = view.engine.history()
    return _Desk(view.asker, history, kept_sights(view)).answer(since, limit, url)


def changes_for(
    asker: Asker, history: History, since: str = "", *, limit: int = USUAL, url: Callable[[str, str], str] = _no_url
) -> Changes:
    """Return what a history tells an asker; see `changes_since`."""
    return _Desk(asker, history, sights_of(asker, history)).answer(since, limit, url)


@dataclass(frozen=True, slots=True)
class _Cursor:
    """How far a reader has come.

    He has everything as of `base`. While he turns pages (`until` is set), he also has what came about up to
    (`at`, `id`); `until` is the latest that there was when he began. What came about later is told even if all is
    again as it was at `base`, since an earlier page may have told of what was between.
    """

    base: str = _NEVER
    until: str = ""
    at: str = ""
    id: str = ""


def _start(since: str, history: History, asker: Asker) -> tuple[_Cursor, bool]:
    """Return where to begin, and whether the reader has to begin anew."""
    moment = _moment(since) if since else _NEVER
    if moment is not None:
        return (_Cursor(moment), False) if moment >= history.begins else (_Cursor(), True)
    cursor, tag = _decode(since)
    known = tag == _tag(history, asker) and (cursor.base == _NEVER or cursor.base >= history.begins)
    return (cursor, False) if known else (_Cursor(), True)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Answers one asker from what he saw."""

    asker: Asker
    history: History
    sights: Sights

    def answer(self, since: str, limit: int, url: Callable[[str, str], str]) -> Changes:
        """Return a page of changes."""
        cursor, is_reset = _start(since, self.history, self.asker)
        latest = max((moments[-1][0] for moments in self.sights.values()), default=_NEVER)
        run = cursor if cursor.until else _Cursor(cursor.base, latest, cursor.base, "")
        found = sorted(_found(self.sights, run), key=lambda entry: (entry[1], entry[0]))
        page = found[:limit]
        items = tuple(_change(self.sights[id_], id_, run, url) for id_, _ in page)
        more = len(found) > limit
        following = _Cursor(run.base, run.until, page[-1][1], page[-1][0]) if more else _Cursor(latest)
        return Changes(items, _encode(following, _tag(self.history, self.asker)), more, is_reset)


def _found(sights: Sights, run: _Cursor) -> Iterator[tuple[str, str]]:
    """Yield the id of each item to tell of, and since when it is as it is."""
    for id_, moments in sights.items():
        at = moments[-1][0]
        if (at, id_) > (run.at, run.id) and (at > run.until or _at(moments, run.base) != moments[-1][2]):
            yield id_, at


def _at(moments: Sequence[Moment], time: str) -> Seen:
    return next((seen for at, _, seen in reversed(moments) if at <= time), None)


def _change(moments: Sequence[Moment], id_: str, run: _Cursor, url: Callable[[str, str], str]) -> ItemChange:
    at, kind, now = moments[-1]
    change: Literal["published", "changed", "removed"]
    if now is None:
        change = "removed"
    elif _at(moments, run.base) is None:
        change = "published"
    else:
        change = "changed"
    return ItemChange(id_, kind, change, at, url(kind, id_))


def _moment(since: str) -> str | None:
    """Return a date's beginning or a time as histories write it, in UTC unless it says otherwise; None for a cursor."""
    try:
        moment = datetime.fromisoformat(since)
        return time_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except OverflowError:
        return time_text(datetime.min.replace(tzinfo=UTC))
    except ValueError:
        return None


def _tag(history: History, asker: Asker) -> str:
    """Return what a cursor is good for: one history and one asker's rights."""
    rights = [history.id, asker.user, asker.role, sorted(asker.groups), asker.is_service]
    return hashlib.sha256(json.dumps(rights).encode()).hexdigest()[:16]


def _encode(cursor: _Cursor, tag: str) -> str:
    values = json.dumps([_VERSION, tag, cursor.base, cursor.until, cursor.at, cursor.id])
    return base64.urlsafe_b64encode(values.encode()).decode().rstrip("=")


def _decode(since: str) -> tuple[_Cursor, str]:
    """Return a cursor and its tag; one that another version made counts as another history's."""
    try:
        version, *values = json.loads(base64.urlsafe_b64decode(since + "=" * (-len(since) % 4)))
        if version != _VERSION:
            return _Cursor(), ""
        tag, base, until, at, id_ = map(_text, values)
    except (ValueError, TypeError) as error:
        raise CursorError(
            "`since` is neither a cursor nor a date or time.",
            hint="Send what `next` said, a date such as 2026-07-01, or nothing.",
        ) from error
    return _Cursor(base, until, at, id_), tag


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
