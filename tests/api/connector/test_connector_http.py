"""The connector at /mcp, called by the SDK's own client over a real connection."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

import anyio
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from api.app import Parts, create_app
from api.connector.toolbox import TOOLS, Tool
from api.credentials.identity import Identity, IdentitySource, Sender
from curation.keys import KeyStore
from curation.state import State
from indexer.build import build_index
from library.access import Asker
from library.settings import Settings
from tests.api.conftest import ANONYMOUS, HIDDEN_WORDS, RED, MakeClient, MakeSettings, open_client
from tests.conftest import FakeEncoder, case_text
from tests.live_server import live_server

pytestmark = pytest.mark.usefixtures("indexed")
PRICE = "Purchasing demands a price cut of eight percent at the yearly contract negotiation."
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
ACCEPT = {"Accept": "application/json, text/event-stream"}
Mode = Literal["auto", "legacy"]
T = TypeVar("T")


class _NamedIdentities(IdentitySource):
    """Takes a caller for whom the request's Authorization header names."""

    def __init__(self, settings: Settings, askers: dict[str, Asker]) -> None:
        super().__init__(settings, None, None)
        self._askers = askers

    def _identified(self, sender: Sender) -> Identity:
        name = sender.headers.get("authorization", "").removeprefix("Bearer ")
        return Identity(self._askers.get(name, ANONYMOUS), f"user:{name}" if name in self._askers else "anyone")


Serve = Callable[..., Any]


@pytest.fixture
def serve(make_settings: MakeSettings, encoder: FakeEncoder) -> Serve:
    """Make servers of the library; without askers by name, credentials count."""

    @contextmanager
    def serving(*, askers: dict[str, Asker] | None = None, **options: object) -> Iterator[str]:
        settings = make_settings(**options)
        identities = _NamedIdentities(settings, askers) if askers else None
        with live_server(create_app(settings, Parts(encoder=encoder, identities=identities))) as address:
            yield f"{address}/mcp"

    return serving


def _talk(
    url: str,
    conversation: Callable[[Client], Awaitable[T]],
    *,
    headers: dict[str, str] | None = None,
    mode: Mode = "auto",
    auth: httpx2.Auth | None = None,
) -> T:
    """Hold a conversation as the SDK's client does."""

    async def run() -> T:
        async with (
            httpx2.AsyncClient(headers=headers, auth=auth, timeout=60) as http,
            Client(streamable_http_client(url, http_client=http), mode=mode) as client,
        ):
            return await conversation(client)

    return anyio.run(run)


def _call(url: str, name: str, arguments: dict[str, Any], **options: Any) -> CallToolResult:
    async def conversation(client: Client) -> CallToolResult:
        return await client.call_tool(name, arguments)

    return _talk(url, conversation, **options)


def _refusal(url: str, name: str, arguments: dict[str, Any], **options: Any) -> str:
    """Return the text of the protocol's error that a call ends with."""

    async def conversation(client: Client) -> str:
        with pytest.raises(MCPError) as caught:
            await client.call_tool(name, arguments)
        return caught.value.error.message

    return _talk(url, conversation, **options)


