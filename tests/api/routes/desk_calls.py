"""A library for the desk's routes: who works on it, and what they send."""

from __future__ import annotations

from httpx2 import Response
from starlette.testclient import TestClient

from library.access import Asker, Role

ANN = Asker("ann@firm.example", Role.CONTRIBUTOR)
BEN = Asker("ben@firm.example", Role.CONTRIBUTOR)
CORA = Asker("cora@firm.example", Role.CURATOR)
PAULA = Asker("paula@firm.example", Role.PUBLISHER)
AUDITOR = Asker("otto@firm.example", Role.AUDITOR)
READER = Asker("rob@firm.example", Role.READER)
KEY = Asker(role=Role.CURATOR, is_service=True)

TEXT = """\
---
title: Line stops at a brewer
language: en
summary: Nine line stops a month became two.
status: approved
classification: internal
created: 2026-01-05
last_verified: 2020-01-01
industries: [{scheme: isic, code: "11"}]
regions: [DE]
customer: a global brewer
challenge_types: [price-pressure]  # the buyer's own words
outcome: success
competencies: []
enablers: []
---

## Context

A brewer with nine plants.

## Challenge

The lines stand still nine times a month, and the buyer wants a price cut.

## Solution

We took over the service of the lines.
"""


def approved_by(client: TestClient, item_id: str) -> Response:
    """Look at an item, approve just that, and return the answer."""
    seen = client.get(f"/v1/review/{item_id}")
    assert seen.status_code == 200, seen.text
    headers = {"If-Match": seen.headers["etag"]}
    return client.post(f"/v1/review/{item_id}/decisions", json={"decision": "approve"}, headers=headers)


def saved_by(client: TestClient, text: str = TEXT) -> tuple[str, str]:
    """Save a new draft and return its id and its ETag."""
    answer = client.post("/v1/drafts", json={"text": text})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], answer.headers["etag"]
