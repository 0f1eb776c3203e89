"""A check of a draft tells its author of near-duplicates among what the author may see, and of nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curation.checks.checking import Checks, check_text
from library.access import Asker
from search.engine import LocalEngine
from search.view import View
from tests.conftest import settings_for
from tests.leaks.random_library import Item
from tests.leaks.worlds import ENCODER, World

_DRAFTS = 6


def test_duplicates_and_references_are_those_that_the_asker_sees(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every case is near enough here; a title, a likeness or a link of a hidden one would show."""
    monkeypatch.setattr("curation.checks.duplicates.THRESHOLD", -10.0)
    monkeypatch.setattr("curation.checks.duplicates._MOST", 100)
    cases = [item for item in world.items if item.type == "business_case"][:_DRAFTS]
    for pair in world.pairs:
        observed = _checked(pair.whole, pair.asker, cases)
        assert observed == _checked(pair.left, pair.asker, cases)
        assert any(report["duplicates"] for report in observed) or pair.asker.is_service


def _checked(root: Path, asker: Asker, cases: list[Item]) -> list[dict[str, Any]]:
    """Check the text of cases, seen or not, as drafts that an asker has written: under their ids and a new one."""
    settings = settings_for(root)
    engine = LocalEngine.from_data_folder(settings.data_folder, encoder=ENCODER)
    view = View(engine, asker)
    checks = Checks.of(settings, view)
    types = {record.id: record.type for record in view.by_id.values()}
    found = []
    for case in cases:
        for path in (case.path(), "cases/case-of-my-own.md"):
            report = check_text(settings, path, case.text(), checks=checks, types=types)
            problems = [problem.as_text() for problem in report.problems]
            duplicates = [one for item in report.items for one in item.duplicates]
            found.append({"problems": problems, "duplicates": duplicates})
    engine.close()
    return found
