"""Bearer tokens: only the issuer's, for us, now, signed with its own key; unclear ones give less, never more."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from api.credentials.oidc import TokenError, TokenVerifier
from library.access import Role
from library.errors import SettingsError
from library.settings import OidcSettings, Settings
from tests.api.local_issuer import (
    AUDIENCE,
    DISCOVERY,
    JWKS,
    LocalIssuer,
    Reply,
    SigningKey,
    ec_key,
    ed_key,
    rsa_key,
    running_issuer,
    verify,
)


@pytest.fixture
def issuer() -> Iterator[LocalIssuer]:
    with running_issuer() as running:
        yield running


def _segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_names_its_user(issuer: LocalIssuer) -> None:
    """A good token gives the user's name, groups and role, and a name for limits that tells nobody who it is."""
    token = issuer.token(email="ann@firm.example", groups=["red", "blue"], roles=["kb-coe"])
    user = verify(issuer, token, roles={"kb-coe": Role.CURATOR})
    assert user.asker.user == "ann@firm.example"
    assert user.asker.groups == {"red", "blue"}
    assert user.asker.role is Role.CURATOR
    assert not user.asker.is_service
    assert user.notices == ()
    assert len(user.subject) == 12
    assert user.subject == verify(issuer, issuer.token()).subject
    assert user.subject != verify(issuer, issuer.token(sub="u-2")).subject


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (rsa_key("r"), "RS256"),
        (rsa_key("r"), "RS512"),
        (rsa_key("r"), "PS256"),
        (ec_key("e"), "ES256"),
        (ed_key("d"), "EdDSA"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_asymmetric_signatures_count(key: SigningKey, algorithm: str) -> None:
    """RSA, RSA-PSS, elliptic curves and Edwards curves are all read."""
    with running_issuer(key) as issuer:
        signer = SigningKey(key.id, algorithm, key.private)
        assert verify(issuer, issuer.token(signer, email="a@b.example")).asker.user == "a@b.example"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": int(time.time()) - 3600}, "expired"),
        ({"exp": None}, "lacks"),
        ({"exp": "soon"}, "not valid"),
        ({"exp": 1e400}, "not valid"),
        ({"exp": [1]}, "not valid"),
        ({"nbf": int(time.time()) + 3600}, "not valid yet"),
        ({"iat": int(time.time()) + 3600}, "not valid yet"),
        ({"aud": "another-client"}, "audience"),
        ({"aud": ["another-client", "and-another"]}, "audience"),
        ({"aud": None}, "lacks"),
        ({"aud": ""}, "lacks"),
        ({"exp": float("nan")}, "not valid"),
        ({"iss": "https://login.example.com"}, "issuer"),
        ({"iss": None}, "lacks"),
        ({"sub": None}, "lacks"),
        ({"sub": ""}, "subject"),
    ],
)
def test_claims_that_do_not_fit_are_refused(issuer: LocalIssuer, claims: dict[str, Any], reason: str) -> None:
    """A token that is late, early, endless, for others, from others or of nobody is refused, with the reason."""
    with pytest.raises(TokenError, match=reason):
        verify(issuer, issuer.token(**claims))


def test_clocks_may_differ_a_little(issuer: LocalIssuer) -> None:
    """A few seconds too late or too early do not count, as far as the setting says."""
    now = int(time.time())
    for token in (issuer.token(exp=now - 10), issuer.token(nbf=now + 10, iat=now + 10)):
        assert verify(issuer, token, leeway_seconds=30).subject
        with pytest.raises(TokenError):
            verify(issuer, token, leeway_seconds=0)


def test_one_of_several_audiences_is_enough(issuer: LocalIssuer) -> None:
    """A token for several audiences counts if we are one of them."""
    assert verify(issuer, issuer.token(aud=["another", AUDIENCE])).subject


def test_a_token_without_signature_is_refused(issuer: LocalIssuer) -> None:
    """`alg: none` is refused, however it is spelt, and with any signature."""
    for name in ("none", "None", "NONE", ""):
        head = _segment({"alg": name, "typ": "JWT", "kid": "first"})
        for signature in ("", "AAAA"):
            with pytest.raises(TokenError):
                verify(issuer, f"{head}.{_segment(issuer.claims())}.{signature}")


@pytest.mark.parametrize("form", ["pem", "der", "jwk", "modulus"])
def test_a_public_key_is_no_shared_secret(issuer: LocalIssuer, form: str) -> None:
    """A token signed with HMAC under the issuer's public key is refused, in whatever form that key was used."""
    public = issuer.keys[0].private.public_key()
    encoding = serialization.Encoding.DER if form == "der" else serialization.Encoding.PEM
    secret = public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    if form in ("jwk", "modulus"):
        jwk = issuer.keys[0].jwk
        secret = (json.dumps(jwk) if form == "jwk" else jwk["n"]).encode()
    for name in ("HS256", "RS256"):
        signed = f"{_segment({'alg': name, 'kid': 'first'})}.{_segment(issuer.claims())}"
        digest = hmac.digest(secret, signed.encode(), hashlib.sha256)
        signature = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        with pytest.raises(TokenError):
            verify(issuer, f"{signed}.{signature}")


