"""search.ranking.diversity: one practice once, near-copies parted, and scores that still say the order."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library.access import Asker
from search.answering.assembling import SearchOptions, search_cases, similar_cases
from search.answers.answer import Answer
from search.engine import Engine, LocalEngine
from search.ranking import diversity
from search.ranking.diversity import LIKENESS, LIKENESS_WEIGHT, diversify, group_practices
from search.ranking.fusion import DEPTH, REORDERED, RankedItem
from search.rendering.text import Styles, render_answer
from search.view import View
from tests.conftest import case_text, index_library, write_library

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

RED = Asker(groups=frozenset({"red"}))


def _case(title: str, more: str = "", *, language: str = "en", hidden: bool = False) -> str:
    return case_text(
        title=title,
        language=language,
        challenge=f"Purchasing of the brewery asks for a rebate. {title}.",
        more=more + ("access_groups: [red]\n" if hidden else ""),
        classification="restricted" if hidden else "internal",
    )


# By id: a chain of replications, a translation of its middle, a chain with a hidden middle, and one case alone.
CASES = {
    "first": _case("First"),
    "second": _case("Second", "replicates: first\n"),
    "third": _case("Third", "replicates: second\n"),
    "zweiter": _case("Zweiter", "translation_of: second\n", language="de"),
    "alone": _case("Alone"),
    "begin": _case("Begin"),
    "middle": _case("Zebra", "replicates: begin\n", hidden=True),
    "end": _case("End", "replicates: middle\n"),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    files = {f"cases/{name}.md": text for name, text in CASES.items()}
    return index_library(write_library(tmp_path_factory.mktemp("diversity"), files))


def _groups(engine: LocalEngine, ids: Sequence[str], asker: Asker = RED) -> set[frozenset[str]]:
    """Return the groups among some cases, as an asker sees them."""
    rows = {record.id: record.row for record in engine.records()}
    names = {row: name for name, row in rows.items()}
    members: dict[int, set[str]] = {}
    for row, group in group_practices(View(engine, asker), [rows[name] for name in ids]).items():
        members.setdefault(group, set()).add(names[row])
    return {frozenset(group) for group in members.values()}


# Which cases tell of the same practice.


def test_replications_and_translations_are_one_practice(engine: LocalEngine) -> None:
    """A chain of replications with a translation of one of them is one group; who is alone has none."""
    chain = {"first", "second", "third", "zweiter"}
    assert _groups(engine, list(CASES)) == {frozenset(chain), frozenset({"begin", "middle", "end"})}


@pytest.mark.parametrize(
    "ids", [["first", "second"], ["second", "first"], ["zweiter", "second"], ["second", "zweiter"]]
)
def test_a_link_counts_from_both_ends(engine: LocalEngine, ids: list[str]) -> None:
    """Whether the case that says so stands before or after the other makes no difference."""
    assert _groups(engine, ids) == {frozenset(ids)}


def test_no_group_goes_through_a_case_that_is_not_there(engine: LocalEngine) -> None:
    """What was filtered away, or left out, ties nothing together."""
    assert _groups(engine, ["first", "third", "zweiter", "alone"]) == set()
    assert _groups(engine, []) == set()


def test_no_group_goes_through_a_hidden_case(engine: LocalEngine) -> None:
    """Two cases that only a hidden one ties together are two for who does not see it."""
    visible = [name for name in CASES if name != "middle"]
    assert frozenset({"begin", "middle", "end"}) in _groups(engine, list(CASES))
    assert _groups(engine, visible, Asker()) == {frozenset({"first", "second", "third", "zweiter"})}


def test_cases_that_replicate_each_other_are_one_practice(tmp_path: Path) -> None:
    """A circle, which nobody should write, ends the search for a group's name all the same."""
    circle = {"a": "b", "b": "c", "c": "a"}
    files = {f"cases/{name}.md": _case(name, f"replicates: {other}\n") for name, other in circle.items()}
    engine = index_library(write_library(tmp_path, files))
    assert _groups(engine, ["a", "b", "c"]) == {frozenset(circle)}
    engine.close()


def test_other_links_group_nothing(tmp_path: Path) -> None:
    """Related and superseded cases are cases of their own."""
    files = {
        "cases/a.md": _case("A"),
        "cases/b.md": _case("B", "related: [a]\n"),
        "cases/c.md": _case("C", "supersedes: [a]\n"),
    }
    engine = index_library(write_library(tmp_path, files))
    assert _groups(engine, ["a", "b", "c"]) == set()
    engine.close()


