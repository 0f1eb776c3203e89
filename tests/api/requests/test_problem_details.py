"""Every failure has one shape, names the field, and tells nothing of the server's inside."""

from __future__ import annotations

import inspect
import json
import logging
import re
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Header, Query
from pydantic import BaseModel, Field
from starlette.testclient import TestClient

from api.app import Parts, create_app
from api.requests.problem_kinds import KINDS
from api.requests.problems import MEDIA_TYPE, ProblemError, problem_of
from library import errors
from library.errors import CasebookError
from tests.api.conftest import ANONYMOUS, FixedIdentities, MakeClient, MakeSettings, open_client
from tests.conftest import FakeEncoder

_QUOTED = "Nightingale buys /srv/library/cases/secret.md"
_ERRORS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, CasebookError)]
_TOLD = (errors.ChallengeError, errors.CursorError)  # about what the caller sent himself


class _Part(BaseModel):
    industry: list[int] = Field(default_factory=list)


class _Body(BaseModel):
    text: str
    filters: _Part = _Part()


def _fail(name: str) -> None:
    if name == "bare":
        raise RuntimeError(_QUOTED)
    raise _made({kind.__name__: kind for kind in _ERRORS}[name])


def _made(kind: type[CasebookError]) -> CasebookError:
    more = {"filter_name": "industry", "value": _QUOTED} if issubclass(kind, errors.FilterError) else {}
    return kind(_QUOTED, hint=_QUOTED, **more)


@pytest.fixture
def api(make_settings: MakeSettings, encoder: FakeEncoder) -> TestClient:
    """A client of an app with routes that fail in every way."""
    settings = make_settings()
    app = create_app(settings, Parts(encoder=encoder, identities=FixedIdentities(settings, ANONYMOUS)))
    app.get("/fail/{name}")(_fail)
    _add_reading_routes(app)
    return open_client(app)


def _add_reading_routes(app: FastAPI) -> None:
    @app.post("/read")
    def read(body: _Body, limit: Annotated[int, Query(ge=1)] = 1, token: Annotated[int | None, Header()] = None) -> Any:
        return {"text": body.text, "limit": limit, "token": token}


