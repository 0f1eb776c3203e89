"""The names of accounts that no text may hold: read from a file outside the library, in clear or as keyed hashes.

The list is itself a list of clients: it is never indexed, and nothing here tells a name that the text under check
does not hold.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from library.codes import fold_name
from library.errors import SettingsError
from library.settings import Settings

KEY_NAME = "denylist.key"
_KEY_BYTES = 32
_KEY = re.compile(rf"[0-9a-f]{{{2 * _KEY_BYTES}}}")
_HASHED = re.compile(r"hmac-sha256:(\d{1,2}):([0-9a-f]{64})")
# Soft hyphens and joiners are within a word, as its readers see it.
_WORD = re.compile(r"[^\W_]+(?:[\u00ad\u200b-\u200d\u2060\ufeff]+[^\W_]+)*")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200d\u2060\ufeff]")
_HYPHEN = re.compile(r"[-\u2010\u2011](?:[ \t]*\r?\n[>\s]*)?")  # within a name, or where a line ends within a word
_ENDINGS = ("en", "er", "es", "em")  # "der Deutschen Bank"
_ABBREVIATION = re.compile(r"(?<=\b\w)\.(?=\w\b)")  # "S.p.A." is one word
# What stands behind a firm's name and is left out when people talk.
_LEGAL_FORMS = frozenset(
    [
        "ab",
        "ag",
        "as",
        "asa",
        "bv",
        "co",
        "company",
        "corp",
        "corporation",
        "gmbh",
        "group",
        "groupe",
        "gruppe",
        "holding",
        "inc",
        "kg",
        "kgaa",
        "limited",
        "llc",
        "ltd",
        "mbh",
        "nv",
        "oy",
        "oyj",
        "plc",
        "sa",
        "sarl",
        "sas",
        "se",
        "spa",
        "srl",
        "und",
    ]
)
_SHORT_NAME = 3  # letters; such a name counts in capitals alone
_LONG_WORD = 4  # letters; a longer one may have a genitive's "s"
_COMMENT = "#"


@dataclass(frozen=True, slots=True)
class DenyList:
    """Names to look for: normalised, or as hashes of that under a key; `lengths` tells how many words they have."""

    names: frozenset[str]
    hashes: frozenset[str]
    lengths: tuple[int, ...]
    key: bytes = b""

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield (start, end) of each name in a text, the longest first where several begin at a word."""
        words = [_Word(found.start(), found.end(), _folded(found[0])) for found in _WORD.finditer(text)]
        end_of_last = 0
        for n, word in enumerate(words):
            end = self._end_of_name(text, words[n : n + self._longest]) if word.start >= end_of_last else 0
            if end and _may_be_a_name(text[word.start : end]):
                yield word.start, end
                end_of_last = end

    @property
    def _longest(self) -> int:
        return max(2, *self.lengths)

    def _end_of_name(self, text: str, words: Sequence[_Word]) -> int:
        """Return where the longest name ends that begins with the first of some words; 0 if none does."""
        for length in self.lengths:
            if length <= len(words) and self._holds([word.folded for word in words[:length]]):
                return words[length - 1].end
        if len(words) > 1 and _HYPHEN.fullmatch(text[words[0].end : words[1].start]):
            joined = words[0].folded + words[1].folded
            return words[1].end if self._holds([joined]) else 0
        return 0

    def _holds(self, words: list[str]) -> bool:
        last = words[-1]
        ends = [last, last[:-1]] if last.endswith("s") and len(last) > _LONG_WORD else [last]
        return any(self._has(" ".join(forms)) for forms in product(*map(_forms, words[:-1]), ends))

    def _has(self, name: str) -> bool:
        return name in self.names or (bool(self.hashes) and _hash(name, self.key) in self.hashes)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a text: from where to where, and how it is compared."""

    start: int
    end: int
    folded: str


def load_deny_list(settings: Settings) -> DenyList | None:
    """Return the list that the settings name, if they name one.

    Raises:
        SettingsError: it lies in the library or cannot be read, or its hashes' key is missing.
    """
    if settings.deny_list is None:
        return None
    place = settings.deny_list.resolve()
    if place.is_relative_to(settings.library.resolve()):
        hint = "It is a list of clients: keep it where only curators can read it, and name that file in deny_list."
        raise SettingsError(f"The deny list {settings.deny_list} lies in the library.", hint=hint)
    names, hashes = _parse(_lines(settings.deny_list))
    key = _key(settings, make=False) if hashes else b""
    lengths = {len(name.split(" ")) for name in names} | {int(length) for length in hashes.values()}
    return DenyList(frozenset(names), frozenset(hashes), tuple(sorted(lengths, reverse=True)), key)


def hash_names(settings: Settings, file: Path) -> list[str]:
    """Return the lines of a deny list that holds hashes instead of a file's names; makes the key if there is none.

    Raises:
        SettingsError: the file, or the key, cannot be read or written.
    """
    names, hashes = _parse(_lines(file))
    key = _key(settings, make=bool(names))
    made = {_hash(name, key): str(len(name.split(" "))) for name in names}
    return sorted(f"hmac-sha256:{length}:{digest}" for digest, length in (hashes | made).items())


def normalise_name(name: str) -> str:
    """Return a firm's name as it is compared: folded, without punctuation and legal form."""
    words = _WORD.findall(fold_name(_ABBREVIATION.sub("", name)))
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    return " ".join(words)


def _folded(word: str) -> str:
    return fold_name(_INVISIBLE.sub("", word))


def _forms(word: str) -> list[str]:
    """Return a word that is not a name's last one as it stands, and without the ending of a case."""
    return [word, word[:-1]] if word.endswith(_ENDINGS) and len(word) > _LONG_WORD else [word]


def _may_be_a_name(text: str) -> bool:
    """Leave out short words in small letters: "hp" and "ey" are names in capitals alone."""
    return len(text) > _SHORT_NAME or text.upper() == text


def _parse(lines: Iterable[str]) -> tuple[set[str], dict[str, str]]:
    """Return the normalised names, and the number of words by hash."""
    names: set[str] = set()
    hashes: dict[str, str] = {}
    for line in lines:
        text = line.strip()
        hashed = _HASHED.fullmatch(text)
        if hashed:
            hashes[hashed[2]] = hashed[1]
        elif text and not text.startswith(_COMMENT):
            names |= {normalise_name(text), normalise_name(_HYPHEN.sub("", text))}
    return names - {""}, hashes


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise SettingsError(f"The deny list {file} is no UTF-8: {error.reason}.", hint="Save it as UTF-8.") from error
    except OSError as error:
        hint = "Check the setting deny_list and the file's rights."
        raise SettingsError(f"The deny list {file} cannot be read: {error.strerror}.", hint=hint) from error


def _key(settings: Settings, *, make: bool) -> bytes:
    place = settings.state_file.with_name(KEY_NAME)
    try:
        if make and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
                stream.write(secrets.token_hex(_KEY_BYTES))
        text = place.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise _unusable_key(place) from error
    if not _KEY.fullmatch(text):  # whoever made it died before it was written
        raise _unusable_key(place)
    return bytes.fromhex(text)


def _unusable_key(place: Path) -> SettingsError:
    hint = "Put back the key from your backup, or delete it and hash the names again."
    command = "`casebook denylist hash FILE` hashes names."
    return SettingsError(f"The deny list's key {place} cannot be read.", hint=hint, command=command)


def _hash(name: str, key: bytes) -> str:
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()
