"""A small library for the desk: its files, those who work on it, and where its state lies."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from curation.publishing import publish_library
from curation.review.desk import Desk
from curation.state import State
from indexer.build import BuildReport
from library.access import Asker, Role
from library.settings import Settings
from search.engine import LocalEngine
from search.view import View
from tests.conftest import FakeEncoder, case_text, concept_text, settings_for, write_library

TODAY = date(2026, 8, 1)
ANN = Asker("ann", Role.CONTRIBUTOR)
CARL = Asker("carl", Role.CURATOR)
CORA = Asker("cora", Role.CURATOR)
PAULA = Asker("paula", Role.PUBLISHER)
READER = Asker("rob", Role.READER)
CASE = "cases/case-new.md"


def new_case(**values: str) -> str:
    """Return a complete case that waits for its review; `more` holds further lines."""
    given = {"title": "New", "status": "in_review", "challenge_types": "chl-price", "more": "owner: ann\n", **values}
    return case_text(**given)


def make_library(root: Path, **files: str) -> Path:
    """Write a library of two kinds of challenges and given cases, `case_new` for cases/case-new.md."""
    texts = {f"cases/{name.replace('_', '-')}.md": text for name, text in files.items()}
    concepts = {f"kb/challenges/{id_}.md": concept_text(id_) for id_ in ("chl-price", "chl-sponsor")}
    return write_library(root, {**concepts, **texts})


def settings_of(root: Path, **options: object) -> Settings:
    """Return settings under which approvals are recorded in a state beside the library's folder."""
    return settings_for(root, **{"approval": "recorded", "state": root.parent / "state" / "state.db", **options})


def desk_of(root: Path, asker: Asker, **options: object) -> Desk:
    """Return the desk as one asker has it."""
    return Desk(settings_of(root, **options), asker, today=TODAY)


def publish(root: Path, **options: object) -> BuildReport:
    """Index the library."""
    return publish_library(settings_of(root, **options), encoder=FakeEncoder())


def served(root: Path, asker: Asker, **options: object) -> dict[str, str]:
    """Index the library and return what an asker sees of it: status by id."""
    settings = settings_of(root, **options)
    publish(root, **options)
    engine = LocalEngine.from_data_folder(settings.data_folder, encoder=FakeEncoder())
    try:
        return {record.id: record.status for record in View(engine, asker).records.values()}
    finally:
        engine.close()


def hash_of(path: Path) -> str:
    """Return a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def state_of(root: Path) -> State:
    """Return the library's state."""
    return State(settings_of(root).state_file)
