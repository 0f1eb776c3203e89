"""A person's browser on a server's pages: it keeps cookies, sends forms with their token, and reaches what it asked."""

from __future__ import annotations

import re
from dataclasses import replace

from httpx2 import Cookies, Response
from starlette.testclient import TestClient

from tests.leaks.asked import Answered, Asked, answered

_TOKEN = re.compile(r'name="csrf" value="([^"]{88})"')
_HELD = re.compile(r"/answers/([A-Za-z0-9_-]{22})")
_NOTHING_HELD = "_" * 22
_HEADERS = {
    "X-Request-ID": "leaks",
    "Accept": "text/html",
    "Accept-Encoding": "identity",
    "Origin": "http://localhost:8000",
}
SIGNING_IN = (Asked("GET", "/signin"), Asked("POST", "/signin", form=(("key", "{key}"), ("next", "/cases"))))


class Browser:
    """One session on a server; what differs between any two sessions is made equal in what it returns.

    In what is asked `{held}` is the id under which its last challenge is held, `{key}` its own key.
    """

    def __init__(self, client: TestClient, *, key: str = "") -> None:
        self._client = client
        self._key = key
        self._cookies = Cookies()
        self._token = ""
        self._held = _NOTHING_HELD

    def ask(self, asked: Asked) -> list[Answered]:
        """Do what comes before a request, then send it; return all answers."""
        return [self._answered(self._send(step)) for step in (*asked.first, asked)]

    def sign_in(self) -> list[Answered]:
        """Sign in with the browser's key."""
        *first, last = SIGNING_IN
        answers = self.ask(replace(last, first=tuple(first)))
        assert answers[-1].status == 303, answers
        return answers + self.ask(Asked("GET", "/cases"))

    def _send(self, asked: Asked) -> Response:
        data = None
        if asked.form is not None:
            data = {"csrf": [self._token]} if self._token else {}
            for name, value in asked.form:
                data.setdefault(name, []).append(value.replace("{key}", self._key))
        # The client is shared, so cookies are put there for this request alone.
        self._client.cookies = self._cookies
        try:
            return self._client.request(
                asked.method,
                asked.path.replace("{held}", self._held),
                params=list(asked.params),
                data=data,
                headers={**_HEADERS, **asked.headers},
                follow_redirects=False,
            )
        finally:
            self._cookies = Cookies(self._client.cookies)
            self._client.cookies = Cookies()

    def _answered(self, response: Response) -> Answered:
        is_page = response.headers.get("content-type", "").startswith("text/html")
        if is_page and (token := _TOKEN.search(response.text)):
            self._token = token[1]
        if response.request.method == "POST":
            held = _HELD.search(response.headers.get("location", ""))
            self._held = held[1] if held else _NOTHING_HELD
        return answered(response, own=self._held)
