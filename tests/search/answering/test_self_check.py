"""The self-check of an enabler's page is read apart from the rest, and nothing of the page is lost."""

from __future__ import annotations

import pytest

from search.answering.self_check import read_self_check

PAGE = "## What it is\n\nA.\n\n{heading}\n\n- One?\n- *Two*\n  and more?\n\nThen this.\n\n{after}\n\nB.\n"


@pytest.mark.parametrize(
    "heading", ["## Do we have this?", "# do we have it", "### Haben wir das?", "## Avons-nous cela ?"]
)
def test_its_questions_are_read_in_every_language(heading: str) -> None:
    """In plain text and in order; what else its section says is advice."""
    level = heading.partition(" ")[0]
    check = read_self_check(PAGE.format(heading=heading, after=f"{level} After"))
    assert check.questions[0] == "One?"
    assert check.questions[1].startswith("Two")
    assert check.advice.split() == ["Then", "this."]
    assert "A." in check.rest
    assert f"{level} After\n\nB." in check.rest
    assert "One?" not in check.rest


@pytest.mark.parametrize(
    "markdown",
    ["", "## What it is\n\nA.\n", "## Do we have this?\n\nNo list.\n", "```\n## Do we have this?\n- x\n```\n"],
)
def test_a_page_without_questions_stays_whole(markdown: str) -> None:
    """Also one whose section has no list, or whose heading stands in code."""
    check = read_self_check(markdown)
    assert (check.questions, check.advice, check.rest) == ((), "", markdown)
