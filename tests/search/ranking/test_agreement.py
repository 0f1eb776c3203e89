"""search.ranking.agreement: what a case is about, broader kinds included, is rewarded, told and stubbed alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from library.access import Asker
from search.answering.assembling import search_cases
from search.answers.answer import Answer
from search.engine import LocalEngine
from search.ranking.agreement import are_about, broader_types
from search.view import View
from tests.conftest import case_text, concept_text, index_library, write_library

NARROWER = "broader: [{}]\n"
FILES = {
    "kb/challenges/chl-money.md": concept_text("Commercial pressure"),
    "kb/challenges/chl-price.md": concept_text("Price pressure", more=NARROWER.format("chl-money")),
    "kb/challenges/chl-rebate.md": concept_text("Rebate dispute", more=NARROWER.format("chl-price")),
    "kb/challenges/chl-secret.md": concept_text(
        "Zebra pressure", more=NARROWER.format("chl-money"), classification="confidential"
    ),
    "kb/challenges/chl-below.md": concept_text("Below zebra", more=NARROWER.format("chl-secret")),
    "cases/case-rebate.md": case_text(
        title="Rebate", challenge="The brewer disputes a rebate.", challenge_types="chl-rebate"
    ),
    "cases/case-below.md": case_text(title="Below", challenge="The dairy is unhappy.", challenge_types="chl-below"),
    "cases/case-other.md": case_text(title="Other", challenge="The bakery moves its plant."),
    "cases/case-hidden.md": case_text(
        title="Hidden",
        challenge_types="chl-rebate",
        classification="confidential",
        more="existence: discoverable\naccess_groups: [red]\n",
    ),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    engine = index_library(write_library(tmp_path_factory.mktemp("agreement"), FILES))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def answer(engine: LocalEngine) -> Answer:
    return search_cases(engine, "our customers put us under commercial pressure", asker=Asker())


def test_types_are_about_all_that_is_broader(engine: LocalEngine) -> None:
    """A rebate dispute is price pressure, and so commercial pressure; nothing is about what is narrower."""
    broader = broader_types(View(engine, Asker()))
    assert are_about(["chl-rebate"], broader) == {"chl-rebate", "chl-price", "chl-money"}
    assert are_about(["chl-money"], broader) == {"chl-money"}


def test_hidden_type_relates_nothing(engine: LocalEngine) -> None:
    """By way of a type that the asker does not see, nothing is broader: he could tell from it that it is there."""
    assert are_about(["chl-below"], broader_types(View(engine, Asker()))) == {"chl-below"}


def test_what_is_rewarded_is_told_as_a_match(answer: Answer) -> None:
    """A case of a narrower kind gains, says that it is one, and never that it is not about what the text names."""
    rebate = next(case for case in answer.cases if case.id == "case-rebate")
    assert rebate.adjustments["challenge-type"] == pytest.approx(0.8)
    assert rebate.reason == "A narrower kind of your challenge: Rebate dispute."
    assert (rebate.matches[0].aspect, rebate.matches[0].values) == ("challenge", ("chl-rebate",))
    assert rebate.differs == ()


def test_what_is_not_rewarded_is_told_as_a_difference(answer: Answer) -> None:
    """Agreement and explanation never contradict one another."""
    for case in answer.cases:
        named = any(entry.aspect == "challenge" for entry in case.matches)
        assert named is ("challenge-type" in case.adjustments)
        assert not (named and any(entry.text.startswith("not about") for entry in case.differs))
    below = next(case for case in answer.cases if case.id == "case-below")
    assert below.differs[0].text == "not about Commercial pressure"


def test_stub_of_a_narrower_kind_is_told(answer: Answer) -> None:
    """A case that one may know of is told for a broader kind of its challenge too."""
    assert [[entry.id for entry in stub.challenge_types] for stub in answer.stubs] == [["chl-rebate"]]


def test_exact_and_narrower_kinds_are_told_apart(tmp_path: Path) -> None:
    """What is the very kind that the text names comes first."""
    files = {**FILES, "cases/both.md": case_text(title="Both", challenge_types="chl-rebate, chl-money")}
    engine = index_library(write_library(tmp_path, files))
    found = search_cases(engine, "commercial pressure", asker=Asker())
    both = next(case for case in found.cases if case.id == "both")
    assert [entry.values for entry in both.matches if entry.aspect == "challenge"] == [("chl-money",), ("chl-rebate",)]
    engine.close()
