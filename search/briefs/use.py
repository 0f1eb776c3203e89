"""Who may be shown a brief: the strictest of status, classification and the customer's permission decides."""

from __future__ import annotations

from datetime import date

from library.access import OPEN_CLASSES
from library.items import BusinessCase
from search.briefs.labels import Labels

_SHOWN = ("external_anonymised", "external_named")


def rule_for_use(case: BusinessCase, labels: Labels, today: date) -> str:
    """Return in a sentence what may be done with a case's brief."""
    if case.status != "approved":
        return labels("unfinished", status=labels(f"status_{case.status}"))
    if case.classification not in OPEN_CLASSES:
        return labels("confidential", classification=labels(f"class_{case.classification}"))
    permission, ends = case.reference_permission, case.reference_permission_until
    if permission not in _SHOWN:
        return labels({None: "unknown_reference", "none": "no_reference"}.get(permission, "internal_only"))
    if ends is not None and ends < today:
        return labels("expired", day=ends.isoformat())
    until = labels("until", day=ends.isoformat()) if ends else ""
    rule = labels(permission, until=until)
    return f"{rule} {labels('names_left')}" if _names_are_left(case) else rule


def bar_to_customers(case: BusinessCase, labels: Labels, today: date) -> str:
    """Return why a case must not be shown to a customer; empty if it may.

    It may if it is approved, open to the whole firm, and its own customer allows it today; without that
    customer's name only if the text is marked as anonymised. Whatever is not recorded counts as a no.
    """
    ends = case.reference_permission_until
    is_open = case.status == "approved" and case.classification in OPEN_CLASSES
    is_allowed = case.reference_permission in _SHOWN and (ends is None or today <= ends)
    if not (is_open and is_allowed):
        return rule_for_use(case, labels, today)
    return labels("names_left") if _names_are_left(case) else ""


def _names_are_left(case: BusinessCase) -> bool:
    return case.reference_permission == "external_anonymised" and not case.anonymised
