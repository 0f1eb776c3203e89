"""The connector over standard input and output: a real process with the default model, called by the SDK's client."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal, TypeVar

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult

from api.connector.toolbox import TOOLS
from indexer.build import build_index
from tests.api.conftest import LIBRARY
from tests.conftest import case_text, settings_for, write_library
from tests.test_layers import ROOT

PRICE = "Purchasing demands a price cut of eight percent at the yearly contract negotiation."
T = TypeVar("T")


@pytest.fixture(scope="module")
def indexed_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library whose index the default model has made; only read."""
    folder = write_library(tmp_path_factory.mktemp("indexed") / "library", LIBRARY)
    build_index(settings_for(folder))
    return folder


def _command(library: Path, *options: str) -> list[str]:
    return [str(ROOT / "cli.py"), "mcp", "--library", str(library), *options]


def _talk(
    library: Path,
    conversation: Callable[[Client], Awaitable[T]],
    *options: str,
    mode: Literal["auto", "legacy"] = "auto",
) -> T:
    """Hold a conversation as the SDK's client does; what the process says besides goes to a file."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CASEBOOK_")}
    server = StdioServerParameters(command=sys.executable, args=_command(library, *options), env=environment)

    async def run() -> T:
        with (library.parent / "stderr.txt").open("w", encoding="utf-8") as said:
            async with Client(stdio_client(server, errlog=said), mode=mode) as client:
                return await conversation(client)

    return anyio.run(run)


def _case_ids(result: CallToolResult) -> list[str]:
    assert result.structured_content is not None, result.content
    return [case["id"] for case in result.structured_content["cases"]]


@pytest.mark.parametrize("mode", ["auto", pytest.param("legacy", marks=pytest.mark.slow)])
def test_a_client_lists_and_calls_the_tools(mode: Literal["auto", "legacy"], indexed_library: Path) -> None:
    """A process is started, lists the tools, answers and ends, and says nothing besides."""

    async def conversation(client: Client) -> None:
        assert [tool.name for tool in (await client.list_tools()).tools] == list(TOOLS)
        assert _case_ids(await client.call_tool("search_cases", {"challenge": PRICE}))[0] == "price-case"
        none = await client.call_tool("search", {"query": "How do I bake sourdough bread with a cold starter?"})
        assert none.structured_content is not None
        assert (none.structured_content["verdict"], none.structured_content["results"]) == ("none", [])
        missing = await client.call_tool("fetch", {"id": "hidden-case"})
        assert missing.is_error

    _talk(indexed_library, conversation, mode=mode)
    assert (indexed_library.parent / "stderr.txt").read_text(encoding="utf-8") == ""


@pytest.mark.slow
def test_the_asker_is_the_one_of_the_command_line(indexed_library: Path) -> None:
    """Groups and names that the command is given open what they open for other commands."""

    async def conversation(client: Client) -> list[str]:
        return _case_ids(await client.call_tool("search_cases", {"challenge": PRICE, "limit": 10}))

    assert "hidden-case" not in _talk(indexed_library, conversation)
    assert "hidden-case" in _talk(indexed_library, conversation, "--group", "red")


@pytest.mark.slow
def test_a_new_generation_answers_without_a_restart(indexed_library: Path, tmp_path: Path) -> None:
    """What is indexed while the process runs is found by later calls."""
    library = shutil.copytree(indexed_library, tmp_path / "library")
    challenge = "Gardening robots of the customer stall in winter."

    async def conversation(client: Client) -> bool:
        (library / "cases" / "new-case.md").write_text(
            case_text(title="Gardening robots", challenge=challenge), encoding="utf-8"
        )
        await anyio.to_thread.run_sync(lambda: build_index(settings_for(library)))
        for _ in range(600):
            if "new-case" in _case_ids(await client.call_tool("search_cases", {"challenge": challenge})):
                return True
            await anyio.sleep(0.05)
        return False

    assert _talk(library, conversation)


@pytest.mark.slow
def test_without_an_index_the_tools_say_so(tmp_path: Path) -> None:
    """A library that was never indexed is served all the same; calls tell what is missing, and no path."""
    library = write_library(tmp_path / "library", LIBRARY)

    async def conversation(client: Client) -> CallToolResult:
        return await client.call_tool("search", {"query": PRICE})

    result = _talk(library, conversation)
    assert result.is_error
    assert "no index yet" in str(result.content)
    assert str(tmp_path) not in str(result.content)


def test_nothing_but_the_protocol_is_written(indexed_library: Path) -> None:
    """Every line on standard output is a message, and the process ends with its input."""
    initialize = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "fetch", "arguments": {"id": "no"}}}
    messages = (initialize, {"jsonrpc": "2.0", "method": "notifications/initialized"}, call)
    ended = subprocess.run(
        [sys.executable, *_command(indexed_library)],
        input="".join(f"{json.dumps(message)}\n" for message in messages),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert {json.loads(line)["id"] for line in ended.stdout.splitlines()} <= {1, 2}
    assert json.loads(ended.stdout.splitlines()[0])["result"]["serverInfo"]["name"] == "casebook"
