"""`casebook eval`: figures on standard output, thresholds for CI, mistakes told without a challenge's text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Casebook

TEXT = "The executive sponsor at Nordmed left and the director reviews suppliers"
ROWS = f"id,challenge,case,grade,kind\nq1,{TEXT},case-sponsor,3,sentence\nq2,a recipe for pancakes,,,none\n"


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    path = tmp_path / "judged.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_figures_go_to_standard_output(casebook: Casebook, library: Path, judged: Path) -> None:
    """A right case in front scores 1, a recipe is refused, and the text of a challenge is on standard output only."""
    ended = casebook("eval", judged, "--library", library)
    assert ended.status == 0, ended.err
    assert ended.out.startswith("judged.csv: 1 challenge with an answer, 1 without one; 2 cases, all-MiniLM-L6-v2")
    assert TEXT in ended.out
    assert TEXT not in ended.err
    assert "1. grade 3   case-sponsor  The champion is gone" in ended.out


def test_json_holds_every_group(casebook: Casebook, library: Path, judged: Path) -> None:
    """The JSON form is one object on standard output, with nothing beside it."""
    ended = casebook("eval", judged, "--library", library, "--json")
    figures = json.loads(ended.out)
    assert ended.err == ""
    assert figures["groups"]["all"]["nDCG@5"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "count": 1}
    assert figures["groups"]["kind none"] == {"refused": {"mean": 1.0, "low": 1.0, "high": 1.0, "count": 1}}


def test_beir_folder(casebook: Casebook, library: Path, tmp_path: Path) -> None:
    """A folder in the BEIR layout is measured like a CSV file."""
    (tmp_path / "queries.jsonl").write_text(json.dumps({"_id": "q1", "text": TEXT}) + "\n", encoding="utf-8")
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tcase-sponsor\t1\n", encoding="utf-8")
    ended = casebook("eval", tmp_path, "--library", library, "--json")
    assert json.loads(ended.out)["groups"]["all"]["recall@5"]["mean"] == 1.0


def test_fail_under_names_what_is_missed(casebook: Casebook, library: Path, judged: Path) -> None:
    """Status 1 and the figure's name when a threshold is missed; the figures are printed all the same."""
    reached = casebook("eval", judged, "--library", library, "--fail-under", "ndcg@5=1", "--fail-under", "refused=1")
    assert (reached.status, "below" in reached.err) == (0, False)
    missed = casebook("eval", judged, "--library", library, "--fail-under", "MRR=1", "--fail-under", "judged@5=0.9")
    assert missed.status == 1
    assert missed.err.splitlines()[-1] == "judged@5 is 0.5000, below 0.9."
    assert "Mean over challenges" in missed.out


@pytest.mark.parametrize("threshold", ["nDCG=0.4", "nDCG@5=high", "nDCG@5"])
def test_a_threshold_that_cannot_be_read(threshold: str, casebook: Casebook, library: Path, judged: Path) -> None:
    """Wrong usage ends with status 2 before anything is searched."""
    ended = casebook("eval", judged, "--library", library, "--fail-under", threshold)
    assert ended.status == 2
    assert ended.out == ""
    assert "--fail-under" in ended.err


def test_mixed_up_columns_do_not_tell_the_challenge(casebook: Casebook, library: Path, judged: Path) -> None:
    """Where a text stands in the wrong column the message gives its place, not the text."""
    judged.write_text(f"challenge,case,grade\nq1,case-sponsor,{TEXT}\n", encoding="utf-8")
    ended = casebook("eval", judged, "--library", library)
    assert ended.status == 1
    assert ended.out == ""
    assert "judged.csv:2: The grade is not 0, 1, 2 or 3" in ended.err
    assert "Nordmed" not in ended.err


def test_hidden_and_unknown_cases_are_listed_alike(casebook: Casebook, library: Path, judged: Path) -> None:
    """Who may not see a case is not told that it exists; who may see it is measured with it."""
    judged.write_text(
        f"challenge,case,grade\n{TEXT},case-sponsor,3\n{TEXT},case-secret,3\n{TEXT},case-nowhere,3\n", encoding="utf-8"
    )
    stranger = casebook("eval", judged, "--library", library)
    assert "not found or not visible, left out of the figures: 2" in stranger.out
    assert "  judged.csv:3: case-secret\n  judged.csv:4: case-nowhere\n" in stranger.out
    member = casebook("eval", judged, "--library", library, "--group", "red")
    assert "  judged.csv:3: case-secret" not in member.out
    assert "left out of the figures: 1" in member.out


def test_nothing_is_written(casebook: Casebook, library: Path, judged: Path) -> None:
    """An evaluation leaves no file behind, neither beside the judgements nor in the library."""
    folders = (library, judged.parent)
    before = {path for folder in folders for path in folder.rglob("*")}
    casebook("eval", judged, "--library", library)
    assert {path for folder in folders for path in folder.rglob("*")} == before
