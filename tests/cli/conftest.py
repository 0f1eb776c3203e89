"""The command line in this process, and a small library that the real default model has indexed."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import cli
from indexer.build import build_index
from tests.conftest import case_text, concept_text, settings_for, write_library


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit status, standard output, standard error."""

    status: int
    out: str
    err: str


Casebook = Callable[..., Ended]


@pytest.fixture
def casebook(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Casebook:
    """Run a command as a user would from an empty folder: `casebook("list", "cases", stdin=b"")`."""
    for name in [name for name in os.environ if name.startswith("CASEBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Ended(int(ended.value.code or 0), printed.out, printed.err)

    return run


FILES = {
    "kb/challenges/chl-sponsor.md": concept_text("Sponsor change", more="alt_labels:\n  en: [champion left]\n"),
    "kb/challenges/chl-price.md": concept_text("Price pressure"),
    "kb/competencies/cmp-value.md": concept_text("Quantifying value"),
    "kb/enablers/enb-sponsor.md": concept_text("Sponsorship", more="how_to_engage: Ask the programme office.\n"),
    "kb/enablers/enb-desk.md": concept_text("Pricing desk"),
    "kb/industries/note-food.md": (
        "---\ntitle: Food buyers\nsummary: What food buyers do.\nstatus: approved\nclassification: internal\n"
        "last_verified: 2026-06-30\nindustries: [{scheme: isic, code: '10'}]\nnote_kind: trend\n"
        "valid_until: 2027-01-31\nsources: [Eurostat]\n"
        "---\n\n## Trend\n\nPurchasing of food makers demands price cuts and changes sponsors.\n"
    ),
    "kb/learning/lrn-value.md": (
        "---\ntitle: Value workshop\nsummary: Two days.\nstatus: approved\nclassification: internal\n"
        "last_verified: 2026-06-30\nlearning_resource_type: workshop\nteaches: [cmp-value]\n"
        "related: [enb-sponsor]\n"
        "---\n\n## What\n\nTwo days.\n"
    ),
    "cases/case-sponsor.md": case_text(
        title="The champion is gone",
        challenge="Our executive sponsor at the customer left, and the new director reviews all suppliers.",
        challenge_types="chl-sponsor",
        competencies="cmp-value",
        enablers="{id: enb-sponsor, effect: critical}, enb-desk",
        more=(
            "contact: sam@example.org\nofferings: [Drives]\nreplication_conditions: [A deputy.]\n"
            "contraindications: [Small accounts.]\npitfalls: [One contact only.]\nvalue:\n"
            "  - {metric: Revenue kept, category: revenue_growth, beneficiary: supplier, baseline: '10', result: '9', "
            "unit: million, currency: EUR, period: '2025', evidence: estimated}\n"
        ),
    ),
    "cases/case-price.md": case_text(
        title="Five percent down",
        challenge="Central purchasing of the customer demands a price cut of five percent for the new contract.",
        challenge_types="chl-price",
        competencies="cmp-value",
        enablers="{id: enb-desk, effect: missing}",
        region="FR",
        more="replicates: case-sponsor\n",
    ),
    "cases/case-secret.md": case_text(
        title="Zebra",
        challenge="The sponsor at Zebra left.",
        challenge_types="chl-sponsor",
        classification="confidential",
        more="access_groups: [red]\nexistence: discoverable\n",
    ),
    "cases/case-draft.md": case_text(title="Not yet", status="draft", summary="", more="owner: ann\n"),
    "cases/case-broken.md": "---\ntitle: [unclosed\n---\n\nText.\n",
    "cases/notes.txt": "no item",
}


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small library in a folder with a space and an accent, indexed by the default model; tests only read it."""
    root = write_library(tmp_path_factory.mktemp("command line") / "Fälle", FILES)
    build_index(settings_for(root))
    return root


@pytest.fixture(scope="session")
def wide_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a translation of a case and a case of another kind, so that an answer has groups and an order."""
    more = {
        "cases/case-weg.md": case_text(
            title="Weg", language="de", challenge="Der Sponsor ging.", more="translation_of: case-sponsor\n"
        ),
        "cases/case-stock.md": case_text(
            title="Stock", challenge="Too much stock of spare parts.", competencies="cmp-value"
        ),
    }
    root = write_library(tmp_path_factory.mktemp("wide"), {**FILES, **more})
    build_index(settings_for(root))
    return root
