"""`suggest` and `import` on the command line: what they print, write and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli import main
from tests.conftest import FakeEncoder, case_text, concept_text, index_library, write_library

DRAFT = "---\ntitle: Milk\r\n# mine\r\n---\r\n\r\n## Challenge\r\n\r\nPrice pressure on milk in Germany.\r\n"


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An indexed library with a draft that is not in the index."""
    files = {
        "kb/challenges/chl-price.md": concept_text("Price pressure"),
        "cases/case-one.md": case_text(challenge="Milk costs more.", challenge_types="chl-price"),
    }
    root = write_library(tmp_path / "library", files)
    index_library(root)
    (root / "cases" / "case-milk.md").write_bytes(DRAFT.encode())
    monkeypatch.setattr("search.engine.open_encoder", lambda *_, **__: FakeEncoder())
    monkeypatch.chdir(root)
    return root


def _run(*arguments: str) -> object:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return end.value.code


def test_suggestions_come_with_passages(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each suggestion shows why, and nothing is written unasked."""
    assert _run("suggest", "cases/case-milk.md") == 0

    out = capsys.readouterr().out
    assert "chl-price  Price pressure: the text says “Price pressure”; carried by case-one" in out
    assert "“Price pressure on milk in Germany.”" in out
    assert (library / "cases" / "case-milk.md").read_bytes() == DRAFT.encode()


def test_accepted_suggestion_is_written_with_the_files_own_line_ends(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the front matter gets a line more; JSON says what was accepted."""
    assert _run("suggest", "cases/case-milk.md", "--accept", "chl-price,DE", "--json") == 0

    rows = json.loads(capsys.readouterr().out)["suggestions"]
    assert [row["value"] for row in rows if row["accepted"]] == ["chl-price", "DE"]
    text = (library / "cases" / "case-milk.md").read_bytes().decode()
    added = [line for line in text.splitlines() if line not in DRAFT.splitlines()]
    assert sorted(added) == ["challenge_types: [chl-price]", "regions: [DE]"]


def test_what_was_written_is_told_and_nothing_else(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who accepts is not shown the whole list again, and is told what comes next."""
    assert _run("suggest", "cases/case-milk.md", "--accept", "chl-price") == 0
    told = capsys.readouterr()
    assert told.out == "challenge_types: chl-price  Price pressure\n"
    assert "casebook check cases/case-milk.md" in told.err
    assert "challenge_types: [chl-price]" in (library / "cases" / "case-milk.md").read_text(encoding="utf-8")


def test_tables_are_quoted_without_their_bars(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A passage that is a table reads as words on a line."""
    table = "| Price | Before |\n| --- | --- |\n| Price pressure on milk | 21 |\n"
    (library / "cases" / "case-table.md").write_text(f"---\ntitle: T\n---\n\n## Challenge\n\n{table}", encoding="utf-8")
    assert _run("suggest", "cases/case-table.md") == 0
    out = capsys.readouterr().out
    assert "Price · Before · Price pressure on milk · 21" in out
    assert "|" not in out


def test_unknown_suggestion_is_refused(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the pen writes nothing and names what there is."""
    assert _run("suggest", "cases/case-milk.md", "--accept", "chl-prise") == 1
    assert "chl-price" in capsys.readouterr().err
    assert (library / "cases" / "case-milk.md").read_bytes() == DRAFT.encode()


def test_import_says_what_was_recognised(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each draft is listed with its parts and what it lacks."""
    (library / "notes.txt").write_text("A dairy loses milk\n\nChallenge: Half of it spills.\n")

    assert _run("import", "notes.txt") == 0

    out, err = capsys.readouterr()
    assert "casebook suggest cases/case-a-dairy-loses-milk.md\n" in err
    assert "cases/case-a-dairy-loses-milk.md  A dairy loses milk (from notes.txt)" in out
    assert "recognised: title, challenge" in out
    assert "missing: solution, value" in out
    assert (library / "cases" / "case-a-dairy-loses-milk.md").exists()


def test_import_of_a_bad_file_fails(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are imported, and the status says that something was wrong."""
    (library / "inbox").mkdir()
    (library / "inbox" / "a.docx").write_bytes(b"")
    (library / "inbox" / "b.txt").write_text("Title\n\nText.")

    assert _run("import", "inbox", "--json") == 1

    report = json.loads(capsys.readouterr().out)
    assert report["created"] == ["case-title"]
    assert report["problems"] == ["a.docx is empty. Look whether it was saved or copied to the end."]
