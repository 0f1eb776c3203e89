"""A small real library with things to hide, served by the real application with an encoder that behaves."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import Parts, create_app
from api.credentials.identity import ANYONE, Identity, IdentitySource, Sender
from indexer.build import build_index
from library.access import Asker
from library.settings import Settings
from tests.conftest import FakeEncoder, case_text, concept_text, settings_for, write_library

LIBRARY: dict[str, str] = {
    "kb/competencies/negotiation.md": concept_text("Negotiation"),
    "kb/competencies/account-planning.md": concept_text("Account planning", more="broader: [negotiation]\n"),
    "kb/enablers/price-corridor.md": concept_text("Price corridor"),
    "kb/enablers/secret-tool.md": concept_text("Secret tool", classification="confidential"),
    "kb/challenges/price-pressure.md": concept_text("Price pressure"),
    "kb/challenges/sponsor-left.md": concept_text("Sponsor left"),
    "cases/price-case.md": case_text(
        title="Purchasing asks for a price cut",
        summary="A buyer asked for a lower price and got a better contract.",
        challenge_types="price-pressure",
        competencies="negotiation",
        enablers="price-corridor, secret-tool",
        challenge="Purchasing demands a price cut of eight percent at the yearly contract negotiation.",
    ),
    "cases/sponsor-case.md": case_text(
        title="The sponsor at the customer left",
        summary="The executive sponsor left and the account was rebuilt.",
        industry="86",
        region="FR",
        challenge_types="sponsor-left",
        competencies="account-planning",
        challenge="Our executive sponsor left the hospital and nobody on the board knows us.",
    ),
    "cases/downtime-case.md": case_text(
        title="Downtime in the plant",
        summary="A service contract ended the downtime of a packaging line.",
        region="US",
        outcome="partial",
        challenge="The packaging line stands still every week and the plant manager blames our service.",
    ),
    "cases/german-case.md": case_text(
        title="Preisdruck im Einkauf",
        summary="Der Einkauf verlangt einen Nachlass.",
        language="de",
        challenge_types="price-pressure",
        challenge="Der Einkauf verlangt einen Preisnachlass und droht mit einer Ausschreibung.",
    ),
    "cases/hidden-case.md": case_text(
        title="Confidential price merger",
        summary="Hidden words about a merger.",
        classification="confidential",
        challenge_types="price-pressure",
        competencies="negotiation",
        more="access_groups: [red]\nowner: ann@firm.example\n",
        challenge="Purchasing demands a price cut because of the secret merger Nightingale.",
    ),
    "cases/stub-case.md": case_text(
        title="Restricted tender",
        summary="Known to exist.",
        classification="restricted",
        challenge_types="sponsor-left",
        more="existence: discoverable\naccess_groups: [blue]\n",
        challenge="The tender of the ministry Falcon was lost.",
    ),
    "cases/draft-case.md": case_text(
        title="A draft", status="draft", more="authors: [ann@firm.example]\n", challenge="A draft about a price cut."
    ),
}
DATA = ".casebook"
HIDDEN_WORDS = ("Nightingale", "merger", "Falcon", "Secret tool", "secret-tool", "hidden-case", "draft-case")
ANN = Asker(user="ann@firm.example")
RED = Asker(user="bob@firm.example", groups=frozenset({"red"}))
ANONYMOUS = Asker(is_service=True)


class FixedIdentities(IdentitySource):
    """Takes every caller for one asker."""

    def __init__(self, settings: Settings, asker: Asker, *, required: bool = False) -> None:
        super().__init__(settings, None, None)
        self._asker = asker
        self._required = required

    def _identified(self, sender: Sender) -> Identity:  # noqa: ARG002  whoever asks
        return Identity(self._asker, ANYONE if self._asker.is_service else "user:test")


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library with its index, made once; each test that asks for it has a copy."""
    root = write_library(tmp_path_factory.mktemp("original") / "library", LIBRARY)
    build_index(settings_for(root), encoder=FakeEncoder())
    return root


@pytest.fixture
def library(original: Path, tmp_path: Path) -> Path:
    """The library's folder."""
    return shutil.copytree(original, tmp_path / "library", ignore=shutil.ignore_patterns(DATA))


MakeSettings = Callable[..., Settings]


@pytest.fixture
def make_settings(library: Path, tmp_path: Path) -> MakeSettings:
    """Settings of the library, with a state of its own; `server={...}` sets more."""

    def make(**options: object) -> Settings:
        return settings_for(library, state=tmp_path / "state" / "state.db", **options)

    return make


@pytest.fixture
def indexed(original: Path, library: Path, make_settings: MakeSettings, encoder: FakeEncoder) -> None:
    """The library has a published index: the one made once, unless a test has changed the files."""
    shutil.copytree(original / DATA, library / DATA)
    build_index(make_settings(), encoder=encoder)  # publishes nothing if nothing has changed


MakeClient = Callable[..., TestClient]


@pytest.fixture
def client(make_settings: MakeSettings, encoder: FakeEncoder, indexed: None) -> Iterator[MakeClient]:  # noqa: ARG001
    """Make clients of running servers: `client(asker=RED, server={...})`; without an asker credentials count."""
    with ExitStack() as stack:

        def make(*, asker: Asker | None = None, required: bool = False, **options: object) -> TestClient:
            settings = make_settings(**options)
            identities = FixedIdentities(settings, asker, required=required) if asker else None
            app = create_app(settings, Parts(encoder=encoder, identities=identities))
            return stack.enter_context(open_client(app))

        yield make


def open_client(app: FastAPI) -> TestClient:
    """Return a client of an app (a context manager) that is addressed as on this machine."""
    return TestClient(app, base_url="http://localhost:8000", raise_server_exceptions=False)
