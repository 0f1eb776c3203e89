"""Who asks: keys open little, users' tokens what the user may see, and anything wrong is a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.credentials.identity import Identity, IdentitySource, Sender, metadata_url
from api.credentials.oidc import TokenVerifier
from api.requests.exchange import Exchange
from api.requests.problems import ProblemError
from api.requests.rates import FAILURES_AT_ONCE, RateLimiter, RatePolicy
from curation.keys import KeyStore
from curation.state import State
from library.access import Role
from library.errors import StateError
from library.settings import OidcSettings, ServerSettings, Settings
from tests.api.local_issuer import AUDIENCE, LocalIssuer, running_issuer

WRONG = f"cbk_12345678_{'x' * 43}"


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(State(tmp_path / "state.db"))


@pytest.fixture
def issuer() -> Iterator[LocalIssuer]:
    with running_issuer() as running:
        yield running


def _source(keys: KeyStore | None = None, issuer: LocalIssuer | None = None, **server: Any) -> IdentitySource:
    oidc = OidcSettings(issuer=issuer.url, audience=AUDIENCE) if issuer else OidcSettings()
    settings = Settings(server=ServerSettings(**server), oidc=oidc)
    return IdentitySource(settings, keys, TokenVerifier.from_settings(settings))


def _bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def _refused(source: IdentitySource, headers: dict[str, str]) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        source.identify(headers)
    assert caught.value.status == 401
    assert caught.value.headers["WWW-Authenticate"].startswith('Bearer realm="casebook"')
    return caught.value


def test_nothing_set_up_serves_anyone(keys: KeyStore) -> None:
    """Without keys and tokens everybody is a service that sees what is public or internal."""
    source = _source(keys)
    assert not source.required
    identity = source.identify({})
    assert identity.asker.is_service
    assert (identity.name, identity.kind, identity.key) == ("anyone", "anyone", None)


def test_a_server_can_be_told_to_require_credentials(keys: KeyStore) -> None:
    """With authentication = required nobody is let in without credentials, though there are none yet."""
    source = _source(keys, authentication="required")
    assert source.required
    _refused(source, {})


def test_a_key_closes_the_server(keys: KeyStore) -> None:
    """Once a key was made credentials are required, also after the last one was revoked."""
    made = keys.create("portal")
    assert _source(keys).required
    keys.revoke(made.key.id)
    assert _source(keys).required
    _refused(_source(keys), {})


def test_whether_credentials_are_required_is_decided_once(keys: KeyStore) -> None:
    """A running server neither opens nor closes when keys come and go."""
    source = _source(keys)
    keys.create("portal")
    assert not source.required
    assert source.identify({}).kind == "anyone"


def test_keys_that_cannot_be_read_open_nothing(tmp_path: Path) -> None:
    """A damaged state stops the start; it does not look like a server without keys."""
    (tmp_path / "state.db").write_bytes(b"x" * 9_000)
    with pytest.raises(StateError):
        _source(KeyStore(State(tmp_path / "state.db")))


def test_a_key_is_a_service_whatever_its_role(keys: KeyStore) -> None:
    """A key alone acts as a service with its role, under its public id, in either header."""
    made = keys.create("portal", role=Role.PUBLISHER)
    source = _source(keys)
    sent: list[dict[str, str]] = [
        _bearer(made.text),
        {"authorization": f"bearer   {made.text} "},
        {"x-api-key": made.text},
        {**_bearer(made.text), "x-api-key": made.text},
    ]
    for headers in sent:
        identity = source.identify(headers)
        assert identity.asker.is_service
        assert identity.asker.role is Role.PUBLISHER
        assert (identity.name, identity.key, identity.kind) == (f"key:{made.key.id}", made.key.id, "service")


def test_a_user_is_named_by_a_hash(issuer: LocalIssuer) -> None:
    """A token gives the user's rights, under a name that tells logs nothing of the person."""
    identity = _source(issuer=issuer).identify(_bearer(issuer.token(email="ann@firm.example", groups=["red"])))
    assert not identity.asker.is_service
    assert identity.asker.user == "ann@firm.example"
    assert identity.kind == "user"
    assert identity.name.startswith("user:")
    assert "ann" not in identity.name


def test_a_bots_key_beside_a_users_token_adds_nothing(issuer: LocalIssuer, keys: KeyStore) -> None:
    """With both, rights and name are the user's alone; of the key only its id is noted."""
    made = keys.create("bot", role=Role.PUBLISHER)
    source = _source(keys, issuer)
    token = issuer.token(email="ann@firm.example")
    alone, both = source.identify(_bearer(token)), source.identify({**_bearer(token), "x-api-key": made.text})
    assert both.asker == alone.asker
    assert both.asker.role is Role.READER
    assert (both.name, both.key, alone.key) == (alone.name, made.key.id, None)


