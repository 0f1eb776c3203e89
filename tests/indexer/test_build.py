"""Building an index: only what is new is computed, and the result never depends on what was there before."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer import build, embedding
from indexer.build import BuildReport, build_index
from indexer.cache import BuildCache
from indexer.catalogue import Catalogue
from indexer.contents import catalogue_content
from indexer.encoder import Encoded
from indexer.generations import (
    CACHE,
    CATALOGUE,
    ITEM_VECTORS,
    LEXICAL,
    PASSAGE_VECTORS,
    Manifest,
    current_generation,
)
from indexer.lexical import LexicalIndex
from indexer.models import encoder_folder
from indexer.tokens import TokenIndex
from indexer.vectors import VectorIndex
from library.errors import EncoderError, IndexWriteError, LibraryError
from library.settings import DEFAULT_MODEL
from tests.conftest import FakeEncoder, case_text, concept_text, settings_for, write_library

WORDS = [
    "price",
    "purchasing",
    "tender",
    "contract",
    "sponsor",
    "plant",
    "downtime",
    "carbon",
    "packaging",
    "hospital",
    "supplier",
    "delivery",
    "stock",
    "quality",
    "board",
    "margin",
    "rebate",
    "scorecard",
    "innovation",
    "rollout",
]
LIBRARY = {
    "cases/a.md": case_text(title="Price", challenge="The buyer asks for a rebate.", competencies="cmp-a"),
    "cases/b.md": case_text(title="Plant", challenge="Downtime of the plant.", more="related: [a]\n"),
    "cases/sub/c.md": case_text(title="Tender", challenge="A tender in Europe.", region="FR", industry="20"),
    "kb/competencies/cmp-a.md": concept_text("Negotiating", more="broader: [cmp-b]\n"),
    "kb/competencies/cmp-b.md": concept_text("Value"),
    "kb/industries/n.md": (
        "---\ntitle: Note\nsummary: S.\nstatus: approved\nclassification: public\nlast_verified: 2026-01-01\n"
        "industries: [C]\nnote_kind: trend\nsources: [x]\n---\n\n## Rules\n\nPackaging rules change.\n"
    ),
}


TOKEN_FILES = ("tokens.npy", "token_pieces.npy", "token_starts.npy", "token_weights.npy")


def _index(root: Path, encoder: FakeEncoder, *, data: Path | None = None, full: bool = False) -> BuildReport:
    return build_index(settings_for(root, data=data), encoder=encoder, full=full)


def _generation(root: Path, data: Path | None = None) -> Path:
    return current_generation(settings_for(root, data=data).data_folder)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "writer.lock"
    }


def _dump(generation: Path) -> list[str]:
    """Return the whole catalogue as SQL."""
    connection = sqlite3.connect(f"{(generation / CATALOGUE).as_uri()}?mode=ro", uri=True)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def _word_scores(generation: Path) -> dict[str, dict[int, float]]:
    """Return what each word scores for each item, open and closed."""
    index = LexicalIndex.open(generation / LEXICAL, Manifest.from_folder(generation).average_terms)
    catalogue = Catalogue.open(generation / CATALOGUE)
    closed = catalogue.closed_terms([record.row for record in catalogue.records()])
    scores = {}
    for word in WORDS:
        scores[word] = index.search({word: 1.0}, rows=None, limit=1_000)
        by_hand = {row: index.score({word: 1.0}, terms) for row, terms in closed.items()}
        scores[word] |= {row: score for row, score in by_hand.items() if score}
    catalogue.close()
    index.close()
    return scores


def _assert_same_index(one: Path, other: Path) -> None:
    first, second = Manifest.from_folder(one), Manifest.from_folder(other)
    assert first.inputs == second.inputs
    assert (first.counts, first.passages, first.average_terms) == (second.counts, second.passages, second.average_terms)
    assert _dump(one) == _dump(other)
    for name in (f"{PASSAGE_VECTORS}.npy", f"{ITEM_VECTORS}.npy", f"{PASSAGE_VECTORS}.faiss", *TOKEN_FILES):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    assert _word_scores(one) == _word_scores(other)


# Index twice, embed once.


def test_indexing_twice_changes_nothing(tmp_path: Path, encoder: FakeEncoder) -> None:
    """A second run over the same files embeds nothing, publishes nothing, and leaves every byte as it was."""
    root = write_library(tmp_path, LIBRARY)
    first = _index(root, encoder)
    before, encoded = _files(root), encoder.encoded
    second = _index(root, encoder)
    assert (first.unchanged, second.unchanged) == (False, True)
    assert encoder.encoded == encoded == first.embedded
    assert second.embedded == 0
    assert (second.generation, second.passages) == (first.generation, first.passages)
    assert _files(root) == before


def test_a_touched_file_embeds_nothing(tmp_path: Path, encoder: FakeEncoder) -> None:
    """What counts is what a file holds; its new time is noted once, so that searches need not read the file."""
    root = write_library(tmp_path, LIBRARY)
    _index(root, encoder)
    for path in root.rglob("*.md"):
        path.write_bytes(path.read_bytes())
    assert _index(root, encoder).embedded == 0
    assert _index(root, encoder).unchanged


def test_only_new_text_is_embedded(tmp_path: Path, encoder: FakeEncoder) -> None:
    """After a change in one section of one file, that passage alone is embedded."""
    root = write_library(tmp_path, LIBRARY)
    before = _index(root, encoder).passages
    encoded = encoder.encoded
    changed = case_text(title="Price", challenge="The buyer asks for a cut.", competencies="cmp-a")
    write_library(root, {"cases/a.md": changed})
    report = _index(root, encoder)
    assert report.embedded == encoder.encoded - encoded == 1
    assert report.passages == before


def test_a_renamed_file_is_not_embedded_again(tmp_path: Path, encoder: FakeEncoder) -> None:
    """A vector belongs to a text, wherever it stands."""
    root = write_library(tmp_path, LIBRARY)
    _index(root, encoder)
    (root / "cases" / "a.md").rename(root / "cases" / "z.md")
    report = _index(root, encoder)
    assert (report.unchanged, report.embedded) == (False, 0)


def test_the_same_paragraph_in_two_items_is_embedded_once_and_found_in_both(
    tmp_path: Path, encoder: FakeEncoder
) -> None:
    """Equal texts share a vector; each item keeps its own passage."""
    root = write_library(tmp_path, {f"cases/{name}.md": case_text(title="Same") for name in "ab"})
    report = _index(root, encoder)
    assert report.passages == 2 * report.embedded
    generation = _generation(root)
    vectors = np.load(generation / f"{PASSAGE_VECTORS}.npy")
    half = len(vectors) // 2
    assert (vectors[:half] == vectors[half:]).all()


def test_full_starts_over(tmp_path: Path, encoder: FakeEncoder) -> None:
    """A full run embeds everything again and publishes a new generation that equals the old one."""
    root = write_library(tmp_path, LIBRARY)
    first = _index(root, encoder)
    one = _generation(root)
    report = _index(root, encoder, full=True)
    assert (report.unchanged, report.embedded, report.generation) == (False, first.embedded, first.generation + 1)
    assert encoder.encoded == 2 * first.embedded
    _assert_same_index(one, _generation(root))


def test_another_model_embeds_everything_again(tmp_path: Path, encoder: FakeEncoder) -> None:
    """An encoder whose vectors would differ makes a new index, and the old vectors are forgotten."""
    root = write_library(tmp_path, LIBRARY)
    first = _index(root, encoder)
    other = FakeEncoder(fingerprint="fake-2")
    report = _index(root, other)
    assert (report.unchanged, report.embedded) == (False, first.embedded)
    assert Manifest.from_folder(_generation(root)).encoder_fingerprint == "fake-2"
    assert _index(root, encoder).embedded == first.embedded


@pytest.mark.parametrize(
    "options",
    [{"regions": {"ALPS": ("DE",)}}, {"headings": {"challenge": ("Problem",)}}, {"max_file_kilobytes": 1}],
    ids=["regions", "headings", "size"],
)
def test_a_setting_that_changes_the_index_makes_a_new_one(
    tmp_path: Path, encoder: FakeEncoder, options: dict[str, object]
) -> None:
    """Settings count among what an index was made from."""
    root = write_library(tmp_path, {**LIBRARY, "cases/long.md": case_text(context="word " * 400)})
    _index(root, encoder)
    assert not build_index(settings_for(root, **options), encoder=encoder).unchanged
    assert build_index(settings_for(root, **options), encoder=encoder).unchanged


# Incremental equals full.


def _random_case(chance: random.Random) -> str:
    closed = {"classification": "restricted", "more": "access_groups: [x]\nexistence: discoverable\n"}
    values = {} if chance.random() < 0.7 else closed
    return case_text(
        title=" ".join(chance.sample(WORDS, 3)),
        challenge=" ".join(chance.choices(WORDS, k=chance.randint(3, 150))) + ".",
        language=chance.choice(["en", "de", "fr"]),
        region=chance.choice(["DE", "FR", "EMEA", "Atlantis"]),
        status=chance.choice(["approved", "approved", "draft", "archived"]),
        competencies=chance.choice(["", "cmp-1", "cmp-1, cmp-2"]),
        **values,
    )


def _edit(root: Path, chance: random.Random) -> None:
    """Add, change, remove, rename or break some file."""
    cases = sorted((root / "cases").glob("*.md"))
    place = root / "cases" / f"case-{chance.randint(0, 30):02}.md"
    match chance.choice(["add", "add", "change", "remove", "rename", "break", "concept"]):
        case "change" if cases:
            chance.choice(cases).write_text(_random_case(chance))
        case "remove" if cases:
            chance.choice(cases).unlink()
        case "rename" if cases:
            chance.choice(cases).rename(place)
        case "break" if cases:
            chance.choice(cases).write_bytes(b"---\ntitle: \xff\n---\n")
        case "concept":
            number = chance.randint(1, 4)
            more = f"broader: [cmp-{chance.randint(1, 4)}]\n"
            label = " ".join(chance.sample(WORDS, 2))
            classification = chance.choice(["internal", "internal", "confidential"])
            text = concept_text(label, more=more, classification=classification)
            write_library(root, {f"kb/competencies/cmp-{number}.md": text})
        case _:
            place.write_text(_random_case(chance))


@pytest.mark.parametrize("seed", range(4))
def test_incremental_equals_full(tmp_path: Path, seed: int) -> None:
    """However a library came to be what it is, its index is the one that it would have from scratch."""
    chance = random.Random(seed)
    root = write_library(tmp_path / "library", {})
    grown, scratch = tmp_path / "grown", tmp_path / "scratch"
    for _ in range(5):
        for _ in range(chance.randint(1, 6)):
            _edit(root, chance)
        _index(root, FakeEncoder(), data=grown)
    scratch.mkdir()
    shutil.copy(grown / "stub.key", scratch)  # a secret of the data folder, not of the library
    _index(root, FakeEncoder(), data=scratch)
    _assert_same_index(_generation(root, grown), _generation(root, scratch))


def test_rows_and_ids_are_stable_and_unique(tmp_path: Path, encoder: FakeEncoder) -> None:
    """Items are numbered in order of id without a gap, passages in order of item, and stubs keep their name."""
    root = write_library(tmp_path, LIBRARY)
    _index(root, encoder)
    stubs = []
    for _ in range(2):
        catalogue = Catalogue.open(_generation(root) / CATALOGUE)
        records = catalogue.records()
        assert [record.id for record in records] == sorted(["a", "b", "c", "cmp-a", "cmp-b", "n"])
        assert [record.row for record in records] == list(range(6))
        owners = catalogue.passage_owners()
        assert [row for row, _, _ in owners] == list(range(len(owners)))
        assert [item for _, item, _ in owners] == sorted(item for _, item, _ in owners)
        stubs.append({record.id: record.stub_id for record in records})
        assert len(set(stubs[-1].values())) == 6
        catalogue.close()
        _index(root, encoder, full=True)
    assert stubs[0] == stubs[1]


def test_a_passage_has_the_vector_of_its_own_text(tmp_path: Path, encoder: FakeEncoder) -> None:
    """Row n of the vectors belongs to row n of the passages, and an item's vector is the mean of its own."""
    root = write_library(tmp_path, LIBRARY)
    _index(root, encoder)
    generation = _generation(root)
    catalogue = Catalogue.open(generation / CATALOGUE)
    vectors, items = VectorIndex.open(generation, PASSAGE_VECTORS), np.load(generation / f"{ITEM_VECTORS}.npy")
    texts = catalogue.texts(range(6))
    for row, text in texts.items():
        passages = catalogue.passages([row])
        headers = [" > ".join((text.item.title, *passage.path)) for passage in passages]
        embedded = [f"{header}\n{passage.text}" for header, passage in zip(headers, passages, strict=True)]
        stored = vectors.vectors(np.array([passage.row for passage in passages]))
        assert stored == pytest.approx(encoder.encode_queries(embedded), abs=1e-6)
        mean = stored.sum(axis=0)
        assert items[row] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)
    catalogue.close()


