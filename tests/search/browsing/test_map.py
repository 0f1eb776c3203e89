"""The map: a linear projection, fitted on what everybody may see."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from library.access import Asker
from library.errors import ChallengeError
from search.browsing.map import MOST_PLACES, CaseMap, map_cases, part_marks, projection_of
from search.view import View
from tests.conftest import case_text, concept_text, index_library, write_library

ANYONE = Asker(is_service=True)
RED = Asker(user="bob", groups=frozenset({"red"}))
PRICE = "Purchasing demands a price cut and a rebate at the yearly negotiation"
SPONSOR = "The executive sponsor left and nobody on the board knows us"


def _files() -> dict[str, str]:
    files = {f"kb/challenges/{name}.md": concept_text(name) for name in ("price", "sponsor")}
    for n, word in enumerate(("plant", "brewery", "hospital", "tender")):
        files[f"cases/price-{n}.md"] = case_text(challenge_types="price", challenge=f"{PRICE} of the {word}.")
        files[f"cases/sponsor-{n}.md"] = case_text(challenge_types="sponsor", challenge=f"{SPONSOR} in the {word}.")
    return files


_HIDDEN = {
    "kb/challenges/secret.md": concept_text("secret", classification="confidential"),
    "cases/a-hidden.md": case_text(
        classification="confidential",
        challenge_types="secret, price",
        more="access_groups: [red]\n",
        challenge="Nothing.",
    ),
}


def _map(root: Path, files: Mapping[str, str], asker: Asker = ANYONE, challenge: str = "") -> CaseMap:
    view = View(index_library(write_library(root, files)), asker)
    return map_cases(view, view.rows("business_case"), challenge=challenge)


def test_cases_of_a_kind_lie_together(tmp_path: Path) -> None:
    """The nearest case on the map is one of the same kind of challenge."""
    places = _map(tmp_path, _files()).places
    at = np.array([(place.x, place.y) for place in places])
    apart = np.linalg.norm(at[:, None] - at[None], axis=2) + np.eye(len(at)) * 9
    for place, nearest in zip(places, apart.argmin(axis=1), strict=True):
        assert place.main_type == places[nearest].main_type


def test_a_challenge_lies_among_the_cases_that_it_is_like(tmp_path: Path) -> None:
    """A typed challenge goes through the cases' own projection."""
    found = _map(tmp_path, _files(), challenge="They want a price cut and a rebate")
    assert found.challenge is not None
    distances = {
        place.id: np.hypot(place.x - found.challenge[0], place.y - found.challenge[1]) for place in found.places
    }
    assert min(distances, key=distances.__getitem__).startswith("price")


def test_a_challenge_without_words_is_refused(tmp_path: Path) -> None:
    """It is the error that a search gives."""
    with pytest.raises(ChallengeError):
        _map(tmp_path, _files(), challenge="?!")


def test_what_is_hidden_moves_nothing(tmp_path: Path) -> None:
    """For who does not see a case the map is that of the library without it, to the last digit."""
    without = _map(tmp_path / "without", _files(), challenge=PRICE)
    assert _map(tmp_path / "with", {**_files(), **_HIDDEN}, challenge=PRICE) == without


def test_who_sees_a_hidden_case_finds_it_in_the_same_projection(tmp_path: Path) -> None:
    """It has a place of its own, and moves the projection for nobody."""
    engine = index_library(write_library(tmp_path / "with", {**_files(), **_HIDDEN}))
    view = View(engine, RED)
    found = map_cases(view, view.rows("business_case"))
    assert "a-hidden" in {place.id for place in found.places}
    without = index_library(write_library(tmp_path / "without", _files()))
    assert (projection_of(engine).directions == projection_of(without).directions).all()


def test_a_kind_that_the_asker_does_not_see_is_no_main_kind(tmp_path: Path) -> None:
    """The first kind that he sees is; without one there is none."""
    places = {place.id: place for place in _map(tmp_path, {**_files(), **_HIDDEN}, RED).places}
    assert places["a-hidden"].main_type == "price"


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_cases_are_a_map_too(tmp_path: Path, count: int) -> None:
    """Without anything to tell apart the places are still places."""
    files = {f"cases/case-{n}.md": case_text(challenge=f"Problem {n}.") for n in range(count)}
    found = _map(tmp_path, files)
    assert [place.id for place in found.places] == [f"case-{n}" for n in range(count)]
    assert all(0 <= place.x <= 1 and 0 <= place.y <= 1 for place in found.places)


def test_rows_that_the_asker_does_not_see_are_left_out(tmp_path: Path) -> None:
    """Whoever asks for them anyway."""
    engine = index_library(write_library(tmp_path, {**_files(), **_HIDDEN}))
    everything = [record.row for record in engine.records() if record.type == "business_case"]
    assert "a-hidden" not in {place.id for place in map_cases(View(engine, ANYONE), everything).places}


def test_of_too_many_cases_some_of_all_are_shown(tmp_path: Path) -> None:
    """The marks stay readable, and the total is told."""
    view = View(index_library(write_library(tmp_path, _files())), ANYONE)
    rows = sorted(view.rows("business_case") * MOST_PLACES)
    found = map_cases(view, rows)
    assert (len(found.places), found.total) == (MOST_PLACES, len(rows))
    assert {place.id for place in found.places} == {view.records[row].id for row in rows}


def test_marks_part_until_each_can_be_hit() -> None:
    """Marks in one place end up at least nearly so far apart, within the borders; one that stands alone stays."""
    parted = part_marks([(10.0, 10.0), (10.0, 10.0), (12.0, 10.0), (300.0, 300.0)], gap=24.0, size=(600.0, 400.0))
    at = np.array(parted)
    apart = np.linalg.norm(at[:, None] - at[None], axis=2) + np.eye(4) * 99
    assert apart.min() > 23.5
    assert at.min() >= 12.0
    assert parted[3] == pytest.approx((300.0, 300.0), abs=0.1)
