"""Coverage as a table: kinds of challenge by sections of industry, as the asker sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.browsing.heat import STEPS, measure_heat, step_of
from search.view import View
from tests.api.conftest import ANONYMOUS, LIBRARY, RED
from tests.conftest import case_text, concept_text, index_library, write_library


def test_cells_count_visible_cases_alone(tmp_path: Path) -> None:
    """A case counts once in each of its kinds and sections; a hidden one, or one of no list, not among them."""
    files = {
        **LIBRARY,
        "kb/challenges/narrow.md": concept_text("Narrow", more="broader: [price-pressure]\n"),
        "cases/two.md": case_text(challenge_types="narrow, sponsor-left", industry="Own label"),
    }
    engine = index_library(write_library(tmp_path, files))
    heat = measure_heat(View(engine, ANONYMOUS), "en")
    assert [section.id for section in heat.sections] == ["C", "Q", ""]
    counts = {row.challenge_type.id: [cell.count for cell in row.cells] for row in heat.rows}
    assert counts == {"narrow": [0, 0, 1], "price-pressure": [2, 0, 0], "sponsor-left": [0, 1, 1]}
    assert heat.totals == (3, 1, 1)
    assert heat.cases == 5
    assert heat.gaps == 5
    assert {"P", "C"} & {section.id for section in heat.untouched} == {"P"}
    red = measure_heat(View(engine, RED), "en")
    assert [row.total for row in red.rows if row.challenge_type.id == "price-pressure"] == [3]


@pytest.mark.parametrize(("count", "step"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (6, 3), (7, 4), (700, 4)])
def test_steps_grow_with_the_number(count: int, step: int) -> None:
    """None is a step of its own, and the last takes in all that is more."""
    assert step_of(count) == step
    assert len(STEPS) == 4
