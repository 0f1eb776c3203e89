"""Write accepted suggestions into a draft's front matter; the rest of the file stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from curation.front_matter_edit import set_keys
from curation.suggesting.suggestions import Suggestion
from library.errors import UnknownItemError
from library.front_matter import split_front_matter


def choose(suggestions: Sequence[Suggestion], wanted: Iterable[str]) -> list[Suggestion]:
    """Return the suggestions of given ids or codes.

    Raises:
        UnknownItemError: nothing of that id was suggested.
    """
    values = {suggestion.value.casefold(): suggestion for suggestion in suggestions}
    chosen = []
    for value in wanted:
        if value.casefold() not in values:
            raise UnknownItemError(
                f"{value!r} is not among the suggestions.",
                hint=f"Accept one of: {', '.join(values)}. Anything else is written into the front matter by hand.",
            )
        chosen.append(values[value.casefold()])
    return chosen


def accept(text: str, chosen: Iterable[Suggestion]) -> str:
    """Return a file's text with suggestions added to the lists of its front matter; what stands there already stays.

    Raises:
        EditError: the front matter cannot be changed in place.
    """
    chosen = list(chosen)
    set_keys(text, {})  # refuses what cannot be read
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    values = split_front_matter(plain)[0].values
    changes: dict[str, list[Any]] = {}
    for suggestion in chosen:
        written = values.get(suggestion.field)
        before = written if isinstance(written, list) else [] if written in (None, "") else [written]
        entries = changes.setdefault(suggestion.field, list(before))
        if suggestion.value not in {value for entry in entries for value in _values(entry)}:
            entries.append(_entry(suggestion, entries))
    return set_keys(text, changes)


def _entry(suggestion: Suggestion, beside: Sequence[Any]) -> Any:
    """Return a list's new entry, written as those beside it are."""
    if suggestion.field == "industries":
        return {"scheme": "isic", "code": suggestion.value}
    return {"id": suggestion.value} if any(isinstance(entry, dict) for entry in beside) else suggestion.value


def _values(entry: Any) -> tuple[Any, ...]:
    return (entry.get("id"), entry.get("code")) if isinstance(entry, dict) else (entry,)