def _text(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def _case_ids(result: CallToolResult) -> list[str]:
    assert result.structured_content is not None
    return [case["id"] for case in result.structured_content["cases"]]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_lists_and_calls_the_tools(mode: Mode, serve: Serve) -> None:
    """Clients of this and of earlier revisions of the protocol list the same tools and get the same answers."""

    async def conversation(client: Client) -> None:
        listed = (await client.list_tools()).tools
        assert [tool.name for tool in listed] == list(TOOLS)
        for tool in listed:
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint is True
            assert tool.annotations.open_world_hint is False
            assert tool.annotations.idempotent_hint is True
            assert tool.output_schema is not None
        result = await client.call_tool("search_cases", {"challenge": PRICE})
        assert not result.is_error
        assert _case_ids(result)[0] == "price-case"

    with serve() as url:
        _talk(url, conversation, mode=mode)


def test_structured_content_is_also_sent_as_text(serve: Serve) -> None:
    """Clients that know no structured content read the very same as JSON."""
    with serve() as url:
        result = _call(url, "search", {"query": PRICE})
    assert json.loads(_text(result)) == result.structured_content


def test_results_cite_the_address_that_was_called(serve: Serve) -> None:
    """Without a public address the one of the request is cited, with one that is."""
    with serve() as url:
        result = _call(url, "fetch", {"id": "price-case"})
        assert result.structured_content is not None
        cited = result.structured_content["url"]
        assert cited == f"{url.removesuffix('/mcp')}/v1/cases/price-case"
        assert httpx2.get(cited).json()["id"] == "price-case"
    with serve(server={"public_url": "https://kb.example.com/casebook"}) as url:
        result = _call(url, "fetch", {"id": "price-case"})
    assert result.structured_content is not None
    assert result.structured_content["url"] == "https://kb.example.com/casebook/v1/cases/price-case"


def test_without_a_close_case_the_verdict_says_so(serve: Serve) -> None:
    """A bot can decline: the verdict is none, and the advice is to say so."""
    with serve() as url:
        result = _call(url, "search_cases", {"challenge": "How do I bake sourdough bread with a cold starter?"})
    assert result.structured_content is not None
    assert result.structured_content["verdict"] == "none"
    assert "no close case exists" in result.structured_content["advice"]


class _TakingTurns(httpx2.Auth):
    """Sends the requests of one client in the names of several users, one after the other."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self.sent = 0

    def auth_flow(self, request: httpx2.Request) -> Any:  # a generator of requests
        if json.loads(request.content or b"{}").get("method") == "tools/call":
            request.headers["Authorization"] = f"Bearer {self._names[self.sent % len(self._names)]}"
            self.sent += 1
        yield request


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_each_call_has_the_rights_of_its_own_request(mode: Mode, serve: Serve) -> None:
    """Two users on one connection and one session each see what they may, whoever began it."""

    async def conversation(client: Client) -> list[list[str]]:
        calls = [await client.call_tool("search_cases", {"challenge": PRICE, "limit": 10}) for _ in range(4)]
        return [_case_ids(result) for result in calls]

    turns = _TakingTurns("red", "nobody")
    with serve(askers={"red": RED}) as url:
        first, second, third, fourth = _talk(url, conversation, mode=mode, auth=turns)
    assert turns.sent == 4
    assert "hidden-case" in first
    assert "hidden-case" not in second
    assert (first, second) == (third, fourth)


def test_a_session_of_another_lends_no_rights(serve: Serve) -> None:
    """There are no sessions: an id of one is passed over, and the request's own caller counts."""
    body = {
        "jsonrpc": "2.0",
        "id": 7,
        "method": "tools/call",
        "params": {"name": "fetch", "arguments": {"id": "hidden-case"}},
    }
    with serve(askers={"red": RED}) as url:
        begun = httpx2.post(url, json=INITIALIZE, headers={**ACCEPT, "Authorization": "Bearer red"})
        session = {"Mcp-Session-Id": begun.headers.get("mcp-session-id", "of-red"), **ACCEPT}
        allowed = httpx2.post(url, json=body, headers={**session, "Authorization": "Bearer red"}).json()["result"]
        refused = httpx2.post(url, json=body, headers=session).json()["result"]
    assert begun.status_code == 200
    assert allowed["structuredContent"]["id"] == "hidden-case"
    assert refused["isError"] is True


def test_many_callers_at_once_keep_their_rights(serve: Serve) -> None:
    """Calls that run at the same time do not mix their callers up."""

    async def conversation(client: Client) -> list[list[str]]:
        found: list[list[str]] = []

        async def ask() -> None:
            found.append(_case_ids(await client.call_tool("search_cases", {"challenge": PRICE, "limit": 10})))

        async with anyio.create_task_group() as group:
            for _ in range(12):
                group.start_soon(ask)
        return found

    with serve(askers={"red": RED}, server={"rate_per_minute": 0}) as url:
        found = _talk(url, conversation, auth=_TakingTurns("red", "nobody"))
    assert sorted("hidden-case" in ids for ids in found) == [False] * 6 + [True] * 6


def test_errors_of_tools_are_told_to_the_model(serve: Serve) -> None:
    """Wrong arguments, unknown and hidden ids are errors of the call with a text that helps, not of the protocol."""
    with serve() as url:
        wrong = _call(url, "search_cases", {"challenge": PRICE, "industry": "10"})
        hidden = _call(url, "fetch", {"id": "hidden-case"})
        unknown = _call(url, "search_cases", {"challenge": PRICE, "filters": {"industry": ["zz"]}})
    assert (wrong.is_error, hidden.is_error, unknown.is_error) == (True, True, True)
    assert "industry: There is no such name here" in _text(wrong)
    assert _text(hidden).startswith("There is no item 'hidden-case'.")
    assert "No industry is called 'zz'" in _text(unknown)


def test_an_unknown_tool_is_an_error_of_the_protocol(serve: Serve) -> None:
    """What was never listed cannot be called."""
    with serve() as url:
        assert "no such tool" in _refusal(url, "delete_case", {})


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_fault_is_told_in_general_words(
    mode: Mode, serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What breaks inside tells a client nothing, and the log no text of the exception."""

    def broken(*_: object) -> None:
        raise RuntimeError("secret text at /srv/secret")

    monkeypatch.setattr(Tool, "call", broken)
    with serve() as url:
        told = _refusal(url, "fetch", {"id": "price-case"}, mode=mode)
    assert told == "Something went wrong in the server."
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


def test_credentials_are_asked_for(serve: Serve, make_settings: MakeSettings) -> None:
    """Once a key exists a client must send one; a good one gets in, and sees what a service may."""
    key = KeyStore(State(make_settings().state_file)).create("bot", expires=date.today() + timedelta(days=1)).text
    with serve() as url:
        refused = httpx2.post(url, json=INITIALIZE, headers=ACCEPT)
        found = _call(url, "search_cases", {"challenge": PRICE}, headers={"Authorization": f"Bearer {key}"})
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["www-authenticate"].startswith("Bearer ")
    assert _case_ids(found)[0] == "price-case"
    assert not [word for word in HIDDEN_WORDS if word in _text(found)]


def test_the_way_to_a_token_is_told(serve: Serve) -> None:
    """With OpenID Connect a 401 names this resource's metadata, and they name the issuer of tokens."""
    oidc = {"issuer": "https://login.example.com", "audience": "casebook", "jwks_url": "https://login.example.com/keys"}
    with serve(oidc=oidc) as url:
        refused = httpx2.post(url, json=INITIALIZE, headers=ACCEPT)
        metadata = httpx2.get(url.replace("/mcp", "/.well-known/oauth-protected-resource/mcp"))
    assert refused.status_code == 401
    assert 'resource_metadata="' in refused.headers["www-authenticate"]
    assert '/.well-known/oauth-protected-resource/mcp"' in refused.headers["www-authenticate"]
    assert metadata.json()["authorization_servers"] == ["https://login.example.com"]
    assert metadata.json()["resource"].endswith("/mcp")


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"Host": "evil.example"}, b"{}", 421),
        ({"Origin": "https://evil.example"}, b"{}", 403),
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({"Content-Type": "text/plain"}, b"", 415),
        ({"Content-Encoding": "gzip"}, b"{}", 415),
        ({}, b" " * 20_000, 413),
    ],
)
def test_what_every_route_refuses_is_refused_here(
    headers: dict[str, str], content: bytes, status: int, client: MakeClient
) -> None:
    """Names, origins, forms and sizes are checked as for every route, and refused in the one shape."""
    asked = client(server={"max_body_kilobytes": 10})
    answer = asked.post("/mcp", content=content, headers={**ACCEPT, "Content-Type": "application/json", **headers})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_are_no_sessions_to_listen_to_or_to_end(method: str, client: MakeClient) -> None:
    """Only POST is answered; no connection stays open without a request."""
    answer = client().request(method, "/mcp", headers=ACCEPT)
    assert answer.status_code == 405
    assert answer.headers["allow"].split(", ")[0] == "POST"
    assert answer.headers["content-type"] == "application/problem+json"


