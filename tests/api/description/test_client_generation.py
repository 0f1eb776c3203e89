"""A typed Python client is generated from the OpenAPI document, and works."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app import Parts, create_app
from tests.api.conftest import ANONYMOUS, FixedIdentities, MakeClient, MakeSettings
from tests.conftest import FakeEncoder
from tests.live_server import live_server

USE = '''\
"""What an integrator writes: a search, and the case that it found."""

import sys

from casebook_client import AuthenticatedClient
from casebook_client.api.cases import get_case, list_cases
from casebook_client.api.search import search_cases
from casebook_client.models import Answer, CaseFilters, CasePage, ListPage, Problem, SearchRequest, Verdict

client = AuthenticatedClient(base_url=sys.argv[1], token="a user's token")
wanted = SearchRequest(challenge="purchasing demands a price cut", filters=CaseFilters(region=["DE"]), limit=2)
answer = search_cases.sync(client=client, body=wanted)
assert isinstance(answer, Answer), answer
assert answer.verdict in (Verdict.STRONG, Verdict.POSSIBLE, Verdict.NONE)
first = answer.cases[0]
print(first.id, first.trust.last_verified, first.trust.status.value)
case = get_case.sync(first.id, client=client)
assert isinstance(case, CasePage), case
assert case.title == first.title
assert {link.field for link in case.links} >= {"competencies"}
part = list_cases.sync(client=client, limit=1)
assert isinstance(part, ListPage), part
rest = list_cases.sync(client=client, limit=100, cursor=part.next_ or "")
assert isinstance(rest, ListPage), rest
assert len(part.items) + len(rest.items) == part.total
missing = get_case.sync("missing", client=client)
assert isinstance(missing, Problem), missing
assert (missing.status, missing.type_) == (404, "/problems/not-found")
wrong = search_cases.sync(client=client, body=SearchRequest(challenge=" "))
assert isinstance(wrong, Problem), wrong
assert [error.field for error in wrong.errors or []] == ["challenge"]
'''


@pytest.fixture
def live(make_settings: MakeSettings, encoder: FakeEncoder, indexed: None) -> Iterator[str]:  # noqa: ARG001
    """The address of a real server on this machine."""
    settings = make_settings()
    app = create_app(settings, Parts(encoder=encoder, identities=FixedIdentities(settings, ANONYMOUS)))
    with live_server(app) as url:
        yield url


@pytest.mark.parametrize("version", ["openapi.json", pytest.param("openapi-3.0.json", marks=pytest.mark.slow)])
def test_generated_client_searches_and_reads(client: MakeClient, live: str, tmp_path: Path, version: str) -> None:
    """Both renderings give a client, without a warning, that searches, reads a case and tells problems apart."""
    _generate(client, version, tmp_path)
    (tmp_path / "use.py").write_text(USE, encoding="utf-8")
    ended = subprocess.run([sys.executable, "use.py", live], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "price-case 2026-06-30 approved\n"


@pytest.mark.slow
def test_generated_client_is_typed(client: MakeClient, tmp_path: Path) -> None:
    """A type checker finds nothing in the client or in the code that uses it, the generator's own template apart."""
    _generate(client, "openapi.json", tmp_path)
    (tmp_path / "use.py").write_text(USE, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-error-summary", "use.py"]
    ended = subprocess.run([*command, "casebook_client"], cwd=tmp_path, check=False, capture_output=True, text=True)
    ours = [
        line for line in ended.stdout.splitlines() if not line.startswith(str(Path("casebook_client", "client.py")))
    ]
    assert (ours, ended.stderr) == ([], "")


def _generate(client: MakeClient, version: str, folder: Path) -> None:
    """Write the package `casebook_client` into a folder; a warning of the generator is an error."""
    document = client(asker=ANONYMOUS).get(f"/{version}").json()
    (folder / version).write_text(json.dumps(document), encoding="utf-8")
    (folder / "config.yaml").write_text("post_hooks: []\n", encoding="utf-8")
    options = ["--path", version, "--config", "config.yaml", "--meta", "none", "--fail-on-warning"]
    command = [sys.executable, "-m", "openapi_python_client", "generate", *options]
    ended = subprocess.run(
        [*command, "--output-path", "casebook_client"], cwd=folder, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (folder / "casebook_client" / "client.py").is_file()