# Token vectors: of the passages of cases, computed once.


def _tokens_by_item(generation: Path) -> dict[str, list[list[int]]]:
    """Return the word pieces that are kept of each item's passages."""
    index = TokenIndex.open(generation)
    catalogue = Catalogue.open(generation / CATALOGUE)
    found = {
        record.id: [index.tokens(passage.row).pieces.tolist() for passage in catalogue.passages([record.row])]
        for record in catalogue.records()
    }
    catalogue.close()
    return found


def test_every_passage_of_a_case_has_the_tokens_of_its_own_text(tmp_path: Path, encoder: FakeEncoder) -> None:
    """Notes and vocabulary have none; of a case they are those of what the model reads, header included."""
    root = write_library(tmp_path, LIBRARY)
    _index(root, encoder)
    generation = _generation(root)
    index = TokenIndex.open(generation)
    catalogue = Catalogue.open(generation / CATALOGUE)
    items = {record.row: record for record in catalogue.records()}
    kept = 0
    for row, text in catalogue.texts(list(items)).items():
        for passage in catalogue.passages([row]):
            embedded = " > ".join((text.item.title, *passage.path)) + "\n" + passage.text
            expected = (encoder.encode_tokens([embedded], as_query=True).tokens or ())[0]
            found = index.tokens(passage.row)
            of_case = items[row].type == "business_case"
            rare = np.isin(expected.pieces, found.pieces)  # the commonest are left out
            assert found.pieces.tolist() == expected.pieces[rare].tolist()
            assert found.vectors == pytest.approx(expected.vectors[rare], abs=0.005)
            assert bool(len(found.pieces)) == of_case
            kept += of_case
    catalogue.close()
    assert kept >= 3


