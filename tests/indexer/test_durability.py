"""Whatever happens to a writer, the published index answers, and the next run completes.

Real processes, real signals and real limits on the size of files; the default model.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from indexer.build import build_index
from indexer.generations import GENERATIONS, Manifest, current_generation, writer_lock
from indexer.models import MODELS
from library.access import Asker
from search.answering.assembling import search_cases
from search.engine import LocalEngine
from tests.conftest import case_text, settings_for, write_library

ROOT = Path(__file__).parents[2]
SLOW = pytest.mark.slow
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of a process's files")

# Sets the limit when a function is entered, so that the disk is full from there on; then runs the command line.
LIMITED = """
import importlib, os, resource, sys
module, name, limit, linking = sys.argv[1:5]
owner = importlib.import_module(module)
*parents, last = name.split(".")
for parent in parents:
    owner = getattr(owner, parent)
real = getattr(owner, last)

def limited(*args, **options):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
    return real(*args, **options)

def refuse(*_):
    raise OSError("Invalid cross-device link")

setattr(owner, last, limited)
if linking == "no":
    os.link = refuse
sys.argv = ["casebook", *sys.argv[5:]]
import cli
cli.main()
"""


@dataclass
class Shelf:
    """A small library with its index; `revise` gives the next run something to write."""

    root: Path
    revisions: int = field(default=0)

    @property
    def data(self) -> Path:
        return self.root / ".casebook"

    def revise(self) -> None:
        self.revisions += 1
        challenge = f"The brewery asks for a rebate, for the {self.revisions}th time."
        write_library(self.root, {"cases/b.md": case_text(title="Brewery", challenge=challenge)})

    def index(self, *, limit: tuple[str, str, int, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run `casebook index` in a process of its own, which may meet a full disk."""
        command = ["index", "--library", str(self.root)]
        head = ["-m", "cli"] if limit is None else ["-c", LIMITED, *map(str, limit)]
        return subprocess.run([sys.executable, *head, *command], cwd=ROOT, capture_output=True, text=True, check=False)

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "cli", "index", "--quiet", "--library", str(self.root)]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def published(self) -> int:
        return Manifest.from_folder(current_generation(self.data)).number

    def check_answers(self) -> None:
        """Search the published generation with its own model, and compare its files with its checksums."""
        generation = current_generation(self.data)
        for name, checksum in Manifest.from_folder(generation).checksums.items():
            assert hashlib.sha256((generation / name).read_bytes()).hexdigest() == checksum, name
        _check_search(self.data)

    def check_completes(self) -> None:
        """The next run publishes what the files say now, and nothing of a dead writer is left."""
        build_index(settings_for(self.root))
        names = [path.name for path in (self.data / GENERATIONS).iterdir()]
        assert all(name.isdecimal() for name in names), names
        assert len(names) <= 2
        assert len(list((self.data / MODELS).iterdir())) == 1
        engine = LocalEngine.from_data_folder(self.data)
        rows = [record.row for record in engine.records() if record.id == "b"]
        texts = [passage.text for passage in engine.passages(rows)]
        engine.close()
        assert any(f"for the {self.revisions}th time" in text for text in texts)


def _check_search(data: Path) -> None:
    engine = LocalEngine.from_data_folder(data)
    answer = search_cases(engine, "A brewery wants money back", asker=Asker())
    engine.close()
    assert [case.id for case in answer.cases][:1] == ["b"]
    assert len(answer.cases) == 3
    assert answer.cases[0].arms["pieces"].weight > 0  # by its word pieces, too


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """One library for all tests here; each of them begins with a revision."""
    files = {
        "cases/a.md": case_text(title="Hospital", challenge="The hospital group consolidates its vendors."),
        "cases/c.md": case_text(title="Plant", challenge="The plant stands still too often. " * 30),
        "cases/hidden.md": case_text(title="Brewery", classification="restricted", more="access_groups: [x]\n"),
    }
    made = Shelf(write_library(tmp_path_factory.mktemp("library"), files))
    made.revise()
    build_index(settings_for(made.root))
    made.check_answers()
    return made


def _wait_for_staging(shelf: Shelf, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None and not list((shelf.data / GENERATIONS).glob("staging-*")):
        time.sleep(0.001)


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=SLOW)])
def test_killed_writers_break_nothing(shelf: Shelf, kills: int) -> None:
    """A run killed at any moment leaves an index that answers, and the next run completes.

    Every second kill falls at a random moment of the whole run, the others while a generation is written.
    """
    chance = random.Random(kills)
    started = time.monotonic()
    shelf.revise()
    assert shelf.start().wait() == 0
    duration = time.monotonic() - started
    killed = 0
    for number in range(kills):
        shelf.revise()
        before = shelf.published()
        process = shelf.start()
        if number % 2:
            _wait_for_staging(shelf, process)
            time.sleep(chance.uniform(0, 0.15))
        else:
            time.sleep(chance.uniform(0, duration))
        process.kill()
        killed += process.wait() != 0
        shelf.check_answers()
        assert shelf.published() in (before, before + 1)
        shelf.check_completes()
    assert killed >= kills // 4, "so the kills met running writers"


