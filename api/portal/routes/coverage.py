"""The library as a whole: where its cases lie, and which challenges are covered in which industries."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.portal.chart import draw_map
from api.portal.pages import NOT_KEPT, render
from api.portal.visits import Visit, Visitor
from library.errors import ChallengeError
from search.browsing.heat import measure_heat
from search.browsing.map import map_cases
from search.browsing.shelf import Shelf
from search.filters import CaseFilter, Filters

router = APIRouter()


@router.get("/coverage")
def coverage(visit: Visitor) -> Response:
    """Show the kinds of challenge by sections of industry."""
    return render(visit, "coverage.html", heat=measure_heat(visit.view, visit.language))


@router.get("/map")
async def case_map(visit: Visitor) -> Response:
    """Show where the cases lie to each other."""
    return await _map(visit, "", "/map")


@router.get("/answers/{held_id}/map")
async def answer_map(visit: Visitor, held_id: str) -> Response:
    """Show a challenge that the session holds among the cases; without it, where to tell it anew."""
    challenge = visit.portal.held.find(visit.session, held_id)
    if challenge is None:
        return visit.redirect(f"/answers/{held_id}")
    try:
        return await _map(visit, challenge, f"/answers/{held_id}/map")
    except ChallengeError:
        return visit.redirect(f"/answers/{held_id}")


async def _map(visit: Visit, challenge: str, path: str) -> Response:
    view = visit.view
    chosen = visit.request.query_params.get("kind", "")
    kinds = {"challenge-type": (chosen,)} if chosen in view.by_id else {}
    rows = CaseFilter(view, Filters(kinds), known_regions=visit.services.regions).eligible()
    placed = await visit.services.searches.run(lambda: map_cases(view, rows, challenge=challenge))
    types = view.rows("challenge_type")
    labels = {view.records[row].id: title for row, title in Shelf(view, visit.language).titles(types).items()}
    shown = {place.main_type for place in placed.places}
    chart = draw_map(placed, {**dict.fromkeys(shown, ""), **labels})
    return render(
        visit,
        "map.html",
        headers=NOT_KEPT if challenge else None,
        chart=chart,
        path=path,
        is_part=bool(kinds),
        is_challenge=bool(challenge),
        answer=path.removesuffix("/map"),
    )
