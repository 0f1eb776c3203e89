"""The vocabulary's commands, `export` and `watch` on the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import FILES, Casebook
from tests.conftest import write_library

PRICE = "kb/challenges/chl-price.md"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A library of one's own to change."""
    return write_library(tmp_path / "mine", FILES)


@pytest.mark.parametrize("name", ["v.ttl", "v.csv"])
def test_vocabulary_goes_out_and_in(casebook: Casebook, copied: Path, tmp_path: Path, name: str) -> None:
    """An export is imported again; a dry run writes nothing, a real one what was edited."""
    file = tmp_path / name
    assert casebook("vocabulary", "export", "-l", copied, "-o", file).err == "5 concepts\n"
    file.write_bytes(file.read_bytes().replace(b"Price pressure", b"Pressure on prices"))
    before = (copied / PRICE).read_text(encoding="utf-8")
    shown = casebook("vocabulary", "import", file, "-l", copied, "--dry-run")
    assert (shown.status, shown.out.splitlines()[0][:11]) == (0, "~ chl-price")
    assert (copied / PRICE).read_text(encoding="utf-8") == before
    done = casebook("vocabulary", "import", file, "-l", copied, "--json")
    assert list(json.loads(done.out)["updated"]) == ["chl-price"]
    assert "Pressure on prices" in (copied / PRICE).read_text(encoding="utf-8")


def test_vocabulary_is_printed_without_a_file(casebook: Casebook, copied: Path) -> None:
    """Without a file the export goes to standard output, of one type if asked."""
    ended = casebook("vocabulary", "export", "-l", copied, "--format", "csv", "--type", "enabler")
    assert [line.split(",")[0] for line in ended.out.splitlines()[:1]] == ["id"]
    assert "enb-desk" in ended.out
    assert "chl-price" not in ended.out


def test_rename_and_merge(casebook: Casebook, copied: Path) -> None:
    """Both list the files; a dry run changes none."""
    shown = casebook("vocabulary", "rename", "enb-desk", "enb-pricing", "-l", copied, "--dry-run")
    assert "cases/case-price.md" in shown.out.splitlines()
    assert (copied / "kb/enablers/enb-desk.md").exists()
    assert casebook("vocabulary", "rename", "enb-desk", "enb-pricing", "-l", copied).status == 0
    assert "enb-pricing" in (copied / "cases/case-price.md").read_text(encoding="utf-8")
    assert casebook("vocabulary", "merge", "enb-pricing", "enb-sponsor", "-l", copied, "--json").status == 0
    assert "status: archived" in (copied / "kb/enablers/enb-pricing.md").read_text(encoding="utf-8")
    refused = casebook("vocabulary", "merge", "enb-none", "enb-sponsor", "-l", copied)
    assert (refused.status, refused.err.splitlines()[0]) == (1, "Error: There is no concept 'enb-none'.")


def test_approvals_that_a_renaming_ends_are_counted(
    casebook: Casebook, copied: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where approvals are recorded, a changed file waits for the next one, and the command says how many do."""
    monkeypatch.setenv("CASEBOOK_STATE", str(tmp_path / "state.db"))
    (copied / "casebook.toml").write_text('approval = "recorded"\n', encoding="utf-8")
    approved = casebook("review", "approve", "case-price", "-l", copied, "--user", "paula", "--role", "publisher")
    assert approved.status == 0, approved.err
    renamed = casebook("vocabulary", "rename", "enb-desk", "enb-pricing", "-l", copied)
    assert "waiting for that again: 1 (`casebook review queue`)" in renamed.err
    back = casebook("vocabulary", "rename", "enb-pricing", "enb-desk", "-l", copied)
    assert "waiting" not in back.err


def test_change_is_committed_where_the_settings_say_so(
    casebook: Casebook, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `commit = true` the changed files are a commit in the asker's name."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    git = ["git", "-C", str(copied), "-c", "user.name=S", "-c", "user.email=s@example.org"]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Begin"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    (copied / "casebook.toml").write_text("commit = true\n[asker]\nuser = 'ann@example.org'\n", encoding="utf-8")
    assert casebook("vocabulary", "rename", "enb-desk", "enb-pricing", "-l", copied).status == 0
    done = subprocess.run([*git, "log", "-1", "--format=%ae %s"], check=True, capture_output=True, text=True)
    assert done.stdout == "ann@example.org Rename enb-desk to enb-pricing\n"


def test_vocabulary_check_tells_what_is_wrong(casebook: Casebook, copied: Path) -> None:
    """A sound vocabulary passes; a circle ends with status 1."""
    assert casebook("vocabulary", "check", "-l", copied).status == 0
    text = (copied / PRICE).read_text(encoding="utf-8")
    (copied / PRICE).write_text(text.replace("status:", "broader: chl-price\nstatus:", 1), encoding="utf-8")
    ended = casebook("vocabulary", "check", "-l", copied)
    assert (ended.status, "is the concept itself" in ended.out) == (1, True)


def test_export_of_what_the_asker_sees(casebook: Casebook, library: Path, tmp_path: Path) -> None:
    """Items are printed, or written as the place's name says; closed ones only for their group."""
    lines = casebook("export", "-l", library, "--type", "case").out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["case-price", "case-sponsor"]
    assert casebook("export", "-l", library, "--to", tmp_path / "a.csv").out == f"{tmp_path / 'a.csv'}\n"
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfid,type,title")
    again = casebook("export", "-l", library, "--to", tmp_path / "a.csv")
    assert (again.status, "--overwrite" in again.err) == (1, True)
    assert casebook("export", "-l", library, "--to", tmp_path / "out", "--group", "red").status == 0
    assert (tmp_path / "out" / "cases" / "case-secret.md").exists()
    odd = casebook("export", "-l", library, "--to", tmp_path / "a.xlsx")
    assert (odd.status, "--format" in odd.err, (tmp_path / "a.xlsx").exists()) == (2, True, False)
    assert casebook("export", "case-secret", "-l", library).status == 1
    assert casebook("export", "case-price", "--region", "DE", "-l", library).status == 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise on Windows")
def test_watch_ends_at_an_interrupt(copied: Path) -> None:
    """`watch` indexes at once, and Ctrl-C ends it with status 0 and a word."""
    process = subprocess.Popen(
        [sys.executable, "cli.py", "watch", "-l", str(copied)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert process.stdout is not None
    assert "published" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Stopped watching" in err
