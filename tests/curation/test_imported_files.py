"""An import writes over nothing that somebody else has written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from curation.imported_files import KnownFiles, Written, keep_item
from curation.itemising import ImportedItem
from tests.conftest import write_library


@dataclass(frozen=True, slots=True)
class _Interrupted(ImportedItem):
    """An item while whose text is made something else happens."""

    meanwhile: Callable[[], object] = lambda: None

    def as_text(self, **changed: str) -> str:
        self.meanwhile()
        return ImportedItem.as_text(self, **changed)


def _item(body: str, *, source: str = "") -> ImportedItem:
    return ImportedItem("case-a", {"title": "A"}, body, frozenset(), source)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return write_library(tmp_path / "library", {})


def _keep(library: Path, item: ImportedItem, *, overwrite: bool = False) -> Written:
    return keep_item(library / "cases/case-a.md", item, library=library, overwrite=overwrite)


@pytest.mark.parametrize("overwrite", [False, True])
def test_edit_saved_while_an_import_runs_stays(library: Path, overwrite: bool) -> None:  # noqa: FBT001
    """What is saved between an import's look at a file and its own writing is not written over."""
    path = library / "cases/case-a.md"
    _keep(library, _item("one\n"))
    later = _Interrupted("case-a", {"title": "A"}, "two\n", frozenset(), "", lambda: path.write_text("mine"))
    assert _keep(library, later, overwrite=overwrite) is Written.EDITED
    assert path.read_text() == "mine"


def test_two_imports_of_one_file_at_once_write_it_once(library: Path) -> None:
    """The import that comes second finds the same draft and goes on."""
    item = _item("one\n", source="a1")
    first = _Interrupted(*(item.id, item.front, item.body, item.assumed, item.source), lambda: _keep(library, item))
    assert _keep(library, first) is Written.UNCHANGED
    assert (library / "cases/case-a.md").read_text() == item.as_text()


def test_draft_of_another_file_is_not_replaced(library: Path) -> None:
    """Two files, or a file and a row, that give one id are told apart by what they were read of."""
    _keep(library, _item("one\n", source="a1"))
    for other in (_item("two\n", source="b2"), _item("two\n")):
        with pytest.raises(ValueError, match="imported from another file"):
            _keep(library, other)
    assert KnownFiles.from_library(library).made_from("a1") == ["case-a"]
    assert _keep(library, _item("two\n", source="b2"), overwrite=True) is Written.UPDATED


def test_link_is_never_followed(library: Path, tmp_path: Path) -> None:
    """A link in a draft's place is told; neither it nor what it leads to is touched."""
    outside = tmp_path / "outside.md"
    for target in (outside, tmp_path / "nowhere.md"):
        outside.write_text("theirs")
        (library / "cases/case-a.md").unlink(missing_ok=True)
        (library / "cases/case-a.md").symlink_to(target)
        with pytest.raises(ValueError, match="is a link"):
            _keep(library, _item("one\n"), overwrite=True)
        assert outside.read_text() == "theirs"
