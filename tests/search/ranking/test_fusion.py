"""search.ranking.fusion: every arm over every candidate, and numbers that add up."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engine import LocalEngine
from search.ranking.arms import LATE
from search.ranking.fusion import ARM_WEIGHTS, DEPTH, LATE_DEPTH, RankedItem, normalise, rank
from search.understanding.challenge import understand
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


WORDS = ("tender", "sponsor", "carbon", "rebate", "plant", "price", "scorecard", "stock", "claims", "energy")
BEYOND = 340  # cases: some are neither among the nearest nor among those with the best words
DEEP = "the sponsor wants a rebate on stock and energy"


@pytest.fixture(scope="module")
def deep_engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    """An engine over more cases than the costly arm looks at, and fewer than an arm proposes."""
    chance = random.Random(3)
    sentences = [f"The {' '.join(chance.choices(WORDS, k=4))} of customer {n}." for n in range(LATE_DEPTH + 30)]
    files = {f"cases/c{n:02}.md": case_text(title=f"Case {n}", challenge=text) for n, text in enumerate(sentences)}
    return index_library(write_library(tmp_path_factory.mktemp("deep"), files))


@pytest.fixture(scope="module")
def wide_engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    """An engine over more cases than the arms propose together."""
    chance = random.Random(5)
    sentences = [f"The {' '.join(chance.choices(WORDS, k=3))} of customer {n}." for n in range(BEYOND)]
    files = {f"cases/c{n:03}.md": case_text(title=f"Case {n}", challenge=text) for n, text in enumerate(sentences)}
    return index_library(write_library(tmp_path_factory.mktemp("wide"), files))


def _rank(engine: LocalEngine, text: str, limit: int = 10) -> list[RankedItem]:
    rows = [record.row for record in engine.records()]
    return rank(engine, understand(text, engine.encoder), rows, limit=limit)


def _sum_of_parts(item: RankedItem) -> float:
    """Return what the arms add, each part rounded as it is told."""
    return sum(round(arm.weight * arm.normalised, 6) for arm in item.arms.values())


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
    """What --explain shows adds up: score = sum of weight x normalised, each rounded; used weights to one."""
    challenge = understand("executive sponsor left", engine.encoder)
    for item in rank(engine, challenge, [record.row for record in engine.records()], limit=10):
        assert set(item.arms) == set(ARM_WEIGHTS)
        total = sum(round(arm.weight * arm.normalised, 6) for arm in item.arms.values())
        assert item.score == pytest.approx(total, abs=1e-9)
        assert sum(arm.weight for arm in item.arms.values()) == pytest.approx(1)


def test_an_arm_without_evidence_weighs_nothing(engine: LocalEngine) -> None:
    """If no item holds a word of the challenge, the words arm has no share and the others have all of it."""
    challenge = understand("Zwetschgenmus quillt", engine.encoder)
    ranked = rank(engine, challenge, [record.row for record in engine.records()], limit=10)
    assert all(item.arms["words"].weight == 0 for item in ranked)
    assert sum(arm.weight for arm in ranked[0].arms.values()) == pytest.approx(1)


# The costly arm: what the model says of each word piece, over the best of the others.


def test_the_costly_arm_looks_at_the_best_of_the_others(deep_engine: LocalEngine) -> None:
    """It scores the first sixty by the other arms and none beyond."""
    others = {name: weight for name, weight in ARM_WEIGHTS.items() if name != LATE}
    challenge = understand(DEEP, deep_engine.encoder)
    rows = [record.row for record in deep_engine.records()]
    without = rank(deep_engine, challenge, rows, limit=len(rows), weights=others)
    assert all(LATE not in item.arms for item in without)
    ranked = rank(deep_engine, challenge, rows, limit=len(rows))
    assert {item.row for item in ranked if item.arms[LATE].raw} == {item.row for item in without[:LATE_DEPTH]}
    assert len(ranked) == len(rows) > LATE_DEPTH
    assert [item.row for item in ranked] != [item.row for item in without], "so the arm makes a difference"


@pytest.mark.parametrize("limit", [1, 5, 20, LATE_DEPTH, LATE_DEPTH + 1, LATE_DEPTH + 29])
def test_a_longer_answer_begins_like_a_shorter_one(deep_engine: LocalEngine, limit: int) -> None:
    """Places and scores of the first cases are the same, however many are asked for."""
    everything = _rank(deep_engine, DEEP, limit=LATE_DEPTH + 30)
    assert _rank(deep_engine, DEEP, limit=limit) == everything[:limit]


def test_scores_stand_in_the_order_of_the_answer(deep_engine: LocalEngine) -> None:
    """The score orders the answer to its end, also where the costly arm has not looked."""
    scores = [item.score for item in _rank(deep_engine, DEEP, limit=LATE_DEPTH + 30)]
    assert scores == sorted(scores, reverse=True)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), st.integers(1, BEYOND + 5), st.integers(1, BEYOND + 5))
def test_any_two_answers_begin_alike(wide_engine: LocalEngine, words: list[str], one: int, other: int) -> None:
    """Whatever is asked and however much of it: ids, scores, arms and passages of the first cases are the same."""
    text = " ".join(words)
    short, long = (_rank(wide_engine, text, limit=limit) for limit in sorted((one, other)))
    assert len(long) == min(max(one, other), BEYOND)
    assert long[: len(short)] == short


def test_what_no_arm_proposed_comes_below_in_a_fixed_order(wide_engine: LocalEngine) -> None:
    """An answer can hold every case: in order of score, numbers add up, the closest of the others first."""
    ranked = _rank(wide_engine, "sponsor rebate", limit=BEYOND)
    assert sorted(item.row for item in ranked) == [record.row for record in wide_engine.records()]
    scores = [item.score for item in ranked]
    assert scores == sorted(scores, reverse=True)
    for item in ranked:
        assert item.score == pytest.approx(_sum_of_parts(item), abs=1e-9)
        assert item.passages
        assert item.arms["passages"].raw == pytest.approx(item.passages[0].cosine, abs=1e-5)
    challenge = understand("sponsor rebate", wide_engine.encoder)
    rows = [record.row for record in wide_engine.records()]
    among = wide_engine.near_items(challenge.vectors, rows, limit=DEPTH)
    among |= set(wide_engine.word_scores(challenge.term_weights, rows, limit=DEPTH))
    assert DEPTH < len(among) < BEYOND
    assert {item.row for item in ranked[: len(among)]} == among


def test_shares_add_up_as_they_are_told(wide_engine: LocalEngine) -> None:
    """Whichever arm has no evidence, the rounded shares of the others are one."""
    for left_out in ARM_WEIGHTS:
        weights = {name: weight for name, weight in ARM_WEIGHTS.items() if name != left_out}
        challenge = understand("sponsor rebate", wide_engine.encoder)
        (item,) = rank(wide_engine, challenge, [r.row for r in wide_engine.records()], limit=1, weights=weights)
        assert round(sum(arm.weight for arm in item.arms.values()), 9) == 1


def test_a_hidden_case_does_not_change_what_the_costly_arm_says(tmp_path: Path) -> None:
    """What every reader's scores are made from holds nothing of a case that not all may see."""
    hidden = case_text(title="Hidden", challenge="A sponsor, an executive sponsor!", classification="restricted")
    ranked = []
    for name, files in (
        ("with", {**CASES, "cases/zz.md": hidden.replace("created", "owner: x\ncreated")}),
        ("without", CASES),
    ):
        engine = index_library(write_library(tmp_path / name, files))
        rows = [record.row for record in engine.records() if record.id != "zz"]
        ranked.append(rank(engine, understand("executive sponsor left", engine.encoder), rows, limit=10))
        assert len(engine.records()) == len(files)
        engine.close()
    assert ranked[0] == ranked[1]
    assert any(item.arms[LATE].raw for item in ranked[0])


