"""Judged challenges are searched as an asker would, and measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from library.access import Asker
from library.errors import JudgementsError
from search.answering.assembling import SearchOptions, search_cases
from search.engine import LocalEngine
from search.evaluation.judgements import JudgedChallenge, Judgements
from search.evaluation.report import render_evaluation
from search.evaluation.running import ALL, REFUSED, WRONGLY_REFUSED, Evaluation, Threshold, evaluate
from search.ranking.verdict import Verdict
from tests.conftest import case_text, index_library, write_library
from tests.test_layers import ROOT

ANN = Asker(user="ann")
PRICE = "central purchasing demands lower prices"
SPONSOR = "our executive sponsor left the customer"
CASES = {
    "cases/case-price.md": case_text(title="Prices", challenge=f"{PRICE} for the contract."),
    "cases/case-sponsor.md": case_text(title="Sponsor", challenge=f"{SPONSOR} in spring."),
    "cases/case-stock.md": case_text(title="Stock", challenge="Consignment stock fills the warehouse."),
    "cases/case-closed.md": case_text(
        title="Closed", challenge=f"{PRICE} in secret.", classification="restricted", more="owner: ann\n"
    ),
    "cases/case-draft.md": case_text(title="Draft", challenge=f"{SPONSOR} again.", status="draft"),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    opened = index_library(write_library(tmp_path_factory.mktemp("evaluation"), CASES))
    yield opened
    opened.close()


def _challenge(id_: str, text: str, grades: dict[str, int], *, kind: str = "", language: str = "") -> JudgedChallenge:
    places = dict.fromkeys(grades, f"judged.csv:{id_}")
    return JudgedChallenge(id_, text, f"judged.csv:{id_}", kind, language, grades, places)


def _evaluate(engine: LocalEngine, *challenges: JudgedChallenge, asker: Asker | None = None) -> Evaluation:
    return evaluate(engine, Judgements("judged.csv", challenges), asker=asker or Asker())


def _mean(evaluation: Evaluation, name: str, group: str = ALL) -> float:
    return evaluation.groups[group][name].mean


def test_right_cases_in_front_score_one(engine: LocalEngine) -> None:
    """Where the judged case comes first every figure is 1, and of five shown the judged share is judged."""
    evaluation = _evaluate(engine, _challenge("1", PRICE, {"case-price": 3}))
    for name in ("nDCG@5", "nDCG@10", "success@3", "recall@5", "MRR"):
        assert _mean(evaluation, name) == 1.0
    assert _mean(evaluation, "judged@5") == pytest.approx(1 / 3)
    assert evaluation.groups[ALL]["MRR"].count == 1


def test_a_right_case_in_second_place_scores_less(engine: LocalEngine) -> None:
    """The reciprocal rank is that of the first relevant case in the answer that the asker gets."""
    answer = search_cases(engine, PRICE, asker=Asker(), options=SearchOptions(limit=20))
    second = answer.cases[1].id
    evaluation = _evaluate(engine, _challenge("1", PRICE, {second: 2}))
    assert _mean(evaluation, "MRR") == 0.5
    assert _mean(evaluation, "nDCG@5") == pytest.approx(1 / 1.5849625)
    assert evaluation.measured[0].ranking == tuple(case.id for case in answer.cases)
    assert evaluation.measured[0].best_judged() == [(second, 2, 2)]


def test_refusals_count_by_whether_there_is_an_answer(engine: LocalEngine) -> None:
    """A refusal is right where no case is relevant and wrong where one is."""
    apart = "zebra xylophone quartz"
    evaluation = _evaluate(
        engine,
        _challenge("1", apart, {}),
        _challenge("2", f"{PRICE} for the contract", {"case-stock": 1}),
        _challenge("3", apart, {"case-price": 3}),
    )
    verdicts = [entry.verdict for entry in evaluation.measured]
    assert verdicts[0] == verdicts[2] == Verdict.NONE != verdicts[1]
    assert _mean(evaluation, REFUSED) == 0.5
    assert _mean(evaluation, WRONGLY_REFUSED) == 1.0
    assert [entry.challenge.id for entry in evaluation.wrongly_answered(5)] == ["2"]


def test_groups_by_kind_and_language(engine: LocalEngine) -> None:
    """Each kind and language has figures of its own; a challenge without either counts in the whole only."""
    evaluation = _evaluate(
        engine,
        _challenge("1", PRICE, {"case-price": 3}, kind="mail", language="en"),
        _challenge("2", SPONSOR, {"case-stock": 3}, kind="mail", language="de"),
        _challenge("3", SPONSOR, {"case-sponsor": 3}),
    )
    counts = {group: estimates["MRR"].count for group, estimates in evaluation.groups.items()}
    assert counts == {ALL: 3, "kind mail": 2, "language en": 1, "language de": 1}
    assert _mean(evaluation, "MRR", "language en") == 1.0


def test_worst_challenges_come_first(engine: LocalEngine) -> None:
    """The challenge whose right case stood lowest heads the list."""
    good, bad = _challenge("1", PRICE, {"case-price": 3}), _challenge("2", SPONSOR, {"case-stock": 3})
    evaluation = _evaluate(engine, good, bad)
    assert [entry.challenge.id for entry in evaluation.worst(2)] == ["2", "1"]
    assert [entry.challenge.id for entry in evaluation.worst(1)] == ["2"]


def test_what_the_asker_cannot_find_counts_as_unjudged(engine: LocalEngine) -> None:
    """A hidden case, a draft and an invented id are told alike and change no figure."""
    alone = _challenge("1", PRICE, {"case-price": 3})
    more = replace(
        alone,
        grades={"case-price": 3, "case-closed": 3, "case-draft": 2, "case-nowhere": 3},
        places={"case-closed": "judged.csv:3", "case-draft": "judged.csv:4", "case-nowhere": "judged.csv:5"},
    )
    one, other = _evaluate(engine, alone), _evaluate(engine, more)
    assert one.groups == other.groups
    assert dict(other.not_found) == {
        "case-closed": "judged.csv:3",
        "case-draft": "judged.csv:4",
        "case-nowhere": "judged.csv:5",
    }
    assert one.cases == 3


def test_an_owner_is_measured_on_what_he_finds(engine: LocalEngine) -> None:
    """The same file gives other figures to who may see more."""
    judged = _challenge("1", f"{PRICE} in secret", {"case-closed": 3})
    evaluation = _evaluate(engine, judged, asker=ANN)
    assert _mean(evaluation, "MRR") == 1.0
    assert not evaluation.not_found
    with pytest.raises(JudgementsError, match="No challenge of judged"):
        _evaluate(engine, judged)


def test_a_challenge_whose_right_cases_cannot_be_found_is_left_out(engine: LocalEngine) -> None:
    """It is no challenge without an answer either: refusing it would be neither right nor wrong."""
    hidden = _challenge("2", PRICE, {"case-closed": 3, "case-stock": 1})
    evaluation = _evaluate(engine, _challenge("1", PRICE, {"case-price": 3}), hidden)
    assert evaluation.unmeasured == 1
    assert [entry.challenge.id for entry in evaluation.measured] == ["1"]


def test_a_text_that_cannot_be_searched_with_is_named(engine: LocalEngine) -> None:
    """A challenge without words ends the run with its place, and without its text."""
    with pytest.raises(JudgementsError, match=r"judged\.csv:7: The challenge has no words") as raised:
        _evaluate(engine, _challenge("7", "12345 !?", {}))
    assert "12345" not in str(raised.value)


def test_at_least_ten_cases_are_looked_at(engine: LocalEngine) -> None:
    """A limit below ten would make nDCG@10 another measure."""
    judgements = Judgements("judged.csv", (_challenge("1", PRICE, {"case-stock": 3}),))
    few = evaluate(engine, judgements, asker=Asker(), options=SearchOptions(limit=1))
    assert few.groups == evaluate(engine, judgements, asker=Asker()).groups
    assert few.depth == 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [("nDCG@5=0.4", ("nDCG@5", 0.4)), (" ndcg@10 = 1 ", ("nDCG@10", 1.0)), ("Answered=0", ("answered", 0.0))],
)
def test_threshold_from_text(text: str, expected: tuple[str, float]) -> None:
    """A metric is known in any case of letters."""
    threshold = Threshold.from_text(text)
    assert (threshold.name, threshold.least) == expected


@pytest.mark.parametrize(
    "text", ["nDCG@5", "nDCG@5=", "nDCG@5=1.1", "nDCG@5=-0.1", "nDCG@5=nan", "nDCG@7=0.4", "=0.4", ""]
)
def test_threshold_that_is_none(text: str) -> None:
    """An unknown metric or a value outside 0 to 1 is refused: it could never, or always, be reached."""
    with pytest.raises(ValueError, match=r"names no metric|no value between"):
        Threshold.from_text(text)


def test_shortfalls_name_what_was_missed(engine: LocalEngine) -> None:
    """Only figures below their threshold are named; reaching it exactly is enough; what was not measured is missed."""
    evaluation = _evaluate(
        engine, _challenge("1", PRICE, {"case-price": 3}), _challenge("2", "zebra xylophone quartz", {"case-price": 3})
    )
    assert evaluation.groups[ALL][WRONGLY_REFUSED].mean == 0.5
    assert not evaluation.shortfalls([Threshold("answered", 0.5), Threshold("judged@5", 0.1)])
    missed = evaluation.shortfalls([Threshold("answered", 0.6), Threshold("refused", 0.0), Threshold("judged@5", 0.9)])
    assert missed[0] == "answered is 0.5000, below 0.6."
    assert missed[1].startswith("refused was not measured")
    assert missed[2].startswith("judged@5 is 0.3333")


def test_text_and_json_tell_what_ranked_where(engine: LocalEngine) -> None:
    """Both forms show the first cases with their grades, where the best judged ones stood, and what was left out."""
    evaluation = _evaluate(
        engine,
        _challenge("q1", SPONSOR, {"case-stock": 3, "case-price": 0, "case-nowhere": 2}, kind="mail"),
        _challenge("q2", f"{PRICE} for the contract", {}, kind="none"),
    )
    text = render_evaluation(evaluation, worst=5)
    rank = evaluation.measured[0].ranking.index("case-stock") + 1
    for line in (
        "judged.csv: 1 challenge with an answer, 1 without one; 3 cases, fake-model",
        "judged.csv:q1: case-nowhere",
        "1. unjudged  case-sponsor  Sponsor",
        "grade 0   case-price  Prices",
        f"Best judged: case-stock (grade 3) at {rank}",
        "Answered though no case is right",
    ):
        assert line in text
    data = evaluation.as_dict(5)
    assert data["worst"][0]["first"][0] == {"rank": 1, "id": "case-sponsor", "title": "Sponsor", "grade": None}
    assert data["worst"][0]["best"] == [{"id": "case-stock", "grade": 3, "rank": rank}]
    assert data["not_found"] == [{"id": "case-nowhere", "place": "judged.csv:q1"}]
    assert data["groups"]["kind mail"]["MRR"]["count"] == 1
    assert [entry["id"] for entry in data["wrongly_answered"]] == ["q2"]


def test_every_field_of_the_json_is_documented(engine: LocalEngine) -> None:
    """docs/evaluate.md names each field that the JSON form has."""
    page = (ROOT / "docs" / "evaluate.md").read_text(encoding="utf-8")
    data = _evaluate(engine, _challenge("q1", SPONSOR, {"case-stock": 3, "case-nowhere": 2})).as_dict(1)
    (worst,) = data["worst"]
    named = {*data, *data["groups"][ALL]["MRR"], *data["not_found"][0], *worst, *worst["first"][0], *worst["best"][0]}
    assert not [name for name in named if f"`{name}`" not in page]


def test_no_worst_challenges_are_shown_unless_asked_for(engine: LocalEngine) -> None:
    """With 0 the figures stand alone, and no challenge is repeated."""
    evaluation = _evaluate(engine, _challenge("q1", SPONSOR, {"case-stock": 3}))
    assert SPONSOR not in render_evaluation(evaluation, worst=0)
    assert SPONSOR in render_evaluation(evaluation, worst=1)
    assert evaluation.as_dict(0)["worst"] == []
