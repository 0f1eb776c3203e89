"""An issuer's keys: found, kept through an outage, and fetched again no more than needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from api.credentials.issuer import IssuerUnavailableError
from api.credentials.oidc import TokenError, TokenVerifier
from api.credentials.outbound import MAX_BYTES
from tests.api.local_issuer import (
    DISCOVERY,
    JWKS,
    Clock,
    LocalIssuer,
    Reply,
    SigningKey,
    ec_key,
    rsa_key,
    running_issuer,
    verifier_for,
    verify,
)


@pytest.fixture
def issuer() -> Iterator[LocalIssuer]:
    with running_issuer() as running:
        yield running


def _clocked(issuer: LocalIssuer) -> tuple[TokenVerifier, Clock]:
    verifier, clock = verifier_for(issuer), Clock()
    verifier._keys._clock = clock
    return verifier, clock


def test_keys_are_fetched_once(issuer: LocalIssuer) -> None:
    """Many tokens cost one look at the issuer's keys."""
    verifier = verifier_for(issuer)
    for _ in range(5):
        verifier.verify(issuer.token())
    assert [path for path, _ in issuer.asked] == [DISCOVERY, JWKS]


def test_a_rotated_key_is_found(issuer: LocalIssuer) -> None:
    """A token under a new key is good at once, if nobody asked a minute before; the old one goes with its key."""
    verifier, clock = _clocked(issuer)
    old = issuer.token()
    verifier.verify(old)
    issuer.keys = [rsa_key("second")]
    with pytest.raises(TokenError):
        verifier.verify(issuer.token())
    clock.now += 61
    assert verifier.verify(issuer.token()).subject
    with pytest.raises(TokenError):
        verifier.verify(old)


def test_invented_keys_do_not_make_us_ask(issuer: LocalIssuer) -> None:
    """Tokens that name unknown keys lead to one look a minute at most."""
    verifier, clock = _clocked(issuer)
    verifier.verify(issuer.token())
    for number in range(20):
        with pytest.raises(TokenError):
            verifier.verify(issuer.token(SigningKey(f"k{number}", "RS256", issuer.keys[0].private)))
    assert issuer.times_asked(JWKS) == 1
    clock.now += 61
    for number in range(20):
        with pytest.raises(TokenError):
            verifier.verify(issuer.token(SigningKey(f"k{number}", "RS256", issuer.keys[0].private)))
    assert issuer.times_asked(JWKS) == 2


def test_a_withdrawn_key_is_forgotten(issuer: LocalIssuer) -> None:
    """Keys are looked at again after an hour, so that one the issuer withdrew stops counting."""
    verifier, clock = _clocked(issuer)
    token = issuer.token()
    verifier.verify(token)
    issuer.keys = [rsa_key("second")]
    clock.now += 3_601
    with pytest.raises(TokenError):
        verifier.verify(token)


def test_an_outage_keeps_the_keys(issuer: LocalIssuer) -> None:
    """While the issuer is down, or publishes nothing of use, tokens under known keys are good."""
    verifier, clock = _clocked(issuer)
    verifier.verify(issuer.token())
    clock.now += 3_601
    issuer.is_down = True
    assert verifier.verify(issuer.token()).subject
    clock.now += 61
    issuer.is_down, issuer.replies[JWKS] = False, Reply({"keys": []})
    assert verifier.verify(issuer.token()).subject


def test_a_first_outage_is_not_the_tokens_fault(issuer: LocalIssuer) -> None:
    """Before any keys came a token is neither good nor bad; the issuer is asked again after a few seconds."""
    verifier, clock = _clocked(issuer)
    issuer.is_down = True
    for _ in range(3):
        with pytest.raises(IssuerUnavailableError):
            verifier.verify(issuer.token())
    assert len(issuer.asked) == 1
    issuer.is_down = False
    clock.now += 6
    assert verifier.verify(issuer.token()).subject


def test_discovery_of_another_issuer_is_not_believed(issuer: LocalIssuer) -> None:
    """A discovery document that names another issuer, or keys over plain http elsewhere, gives no keys."""
    elsewhere = {"issuer": "https://login.example.com", "jwks_uri": f"{issuer.url}{JWKS}"}
    plain = {"issuer": issuer.url, "jwks_uri": "http://login.example.com/keys"}
    file = {"issuer": issuer.url, "jwks_uri": "file:///etc/passwd"}
    documents: tuple[Any, ...] = (elsewhere, plain, file, {"issuer": issuer.url}, [], "x")
    for document in documents:
        issuer.replies[DISCOVERY] = Reply(document)
        with pytest.raises(IssuerUnavailableError):
            verify(issuer, issuer.token())
    assert issuer.times_asked(JWKS) == 0


def test_redirects_stay_with_the_issuer(issuer: LocalIssuer) -> None:
    """A redirect on the same host is followed, one to another host is not."""
    issuer.replies["/moved"] = Reply({"keys": [issuer.keys[0].jwk]})
    issuer.replies[JWKS] = Reply(b"", 302, {"Location": "/moved"})
    assert verify(issuer, issuer.token()).subject
    with running_issuer() as other:
        issuer.replies[JWKS] = Reply(b"", 302, {"Location": f"{other.url}{JWKS}"})
        with pytest.raises(IssuerUnavailableError):
            verify(issuer, issuer.token())
        assert other.asked == []


def test_an_endless_answer_is_not_read(issuer: LocalIssuer) -> None:
    """Keys that come with more bytes than any issuer has are not taken."""
    issuer.replies[JWKS] = Reply({"keys": [issuer.keys[0].jwk], "more": "x" * MAX_BYTES})
    with pytest.raises(IssuerUnavailableError):
        verify(issuer, issuer.token())


def test_keys_can_lie_where_the_settings_say(issuer: LocalIssuer) -> None:
    """With an address for keys the issuer is not asked where they are."""
    issuer.replies["/elsewhere"] = Reply({"keys": [issuer.keys[0].jwk, {"kty": "new"}, "x", None]})
    assert verify(issuer, issuer.token(), jwks_url=f"{issuer.url}/elsewhere").subject
    assert [path for path, _ in issuer.asked] == ["/elsewhere"]


def test_a_token_without_key_id_is_tried_with_all(issuer: LocalIssuer) -> None:
    """A token that names no key is good if any key of the issuer signed it."""
    issuer.keys = [ec_key("e"), rsa_key("other"), rsa_key("first")]
    token = jwt.encode(issuer.claims(), rsa_key("first").private, algorithm="RS256")
    assert verify(issuer, token).subject
    with pytest.raises(TokenError):
        verify(issuer, jwt.encode(issuer.claims(), rsa_key("foreign").private, algorithm="RS256"))
