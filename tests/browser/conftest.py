"""A browser, and servers of the sample library that it visits; the library is indexed once for all of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from api.app import Parts, create_app
from curation.keys import KeyStore
from curation.state import State
from indexer.build import build_index
from indexer.encoder import Encoder, open_encoder
from indexer.generations import CACHE, ENCODER, current_generation
from library.access import Asker, Role
from tests.api.conftest import FixedIdentities
from tests.browser.visiting import Visitor, chromium, open_context
from tests.conftest import settings_for
from tests.live_server import live_server
from tests.test_layers import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Kept between runs: only what has changed in the sample library is embedded again.
DATA = ROOT / "build" / "browser"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium for all tests."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def sample_encoder() -> Encoder:
    """The sample library is indexed; this is the model that answers are made with."""
    DATA.mkdir(parents=True, exist_ok=True)
    known = ROOT / ".casebook" / CACHE
    with FileLock(DATA / "tests.lock"):  # of a run on several cores the first indexes
        if known.is_file() and not (DATA / CACHE).exists():
            shutil.copyfile(known, DATA / CACHE)
        build_index(settings_for(ROOT, data=DATA))
    return open_encoder(current_generation(DATA) / ENCODER)


Serve = Callable[..., str]


@pytest.fixture(scope="session")
def serve(sample_encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Serve the sample library: `serve(portal={...})` gives the address; `state` is a file with keys.

    `asker` is whom everybody who comes is taken for.
    """
    with ExitStack() as stack:

        def make(*, state: Path | None = None, asker: Asker | None = None, **options: Any) -> str:
            own = state or tmp_path_factory.mktemp("served") / "state.db"
            options = {"server": {"rate_per_minute": 0}, **options}
            settings = settings_for(ROOT, data=DATA, state=own, **options)
            identities = FixedIdentities(settings, asker) if asker else None
            app = create_app(settings, Parts(encoder=sample_encoder, identities=identities))
            return stack.enter_context(live_server(app))

        yield make


@pytest.fixture(scope="session")
def server(serve: Serve) -> str:
    """A server that asks nobody to sign in."""
    return serve()


@pytest.fixture(scope="session")
def desk(serve: Serve) -> str:
    """A server on which everybody is a curator."""
    return serve(asker=Asker(user="cora@firm.example", role=Role.CURATOR))


@dataclass(frozen=True, slots=True)
class Locked:
    """A server that asks everybody to sign in, and a key that opens it."""

    url: str
    key: str


@pytest.fixture(scope="session")
def locked(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Locked:
    """A server with one key."""
    state = tmp_path_factory.mktemp("locked") / "state.db"
    key = KeyStore(State(state)).create("portal").text
    return Locked(serve(state=state), key)


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Visit]:
    """Make visitors: `visit(width=PHONE, language="de-DE", at=...)`; nothing may go wrong on their pages."""
    visitors: list[Visitor] = []
    with ExitStack() as stack:

        def make(*, at: str = server, **context: Any) -> Visitor:
            opened = open_context(browser, **context)
            stack.callback(opened.close)
            visitor = Visitor(opened.new_page(), at)
            visitor.watch()
            visitors.append(visitor)
            return visitor

        yield make
        for visitor in visitors:
            visitor.assert_at_peace()
