"""What is installed is whole: a wheel holds what the checkout holds, and `init` works from both."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.test_layers import ROOT

pytestmark = pytest.mark.slow
_ROOMS = ("library", "indexer", "search", "curation", "api", "commands")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, unpacked as an installer would; nothing is installed."""
    built = tmp_path_factory.mktemp("built")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(built)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = built.glob("*.whl")
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def _init(modules: Path, folder: Path) -> dict[str, bytes]:
    """Make a library with the modules of a folder, from a folder of its own; return its files."""
    folder.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CASEBOOK_")}
    script = "import cli, curation, library; print(cli.__file__, curation.__file__, library.__file__); cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "init", "made"],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(modules)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    used = done.stdout.splitlines()[0].split(" ")
    assert [Path(path).is_relative_to(modules) for path in used] == [True, True, True]
    made = folder / "made"
    return {path.relative_to(made).as_posix(): path.read_bytes() for path in made.rglob("*") if path.is_file()}


def test_init_makes_the_same_library_from_a_wheel_as_from_a_checkout(unpacked: Path, tmp_path: Path) -> None:
    """The starting vocabulary and the templates come out of the wheel byte for byte, with no checkout at hand."""
    from_wheel = _init(unpacked, tmp_path / "wheel")
    assert from_wheel == _init(ROOT, tmp_path / "checkout")
    assert len([name for name in from_wheel if name.startswith("kb/")]) == 73


def test_wheel_holds_every_file_of_the_rooms(unpacked: Path) -> None:
    """No module, list, template, graph or marker of the rooms is left out."""
    expected = {
        path.relative_to(ROOT).as_posix()
        for room in _ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert expected - held == set()
    assert {"library/py.typed", "indexer/default_graph.onnx", "cli.py"} <= held


def test_wheel_holds_nothing_else(unpacked: Path) -> None:
    """Neither tests nor sample cases nor anything of the developers is installed at a user's."""
    tops = {path.name for path in unpacked.iterdir()}
    (info,) = [name for name in tops if name.endswith(".dist-info")]
    assert tops - {info} == {*_ROOMS, "cli.py"}
    assert {path.name for path in (unpacked / "library" / "starter" / "kb").iterdir()} == {
        "challenges",
        "competencies",
        "enablers",
    }
    assert (unpacked / info / "licenses" / "LICENSE").read_text(encoding="utf-8").strip()
    entry_points = (unpacked / info / "entry_points.txt").read_text(encoding="utf-8")
    assert "casebook = cli:run\n" in entry_points
