"""A library that is indexed once for all tests of a module, and served to whom a test wants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api.app import Parts, create_app
from indexer.build import build_index
from library.access import Asker
from tests.api.conftest import FixedIdentities, MakeClient, open_client
from tests.conftest import FakeEncoder, settings_for, write_library


@contextmanager
def serve_library(folder: Path, files: Mapping[str, str], **options: Any) -> Iterator[MakeClient]:
    """Index a library and make clients: `make(asker=RED)`, each of a server and a session of its own.

    `options` are further settings.
    """
    root = write_library(folder / "library", files)
    settings = settings_for(root, state=folder / "state" / "state.db", server={"rate_per_minute": 0}, **options)
    encoder = FakeEncoder()
    build_index(settings, encoder=encoder)
    with ExitStack() as stack:

        def make(*, asker: Asker) -> TestClient:
            parts = Parts(encoder=encoder, identities=FixedIdentities(settings, asker))
            return stack.enter_context(open_client(create_app(settings, parts)))

        yield make
