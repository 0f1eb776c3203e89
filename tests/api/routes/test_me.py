"""The routes /v1/me, /v1/feedback and the metadata for clients without a token."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import Parts, create_app
from curation.feedback import list_feedback
from curation.keys import KeyStore
from curation.state import State
from indexer.build import build_index
from library.access import Asker, Role
from search.view import View
from tests.api.conftest import LIBRARY, RED, FixedIdentities, open_client
from tests.api.local_issuer import AUDIENCE, LocalIssuer, running_issuer
from tests.conftest import FakeEncoder, settings_for, write_library

GIVEN = {"case_id": "price-case", "kind": "used", "comment": " Worked. ", "search_id": "0" * 32}


MakeClient = Callable[..., TestClient]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One index for all: these routes change the state alone."""
    root = write_library(tmp_path_factory.mktemp("me"), LIBRARY)
    build_index(settings_for(root), encoder=FakeEncoder())
    return root


@pytest.fixture
def client(library: Path, state: State) -> Iterator[MakeClient]:
    """Make clients of running servers over a state of their own; without an asker credentials count."""
    with ExitStack() as stack:

        def make(*, asker: Asker | None = None, **options: object) -> TestClient:
            settings = settings_for(library, state=state.path, **options)
            identities = FixedIdentities(settings, asker) if asker else None
            app = create_app(settings, Parts(encoder=FakeEncoder(), identities=identities))
            return stack.enter_context(open_client(app))

        yield make


