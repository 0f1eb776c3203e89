"""Questions to an issuer: to safe addresses only, for a JSON object, not for ever."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.credentials.outbound import OutboundError, check_url, get_json, post_form, same_origin
from tests.api.local_issuer import LocalIssuer, Reply, running_issuer


@pytest.fixture
def issuer() -> Iterator[LocalIssuer]:
    with running_issuer() as running:
        yield running


@pytest.mark.parametrize(
    "url",
    [
        "https://login.example.com/tenant",
        "https://login.example.com:8443",
        "http://127.0.0.1:8080/keys",
        "http://localhost/keys",
        "http://[::1]:80/keys",
    ],
)
def test_safe_addresses(url: str) -> None:
    """Encrypted addresses are safe, and those that never leave this machine."""
    check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "login.example.com",
        "//login.example.com",
        "http://login.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "http://[::2]/",
        "https://",
        "https:///path",
        "https://user:word@login.example.com",
        "https://[broken",
        "file:///etc/hosts",
        "ftp://127.0.0.1/",
        "data:application/json,{}",
    ],
)
def test_unsafe_addresses(url: str) -> None:
    """Anything that others on the way could answer, or that is no address, is refused before it is asked."""
    with pytest.raises(OutboundError):
        check_url(url)
    with pytest.raises(OutboundError):
        get_json(url)


def test_an_origin_is_scheme_host_and_port() -> None:
    """A usual port counts as named; another scheme, host or port is another origin."""
    assert same_origin("https://a.example/x", "https://a.example:443/y?z")
    for other in ("http://a.example/x", "https://b.example/x", "https://a.example:444/x", "/x"):
        assert not same_origin("https://a.example/x", other)


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"\xff\xfe", b"[" * 100_000, b"<html>"])
def test_only_objects_count(issuer: LocalIssuer, body: bytes) -> None:
    """An answer that is no JSON object is an error, whatever it is instead."""
    issuer.replies["/x"] = Reply(body)
    with pytest.raises(OutboundError, match=r"127\.0\.0\.1"):
        get_json(f"{issuer.url}/x")


@pytest.mark.parametrize("status", [204, 400, 401, 404, 500])
def test_a_failure_is_an_error(issuer: LocalIssuer, status: int) -> None:
    """Any status that brings no object is an error."""
    issuer.replies["/x"] = Reply(b"", status)
    with pytest.raises(OutboundError):
        get_json(f"{issuer.url}/x")


def test_a_slow_answer_is_given_up(issuer: LocalIssuer) -> None:
    """An answer that trickles in, each letter within the time of a read, ends when the time for all of it is over."""
    issuer.replies["/x"] = Reply({"keys": "x" * 1_000}, pause=0.02)
    with pytest.raises(OutboundError, match="too long"):
        get_json(f"{issuer.url}/x", seconds=0.3)


def test_redirects_end(issuer: LocalIssuer) -> None:
    """An address that points to itself is an error."""
    issuer.replies["/x"] = Reply(b"", 302, {"Location": "/x"})
    with pytest.raises(OutboundError):
        get_json(f"{issuer.url}/x")


def test_nobody_there_is_an_error() -> None:
    """A host that does not answer is an error that names it and repeats no token."""
    with pytest.raises(OutboundError, match=r"127\.0\.0\.1") as caught:
        get_json("http://127.0.0.1:9/x", token="secret-token", seconds=1)
    assert "secret-token" not in str(caught.value)


def test_what_is_posted_follows_no_redirect(issuer: LocalIssuer) -> None:
    """A form holds secrets: not even within its origin does it go further than where it was sent."""
    issuer.replies["/token"] = Reply({}, 302, {"Location": "/elsewhere"})
    issuer.replies["/elsewhere"] = Reply({"a": 1})
    with pytest.raises(OutboundError):
        post_form(f"{issuer.url}/token", {"code": "secret"})
    assert issuer.times_asked("/elsewhere") == 0


@pytest.mark.parametrize(("told", "shown"), [("invalid_client", True), ("<b>secret</b>", False), (["x"], False)])
def test_a_refusal_names_its_code(issuer: LocalIssuer, told: object, shown: bool) -> None:  # noqa: FBT001
    """The code of an OAuth error helps whoever set it up; other texts of a stranger are not repeated."""
    issuer.replies["/token"] = Reply({"error": told}, 400)
    with pytest.raises(OutboundError) as caught:
        post_form(f"{issuer.url}/token", {})
    assert ("(invalid_client)" in str(caught.value)) is shown
    assert "secret" not in str(caught.value)


def test_a_form_goes_to_safe_addresses_alone() -> None:
    """Secrets are not sent where others on the way could read them."""
    with pytest.raises(OutboundError):
        post_form("http://login.example.com/token", {})