def test_one_bad_credential_of_two_is_refused(issuer: LocalIssuer, keys: KeyStore) -> None:
    """A wrong key beside a good token, and a wrong token beside a good key, are refused."""
    made = keys.create("bot")
    source = _source(keys, issuer)
    _refused(source, {**_bearer(issuer.token()), "x-api-key": WRONG})
    _refused(source, {**_bearer(issuer.token(aud="another")), "x-api-key": made.text})
    _refused(source, {**_bearer(WRONG), "x-api-key": made.text})


@pytest.mark.parametrize(
    "headers",
    [
        _bearer(WRONG),
        {"x-api-key": WRONG},
        {"x-api-key": ""},
        {"x-api-key": "secret"},
        _bearer("a.b.c"),
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": "Basic YTpi"},
        {"authorization": WRONG},
        {"authorization": "Bearer \xff\xfe"},
        {"x-api-key": "cbk_\xff"},
    ],
)
@pytest.mark.parametrize("authentication", ["required", "auto"])
def test_a_bad_credential_is_refused_everywhere(keys: KeyStore, headers: dict[str, str], authentication: str) -> None:
    """Whoever sends something wrong is refused, also where nothing has to be sent."""
    _refused(_source(keys, authentication=authentication), headers)


def test_wrong_keys_look_alike(keys: KeyStore) -> None:
    """An unknown id, a wrong secret, a revoked and an expired key get the same answer, letter by letter."""
    good, revoked = keys.create("a"), keys.create("b")
    keys.revoke(revoked.key.id)
    source = _source(keys)
    sent = [WRONG, f"cbk_{good.key.id}_{'x' * 43}", revoked.text, "cbk_"]
    answers = [_refused(source, _bearer(text)) for text in sent]
    assert len({(answer.detail, answer.headers["WWW-Authenticate"]) for answer in answers}) == 1


def test_a_refusal_never_repeats_what_was_sent(keys: KeyStore, issuer: LocalIssuer) -> None:
    """Neither the answer nor its headers hold a credential."""
    keys.create("a")
    token = issuer.token(aud="another")
    for text in (WRONG, token, 'x", injected="1'):
        problem = _refused(_source(keys, issuer), _bearer(text))
        told = f"{problem.detail} {problem.headers} {problem.extensions}"
        assert text not in told
        assert "injected" not in told


def test_a_refusal_says_where_tokens_come_from(issuer: LocalIssuer) -> None:
    """With tokens set up, refusals point to the metadata below the public URL; nothing sent is no error of a token."""
    source = _source(issuer=issuer, public_url="https://kb.example.com/casebook/")
    address = "https://kb.example.com/casebook/.well-known/oauth-protected-resource"
    assert _refused(source, {}).headers["WWW-Authenticate"] == f'Bearer realm="casebook", resource_metadata="{address}"'
    expired = _refused(source, _bearer(issuer.token(exp=1))).headers["WWW-Authenticate"]
    assert 'error="invalid_token", error_description="The token has expired."' in expired
    assert f'resource_metadata="{address}"' in expired


def test_a_server_for_keys_alone_names_no_issuer(keys: KeyStore) -> None:
    """Without tokens set up there is no metadata to point to, and a token is refused with that reason."""
    keys.create("a")
    problem = _refused(_source(keys), _bearer("a.b.c"))
    assert "resource_metadata" not in problem.headers["WWW-Authenticate"]
    assert "keys only" in problem.detail


def test_an_issuer_that_is_down_is_no_refusal(issuer: LocalIssuer) -> None:
    """While no keys have come from the issuer the answer is 503 with a time to wait, not 401."""
    issuer.is_down = True
    with pytest.raises(ProblemError) as caught:
        _source(issuer=issuer).identify(_bearer(issuer.token()))
    assert caught.value.status == 503
    assert int(caught.value.headers["Retry-After"]) > 0


def test_this_machine_stands_in_for_a_public_url() -> None:
    """Without a public URL the metadata lies where the server listens."""
    assert metadata_url(Settings()).startswith("http://127.0.0.1:8000/.well-known/")
    assert metadata_url(Settings(server=ServerSettings(host="::1")), "/mcp").startswith("http://[::1]:8000/")


def _admit(source: IdentitySource, sender: Sender, rates: RateLimiter) -> tuple[Identity, Exchange]:
    exchange = Exchange("request", "")
    return source.admit(sender, exchange, rates), exchange