def test_a_symmetric_key_of_the_issuer_is_no_use(issuer: LocalIssuer) -> None:
    """A shared secret among the issuer's keys, whatever algorithm it claims, verifies nothing."""
    secret = b"s" * 64
    jwk = {"kty": "oct", "kid": "shared", "k": base64.urlsafe_b64encode(secret).decode().rstrip("=")}
    issuer.replies[JWKS] = Reply({"keys": [jwk, {**jwk, "alg": "RS256"}, issuer.keys[0].jwk]})
    token = jwt.encode(issuer.claims(), secret, algorithm="HS256", headers={"kid": "shared"})
    with pytest.raises(TokenError):
        verify(issuer, token)
    assert verify(issuer, issuer.token()).subject


def test_anothers_signature_is_refused(issuer: LocalIssuer) -> None:
    """A token under the issuer's key id but another's key is refused, and so is one whose claims were changed."""
    with pytest.raises(TokenError, match="not signed"):
        verify(issuer, issuer.token(SigningKey("first", "RS256", rsa_key("other").private)))
    head, _, signature = issuer.token().split(".")
    with pytest.raises(TokenError, match="not signed"):
        verify(issuer, f"{head}.{_segment({**issuer.claims(), 'sub': 'boss'})}.{signature}")


def test_a_key_signs_in_its_own_way_only(issuer: LocalIssuer) -> None:
    """A key that is published for one algorithm verifies no other, and one for encryption verifies none."""
    jwk = issuer.keys[0].jwk
    for unfit in ({**jwk, "alg": "PS256"}, {**jwk, "use": "enc"}, {**jwk, "key_ops": ["encrypt"]}):
        issuer.replies[JWKS] = Reply({"keys": [unfit, ec_key("e").jwk]})
        with pytest.raises(TokenError, match="not signed"):
            verify(issuer, issuer.token())
    issuer.replies[JWKS] = Reply({"keys": [{**jwk, "alg": "RS256", "key_ops": ["verify"]}]})
    assert verify(issuer, issuer.token()).subject


def test_a_weak_key_is_no_use() -> None:
    """An RSA key that can be factored is not used, even if the issuer publishes it."""
    with running_issuer(rsa_key("weak", 1024), ec_key("e")) as issuer:
        with pytest.warns(jwt.InsecureKeyLengthWarning):
            token = issuer.token()
        with pytest.raises(TokenError, match="not signed"):
            verify(issuer, token)


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b", "a.b.c", "....", "é.é.é", "eyJhbGciOiJSUzI1NiJ9..", "x" * 40_000, "W10.W10.W10", "\ud800.a.b"],
)
def test_garbage_is_refused_without_asking_the_issuer(issuer: LocalIssuer, token: str) -> None:
    """What cannot be read is refused before anybody is asked."""
    with pytest.raises(TokenError):
        verify(issuer, token)
    assert issuer.asked == [] or token.startswith("eyJ")


@pytest.mark.parametrize("headers", [{"crit": ["exp"], "exp": 1}, {"kid": 7}, {"b64": False, "crit": ["b64"]}])
def test_headers_that_change_the_meaning_are_refused(issuer: LocalIssuer, headers: dict[str, Any]) -> None:
    """Extensions that must be understood and are not, and headers of a wrong type, are refused."""
    token = issuer.token()
    head = {**jwt.get_unverified_header(token), **headers}
    with pytest.raises(TokenError):
        verify(issuer, f"{_segment(head)}.{token.split('.', 1)[1]}")


def test_addresses_in_a_token_are_not_followed(issuer: LocalIssuer) -> None:
    """A token cannot bring its own key, nor say where one lies."""
    other = SigningKey("mine", "RS256", rsa_key("other").private)
    headers = {"jwk": other.jwk, "jku": f"{issuer.url}/mine", "x5u": f"{issuer.url}/mine"}
    with pytest.raises(TokenError):
        verify(issuer, issuer.token(other, headers=headers))
    assert {path for path, _ in issuer.asked} == {DISCOVERY, JWKS}


def _settings(**oidc: Any) -> Settings:
    return Settings(oidc=OidcSettings(**oidc))


def test_nothing_set_means_no_tokens() -> None:
    """Without settings there is no verifier."""
    assert TokenVerifier.from_settings(_settings()) is None


