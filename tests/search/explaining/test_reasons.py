"""search.explaining.reasons: why a case was found and how it differs; never more than is known."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from library.codes import regions
from library.items import BusinessCase, ValueMetric
from search.answers.answer import Named
from search.briefs.labels import BRIEF_LABELS
from search.explaining.phrases import PHRASES, PHRASES_OF_CASE, SECTIONS, VERDICTS
from search.explaining.reasons import CaseFacts, Explainer, Explanation
from search.ranking.verdict import Caveat, Verdict
from search.rendering.labels import TEXT_LABELS
from search.understanding.naming import Mention
from search.understanding.scale import Scale
from search.understanding.situation import Situation

TYPES = {"chl-price": "Price pressure", "chl-tender": "Tender", "chl-sponsor": "Sponsor change"}


def _explain(
    situation: Situation, facts: CaseFacts, *, language: str = "en", text_languages: tuple[str, ...] = ("en",)
) -> Explanation:
    explainer = Explainer(
        situation, language=language, text_languages=text_languages, type_labels=TYPES, known_regions=regions()
    )
    return explainer.explain(facts)


def _situation(**values: str) -> Situation:
    """Return a situation of mentions by aspect: `types="chl-a chl-b", regions="DE"`."""
    mentions = {name: tuple(Mention(value, value) for value in text.split()) for name, text in values.items()}
    types = mentions.get("types", ())
    return Situation(types, types, mentions.get("industries", ()), mentions.get("regions", ()))


def _facts(*, types: str = "", industries: str = "", places: str = "", **item_fields: str) -> CaseFacts:
    """Return a case with a challenge that reads much like the text, and fields of one's own."""
    item = {"id": "case-a", "title": "A", "outcome": "success", "customer": "a customer", **item_fields}
    return CaseFacts(
        BusinessCase.model_validate(item),
        tuple(Named(id_, TYPES[id_]) for id_ in types.split()),
        tuple(Named(code, f"industry {code}") for code in industries.split()),
        tuple(Named(code, regions().label(code)) for code in places.split()),
        section="challenge",
        cosine=0.6,
    )


def _with_evidence(evidence: str | None) -> CaseFacts:
    value = [{"metric": "Saved", "evidence": evidence}] if evidence else []
    facts = _facts()
    return replace(facts, item=facts.item.model_copy(update={"value": tuple(map(ValueMetric.model_validate, value))}))


def _aspects(explanation: Explanation) -> tuple[list[str], list[str]]:
    return [entry.aspect for entry in explanation.matches], [entry.aspect for entry in explanation.differs]


def test_shared_challenge_types_come_first_then_the_main_difference() -> None:
    """The sentence names what is shared in the problem, then the weightiest difference."""
    found = _explain(
        _situation(types="chl-price chl-tender", industries="11"),
        _facts(types="chl-price chl-tender", industries="10", outcome="partial"),
    )
    assert found.reason == (
        "Same kind of challenge: Price pressure, Tender; main difference: another industry (industry 10 instead of "
        "Manufacture of beverages)."
    )
    assert _aspects(found) == (["challenge"], ["industry", "outcome"])
    assert found.matches[0].values == ("chl-price", "chl-tender")


def test_what_the_text_does_not_say_is_no_difference() -> None:
    """A text that names no industry, region, type or size differs from no case in them."""
    found = _explain(Situation(), _facts(types="chl-price", industries="10", places="DE", customer="brewer, 60 sites"))
    assert (found.matches, found.differs) == ((), ())


def test_what_the_case_does_not_say_is_no_difference() -> None:
    """A case without industries, regions, types and size is not another one in them."""
    said = _situation(types="chl-price", industries="10", regions="DE")
    assert _explain(said, _facts()).differs == ()


@pytest.mark.parametrize(
    ("cosine", "languages", "said"),
    [
        (0.60, ("en",), "Its challenge reads much like yours."),
        (0.40, ("en",), "Its challenge reads somewhat like yours."),
        (0.20, ("en",), "Only distantly alike, in its challenge most of all."),
        (0.60, ("de",), "Its challenge reads somewhat like yours."),
        (0.40, ("de",), "Only distantly alike, in its challenge most of all."),
    ],
)
def test_similarity_alone_is_called_that(cosine: float, languages: tuple[str, ...], said: str) -> None:
    """Where only closeness of wording speaks for a case, the sentence says no more, and less of other languages."""
    facts = replace(_facts(types="chl-price"), cosine=cosine)
    assert _explain(Situation(), facts, text_languages=languages).reason == said