def _assert_problem(answer: Any, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"/problems/{slug}"
    assert body["status"] == status
    assert body["title"] == KINDS[slug].title
    assert body["detail"]
    assert body["request_id"] == answer.headers["x-request-id"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", body["instance"])
    assert set(body) <= {"type", "title", "status", "detail", "instance", "request_id", "errors"}
    return body


@pytest.mark.parametrize("kind", _ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_casebook_has_a_problem(api: TestClient, kind: type[CasebookError]) -> None:
    """Each class of the family is answered with a status of its own choosing, never as an accident."""
    problem = problem_of(_made(kind))
    assert (problem.slug == "internal") is (kind in (CasebookError, errors.SettingsError, errors.AccessKeyError))
    _assert_problem(api.get(f"/fail/{kind.__name__}"), problem.status, problem.slug)


@pytest.mark.parametrize("kind", _ERRORS, ids=lambda kind: kind.__name__)
def test_what_only_operators_should_read_stays_inside(api: TestClient, kind: type[CasebookError]) -> None:
    """Messages that may hold a path, and every hint for the command line, are not told to callers."""
    told = api.get(f"/fail/{kind.__name__}").text
    assert told.count("secret.md") == (1 if issubclass(kind, _TOLD) else 0)


def test_an_unforeseen_failure_is_a_problem_without_its_text(api: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    """Neither answer nor log repeats what an exception says, which may quote a challenge; the place is logged."""
    caplog.set_level(logging.INFO)
    answer = api.get("/fail/bare")
    _assert_problem(answer, 500, "internal")
    assert "Nightingale" not in answer.text + caplog.text
    assert "Traceback" not in answer.text + caplog.text
    assert f"RuntimeError id={answer.headers['x-request-id']} at _fail:" in caplog.text


def test_an_unknown_path_is_a_problem(api: TestClient) -> None:
    """A 404 of the router looks like a 404 of a route."""
    _assert_problem(api.get("/nowhere"), 404, "not-found")


def test_a_path_with_a_slash_too_many_is_a_problem_and_no_redirect(api: TestClient) -> None:
    """Nothing is redirected: a redirect would be built from a header that the caller chose."""
    _assert_problem(api.get("/healthz/", follow_redirects=False), 404, "not-found")


def test_a_path_of_programs_with_a_slash_too_many_says_so(api: TestClient) -> None:
    """Who writes `/v1/cases/` is told what is wrong with it, whether there is such an item or not."""
    for path in ("/v1/cases/", "/v1/cases/any/", "/v1/nowhere/"):
        assert "slash" in _assert_problem(api.get(path, follow_redirects=False), 404, "not-found")["detail"]


def test_a_parameter_that_a_route_does_not_take_is_refused(client: MakeClient) -> None:
    """No wish is lost in silence: an unknown parameter is named, also where a route takes none at all."""
    api = client(asker=ANONYMOUS, server={"rate_per_minute": 0})
    for path in ("/v1/me", "/v1/cases/any", "/v1/cases", "/v1/cases/any/brief", "/v1/facets"):
        faults = _assert_problem(api.get(f"{path}?colour=red&size=Nightingale"), 422, "invalid")["errors"]
        assert [fault["field"] for fault in faults] == ["colour", "size"]
        assert all("no such name" in fault["message"] for fault in faults)


def test_a_text_that_is_too_long_is_told_in_characters(client: MakeClient) -> None:
    """The limit stands in the message, with what it counts."""
    body = {"challenge": "x" * 20_001, "filters": {"region": ["x" * 301], "language": ["en"] * 51}}
    faults = _assert_problem(client().post("/v1/search", json=body), 422, "invalid")["errors"]
    assert {fault["field"]: fault["message"] for fault in faults} == {
        "challenge": "It may have 20,000 characters at most.",
        "filters.region.0": "It may have 300 characters at most.",
        "filters.language": "It may have 50 entries at most.",
    }


def test_a_wrong_method_names_those_that_are_allowed(api: TestClient) -> None:
    """A 405 lists every method of the path."""
    answer = api.delete("/healthz")
    _assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert api.get("/read").headers["allow"] == "POST, OPTIONS"


@pytest.mark.parametrize(
    ("body", "query", "field"),
    [
        ({"text": 1}, "", "text"),
        ({}, "", "text"),
        ({"text": "a", "filters": {"industry": ["x"]}}, "", "filters.industry.0"),
        ({"text": "a"}, "?limit=0", "limit"),
        (["text"], "", "body"),
        (None, "", "body"),
    ],
)
def test_a_fault_names_its_field(api: TestClient, body: object, query: str, field: str) -> None:
    """Whoever sent something that cannot be used learns which field, written as he wrote it."""
    faults = _assert_problem(api.post(f"/read{query}", json=body), 422, "invalid")["errors"]
    assert [fault["field"] for fault in faults] == [field]
    assert all(set(fault) == {"field", "message"} and fault["message"] for fault in faults)


def test_several_faults_come_together(api: TestClient) -> None:
    """All faults of a request are told at once."""
    headers = {"token": "x"}
    faults = _assert_problem(api.post("/read?limit=no", json={"text": []}, headers=headers), 422, "invalid")["errors"]
    assert {fault["field"] for fault in faults} == {"limit", "token", "text"}


def test_a_fault_never_repeats_what_was_sent(api: TestClient) -> None:
    """A challenge is confidential: an error about it does not quote it."""
    answer = api.post("/read", json={"text": ["Nightingale"], "filters": "Nightingale"})
    assert "Nightingale" not in _assert_problem(answer, 422, "invalid")["detail"] + answer.text


@pytest.mark.parametrize("content", ['{"text": "Nightingale"', "Nightingale", "", "{'a': 1}"])
def test_what_is_no_json_is_a_problem(api: TestClient, content: str) -> None:
    """A body that cannot be parsed is told as such, without its text."""
    answer = api.post("/read", content=content, headers={"content-type": "application/json"})
    body = _assert_problem(answer, 422, "invalid")
    assert body["errors"][0]["field"] == "body"
    assert "Nightingale" not in answer.text


@pytest.mark.parametrize("content", [b'{"text": "\xff"}', b"[" * 100_000])
def test_what_cannot_be_read_at_all_is_a_problem(api: TestClient, content: bytes) -> None:
    """Bytes that are no UTF-8, or nested without end, are the caller's fault, not the server's."""
    answer = api.post("/read", content=content, headers={"content-type": "application/json"})
    _assert_problem(answer, 400, "bad-request")


@pytest.mark.parametrize("slug", KINDS)
def test_every_kind_is_explained_where_its_type_points(api: TestClient, slug: str) -> None:
    """A problem's `type` is an address that explains it."""
    answer = api.get(f"/problems/{slug}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text.startswith(f"# {KINDS[slug].title}\n")


def test_the_explanation_of_an_unknown_kind_is_a_problem(api: TestClient) -> None:
    """There are no others."""
    _assert_problem(api.get("/problems/other"), 404, "not-found")


def test_a_problem_carries_what_belongs_to_it() -> None:
    """Headers, faults and further fields of a kind of one's own come through."""
    error = ProblemError(
        "invalid", "Look.", errors=[{"field": "a", "message": "b"}], headers={"X": "y"}, extensions={"more": 1}
    )
    assert (error.status, error.headers) == (422, {"X": "y"})
    assert error.extensions == {"errors": [{"field": "a", "message": "b"}], "more": 1}


def test_a_hidden_item_answers_like_a_missing_one(client: MakeClient) -> None:
    """But for the request's own id, the two 404s are the same bytes."""
    api = client(asker=ANONYMOUS, server={"rate_per_minute": 0})
    given = {"X-Request-ID": "same"}
    hidden, missing = (api.get(f"/v1/cases/{name}", headers=given) for name in ("hidden-case", "absent-case"))
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)
    assert hidden.headers == missing.headers
    assert hidden.status_code == 404


def test_problem_pages_are_written_for_callers() -> None:
    """No explanation names a file of the project, and each ends as a sentence."""
    for kind in KINDS.values():
        assert kind.about.endswith((".", "`."))
        assert not re.search(r"\.py\b", json.dumps(kind.about))