def test_token_vectors_come_from_the_cache(tmp_path: Path, encoder: FakeEncoder) -> None:
    """A passage is given to the model once, for both of its outputs, and never again."""
    root = write_library(tmp_path, LIBRARY)
    first = _index(root, encoder)
    assert encoder.encoded == first.embedded
    before = (_generation(root) / "tokens.npy").read_bytes()
    write_library(root, {"kb/competencies/cmp-c.md": concept_text("Listening")})
    second = _index(root, encoder)
    assert encoder.encoded == first.embedded + second.embedded
    assert second.embedded < first.embedded
    assert (_generation(root) / "tokens.npy").read_bytes() == before


def test_a_text_that_becomes_a_case_gets_its_tokens(tmp_path: Path, encoder: FakeEncoder) -> None:
    """What was embedded for a note, without tokens, is read once more when a case says it."""
    root = write_library(tmp_path, LIBRARY)
    _index(root, encoder)
    case = case_text(title="Note", solution="x").replace("## Solution\n\nx", "## Rules\n\nPackaging rules change.")
    write_library(root, {"cases/of-note.md": case})
    _index(root, encoder)
    found = _tokens_by_item(_generation(root))
    assert found["of-note"] == [pieces for pieces in found["of-note"] if pieces]
    assert [] in found["n"]