def _status(source: IdentitySource, sender: Sender, rates: RateLimiter) -> int:
    try:
        _admit(source, sender, rates)
    except ProblemError as problem:
        return problem.status
    return 200


def test_an_admitted_caller_is_noted(issuer: LocalIssuer) -> None:
    """The exchange gets the caller's name, what is left of the limit, and notices."""
    rates = RateLimiter(RatePolicy("requests", 60, 5))
    token = issuer.token(hasgroups=True)
    identity, exchange = _admit(_source(issuer=issuer), Sender(_bearer(token), "192.0.2.1"), rates)
    assert exchange.caller == identity.name
    assert exchange.headers["Casebook-Notice"] == "groups-overage"
    assert exchange.headers["X-RateLimit-Remaining"] == "4"


def test_who_asks_too_often_waits(keys: KeyStore) -> None:
    """Beyond the limit a caller gets 429 with a time to wait, and another caller is served."""
    first, second = keys.create("a"), keys.create("b")
    source, rates = _source(keys), RateLimiter(RatePolicy("requests", 1, 2))
    sender = Sender(_bearer(first.text), "192.0.2.1")
    assert [_status(source, sender, rates) for _ in range(3)] == [200, 200, 429]
    assert _status(source, Sender(_bearer(second.text), "192.0.2.1"), rates) == 200
    exchange = Exchange("request", "")
    with pytest.raises(ProblemError) as caught:
        source.admit(sender, exchange, rates)
    assert int(caught.value.headers["Retry-After"]) > 0
    assert exchange.caller == f"key:{first.key.id}"


def test_keys_cannot_be_guessed_at_speed(keys: KeyStore) -> None:
    """After some wrong keys an address is not listened to for a while, were the next one right; others are."""
    made = keys.create("a")
    source, rates = _source(keys), RateLimiter(None)
    wrong, right = Sender(_bearer(WRONG), "192.0.2.1"), Sender({"x-api-key": made.text}, "192.0.2.1")
    assert [_status(source, wrong, rates) for _ in range(FAILURES_AT_ONCE)] == [401] * FAILURES_AT_ONCE
    assert _status(source, right, rates) == 429
    assert _status(source, Sender(right.headers, "192.0.2.2"), rates) == 200


def test_a_neighbour_who_guesses_locks_nobody_out(keys: KeyStore) -> None:
    """A key that was served before goes on from an address where others guess, until it is revoked."""
    made = keys.create("a")
    source, rates = _source(keys), RateLimiter(None)
    wrong, right = Sender(_bearer(WRONG), "192.0.2.1"), Sender({"x-api-key": made.text}, "192.0.2.1")
    assert _status(source, right, rates) == 200
    for _ in range(FAILURES_AT_ONCE + 1):
        _status(source, wrong, rates)
    assert (_status(source, wrong, rates), _status(source, right, rates)) == (429, 200)
    keys.revoke(made.key.id)
    assert _status(source, right, rates) == 401


def test_an_address_of_version_6_is_its_whole_network(keys: KeyStore) -> None:
    """Who has a /64 cannot guess from each of its addresses anew; a mapped address is that of version 4."""
    keys.create("a")
    source, rates = _source(keys), RateLimiter(None)
    for number in range(FAILURES_AT_ONCE):
        assert _status(source, Sender(_bearer(WRONG), f"2001:db8:0:1::{number:x}"), rates) == 401
    assert _status(source, Sender(_bearer(WRONG), "2001:db8:0:1:ffff::1"), rates) == 429
    assert _status(source, Sender(_bearer(WRONG), "2001:db8:0:2::1"), rates) == 401
    for number in range(FAILURES_AT_ONCE):
        _status(source, Sender(_bearer(WRONG), f"::ffff:192.0.2.{number % 2}"), rates)
    assert _status(source, Sender(_bearer(WRONG), "192.0.2.0"), rates) == 401


def test_stale_tokens_lock_nobody_out(keys: KeyStore, issuer: LocalIssuer) -> None:
    """A portal whose users' tokens have expired, or that forgets to send any, can still use its key."""
    made = keys.create("portal")
    source, rates = _source(keys, issuer), RateLimiter(None)
    stale = issuer.token(exp=1)
    for headers in (_bearer(stale), {**_bearer(stale), "x-api-key": made.text}, {}):
        for _ in range(FAILURES_AT_ONCE + 1):
            assert _status(source, Sender(headers, "192.0.2.1"), rates) == 401
    assert _status(source, Sender(_bearer(made.text), "192.0.2.1"), rates) == 200
