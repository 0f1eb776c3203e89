"""docs/integrate.md stays true: its code runs against a real server with a real key."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import pytest

from api.app import Parts, create_app
from curation.feedback import list_feedback
from curation.keys import KeyStore
from curation.state import State
from indexer.build import build_index
from library.access import Asker, Role
from library.settings import Settings
from search.engine import LocalEngine
from search.view import View
from tests.api.conftest import HIDDEN_WORDS, LIBRARY
from tests.conftest import FakeEncoder, case_text, settings_for, write_library
from tests.live_server import live_server
from tests.test_layers import ROOT

PAGE = (ROOT / "docs" / "integrate.md").read_text(encoding="utf-8")
PRICE = "Purchasing demands a price cut of eight percent at the yearly contract negotiation."
NOTHING_ALIKE = "How do I bake sourdough bread with a starter in a cold kitchen?"
PORTAL = "https://portal.example.com/cases/{id}"
# What Teams shows of version 1.5, as far as cards that only tell something need it.
ALLOWED = {"AdaptiveCard", "TextBlock", "RichTextBlock", "TextRun", "Container", "ActionSet", "Action.OpenUrl"}
TEAMS_BYTES = 28_000


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def _files(language: str) -> dict[str, str]:
    return dict(re.findall(rf'```{language} title="([^"]+)"\n(.*?)```', PAGE, flags=re.DOTALL))


@dataclass(frozen=True)
class _Served:
    """A running server, its library and a key."""

    address: str
    key: str
    settings: Settings


@contextmanager
def _serving(folder: Path) -> Iterator[_Served]:
    library = write_library(folder / "library", LIBRARY)
    settings = settings_for(library, state=folder / "state" / "state.db", server={"rate_per_minute": 0})
    build_index(settings, encoder=FakeEncoder())
    key = KeyStore(State(settings.state_file)).create("test").text
    with live_server(create_app(settings, Parts(encoder=FakeEncoder()))) as address:
        yield _Served(address, key, settings)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Served]:
    """A server whose library nobody changes."""
    with _serving(tmp_path_factory.mktemp("served")) as running:
        yield running


def _enter(served: _Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put address and key into the environment as the page says."""
    monkeypatch.setenv("KB_URL", served.address)
    monkeypatch.setenv("CASEBOOK_SERVER_KEY", served.key)


@pytest.fixture
def server(served: _Served, monkeypatch: pytest.MonkeyPatch) -> _Served:
    """The server, for who reads the environment."""
    _enter(served, monkeypatch)
    return served


