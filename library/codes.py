"""Code lists that ship: regions (UN M49, ISO 3166-1, usual firm regions) and industries (ISIC Rev. 4).

Both are directed acyclic graphs: Germany lies in Western Europe and in DACH, both lie in Europe.
"""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Code:
    """One entry: labels by language, other names, and the entries that it is part of."""

    code: str
    labels: Mapping[str, str]
    alt_labels: tuple[str, ...]
    parents: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CodeList:
    """Entries by code; a value that is in no list stands for itself alone. A list is equal to itself alone."""

    entries: Mapping[str, Code]

    @cached_property
    def _names(self) -> dict[str, str]:
        # A section and its only division can share a name: the broader one, which stands first, takes both in.
        names = {
            fold_name(name): code.code
            for code in reversed(tuple(self.entries.values()))
            for name in (*code.alt_labels, *code.labels.values())
        }
        return names | {fold_name(code): code for code in self.entries}

    @cached_property
    def _most_words(self) -> dict[str, int]:
        """How many words the longest name has that begins with a word."""
        most: dict[str, int] = {}
        for words in map(_WORD.findall, self._names):
            if words:
                most[words[0]] = max(len(words), most.get(words[0], 0))
        return most

    def words_of_longest(self, word: str) -> int:
        """Return how many words the longest code, label or other name has that begins with a word: mostly 0."""
        return self._most_words.get(fold_name(word), 0)

    def resolve(self, text: str) -> str | None:
        """Return the code that a code, label or other name stands for, in any case and language."""
        return text if text in self.entries else self._names.get(fold_name(text))

    def label(self, code: str, language: str = "en") -> str:
        """Return a code's label, or the value itself where the list does not know it."""
        entry = self.entries.get(code)
        return entry.labels.get(language, entry.labels["en"]) if entry else code

    def descriptions(self) -> list[str]:
        """Return what every entry is called, in all languages, one text for each."""
        return [f"{entry.labels['en']}: {', '.join(entry.alt_labels)}" for entry in self.entries.values()]

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Return everything that a code is part of, nearest first, without itself."""
        found: dict[str, None] = {}
        waiting = list(self.entries[code].parents) if code in self.entries else []
        while waiting:
            parent = waiting.pop(0)
            if parent not in found:
                found[parent] = None
                waiting += self.entries[parent].parents
        return tuple(found)

    def digest(self) -> str:
        """Return a hash of the whole list."""
        return hashlib.sha256(repr(sorted(self.entries.items())).encode()).hexdigest()

    def with_groups(self, groups: Mapping[str, Iterable[str]]) -> CodeList:
        """Return a list with a firm's own groups added: {"ALPS": ["CH", "AT"]}; a group may hold groups.

        Raises:
            ValueError: a member is in no list, or would be part of itself.
        """
        entries = dict(self.entries)
        entries.update({name: Code(name, {"en": name}, (), ()) for name in groups if name not in entries})
        result = CodeList(entries)
        for name, members in groups.items():
            for member in members:
                code = result.resolve(member)
                if code is None:
                    raise ValueError(f"{name}: {member!r} is in no list")
                if code in (name, *result.ancestors(name)):
                    raise ValueError(f"{name}: {member!r} would be part of itself")
                old = entries[code]
                if name not in old.parents:
                    entries[code] = Code(old.code, old.labels, old.alt_labels, (*old.parents, name))
        return result


@cache
def regions() -> CodeList:
    """Return the shipped regions."""
    return _load("regions.csv")


@cache
def industries() -> CodeList:
    """Return the shipped ISIC sections and divisions."""
    return _load("industries.csv")


def industry_value(scheme: str, code: str, known: CodeList | None = None) -> str:
    """Return the ISIC code of an industry, or what names one of another scheme or no scheme."""
    if scheme.lower() not in ("", "isic", "nace"):
        return f"{scheme}:{code}"
    return (known or industries()).resolve(code) or code


def fold_name(text: str) -> str:
    """Return a name for comparison: lower case, without accents, straight apostrophes, single spaces."""
    folded = text.casefold()
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFKD", folded.replace("\u2019", "'"))
        folded = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(folded.split())


def _load(name: str) -> CodeList:
    text = files("library").joinpath("data", name).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return CodeList(
        {
            row["code"]: Code(
                row["code"],
                {language: row[f"label_{language}"] for language in ("en", "de", "fr")},
                _split(row["alt_labels"]),
                _split(row["parents"]),
            )
            for row in rows
        }
    )


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())
