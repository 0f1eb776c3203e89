"""The search: a box, and the answer to a challenge that stands in no address."""

from __future__ import annotations

import time
from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from api.portal.pages import NOT_KEPT, render
from api.portal.refining import Refinement, facet_groups, lifts, since_days
from api.portal.signin import Guest, is_let_in, wait_for_sign_in
from api.portal.visits import Form, Sent, Visit, Visitor, is_own_form
from api.resources.queries import MOST_CHARACTERS
from library.errors import ChallengeError, FilterError
from search.answering.assembling import search_cases
from search.answers.answer import Answer
from search.filters import CaseFilter, Filters

router = APIRouter()


@router.get("/")
def start(visit: Visitor) -> Response:
    """Show the box, with examples beneath it."""
    return _box(visit)


@router.post("/search")
def search(visit: Guest, form: Sent) -> Response:
    """Hold a challenge for the session and go on to its answer, with the filters in the address.

    Who was signed out meanwhile is asked to sign in, and the challenge waits.
    """
    challenge = (form.get("example") or form.get("challenge")).strip()
    problem = _problem(visit, form, challenge)
    if not is_let_in(visit):
        return visit.redirect("/signin") if problem else wait_for_sign_in(visit, challenge)
    if problem:
        status = 403 if problem == "session" else 422
        return _box(visit, challenge=challenge[:MOST_CHARACTERS], problem=problem, status=status)
    held_id = visit.portal.held.hold(visit.session, challenge)
    return visit.redirect(f"/answers/{held_id}{Refinement.from_pairs(form.fields).query}")


@router.get("/answers/{held_id}")
async def answer(visit: Visitor, held_id: str) -> Response:
    """Answer a challenge that the session holds, or say that it is held no more."""
    challenge = visit.portal.held.find(visit.session, held_id)
    if challenge is None:
        return _box(visit, problem="gone", status=410)
    refinement = Refinement.from_pairs(visit.request.query_params.multi_items())
    try:
        found = await _answered(visit, challenge, refinement)
    except FilterError:
        raise
    except ChallengeError:
        return _box(visit, challenge=challenge, problem="unreadable", status=422)
    groups = facet_groups(found.facets, found.filters, lambda facet, value: _label(visit, facet, value))
    return render(
        visit,
        "answer.html",
        headers=NOT_KEPT,
        challenge=challenge,
        answer=found,
        refinement=refinement,
        path=f"/answers/{held_id}",
        places={case.id: case.rank for case in found.cases},
        groups=groups,
        days=since_days(refinement.since, date.today()),
        lifts=lifts(found, refinement),
        labels={(group.facet, entry.value): entry.label for group in groups for entry in group.first},
    )


def _problem(visit: Visit, form: Form, challenge: str) -> str:
    """Return what is wrong with a posted challenge, by name."""
    if not is_own_form(visit, form):
        return "session"
    if not challenge:
        return "empty"
    return "long" if len(challenge) > MOST_CHARACTERS else ""


def _box(visit: Visit, *, challenge: str = "", problem: str = "", status: int = 200) -> Response:
    counts = {kind: len(visit.view.rows(kind)) for kind in ("business_case", "competency", "enabler")}
    return render(
        visit,
        "search.html",
        status=status,
        headers=NOT_KEPT if challenge else None,
        challenge=challenge,
        problem=problem,
        counts=counts,
        most=MOST_CHARACTERS,
    )


def _label(visit: Visit, facet: str, value: str) -> str:
    known = CaseFilter(visit.view, Filters(), known_regions=visit.services.regions, language=visit.language)
    return known.label(facet, value)


async def _answered(visit: Visit, challenge: str, refinement: Refinement) -> Answer:
    options = visit.options(limit=refinement.limit, have=refinement.have, facets=True)
    begun = time.perf_counter()

    def work() -> Answer:
        view = visit.view
        return search_cases(view.engine, challenge, asker=view.asker, filters=refinement.filters, options=options)

    found = await visit.services.searches.run(work)
    visit.services.metrics.count_search(time.perf_counter() - begun, found.verdict)
    return found
