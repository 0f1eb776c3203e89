"""A brief for a reader: colleagues get all of it, a customer only what the firm may and would show one."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from search.briefs.brief import Brief, CaseBrief, LeftOut

_CUSTOMERS_BENEFIT = frozenset({"customer", "mutual"})


class Audience(StrEnum):
    """Who reads a brief."""

    FIRM = "firm"
    CUSTOMER = "customer"


def brief_for(brief: Brief, audience: Audience) -> Brief:
    """Return what a reader gets of a brief.

    For a customer only cases whose own customers allow it stay, of each what was wrong, what was done and what the
    customer had of it; the others are named in `left_out`, with the reason.
    """
    if audience is Audience.FIRM:
        return brief
    shown = tuple(_for_customers(case) for case in brief.cases if not case.bar)
    left_out = tuple(LeftOut(case.id, case.title, case.bar) for case in brief.cases if case.bar)
    return replace(brief, cases=shown, left_out=left_out, for_customers=True)


def _for_customers(case: CaseBrief) -> CaseBrief:
    """Return a case without what is the firm's own: its ways, means, people, doubts, gains and names of things.

    A figure without a beneficiary may be the firm's own gain, and so may a text about value.
    """
    return replace(
        case,
        id="",
        rule="",
        approach="",
        value=tuple(row for row in case.value if row.beneficiary in _CUSTOMERS_BENEFIT),
        value_text="",
        went_wrong=(),
        conditions=(),
        contraindications=(),
        competencies=(),
        enablers=(),
        contact="",
        trust=(),
        sources=(),
    )
