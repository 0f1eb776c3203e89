"""search.understanding.situation: what a challenge says of itself; what it does not say is absent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from library.access import Asker
from library.items import BusinessCase
from search.engine import LocalEngine
from search.understanding.situation import Situation, read_situation, situation_of_case
from search.view import View
from tests.conftest import case_text, concept_text, index_library, write_library

LABELS = """alt_labels:
  en: [champion left, dual source, productivity]
  fr: [concurrent]
hidden_labels:
  en: [sponser gone]
"""
FILES = {
    "kb/challenges/chl-sponsor.md": concept_text("Sponsor change", more=LABELS),
    "kb/challenges/chl-merger.md": concept_text("Merger", more="alt_labels:\n  en: [M&A]\n"),
    "kb/challenges/chl-secret.md": concept_text("Zebra trouble", classification="confidential"),
    "kb/enablers/enb-desk.md": concept_text("Pricing desk"),
    "cases/case-a.md": case_text(challenge_types="chl-sponsor, chl-secret", region="Germany").replace(
        "customer: a customer", "customer: brewer with twelve breweries"
    ),
}


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    engine = index_library(write_library(tmp_path_factory.mktemp("situation"), FILES))
    yield View(engine, Asker())
    engine.close()


def _types(view: View, text: str, languages: tuple[str, ...] = ("en",)) -> list[tuple[str, str]]:
    found = read_situation(text, view, languages=languages)
    return [(mention.value, mention.words) for mention in found.challenge_types]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Their sponsor has changes", None),
        ("a sponsor change at the top", "sponsor change"),
        ("our Champion left in May", "Champion left"),
        ("sponser gone!!", "sponser gone"),
        ("they go for dual sources", "dual sources"),
    ],
)
def test_challenge_types_are_named_by_any_label(view: View, text: str, words: str | None) -> None:
    """Labels, other and misspelt names count in any inflected form, with the words of the text."""
    assert _types(view, text) == ([("chl-sponsor", words)] if words else [])


@pytest.mark.parametrize(
    "text", ["our products", "M reports", "the concurrent review of both plants", "Zebra trouble again"]
)
def test_other_words_with_the_same_stem_name_nothing(view: View, text: str) -> None:
    """Products are no productivity, M is no M&A, English is no French, and a hidden concept is nobody's."""
    assert _types(view, text) == []


def test_french_label_counts_in_a_french_text(view: View) -> None:
    """The label that means nothing in an English text is one in a French one."""
    assert _types(view, "un concurrent attaque", ("fr",)) == [("chl-sponsor", "concurrent")]


def test_concepts_of_other_types_are_no_challenge_types(view: View) -> None:
    """A text that names an enabler names a concept, and no kind of challenge."""
    found = read_situation("we have a pricing desk", view, languages=("en",))
    assert [mention.value for mention in found.concepts] == ["enb-desk"]
    assert found.challenge_types == ()


def test_text_that_says_nothing_is_an_empty_situation(view: View) -> None:
    """What is not said is absent, so that it can never be a difference."""
    assert read_situation("what would you do?", view) == Situation()


@pytest.mark.parametrize(
    ("text", "figures", "success"),
    [
        ("Has anyone done it, and what was it worth?", "what was it worth", None),
        ("Suche bezifferte Beispiele", "bezifferte", None),
        ("avec des gains chiffrés", "gains chiffrés", None),
        ("success stories with real numbers", "with real numbers", "success stories"),
        ("nur Erfolge bitte", None, "nur Erfolge"),
        ("notre chiffre d'affaires baisse", None, None),
        ("finance won't release savings numbers", None, None),
    ],
)
def test_what_is_asked_for_is_read(view: View, text: str, figures: str | None, success: str | None) -> None:
    """Asking for figures or for successes alone is understood in three languages; naming figures is not asking."""
    found = read_situation(text, view)
    assert (found.asks_figures.words if found.asks_figures else None) == figures
    assert (found.asks_success.words if found.asks_success else None) == success


def test_addresses_say_nothing(view: View) -> None:
    """A customer's name or country in a mail address or link is not what the text says."""
    text = "Write to sponsor.change@Poland.example or https://example.org/Germany/brewery"
    assert read_situation(text, view) == Situation()


def test_case_says_what_its_fields_say(view: View) -> None:
    """A case is a situation of visible types, codes and size, none of which stands in a typed text."""
    item = view.texts([view.by_id["case-a"].row])[view.by_id["case-a"].row].item
    assert isinstance(item, BusinessCase)
    found = situation_of_case(item, view)
    assert [mention.value for mention in found.challenge_types] == ["chl-sponsor"]
    assert [mention.value for mention in found.industries] == ["10"]
    assert [mention.value for mention in found.regions] == ["DE"]
    assert [(scale.kind, scale.number, scale.span) for scale in found.scales] == [("plant", 12, None)]
    assert all(mention.span is None for mention in (*found.challenge_types, *found.industries, *found.regions))


def test_group_member_names_the_hidden_type(tmp_path: Path) -> None:
    """Who may see a confidential concept can name it; the others' text names nothing."""
    text = FILES["kb/challenges/chl-secret.md"].replace("definition:", "access_groups: [red]\ndefinition:")
    engine: LocalEngine = index_library(write_library(tmp_path, {"kb/challenges/chl-secret.md": text}))
    for groups, named in ((frozenset({"red"}), ["chl-secret"]), (frozenset[str](), [])):
        found = read_situation("Zebra trouble", View(engine, Asker(groups=groups)))
        assert [mention.value for mention in found.challenge_types] == named
    engine.close()
