"""What tests of the portal share: its routes, and the token of a page's forms."""

from __future__ import annotations

import re

from fastapi.routing import APIRoute
from httpx2 import Response
from starlette.testclient import TestClient

from api.portal import _ROUTES

PAGE = {"accept": "text/html"}


def portal_paths(method: str) -> list[str]:
    """Return the templates of the portal's paths that take a method."""
    routes = [route for module in _ROUTES for route in module.router.routes]
    return [route.path for route in routes if isinstance(route, APIRoute) and method in (route.methods or ())]


def token_of(page: Response) -> str:
    """Return the token of a page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def token_for(client: TestClient) -> str:
    """Return a token of a browser's session."""
    return token_of(client.get("/", headers=PAGE))
