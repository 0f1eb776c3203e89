"""Who may be shown a brief: the strictest of status, classification and the customer's permission decides."""

from __future__ import annotations

from datetime import date

from library.access import OPEN_CLASSES
from library.items import BusinessCase
from search.briefs.labels import Labels


def rule_for_use(case: BusinessCase, labels: Labels, today: date) -> str:
    """Return in a sentence what may be done with a case's brief."""
    if case.status != "approved":
        return labels("unfinished", status=labels(f"status_{case.status}"))
    if case.classification not in OPEN_CLASSES:
        return labels("confidential", classification=labels(f"class_{case.classification}"))
    permission, ends = case.reference_permission, case.reference_permission_until
    if permission not in ("external_anonymised", "external_named"):
        return labels({None: "unknown_reference", "none": "no_reference"}.get(permission, "internal_only"))
    if ends is not None and ends < today:
        return labels("expired", day=ends.isoformat())
    until = labels("until", day=ends.isoformat()) if ends else ""
    rule = labels(permission, until=until)
    is_named = permission == "external_anonymised" and not case.anonymised
    return f"{rule} {labels('names_left')}" if is_named else rule
