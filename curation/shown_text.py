"""The text of an item's file as one asker may read and edit it.

What he is never shown is left out: the key of the CRM, and references to what he does not see. An edit keeps it: it is
put back where the text goes into the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from curation.front_matter_edit import set_keys
from curation.review.desk import Desk, DeskItem
from library.front_matter import split_front_matter

_NEVER_SHOWN = "account_key"
_BOM = "\ufeff"


def shown_text(desk: Desk, found: DeskItem) -> str:
    """Return the text of an item's file as the asker may read it.

    Raises:
        EditError: something has to be left out that cannot be taken out of this front matter alone.
    """
    values = _values(found.text)
    changes: dict[str, Any] = {_NEVER_SHOWN: None} if _NEVER_SHOWN in values else {}
    for name in found.item.REFERENCES:
        kept = _kept(values.get(name), lambda entry: desk.sees(_id(entry)))
        if kept != values.get(name):
            changes[name] = kept
    return set_keys(found.text, changes) if changes else found.text


def restored_text(desk: Desk, edited: str, found: DeskItem) -> str:
    """Return an edited text with what its author was not shown of the file that it replaces.

    Raises:
        EditError: the edited front matter is broken.
    """
    set_keys(edited, {})  # refuses what cannot be read, and says where
    before, after = _values(found.text), _values(edited)
    changes: dict[str, Any] = {}
    if _NEVER_SHOWN in before and _NEVER_SHOWN not in after:
        changes[_NEVER_SHOWN] = before[_NEVER_SHOWN]
    for name in found.item.REFERENCES:
        hidden = _listed(_kept(before.get(name), lambda entry: _is_hidden(desk, _id(entry))))
        value = after.get(name)
        if missing := [entry for entry in hidden if entry not in _listed(value)]:
            changes[name] = _joined(before[name], value, missing)
    return set_keys(edited, changes) if changes else edited


def _values(text: str) -> Mapping[str, Any]:
    plain = text.removeprefix(_BOM).replace("\r\n", "\n").replace("\r", "\n")
    return split_front_matter(plain)[0].values


def _kept(value: Any, wanted: Callable[[Any], bool]) -> Any:
    """Return a reference, or those of a list, that are wanted."""
    if isinstance(value, list):
        return [entry for entry in value if wanted(entry)]
    return value if value in (None, "") or wanted(value) else None


def _joined(before: Any, value: Any, missing: Sequence[Any]) -> Any:
    """Return what the field gets: a single reference that the author has set anew stays his."""
    if isinstance(before, list):
        return [*_listed(value), *missing]
    return value if _listed(value) else missing[0]


def _is_hidden(desk: Desk, item_id: str) -> bool:
    return not desk.sees(item_id) and desk.find_unseen(item_id) is not None


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


def _id(entry: Any) -> str:
    return str(entry.get("id", "") if isinstance(entry, dict) else entry)
