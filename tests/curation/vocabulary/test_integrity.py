"""The vocabulary is held to SKOS's rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.vocabulary.integrity import check_pages, fold_label
from curation.vocabulary.pages import read_items
from library.problems import Problem, Severity
from tests.conftest import concept_text, write_library


def _check(tmp_path: Path, **more: str) -> list[Problem]:
    """Check challenge types `chl-<name>` with further lines of front matter."""
    files = {
        f"kb/challenges/chl-{name}.md": concept_text(name.title(), more=lines.replace("; ", "\n") + "\n" * bool(lines))
        for name, lines in more.items()
    }
    files["kb/competencies/cmp-a.md"] = concept_text("A")
    pages, types = read_items(write_library(tmp_path, files))
    return check_pages(pages, types)


def test_sound_vocabulary_has_no_problems(tmp_path: Path) -> None:
    """Labels apart, a tree of broader concepts, related ones and references that exist are in order."""
    lines = "alt_labels: {en: [x], de: [a]}; broader: chl-b; related: [cmp-a]; close_match: ['https://example.org/1']"
    assert _check(tmp_path, a=lines, b="alt_labels: {de: [x]}", c="broader: [chl-b]") == []


@pytest.mark.parametrize(
    ("lines", "message", "severity"),
    [
        ("alt_labels: {en: [B]}", "alternative label 'B' (en) is a preferred label of chl-b", Severity.WARNING),
        ("alt_labels: {en: ['  b ']}", "is a preferred label of chl-b", Severity.WARNING),
        ("hidden_labels: {en-GB: [B]}", "hidden label 'B' (en) is a preferred label of chl-b", Severity.WARNING),
        ("alt_labels: {en: [A]}", "is a preferred label of chl-a", Severity.WARNING),
        ("alt_labels: {en: [Café, cafe]}", "is a alternative label of chl-a", Severity.WARNING),
        ("alt_labels: {de: [x], DE: [y]}", "are one language", Severity.ERROR),
        ("broader: chl-a", "is the concept itself", Severity.ERROR),
        ("broader: chl-none", "there is no item", Severity.ERROR),
        ("broader: cmp-a", "is of type competency, not challenge_type", Severity.ERROR),
        ("broader: chl-b; related: [chl-b]", "related and broader", Severity.ERROR),
        ("close_match: [nothing]", "is no URI", Severity.WARNING),
        ("id: Chl_A", "is none that a link can hold", Severity.WARNING),
    ],
)
def test_broken_rule_is_told_with_its_place(tmp_path: Path, lines: str, message: str, severity: Severity) -> None:
    """Each broken rule names the file, the line, what is wrong and what to do."""
    found = [problem for problem in _check(tmp_path, a=lines, b="") if message in problem.message]
    assert [problem.severity for problem in found] == [severity]
    assert found[0].path == "kb/challenges/chl-a.md"
    assert found[0].line > 1
    assert found[0].remedy


def test_two_concepts_of_one_name_are_an_error(tmp_path: Path) -> None:
    """Preferred labels are different within a type, without regard to case and accents."""
    files = {"kb/challenges/chl-a.md": concept_text("Défi"), "kb/challenges/chl-b.md": concept_text("defi")}
    pages, types = read_items(write_library(tmp_path, files))
    assert [problem.severity for problem in check_pages(pages, types)] == [Severity.ERROR]


@pytest.mark.parametrize("length", [2, 3, 5])
def test_circle_is_told_once(tmp_path: Path, length: int) -> None:
    """However long a circle of broader concepts is, it is one problem; what hangs below it is none."""
    names = "abcdefg"[:length]
    chain = {name: f"broader: chl-{names[(n + 1) % length]}" for n, name in enumerate(names)}
    problems = _check(tmp_path, **chain, z="broader: chl-a")
    assert [problem.message.partition(":")[0] for problem in problems] == ["`broader` leads round in a circle"]


def test_archived_concept_keeps_its_labels(tmp_path: Path) -> None:
    """A merged concept's page may say what the one that stays says too."""
    text = concept_text("B").replace("status: approved", "status: archived")
    pages, types = read_items(
        write_library(tmp_path / "y", {"kb/challenges/chl-a.md": text, "kb/challenges/chl-b.md": concept_text("B")})
    )
    assert check_pages(pages, types) == []


@pytest.mark.parametrize(("one", "other"), [("Défi", "DEFI"), ("a  b", "A B "), ("ﬁt", "fit"), ("Straße", "STRASSE")])
def test_labels_are_compared_folded(one: str, other: str) -> None:
    """Case, accents, ligatures and space make no difference between labels."""
    assert fold_label(one) == fold_label(other)
