"""Challenges that were posted: each under a random, short-lived id that means something to its session alone.

So no address, history, referrer or log ever holds what a customer's challenge is. A session's eldest gives way when it
holds many, so that none takes the room of the others.
"""

from __future__ import annotations

import re
import secrets

from api.portal.sessions import Session
from api.portal.vault import Vault

HELD_MINUTES = 60
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


class HeldChallenges:
    """The challenges of all sessions; one session cannot reach another's."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def hold(self, session: Session, challenge: str) -> str:
        """Keep a challenge for an hour and return its id."""
        held_id = secrets.token_urlsafe(16)
        self._keep(session, held_id, challenge)
        return held_id

    def find(self, session: Session, held_id: str) -> str | None:
        """Return a session's own challenge; None alike if it is over, another's, or never was."""
        return self._vault.get(_secret(session, held_id)) if _ID.fullmatch(held_id) else None

    def move(self, held_id: str, *, before: Session, after: Session, to: HeldChallenges) -> None:
        """Give a challenge to the session that follows another, when somebody signs in."""
        challenge = self.find(before, held_id)
        if challenge is not None:
            to._keep(after, held_id, challenge)
            self._vault.drop(_secret(before, held_id))

    def forget(self, session: Session) -> None:
        """Forget all that a session holds."""
        self._vault.drop_all_of(_owner(session))

    def _keep(self, session: Session, held_id: str, challenge: str) -> None:
        self._vault.put(_secret(session, held_id), challenge, seconds=HELD_MINUTES * 60, owner=_owner(session))


def _secret(session: Session, held_id: str) -> str:
    return f"challenge {session.id} {held_id}"


def _owner(session: Session) -> str:
    return f"challenges {session.id}"
