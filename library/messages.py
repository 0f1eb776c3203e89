"""Texts for people that pages in other languages can say anew: a template of a catalogue, and the values in it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any, Self


class Message(str):
    """A text made of a template and values; to whoever prints, compares or stores it, a string like any other.

    `template` is written out where it is made, which is where catalogues find it; it names its values as `%(name)s`.
    A value that is a message itself is said anew too.
    """

    __slots__ = ("template", "values")
    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> Self:
        """Return the text of a template in English."""
        made = super().__new__(cls, template % values if values else template)
        made.template = template
        made.values = values
        return made


def joined(parts: Iterable[str], separator: str) -> str:
    """Return texts as one; the separator is punctuation alone, which stays in every language."""
    told = [part for part in parts if part]
    template = f"%(before)s{separator}%(part)s"
    return reduce(lambda before, part: Message(template, before=before, part=part), told) if told else ""
