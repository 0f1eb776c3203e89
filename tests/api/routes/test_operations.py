"""Health, readiness and figures."""

from __future__ import annotations

import pytest

from api.requests.metrics import Metrics
from library.access import Asker, Role
from tests.api.conftest import ANONYMOUS, HIDDEN_WORDS, RED, MakeClient


def test_health_needs_no_credentials_and_no_index(client: MakeClient) -> None:
    """Whoever watches the process asks without a key."""
    api = client(server={"authentication": "required"})
    assert api.get("/healthz").json() == {"status": "ok"}
    assert api.get("/readyz").status_code == 200
    assert api.get("/metrics").status_code == 401


def test_readiness_is_never_kept(client: MakeClient) -> None:
    """It may change with the next request."""
    assert client().get("/readyz").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("role", Role)
def test_figures_are_for_administrators_and_auditors(client: MakeClient, role: Role) -> None:
    """Where credentials count, other roles get a 403."""
    answer = client(asker=Asker(role=role, is_service=True), required=True).get("/metrics")
    assert answer.status_code == (200 if role in (Role.ADMINISTRATOR, Role.AUDITOR) else 403)


def test_figures_count_routes_not_paths(client: MakeClient) -> None:
    """A request counts by its route's template, method and status; an id or an unknown path never becomes a label."""
    api = client(asker=RED)
    api.get("/v1/cases/hidden-case")
    api.get("/nowhere/Nightingale")
    api.head("/healthz")
    figures = api.get("/metrics").text
    assert 'casebook_requests_total{method="GET",route="none",status="404"} 1.0' in figures
    assert 'casebook_requests_total{method="HEAD",route="/healthz",status="200"} 1.0' in figures
    assert not any(word in figures for word in HIDDEN_WORDS)


def test_figures_count_only_what_everyone_may_see(client: MakeClient) -> None:
    """The number of items is that of the open ones: a total would tell of the others."""
    figures = client(asker=ANONYMOUS).get("/metrics").text
    assert 'casebook_open_items{type="business_case"} 4.0' in figures
    assert 'casebook_open_items{type="enabler"} 1.0' in figures
    assert 'casebook_open_items{type="learning_resource"} 0.0' in figures
    assert "casebook_generation 1.0" in figures


def test_searches_count_by_verdict_and_time() -> None:
    """A search's duration and verdict are counted."""
    metrics = Metrics()
    metrics.count_search(0.03, "none")
    figures = metrics.render().decode()
    assert 'casebook_verdicts_total{verdict="none"} 1.0' in figures
    assert 'casebook_search_seconds_bucket{le="0.05"} 1.0' in figures


def test_a_search_over_http_is_counted(client: MakeClient) -> None:
    """The route for searches tells its verdict."""
    api = client()
    verdict = api.post("/v1/search", json={"challenge": "purchasing demands a price cut"}).json()["verdict"]
    assert f'casebook_verdicts_total{{verdict="{verdict}"}} 1.0' in api.get("/metrics").text