def test_another_token_space_reads_the_cases_again(tmp_path: Path, encoder: FakeEncoder) -> None:
    """Token vectors of another space are of no use; those of the old one are forgotten, vectors stay."""
    root = write_library(tmp_path, LIBRARY)
    first = _index(root, encoder)
    of_cases = len({tuple(pieces) for entries in _tokens_by_item(_generation(root)).values() for pieces in entries})
    other = FakeEncoder(space="fake-space-2")
    report = _index(root, other)
    assert not report.unchanged
    assert 0 < report.embedded == other.encoded == of_cases - 1 < first.embedded  # without the empty entry
    assert _index(root, encoder).embedded == report.embedded


def test_a_model_without_token_vectors_is_indexed(tmp_path: Path, encoder: FakeEncoder) -> None:
    """Nothing is kept of word pieces, nothing of it is looked for, and a model that has them catches up."""
    root = write_library(tmp_path, LIBRARY)
    without = FakeEncoder(space="")
    first = _index(root, without)
    assert _index(root, without).unchanged
    assert without.encoded == first.embedded
    assert not any(pieces for entries in _tokens_by_item(_generation(root)).values() for pieces in entries)
    second = _index(root, encoder)
    assert 0 < second.embedded < first.embedded
    assert all(pieces for id_ in "abc" for pieces in _tokens_by_item(_generation(root))[id_])


