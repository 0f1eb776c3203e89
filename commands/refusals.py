"""What a server refuses, as an error that says what, where and what to do: its problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from library.errors import CasebookError

# What is best done about an answer of this status; the server knows the rest.
_REMEDIES = {
    401: "Put a valid key into CASEBOOK_SERVER_KEY; `casebook keys create` makes one where the server runs.",
    403: "Ask with a key whose role allows it.",
    404: "Check the address, its path too.",
    421: "Use the name that the server is known by, or have this one added to its setting server.allowed_hosts.",
}
_OPTIONS = {"have", "limit", "status"}
_LONGEST = 500


class ServerError(CasebookError):
    """A server cannot be reached, or does not do what it was asked for; `status` is that of a problem it told, or 0."""

    def __init__(self, message: str, *, hint: str = "", status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.status = status


def refusal_of(status: int, headers: Mapping[str, str], content: bytes, *, url: str) -> ServerError:
    """Return the error that an answer other than 2xx is."""
    if 300 <= status < 400:  # noqa: PLR2004  redirects
        target = _plain(headers.get("location", "another address"))
        return ServerError(
            f"{url} sends on to {target}, where no key is sent to by itself.",
            hint="Name the right address with --server if you trust it.",
        )
    problem = _problem(content)
    if not problem:
        return ServerError(
            f"{url} answers with status {status}, and not as a Casebook server does.",
            hint=_remedy(status, headers, {}),
        )
    return ServerError(f"{url}: {_told(problem)}", hint=_remedy(status, headers, problem), status=status)


def _problem(content: bytes) -> dict[str, Any]:
    """Return problem details, or nothing if an answer has none."""
    try:
        problem = json.loads(content)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) and isinstance(problem.get("title"), str) else {}


def _told(problem: Mapping[str, Any]) -> str:
    """Return what is wrong: the title, then each field by the option that it comes from."""
    faults = [
        f"{_option(_plain(fault.get('field', '')))}: {_plain(fault.get('message', ''))}"
        for fault in _entries(problem.get("errors"))
    ]
    return "\n".join([f"{_plain(problem['title'])}.", *faults])


def _remedy(status: int, headers: Mapping[str, str], problem: Mapping[str, Any]) -> str:
    wait = _plain(headers.get("retry-after", ""))
    if wait.isdecimal():
        return f"Try again in {wait} second{'' if wait == '1' else 's'}."
    if status in _REMEDIES:
        return _REMEDIES[status]
    request = _plain(problem.get("request_id", ""))
    if status >= 500 and request:  # noqa: PLR2004  the server's own failures
        return f"Try again; if it stays, give the server's operator the request id {request}."
    return _plain(problem.get("detail", "")) if not _entries(problem.get("errors")) else ""


def _option(field: str) -> str:
    """Return what a field of a request is called on the command line."""
    parts = [part for part in field.split(".") if not part.isdecimal()]
    name = parts[-1].replace("_", "-") if parts else ""
    return f"--{name}" if parts[:1] == ["filters"] or name in _OPTIONS else name


def _entries(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _plain(value: object) -> str:
    """Return a text of someone else's as one line for a terminal: bounded, without control characters."""
    text = " ".join(str(value).split())
    return "".join(letter for letter in text if letter.isprintable())[:_LONGEST]
