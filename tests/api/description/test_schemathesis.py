"""Schemathesis reads the OpenAPI document and sends a live server what fits it and what does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from api.app import Parts, create_app
from indexer.build import build_index
from library.access import Asker, Role
from library.reading import ROOTS
from tests.api.conftest import FixedIdentities
from tests.conftest import FakeEncoder, case_text, concept_text, settings_for, write_library
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
_DESK = "^/v1/(drafts|review|audit|exports|vocabulary)"
_READER, _CURATOR = Asker("ann@firm.example", Role.READER), Asker("ann@firm.example", Role.CURATOR)


def _copy_sample(root: Path) -> None:
    for name in ROOTS:
        shutil.copytree(ROOT / name, root / name)


def _write_little(root: Path) -> None:
    """Write a library that is indexed in a moment, since every decision of the desk has it indexed again."""
    write_library(root, {"cases/case-a.md": case_text(), "kb/challenges/chl-a.md": concept_text("Sponsor")})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fill", "asker", "choice"),
    [(_copy_sample, _READER, "--exclude-path-regex"), (_write_little, _CURATOR, "--include-path-regex")],
    ids=["reading the sample library", "writing at the desk"],
)
def test_live_server_does_what_its_document_says(
    fill: Callable[[Path], None], asker: Asker, choice: str, encoder: FakeEncoder, tmp_path: Path
) -> None:
    """Whatever is sent: no failure of the server, only documented statuses, types, headers and shapes."""
    (tmp_path / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run", choice, _DESK]
    fill(tmp_path / "library")
    folders = {"data": tmp_path / "data", "state": tmp_path / "state.db"}
    settings = settings_for(tmp_path / "library", **folders, server={"rate_per_minute": 0})
    build_index(settings, encoder=encoder)
    app = create_app(settings, Parts(encoder=encoder, identities=FixedIdentities(settings, asker)))
    with live_server(app) as url:
        ended = subprocess.run(
            [*command, f"{url}/openapi.json"], cwd=tmp_path, check=False, capture_output=True, text=True
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "❌" not in ended.stdout
