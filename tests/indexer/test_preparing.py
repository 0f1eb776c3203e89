"""Preparing files: what comes from the cache is what a fresh reading gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from indexer import preparing
from indexer.cache import BuildCache
from indexer.preparing import PreparedFile, Preparer, prepare_document
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


def _encoder(*languages: str, fingerprint: str = "fake-1") -> FakeEncoder:
    encoder = FakeEncoder(fingerprint=fingerprint)
    encoder.config = replace(encoder.config, languages=languages)
    return encoder


def _preparer(
    cache: BuildCache, *, fingerprint: str = "fake-1", heading: str = "Problem", languages: tuple[str, ...] = ()
) -> Preparer:
    encoder = _encoder(*languages, fingerprint=fingerprint)
    return Preparer(encoder, heading_kinds({SectionKind.CHALLENGE: (heading,)}), cache)


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


@pytest.mark.parametrize(
    "change", ["nothing", "content", "path", "model", "languages", "headings", "glossary", "version"]
)
def test_a_file_is_read_again_only_if_something_changed(
    cache: BuildCache, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """The cache knows a file by its content, path, model and its languages, headings, glossaries and version."""
    first = _preparer(cache)
    first.read("cases/a.md", RICH_CASE.encode())
    first.store()
    if change == "version":
        monkeypatch.setattr(preparing, "VERSION", preparing.VERSION + 1)
    if change == "glossary":
        monkeypatch.setattr(preparing, "glossary_hash", lambda: "another")
    second = _preparer(
        cache,
        fingerprint="fake-2" if change == "model" else "fake-1",
        heading="Sorgen" if change == "headings" else "Problem",
        languages=("en",) if change == "languages" else (),
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


GERMAN_CASE = case_text(
    title="Rahmenvertrag",
    language="de",
    summary="Der Kunde kündigt.",
    challenge="Der Zentraleinkauf fordert Rabatt.",
    more="keywords: [Preisdruck]\n",
)


def _prepare(text: str, *languages: str) -> PreparedFile:
    file = read_document("cases/a.md", text.encode(), heading_kinds())
    assert file.document is not None
    return prepare_document(file, file.document, _encoder(*languages))


def test_a_german_case_is_found_by_the_words_of_both_languages() -> None:
    """For a model of English the terms of a German case are its own and those of its gloss, keywords too."""
    glossed, plain = _prepare(GERMAN_CASE, "en"), _prepare(GERMAN_CASE)
    assert glossed.terms[: len(plain.terms)] == plain.terms
    assert {"zentraleinkauf", "rahmenvertrag", "preisdruck", "rabatt"} <= set(plain.terms)
    assert {"central", "purchas", "framework", "agreement", "discount", "pressur"} <= set(glossed.terms)
    assert not {"central", "framework", "discount"} & set(plain.terms)


def test_a_german_case_is_glossed_for_the_model_alone() -> None:
    """The model of English reads English; what is shown, cut as it was, is what was written."""
    glossed, plain = _prepare(GERMAN_CASE, "en"), _prepare(GERMAN_CASE, "en", "de")
    assert [passage.text for passage in glossed.passages] == [passage.text for passage in plain.passages]
    assert any("central purchasing demand discount" in passage.embedded for passage in glossed.passages)
    assert all(passage.embedded.startswith("framework agreement") for passage in glossed.passages)
    assert all(passage.embedded.startswith("Rahmenvertrag") for passage in plain.passages)


@pytest.mark.parametrize("languages", [(), ("en",), ("de",)])
def test_an_english_case_is_never_glossed(languages: tuple[str, ...]) -> None:
    """Whatever the model knows, English text reaches it as written."""
    assert _prepare(case_text(challenge="Die casting prices rise."), *languages) == _prepare(
        case_text(challenge="Die casting prices rise.")
    )
