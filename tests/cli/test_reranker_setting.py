"""The setting `reranker` on the command line: an answer in any case, and a note where the model cannot be used."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Casebook, Ended


def _answers(ended: Ended) -> list[object]:
    """Return an answer's cases, once it is sure that standard output holds one JSON value and nothing else."""
    assert ended.status == 0, ended.err
    cases: list[object] = json.loads(ended.out)["cases"]
    return cases


@pytest.mark.parametrize("arguments", [("search", "our sponsor left"), ("similar", "case-sponsor")])
def test_a_reranker_that_cannot_be_used_is_a_note(
    casebook: Casebook, wide_library: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, str]
) -> None:
    """The answer is the one without it, as JSON and as text; standard error says in one line why."""
    plain = casebook(*arguments, "-l", wide_library, "--json")
    monkeypatch.setenv("CASEBOOK_RERANKER", "no/such/model")
    noted = casebook(*arguments, "-l", wide_library, "--json")
    assert plain.err == ""
    assert noted.err.startswith("Note: answered without the reranker. The model no/such/model ")
    assert noted.err.count("\n") == 1
    assert _answers(noted) == _answers(plain)
    text = casebook(*arguments, "-l", wide_library)
    assert text.err == noted.err
    assert "reranker" not in text.out


def test_many_searches_are_told_once(
    casebook: Casebook, wide_library: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Measuring judged challenges goes on without the reranker, and says so a single time."""
    judged = tmp_path / "judged.csv"
    rows = ["our sponsor left,case-sponsor", "price cut,case-price", "too much stock,case-stock"]
    judged.write_text("\n".join(["challenge,case,grade", *(f"{row},3" for row in rows)]) + "\n", encoding="utf-8")
    monkeypatch.setenv("CASEBOOK_RERANKER", "no/such/model")
    ended = casebook("eval", judged, "-l", wide_library, "--json")
    assert ended.status == 0, ended.err
    assert ended.err.count("Note: answered without the reranker.") == 1


def test_what_the_file_sets_can_be_switched_off(
    casebook: Casebook, wide_library: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A word in the environment beats the file's reranker; an empty variable would count as not set."""
    library = shutil.copytree(wide_library, tmp_path / "library")
    (library / "casebook.toml").write_text('reranker = "no/such/model"\n', encoding="utf-8")
    assert casebook("search", "our sponsor left", "-l", library).err.startswith("Note: answered without the reranker.")
    monkeypatch.setenv("CASEBOOK_RERANKER", "none")
    assert casebook("search", "our sponsor left", "-l", library).err == ""
