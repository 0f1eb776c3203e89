"""An item is told how complete it is, and what to add next in the order in which it helps readers."""

from __future__ import annotations

import pytest

from curation.checks.completeness import measure_completeness
from library.items import ITEM_TYPES
from tests.conftest import concept_text
from tests.curation.checks.written import SPOKEN, written, written_case

BARE = "---\ntitle: A\n---\n\nNotes.\n"
WHOLE = {
    "summary": "The customer counted four visits for one pump. We now sell hours of running; stops fell by a third.",
    "solution": " ".join(["We", "agreed"] * 20),
    "context": " ".join(["We", "supplied"] * 10),
    "challenge_types": "chl-a",
    "competencies": "cmp-a",
    "enablers": "enb-a",
    "more": "value: [{metric: Stops, result: 3}]\nperiod: 2025\n"
    "pitfalls: [We asked the shift leaders last and two of them had already promised the budget to somebody else.]\n"
    "contraindications: [Not for customers who buy each visit by auction and change suppliers every second year.]\n",
}
VALUE = f"\n## Value\n\n{' '.join(['Stops', 'fell'] * 10)}\n"


def test_bare_draft_is_told_the_challenge_first() -> None:
    """Search ranks on the challenge, so it comes before all else, then what results show, then the solution."""
    found = measure_completeness(written(BARE).document)
    assert [gap.part for gap in found.next] == ["body.challenge", "summary", "body.solution"]
    assert 0 <= found.share < 0.2


def test_whole_case_lacks_nothing() -> None:
    """Pitfalls and conditions count wherever they are written, as lists or as sections."""
    text = written_case(**WHOLE, body=VALUE).text.replace("customer: a customer", "customer: pulp mill with two lines")
    found = measure_completeness(written(text).document)
    assert (found.share, found.gaps) == (1.0, ())


def test_thin_part_counts_half() -> None:
    """A challenge in ten words is a gap that is told as such, and is worth more than none."""
    none = measure_completeness(written_case(**WHOLE | {"challenge": ""}, body=VALUE).document)
    thin = measure_completeness(written_case(**WHOLE | {"challenge": "They want 5% off."}, body=VALUE).document)
    assert none.share < thin.share < 1
    assert none.next[0].what == "`## Challenge` is missing"
    assert thin.next[0].what == "`## Challenge` says little yet"


@pytest.mark.parametrize(
    ("language", "heading"), [("de", "## Herausforderung"), ("fr-CH", "## Défi"), ("it", "## Challenge")]
)
def test_headings_are_those_of_the_language(language: str, heading: str) -> None:
    """An author is told the heading to write in the language of the case."""
    gaps = measure_completeness(written(BARE.replace("title", f"language: {language}\ntitle")).document).gaps
    assert heading in gaps[0].what
    assert "## Solution" in gaps[2].what or language == "de"


@pytest.mark.parametrize("type_name", ITEM_TYPES)
def test_every_type_is_measured(type_name: str) -> None:
    """Each type of item has gaps, and each gap says what, why and how it could read."""
    text = f"---\ntitle: A\ntype: {type_name}\n---\n\nNotes.\n"
    found = measure_completeness(written(text, "a.md").document)
    assert 0 <= found.share < 1
    assert len(found.next) == 3
    assert all(gap.what and gap.why and gap.example for gap in found.gaps)


def test_concept_is_asked_for_labels_in_each_language() -> None:
    """A label in one of three languages says little yet."""
    found = measure_completeness(written(concept_text("Price"), "kb/challenges/chl-a.md").document)
    assert "`labels` says little yet" in [gap.what for gap in found.gaps]


def test_spoken_challenge_is_enough() -> None:
    """The challenge that other tests write is no gap."""
    assert "body.challenge" not in [
        gap.part for gap in measure_completeness(written_case(challenge=SPOKEN).document).gaps
    ]