class _DyingEncoder(FakeEncoder):
    """An encoder whose process is killed after some calls."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self._calls = calls

    def encode_tokens(self, texts: Sequence[str], *, as_query: bool) -> Encoded:
        if not self._calls:
            raise KeyboardInterrupt
        self._calls -= 1
        return super().encode_tokens(texts, as_query=as_query)


def test_a_killed_run_keeps_the_tokens_that_it_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches that were stored before the end are not computed again, and the result is the same."""
    monkeypatch.setattr(embedding, "_EMBEDDING_CHUNK", 2)
    root, scratch = write_library(tmp_path / "library", LIBRARY), tmp_path / "scratch"
    dying, after = _DyingEncoder(2), FakeEncoder()
    with pytest.raises(KeyboardInterrupt):
        _index(root, dying)
    report = _index(root, after)
    assert dying.encoded > 4
    assert after.encoded == report.embedded > 0
    scratch.mkdir()
    shutil.copy(root / ".casebook" / "stub.key", scratch)
    at_once = _index(root, FakeEncoder(), data=scratch)
    assert dying.encoded + after.encoded == at_once.embedded
    _assert_same_index(_generation(root), _generation(root, scratch))


def test_a_run_killed_between_tokens_and_vectors_completes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only one of a text's two outputs was stored, the next run makes the other."""
    root, encoder = write_library(tmp_path, LIBRARY), FakeEncoder()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    for name in ("store_tokens", "store_vectors"):
        with monkeypatch.context() as patch:
            patch.setattr(BuildCache, name, die)
            with pytest.raises(KeyboardInterrupt):
                _index(root, encoder)
    _index(root, encoder)
    one = _generation(root)
    _index(root, FakeEncoder(), full=True)
    _assert_same_index(one, _generation(root))


# Who is hidden leaves no trace in the statistics.

HIDDEN_WORD = "Zanzibar"


def _with_hidden(hidden: dict[str, str]) -> dict[str, str]:
    challenge = f"{HIDDEN_WORD} asks for a rebate, and {HIDDEN_WORD} will have it."
    return {**LIBRARY, "cases/zz-hidden.md": case_text(title=HIDDEN_WORD, challenge=challenge, **hidden)}


@pytest.mark.parametrize(
    "hidden",
    [
        {"classification": "confidential", "more": "access_groups: [x]\n"},
        {"classification": "restricted", "more": "access_groups: [x]\nexistence: discoverable\n"},
        {"status": "draft"},
        {"status": "in_review"},
        {"status": "archived"},
    ],
    ids=["confidential", "discoverable", "draft", "in review", "archived"],
)
def test_hidden_text_is_never_in_the_lexical_index(
    tmp_path: Path, encoder: FakeEncoder, hidden: dict[str, str]
) -> None:
    """The lexical index of a library with a hidden case is, byte for byte, the one of the library without."""
    parts: dict[str, dict[str, bytes]] = {}
    for name, files in {"with": _with_hidden(hidden), "without": LIBRARY, "open": _with_hidden({})}.items():
        root = write_library(tmp_path / name, files)
        _index(root, encoder)
        folder = _generation(root) / LEXICAL
        # Segments have random names; their parts are told by their suffix.
        parts[name] = {path.suffix: path.read_bytes() for path in folder.iterdir() if path.name[0] != "."}
        parts[name] = {suffix: data for suffix, data in parts[name].items() if suffix not in (".json", ".lock")}
    assert parts["with"] == parts["without"]
    assert parts["open"] != parts["without"], "so the comparison can tell"
    assert HIDDEN_WORD.lower().encode() not in b"".join(parts["with"].values())


