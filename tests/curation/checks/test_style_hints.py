"""Hints say what makes a case easier to find and to believe, and leave good cases alone."""

from __future__ import annotations

import pytest

from curation.checks.results import WrittenItem
from curation.checks.style import find_style_hints
from library.problems import Severity
from tests.conftest import concept_text
from tests.curation.checks.written import written, written_case

OUTSIDE = "The customer operates eleven plants and procures pumps under a framework contract. " * 4


def _hints(item: WrittenItem) -> list[str]:
    return [hint.message for hint in find_style_hints(item)]


def test_good_case_has_no_hint() -> None:
    """A case in which the customer speaks is left alone."""
    assert _hints(written_case()) == []


def test_challenge_without_a_voice() -> None:
    """A challenge that is told from outside is found by nobody who types what customers say."""
    (hint,) = find_style_hints(written_case(challenge=OUTSIDE))
    assert hint.severity is Severity.HINT
    assert hint.message.startswith("nobody speaks in the challenge")
    assert written_case(challenge=OUTSIDE).text.split("\n")[hint.line - 1] == "## Challenge"


@pytest.mark.parametrize(
    "spoken", ["„Zu teuer“, sagt er.", "We lose an hour a day.", "Nous perdons une heure.", '> "No"']
)
def test_one_sentence_of_the_customer_is_enough(spoken: str) -> None:
    """Quotation marks of any language, or a first person, are a voice."""
    assert _hints(written_case(challenge=f"{OUTSIDE}\n\n{spoken}")) == []


@pytest.mark.parametrize(
    "pitch", ["best-in-class", "Seamlessly", "ganzheitlichen", "solution clé en main", "leading provider of"]
)
def test_suppliers_words_in_the_challenge(pitch: str) -> None:
    """Pitch words are told with their line, in three languages; elsewhere they are the author's affair."""
    challenge = f"“We wait for weeks.”\n\nThey needed {pitch} service."
    (hint,) = find_style_hints(written_case(challenge=challenge))
    assert f"“{pitch}”" in hint.message
    assert pitch in written_case(challenge=challenge).text.split("\n")[hint.line - 1]
    assert _hints(written_case(solution=challenge)) == []


@pytest.mark.parametrize(
    ("value", "hinted"),
    [
        ("The customer was very happy and our standing improved.", True),
        ("Stops fell from 14 to 5 hours.", False),
        ("Stops were halved.", False),
        ("It was not measured, since the counter was new.", False),
        ("Der Wert wurde nicht gemessen.", False),
        ("L'effet n'a jamais été chiffré.", False),
    ],
)
def test_value_has_a_figure_or_a_reason(value: str, *, hinted: bool) -> None:
    """A value without a figure says why there is none."""
    assert bool(_hints(written_case(body=f"\n## Value\n\n{value}\n"))) is hinted


def test_stated_metric_is_a_figure() -> None:
    """A figure in the front matter need not be told again."""
    body = "\n## Value\n\nThe customer was happy.\n"
    assert _hints(written_case(body=body, more="value: [{metric: Stops, result: 5}]\n")) == []


def test_nothing_went_wrong() -> None:
    """“Nothing” below What went wrong is a hint; a missing section is a gap and no hint."""
    (hint,) = _hints(written_case(body="\n## What went wrong\n\nNothing much.\n"))
    assert hint == "“Nothing much.” is all that went wrong"


@pytest.mark.parametrize(
    ("summary", "outcome", "hinted"),
    [
        ("A mill had four visits for one pump and asked what its service contract was for", "success", True),
        ("A mill had four visits for one pump and asked what its service contract was for", "ongoing", False),
        ("A mill had 4 visits for one pump and now pays for running hours under a contract", "success", False),
        ("A mill had four visits for one pump. It now pays for running hours, and is content.", "success", False),
        ("A mill wants less.", "success", False),
    ],
)
def test_summary_tells_problem_and_result(summary: str, outcome: str, *, hinted: bool) -> None:
    """One long sentence without a figure tells half; a very short one is a gap, and what goes on has no result yet."""
    assert bool(_hints(written_case(summary=summary, outcome=outcome))) is hinted


def test_very_long_case() -> None:
    """Nobody reads thousands of words before a call."""
    (hint,) = _hints(written_case(solution="word " * 2_600))
    assert hint.startswith("the case has 2,6")
    assert _hints(written_case(solution="word " * 2_000)) == []


def test_other_types_have_no_hints() -> None:
    """A concept is no story."""
    assert _hints(written(concept_text("Price"), "kb/challenges/chl-a.md")) == []
