"""`casebook check` and `casebook denylist hash`, as people and workflows run them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Casebook
from tests.conftest import FakeEncoder, case_text, index_library, write_library
from tests.curation.checks.written import SPOKEN
from tests.test_layers import ROOT


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An indexed library with a case, and a draft that tells it again."""
    monkeypatch.setattr("search.engine.open_encoder", lambda *_, **__: FakeEncoder())
    made = write_library(tmp_path / "lib", {"cases/case-a.md": case_text(challenge=SPOKEN)})
    index_library(made).close()
    return write_library(made, {"cases/case-draft.md": case_text(status="draft", challenge=SPOKEN)})


def test_named_file_is_compared_with_the_index(casebook: Casebook, root: Path) -> None:
    """A near-duplicate is told for a named file, unless one does without."""
    draft = root / "cases" / "case-draft.md"
    told = casebook("check", draft, "--library", root)
    assert told.status == 0
    assert "Write `replicates: case-a`" in told.out
    assert "replicates: case-a" not in casebook("check", draft, "--no-duplicates", "--library", root).out
    assert "replicates: case-a" not in casebook("check", "--library", root).out
    assert "replicates: case-a" in casebook("check", "--duplicates", "--library", root).out


def test_without_an_index_files_are_checked_alone(casebook: Casebook, root: Path, tmp_path: Path) -> None:
    """A library that was never indexed can be checked; asking for duplicates there is refused with what to do."""
    named = ("check", root / "cases" / "case-draft.md", "--library", root, "--data", tmp_path / "none")
    assert casebook(*named).status == 0
    refused = casebook(*named, "--duplicates")
    assert refused.status == 1
    assert "casebook index" in refused.err


def test_case_that_the_asker_may_not_see_is_not_told(casebook: Casebook, root: Path) -> None:
    """Near-duplicates are those that the asker sees."""
    hidden = case_text(challenge=SPOKEN, classification="confidential", more="access_groups: [food]\n")
    write_library(root, {"cases/case-a.md": hidden})
    index_library(root).close()
    named = ("check", root / "cases" / "case-draft.md", "--library", root)
    assert "case-a" not in casebook(*named).out
    assert "replicates: case-a" in casebook(*named, "--group", "food").out


def test_annotations_name_files_from_where_one_stands(casebook: Casebook, root: Path) -> None:
    """A workflow checks out a repository that holds the library in a folder."""
    ended = casebook("check", root / "cases" / "case-draft.md", "--format", "github", "--library", "lib")
    assert root.name == "lib"
    assert ended.out
    assert all(
        re.match(r"::(error|warning|notice) file=lib/cases/case-draft\.md,", line) for line in ended.out.splitlines()
    )


def test_draft_is_told_what_to_add(casebook: Casebook, root: Path) -> None:
    """Of one file the next three things to add are told, each with an example."""
    write_library(root, {"cases/case-new.md": "---\ntitle: New\n---\n\nNotes.\n"})
    told = casebook("check", "cases/case-new.md", "--library", root).out
    assert "1. `## Challenge` is missing: search ranks on it" in told
    assert told.count("For example: ") == 3


def test_link_that_leads_away_is_named_as_what_it_is(casebook: Casebook, root: Path, tmp_path: Path) -> None:
    """A link among the items is told as one, whether it leads somewhere or nowhere, and never read."""
    write_library(root, {})
    (tmp_path / "outside.md").write_text("secret", encoding="utf-8")
    for name, target in (("case-link.md", "outside.md"), ("case-nowhere.md", "nowhere.md")):
        (root / "cases" / name).symlink_to(tmp_path / target)
        told = casebook("check", f"cases/{name}", "--library", root)
        assert (told.status, "secret" in told.out) == (1, False)
        assert f"cases/{name}: blocker: it is a link that leads out of the library" in told.out


def test_deny_list_is_hashed_and_used(
    casebook: Casebook, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The printed hashes serve as the list; a published case that names an account fails."""
    monkeypatch.setenv("CASEBOOK_STATE", str(tmp_path / "state.db"))
    (tmp_path / "names.txt").write_text("Nordmed AG\n# old\nÉclat d'Or SA\n", encoding="utf-8")
    hashed = casebook("denylist", "hash", "names.txt", "--library", root)
    assert hashed.status == 0
    assert hashed.err.startswith("2 names.")
    assert "nordmed" not in (hashed.out + hashed.err).lower()
    (tmp_path / "hashes.txt").write_text(hashed.out, encoding="utf-8")
    monkeypatch.setenv("CASEBOOK_DENY_LIST", str(tmp_path / "hashes.txt"))
    write_library(root, {"cases/case-a.md": case_text(challenge=SPOKEN, solution="We met Eclat d'Or.")})
    failed = casebook("check", "cases/case-a.md", "--no-duplicates", "--library", root)
    assert failed.status == 1
    assert "error: “Eclat d'Or” looks like the name of an account" in failed.out


def test_hook_runs_a_command_that_exists(casebook: Casebook, root: Path) -> None:
    """Libraries take the hook from this repository; it is given the changed files below cases/ and kb/."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["id"] == "casebook-check"
    assert hook["language"] == "python"
    assert re.search(hook["files"], "cases/deep/case-a.md")
    assert not re.search(hook["files"], "docs/cases/a.md")
    for no_item in ("cases/README.md", "kb/readme.markdown", "cases/.draft.md", "kb/.obsidian/a.md"):
        assert re.search(hook["exclude"], no_item), no_item
    assert not re.search(hook["exclude"], "cases/2024/case-readme.md")
    _, *arguments = hook["entry"].split()
    assert casebook(*arguments, root / "cases" / "case-draft.md", "--library", root).status == 0