@pytest.mark.parametrize(
    "hidden",
    [{"classification": "restricted", "more": "access_groups: [x]\nexistence: discoverable\n"}, {"status": "draft"}],
    ids=["discoverable", "draft"],
)
def test_hidden_pieces_never_count(tmp_path: Path, encoder: FakeEncoder, hidden: dict[str, str]) -> None:
    """How rare a word piece is, is what it is in the library without the hidden case, byte for byte."""
    weights = {}
    for name, files in {"with": _with_hidden(hidden), "without": LIBRARY, "open": _with_hidden({})}.items():
        root = write_library(tmp_path / name, files)
        _index(root, encoder)
        weights[name] = (_generation(root) / "token_weights.npy").read_bytes()
    assert weights["with"] == weights["without"]
    assert weights["open"] != weights["without"], "so the comparison can tell"


def test_a_note_does_not_tell_that_a_hidden_case_says_the_same(tmp_path: Path, encoder: FakeEncoder) -> None:
    """A note has no token vectors, whatever case shares a passage with it word for word."""
    case = case_text(title="Note", classification="restricted", more="access_groups: [x]\n", solution="x")
    case = case.replace("## Solution\n\nx", "## Rules\n\nPackaging rules change.")
    root = write_library(tmp_path, {**LIBRARY, "cases/zz.md": case})
    _index(root, encoder)
    catalogue = Catalogue.open(_generation(root) / CATALOGUE)
    rows = {record.id: record.row for record in catalogue.records()}
    texts = {id_: {passage.text for passage in catalogue.passages([rows[id_]])} for id_ in ("n", "zz")}
    catalogue.close()
    assert texts["n"] & texts["zz"]
    found = _tokens_by_item(_generation(root))
    assert not any(found["n"])
    assert all(found["zz"])


def test_an_unclassified_case_is_nowhere_in_the_lexical_index(tmp_path: Path, encoder: FakeEncoder) -> None:
    """Without a classification an item is not served, so its words count for nobody."""
    files = _with_hidden({})
    files["cases/zz-hidden.md"] = files["cases/zz-hidden.md"].replace("classification: internal\n", "")
    root = write_library(tmp_path, files)
    report = _index(root, encoder)
    assert report.left_out == ("cases/zz-hidden.md",)
    index = LexicalIndex.open(_generation(root) / LEXICAL, 1.0)
    assert not index.knows(HIDDEN_WORD.lower())
    assert index.knows("rebat")
    index.close()


def test_open_items_score_alike_with_and_without_closed_ones(tmp_path: Path, encoder: FakeEncoder) -> None:
    """Term statistics do not change when closed items are added."""
    scores = []
    for name, files in (("without", LIBRARY), ("with", _with_hidden({"status": "draft"}))):
        root = write_library(tmp_path / name, files)
        _index(root, encoder)
        generation = _generation(root)
        index = LexicalIndex.open(generation / LEXICAL, Manifest.from_folder(generation).average_terms)
        scores.append([index.search({word: 1.0}, rows=None, limit=10) for word in (*WORDS, "rebat", "zanzibar")])
        index.close()
    assert scores[0] == scores[1]
    assert any(scores[0])


def test_the_words_of_closed_items_alone_are_kept_aside(tmp_path: Path, encoder: FakeEncoder) -> None:
    """What is not in the lexical index can still be scored for those who may see it."""
    root = write_library(tmp_path, _with_hidden({"status": "draft"}))
    _index(root, encoder)
    catalogue = Catalogue.open(_generation(root) / CATALOGUE)
    records = {record.row: record.id for record in catalogue.records()}
    terms = catalogue.closed_terms(list(records))
    assert [records[row] for row in terms] == ["zz-hidden"]
    assert HIDDEN_WORD.lower() in next(iter(terms.values()))
    catalogue.close()


def test_vocabulary_pages_do_not_count_as_worded_items(tmp_path: Path, encoder: FakeEncoder) -> None:
    """The lexical statistics are those of cases and notes."""
    root = write_library(tmp_path, LIBRARY)
    _index(root, encoder)
    index = LexicalIndex.open(_generation(root) / LEXICAL, 1.0)
    assert index.knows("packag")
    assert not index.knows("negoti")
    index.close()


