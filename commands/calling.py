"""Calls to a Casebook server: to the address that was named and no other, with a key from the environment alone."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx2

from commands.refusals import ServerError, refusal_of
from library.errors import SettingsError
from library.settings import casebook_version

KEY_VARIABLE = "CASEBOOK_SERVER_KEY"
_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 90.0  # longer than a server gives a search, so that it is the server that says what was too long
_Parameters = Mapping[str, str | Sequence[str]]


class Caller:
    """Sends requests to one server and returns what it answers; every failure is told as an error."""

    def __init__(self, url: str, client: httpx2.Client) -> None:
        self.url = url
        self._client = client

    def get(self, path: str, parameters: _Parameters | None = None) -> Any:
        """Return the JSON at a path.

        Raises:
            ServerError: the server does not answer, or not with what was asked for.
        """
        return self._read(self._send("GET", path, params=_encodable(parameters or {})))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return the JSON that answers a body; raises ServerError as `get` does."""
        content = json.dumps(body).encode()
        return self._read(self._send("POST", path, content=content, headers={"Content-Type": "application/json"}))

    def download(self, path: str, parameters: _Parameters) -> bytes:
        """Return the file at a path; raises ServerError as `get` does."""
        return self._send("GET", path, params=_encodable(parameters), headers={"Accept": "*/*"}).content

    def _send(self, method: str, path: str, **content: Any) -> httpx2.Response:
        try:
            response = self._client.request(method, f"{self.url}{path}", **content)
        except httpx2.TimeoutException as error:
            raise ServerError(f"{self.url} does not answer in time.", hint="Try again later.") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ServerError(
                f"{self.url} cannot be reached: {str(error) or type(error).__name__}.",
                hint="Check the address, and that a server runs there (`casebook serve`).",
            ) from error
        if response.is_success:
            return response
        raise refusal_of(response.status_code, response.headers, response.content, url=self.url)

    def _read(self, response: httpx2.Response) -> Any:
        try:
            return response.json()
        except ValueError as error:
            raise ServerError(
                f"{self.url} does not answer as a Casebook server does.", hint="Check the address, its path too."
            ) from error


@contextmanager
def open_caller(server: str, *, insecure: bool) -> Iterator[Caller]:
    """Open connections to a server.

    Redirects are not followed, so that neither key nor challenge goes to an address that nobody named. Plain http
    never takes the way of a proxy.

    Raises:
        SettingsError: the address or the key cannot be used.
    """
    url = _checked(server, insecure=insecure)
    headers = {"Accept": "application/json", "User-Agent": f"casebook/{casebook_version()}", **_credentials()}
    timeout = httpx2.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS)
    with httpx2.Client(headers=headers, timeout=timeout, trust_env=url.scheme == "https") as client:
        yield Caller(str(url).rstrip("/"), client)


def _checked(server: str, *, insecure: bool) -> httpx2.URL:
    """Return a server's address; refuse one over which the key or the challenge could be read."""
    try:
        url = httpx2.URL(server)
    except httpx2.InvalidURL:
        url = httpx2.URL()
    if not url.host or url.scheme not in ("http", "https") or url.query or url.fragment:
        raise SettingsError(
            f"{server!r} is no address of a server.", hint="Write one such as --server https://kb.example.com/casebook."
        )
    if url.userinfo:
        raise SettingsError("An address holds no credentials.", hint=f"Put the key into {KEY_VARIABLE}.")
    if url.scheme == "http" and not _is_loopback(url.host) and not insecure:
        raise SettingsError(
            f"The key and the challenge could be read on their way to {server}.",
            hint="Use https; or add --insecure if you trust every part of the network between.",
        )
    return url


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _credentials() -> dict[str, str]:
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key:
        return {}
    if not key.isascii() or not key.isprintable() or " " in key:
        raise SettingsError(f"{KEY_VARIABLE} holds no key.", hint="A key is one word, such as cbk_ and what follows.")
    return {"Authorization": f"Bearer {key}"}


def _encodable(parameters: _Parameters) -> dict[str, str | list[str]]:
    """Replace what Python makes of an argument's bytes that are no UTF-8; no server has anything of that name."""

    def plain(text: str) -> str:
        return text.encode("utf-8", "replace").decode()

    return {
        name: plain(value) if isinstance(value, str) else list(map(plain, value)) for name, value in parameters.items()
    }