@pytest.fixture
def issuer() -> Iterator[LocalIssuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state" / "state.db")


def _kept(state: State) -> list[tuple[Any, ...]]:
    with state.reading() as db:
        return db.execute("SELECT case_id, kind, comment, search_id, caller, key FROM feedback").fetchall()


def test_anyone_is_told_so(client: MakeClient) -> None:
    """On a server without credentials the caller is anyone, a reader, and nobody's member."""
    answer = client().get("/v1/me")
    assert answer.status_code == 200
    assert answer.json() == {
        "name": "anyone",
        "kind": "anyone",
        "role": "reader",
        "user": None,
        "groups": 0,
        "key": None,
        "notices": [],
    }


def test_a_key_is_told_its_id_and_role(client: MakeClient, state: State) -> None:
    """A service learns its key's public id and role, never the key."""
    made = KeyStore(state).create("portal", role=Role.AUDITOR)
    answer = client().get("/v1/me", headers={"X-API-Key": made.text})
    assert (answer.json()["name"], answer.json()["kind"]) == (f"key:{made.key.id}", "service")
    assert (answer.json()["key"], answer.json()["role"]) == (made.key.id, "auditor")
    assert made.text[-43:] not in answer.text


def test_a_user_is_told_what_the_token_made_of_them(client: MakeClient, issuer: LocalIssuer) -> None:
    """A user learns name, number of groups and notices, so that missing rights can be explained."""
    http = client(oidc={"issuer": issuer.url, "audience": AUDIENCE})
    token = issuer.token(email="ann@firm.example", groups=["red", "blue"])
    told = http.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
    assert (told["kind"], told["user"], told["groups"]) == ("user", "ann@firm.example", 2)
    without = http.get("/v1/me", headers={"Authorization": f"Bearer {issuer.token(hasgroups=True)}"})
    assert without.json()["notices"] == ["groups-overage"]
    assert without.headers["Casebook-Notice"] == "groups-overage"


def test_nobody_is_told_without_credentials(client: MakeClient, issuer: LocalIssuer) -> None:
    """Where credentials are required a request without them is refused as a problem that says where to go."""
    answer = client(oidc={"issuer": issuer.url, "audience": AUDIENCE}).get("/v1/me")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "/.well-known/oauth-protected-resource" in answer.headers["WWW-Authenticate"]


def test_limits_stand_on_every_answer(client: MakeClient) -> None:
    """Each answer says what is left; the first beyond the limit is a problem with a time to wait."""
    http = client(server={"rate_per_minute": 1, "rate_burst": 2})
    answers = [http.get("/v1/me") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert answers[2].json()["type"].endswith("/problems/too-many-requests")


def test_metadata_names_the_issuer_without_a_token(client: MakeClient, issuer: LocalIssuer) -> None:
    """Who has no token yet learns where to get one, for the server and for its connector alone."""
    server = {"public_url": "https://kb.example.com/casebook"}
    http = client(oidc={"issuer": issuer.url, "audience": AUDIENCE}, server=server)
    for path in ("", "/mcp"):
        answer = http.get(f"/.well-known/oauth-protected-resource{path}", headers={"Host": "kb.example.com"})
        assert answer.status_code == 200, answer.text
        assert answer.json() == {
            "resource": f"https://kb.example.com/casebook{path}",
            "resource_name": "Casebook",
            "authorization_servers": [issuer.url],
            "bearer_methods_supported": ["header"],
        }


def test_there_is_no_metadata_without_an_issuer(client: MakeClient) -> None:
    """A server that takes no tokens has no metadata."""
    assert client().get("/.well-known/oauth-protected-resource").status_code == 404


def test_feedback_is_kept(client: MakeClient, state: State) -> None:
    """What a caller says is kept with their name in the logs, and its id is given back."""
    answer = client().post("/v1/feedback", json=GIVEN)
    assert answer.status_code == 201
    assert list(answer.json()) == ["id"]
    assert _kept(state) == [("price-case", "used", "Worked.", "0" * 32, "anyone", None)]


def test_a_bot_and_its_user_are_both_noted(client: MakeClient, state: State, issuer: LocalIssuer) -> None:
    """Feedback that a bot brings is the user's, with the bot's key beside it."""
    made = KeyStore(state).create("bot")
    http = client(oidc={"issuer": issuer.url, "audience": AUDIENCE})
    headers = {"Authorization": f"Bearer {issuer.token()}", "X-API-Key": made.text}
    assert http.post("/v1/feedback", json=GIVEN, headers=headers).status_code == 201
    ((*_, caller, key),) = _kept(state)
    assert caller.startswith("user:")
    assert key == made.key.id


def test_repeated_feedback_is_kept_once(client: MakeClient, state: State) -> None:
    """The same key and body get the same answer and are kept once; another body is refused."""
    http, headers = client(), {"Idempotency-Key": "3c0e2f1a"}
    first = http.post("/v1/feedback", json=GIVEN, headers=headers)
    second = http.post(
        "/v1/feedback", content=json.dumps(GIVEN, indent=4), headers=headers | {"content-type": "application/json"}
    )
    assert (second.status_code, second.json()) == (201, first.json())
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    other = http.post("/v1/feedback", json={**GIVEN, "kind": "wrong"}, headers=headers)
    assert other.status_code == 422
    assert other.json()["type"].endswith("/problems/idempotency-mismatch")
    assert len(_kept(state)) == 1


@pytest.mark.parametrize("key", ["", "x" * 129, "with space", "tab\there"])
def test_an_unfit_key_is_refused(client: MakeClient, state: State, key: str) -> None:
    """A key that is empty, too long or not plain is a problem that names the header, and nothing is kept."""
    answer = client().post("/v1/feedback", json=GIVEN, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert [fault["field"].lower() for fault in answer.json()["errors"]] == ["idempotency-key"]
    assert _kept(state) == []


def _without_ids(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in ("instance", "request_id")}


@pytest.mark.parametrize(
    "case_id", ["hidden-case", "stub-case", "draft-case", "negotiation", "../price-case", "no-such-case"]
)
def test_hidden_cases_answer_like_missing_ones(client: MakeClient, state: State, case_id: str) -> None:
    """Feedback on what the caller does not see, or on no case, is the same 404, and nothing is kept."""
    http = client()
    answer = http.post("/v1/feedback", json={**GIVEN, "case_id": case_id}, headers={"Idempotency-Key": "k"})
    missing = http.post("/v1/feedback", json={**GIVEN, "case_id": "missing-case"}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == missing.status_code == 404
    assert _without_ids(answer) == _without_ids(missing)
    assert _kept(state) == []


def test_who_sees_a_case_can_speak_of_it(client: MakeClient, state: State) -> None:
    """A member of a case's group can give feedback on it, and a curator outside the group does not read it."""
    http = client(asker=RED)
    assert http.post("/v1/feedback", json={**GIVEN, "case_id": "hidden-case"}).status_code == 201
    view = _view(http, Asker(role=Role.CURATOR))
    assert list_feedback(state, view) == ()
    assert len(list_feedback(state, _view(http, Asker(role=Role.CURATOR, groups=RED.groups)))) == 1


def _view(http: TestClient, asker: Asker) -> View:
    return View(http.app.state.services.engines.current(), asker)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"case_id": ""}, "case_id"),
        ({"case_id": "x" * 201}, "case_id"),
        ({"case_id": None}, "case_id"),
        ({"kind": "liked"}, "kind"),
        ({"search_id": "x"}, "search_id"),
        ({"comment": "x" * 2_001}, "comment"),
        ({"comment": ["x"]}, "comment"),
        ({"rating": 5}, "rating"),
    ],
)
def test_faults_name_their_field(client: MakeClient, state: State, change: dict[str, Any], field: str) -> None:
    """A body that cannot be used is a problem that names the field, and nothing is kept."""
    answer = client().post("/v1/feedback", json={**GIVEN, **change})
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert _kept(state) == []


@pytest.mark.parametrize(
    ("comment", "status"),
    [
        (r"\ud800", 422),
        (r"\u0000", 422),
        (r"\u001b[31m", 422),
        (r"\u009b", 422),
        (r"a\r\n\tb", 201),
        (r"\ud83d\ude00", 201),
        (r"x\n", 201),
    ],
)
def test_letters_that_terminals_obey_are_refused(client: MakeClient, state: State, comment: str, status: int) -> None:
    """Control characters and letters that no text has are refused, all others are kept."""
    body = '{"case_id": "price-case", "kind": "used", "comment": "' + comment + '"}'
    answer = client().post("/v1/feedback", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert len(_kept(state)) == (status == 201)


def test_feedback_needs_credentials_where_others_do(client: MakeClient, state: State) -> None:
    """Where keys exist nobody writes without one."""
    KeyStore(state).create("a")
    assert client().post("/v1/feedback", json=GIVEN).status_code == 401
    assert _kept(state) == []


def test_a_state_that_cannot_be_written_is_a_problem(client: MakeClient, state: State) -> None:
    """When feedback cannot be kept the answer is 503, and tells nothing of files."""
    http = client()
    state.path.parent.mkdir(parents=True)
    state.path.write_bytes(b"x" * 9_000)
    answer = http.post("/v1/feedback", json=GIVEN)
    assert answer.status_code == 503
    assert "state.db" not in answer.text
