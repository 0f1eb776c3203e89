"""A collection is measured, kept without its texts, and compared with the best run that was kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.history import best_earlier
from bench.judged import ALL, BEIR, REAL, SAMPLE, Collection, groups_of, open_collection, read_collection
from bench.measuring import FUSED, Measured, measure_collection
from bench.quality import as_data, as_text, compare_together, together_as_data, together_as_text
from bench.refusing import MADE, MADE_BARE, Refusal, Refusing
from search.engine import LocalEngine
from search.evaluation.judgements import JudgedChallenge
from search.ranking.fusion import ARM_WEIGHTS
from search.understanding.challenge import understand
from tests.conftest import FakeEncoder, case_text, index_library, write_library

PROBLEMS = [
    "central purchasing demands lower prices",
    "executive sponsor left the customer",
    "consignment stock fills the warehouse",
    "late delivery stopped the line",
    "bundling of suppliers on a short list",
    "energy clause is missing in the contract",
    "scorecard without agreed measures",
    "divisions quarrel about the account",
    "packaging weighs too much",
    "tender in five regions",
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    files: dict[str, str | bytes] = {
        f"cases/case-{n}.md": case_text(title=f"Case {n}", challenge=f"{text} of ours.")
        for n, text in enumerate(PROBLEMS)
    }
    opened = index_library(write_library(tmp_path_factory.mktemp("measuring"), files))
    yield opened
    opened.close()


def _collection(*, wrong: int = 0) -> Collection:
    """Return one challenge a case, and two without an answer; the first `wrong` ones are judged otherwise."""
    challenges = [
        JudgedChallenge(
            f"q{n}",
            text,
            f"queries.jsonl:{n}",
            "short" if n % 2 else "long",
            "en",
            {f"case-{(n + 5) % 10 if n < wrong else n}": 3, f"case-{(n + 1) % 10}": 1},
        )
        for n, text in enumerate(PROBLEMS)
    ]
    challenges += [JudgedChallenge(f"n{n}", text, "", "none", "de") for n, text in enumerate(("zebra", "xylophone"))]
    return Collection(REAL, Path("measured"), tuple(challenges), 2)


def _measure(engine: LocalEngine, collection: Collection, tmp_path: Path) -> Measured:
    return measure_collection(engine, collection, kept=tmp_path / "kept.jsonl")


def _keep(measured: Measured, tmp_path: Path, **changed: object) -> None:
    line = {"date": "2026-01-01", "commit": "abc", **as_data(measured), **changed}
    with (tmp_path / "kept.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line) + "\n")


def test_every_arm_and_group_is_measured(engine: LocalEngine, tmp_path: Path) -> None:
    """Each arm alone and all of them, over all challenges with an answer and over those of each kind."""
    measured = _measure(engine, _collection(), tmp_path)
    assert list(measured.arms) == [*ARM_WEIGHTS, FUSED]
    assert {group: e["nDCG@5"].count for group, e in measured.arms[FUSED].items()} == {"all": 10, "long": 5, "short": 5}
    assert measured.arms[FUSED]["all"]["success@3"].mean == 1.0
    assert measured.earlier is None
    text = as_text(measured)
    assert "10 challenges with an answer, 2 without one" in text
    assert "no earlier run" in text


def test_what_is_kept_holds_no_text(engine: LocalEngine, tmp_path: Path) -> None:
    """Per-query values are kept by id; no word of a challenge is."""
    kept = json.dumps(as_data(_measure(engine, _collection(), tmp_path)))
    assert set(json.loads(kept)["queries"]) == {f"q{n}" for n in range(10)}
    assert not any(text in kept for text in (*PROBLEMS, "zebra"))


def test_the_best_run_kept_is_compared_with(engine: LocalEngine, tmp_path: Path) -> None:
    """Of several runs the one with the best main measure is the one to beat, query by query."""
    measured = _measure(engine, _collection(), tmp_path)
    lower = {id_: {**values, "nDCG@5": values["nDCG@5"] / 2} for id_, values in measured.values.items()}
    _keep(measured, tmp_path, commit="low", queries=lower)
    _keep(measured, tmp_path, commit="best")
    _keep(measured, tmp_path, commit="later")
    again = _measure(engine, _collection(), tmp_path)
    assert again.earlier is not None
    assert again.earlier.commit == "best"
    assert again.compare()["nDCG@5"].mean == 0.0
    assert again.compare()["nDCG@5"].p == 1.0
    assert "against the best run kept (best, 2026-01-01)" in as_text(again)


def test_a_gain_on_the_earlier_run_is_told(engine: LocalEngine, tmp_path: Path) -> None:
    """The difference is that of the means, positive where the present ranking is better."""
    measured = _measure(engine, _collection(), tmp_path)
    lower = {id_: {**values, "nDCG@5": values["nDCG@5"] - 0.25} for id_, values in measured.values.items()}
    _keep(measured, tmp_path, queries=lower)
    difference = _measure(engine, _collection(), tmp_path).compare()["nDCG@5"]
    assert difference.mean == pytest.approx(0.25, abs=1e-5)
    assert difference.p < 0.05


@pytest.mark.parametrize(
    "changed",
    [{"model": "other"}, {"collection": "other"}, {"judgements": "other"}, {"queries": {}}, {"layout": "sample"}],
)
def test_runs_that_cannot_be_compared(changed: dict[str, object], engine: LocalEngine, tmp_path: Path) -> None:
    """Another model, collection or judgement, or a run without per-query values, is no run to compare with."""
    measured = _measure(engine, _collection(), tmp_path)
    _keep(measured, tmp_path, **changed)
    assert best_earlier(tmp_path / "kept.jsonl", measured.collection, measured.manifest.model) is None


def test_fingerprint_follows_judgements() -> None:
    """One changed grade makes figures incomparable; the order of challenges does not."""
    collection = _collection()
    turned = replace(collection, challenges=collection.challenges[::-1])
    assert turned.fingerprint == collection.fingerprint
    assert _collection(wrong=1).fingerprint != collection.fingerprint


def test_collections_together(engine: LocalEngine, tmp_path: Path) -> None:
    """Over several collections one set of weights is validated, and differences count where there are some."""
    measured = _measure(engine, _collection(), tmp_path)
    assert "have an earlier run" not in together_as_text([measured, measured])
    _keep(measured, tmp_path)
    again = _measure(engine, _collection(), tmp_path)
    text = together_as_text([again, _measure(engine, _collection(wrong=2), tmp_path)])
    assert "1 of 2 have an earlier run to compare with" in text
    assert "nDCG, each collection weighs the same" in text
    data = together_as_data([again, again])
    assert data["differences"] == {name: d.as_data() for name, d in compare_together([again, again]).items()}
    assert data["collections"] == ["measured", "measured"]


def test_refusals_at_sizes_that_the_library_has(engine: LocalEngine) -> None:
    """Sizes are measured up to the library's own; strange words are told apart from the right case's."""
    found = _refusing(engine).measure_sizes((4, 70))
    assert [entry.size for entry in found] == [4, 10]
    for entry in found:
        without = _of_kind(entry.unanswerable, ALL)
        assert without.area is not None
        assert (without.area.mean, without.refused.mean, without.strong.mean) == (1.0, 1.0, 0.0)
        assert _of_kind(entry.answerable, ALL).refused.mean == 0.0


def test_verdicts_are_counted_for_each_kind(engine: LocalEngine) -> None:
    """Every kind of challenge with an answer has figures of its own, and all of them together."""
    found = _refusing(engine).measure(10).answerable
    assert [entry.kind for entry in found] == [ALL, "long", "short"]
    assert found[0].refused.count == sum(entry.refused.count for entry in found[1:])


def test_without_its_right_case_a_challenge_is_refused(engine: LocalEngine) -> None:
    """Taking the right case away makes an unanswerable challenge, which is further from what is left."""
    refusals = _refusing(engine).measure(10)
    assert _of_kind(refusals.unanswerable, MADE).refused.mean > 0.5
    bare = _of_kind(refusals.unanswerable, MADE_BARE)
    assert bare.area is not None
    assert bare.area.mean == 1.0


def test_refusals_without_unanswerable_challenges(engine: LocalEngine) -> None:
    """A collection that has none still has made ones; what cannot be measured is left out."""
    collection = replace(_collection(), challenges=_collection().challenges[:10])
    refusals = _refusing(engine, collection).measure(10)
    assert [entry.kind for entry in refusals.unanswerable] == [MADE, MADE_BARE]


def _of_kind(refusals: Sequence[Refusal], kind: str) -> Refusal:
    return next(entry for entry in refusals if entry.kind == kind)


def _refusing(engine: LocalEngine, collection: Collection | None = None) -> Refusing:
    collection = collection or _collection()
    rows = {record.id: record.row for record in engine.records()}
    challenges = {entry.id: understand(entry.text, engine.encoder) for entry in collection.challenges}
    return Refusing(engine, collection, rows, challenges)


def test_groups_where_there_are_several() -> None:
    """A single kind or language makes no group of its own."""
    challenges = _collection().answerable
    assert list(groups_of(challenges)) == ["all", "long", "short"]
    assert list(groups_of(challenges[::2])) == ["all"]


def test_ids_are_those_of_the_import(tmp_path: Path) -> None:
    """Judged ids become what the import makes of them, but those of the sample library stay as they are."""
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "Price"}\n', encoding="utf-8")
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\tCase_A\t1\n", encoding="utf-8")
    assert read_collection(BEIR, tmp_path).challenges[0].grades == {"case-a": 1}
    assert read_collection(SAMPLE, tmp_path).challenges[0].grades == {"Case_A": 1}


def test_a_collection_is_imported_and_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows become cases that a search finds; a judged id without a row is named."""
    encoder = FakeEncoder()
    monkeypatch.setattr("indexer.build.prepare_encoder", lambda *_: encoder)
    monkeypatch.setattr("search.engine.open_encoder", lambda *_, **__: encoder)
    source = tmp_path / "source"
    source.mkdir()
    (source / "corpus.jsonl").write_text('{"_id": "A1", "title": "Prices", "text": "Lower."}\n', encoding="utf-8")
    (source / "queries.jsonl").write_text('{"_id": "q", "text": "Prices"}\n', encoding="utf-8")
    (source / "qrels.tsv").write_text("q\ta1\t1\nq\tgone\t1\n", encoding="utf-8")
    with open_collection(read_collection(BEIR, source), tmp_path / "work", None) as engine:
        assert [record.id for record in engine.records()] == ["a1"]
    assert "1 judged cases are not in the library: gone" in capsys.readouterr().err