def test_a_hierarchy_does_not_go_through_a_hidden_concept(tmp_path: Path, encoder: FakeEncoder) -> None:
    """What is above a concept that not everybody sees is not told by the facets of a case."""
    hidden = concept_text("Negotiating", more="broader: [cmp-b]\nowner: x\n", classification="confidential")
    root = write_library(tmp_path, {**LIBRARY, "kb/competencies/cmp-a.md": hidden})
    _index(root, encoder)
    catalogue = Catalogue.open(_generation(root) / CATALOGUE)
    assert catalogue.rows_with("competency", ["cmp-b"]) == set()
    catalogue.close()


# The report, and what stays beside the generations.


def test_every_file_is_accounted_for(tmp_path: Path, encoder: FakeEncoder) -> None:
    """Read, indexed and left out add up, and every file that was left out is named."""
    more: dict[str, str | bytes] = {"cases/bad.md": "no front matter", "cases/latin.md": b"---\ntitle: \xe9\n---\n"}
    root = write_library(tmp_path, {**LIBRARY, **more, "cases/twin/a.md": case_text(), "cases/picture.png": b"x"})
    report = _index(root, encoder)
    assert (report.read, report.indexed, report.ignored) == (9, 6, 1)
    assert report.left_out == ("cases/bad.md", "cases/latin.md", "cases/twin/a.md")
    assert {problem.path for problem in report.problems if problem.fails_check} == set(report.left_out)
    assert report.counts["business_case"] == 3
    again = _index(root, encoder)
    assert again.unchanged
    assert (again.read, again.indexed, again.left_out) == (report.read, report.indexed, report.left_out)
    assert again.problems == report.problems


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"cases/bad.md": "no front matter"},
        {"cases/a.md": case_text(classification="restricted", more="owner: x\n")},
        {"cases/a.md": "---\nid: a\ntitle: Only a title\n---\n"},
    ],
    ids=["no file", "no item", "nothing open", "no text"],
)
def test_a_library_with_hardly_anything_is_indexed(
    tmp_path: Path, encoder: FakeEncoder, files: dict[str, str | bytes]
) -> None:
    """An empty index is an index: it is published, and the next run finds nothing to do."""
    root = write_library(tmp_path, files)
    report = _index(root, encoder)
    assert _index(root, encoder).unchanged
    generation = _generation(root)
    assert VectorIndex.open(generation, PASSAGE_VECTORS).count == report.passages
    assert _word_scores(generation)["price"] == {}


def test_the_manifest_says_what_the_generation_is(tmp_path: Path, encoder: FakeEncoder) -> None:
    """Model, counts and the checksum of every file stand in it."""
    root = write_library(tmp_path, LIBRARY)
    report = _index(root, encoder)
    generation = _generation(root)
    manifest = Manifest.from_folder(generation)
    assert (manifest.number, manifest.model, manifest.dimension) == (1, "fake-model", encoder.config.dimension)
    assert manifest.counts == report.counts
    assert manifest.passages == report.passages
    assert manifest.checksums.keys() | {"manifest.json"} == _files(generation).keys()
    assert manifest.checksums[CATALOGUE] == build._checksum(generation / CATALOGUE)


def test_no_index_appears_in_a_folder_that_is_no_library(tmp_path: Path, encoder: FakeEncoder) -> None:
    """A mistyped folder gets an error, not a data folder."""
    with pytest.raises(LibraryError, match="no library"):
        build_index(settings_for(tmp_path), encoder=encoder)
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path, encoder: FakeEncoder) -> None:
    """The message names the folder and how to choose another."""
    root = write_library(tmp_path / "library", LIBRARY)
    (tmp_path / "data").write_text("x")
    with pytest.raises(IndexWriteError, match="cannot be written") as caught:
        _index(root, encoder, data=tmp_path / "data")
    assert "CASEBOOK_DATA" in caught.value.hint


def test_removed_text_leaves_the_cache(tmp_path: Path, encoder: FakeEncoder) -> None:
    """After the next run nothing of a removed item lies in the data folder but in the generation before."""
    root = write_library(tmp_path, _with_hidden({"status": "draft"}))
    _index(root, encoder)
    assert HIDDEN_WORD.encode() in (root / ".casebook" / CACHE).read_bytes()
    (root / "cases" / "zz-hidden.md").unlink()
    _index(root, encoder)
    assert HIDDEN_WORD.encode() not in (root / ".casebook" / CACHE).read_bytes()
    _index(root, encoder, full=True)
    assert not any(HIDDEN_WORD.encode() in content for content in _files(root).values())


