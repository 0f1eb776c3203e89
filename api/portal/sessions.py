"""Sessions of the portal: a random id in a cookie, and what belongs to it in the vault.

Nothing is kept of a visitor who did nothing: the token of forms is computed from the id. So nobody fills the vault,
and drives others' sessions out of it, by asking for pages. A session gets a new id when somebody signs in.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from api.credentials.identity import Identity
from api.portal.vault import Vault
from library.access import Asker, Role
from library.settings import Settings

MOST_CHOSEN = 10
_ID = re.compile(r"[A-Za-z0-9_-]{43}")
_TOKEN_BYTES = 32
_TOUCH_SECONDS = 60.0  # a session's last use is noted no more often


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in: the holder of a key (`key` is its public id), or a user as the issuer told of them."""

    name: str
    until: float  # seconds since the epoch
    key: str = ""
    user: str = ""
    role: Role = Role.READER
    groups: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def identity(self) -> Identity:
        """The identity of a user; that of a key is asked for anew, since keys are revoked."""
        asker = Asker(user=self.user, role=self.role, groups=frozenset(self.groups))
        return Identity(asker, self.name, notices=self.notices)


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's visit: `id` stands in its cookie and nowhere else; times are seconds since the epoch."""

    id: str
    signed_in: SignedIn | None = None
    chosen: tuple[str, ...] = ()  # ids of the cases for the brief
    used: float = 0.0
    is_new: bool = False

    @property
    def csrf(self) -> str:
        """A token for a form, different each time, so that the length of compressed pages tells nothing of it."""
        mask = secrets.token_bytes(_TOKEN_BYTES)
        return base64.urlsafe_b64encode(mask + _xored(mask, self._proof)).decode()

    def accepts(self, token: str) -> bool:
        """Whether a token was made for this session."""
        try:
            given = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        except ValueError:
            return False
        proof = _xored(given[:_TOKEN_BYTES], given[_TOKEN_BYTES:])
        return len(given) == 2 * _TOKEN_BYTES and hmac.compare_digest(proof, self._proof)

    @property
    def _proof(self) -> bytes:
        return hmac.digest(self.id.encode(), b"form", hashlib.sha256)


class Sessions:
    """All sessions of the server."""

    def __init__(self, vault: Vault, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._portal = settings.portal
        self._clock = clock
        self.cookie = Cookie.from_settings(settings)

    def find(self, request: Request) -> Session | None:
        """Return the session that a request belongs to, if it belongs to one."""
        id_ = request.cookies.get(self.cookie.name, "")
        if not _ID.fullmatch(id_):
            return None
        session = self._kept(id_)
        if session.used and self._clock() - session.used > _TOUCH_SECONDS:
            self._keep(session)
        return session

    def begin(self) -> Session:
        """Return a new session; the browser gets its cookie with the first page."""
        return Session(secrets.token_urlsafe(32), is_new=True)

    def save(self, session: Session, response: Response) -> None:
        """Keep a session as it is now, and give the browser its cookie if it is new."""
        if session.chosen or session.signed_in or not session.is_new:
            self._keep(session)
        if session.is_new:
            self.cookie.set(response, session.id)

    def sign_in(self, session: Session, signed_in: SignedIn) -> Session:
        """Return a session of one who signed in, to be saved: with a new id, so that nobody knows it from before.

        What was chosen stays, unless another had signed in before.
        """
        self._vault.drop(_place(session))
        until = min(signed_in.until, self._clock() + self._portal.session_hours * 3600)
        chosen = session.chosen if session.signed_in is None else ()
        return replace(self.begin(), signed_in=replace(signed_in, until=until), chosen=chosen)

    def end(self, session: Session, response: Response) -> None:
        """Forget a session, and have the browser forget it."""
        self._vault.drop(_place(session))
        self.cookie.clear(response)

    def _kept(self, id_: str) -> Session:
        """Return a session as it was kept; with nothing in it if nothing was, or if it is over."""
        session = Session(id_)
        text = self._vault.get(_place(session))
        if text is None:
            return session
        fields = json.loads(text)
        signed_in = _signed_in(fields["signed_in"])
        if signed_in is not None and signed_in.until <= self._clock():
            return session
        return replace(session, signed_in=signed_in, chosen=tuple(fields["chosen"]), used=fields["used"])

    def _keep(self, session: Session) -> None:
        now, signed_in = self._clock(), session.signed_in
        seconds = self._portal.session_hours * 3600
        if signed_in is not None:
            seconds = min(self._portal.idle_minutes * 60, signed_in.until - now)
        fields = {"signed_in": asdict(signed_in) if signed_in else None, "chosen": session.chosen, "used": now}
        self._vault.put(_place(session), json.dumps(fields), seconds=seconds)


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie that no other host and no unencrypted page can set, where the public URL lets it be one."""

    name: str
    path: str
    secure: bool

    @classmethod
    def from_settings(cls, settings: Settings, name: str = "casebook") -> Cookie:
        """Return a cookie for all of the portal."""
        base = settings.server.public_url.rstrip("/")
        path = base.partition("://")[2].partition("/")[2]
        secure = base.startswith("https:")
        return cls(f"__Host-{name}" if secure and not path else name, f"/{path}", secure)

    def set(self, response: Response, value: str, *, seconds: int | None = None) -> None:
        """Give the browser a value, until it is closed or for so many seconds."""
        response.set_cookie(
            self.name, value, max_age=seconds, path=self.path, secure=self.secure, httponly=True, samesite="lax"
        )

    def clear(self, response: Response) -> None:
        """Have the browser forget the value."""
        response.delete_cookie(self.name, path=self.path, secure=self.secure, httponly=True, samesite="lax")


def _place(session: Session) -> str:
    return f"session {session.id}"


def _signed_in(fields: dict[str, object] | None) -> SignedIn | None:
    if fields is None:
        return None
    given: dict[str, object] = {**fields, "role": Role(str(fields["role"]))}
    made = SignedIn(**given)  # type: ignore[arg-type]  # as `asdict` wrote them
    return replace(made, groups=tuple(made.groups), notices=tuple(made.notices))


def _xored(first: bytes, second: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(first, second, strict=False))