@pytest.mark.parametrize(
    ("oidc", "name"),
    [
        ({"issuer": "https://login.example.com"}, "oidc.audience"),
        ({"audience": "api://casebook"}, "oidc.issuer"),
        ({"groups_claim": "teams"}, "oidc.issuer"),
        ({"issuer": "http://login.example.com", "audience": "x"}, "oidc.issuer"),
        ({"issuer": "login.example.com", "audience": "x"}, "oidc.issuer"),
        ({"issuer": "https://user@login.example.com", "audience": "x"}, "oidc.issuer"),
        ({"issuer": "https://l.example", "audience": "x", "jwks_url": "http://l.example/keys"}, "oidc.jwks_url"),
        ({"issuer": "https://l.example", "audience": "x", "groups_url": "ftp://l.example/"}, "oidc.groups_url"),
        ({"issuer": "https://[l.example", "audience": "x"}, "oidc.issuer"),
    ],
)
def test_half_or_unsafe_settings_are_refused(oidc: dict[str, Any], name: str) -> None:
    """Settings by half, and addresses that anybody on the way could answer for, stop the start and are named."""
    with pytest.raises(SettingsError, match=name):
        TokenVerifier.from_settings(_settings(**oidc))


def test_whole_settings_make_a_verifier() -> None:
    """Making a verifier asks nobody, so that a server starts while its issuer is down."""
    assert TokenVerifier.from_settings(_settings(issuer="https://login.invalid", audience="x")) is not None


@pytest.mark.parametrize("payload", [b"[]", b"7", b"null", b'"x"', b"{", b"\xff", b"[" * 9_000])
def test_a_signed_payload_of_another_form_is_refused(issuer: LocalIssuer, payload: bytes) -> None:
    """Even under a good signature only an object of claims is a token."""
    head = _segment({"alg": "RS256", "kid": "first"})
    signed = f"{head}.{base64.urlsafe_b64encode(payload).rstrip(b'=').decode()}"
    rs256 = jwt.get_algorithm_by_name("RS256")
    signature = base64.urlsafe_b64encode(rs256.sign(signed.encode(), issuer.keys[0].private)).rstrip(b"=").decode()
    with pytest.raises(TokenError):
        verify(issuer, f"{signed}.{signature}")


@pytest.mark.parametrize(
    ("claims", "options", "user"),
    [
        ({"email": "ann@firm.example", "email_verified": True}, {}, "ann@firm.example"),
        ({"email": "ann@firm.example", "email_verified": False}, {}, ""),
        ({"email": "ann@firm.example", "email_verified": "false"}, {}, ""),
        ({"email": ["ann@firm.example"]}, {}, ""),
        ({}, {}, ""),
        ({"upn": "ann", "email_verified": False}, {"user_claim": "upn"}, "ann"),
        ({"https://firm.example/id": "ann"}, {"user_claim": "https://firm.example/id"}, "ann"),
        ({"person": {"id": "ann"}}, {"user_claim": "person.id"}, "ann"),
    ],
)
def test_the_users_name(issuer: LocalIssuer, claims: dict[str, Any], options: dict[str, str], user: str) -> None:
    """The name comes from the claim that the settings name; an address that is not verified is no name."""
    assert verify(issuer, issuer.token(**claims), **options).asker.user == user


@pytest.mark.parametrize(
    ("value", "groups"),
    [
        (["red", "blue"], {"red", "blue"}),
        ("red blue", {"red", "blue"}),
        ([], set()),
        (["red", 7, None, ["blue"]], {"red"}),
        ({"red": True}, set()),
        (None, set()),
        (7, set()),
    ],
)
def test_groups_of_a_claim(issuer: LocalIssuer, value: Any, groups: set[str]) -> None:
    """Groups are a list of texts or one text with spaces; anything else is no group."""
    assert verify(issuer, issuer.token(groups=value)).asker.groups == groups


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"roles": ["kb-auditor", "kb-curator", "kb-admin"]}, Role.CURATOR),
        ({"roles": ["kb-admin"], "groups": ["kb-auditor"]}, Role.ADMINISTRATOR),
        ({"groups": ["kb-curator"]}, Role.CURATOR),
        ({"roles": ["curator", "publisher", "KB-CURATOR"]}, Role.READER),
        ({"roles": "kb-auditor"}, Role.AUDITOR),
        ({"realm_access": {"roles": ["kb-curator"]}}, Role.READER),
        ({}, Role.READER),
    ],
)
def test_roles_are_mapped(issuer: LocalIssuer, claims: dict[str, Any], role: Role) -> None:
    """Only values that the settings map give a role, and of several the one that shows most; else a reader's."""
    roles = {"kb-curator": Role.CURATOR, "kb-auditor": Role.AUDITOR, "kb-admin": Role.ADMINISTRATOR}
    assert verify(issuer, issuer.token(**claims), roles=roles).asker.role is role


def test_roles_can_lie_deeper(issuer: LocalIssuer) -> None:
    """A claim's name may be the path to it."""
    token = issuer.token(realm_access={"roles": ["kb-curator"]})
    options = {"roles": {"kb-curator": Role.CURATOR}, "roles_claim": "realm_access.roles"}
    assert verify(issuer, token, **options).asker.role is Role.CURATOR
