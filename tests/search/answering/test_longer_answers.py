"""A longer answer begins like a shorter one: nothing that is told of a case depends on how many are asked for."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library.access import Asker
from search.answering.assembling import search_cases
from search.answers.answer import Answer
from search.answers.options import SearchOptions
from search.engine import LocalEngine
from search.ranking.fusion import DEPTH
from tests.conftest import case_text, concept_text, index_library, write_library

WORDS = (
    *("tender", "sponsor", "carbon", "rebate", "plant", "price", "scorecard", "stock", "claims", "energy", "uptime"),
    *("retrofit", "audit", "pallet", "invoice", "freight", "delay", "quality", "vendor", "merger", "patent", "label"),
)
SIZE = 2 * DEPTH + 20


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    """An engine over more cases than the arms propose, some of one practice, some of a named kind."""
    chance = random.Random(7)
    files = {"kb/challenges/chl-price.md": concept_text("Price pressure", more="alt_labels:\n  en: [price]\n")}
    for n in range(SIZE):
        files[f"cases/c{n:03}.md"] = case_text(
            title=f"Case {n}",
            challenge=f"The {' '.join(chance.choices(WORDS, k=4))} of customer {n}.",
            challenge_types="chl-price" if n % 7 == 0 else "",
            more=f"replicates: c{n - 1:03}\n" if n % 11 == 1 else "",
        )
    engine = index_library(write_library(tmp_path_factory.mktemp("longer"), files))
    yield engine
    engine.close()


def _answer(engine: LocalEngine, text: str, limit: int) -> Answer:
    return search_cases(engine, text, asker=Asker(), options=SearchOptions(limit=limit, facets=False))


@settings(max_examples=20)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), st.integers(1, SIZE), st.integers(1, SIZE))
def test_any_two_answers_tell_the_same_of_their_first_cases(
    engine: LocalEngine, words: list[str], one: int, other: int
) -> None:
    """Ids, scores, arms, adjustments, reasons and passages are the same, whatever the limits; so is the verdict."""
    short, long = (_answer(engine, " ".join(words), limit) for limit in sorted((one, other)))
    assert long.cases[: len(short.cases)] == short.cases
    assert (long.verdict, long.closeness, long.total) == (short.verdict, short.closeness, short.total)


@pytest.mark.parametrize("limit", [5, DEPTH + 1, SIZE])
def test_reason_does_not_depend_on_the_cases_beside_it(engine: LocalEngine, limit: int) -> None:
    """The first case of a long answer is told as it is when it stands alone."""
    alone = _answer(engine, "the scorecard and the stock", 1).cases[0]
    assert "scorecard" in alone.reason
    assert _answer(engine, "the scorecard and the stock", limit).cases[0] == alone


def test_scores_stand_in_order_to_the_end(engine: LocalEngine) -> None:
    """However long an answer is, no case stands below one with a lower score."""
    scores = [case.score for case in _answer(engine, "rebate on energy", SIZE).cases]
    assert len(scores) > DEPTH
    assert scores == sorted(scores, reverse=True)
