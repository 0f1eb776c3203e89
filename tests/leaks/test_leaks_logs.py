"""Logs and state hold nothing of what is asked: no challenge, no id, no name, no credential."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import Parts, create_app
from curation.keys import KeyStore
from curation.state import State
from library.access import Role
from tests.leaks.asked import Asked, ask, requests_of, some_of
from tests.leaks.browsers import Browser
from tests.leaks.pages import pages_of
from tests.leaks.random_library import WORDS
from tests.leaks.worlds import ENCODER, World, server_settings

_OF_THE_CLIENT = ("httpx", "httpcore", "asyncio")


def test_logs_and_state_hold_nothing_of_what_is_asked(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """At the most talkative level no line holds a word of a challenge, an id, a filter's value or a key."""
    settings = server_settings(world.pairs[0].whole, tmp_path / "state.db")
    key = KeyStore(State(settings.state_file)).create(
        "portal", role=Role.ADMINISTRATOR, expires=date.today() + timedelta(days=1)
    )
    rng = random.Random(world.seed)
    requests = some_of(requests_of(world.items, rng), rng, most=3)
    pages = some_of(pages_of(world.items, rng), rng, most=1)
    caplog.set_level(logging.DEBUG)
    with TestClient(create_app(settings, Parts(encoder=ENCODER)), base_url="http://localhost:8000") as client:
        for asked in requests:
            assert ask(client, _with_key(asked, key.text))
        browser = Browser(client, key=key.text)
        browser.sign_in()
        for asked in pages:
            assert browser.ask(asked)
        assert client.get("/v1/me", headers={"X-API-Key": f"{key.text}x"}).status_code == 401
    lines = [record for record in caplog.records if not record.name.startswith(_OF_THE_CLIENT)]
    assert len(lines) > len(requests) + len(pages), "each request has a line"
    logged = "\n".join(f"{record.getMessage()} {record.args} {record.exc_info}" for record in lines)
    told = [name for name in _secrets(world) if name in logged]
    assert told == []
    secret = key.text.split("_", 2)[2]
    assert secret not in logged
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir()).decode("latin-1")
    assert not [words for words in _challenges() if words in kept]
    assert secret not in kept


def _with_key(asked: Asked, key: str) -> Asked:
    headers = {**asked.headers, "X-API-Key": key}
    return Asked(asked.method, asked.path, asked.params, asked.body, headers, asked.cursor)


def _challenges() -> list[str]:
    return [" ".join(WORDS[n : n + 2]) for n in range(20)]


def _secrets(world: World) -> Iterator[str]:
    for item in world.items:
        yield from (item.id, item.secret, item.account)
    yield from ("Secretindustri", "Atlanti", "sucess", *_challenges())
