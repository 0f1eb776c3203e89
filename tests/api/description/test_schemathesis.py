"""Schemathesis reads the OpenAPI document and sends a live server what fits it and what does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app import Parts, create_app
from indexer.build import build_index
from library.access import Asker, Role
from library.reading import ROOTS
from tests.api.conftest import FixedIdentities
from tests.conftest import FakeEncoder, settings_for
from tests.live_server import live_server
from tests.test_layers import ROOT

CONFIG = """\
seed = 20260630
color = false

[generation]
deterministic = true
max-examples = 10
database = "none"

# What fits the document may still name what is not there, or hold no word to search with; a role may not allow it, and
# a change has to say what it changes.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "304", "403", "404", "406", "409", "412", "422", "428"]

# The server of this test asks for no credentials; those have tests of their own.
[checks.ignored_auth]
enabled = false
"""


@pytest.fixture
def live(encoder: FakeEncoder, tmp_path: Path) -> Iterator[str]:
    """The address of a real server over the sample library, whose ids the document's examples name."""
    folders = {"data": tmp_path / "data", "state": tmp_path / "state.db"}
    for name in ROOTS:
        shutil.copytree(ROOT / name, tmp_path / "library" / name)
    settings = settings_for(tmp_path / "library", **folders, server={"rate_per_minute": 0})
    build_index(settings, encoder=encoder)
    curator = Asker("ann@firm.example", Role.CURATOR)
    app = create_app(settings, Parts(encoder=encoder, identities=FixedIdentities(settings, curator)))
    with live_server(app) as url:
        yield url


@pytest.mark.slow
def test_live_server_does_what_its_document_says(live: str, tmp_path: Path) -> None:
    """Whatever is sent: no failure of the server, only documented statuses, types, headers and shapes."""
    (tmp_path / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run"]
    ended = subprocess.run(
        [*command, f"{live}/openapi.json"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "❌" not in ended.stdout
