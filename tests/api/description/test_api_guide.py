"""docs/api.md names every route and no other, and its commands work on the sample library."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import Parts, create_app
from api.credentials.identity import METADATA_PATH
from api.resources.queries import MOST_CASES, MOST_CHARACTERS, CaseFilters, Paging, SearchRequest
from indexer.build import build_index
from library.settings import ServerSettings
from tests.api.conftest import ANONYMOUS, MakeClient, open_client
from tests.conftest import FakeEncoder, settings_for
from tests.test_layers import ROOT

GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
_OF_PEOPLE = ("/v1/drafts", "/v1/review", "/v1/audit", "/v1/purges", "/v1/vocabulary/")
COMMANDS = [
    command
    for block in re.findall(r"^```sh\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    for command in block.replace("\\\n", " ").splitlines()
    if command.startswith("curl ")
]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a command asks for."""

    url: str
    data: str | None
    headers: dict[str, str]
    method: str

    @property
    def allowed(self) -> set[int]:
        """How it may be answered: the desk's routes are for people, and their examples name no item of the sample."""
        return {403} if self.url.startswith(_OF_PEOPLE) else {200, 201}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server over the sample library."""
    folder = tmp_path_factory.mktemp("sample")
    encoder = FakeEncoder()
    folders = {"data": folder / "data", "state": folder / "state.db"}
    settings = settings_for(ROOT, **folders, server={"rate_per_minute": 0})
    build_index(settings, encoder=encoder)
    with open_client(create_app(settings, Parts(encoder=encoder))) as client:
        yield client


def test_guide_names_every_route(client: MakeClient) -> None:
    """Each operation of the OpenAPI document is on the page, and each that is on the page exists."""
    document = client(asker=ANONYMOUS).get("/openapi.json").json()
    operations = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert set(re.findall(r"`((?:GET|POST|PUT) /[^`?]*)`", GUIDE)) == operations


def test_guide_shows_a_command_for_every_route(client: MakeClient) -> None:
    """Each route is called once on the page, the metadata of an identity provider apart."""
    document = client(asker=ANONYMOUS).get("/openapi.json").json()
    called = [_request(command).url.partition("?")[0] for command in COMMANDS]
    for template in document["paths"].keys() - {METADATA_PATH}:
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        assert any(re.fullmatch(pattern, path) for path in called), template


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_command_of_the_guide_works(sample: TestClient, command: str) -> None:
    """Each command of the page is answered with what was asked for."""
    asked = _request(command)
    headers = {name: value for name, value in asked.headers.items() if name != "X-API-Key"}
    response = sample.request(asked.method, asked.url, content=asked.data, headers=headers)
    assert response.status_code in asked.allowed, response.text
    assert response.content


def test_guide_names_the_limits_as_they_are() -> None:
    """Filters and bounds on the page are those of the models and settings."""
    assert f"1 to {MOST_CHARACTERS:,} characters" in GUIDE
    assert f"1 to {MOST_CASES}; {SearchRequest.model_fields['limit'].default} if left out" in GUIDE
    assert f"`limit` is {Paging.model_fields['limit'].default} if left out and 200 at most" in GUIDE
    table = next(line for line in GUIDE.splitlines() if line.startswith("| `filters`"))
    assert set(re.findall(r"`(\w+)`", table)) - {"filters"} == CaseFilters.model_fields.keys()
    fields = set(re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE))
    assert fields == SearchRequest.model_fields.keys()
    server = ServerSettings()
    assert f"{server.max_body_kilobytes} kB" in GUIDE
    assert f"{server.max_upload_kilobytes} kB" in GUIDE
    assert f"{server.search_seconds:g} seconds" in GUIDE


def test_pages_that_the_guide_refers_to_exist() -> None:
    """Links to other pages lead somewhere."""
    for name in re.findall(r"\]\(([\w-]+\.md)\)", GUIDE):
        assert Path(ROOT, "docs", name).is_file(), name


def _request(command: str) -> _Asked:
    """Read a curl command as curl would, as far as the page uses it."""
    words = shlex.split(command)[1:]
    url, data, headers, method = "", None, {}, ""
    while words:
        word = words.pop(0)
        if word == "--header":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "--data":
            data = words.pop(0)
        elif word == "--request":
            method = words.pop(0)
        elif word == "--output":
            words.pop(0)
        elif word != "--silent":
            assert word.startswith("$CASEBOOK_URL/"), word
            url = word.removeprefix("$CASEBOOK_URL")
    return _Asked(url, data, headers, method or ("POST" if data else "GET"))
