"""search.ranking: every arm over every candidate, and numbers that add up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.challenge import understand
from search.engine import LocalEngine
from search.ranking import ARM_WEIGHTS, normalise, rank
from tests.conftest import FakeEncoder, case_text, index_library, write_library

CASES = {
    "cases/tender.md": case_text(title="Tender", challenge="Central purchasing runs an e-auction for the framework."),
    "cases/sponsor.md": case_text(title="Sponsor", challenge="Our executive sponsor left the company."),
    "cases/carbon.md": case_text(title="Carbon", challenge="The brewer wants less packaging carbon."),
    "cases/mention.md": case_text(
        title="Uptime", challenge="The line stops every week.", solution="An executive sponsor on both sides."
    ),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    return index_library(write_library(tmp_path_factory.mktemp("ranking"), CASES))


def _ids(engine: LocalEngine, text: str, rows: list[int] | None = None, limit: int = 10) -> list[str]:
    ids = {record.row: record.id for record in engine.records()}
    ranked = rank(engine, understand(text, engine.encoder), rows if rows is not None else list(ids), limit=limit)
    return [ids[item.row] for item in ranked]


def test_the_case_with_that_problem_comes_first(engine: LocalEngine) -> None:
    """A case whose problem is the challenge beats one that only mentions the words in its solution."""
    assert _ids(engine, "executive sponsor left")[0] == "sponsor"
    assert _ids(engine, "less packaging carbon")[0] == "carbon"


def test_every_eligible_item_is_ranked_once(engine: LocalEngine) -> None:
    """Among few items all are answered, whether or not they share a word with the challenge."""
    assert sorted(_ids(engine, "executive sponsor left")) == ["carbon", "mention", "sponsor", "tender"]


def test_only_eligible_items_are_ranked(engine: LocalEngine) -> None:
    """Filtering keeps exactly the eligible items; the best one outside of them never comes back."""
    rows = [record.row for record in engine.records() if record.id != "sponsor"]
    assert sorted(_ids(engine, "executive sponsor left", rows)) == ["carbon", "mention", "tender"]
    assert _ids(engine, "executive sponsor left", []) == []


def test_score_is_the_sum_of_its_arms(engine: LocalEngine) -> None:
    """What --explain shows adds up: score = sum of weight x normalised, and the weights of used arms to one."""
    challenge = understand("executive sponsor left", engine.encoder)
    for item in rank(engine, challenge, [record.row for record in engine.records()], limit=10):
        assert set(item.arms) == set(ARM_WEIGHTS)
        total = sum(arm.weight * arm.normalised for arm in item.arms.values())
        assert item.score == pytest.approx(total, abs=1e-6)
        assert sum(arm.weight for arm in item.arms.values()) == pytest.approx(1)


def test_an_arm_without_evidence_weighs_nothing(engine: LocalEngine) -> None:
    """If no item holds a word of the challenge, the words arm has no share and the others have all of it."""
    challenge = understand("Zwetschgenmus quillt", engine.encoder)
    ranked = rank(engine, challenge, [record.row for record in engine.records()], limit=10)
    assert all(item.arms["words"].weight == 0 for item in ranked)
    assert sum(arm.weight for arm in ranked[0].arms.values()) == pytest.approx(1)


def test_passages_come_best_first(engine: LocalEngine) -> None:
    """The matched passages of an item are in order of their cosine, and the first is the arm's raw score."""
    challenge = understand("executive sponsor left", engine.encoder)
    best = rank(engine, challenge, [record.row for record in engine.records()], limit=1)[0]
    cosines = [match.cosine for match in best.passages]
    assert cosines == sorted(cosines, reverse=True)
    assert cosines[0] == pytest.approx(best.arms["passages"].raw, abs=1e-5)


def test_closed_items_are_ranked_like_open_ones(tmp_path: Path) -> None:
    """Who may see a confidential case gets the same score for it as if it were open."""
    encoder = FakeEncoder()
    scores = []
    for name, more in (("open", {}), ("closed", {"classification": "restricted", "more": "access_groups: [red]\n"})):
        files = {**CASES, "cases/sponsor.md": case_text(title="Sponsor", challenge="Our sponsor left us.", **more)}
        engine = index_library(write_library(tmp_path / name, files), encoder)
        rows = [record.row for record in engine.records()]
        ranked = rank(engine, understand("the sponsor left", encoder), rows, limit=1)
        scores.append(ranked[0].arms["passages"].raw)
        assert ranked[0].arms["words"].raw > 0
        engine.close()
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)


@given(st.dictionaries(st.integers(0, 50), st.floats(-100, 100), min_size=2, max_size=20))
def test_normalised_scores_have_mean_zero_and_deviation_one(scores: dict[int, float]) -> None:
    """A z-score keeps the order and puts every arm on one scale; alike scores say nothing."""
    result = normalise(scores, 0.5)
    if not result:
        assert max(scores.values()) - min(scores.values()) < 1e-6
        return
    assert sum(result.values()) == pytest.approx(0, abs=1e-3)
    assert sum(value**2 for value in result.values()) / len(result) == pytest.approx(1, abs=1e-2)
    by_score = [result[row] for row in sorted(scores, key=lambda row: scores[row])]
    assert by_score == sorted(by_score)
