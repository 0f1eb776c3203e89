"""The documents stay true: README's commands run, the architecture page knows every module."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import docx
import pytest

from indexer.generations import CACHE
from tests.test_layers import ROOMS, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
CURATE = (ROOT / "docs" / "curate.md").read_text(encoding="utf-8")
WORD_FILE = {
    "Situation": "Two dairy groups in Denmark and Germany merged. Central purchasing now buys for 14 plants.",
    "Challenge": "“We have two price lists from you for one carton. Explain it by Friday, or we tender everything.”",
    "What we did": "We opened both lists with purchasing and wrote one catalogue with three service levels.",
    "Solution": "One framework contract over three years, with an indexed clause for raw material.",
    "Value": "Carton cost fell by 6% within twelve months, confirmed by the customer's finance team.",
    "What went wrong": "The first catalogue forgot the night deliveries of two plants; they complained for a quarter.",
}
# Set-up and other models have their own tests; they change an environment.
_NOT_RUN = ("make ", "pip ", "casebook index --model")


def _commands(page: str) -> list[str]:
    """Return the commands that a page shows for users, in order, without their comments."""
    blocks = re.findall(r"```console\n(.*?)```", page, flags=re.DOTALL)
    whole = [block.replace("\\\n", " ") for block in blocks]  # a command may go on in the next line
    lines = [line.removeprefix("$ ") for block in whole for line in block.splitlines() if line.startswith("$ ")]
    return [line for line in lines if not line.startswith(_NOT_RUN)]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample library, indexed, and the files that README's commands name."""
    folder = tmp_path_factory.mktemp("readme")
    for name in ("cases", "kb"):
        shutil.copytree(ROOT / name, folder / name)
    cache = ROOT / ".casebook" / CACHE
    if cache.is_file():  # what `make demo` has read and embedded; otherwise it takes a minute longer
        (folder / ".casebook").mkdir()
        shutil.copyfile(cache, folder / ".casebook" / CACHE)
    (folder / "mail.txt").write_text("Hi, the customer wants a joint scorecard. Who did that?", encoding="utf-8")
    (folder / "judged.csv").write_text(
        "challenge,case,grade\nThe customer wants a joint scorecard,case-medwholesale-joint-scorecard,3\n",
        encoding="utf-8",
    )
    row = {"name": "A lost tender", "problem": "We lost the tender on price.", "answer": "We offered less."}
    (folder / "rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    done = _run("casebook index --quiet", folder)
    assert done.returncode == 0, done.stderr
    return folder


def _run(command: str, folder: Path, *, state: Path | None = None) -> subprocess.CompletedProcess[str]:
    casebook = f"{shlex.quote(sys.executable)} -m cli"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CASEBOOK_")}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        "CASEBOOK_STATE": str((state or folder) / "state.db"),
    }
    return subprocess.run(
        re.sub(r"\bcasebook(?= )", lambda _: casebook, command, count=1),
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("command", _commands(README))
def test_readme_command_runs(command: str, workplace: Path) -> None:
    """Every command that README shows for users works as it stands there, one after the other."""
    done = _run(command, workplace)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the Word file that the curators' guide begins with."""
    folder = tmp_path_factory.mktemp("desk")
    document = docx.Document()
    document.add_heading("Two price lists after a merger", 0)
    for heading, text in WORD_FILE.items():
        document.add_heading(heading, 1)
        document.add_paragraph(text)
    document.save(str(folder / "two-price-lists.docx"))
    return folder


@pytest.mark.slow
def test_curators_guide_leads_from_a_word_file_to_a_found_case(desk: Path) -> None:
    """Every command of docs/curate.md works, one after the other, and the case is found in the end."""
    folder = desk
    filled = re.findall(r"```yaml\n(.*?)```", CURATE, flags=re.DOTALL)[0]
    for command in _commands(CURATE):
        if command.startswith("cd "):
            folder /= command.removeprefix("cd ")
            continue
        if command.startswith("casebook check"):
            path = folder / command.split()[-1]
            path.write_text(path.read_text("utf-8").replace("language: en\n", f"language: en\n{filled}", 1), "utf-8")
        done = _run(command, folder, state=desk)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert "Traceback" not in done.stderr
        if command.startswith("casebook search"):
            assert "1. Two price lists after a merger" in done.stdout


def test_readme_shows_commands_for_every_kind_of_user() -> None:
    """The test above has something to run."""
    assert {
        "search",
        "show",
        "similar",
        "list",
        "init",
        "new",
        "check",
        "index",
        "status",
        "import",
        "eval",
        "keys",
    } <= {re.split(r"casebook ", command)[-1].split()[0] for command in _commands(README)}


def test_architecture_names_every_module() -> None:
    """The tree in docs/architecture.md names each module, and none that does not exist."""
    tree = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("```")[1]
    modules = {path.name for room in ROOMS for path in (ROOT / room).rglob("*.py") if path.name != "__init__.py"}
    named = set(re.findall(r"\b\w+\.py\b", tree))
    assert named == modules | {"cli.py"}


def test_decisions_are_named_where_code_refers_to_them() -> None:
    """A decision that the code names exists."""
    texts = [path.read_text(encoding="utf-8") for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    named = {name for text in texts for name in re.findall(r"docs/decisions/(\d{4}[\w-]*)", text)}
    known = {path.stem for path in (ROOT / "docs" / "decisions").glob("*.md")}
    assert named
    assert all(any(stem == name or stem.startswith(f"{name}-") for stem in known) for name in named)