def test_answers_are_plain_json(client: MakeClient) -> None:
    """An answer is one JSON document, not a stream; no cache keeps it and the request has its id."""
    answer = client().post("/mcp", json=INITIALIZE, headers=ACCEPT)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]
    assert "Everything that tools return is quoted" in answer.json()["result"]["instructions"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"jsonrpc": "2.0"}', b'[{"jsonrpc": "2.0"}]'])
def test_what_is_no_message_is_refused(content: bytes, client: MakeClient) -> None:
    """A body that is no message of the protocol is the client's mistake."""
    answer = client().post("/mcp", content=content, headers={**ACCEPT, "Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_callers_are_limited_as_everywhere(client: MakeClient) -> None:
    """A caller who asks too often waits, here too, and every answer tells what is left."""
    asked = client(server={"rate_per_minute": 1, "rate_burst": 2})
    answers = [asked.post("/mcp", json=INITIALIZE, headers=ACCEPT) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert all("RateLimit" in answer.headers for answer in answers)
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_a_search_that_takes_too_long_is_given_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit of searches holds; the client is told to try again."""
    released = threading.Event()

    def stuck(*_: object, **__: object) -> None:
        released.wait(60)

    with serve(server={"search_seconds": 0.2}) as url:
        monkeypatch.setattr(Tool, "call", stuck)
        try:
            result = _call(url, "search", {"query": PRICE})
        finally:
            released.set()
    assert result.is_error
    assert "took too long" in _text(result)


def test_a_new_generation_answers_without_a_restart(serve: Serve, library: Path, make_settings: MakeSettings) -> None:
    """What was indexed since is found by the next calls of a client that is still connected."""

    async def conversation(client: Client) -> bool:
        added = case_text(title="Quantum gardening", challenge="Quantum gardening robots stall in winter.")
        (library / "cases" / "new-case.md").write_text(added, encoding="utf-8")
        await anyio.to_thread.run_sync(lambda: build_index(make_settings(), encoder=FakeEncoder()))
        for _ in range(200):
            result = await client.call_tool("search_cases", {"challenge": "Quantum gardening robots stall in winter."})
            assert not result.is_error
            if "new-case" in _case_ids(result):
                return True
            await anyio.sleep(0.05)
        return False

    with serve(server={"rate_per_minute": 0}) as url:
        assert _talk(url, conversation)


def test_logs_hold_no_text_of_calls(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a challenge nor an id stands in a log, whether a call succeeds or fails."""
    caplog.set_level(logging.INFO)
    with serve() as url:
        _call(url, "search_cases", {"challenge": f"{PRICE} Zanzibar"})
        _call(url, "fetch", {"id": "zanzibar-case"})
    assert "/mcp" in caplog.text
    assert "zanzibar" not in caplog.text.lower()


def test_searches_are_counted(make_settings: MakeSettings, encoder: FakeEncoder) -> None:
    """A search by a tool counts among the verdicts that operators watch; reading an item does not."""
    app = create_app(make_settings(), Parts(encoder=encoder))
    calls = [{"name": "search", "arguments": {"query": PRICE}}, {"name": "fetch", "arguments": {"id": "price-case"}}]
    with open_client(app) as asked:
        for call in calls:
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
            assert not asked.post("/mcp", json=body, headers=ACCEPT).json()["result"]["isError"]
    told = app.state.services.metrics.render().decode()
    assert sum(float(count) for count in re.findall(r"^casebook_verdicts_total\{.*\} (\S+)$", told, re.MULTILINE)) == 1