@pytest.fixture
def modules(server: _Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:  # noqa: ARG001
    """The page's Python files in a folder that is looked into first; forgotten afterwards."""
    folder = tmp_path / "page"
    folder.mkdir()
    for name, text in _files("python").items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in _files("python"):
        loaded = sys.modules.pop(name.removesuffix(".py"), None)
        if loaded is not None and hasattr(loaded, "_server"):
            loaded._server.close()


def _module(name: str) -> ModuleType:
    return importlib.import_module(name)


def test_every_python_file_of_the_page_is_tested(modules: Path) -> None:
    """No example is on the page that no test imports."""
    named = set(re.findall(r'_module\("(\w+)"\)', Path(__file__).read_text(encoding="utf-8")))
    assert {path.stem for path in modules.glob("*.py")} == named | {"casebook_client"}
    assert not _blocks("python"), "give every file a title, so that it is tested"


def test_no_key_stands_on_the_page() -> None:
    """Keys come from the environment alone; the browser's code knows of none."""
    assert not re.search(r"cbk_[a-z0-9]{8}_", PAGE)
    for block in _blocks("js"):
        assert "KEY" not in block.upper()
        assert "innerHTML =" not in block


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_curl_lines_run(server: _Served, tmp_path: Path) -> None:  # noqa: ARG001
    """All lines run in one shell; searches answer JSON, and an unknown case the one shape of problems."""
    script = "set -e\n" + "\n".join(_blocks("sh"))
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    decoder, answers, rest = json.JSONDecoder(), [], done.stdout.strip()
    while rest:
        answer, end = decoder.raw_decode(rest)
        answers.append(answer)
        rest = rest[end:].lstrip()
    search, cases, problem = answers
    assert search["verdict"] in ("strong", "possible", "none")
    assert cases["items"]
    assert problem["status"] == 404
    assert "facets.json" in {path.name for path in tmp_path.iterdir()}


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_the_code_of_the_browser_is_well_formed(tmp_path: Path) -> None:
    """The page's JavaScript parses."""
    for number, block in enumerate(_blocks("js")):
        path = tmp_path / f"block{number}.mjs"
        path.write_text(block, encoding="utf-8")
        assert subprocess.run(["node", "--check", path], check=False).returncode == 0


@pytest.mark.usefixtures("modules")
def test_the_client_tells_problems() -> None:
    """What the server refuses becomes an error with its title, status and detail."""
    client = _module("casebook_client")
    with pytest.raises(client.CasebookError, match="404") as caught:
        client.call("GET", "/v1/cases/hidden-case")
    assert caught.value.problem["request_id"]


@pytest.mark.usefixtures("modules")
def test_the_portal_shows_cases_or_says_that_there_are_none(server: _Served) -> None:
    """The page gets verdict, cases and contacts, nothing hidden; without a close case it gets no cases."""
    portal = _module("portal")
    found = portal.search(PRICE)
    assert found["cases"][0]["id"] == "price-case"
    assert found["cases"][0]["why"]
    assert not [word for word in HIDDEN_WORDS if word in json.dumps(found)]
    assert "sponsor-case" not in [case["id"] for case in portal.search(PRICE, industry="10")["cases"]]
    none = portal.search(NOTHING_ALIKE)
    assert (none["verdict"], none["cases"]) == ("none", [])
    for _ in range(2):
        portal.say("price-case", "used", search_id=found["searchId"], request_key="one-click")
    engine = LocalEngine.from_data_folder(server.settings.data_folder, encoder=FakeEncoder())
    (kept,) = list_feedback(State(server.settings.state_file), View(engine, Asker(role=Role.CURATOR)))
    assert (kept.remark.case_id, kept.remark.kind) == ("price-case", "used")


@pytest.mark.usefixtures("modules")
def test_the_crm_page_lists_cases_of_an_account() -> None:
    """Cases of an industry and region are listed without a challenge; unknown codes give none."""
    crm = _module("crm")
    assert [case["id"] for case in crm.cases_beside("86", "FR")] == ["sponsor-case"]
    assert crm.cases_beside("no such industry", "FR") == []
    assert "price-case" not in [case["id"] for case in crm.more_like("price-case")]


@pytest.mark.usefixtures("modules")
def test_a_program_asks_by_mcp() -> None:
    """The SDK's client searches with the key from the environment."""
    found = anyio.run(_module("ask_by_mcp").ask, PRICE)
    assert found["cases"][0]["id"] == "price-case"


def test_the_configurations_name_what_there_is() -> None:
    """Both are JSON; one names the connector's address, the other a command that the command line has."""
    configurations = {name: json.loads(text)["mcpServers"]["casebook"] for name, text in _files("json").items()}
    assert configurations["mcp-http.json"]["url"] == "${KB_URL}/mcp"
    started = configurations["mcp-stdio.json"]
    assert started["command"] == "casebook"
    help_text = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), started["args"][0], "--help"],
        env={**os.environ, "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert started["args"][1] in help_text


def _elements(card: Any) -> Iterator[dict[str, Any]]:
    """Yield every element of a card, from the outermost."""
    if isinstance(card, dict):
        if "type" in card:
            yield card
        for value in card.values():
            yield from _elements(value)
    elif isinstance(card, list):
        for entry in card:
            yield from _elements(entry)


def _check_card(card: dict[str, Any]) -> None:
    """Assert the rules of cards of version 1.5 in Teams, as far as these elements have any."""
    assert card["version"] == "1.5"
    assert card["fallbackText"]
    assert len(json.dumps(card).encode()) <= TEAMS_BYTES
    for element in _elements(card):
        assert element["type"] in ALLOWED
        match element["type"]:
            case "TextBlock" | "TextRun":
                assert isinstance(element["text"], str)
                assert element["text"]
            case "RichTextBlock":
                assert element["inlines"]
            case "Container":
                assert element["items"]
            case "ActionSet":
                assert 1 <= len(element["actions"]) <= 6
            case "Action.OpenUrl":
                assert element["url"].startswith("https://")


def _texts(card: dict[str, Any]) -> list[str]:
    return [element["text"] for element in _elements(card) if "text" in element]


@pytest.mark.usefixtures("modules")
def test_the_teams_bot_answers_with_a_card() -> None:
    """The verdict comes first, then cases with reason, trust, contact and a link into the portal."""
    message = _module("teams_bot").on_message(PRICE, page=PORTAL)
    (attachment,) = message["attachments"]
    card = attachment["content"]
    _check_card(card)
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert _texts(card)[0] in ("There is a close case", "There may be a comparable case")
    assert "Purchasing asks for a price cut" in _texts(card)
    assert "Ask: the centre of excellence" in _texts(card)
    links = [element["url"] for element in _elements(card) if element["type"] == "Action.OpenUrl"]
    assert links[0] == "https://portal.example.com/cases/price-case"


@pytest.mark.usefixtures("modules")
def test_the_teams_bot_declines() -> None:
    """Without a close case the card says so, shows none and names whom to ask."""
    card = _module("teams_bot").on_message(NOTHING_ALIKE, page=PORTAL)["attachments"][0]["content"]
    _check_card(card)
    assert _texts(card)[0] == "No close case"
    assert "the centre of excellence" in _texts(card)[1]
    assert not [element for element in _elements(card) if element["type"] == "Container"]


@pytest.mark.usefixtures("modules")
def test_the_teams_bot_tells_problems() -> None:
    """What the server refuses is told with a reference, and without a card."""
    message = _module("teams_bot").on_message(" ", page=PORTAL)
    assert "attachments" not in message
    assert "Reference: " in message["text"]


@pytest.mark.usefixtures("modules")
def test_a_card_keeps_within_its_bounds_whatever_a_case_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long texts are shortened, what does not fit is left out, and Markdown in a case is never read as such."""
    teams = _module("teams_card")
    evil = "[click](https://evil.example) " * 5_000
    answer = _module("casebook_client").call("POST", "/v1/search", json={"challenge": PRICE, "limit": 3})
    for case in answer["cases"]:
        case |= {"title": evil, "reason": evil, "differs": [{"text": evil}], "contact": "ü" * 300}
    card = teams.card_of(answer, page=PORTAL)
    _check_card(card)
    marked = [element for element in _elements(card) if element["type"] == "TextBlock"]
    assert not [element for element in marked if "evil" in element["text"]]
    monkeypatch.setattr(teams, "MOST_BYTES", 2_000)
    _check_card(small := teams.card_of(answer, page=PORTAL))
    assert len(json.dumps(small).encode()) <= 2_000


@pytest.mark.usefixtures("modules")
def test_the_grounded_bot_asks_its_model_only_with_cases() -> None:
    """A close case is given to the model as quoted material; without one the model is not asked."""
    bot = _module("grounded_bot")
    asked: list[str] = []

    def complete(prompt: str) -> str:
        asked.append(prompt)
        return "They offered a better contract."

    told = bot.answer(PRICE, complete)
    assert "They offered a better contract." in told
    assert "price-case" in told.partition("Sources: ")[2]
    assert "quoted material" in asked[0]
    assert not [word for word in HIDDEN_WORDS if word in asked[0]]
    assert bot.answer(NOTHING_ALIKE, complete) == bot.DECLINED
    assert len(asked) == 1


@pytest.mark.usefixtures("modules")
def test_the_copy_follows_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy takes what is new and changed, drops what is gone or no longer open, and else does nothing."""
    folder = tmp_path / "copy"
    folder.mkdir()
    with _serving(tmp_path) as own:
        _enter(own, monkeypatch)
        update = _module("copy_of_cases").update
        assert update(folder) > 0
        assert "hidden-case" not in _taken(folder)
        assert update(folder) == 0
        versions = ({"title": "New"}, {"title": "Newer"}, {"title": "Newer", "classification": "confidential"})
        titles = []
        for version in versions:
            (own.settings.library / "cases" / "new-case.md").write_text(case_text(**version), encoding="utf-8")
            build_index(own.settings, encoder=FakeEncoder())
            _wait_for(lambda: update(folder) > 0)
            titles.append(_taken(folder).get("new-case"))
    assert titles == ["New", "Newer", None]


def _taken(folder: Path) -> dict[str, str]:
    items = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
    return {name: item["title"] for name, item in items.items()}


def _wait_for(happened: Callable[[], bool]) -> None:
    for _ in range(600):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError("the server did not pick the new index up")


def test_the_container_is_described_as_it_is() -> None:
    """The commands on the page name services that compose has, and variables that it reads."""
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    container = PAGE.partition("## In a container")[2]
    for service in re.findall(r"docker compose run --rm (\w+)", container):
        assert re.search(rf"^  {service}:$", compose, flags=re.MULTILINE)
    for variable in ("LIBRARY_FOLDER", "PUBLIC_URL", "OIDC_ISSUER", "OIDC_AUDIENCE"):
        assert variable in container
        assert f"${{{variable}" in compose


def test_links_within_the_page_lead_somewhere() -> None:
    """Every entry of the page's list is a heading."""
    headings = {
        re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-")
        for title in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) == headings