def test_a_model_without_token_vectors_leaves_the_others_their_shares(tmp_path: Path) -> None:
    """The costly arm has no share, the others' add up to one, in the proportions that they have."""
    encoder = FakeEncoder(space="")
    engine = index_library(write_library(tmp_path, CASES), encoder)
    for item in _rank(engine, "executive sponsor left"):
        shares = {name: arm.weight for name, arm in item.arms.items()}
        assert shares.pop(LATE) == 0
        assert sum(shares.values()) == pytest.approx(1)
        assert shares == pytest.approx(
            {name: weight / (1 - ARM_WEIGHTS[LATE]) for name, weight in ARM_WEIGHTS.items() if name != LATE}
        )
        assert item.score == pytest.approx(_sum_of_parts(item), abs=1e-9)
    engine.close()


def test_a_challenge_without_pieces_is_ranked_by_the_others(engine: LocalEngine) -> None:
    """Where the model has no word piece of a challenge, the costly arm says nothing and nothing fails."""
    challenge = replace(understand("executive sponsor left", engine.encoder), tokens=())
    ranked = rank(engine, challenge, [record.row for record in engine.records()], limit=10)
    assert len(ranked) == len(CASES)
    assert {item.arms[LATE].weight for item in ranked} == {0.0}


def test_what_has_no_token_vectors_counts_as_average(tmp_path: Path) -> None:
    """Among cases, an item of another type has no part of the costly arm: neither better nor worse."""
    note = (
        "---\ntitle: Sponsors\nsummary: S.\nstatus: approved\nclassification: public\nlast_verified: 2026-01-01\n"
        "industries: [C]\nnote_kind: trend\nsources: [x]\n---\n\n## Rules\n\nAn executive sponsor left.\n"
    )
    engine = index_library(write_library(tmp_path, {**CASES, "kb/industries/note.md": note}))
    ids = {record.row: record.id for record in engine.records()}
    parts = {ids[item.row]: item.arms[LATE] for item in _rank(engine, "executive sponsor left")}
    assert (parts["note"].raw, parts["note"].normalised) == (0.0, 0.0)
    assert parts["sponsor"].normalised == max(part.normalised for part in parts.values()) > 0
    engine.close()


def test_the_weights_of_all_arms_add_up_to_one() -> None:
    """A convex combination: what an arm gains another one loses."""
    assert sum(ARM_WEIGHTS.values()) == pytest.approx(1)


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
    result = normalise(scores)
    if not result:
        assert max(scores.values()) - min(scores.values()) < 1e-6
        return
    assert sum(result.values()) == pytest.approx(0, abs=1e-3)
    assert sum(value**2 for value in result.values()) / len(result) == pytest.approx(1, abs=1e-2)
    by_score = [result[row] for row in sorted(scores, key=lambda row: scores[row])]
    assert by_score == sorted(by_score)