def test_what_a_killed_run_left_in_the_cache_goes_with_the_next_one(tmp_path: Path, encoder: FakeEncoder) -> None:
    """A text that was cached and never published is forgotten even if the next run has nothing to write."""
    root = write_library(tmp_path, LIBRARY)
    _index(root, encoder)
    with BuildCache.open(root / ".casebook" / CACHE) as cache:
        cache.store_files({b"key": HIDDEN_WORD.encode() * 100})
    assert _index(root, encoder).unchanged
    assert HIDDEN_WORD.encode() not in (root / ".casebook" / CACHE).read_bytes()


def test_a_damaged_cache_is_told_and_full_starts_over(tmp_path: Path, encoder: FakeEncoder) -> None:
    """A cache with broken pages gets a message that names the way out, and that way works."""
    root = write_library(tmp_path, LIBRARY)
    _index(root, encoder)
    path = root / ".casebook" / CACHE
    content = path.read_bytes()
    path.write_bytes(content[:8_192] + b"\x55" * (len(content) - 8_192))
    with pytest.raises(IndexWriteError, match="cache is damaged") as caught:
        _index(root, encoder)
    assert "casebook index --full" in caught.value.hint
    assert not _index(root, encoder, full=True).unchanged
    assert _index(root, encoder).unchanged


@pytest.mark.parametrize("left", [b"", b"half"])
def test_half_a_key_is_made_again(tmp_path: Path, encoder: FakeEncoder, left: bytes) -> None:
    """Stub names hang on a secret; what a full disk left of it is no secret."""
    root = write_library(tmp_path, LIBRARY)
    key = root / ".casebook" / "stub.key"
    key.parent.mkdir()
    key.write_bytes(left)
    _index(root, encoder)
    assert len(key.read_bytes()) == 32
    assert key.stat().st_mode & 0o077 == 0


def test_a_file_that_changes_while_it_is_indexed_counts_as_stale(
    tmp_path: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index records files as they were before they were read, so a later change shows."""
    root = write_library(tmp_path, LIBRARY)

    def content_after_an_edit(*args: object) -> object:
        write_library(root, {"cases/a.md": case_text(title="Edited"), "cases/new.md": case_text(title="Added")})
        return catalogue_content(*args)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(build, "catalogue_content", content_after_an_edit)
    _index(root, encoder)
    catalogue = Catalogue.open(_generation(root) / CATALOGUE)
    sources = {source.path: source for source in catalogue.sources()}
    catalogue.close()
    assert sources["cases/a.md"].modified_ns < (root / "cases" / "a.md").stat().st_mtime_ns
    assert "cases/new.md" not in sources


class _Watching:
    """Progress that keeps what it is told."""

    def __init__(self) -> None:
        self.phases: dict[str, int] = {}
        self.steps: dict[str, int] = {}
        self._phase = ""

    def start(self, phase: str, total: int) -> None:
        self._phase = phase
        self.phases[phase] = total
        self.steps[phase] = 0

    def advance(self, steps: int) -> None:
        self.steps[self._phase] += steps

    def notify(self, message: str) -> None:
        raise AssertionError(message)


def test_progress_ends_where_it_said(tmp_path: Path, encoder: FakeEncoder) -> None:
    """Each phase advances by as many steps as it announced."""
    root = write_library(tmp_path, LIBRARY)
    watching = _Watching()
    report = build_index(settings_for(root), encoder=encoder, progress=watching)
    assert watching.phases == {"reading": 6, "embedding": report.embedded, "writing": 1}
    assert watching.steps == watching.phases


def _break(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink()
        path.write_bytes(b"broken")


def test_full_repairs_a_damaged_model(tmp_path: Path) -> None:
    """The message for a damaged model says `--full`, and that places the model anew."""
    root = write_library(tmp_path, LIBRARY)
    settings = settings_for(root)
    build_index(settings)
    _break([encoder_folder(DEFAULT_MODEL, settings.data_folder) / "tokenizer.json"])
    with pytest.raises(EncoderError) as caught:
        build_index(settings)
    assert "casebook index --full" in caught.value.hint
    assert build_index(settings, full=True).embedded > 0
    assert build_index(settings).unchanged
