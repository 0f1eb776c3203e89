"""search.browsing.coverage: what the cases cover, as far as the asker sees it."""

from __future__ import annotations

from pathlib import Path

from library.access import Asker, Role
from search.browsing.coverage import measure_coverage
from search.view import View
from tests.conftest import case_text, concept_text, index_library, write_library

CURATOR = Asker(role=Role.CURATOR, groups=frozenset({"red"}))


def _library(folder: Path) -> Path:
    closed = "access_groups: [red]\n"
    return write_library(
        folder,
        {
            "kb/enablers/enb-area.md": concept_text("Area"),
            "kb/enablers/enb-desk.md": concept_text("Desk", more="broader: enb-area\n"),
            "kb/enablers/enb-spare.md": concept_text("Spare", more="broader: enb-area\n"),
            "cases/case-a.md": case_text(title="First", enablers="enb-desk"),
            "cases/case-b.md": case_text(title="Second", enablers="enb-desk", more="replicates: case-a\n"),
            "cases/case-c.md": case_text(title="Third", status="archived", enablers="enb-spare"),
            "cases/case-d.md": case_text(
                title="Fourth", classification="restricted", enablers="enb-spare", more=closed + "supersedes: case-c\n"
            ),
        },
    )


def test_coverage_counts_what_a_curator_sees(tmp_path: Path) -> None:
    """All four cases with their outcome, classification and links; an area is no concept to cover."""
    engine = index_library(_library(tmp_path))
    coverage = measure_coverage(View(engine, CURATOR))
    assert sum(coverage.values["outcome"].values()) == 4
    assert coverage.values["classification"] == {"internal": 3, "restricted": 1}
    enablers = coverage.concepts["enabler"]
    assert (enablers.total, enablers.covered, dict(enablers.cases)) == (2, 2, {"enb-desk": 2, "enb-spare": 2})
    assert coverage.replicating == ("case-b",)
    assert coverage.superseded == ("case-c",)
    engine.close()


def test_coverage_leaves_no_trace_of_hidden_cases(tmp_path: Path) -> None:
    """A reader's figures do not count the restricted and the archived case, nor what links to them."""
    engine = index_library(_library(tmp_path))
    coverage = measure_coverage(View(engine, Asker()))
    assert coverage.values["classification"] == {"internal": 2}
    enablers = coverage.concepts["enabler"]
    assert (enablers.total, enablers.covered, dict(enablers.cases)) == (2, 1, {"enb-desk": 2, "enb-spare": 0})
    assert coverage.superseded == ()
    assert any("enabler: 1 of 2 have a case" in line for line in coverage.as_lines())
    engine.close()
