"""An export holds what its asker sees, whole, and can be read again."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from curation.exporting import Selection, as_csv, as_json_lines, export_items, write_export, write_folder
from curation.spreadsheets import unguard_cell
from library.access import Asker, Role
from library.errors import CasebookError, ExportError, UnknownItemError
from search.engine import LocalEngine
from search.filters import Filters
from search.view import View
from tests.conftest import case_text, concept_text, index_library, write_library

FILES = {
    "kb/challenges/chl-a.md": concept_text("=A", more="alt_labels: {en: [x, y]}\n"),
    "kb/enablers/enb-closed.md": concept_text("Closed", classification="restricted", more="access_groups: [red]\n"),
    "cases/case-a.md": case_text(
        title="+1 more",
        challenge_types="chl-a",
        enablers="{id: enb-closed, effect: critical}",
        more="account_key: K-17\n",
    ),
    "cases/case-b.md": case_text(title="B", region="FR", more="id: 'B/../../x y'\n"),
    "cases/case-stub.md": case_text(
        title="Stub", classification="confidential", more="access_groups: [red]\nexistence: discoverable\n"
    ),
    "cases/case-draft.md": case_text(title="Draft", status="draft", more="owner: ann\n"),
}
READER = Asker()
CURATOR = Asker(user="coe", role=Role.CURATOR, groups=frozenset({"red"}))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    return index_library(write_library(tmp_path_factory.mktemp("library"), FILES))


def _ids(engine: LocalEngine, asker: Asker, selection: Selection | None = None) -> list[str]:
    return [item.id for item in export_items(View(engine, asker), selection or Selection())]


def test_reader_gets_what_he_sees(engine: LocalEngine) -> None:
    """Closed items, stubs and drafts are not in it; a curator with the group gets the closed, and drafts if asked."""
    assert _ids(engine, READER) == ["B/../../x y", "case-a", "chl-a"]
    assert _ids(engine, CURATOR) == ["B/../../x y", "case-a", "case-stub", "enb-closed", "chl-a"]
    assert "case-draft" in _ids(engine, CURATOR, Selection(statuses=("approved", "draft")))
    assert "case-draft" not in _ids(engine, READER, Selection(statuses=("approved", "draft")))


def test_references_to_hidden_items_and_account_keys_are_left_out(engine: LocalEngine) -> None:
    """Nothing in an export tells that there is an item which the asker may not see, nor the account's key."""
    whole = "".join(as_json_lines(export_items(View(engine, READER), Selection())))
    assert "enb-closed" not in whole
    assert "K-17" not in whole
    assert '"enb-closed"' in "".join(as_json_lines(export_items(View(engine, CURATOR), Selection())))


def test_selection_by_id_type_and_filter(engine: LocalEngine) -> None:
    """Items are chosen by id in the order given, by type, or, cases, by filters."""
    assert _ids(engine, READER, Selection(ids=("chl-a", "case-a", "chl-a"))) == ["chl-a", "case-a"]
    assert _ids(engine, READER, Selection(types=("challenge_type",))) == ["chl-a"]
    assert _ids(engine, READER, Selection(filters=Filters({"region": ("FR",)}))) == ["B/../../x y"]
    for hidden in ("case-stub", "enb-closed", "case-draft", "none"):
        with pytest.raises(UnknownItemError):
            _ids(engine, READER, Selection(ids=(hidden,)))


def test_draft_is_exported_only_if_asked(engine: LocalEngine) -> None:
    """Whoever sees a draft says that he wants it."""
    with pytest.raises(ExportError, match="draft") as caught:
        _ids(engine, CURATOR, Selection(ids=("case-draft",)))
    assert "--status draft" in caught.value.command


def test_json_lines_hold_fields_and_body(engine: LocalEngine) -> None:
    """Each line is one item with its fields and its Markdown."""
    rows = [json.loads(line) for line in as_json_lines(export_items(View(engine, READER), Selection(ids=("case-a",))))]
    assert (rows[0]["id"], rows[0]["type"], rows[0]["title"]) == ("case-a", "business_case", "+1 more")
    assert "## Challenge" in rows[0]["body"]


def test_table_holds_no_formulas(engine: LocalEngine) -> None:
    """Cells that a spreadsheet would run are guarded; lists stand below each other."""
    rows = list(csv.DictReader(io.StringIO(as_csv(export_items(View(engine, READER), Selection())), newline="")))
    by_id = {row["id"]: row for row in rows}
    assert by_id["case-a"]["title"] == "'+1 more"
    assert unguard_cell(by_id["case-a"]["title"]) == "+1 more"
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@\t\r")]


def test_folder_is_a_library_again(engine: LocalEngine, tmp_path: Path) -> None:
    """A folder of Markdown can be indexed and gives the same export; no id leads out of it."""
    items = list(export_items(View(engine, READER), Selection()))
    assert write_folder(iter(items), tmp_path / "out", library=tmp_path / "library") == 3
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.md"))
    assert written == ["out/cases/b-x-y.md", "out/cases/case-a.md", "out/kb/challenges/chl-a.md"]
    again = index_library(tmp_path / "out")
    assert [item.as_dict() for item in export_items(View(again, READER), Selection())] == [
        item.as_dict() for item in items
    ]


def test_place_that_holds_something_is_refused(tmp_path: Path) -> None:
    """Nothing is written over unasked, and no export lands among the library's own files."""
    library = write_library(tmp_path / "library", {})
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    for folder in (tmp_path / "full", tmp_path / "full" / "x", library, library / "cases" / "out", tmp_path):
        with pytest.raises(CasebookError):
            write_folder(iter(()), folder, library=library)
    with pytest.raises(ExportError, match="exists already"):
        write_export("text", tmp_path / "full" / "x")
    write_export("text", tmp_path / "full" / "x", overwrite=True)
    assert (tmp_path / "full" / "x").read_text(encoding="utf-8") == "text"
