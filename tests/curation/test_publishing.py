"""Publishing: where approvals are recorded, the index holds as approved what is on record and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.local import warn_if_stale
from curation.review.decisions import approve
from indexer.build import build_index
from library.access import Asker
from library.errors import StateError
from search.browsing.freshness import find_stale
from search.engine import LocalEngine
from search.view import View
from tests.conftest import FakeEncoder
from tests.curation.review.reviewed import (
    CARL,
    CASE,
    READER,
    desk_of,
    make_library,
    new_case,
    publish,
    served,
    settings_of,
)


def test_what_is_not_on_record_waits(tmp_path: Path) -> None:
    """An item without an approval on record is in review, whatever its file says, and the report names its file."""
    root = make_library(tmp_path / "lib", case_new=new_case(status="approved"))
    report = publish(root)
    assert report.unapproved == (CASE, "kb/challenges/chl-price.md", "kb/challenges/chl-sponsor.md")
    assert report.as_dict()["unapproved"] == report.unapproved
    assert f"  served as in review: {CASE} (no approval of it is on record)" in report.as_lines()
    assert served(root, READER) == {}
    assert served(root, CARL)["case-new"] == "in_review"


def test_files_are_trusted_where_that_is_set(tmp_path: Path) -> None:
    """With approval by files the front matter decides, and changing the setting publishes anew."""
    root = make_library(tmp_path / "lib", case_new=new_case(status="approved"))
    assert publish(root, approval="files").unapproved == ()
    assert served(root, READER, approval="files")["case-new"] == "approved"
    assert not publish(root).unchanged
    assert served(root, READER) == {}


def test_a_new_approval_publishes_anew_and_no_news_does_not(tmp_path: Path) -> None:
    """Approvals are part of what an index is made from."""
    root = make_library(tmp_path / "lib", case_new=new_case())
    publish(root)
    approve(desk_of(root, CARL), "case-new")
    assert not publish(root).unchanged
    assert publish(root).unchanged


def test_whoever_indexes_without_rulings_approves_nothing(tmp_path: Path) -> None:
    """A way to the index that forgets the state fails closed."""
    root = make_library(tmp_path / "lib", case_new=new_case())
    approve(desk_of(root, CARL), "case-new")
    assert CASE in build_index(settings_of(root), encoder=FakeEncoder()).unapproved


def test_a_state_that_cannot_be_read_publishes_nothing(tmp_path: Path) -> None:
    """Without the record nothing is published, and what was published before stays."""
    root = make_library(tmp_path / "lib", case_new=new_case())
    publish(root)
    (tmp_path / "no state").write_text("no database at all, but long enough to be read as one" * 20, encoding="utf-8")
    with pytest.raises(StateError):
        publish(root, state=tmp_path / "no state")


def test_a_new_file_that_nobody_approved_is_not_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """That a file waits to be indexed is told to those who could see it in review."""
    root = make_library(tmp_path / "lib", case_new=new_case())
    publish(root)
    (root / "cases/case-later.md").write_text(new_case(status="approved"), encoding="utf-8")
    settings = settings_of(root)
    engine = LocalEngine.from_data_folder(settings.data_folder, encoder=FakeEncoder())

    def stale(asker: Asker) -> list[str]:
        return [file.path for file in find_stale(View(engine, asker), settings)]

    assert stale(READER) == []
    assert stale(CARL) == ["cases/case-later.md"]
    warn_if_stale(engine, settings, READER)
    assert capsys.readouterr().err == ""
    engine.close()
