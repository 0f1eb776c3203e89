"""The commands review, purge and audit as a curator types them."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from tests.cli.conftest import Casebook
from tests.conftest import case_text, concept_text, write_library

_CASE = "cases/case-new.md"
_CARL = ("--user", "carl", "--role", "curator")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, casebook: Casebook) -> Path:  # noqa: ARG001  it clears variables
    """A library with a case in review, whose approvals are recorded in a state of its own."""
    case = case_text(title="New", status="in_review", challenge_types="chl-price", more="owner: ann\n")
    files = {_CASE: case, "kb/challenges/chl-price.md": concept_text("Price")}
    root = write_library(tmp_path / "lib", files)
    (root / "casebook.toml").write_text('approval = "recorded"\nstate = "state.db"\n', encoding="utf-8")
    monkeypatch.setenv("CASEBOOK_LIBRARY", str(root))
    return root


def test_an_item_is_reviewed_from_queue_to_archive(desk: Path, casebook: Casebook) -> None:
    """Queue, diff, return, submit, approve, verify, reassign and archive follow each other, each told in a line."""
    queue = casebook("review", "queue", *_CARL)
    assert queue.out.startswith("new       case-new  New  (owner ann)\n")
    assert "casebook review diff" in queue.err
    diff = casebook("review", "diff", "case-new", *_CARL)
    assert "no approved version" in diff.out
    assert f"checks\n  {_CASE}:" in diff.out
    assert "there is no challenge_type" not in diff.out
    assert diff.err == ""
    returned = casebook("review", "return", "case-new", "--reason", "Which baseline?", *_CARL)
    assert (returned.status, returned.out) == (0, f"returned  case-new  {_CASE}\n")
    mine = casebook("review", "queue", "--user", "ann", "--role", "contributor", "--json")
    assert [(entry["waiting"], entry["reason"]) for entry in json.loads(mine.out)] == [("returned", "Which baseline?")]
    nothing = casebook("review", "queue", "--owner", "zoe", *_CARL)
    assert (nothing.out, nothing.err) == ("", "0 waiting. Nothing is to be decided.\n")
    submitted = casebook("review", "submit", "case-new", "--user", "ann", "--role", "contributor")
    assert (submitted.status, "somebody else approves it" in submitted.err) == (0, True)
    approved = casebook("review", "approve", "case-new", *_CARL)
    assert approved.out == f"approved  case-new  {_CASE}\n"
    assert "casebook index" in approved.err
    assert f"last_verified: {date.today()}" in (desk / _CASE).read_text(encoding="utf-8")
    assert "Nothing differs." in casebook("review", "diff", "case-new", "--unified", *_CARL).out
    assert casebook("review", "verify", "--owner", "ann", *_CARL).out == f"verified  case-new  {_CASE}\n"
    assert casebook("review", "reassign", "ann", "cyd", *_CARL).out == f"reassigned  case-new  {_CASE}\n"
    only = casebook("review", "archive", "case-new", "--reason", "Old.", *_CARL)
    assert (only.status, "--yes" in only.err) == (1, True)
    assert casebook("review", "archive", "case-new", "--reason", "Old.", "--yes", *_CARL).status == 0


def test_refusals_name_who_could_and_end_with_one(desk: Path, casebook: Casebook) -> None:
    """Each refusal says what to do; as JSON it stands beside what was done."""
    refused = casebook("review", "approve", "case-new", "--user", "rob")
    assert (refused.status, "a curator or publisher can" in refused.err) == (1, True)
    looked = casebook("review", "diff", "case-new", "--user", "ann", "--role", "curator")
    assert "You cannot approve it: You are its owner" in looked.err
    own = casebook("review", "approve", "case-new", "--user", "ann", "--role", "curator", "--json")
    assert json.loads(own.out)["refused"][0]["message"].startswith("You are its owner")
    assert own.status == 1
    assert "status: in_review" in (desk / _CASE).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments", [("verify",), ("verify", "case-new", "--overdue"), ("approve",), ("return", "case-new")]
)
@pytest.mark.usefixtures("desk")
def test_wrong_usage_is_told(casebook: Casebook, arguments: tuple[str, ...]) -> None:
    """Ids or a filter are needed to verify, never both; ids and a reason where nothing stands for them."""
    assert casebook("review", *arguments, *_CARL).status == 2


@pytest.mark.usefixtures("desk")
def test_the_audit_is_exported_and_verified(casebook: Casebook) -> None:
    """What was done is exported as JSON Lines and CSV, by item and time, and the chain is checked."""
    casebook("review", "approve", "case-new", "--user", "rob")
    casebook("review", "approve", "case-new", *_CARL)
    lines = [json.loads(line) for line in casebook("audit", "export").out.splitlines()]
    assert [(line["who"], line["what"], line["item"]) for line in lines] == [
        ("rob", "refused", "case-new"),
        ("carl", "approved", "case-new"),
    ]
    rows = list(csv.DictReader(casebook("audit", "export", "--format", "csv", "--item", "case-new").out.splitlines()))
    assert [row["who"] for row in rows] == ["rob", "carl"]
    assert casebook("audit", "export", "--until", "2020-01-01").out == ""
    assert len(casebook("audit", "export", "--since", "2020-01-01T12:00:00+02:00").out.splitlines()) == 2
    assert casebook("audit", "export", "--since", "yesterday").status == 2
    checked = casebook("audit", "verify", "--head", lines[-1]["hash"])
    assert (checked.status, checked.out.startswith("2 lines, last hash")) == (0, True)
    assert casebook("audit", "verify", "--head", "00ff", "--json").status == 1


def test_a_purge_tells_first_and_does_it_with_yes(desk: Path, casebook: Casebook) -> None:
    """Without --yes it says what it would do; with it and --delete-file the item is gone."""
    admin = ("--role", "administrator", "--user", "adam")
    casebook("review", "approve", "case-new", *_CARL)
    told = casebook("purge", "case-new", *admin)
    assert (told.status, f"  file {_CASE}" in told.out) == (1, True)
    assert "Nothing was removed" in told.err
    assert json.loads(casebook("purge", "case-new", "--json", *admin).out)["state_rows"]["reviews"] == 1
    kept = casebook("purge", "case-new", "--yes", *admin)
    assert (kept.status, "--delete-file" in kept.err) == (1, True)
    done = casebook("purge", "case-new", "--yes", "--delete-file", *admin)
    assert (done.status, done.out.startswith("case-new was removed from:")) == (0, True)
    assert not (desk / _CASE).exists()
    assert casebook("purge", "case-new", "--yes").status == 1