# The order: a small space in which every cosine is a plain number.

_DIRECTIONS = np.array(
    [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, 0.6, 0.8], [0.8, 0.6, 0], [0.6, 0.8, 0]], dtype=np.float32
)


class _Space:
    """An engine of which only the vectors are there: one of the directions for each row."""

    def __init__(self, directions: Sequence[int]) -> None:
        self._directions = directions

    def item_vectors(self, rows: Sequence[int]) -> Vectors:
        return _DIRECTIONS[[self._directions[row] for row in rows]]


@dataclass(frozen=True)
class _Ranked:
    """Ranked items with the direction of each, and the groups of some."""

    items: list[RankedItem]
    directions: list[int]
    groups: dict[int, int]

    def diversified(self, depth: int | None = None, *, limit: int | None = None) -> list[RankedItem]:
        engine = cast("Engine", _Space(self.directions))
        return diversify(engine, self.items[:depth], self.groups, limit=len(self.items) if limit is None else limit)


@st.composite
def _rankings(draw: st.DrawFn, most: int = 90, *, groups: bool = True) -> _Ranked:
    """Draw ranked items, best first, with ties, an adjustment that they have already, and copies."""
    size = draw(st.integers(0, most))
    chance = draw(st.randoms(use_true_random=False))
    scores = sorted((chance.randint(-40, 40) / 16 for _ in range(size)), reverse=True)
    items = [RankedItem(row, score, {}, (), {"before": 0.25}) for row, score in enumerate(scores)]
    grouped = {row: chance.randint(0, 5) for row in range(size) if groups and chance.random() < 0.4}
    return _Ranked(items, [chance.randrange(len(_DIRECTIONS)) for _ in range(size)], grouped)


def _naive_order(ranked: _Ranked) -> list[int]:
    """Return maximal marginal relevance as its definition reads."""
    scores = {item.row: item.score for item in ranked.items}
    chosen: list[int] = []

    def gain(row: int) -> float:
        own = _DIRECTIONS[ranked.directions[row]]
        cosines = [float(own @ _DIRECTIONS[ranked.directions[other]]) for other in chosen]
        return scores[row] - LIKENESS_WEIGHT * max([0.0, *cosines])

    while len(chosen) < len(scores):
        waiting = [row for row in scores if row not in chosen]
        chosen.append(max(waiting, key=lambda row: (round(gain(row), 6), -row)))
    return chosen


@given(_rankings(most=20, groups=False))
def test_order_is_that_of_maximal_marginal_relevance(ranked: _Ranked) -> None:
    """Each next case is the one whose score, less its likeness to those before it, is highest."""
    assert [item.row for item in ranked.diversified()] == _naive_order(ranked)


@settings(max_examples=30)
@given(_rankings())
def test_scores_say_the_order(ranked: _Ranked) -> None:
    """From the first to the last no score is higher than the one before, also beyond what is reordered."""
    scores = [item.score for item in ranked.diversified()]
    assert scores == sorted(scores, reverse=True)


@settings(max_examples=30)
@given(_rankings())
def test_likeness_is_a_cost_that_adds_up(ranked: _Ranked) -> None:
    """It is never a gain, never more than its weight, added to what was adjusted before, and never minus nothing."""
    before = {item.row: item.score for item in ranked.items}
    for item in ranked.diversified():
        assert item.adjustments.keys() == {"before", LIKENESS}
        assert item.score == pytest.approx(before[item.row] + item.adjustments[LIKENESS], abs=1e-6)
        assert -LIKENESS_WEIGHT - 1e-6 <= item.adjustments[LIKENESS] <= 0
        assert str(item.adjustments[LIKENESS]) != "-0.0"


@settings(max_examples=30)
@given(_rankings())
def test_every_case_is_shown_once(ranked: _Ranked) -> None:
    """Nobody is lost and nobody shown twice: a case leads, or stands under the one that does."""
    shown = [row for item in ranked.diversified() for row in (item.row, *item.grouped)]
    assert sorted(shown) == [item.row for item in ranked.items]


@settings(max_examples=30)
@given(_rankings())
def test_the_best_of_a_group_leads_the_others_in_their_order(ranked: _Ranked) -> None:
    """Among those that are reordered a group is one entry: its best case, with the others as they were ranked."""
    found = {item.row: item.grouped for item in ranked.diversified()}
    reordered = [item.row for item in ranked.items[:REORDERED]]
    for group in set(ranked.groups.values()):
        members = [row for row in reordered if ranked.groups.get(row) == group]
        if members:
            assert found[members[0]] == tuple(members[1:])
            assert not set(members[1:]) & found.keys()
    assert all(not others for row, others in found.items() if row not in ranked.groups)