def test_shared_words_stand_for_an_unnamed_problem() -> None:
    """Without a shared type the words that text and passage share are told, as words and no more."""
    found = _explain(Situation(), replace(_facts(), words=("sponsor", "left")))
    assert found.reason == "Its challenge reads much like yours (“sponsor”, “left”)."
    assert [(entry.aspect, entry.values) for entry in found.matches] == [("words", ("sponsor", "left"))]


def test_case_without_passages_has_a_reason_too() -> None:
    """A case of which no passage is known is called alike as a whole."""
    assert _explain(Situation(), replace(_facts(), section=None)).reason.startswith("Alike as a whole")


def test_other_kind_of_challenge_is_the_main_difference() -> None:
    """A case of other types than those that the text names says so first."""
    found = _explain(_situation(types="chl-sponsor", industries="11"), _facts(types="chl-price", industries="10"))
    assert found.differs[0].text == "not about Sponsor change"
    assert "main difference: not about Sponsor change." in found.reason


def test_uncovered_part_of_the_challenge_comes_last() -> None:
    """Of a text with several problems the case shares one; the others are told after all else."""
    facts = replace(_facts(types="chl-price", outcome="unsuccessful"), lacked=(Named("enb-a", "Desk"),))
    found = _explain(_situation(types="chl-price chl-sponsor"), facts)
    told = ["it did not succeed", "it lacked Desk", "not about Sponsor change"]
    assert [entry.text for entry in found.differs] == told


@pytest.mark.parametrize(
    ("said", "own", "matches", "differs"),
    [
        ("DE", "DE", "same region: Germany", None),
        ("DACH", "DE", "near in region: Germany", None),
        ("DE", "DACH", "near in region: DACH", None),
        ("DE", "AT", "near in region: Austria", None),
        ("039", "IT", "near in region: Italy", None),
        ("EU", "CH", None, "another region (Switzerland instead of European Union)"),
        ("DE", "RO", None, "another region (Romania instead of Germany)"),
        ("DE", "US", None, "another region (United States instead of Germany)"),
        ("DE", "BR US", None, "another region (Brazil, United States instead of Germany)"),
        ("DE FR", "FR US", "same region: France", None),
    ],
)
def test_regions_are_near_if_one_holds_the_other(said: str, own: str, matches: str | None, differs: str | None) -> None:
    """A broader region counts as near, as do neighbours within a small one; a continent makes nothing near."""
    found = _explain(_situation(regions=said), _facts(places=own))
    assert (found.matches[0].text if found.matches else None) == matches
    assert (found.differs[0].text if found.differs else None) == differs


@pytest.mark.parametrize(("said", "own", "match"), [("10", "10", True), ("C", "10", True), ("11", "10", False)])
def test_industries_are_near_if_one_holds_the_other(said: str, own: str, match: bool) -> None:  # noqa: FBT001
    """A section is near its divisions; two divisions of one section are different industries."""
    found = _explain(_situation(industries=said), _facts(industries=own))
    assert bool(found.matches) is match
    assert bool(found.differs) is not match


@pytest.mark.parametrize(
    ("customer", "matches", "differs"),
    [
        ("brewer, fourteen breweries", "about as large: fourteen breweries", None),
        ("brewer, 60 plants", None, "another size (60 plants instead of 6 plants)"),
        ("brewer, 24 plants", None, None),
        ("retailer, 900 stores", None, None),
    ],
)
def test_size_is_compared_where_it_can_be(customer: str, matches: str | None, differs: str | None) -> None:
    """Plants are compared with plants; a middling factor says nothing."""
    situation = Situation(scales=(Scale("plant", 6, "6 plants", None),))
    found = _explain(situation, _facts(customer=customer))
    assert (found.matches[0].text if found.matches else None) == matches
    assert (found.differs[0].text if found.differs else None) == differs


@pytest.mark.parametrize(
    ("evidence", "matches", "differs"),
    [
        ("customer_verified", ["figures verified by the customer or by finance"], []),
        ("estimated", [], ["its figures are estimates"]),
        (None, [], ["it states no figures"]),
    ],
)
def test_figures_count_if_they_are_asked_for(evidence: str | None, matches: list[str], differs: list[str]) -> None:
    """Who asks what it was worth is told how far the figures can be relied on; nobody else is."""
    facts = _with_evidence(evidence)
    found = _explain(Situation(asks_figures=Mention("asked", "what was it worth")), facts)
    assert [entry.text for entry in found.matches] == matches
    assert [entry.text for entry in found.differs] == differs
    assert _aspects(_explain(Situation(), facts)) == ([], [])


