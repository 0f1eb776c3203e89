"""A command loads only the libraries that it needs: importing the heavy ones costs seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_layers import OWNERS, ROOT

# Everything of other people's that some command loads and another does not.
_LOADED_LATE = frozenset({*OWNERS, "numpy", "pydantic"}) - {"typer"}
_SETTINGS = {"pydantic", "pydantic_settings"}
_SCRIPT = """
import sys
import cli
try:
    cli.main(sys.argv[1:])
except SystemExit as end:
    status = end.code
print("\\n" + " ".join([str(status), *sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def _loaded(*arguments: object) -> set[str]:
    """Run a command in a process of its own and return which of the late libraries it loaded."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CASEBOOK_")}
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *map(str, arguments)],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    status, *modules = ended.stdout.splitlines()[-1].split(" ")
    assert status == "0", ended.stderr
    return set(modules) & _LOADED_LATE


def test_help_loads_nothing() -> None:
    """`casebook --help` answers from the command line's own module alone."""
    assert _loaded("--help") == set()


def test_search_loads_what_it_takes_to_embed_one_text(library: Path) -> None:
    """A search loads ONNX Runtime and the lexical index; no torch, no Markdown, no FAISS at this size."""
    expected = {*_SETTINGS, "numpy", "onnxruntime", "tantivy", "tokenizers"}
    assert _loaded("search", "our sponsor left", "--library", library) == expected


def test_similar_loads_no_model(library: Path) -> None:
    """The vectors of a case are there already."""
    assert _loaded("similar", "case-sponsor", "--library", library) == {*_SETTINGS, "numpy", "tantivy"}


@pytest.mark.parametrize("command", [["show", "case-sponsor"], ["list", "cases"], ["status"]])
def test_looking_loads_the_catalogue_alone(library: Path, command: list[str]) -> None:
    """What is only read from the catalogue needs neither vectors nor words nor Markdown."""
    assert _loaded(*command, "--library", library) == _SETTINGS