@settings(max_examples=30)
@given(_rankings(), st.integers(REORDERED, 90))
def test_what_is_ranked_beyond_changes_nothing_before(ranked: _Ranked, depth: int) -> None:
    """However many are ranked, from sixty on, the answer begins alike: same order, scores and groups."""
    shorter = ranked.diversified(depth)
    assert ranked.diversified()[: len(shorter)] == shorter


@settings(max_examples=30)
@given(_rankings(), st.integers(1, 90))
def test_a_shorter_answer_begins_like_a_longer_one(ranked: _Ranked, limit: int) -> None:
    """However many are shown: same order, scores and groups."""
    assert ranked.diversified(limit=limit) == ranked.diversified()[:limit]


def test_without_weight_the_ranked_order_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Likeness that costs nothing moves nothing."""
    items = [RankedItem(row, 1.0 - row / 8, {}, ()) for row in range(6)]
    ranked = _Ranked(items, [0, 0, 0, 1, 1, 4], {})
    assert [item.row for item in ranked.diversified()] != [0, 1, 2, 3, 4, 5], "so the weight makes a difference"
    monkeypatch.setattr(diversity, "LIKENESS_WEIGHT", 0.0)
    assert [(item.row, item.score) for item in ranked.diversified()] == [(item.row, item.score) for item in items]


def test_opposites_cost_nothing() -> None:
    """A case that is the contrary of one before it is no likeness below nothing: it gains nothing."""
    items = [RankedItem(0, 1.0, {}, ()), RankedItem(1, 0.9, {}, ()), RankedItem(2, 0.9, {}, ())]
    found = _Ranked(items, [0, 1, 3], {}).diversified()
    assert [(item.row, item.adjustments[LIKENESS]) for item in found] == [(0, 0.0), (1, 0.0), (2, 0.0)]


def test_a_copy_gives_way_to_another_case() -> None:
    """Of two copies the second waits until what is nearly as good and different has been shown."""
    items = [RankedItem(0, 1.0, {}, ()), RankedItem(1, 0.9, {}, ()), RankedItem(2, 0.6, {}, ())]
    found = _Ranked(items, [0, 0, 1], {}).diversified()
    assert [(item.row, item.score) for item in found] == [(0, 1.0), (2, 0.6), (1, 0.4)]


def test_nothing_ranked_is_nothing() -> None:
    """An empty ranking stays one."""
    assert _Ranked([], [], {}).diversified() == []


# In an answer.


def _answer(engine: LocalEngine, asker: Asker = RED, limit: int = 10) -> Answer:
    options = SearchOptions(limit=limit)
    return search_cases(engine, "purchasing of a brewery asks for a rebate", asker=asker, options=options)


def _entries(answer: Answer) -> dict[str, dict[str, str]]:
    """Return for each case that is shown what stands under it, and as what."""
    return {case.id: {other.id: other.relation for other in case.grouped} for case in answer.cases}


PAIR = {
    "cases/first.md": _case("First rebate of the brewery"),
    "cases/again.md": _case("Once more", "replicates: first\n"),
    "cases/zuerst.md": case_text(
        title="Zuerst", language="de", challenge="Der Einkauf verlangt Rabatt.", more="translation_of: first\n"
    ),
    "cases/other.md": _case("Other"),
}
SECRET = {"cases/secret.md": _case("Zebra rebate", "replicates: first\n", hidden=True)}


def test_an_answer_shows_a_practice_once(tmp_path: Path) -> None:
    """A replication and a translation stand under the case that fits best, each named for what it is."""
    engine = index_library(write_library(tmp_path, PAIR))
    answer = _answer(engine)
    assert _entries(answer) == {"first": {"again": "replication", "zuerst": "translation"}, "other": {}}
    assert answer.total == len(PAIR), "what stands under another passes the filters, too"
    assert [case.rank for case in answer.cases] == [1, 2]
    other = next(entry for entry in answer.cases[0].grouped if entry.id == "zuerst")
    assert (other.title, other.language, [entry.id for entry in other.industries]) == ("Zuerst", "de", ["10"])
    text = render_answer(answer, Styles())
    assert "Replication: Once more (en)  again" in text
    assert "Translation: Zuerst (de)  zuerst" in text
    engine.close()


def test_the_original_may_stand_under_its_replication(tmp_path: Path) -> None:
    """Where the replication fits better it is shown, and the earlier case is what it replicated."""
    files = {
        "cases/old.md": case_text(title="Old", challenge="The line stops every week."),
        "cases/new.md": _case("New", "replicates: old\n"),
    }
    engine = index_library(write_library(tmp_path, files))
    assert _entries(_answer(engine)) == {"new": {"old": "replicated"}}
    engine.close()


def test_nothing_of_a_hidden_replication_appears(tmp_path: Path) -> None:
    """The answer is the one of a library without it; who may see it finds it under its original."""
    answers = []
    for name, files in (("with", PAIR | SECRET), ("without", PAIR)):
        engine = index_library(write_library(tmp_path / name, files))
        answer = _answer(engine, Asker()).as_dict()
        answers.append({field: value for field, value in answer.items() if field not in ("search_id", "generation")})
        if name == "with":
            group = next({leader, *others} for leader, others in _entries(_answer(engine)).items() if others)
            assert group == {"first", "again", "zuerst", "secret"}
        engine.close()
    assert answers[0] == answers[1]
    assert "Zebra" not in json.dumps(answers[0])


def test_a_hidden_original_does_not_show_in_how_its_translations_are_related(tmp_path: Path) -> None:
    """Two translations of a hidden case, one of which replicates the other, are what they are without it."""
    files = {
        "cases/one.md": _case("One", "translation_of: secret\n"),
        "cases/two.md": _case("Two", "translation_of: secret\nreplicates: one\n", language="de"),
    }
    answers = []
    for name, more in (("with", {"cases/secret.md": _case("Zebra", hidden=True)}), ("without", {})):
        engine = index_library(write_library(tmp_path / name, files | more))
        answers.append(_entries(_answer(engine, Asker())))
        engine.close()
    assert answers[0] == answers[1] != {}


def test_similar_cases_are_grouped_too(engine: LocalEngine) -> None:
    """The cases closest to one of a practice: the others of it, tied together only by what is in the answer."""
    options = SearchOptions(limit=10)
    shown = _entries(similar_cases(engine, "alone", asker=Asker(), options=options))
    chain = next(name for name in shown if name in ("first", "second", "third", "zweiter"))
    assert {chain, *shown[chain]} == {"first", "second", "third", "zweiter"}
    assert shown.keys() - {chain} == {"begin", "end"}
    shown = _entries(similar_cases(engine, "second", asker=Asker(), options=options))
    assert shown == {name: {} for name in shown}
    assert shown.keys() == {"first", "third", "zweiter", "alone", "begin", "end"}


WORDS = ("rebate", "tender", "sponsor", "carbon", "plant", "price", "scorecard", "stock", "claims", "energy")


@pytest.fixture(scope="module")
def deep_engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    """More cases than are reordered, a third of them replications."""
    chance = random.Random(7)
    files = {}
    for n in range(DEPTH):
        more = f"replicates: c{chance.randrange(n):03}\n" if n and chance.random() < 0.3 else ""
        text = f"The {' '.join(chance.choices(WORDS, k=4))} of customer {n}."
        files[f"cases/c{n:03}.md"] = case_text(title=f"Case {n}", challenge=text, more=more)
    return index_library(write_library(tmp_path_factory.mktemp("deep"), files))


@pytest.mark.parametrize("limit", [1, 5, 20, 40, REORDERED - 1, REORDERED, REORDERED + 1, DEPTH - 1])
def test_a_longer_answer_begins_like_a_shorter_one(deep_engine: LocalEngine, limit: int) -> None:
    """Grouping and reordering do not depend on how many are asked for, and a page is full while there are cases."""
    everything = _answer(deep_engine, limit=DEPTH).cases
    assert any(case.grouped for case in everything)
    found = _answer(deep_engine, limit=limit).cases
    assert len(found) == min(limit, len(everything))
    strip = [(case.id, case.score, case.adjustments, case.grouped) for case in found]
    assert strip == [(case.id, case.score, case.adjustments, case.grouped) for case in everything[: len(found)]]


def test_scores_of_an_answer_say_its_order(deep_engine: LocalEngine) -> None:
    """Every case's parts add up, and the sums fall from the first case to the last."""
    cases = _answer(deep_engine, limit=DEPTH).cases
    scores = [case.score for case in cases]
    assert scores == sorted(scores, reverse=True)
    for case in cases:
        parts = sum(arm.weight * arm.normalised for arm in case.arms.values())
        assert parts + sum(case.adjustments.values()) == pytest.approx(case.score, abs=1e-5)
