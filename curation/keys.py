"""Service keys: made once, shown once, kept as a hash, with a role, an expiry and the date of their last use.

At rest is the SHA-256 of a key's secret, without salt or stretching: those slow down whoever guesses
words that people chose, and nobody guesses 256 random bits.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from curation.state import State
from library.access import Role
from library.errors import AccessKeyError, StateBusyError, StateError

DEFAULT_DAYS = 365
MAX_DAYS = 5 * 366
PREFIX = "cbk_"
_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_KEY = re.compile(r"cbk_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")
_NAME_LENGTH = 100
_COLUMNS = "id, name, role, created, expires, last_used, revoked"
_NO_HASH = bytes(32)
_log = logging.getLogger("casebook.keys")


@dataclass(frozen=True, slots=True)
class AccessKey:
    """What is known of a key besides its secret; dates are in UTC, and it works to the end of `expires`."""

    id: str
    name: str
    role: Role
    created: date
    expires: date
    last_used: date | None
    revoked: date | None

    def standing(self, today: date) -> str:
        """Return `valid`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires < today else "valid"

    def as_dict(self, today: date) -> dict[str, Any]:
        """Return the key as JSON shows it; there is no secret in it."""
        days = {"created": self.created, "expires": self.expires, "last_used": self.last_used, "revoked": self.revoked}
        shown = {name: day.isoformat() if day else None for name, day in days.items()}
        return {
            "id": self.id,
            "name": self.name,
            "role": self.role.value,
            "standing": self.standing(today),
            **shown,
        }


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: `text` is what its holder sends, and is not kept anywhere."""

    key: AccessKey
    text: str


def today_in_utc() -> date:
    """Return the date by which keys expire."""
    return datetime.now(UTC).date()


class KeyStore:
    """The keys in a state."""

    def __init__(self, state: State, *, today: Callable[[], date] = today_in_utc) -> None:
        self._state = state
        self._today = today
        self._noted: dict[str, date] = {}

    def create(self, name: str, *, role: Role = Role.READER, expires: date | None = None) -> NewKey:
        """Make a key; the only moment in which its text is known.

        Raises:
            AccessKeyError: the name is empty, too long or not printable, or the expiry is past or too far.
            StateError: the state cannot be written.
        """
        today = self._today()
        key = AccessKey(
            id="".join(secrets.choice(_ID_LETTERS) for _ in range(8)),
            name=_checked_name(name),
            role=role,
            created=today,
            expires=_checked_expiry(expires or today + timedelta(days=DEFAULT_DAYS), today),
            last_used=None,
            revoked=None,
        )
        secret = secrets.token_urlsafe(32)
        with self._state.writing() as db:
            db.execute(
                "INSERT INTO keys (id, name, role, secret_hash, created, expires) VALUES (?, ?, ?, ?, ?, ?)",
                (key.id, key.name, key.role.value, _hash(secret), today.isoformat(), key.expires.isoformat()),
            )
        return NewKey(key, f"{PREFIX}{key.id}_{secret}")

    def all(self) -> tuple[AccessKey, ...]:
        """Return every key ever made, the oldest first."""
        with self._state.reading() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM keys ORDER BY created, rowid").fetchall()  # noqa: S608
        return tuple(map(_key_of, rows))

    def any_made(self) -> bool:
        """Whether a key was ever made; one that was revoked or has expired counts."""
        with self._state.reading() as db:
            return db.execute("SELECT 1 FROM keys LIMIT 1").fetchone() is not None

    def revoke(self, key_id: str) -> AccessKey:
        """Make a key useless from now on; once revoked it stays so, since the first day.

        Raises:
            AccessKeyError: there is no such key.
            StateError: the state cannot be written.
        """
        with self._state.writing() as db:
            day = self._today().isoformat()
            db.execute("UPDATE keys SET revoked=coalesce(revoked, ?) WHERE id=?", (day, key_id))
            row = db.execute(f"SELECT {_COLUMNS} FROM keys WHERE id=?", (key_id,)).fetchone()  # noqa: S608
        if row is None:
            raise AccessKeyError(f"There is no key {key_id!r}.", hint="`casebook keys list` shows which there are.")
        return _key_of(row)

    def verify(self, text: str) -> AccessKey | None:
        """Return the key that a text is, if it is valid today; an unknown id and a wrong secret look alike.

        Raises:
            StateError: the state cannot be read.
        """
        match = _KEY.fullmatch(text)
        if match is None:
            return None
        key_id, secret = match.groups()
        with self._state.reading() as db:
            query = f"SELECT {_COLUMNS}, secret_hash FROM keys WHERE id=?"  # noqa: S608
            row = db.execute(query, (key_id,)).fetchone()
        stored = row[-1] if row else _NO_HASH
        if not hmac.compare_digest(_hash(secret), stored) or row is None:
            return None
        key = _key_of(row[:-1])
        if key.standing(self._today()) != "valid":
            return None
        self._note_use(key)
        return key

    def find(self, key_id: str) -> AccessKey | None:
        """Return a key by its public id, if it is valid today; whoever asks has seen it verified before.

        Raises:
            StateError: the state cannot be read.
        """
        with self._state.reading() as db:
            row = db.execute(f"SELECT {_COLUMNS} FROM keys WHERE id=?", (key_id,)).fetchone()  # noqa: S608
        key = _key_of(row) if row else None
        return key if key is not None and key.standing(self._today()) == "valid" else None

    def _note_use(self, key: AccessKey) -> None:
        """Keep the day of the last use, written once a day; no request waits for it or fails with it."""
        today = self._today()
        if key.last_used == today or self._noted.get(key.id) == today:
            return
        self._noted[key.id] = today
        try:
            with self._state.writing(patient=False) as db:
                db.execute("UPDATE keys SET last_used=? WHERE id=?", (today.isoformat(), key.id))
        except StateBusyError:
            self._noted.pop(key.id, None)  # the next request tries again
        except StateError as error:
            _log.warning("The day on which key %s was last used is not kept: %s", key.id, error.message)


def _checked_name(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > _NAME_LENGTH or not plain.isprintable():
        raise AccessKeyError(
            f"A key needs a name of 1 to {_NAME_LENGTH} printable characters.",
            hint="Name the service that will hold it, such as 'sales portal'.",
        )
    return plain


def _checked_expiry(expires: date, today: date) -> date:
    if not today <= expires <= today + timedelta(days=MAX_DAYS):
        raise AccessKeyError(
            f"A key can expire between today and {today + timedelta(days=MAX_DAYS)}, not on {expires}.",
            hint="Make a new key before the old one expires, and revoke the old one.",
        )
    return expires


def _key_of(row: tuple[Any, ...] | sqlite3.Row) -> AccessKey:
    key_id, name, role, *days = row
    created, expires, last_used, revoked = (date.fromisoformat(day) if day else None for day in days)
    assert created is not None
    assert expires is not None
    return AccessKey(key_id, name, Role(role), created, expires, last_used, revoked)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
