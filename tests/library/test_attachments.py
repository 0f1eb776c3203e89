"""Attachments: a file of the library's content folders, wherever links lead, or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from library.attachments import attachment_place, find_attachment, is_web_address

CASE = "cases/region/a.md"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with files that may leave and files that may not."""
    root = tmp_path / "library"
    for name in (
        "cases/region/model.xlsx",
        "cases/shared/line.png",
        "cases/region/.secret",
        "cases/b.md",
        "casebook.toml",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / ".casebook").mkdir()
    (root / ".casebook" / "stub.key").write_text("key")
    (tmp_path / "outside.txt").write_text("outside")
    return root


@pytest.mark.parametrize("name", ["model.xlsx", "./model.xlsx", "../shared/line.png", "..\\shared\\line.png"])
def test_files_beside_an_item_are_found(library: Path, name: str) -> None:
    """Relative to the item's own file."""
    found = find_attachment(library, CASE, name)
    assert found is not None
    assert found.read_text().startswith("cases/")


@pytest.mark.parametrize(
    "name",
    [
        "missing.xlsx",
        "",
        ".",
        "/etc/passwd",
        "../../../outside.txt",
        "../../casebook.toml",
        "../../.casebook/stub.key",
        ".secret",
        "../b.md",
        "../../cases/b.md",
        "https://example.org/model.xlsx",
        "model.xlsx\0.png",
        "model.xlsx/",
        "../region",
        "x" * 5000,
    ],
)
def test_nothing_else_is(library: Path, name: str) -> None:
    """Neither items, settings, hidden files, folders nor anything outside."""
    found = find_attachment(library, CASE, name)
    assert found is None or found == library / "cases" / "region" / "model.xlsx"
    assert found is None or name == "model.xlsx/"


@pytest.mark.parametrize(
    "target", ["../../../outside.txt", "../b.md", "../../casebook.toml", "loop.txt", "/etc/hostname"]
)
def test_symbolic_links_open_no_way_out(library: Path, target: str) -> None:
    """What counts is where a link ends."""
    (library / "cases" / "region" / "loop.txt").symlink_to(target)
    assert find_attachment(library, CASE, "loop.txt") is None


def test_symbolic_links_within_are_followed(library: Path) -> None:
    """A file that several items share may be linked."""
    (library / "cases" / "region" / "chart.png").symlink_to("../shared/line.png")
    assert find_attachment(library, CASE, "chart.png") == library / "cases" / "shared" / "line.png"


def test_a_linked_folder_opens_no_way_out(library: Path, tmp_path: Path) -> None:
    """Nor does one above the file."""
    (library / "cases" / "elsewhere").symlink_to(tmp_path, target_is_directory=True)
    assert find_attachment(library, CASE, "../elsewhere/outside.txt") is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_only_regular_files_are_read(library: Path) -> None:
    """A pipe would hold a request for ever."""
    os.mkfifo(library / "cases" / "region" / "pipe.txt")
    assert find_attachment(library, CASE, "pipe.txt") is None


@pytest.mark.parametrize("text", ["https://example.org/a?b=c", "http://example.org", "HTTPS://example.org/x"])
def test_web_addresses_are_known(text: str) -> None:
    """They may be links, and are no files."""
    assert is_web_address(text)
    assert attachment_place(CASE, text) is None


@pytest.mark.parametrize(
    "text", ["", "a.txt", "javascript:alert(1)", "file:///x", "//x.example", "https://", "https://[x", "https://a b"]
)
def test_others_are_none(text: str) -> None:
    """Whatever they look like."""
    assert not is_web_address(text)
