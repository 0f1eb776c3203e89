"""Where items are served, for the links in answers."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request

from api.requests.exchange import Exchange

PLACES = {
    "business_case": "cases",
    "industry_note": "notes",
    "competency": "competencies",
    "enabler": "enablers",
    "challenge_type": "challenge-types",
    "learning_resource": "learning",
}


def item_path(item_type: str, item_id: str) -> str:
    """Return an item's path on a server."""
    return f"/v1/{PLACES[item_type]}/{quote(item_id, safe='')}"


def item_address(request: Request, item_type: str, item_id: str) -> str:
    """Return where an item is served, as the request's caller reaches this server."""
    return Exchange.of(request.scope).base + item_path(item_type, item_id)
