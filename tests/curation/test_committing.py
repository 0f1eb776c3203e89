"""A saved file is committed alone and in its author's name, or Git's refusal is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from curation.committing import Author, check_committable, commit_files
from library.errors import CommitError

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs Git")
ANN = Author("Ann Lee", "ann@example.org")


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library in a folder of a work tree with one commit, on a machine without Git settings of its own."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    top = tmp_path / "work tree"
    root = top / "Fälle"
    (root / "cases").mkdir(parents=True)
    _git(top, "init", "--quiet", "--initial-branch=main")
    _git(top, "config", "user.name", "Server")
    _git(top, "config", "user.email", "server@example.org")
    for name in ("a", "b"):
        (root / "cases" / f"{name}.md").write_text("old\n", encoding="utf-8")
    _git(top, "add", "--all")
    _git(top, "commit", "--quiet", "--message", "Begin")
    return root


def test_only_the_named_file_is_committed(library: Path) -> None:
    """What else is staged or changed stays staged or changed, and the author is who was named."""
    for name in ("a", "b"):
        (library / "cases" / f"{name}.md").write_text("new\n", encoding="utf-8")
    _git(library, "add", "cases/b.md")
    assert commit_files([library / "cases" / "a.md"], "Say it better\n", ANN, root=library)
    assert _git(library, "log", "-1", "--format=%an <%ae> %cn|%s") == "Ann Lee <ann@example.org> Server|Say it better\n"
    assert _git(library, "show", "--name-only", "--format=").strip().endswith('cases/a.md"')
    assert _git(library, "status", "--porcelain").startswith("M  ")


def test_nobody_else_becomes_the_author(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that would name another author or another repository count for nothing."""
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Eve")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "eve@example.org")
    monkeypatch.setenv("GIT_DIR", str(library / "elsewhere"))
    (library / "cases" / "a.md").write_text("new\n", encoding="utf-8")
    assert commit_files([library / "cases" / "a.md"], "Say it better", ANN, root=library)
    monkeypatch.delenv("GIT_DIR")
    assert _git(library, "log", "-1", "--format=%an <%ae>") == "Ann Lee <ann@example.org>\n"


def test_new_and_removed_files_are_committed(library: Path) -> None:
    """A file that Git does not know yet, and one that is gone, are a commit's part like any other."""
    new = library / "cases" / "größe -x.md"
    new.write_text("new\n", encoding="utf-8")
    (library / "cases" / "a.md").unlink()
    assert commit_files([new, library / "cases" / "a.md"], "Rename", ANN, root=library)
    assert _git(library, "status", "--porcelain") == ""


def test_unchanged_file_makes_no_commit(library: Path) -> None:
    """Where nothing differs nothing is committed."""
    assert not commit_files([library / "cases" / "a.md"], "Nothing", ANN, root=library)
    assert _git(library, "rev-list", "--count", "HEAD") == "1\n"


def test_author_stands_for_a_committer_who_is_not_set_up(library: Path) -> None:
    """A server's user without an identity commits as the author."""
    _git(library, "config", "--unset", "user.name")
    _git(library, "config", "--unset", "user.email")
    _git(library, "config", "user.useConfigOnly", "true")
    (library / "cases" / "a.md").write_text("new\n", encoding="utf-8")
    assert commit_files([library / "cases" / "a.md"], "Save", ANN, root=library)
    assert _git(library, "log", "-1", "--format=%cn") == "Ann Lee\n"


@pytest.mark.skipif(sys.platform == "win32", reason="the hook is a shell script")
def test_refusing_hook_leaves_the_file_and_no_trace(library: Path) -> None:
    """A firm's hook runs; what it refuses is told, the file stays saved and Git's index as it was."""
    hook = Path(_git(library, "rev-parse", "--absolute-git-dir").strip()) / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no client names >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    new = library / "cases" / "c.md"
    new.write_text("new\n", encoding="utf-8")
    with pytest.raises(CommitError, match="no client names"):
        commit_files([new], "Save", ANN, root=library)
    assert new.read_text(encoding="utf-8") == "new\n"
    assert _git(library, "status", "--porcelain").startswith("??")


def test_merge_that_is_not_finished_is_refused(library: Path) -> None:
    """Committing in the middle of a merge would end it for whoever began it."""
    (library / "cases" / "a.md").write_text("theirs\n", encoding="utf-8")
    _git(library, "switch", "--quiet", "--create", "other")
    _git(library, "commit", "--quiet", "--all", "--message", "Theirs")
    _git(library, "switch", "--quiet", "main")
    (library / "cases" / "a.md").write_text("ours\n", encoding="utf-8")
    _git(library, "commit", "--quiet", "--all", "--message", "Ours")
    subprocess.run(["git", "-C", library, "merge", "other"], capture_output=True, check=False)
    with pytest.raises(CommitError, match="MERGE_HEAD") as caught:
        check_committable(library)
    assert "git status" in caught.value.hint


def test_folder_without_git_is_refused(library: Path, tmp_path: Path) -> None:
    """Where there is no work tree the setting asks for what cannot be."""
    assert library.is_dir()
    with pytest.raises(CommitError, match="no Git work tree"):
        check_committable(tmp_path)


def test_missing_git_is_told(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Git says what to do."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CommitError, match="no Git") as caught:
        check_committable(library)
    assert "casebook.toml" in caught.value.hint


@pytest.mark.parametrize("user", ["", "Ann\nLee", "Ann <a@x> <b@y>", "Ann > Lee", "...", "a\0b", "<>"])
def test_identity_that_git_reads_otherwise_is_refused(user: str) -> None:
    """Nobody can write another's name, or a line of a commit, into an identity."""
    with pytest.raises(CommitError, match="name"):
        Author.from_user(user)


@pytest.mark.parametrize(
    ("user", "written"),
    [
        ("Ann Lee <ann@example.org>", "Ann Lee <ann@example.org>"),
        ("<ann@example.org>", "ann@example.org <ann@example.org>"),
        ("ann@example.org", "ann@example.org <ann@example.org>"),
        ("--amend", "--amend <>"),
    ],
)
def test_author_of_an_asker(user: str, written: str) -> None:
    """An asker is named by a mailbox, a name, or both."""
    assert str(Author.from_user(user)) == written
