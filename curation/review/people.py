"""Whether two names may be those of one person: where nobody may decide on his own work, a doubt counts as yes.

Who may see an item is decided by exact names (`library.access`); here the same names are compared the other way round,
so that neither case, accents, the order of names nor a mailbox in place of a name makes two people of one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from library.codes import fold_name

_NAMED = re.compile(r"([^<>]*)<([^<>]*)>\s*")
_Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Person:
    """A name as its words in order of the alphabet, and a mailbox; either may be missing."""

    words: _Words
    mailbox: str

    @classmethod
    def from_text(cls, text: str) -> _Person:
        plain = "".join(char for char in text if unicodedata.category(char) != "Cf").strip()
        named = _NAMED.fullmatch(plain)
        name, mailbox = named.groups() if named else ("", plain) if "@" in plain else (plain, "")
        local, _, domain = fold_name(mailbox).rpartition("@")
        return cls(_words(name), f"{local.partition('+')[0]}@{domain}" if local else "")

    def names(self) -> set[_Words]:
        """Return the name, and what the mailbox is called."""
        return {words for words in (self.words, _words(self.mailbox.partition("@")[0])) if words}


def may_be_same(one: str, other: str) -> bool:
    """Whether two names may stand for the same person; two mailboxes without names are two if they differ."""
    first, second = _Person.from_text(one), _Person.from_text(other)
    if first.mailbox and second.mailbox:
        return first.mailbox == second.mailbox or (bool(first.words) and first.words == second.words)
    return bool(first.names() & second.names())


def _words(text: str) -> _Words:
    return tuple(sorted(re.findall(r"[^\W_]+", fold_name(text))))
