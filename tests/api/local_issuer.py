"""An issuer of tokens on this machine: a real HTTP server with real keys, which tests rotate, break and redirect."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from api.credentials.oidc import EndUser, TokenVerifier
from library.settings import OidcSettings

AUDIENCE = "api://casebook"
CLIENT = "casebook-portal"
DISCOVERY = "/.well-known/openid-configuration"
JWKS = "/keys"


@dataclass(frozen=True)
class SigningKey:
    """A private key with its id and the algorithm that tokens are signed with."""

    id: str
    algorithm: str
    private: Any

    @property
    def jwk(self) -> dict[str, Any]:
        """The public half as a JSON Web Key."""
        public = self.private.public_key()
        family = jwt.get_algorithm_by_name(self.algorithm)
        return {**family.to_jwk(public, as_dict=True), "kid": self.id, "use": "sig"}


@cache
def rsa_key(key_id: str, bits: int = 2048) -> SigningKey:
    return SigningKey(key_id, "RS256", rsa.generate_private_key(65_537, bits))


@cache
def ec_key(key_id: str) -> SigningKey:
    return SigningKey(key_id, "ES256", ec.generate_private_key(ec.SECP256R1()))


@cache
def ed_key(key_id: str) -> SigningKey:
    return SigningKey(key_id, "EdDSA", ed25519.Ed25519PrivateKey.generate())


@dataclass
class Reply:
    """What the server answers: JSON, bytes, or a redirect; with a pause letter by letter."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Authorization:
    """What a code was given for."""

    redirect_uri: str
    challenge: str
    claims: dict[str, Any]


@dataclass
class LocalIssuer:
    """The issuer's address, keys and answers; `asked` lists (path, Authorization) of every request."""

    url: str
    keys: list[SigningKey]
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    is_down: bool = False
    codes: dict[str, Authorization] = field(default_factory=dict)
    secret: str = ""  # of the one client that signs people in; none for a public client
    posted: list[dict[str, str]] = field(default_factory=list)

    def reply_to(self, path: str) -> Reply:
        if self.is_down:
            return Reply({"error": "down"}, 500)
        if path in self.replies:
            return self.replies[path]
        if path == DISCOVERY:
            return Reply(
                {
                    "issuer": self.url,
                    "jwks_uri": f"{self.url}{JWKS}",
                    "authorization_endpoint": f"{self.url}/authorize?tenant=1",
                    "token_endpoint": f"{self.url}/token",
                    "end_session_endpoint": f"{self.url}/logout",
                }
            )
        if path == JWKS:
            return Reply({"keys": [key.jwk for key in self.keys]})
        return Reply({"error": "nothing here"}, 404)

    def authorize(self, address: str, **claims: Any) -> dict[str, str]:
        """Sign a person in at the address that a browser was sent to; return what the browser comes back with."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
        assert asked["scope"].split()[0] == "openid"
        code = f"code-{len(self.codes)}"
        content = {"aud": CLIENT, "nonce": asked["nonce"], **claims}
        self.codes[code] = Authorization(asked["redirect_uri"], asked["code_challenge"], content)
        return {"code": code, "state": asked["state"]}

    def exchange(self, fields: Mapping[str, str], authorization: str) -> Reply:
        """Answer a token request: each code once, for the client, the address and the verifier that it was made for."""
        self.posted.append(dict(fields))
        known = self.codes.pop(fields.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{quote_plus(self.secret)}".encode()).decode()
        is_client = authorization == f"Basic {basic}" if self.secret else fields.get("client_id") == CLIENT
        if not is_client:
            return Reply({"error": "invalid_client"}, 401)
        digest = hashlib.sha256(fields.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if known is None or (known.redirect_uri, known.challenge) != (fields.get("redirect_uri"), challenge):
            return Reply({"error": "invalid_grant"}, 400)
        return Reply({"token_type": "Bearer", "access_token": "opaque", "id_token": self.token(**known.claims)})

    def times_asked(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.asked)

    def token(self, key: SigningKey | None = None, *, headers: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """Return a token; claims that are None are left out."""
        signer = key or self.keys[0]
        content = {**self.claims(), **claims}
        return jwt.encode(
            {name: value for name, value in content.items() if value is not None},
            signer.private,
            algorithm=signer.algorithm,
            headers={"kid": signer.id, **(headers or {})},
        )

    def claims(self) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self.url, "aud": AUDIENCE, "sub": "u-1", "iat": now, "nbf": now, "exp": now + 600}


class Clock:
    """A time that a test turns."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def verifier_for(issuer: LocalIssuer, **options: Any) -> TokenVerifier:
    """Return a verifier of the issuer's tokens for our audience."""
    return TokenVerifier(OidcSettings(issuer=issuer.url, audience=AUDIENCE, **options))


def verify(issuer: LocalIssuer, token: str, **options: Any) -> EndUser:
    """Return who a token stands for, to a verifier that knows nothing yet."""
    return verifier_for(issuer, **options).verify(token)


@contextmanager
def running_issuer(*keys: SigningKey) -> Iterator[LocalIssuer]:
    """Run an issuer on a free port."""
    issuer = LocalIssuer("", list(keys or (rsa_key("first"),)))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            issuer.asked.append((self.path, self.headers.get("Authorization", "")))
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fixed = issuer.is_down or self.path in issuer.replies
            fields, authorization = dict(parse_qsl(body)), self.headers.get("Authorization", "")
            self.answer(issuer.reply_to(self.path) if fixed else issuer.exchange(fields, authorization))

        def do_GET(self) -> None:
            issuer.asked.append((self.path, self.headers.get("Authorization", "")))
            self.answer(issuer.reply_to(self.path))

        def answer(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.content)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if not reply.pause:
                self.wfile.write(reply.content)
                return
            with suppress(OSError):  # who asked has gone
                for letter in reply.content:
                    self.wfile.write(bytes([letter]))
                    time.sleep(reply.pause)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the standard library's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
