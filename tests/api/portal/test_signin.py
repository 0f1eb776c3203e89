"""Signing in: by a key or at the issuer, in the browser that began it, for as long as it is good."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from api.portal.openid import Attempt, Callback, OpenIdClient, SignInError
from curation.keys import KeyStore
from curation.state import State
from library.access import Role
from library.settings import OidcSettings
from tests.api.conftest import MakeClient
from tests.api.local_issuer import AUDIENCE, CLIENT, LocalIssuer, Reply, running_issuer
from tests.api.portal.portal_forms import PAGE, portal_paths, token_of

SHARED = "s3cret & more"  # with letters that have to be escaped
BACK = "/signin/openid/back"
# What one meets before signing in; nothing of the library is on these.
OPEN = {"/signin", "/signin/openid", BACK, "/signout", "/static/{name}", "/language", "/embed"}


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(State(tmp_path / "state" / "state.db"))


@pytest.fixture
def issuer() -> Iterator[LocalIssuer]:
    with running_issuer() as running:
        yield running


def sign_in_with_key(client: TestClient, key: str, *, after: str = "/") -> Response:
    page = client.get("/signin", params={"next": after}, headers=PAGE)
    form = {"csrf": token_of(page), "next": after, "key": key}
    return client.post("/signin", data=form, headers=PAGE, follow_redirects=False)


def oidc_of(issuer: LocalIssuer, **more: object) -> dict[str, object]:
    return {"issuer": issuer.url, "audience": AUDIENCE, "client_id": CLIENT, **more}


def begin(client: TestClient, *, after: str = "/") -> str:
    """Return where the browser is sent to."""
    answer = client.get("/signin/openid", params={"next": after}, headers=PAGE, follow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["location"]


def sign_in_at(issuer: LocalIssuer, client: TestClient, *, after: str = "/", **claims: object) -> Response:
    back = issuer.authorize(begin(client, after=after), **claims)
    return client.get(BACK, params=back, headers=PAGE, follow_redirects=False)


def test_every_page_asks_for_it(client: MakeClient, keys: KeyStore) -> None:
    """Once there is a key no page is shown to a stranger, who is sent to sign in and back to that page."""
    keys.create("portal")
    stranger = client()
    pages = portal_paths("GET")
    assert {"/", "/brief", "/answers/{held_id}"} <= set(pages)
    for page in set(pages) - OPEN:
        path = re.sub(r"{\w+(:\w+)?}", "1", page)
        answer = stranger.get(path, headers=PAGE, follow_redirects=False)
        assert (path, answer.status_code) == (path, 303)
        assert answer.headers["location"] == f"/signin?next={quote(path, safe='')}"


def test_what_asks_nobody(client: MakeClient, keys: KeyStore) -> None:
    """Style, scripts, health and the sign-in itself are there for everybody."""
    keys.create("portal")
    stranger = client()
    for path in ("/signin", "/static/portal.css", "/healthz"):
        assert stranger.get(path, headers=PAGE, follow_redirects=False).status_code == 200


def test_a_key_opens_what_its_service_sees(client: MakeClient, keys: KeyStore) -> None:
    """Its holder goes on to the page that was asked for, sees what is internal, and nothing confidential."""
    key = keys.create("portal")
    browser = client()
    answer = sign_in_with_key(browser, key.text, after="/brief?full=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/brief?full=1")
    page = browser.get("/brief", headers=PAGE)
    assert page.status_code == 200
    assert "public and internal items only" in page.text
    form = {"csrf": token_of(page), "case": "hidden-case", "do": "add"}
    assert browser.post("/brief/cases", data=form, headers=PAGE).status_code == 404


def test_the_key_is_kept_nowhere(client: MakeClient, keys: KeyStore, tmp_path: Path) -> None:
    """No page, cookie or file has the key once it was checked."""
    key = keys.create("portal")
    browser = client()
    sign_in_with_key(browser, key.text)
    secret = key.text.rpartition("_")[2]
    assert secret not in browser.get("/brief", headers=PAGE).text
    assert not any(secret in str(cookie.value) for cookie in browser.cookies.jar)
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_revoking_a_key_ends_its_sessions(client: MakeClient, keys: KeyStore) -> None:
    """A key is looked up at each request."""
    key = keys.create("portal")
    browser = client()
    sign_in_with_key(browser, key.text)
    keys.revoke(key.key.id)
    assert browser.get("/brief", headers=PAGE, follow_redirects=False).headers["location"].startswith("/signin")


@pytest.mark.parametrize("wrong", ["", "cbk_aaaaaaaa_" + "A" * 43, "guess", "cbk_" + "x" * 5000, "schlüssel"])
def test_a_wrong_key_is_told(wrong: str, client: MakeClient, keys: KeyStore) -> None:
    """The form comes again and says what to look at; nobody is signed in."""
    keys.create("portal")
    browser = client()
    answer = sign_in_with_key(browser, wrong)
    assert answer.status_code == 422
    assert "This key is unknown" in answer.text
    assert browser.get("/brief", headers=PAGE, follow_redirects=False).status_code == 303


def test_keys_cannot_be_guessed_here_either(client: MakeClient, keys: KeyStore) -> None:
    """Wrong keys of an address are counted together with those sent to the API."""
    keys.create("portal")
    browser = client()
    statuses = [sign_in_with_key(browser, "guess").status_code for _ in range(25)]
    assert statuses[0] == 422
    assert statuses[-1] == 429


def test_nobody_chooses_the_session_of_another(client: MakeClient, keys: KeyStore) -> None:
    """Signing in gives a new id, and the one from before opens nothing."""
    key = keys.create("portal")
    browser = client()
    browser.get("/signin", headers=PAGE)
    before = browser.cookies["casebook"]
    sign_in_with_key(browser, key.text)
    assert browser.cookies["casebook"] != before
    stranger = client()
    stranger.cookies.set("casebook", before)
    assert stranger.get("/brief", headers=PAGE, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/signin",
    ],
)
def test_one_goes_on_to_pages_of_this_server_alone(target: str, client: MakeClient, keys: KeyStore) -> None:
    """Whatever stands in `next`, nobody is sent elsewhere, or round in circles."""
    key = keys.create("portal")
    assert sign_in_with_key(client(), key.text, after=target).headers["location"] == "/"


def test_without_authentication_nobody_is_asked(client: MakeClient) -> None:
    """On a server for this machine alone the sign-in goes straight on."""
    answer = client().get("/signin?next=/brief", headers=PAGE, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/brief")


def test_signing_out_ends_it(client: MakeClient, keys: KeyStore) -> None:
    """The old cookie opens nothing afterwards, wherever it was copied to."""
    key = keys.create("portal")
    browser = client()
    sign_in_with_key(browser, key.text)
    copied = browser.cookies["casebook"]
    page = browser.get("/signout", headers=PAGE)
    assert "Sign out?" in page.text
    answer = browser.post("/signout", data={"csrf": token_of(page)}, headers=PAGE)
    assert "You are signed out" in answer.text
    assert browser.get("/brief", headers=PAGE, follow_redirects=False).status_code == 303
    thief = client()
    thief.cookies.set("casebook", copied)
    assert thief.get("/brief", headers=PAGE, follow_redirects=False).status_code == 303


def test_a_challenge_waits_for_who_was_signed_out(client: MakeClient, keys: KeyStore) -> None:
    """Whose session ended while typing signs in again and is answered; nothing is typed twice."""
    first, second = keys.create("portal"), keys.create("portal")
    browser = client()
    sign_in_with_key(browser, first.text)
    form = {"csrf": token_of(browser.get("/", headers=PAGE)), "challenge": "Purchasing demands a price cut"}
    keys.revoke(first.key.id)
    asked = browser.post("/search", data=form, headers=PAGE)
    assert "Your challenge is kept" in asked.text
    target = asked.url.params["next"]
    answer = sign_in_with_key(browser, second.text, after=target)
    assert answer.headers["location"] == target
    assert "Purchasing asks for a price cut" in browser.get(target, headers=PAGE).text


def test_a_session_never_opens_the_api(client: MakeClient, keys: KeyStore) -> None:
    """The API and the connector take credentials in headers alone."""
    key = keys.create("portal")
    browser = client()
    sign_in_with_key(browser, key.text)
    assert browser.get("/v1/cases", headers=PAGE).status_code == 401
    assert browser.post("/v1/search", json={"challenge": "price"}).status_code == 401
    assert browser.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).status_code == 401


def test_headers_never_open_a_page(client: MakeClient, keys: KeyStore) -> None:
    """A page is for who signed in; a key in a header is for the API."""
    key = keys.create("portal")
    answer = client().get("/brief", headers={**PAGE, "X-API-Key": key.text}, follow_redirects=False)
    assert answer.status_code == 303


def test_a_user_signs_in_at_the_issuer(client: MakeClient, issuer: LocalIssuer) -> None:
    """The issuer's groups decide what is seen, and one comes back to the page that was asked for."""
    browser = client(oidc=oidc_of(issuer))
    answer = sign_in_at(issuer, browser, after="/brief", email="bob@firm.example", groups=["red"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/brief")
    page = browser.get("/brief", headers=PAGE)
    assert "Signed in as bob@firm.example" in page.text
    form = {"csrf": token_of(page), "case": "hidden-case", "do": "add", "next": "/brief"}
    assert "Nightingale" in browser.post("/brief/cases", data=form, headers=PAGE).text


def test_a_user_without_the_group_sees_less(client: MakeClient, issuer: LocalIssuer) -> None:
    """Signing in opens nothing by itself."""
    browser = client(oidc=oidc_of(issuer))
    sign_in_at(issuer, browser, email="eve@firm.example", groups=["green"])
    page = browser.get("/brief", headers=PAGE)
    form = {"csrf": token_of(page), "case": "hidden-case", "do": "add"}
    assert browser.post("/brief/cases", data=form, headers=PAGE).status_code == 404


def test_the_clients_secret_goes_to_the_token_endpoint_alone(client: MakeClient, issuer: LocalIssuer) -> None:
    """It stands in the header of that one request, and in no address that a browser sees."""
    issuer.secret = SHARED
    browser = client(oidc=oidc_of(issuer, client_secret=issuer.secret))
    address = begin(browser)
    assert "s3cret" not in address
    answer = browser.get(BACK, params=issuer.authorize(address), headers=PAGE, follow_redirects=False)
    assert answer.status_code == 303
    assert "client_secret" not in issuer.posted[0]


def test_a_secret_goes_into_the_form_where_the_issuer_wants_it_there(issuer: LocalIssuer) -> None:
    """`client_secret_post` is used only by issuers that take nothing else."""
    discovery = issuer.reply_to("/.well-known/openid-configuration").body
    methods = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    issuer.replies["/.well-known/openid-configuration"] = Reply({**discovery, **methods})
    settings = OidcSettings.model_validate(oidc_of(issuer, client_secret=SHARED))
    attempt, made = Attempt.begin("/"), OpenIdClient(settings)
    back = issuer.authorize(made.address(attempt, "http://localhost/back"))
    made.finish(attempt, Callback(**back), "http://localhost/back")
    assert issuer.posted[0]["client_secret"] == SHARED


def test_a_sign_in_is_good_in_its_own_browser_alone(client: MakeClient, issuer: LocalIssuer) -> None:
    """Whoever is lured to another's answer of the issuer is not signed in as that person."""
    settings = oidc_of(issuer)
    attacker, victim = client(oidc=settings), client(oidc=settings)
    back = issuer.authorize(begin(attacker), email="mallory@firm.example")
    for _ in range(2):
        answer = victim.get(BACK, params=back, headers=PAGE, follow_redirects=False)
        assert answer.status_code == 422
        assert "another window" in answer.text
        begin(victim)  # now with an attempt of its own
    assert not issuer.posted


def test_a_code_works_once(client: MakeClient, issuer: LocalIssuer) -> None:
    """Coming back a second time with the same code signs nobody in."""
    browser = client(oidc=oidc_of(issuer))
    back = issuer.authorize(begin(browser))
    assert browser.get(BACK, params=back, headers=PAGE, follow_redirects=False).status_code == 303
    assert browser.get(BACK, params=back, headers=PAGE, follow_redirects=False).status_code == 422


@pytest.mark.parametrize(
    "claims",
    [{"nonce": "another"}, {"nonce": None}, {"aud": AUDIENCE}, {"iss": "https://other.example"}, {"exp": 1}],
    ids=["nonce", "no nonce", "audience", "issuer", "expired"],
)
def test_an_id_token_must_be_for_this_sign_in(claims: dict[str, Any], client: MakeClient, issuer: LocalIssuer) -> None:
    """A token of another sign-in, audience, issuer or time is worth nothing, and the page says no more than that."""
    browser = client(oidc=oidc_of(issuer))
    answer = sign_in_at(issuer, browser, **claims)
    assert answer.status_code == 422
    assert "could not be trusted" in answer.text
    assert browser.get("/brief", headers=PAGE, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("back", "text"),
    [
        ({"error": "access_denied"}, "did not sign you in"),
        ({"code": ""}, "did not sign you in"),
        ({"iss": "https://other.example"}, "could not be trusted"),
        ({"state": "x"}, "another window"),
        ({"state": "ü"}, "another window"),
    ],
)
def test_what_comes_back_is_checked(back: dict[str, str], text: str, client: MakeClient, issuer: LocalIssuer) -> None:
    """A refusal, an answer of another issuer and an unknown state sign nobody in, and are told apart."""
    browser = client(oidc=oidc_of(issuer))
    answer = browser.get(BACK, params={**issuer.authorize(begin(browser)), **back}, headers=PAGE)
    assert answer.status_code == 422
    assert text in answer.text
    assert not issuer.posted


def test_an_issuer_that_is_down_is_told(client: MakeClient, issuer: LocalIssuer) -> None:
    """The page says so, and a key still opens."""
    issuer.is_down = True
    answer = client(oidc=oidc_of(issuer)).get("/signin/openid", headers=PAGE, follow_redirects=False)
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    assert 'name="key"' in answer.text


def test_a_session_ends_with_the_token(issuer: LocalIssuer) -> None:
    """What the issuer vouched for until a moment is believed until that moment."""
    client = OpenIdClient(OidcSettings.model_validate(oidc_of(issuer, roles={"kb-coe": "curator"})))
    attempt = Attempt.begin("/")
    back = issuer.authorize(client.address(attempt, "http://localhost/back"), groups=["a", "kb-coe"])
    signed_in = client.finish(attempt, Callback(**back), "http://localhost/back")
    assert time.time() < signed_in.until < time.time() + 700
    assert (signed_in.role, signed_in.groups) == (Role.CURATOR, ("a", "kb-coe"))
    assert not signed_in.identity.asker.is_service


def test_tokens_are_kept_nowhere(client: MakeClient, issuer: LocalIssuer) -> None:
    """Neither cookie nor page holds what the issuer gave."""
    browser = client(oidc=oidc_of(issuer))
    sign_in_at(issuer, browser)
    told = [browser.get("/brief", headers=PAGE).text, *(str(cookie.value) for cookie in browser.cookies.jar)]
    assert not any("eyJ" in text for text in told)
    assert [cookie.name for cookie in browser.cookies.jar] == ["casebook"]


def test_one_can_sign_out_of_the_issuer_too(client: MakeClient, issuer: LocalIssuer) -> None:
    """Where the issuer has a place for it, the page after signing out leads there and back."""
    browser = client(oidc=oidc_of(issuer))
    sign_in_at(issuer, browser)
    page = browser.get("/brief", headers=PAGE)
    out = browser.post("/signout", data={"csrf": token_of(page)}, headers=PAGE)
    found = re.search(r'href="([^"]+/logout\?[^"]+)"', out.text)
    assert found
    asked = dict(parse_qsl(urlsplit(found[1].replace("&amp;", "&")).query))
    assert asked == {"client_id": CLIENT, "post_logout_redirect_uri": "http://localhost:8000/signout"}


@pytest.mark.parametrize("cookie", ["", "x", "e30=", "bnVsbA==", "eyJzdGF0ZSI6MX0=", "ü"])
def test_no_attempt_is_read_from_a_cookie_that_holds_none(cookie: str) -> None:
    """Whatever a browser sends as the attempt, it is one or none."""
    assert Attempt.from_cookie(cookie) is None


def test_an_attempt_survives_its_cookie() -> None:
    """What is read from a cookie is what was written to it."""
    attempt = Attempt.begin("/cases?x=1")
    assert Attempt.from_cookie(attempt.as_cookie()) == attempt


def test_a_silent_issuer_is_not_asked_by_everybody(issuer: LocalIssuer) -> None:
    """Of many who come while it is silent, one asks; the rest are told at once."""
    issuer.is_down = True
    client = OpenIdClient(OidcSettings.model_validate(oidc_of(issuer)), clock=lambda: 1.0)
    for _ in range(5):
        with pytest.raises(SignInError):
            client.address(Attempt.begin("/"), "http://localhost/back")
    assert len(issuer.asked) == 1
