"""Variables that look like settings and are none: a misspelt one would be ignored without a word."""

from __future__ import annotations

import os
from collections.abc import Iterable

from commands.streams import print_note

PREFIX = "CASEBOOK_"
# Read elsewhere than in the settings: whether models may be fetched, and the key that is shown to a server.
OTHERS = frozenset({"CASEBOOK_ALLOW_DOWNLOAD", "CASEBOOK_SERVER_KEY"})
_ALIKE = 0.7  # a letter or two that are wrong, missing or swapped


def warn_of_strange_variables() -> None:
    """Say on standard error which CASEBOOK_ variables nothing reads, and what they may have been meant to be."""
    for name, nearest in strange_variables(os.environ):
        meant = f"; do you mean {nearest}?" if nearest else "."
        print_note(f"Note: there is no setting {name}; it is ignored{meant}")


def strange_variables(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the variables that begin like a setting and are none, each with the nearest right name or nothing."""
    suspects = [name for name in names if name.upper().startswith(PREFIX)]
    if not suspects:
        return []
    from library.settings import Settings

    single = {f"{PREFIX}{field}".upper() for field in Settings.model_fields}
    strange = [name for name in suspects if name.upper().partition("__")[0] not in single | OTHERS]
    return [(name, _nearest(name.upper())) for name in sorted(strange)]


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    known = {variable.removeprefix(PREFIX): variable for variable in sorted(_known_names())}
    close = get_close_matches(name.removeprefix(PREFIX), known, n=1, cutoff=_ALIKE)
    return known[close[0]] if close else ""


def _known_names() -> set[str]:
    """Return every variable that is read, `__` between the parts of a nested one."""
    from pydantic import BaseModel

    from library.settings import Settings

    known = set(OTHERS)
    for field, described in Settings.model_fields.items():
        kind = described.annotation
        nested = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else ()
        known |= {f"{PREFIX}{field}__{part}".upper() for part in nested} or {f"{PREFIX}{field}".upper()}
    return known
