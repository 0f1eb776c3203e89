"""Preparing files: what comes from the cache is what a fresh reading gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from indexer import preparing
from indexer.cache import BuildCache
from indexer.preparing import Preparer, prepare_document
from library.documents import ReadFile, SectionKind, heading_kinds, read_document
from tests.conftest import FakeEncoder, case_text, concept_text

RICH_CASE = case_text(
    title="Préis",
    language="de",
    summary="Kurz.",
    more=(
        'value: [{metric: cost, baseline: "011", result: "12:30", evidence: estimated}]\n'
        "unknwn: x\nreview_interval: P6M\naccount_key: crm-4711\nrelated: [no-such]\n"
    ),
    challenge="Ein sehr langer Text über Einkauf. " * 60,
)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[BuildCache]:
    with BuildCache.open(tmp_path / "cache.db") as opened:
        yield opened


def _preparer(cache: BuildCache, *, fingerprint: str = "fake-1", heading: str = "Problem") -> Preparer:
    return Preparer(FakeEncoder(fingerprint=fingerprint), heading_kinds({SectionKind.CHALLENGE: (heading,)}), cache)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("cases/a.md", RICH_CASE),
        ("cases/b.md", "no front matter"),
        ("cases/ä c.md", case_text(classification="secret")),
        ("kb/enablers/e.md", concept_text("Board", more="alt_labels:\n  en: [C-level]\nhow_to_engage: Ask.\n")),
        ("kb/industries/n.md", "---\ntitle: T\nvalid_until: 2027-01-01\n---\n\n## Rules\n\nText.\n"),
    ],
    ids=["case", "unreadable", "blocked", "concept", "note"],
)
def test_a_cached_file_is_what_a_fresh_reading_gives(cache: BuildCache, path: str, text: str) -> None:
    """Documents, problems, lines, passages and terms survive the cache, so incremental equals full."""
    first, second = _preparer(cache), _preparer(cache)
    first.read(path, text.encode())
    first.store()
    second.read(path, text.encode())
    fresh, cached = first.prepared[path], second.prepared[path]
    assert cached is not fresh
    assert preparing._adapter().dump_json(cached) == preparing._adapter().dump_json(fresh)
    assert (cached.passages, cached.terms) == (fresh.passages, fresh.terms)
    assert cached.file.problems == fresh.file.problems
    assert (cached.file.document is None) == (fresh.file.document is None)
    if fresh.file.document is not None and cached.file.document is not None:
        assert cached.file.document.sections == fresh.file.document.sections
        assert type(cached.file.document.item) is type(fresh.file.document.item)
    assert (first.hashes, first.keys) == (second.hashes, second.keys)


def test_an_account_key_is_not_cached(tmp_path: Path, cache: BuildCache) -> None:
    """The CRM key never leaves the file that it stands in."""
    preparer = _preparer(cache)
    preparer.read("cases/a.md", RICH_CASE.encode())
    preparer.store()
    assert b"crm-4711" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def _was_read_again(monkeypatch: pytest.MonkeyPatch, preparer: Preparer, path: str, text: str) -> bool:
    calls: list[str] = []

    def counting(path: str, content: bytes, headings: Mapping[str, SectionKind]) -> ReadFile:
        calls.append(path)
        return read_document(path, content, headings)

    monkeypatch.setattr(preparing, "read_document", counting)
    preparer.read(path, text.encode())
    return bool(calls)


@pytest.mark.parametrize("change", ["nothing", "content", "path", "model", "headings", "version"])
def test_a_file_is_read_again_only_if_something_changed(
    cache: BuildCache, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """The cache knows a file by its content, its path, the model, the headings and this code's version."""
    first = _preparer(cache)
    first.read("cases/a.md", RICH_CASE.encode())
    first.store()
    if change == "version":
        monkeypatch.setattr(preparing, "VERSION", preparing.VERSION + 1)
    second = _preparer(
        cache,
        fingerprint="fake-2" if change == "model" else "fake-1",
        heading="Sorgen" if change == "headings" else "Problem",
    )
    path = "cases/other.md" if change == "path" else "cases/a.md"
    text = RICH_CASE + "more" if change == "content" else RICH_CASE
    assert _was_read_again(monkeypatch, second, path, text) is (change != "nothing")


def test_words_come_from_title_summary_keywords_headings_and_text() -> None:
    """Everything that a reader sees as text can be found by its words; codes and owners cannot."""
    text = case_text(
        title="Zinc", summary="Copper.", context="Nickel.", more="keywords: [cobalt]\nowner: argon\n", region="FR"
    )
    file = read_document("cases/a.md", text.encode(), heading_kinds())
    assert file.document is not None
    terms = prepare_document(file, file.document, FakeEncoder()).terms
    assert {"zinc", "copper", "nickel", "cobalt", "context"} <= set(terms)
    assert not {"argon", "fr", "internal", "2026"} & set(terms)


def test_a_concept_is_found_by_all_its_names() -> None:
    """Other labels and known misspellings are words of a concept."""
    text = concept_text("Board", more="alt_labels:\n  en: [Cobalt]\nhidden_labels:\n  de: [Zink]\n")
    file = read_document("kb/enablers/e.md", text.encode(), heading_kinds())
    assert file.document is not None
    terms = prepare_document(file, file.document, FakeEncoder()).terms
    assert {"cobalt", "zink"} <= set(terms)