FULL_DISKS = [
    ("indexer.cache", "BuildCache.store_files", 4_096, "yes"),
    ("indexer.build", "write_catalogue", 20_000, "yes"),
    ("indexer.build", "build_lexical", 100, "yes"),
    ("indexer.build", "copy_encoder", 50_000_000, "no"),
    pytest.param(("indexer.cache", "BuildCache.store_vectors", 4_096, "yes"), marks=SLOW),
    pytest.param(("indexer.cache", "BuildCache.store_tokens", 4_096, "yes"), marks=SLOW),
    pytest.param(("indexer.build", "write_tokens", 4_000, "yes"), marks=SLOW),
    pytest.param(("indexer.build", "build_vectors", 10_000, "yes"), marks=SLOW),
    pytest.param(("indexer.build", "write_catalogue", 0, "yes"), marks=SLOW),
    pytest.param(("indexer.build", "save_rows", 5_000, "yes"), marks=SLOW),
    pytest.param(("indexer.build", "build_lexical", 0, "yes"), marks=SLOW),
    pytest.param(("indexer.generations", "Manifest.write", 100, "yes"), marks=SLOW),
    pytest.param(("indexer.generations", "replace_text", 0, "yes"), marks=SLOW),
    pytest.param(("indexer.cache", "BuildCache.keep_only", 1_000, "yes"), marks=SLOW),
]


@POSIX
@pytest.mark.parametrize("limit", FULL_DISKS, ids=lambda limit: f"{limit[1]} {limit[2]}")
def test_a_full_disk_breaks_nothing(shelf: Shelf, limit: tuple[str, str, int, str]) -> None:
    """Wherever room runs out, the run says so and what to do, and the published index answers."""
    shelf.revise()
    before = shelf.published()
    run = shelf.index(limit=limit)
    assert run.returncode == 1, run.stderr
    assert "Error: " in run.stderr
    assert "Free some space" in run.stderr
    assert "Traceback" not in run.stderr
    assert run.stdout == ""
    assert shelf.published() in (before, before + 1)
    shelf.check_answers()
    shelf.check_completes()


@POSIX
@pytest.mark.parametrize(
    "limit",
    [("indexer.models", "place_default_model", 100_000, "no"), ("indexer.models", "add_token_space", 50_000, "yes")],
    ids=lambda limit: limit[1],
)
def test_a_full_disk_on_the_first_run_leaves_nothing(tmp_path: Path, limit: tuple[str, str, int, str]) -> None:
    """A model that finds no room is not kept in half, and the run after it works."""
    fresh = Shelf(write_library(tmp_path, {"cases/a.md": case_text()}))
    run = fresh.index(limit=limit)
    assert run.returncode == 1
    assert "Free some space" in run.stderr
    assert list((fresh.data / MODELS).iterdir()) == []
    assert not build_index(settings_for(tmp_path)).unchanged


def test_a_second_writer_is_told_and_the_first_goes_on(shelf: Shelf) -> None:
    """While one process writes, another ends with a message and status 1; searching goes on."""
    shelf.revise()
    before = shelf.published()
    with writer_lock(shelf.data):
        run = shelf.index()
        shelf.check_answers()
    assert run.returncode == 1
    assert "Another process is writing the index" in run.stderr
    assert "Wait" in run.stderr
    assert shelf.published() == before
    shelf.check_completes()


def test_a_data_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file where the data folder should be: a message, status 1, and the file as it was."""
    fresh = Shelf(write_library(tmp_path, {"cases/a.md": case_text()}))
    fresh.data.write_text("something else")
    run = fresh.index()
    assert run.returncode == 1
    assert "cannot be written" in run.stderr
    assert "CASEBOOK_DATA" in run.stderr
    assert "Traceback" not in run.stderr
    assert fresh.data.read_text() == "something else"


@pytest.fixture
def read_only_copy(shelf: Shelf, tmp_path: Path) -> Iterator[Path]:
    """A copy of the published generation in a folder where nothing may be written."""
    copy = tmp_path / "copy"
    shutil.copytree(current_generation(shelf.data), copy)
    for path in [copy, *copy.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    yield copy
    for path in [copy, *copy.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)


def _states(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = {path: path.stat() for path in [folder, *folder.rglob("*")]}
    return {os.fspath(path): (state.st_size, state.st_mtime_ns, state.st_ino) for path, state in found.items()}


def test_a_copied_generation_answers_where_nothing_can_be_written(read_only_copy: Path) -> None:
    """A generation is self-contained; searching it creates and changes no file, whoever asks."""
    before = _states(read_only_copy)
    _check_search(read_only_copy)
    assert _states(read_only_copy) == before


def test_a_copied_generation_answers_without_torch(read_only_copy: Path) -> None:
    """A process that cannot import torch and its family searches the copy and leaves it as it was."""
    before = _states(read_only_copy)
    script = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'sentence_transformers', 'onnx', 'onnxscript'):\n"
        "    sys.modules[name] = None\n"
        "sys.argv = ['casebook', *sys.argv[1:]]\n"
        "import cli\ncli.main()\n"
    )
    asked = ["search", "A brewery wants money back", "--json", "--data", str(read_only_copy)]
    run = subprocess.run([sys.executable, "-c", script, *asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert '"id": "b"' in run.stdout
    assert _states(read_only_copy) == before


@POSIX
def test_an_interrupted_run_says_that_the_index_stays(shelf: Shelf) -> None:
    """Ctrl-C ends with a sentence and the usual status, not with a traceback."""
    shelf.revise()
    command = [sys.executable, "-m", "cli", "index", "--library", str(shelf.root)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("reading"):
                break
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
    assert process.returncode in (0, 130)
    if process.returncode:
        assert "what was published before still answers" in told
        assert "Traceback" not in told
    shelf.check_answers()
    shelf.check_completes()