def test_success_counts_if_it_is_asked_for() -> None:
    """A success matches who asks for one; a case that is no success differs for everybody."""
    asked = Situation(asks_success=Mention("asked", "success only"))
    assert _aspects(_explain(asked, _facts())) == (["outcome"], [])
    assert _aspects(_explain(Situation(), _facts())) == ([], [])
    assert _aspects(_explain(Situation(), _facts(outcome="unsuccessful"))) == ([], ["outcome"])


def test_enablers_that_a_team_does_not_have_are_a_difference() -> None:
    """What the case rested on and the team lacks is told apart from what the case itself lacked."""
    facts = replace(_facts(), not_had=(Named("enb-a", "Desk"),), lacked=(Named("enb-b", "Sponsor"),))
    found = _explain(Situation(), facts)
    assert [(entry.text, entry.values) for entry in found.differs] == [
        ("it rested on Desk, which you do not have", ("enb-a",)),
        ("it lacked Sponsor", ("enb-b",)),
    ]


@pytest.mark.parametrize(
    ("language", "reason"),
    [
        ("de", "Gleiche Art von Herausforderung: Price pressure; Hauptunterschied: nur zum Teil gelungen."),
        ("de-AT", "Gleiche Art von Herausforderung: Price pressure; Hauptunterschied: nur zum Teil gelungen."),
        (
            "fr",
            "Même type de défi\u00a0: Price pressure\u202f; principale différence\u00a0: réussite partielle seulement.",
        ),
        ("it", "Same kind of challenge: Price pressure; main difference: it succeeded only in part."),
    ],
)
def test_reason_is_in_the_language_of_labels(language: str, reason: str) -> None:
    """Three languages; another one gets English."""
    facts = _facts(types="chl-price", outcome="partial")
    assert _explain(_situation(types="chl-price"), facts, language=language).reason == reason


@pytest.mark.parametrize(
    ("language", "close", "narrower"),
    [
        ("en", "Its challenge reads much like this case.", "A narrower kind of this case's challenge: Price pressure."),
        (
            "de",
            "Der Abschnitt „Herausforderung“ liest sich sehr ähnlich wie dieser Fall.",
            "Engere Art der Herausforderung dieses Falls: Price pressure.",
        ),
        (
            "fr",
            "Sa partie «\u00a0défi\u00a0» ressemble beaucoup à ce cas.",
            "Un type plus précis du défi de ce cas\u00a0: Price pressure.",
        ),
    ],
)
def test_a_case_is_compared_with_a_case_and_no_text(language: str, close: str, narrower: str) -> None:
    """Who looks for what is like a case has typed nothing, so no reason speaks of a text of theirs."""
    asked = Situation(is_of_case=True)
    assert _explain(asked, _facts(), language=language).reason == close
    wider = replace(_situation(types="chl-sponsor"), is_of_case=True)
    facts = replace(_facts(types="chl-price"), broader={"chl-price": frozenset({"chl-price", "chl-sponsor"})})
    assert _explain(wider, facts, language=language).reason == narrower


def test_every_language_has_every_phrase_with_the_same_values() -> None:
    """No reason fails for want of a phrase or a value of it."""
    for table in (PHRASES, PHRASES_OF_CASE, SECTIONS, VERDICTS):
        assert {tuple(phrases) for phrases in table.values()} == {tuple(table["en"])}
        for key, english in table["en"].items():
            for language in table:
                assert english.count("{") == table[language][key].count("{"), (language, key)
    assert set(PHRASES_OF_CASE["en"]) <= set(PHRASES["en"])
    assert {*Verdict, *Caveat} <= set(VERDICTS["en"])


def _texts(language: str) -> list[str]:
    """Return every text that stands around the cases' own words in a language."""
    tables = (PHRASES, PHRASES_OF_CASE, SECTIONS, VERDICTS, TEXT_LABELS, BRIEF_LABELS)
    return [text for table in tables for text in table[language].values()]


def test_french_texts_are_set_as_french_is() -> None:
    """No line breaks before a sign or inside quotation marks: a narrow space before ; ! ? and a whole one elsewhere."""
    for text in _texts("fr"):
        assert not re.search(r"[^\u202f][;!?]", text), text
        assert not re.search(r"[^\u00a0]:", text), text
        assert not re.search(r"«[^\u00a0]|[^\u00a0]»|[\"“”„']", text), text
    assert any("«" in text for text in _texts("fr"))


def test_german_texts_are_quoted_as_german_is() -> None:
    """Quotation marks open below and close above, and there are no straight ones."""
    for text in _texts("de"):
        assert not re.search(r"[\"'«»”]", text), text
        assert re.sub(r"[^„“]", "", text) in ("", "„“"), text
    assert any("„" in text for text in _texts("de"))
