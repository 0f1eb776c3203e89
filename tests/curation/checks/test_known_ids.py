"""A file is checked alone as it would be with the whole library, without reading the whole library."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.checks.known_ids import find_ids
from curation.checks.schema import check_library
from library.reading import find_files
from tests.conftest import case_text, concept_text, index_library, settings_for, write_library

FILES = {
    "cases/case-a.md": case_text(challenge_types="chl-price", competencies="own-id", enablers="enb-coe"),
    "cases/case-b.md": case_text(challenge_types="chl-gone", competencies="cmp-b", more="replicates: case-broken\n"),
    "cases/case-broken.md": "---\ntitle: [unclosed\n---\n\nText.\n",
    "cases/case-twice.md": case_text(),
    "cases/deep/case-twice.md": case_text(),
    "cases/case-taken.md": case_text(more="id: case-a\n"),
    "kb/challenges/chl-price.md": concept_text("Price"),
    "kb/competencies/cmp-a.md": concept_text("A", more="id: own-id\n"),
    "kb/competencies/cmp-b.md": concept_text("B", more="type: enabler\n"),
    "kb/enablers/enb-coe.md": concept_text("Centre").replace("All about", "id: not-this\n\nAll about"),
}


@pytest.fixture(scope="module", params=["no index", "index", "index behind its files"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library full of trouble: not indexed, indexed, or changed since."""
    root = write_library(tmp_path_factory.mktemp("ids"), FILES)
    if request.param != "no index":
        index_library(root).close()
    if request.param == "index behind its files":
        changed = {
            "kb/competencies/cmp-a.md": concept_text("A", more="id: other-id\n"),
            "cases/case-new.md": case_text(),
        }
        write_library(root, changed)
    return root


@pytest.mark.parametrize("path", [*FILES, "cases/case-new.md"])
def test_file_alone_is_checked_as_in_the_whole(library: Path, path: str) -> None:
    """What a check says of a file is the same whether it is named or the whole library is checked."""
    if not (library / path).exists():
        pytest.skip("this library does not have it")
    whole = check_library(settings_for(library)).problems
    assert check_library(settings_for(library), [library / path]).problems == tuple(p for p in whole if p.path == path)


def test_index_confirms_ids_of_unchanged_files_alone(tmp_path: Path) -> None:
    """A file that was saved since is looked into again; one that was not is known without being read."""
    root = write_library(tmp_path, FILES)
    index_library(root).close()
    (root / "kb/competencies/cmp-a.md").write_text(concept_text("A", more="id: newer-id\n"), encoding="utf-8")
    known = find_ids(settings_for(root), find_files(root)[0])
    assert known.types["chl-price"] == "challenge_type"
    assert "own-id" not in known.paths
    assert known.paths["newer-id"] == ("kb/competencies/cmp-a.md",)
    assert known.paths["case-twice"] == ("cases/case-twice.md", "cases/deep/case-twice.md")


def test_damaged_index_is_done_without(tmp_path: Path) -> None:
    """An index that cannot be read makes a check slower, not wrong."""
    root = write_library(tmp_path, FILES)
    index_library(root).close()
    for catalogue in root.glob(".casebook/generations/*/catalog.db"):
        catalogue.write_bytes(b"no database")
    assert find_ids(settings_for(root), find_files(root)[0]).types == {}
