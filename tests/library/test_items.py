"""Items: every type takes strings, gives them their type, and knows what it refers to."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from library.items import (
    FOLDERS,
    ITEM_TYPES,
    BusinessCase,
    Competency,
    Enabler,
    IndustryNote,
    Item,
    LearningResource,
    duration,
    entry_fields,
)

# The field that each type needs besides an id; a concept takes its title from its labels.
_LEAST: dict[str, dict[str, Any]] = {
    "business_case": {"title": "A"},
    "industry_note": {"title": "A"},
    "competency": {"labels": {"en": "A"}},
    "enabler": {"labels": {"en": "A"}},
    "challenge_type": {"labels": {"en": "A"}},
    "learning_resource": {"title": "A"},
}


def _item(type_name: str, **values: Any) -> Item:
    return ITEM_TYPES[type_name].model_validate({"id": "x", **_LEAST[type_name], **values})


def _case(**values: Any) -> BusinessCase:
    return BusinessCase.model_validate({"id": "x", "title": "A", **values})


@pytest.mark.parametrize("type_name", ITEM_TYPES)
def test_least_item_is_a_draft_that_nobody_is_served(type_name: str) -> None:
    """What is not written is the careful choice: a draft, without classification, in English."""
    item = _item(type_name)
    assert (item.title, item.status, item.classification, item.language) == ("A", "draft", None, "en")


@pytest.mark.parametrize("type_name", ITEM_TYPES)
def test_every_type_has_its_folder_and_knows_its_name(type_name: str) -> None:
    """Type, folder and model belong together."""
    assert type_name in FOLDERS
    assert _item(type_name).model_dump()["type"] == type_name


@pytest.mark.parametrize("type_name", ITEM_TYPES)
def test_fields_to_publish_exist_and_say_what_to_write(type_name: str) -> None:
    """Whoever misses a field is told what to write in it."""
    model = ITEM_TYPES[type_name]
    for name in ("id", "title", *model.TO_PUBLISH):
        assert model.model_fields[name].description


def test_item_cannot_be_changed() -> None:
    """An item that was read stays as it was read."""
    case: Any = _case()
    with pytest.raises(ValidationError):
        case.title = "B"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ""),
        ("title", "  "),
        ("title", "x" * 1001),
        ("language", "English"),
        ("language", "e"),
        ("summary", "x" * 601),
        ("status", "Approved"),
        ("classification", "secret"),
        ("classification", "Internal"),
        ("existence", "yes"),
        ("outcome", "failure"),
        ("practice_maturity", "best"),
        ("reference_permission", "all"),
        ("anonymised", "maybe"),
        ("value", [{"category": "quality"}]),
        ("value", [{"metric": "a", "category": "money"}]),
        ("value", [{"metric": "a", "evidence": "sure"}]),
        ("enablers", [{"id": "e", "effect": "big"}]),
        ("industries", [{"scheme": "isic"}]),
    ],
)
def test_value_outside_the_schema_is_refused(field: str, value: object) -> None:
    """A misspelt status or class is never taken for another one."""
    with pytest.raises(ValidationError):
        _case(**{field: value})


@pytest.mark.parametrize("language", ["en", "de", "fr-CH", "zh-Hant", "gsw", "pt-BR"])
def test_language_tags_are_taken(language: str) -> None:
    """A language is any BCP 47 tag, not one of three."""
    assert _case(language=language).language == language


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "2026-13-01",
        "2026-1-5",
        "05.01.2026",
        "2026-01-05T00:00:00",
        "2026",
        "1767571200",
        "yesterday",
        "20260105",
    ],
)
def test_wrong_date_is_refused(text: str) -> None:
    """A date is a day of the calendar, written year, month, day; a number is no date."""
    with pytest.raises(ValidationError):
        _case(created=text)


def test_date_is_a_day() -> None:
    """The written day is the day, without time or zone."""
    assert _case(created="2024-02-29").created == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "days"), [("P12M", 365), ("P6M", 183), ("P1Y", 365), ("P2W", 14), ("P10D", 10), ("P1Y1M1W1D", 404)]
)
def test_duration_in_days(text: str, days: int) -> None:
    """Years and months count as their mean length."""
    assert duration(text) == timedelta(days=days)


@pytest.mark.parametrize("text", ["", "P", "12M", "P12", "p12m", "PT1H", "P0D", "P-1D", "P99999999999Y", "soon"])
def test_wrong_duration_is_refused(text: str) -> None:
    """A review interval that is none, zero or longer than time itself is a mistake to tell, not a crash."""
    with pytest.raises(ValidationError):
        _case(review_interval=text)


def test_review_is_due_an_interval_after_verification() -> None:
    """Cases are due after twelve months, notes after six, and each item may say otherwise."""
    note = IndustryNote.model_validate({"id": "n", "title": "A", "last_verified": "2026-01-01"})
    assert _case(last_verified="2026-01-01").review_due() == date(2027, 1, 1)
    assert note.review_due() == date(2026, 7, 3)
    assert _case(last_verified="2026-01-01", review_interval="P10D").review_due() == date(2026, 1, 11)
    assert _case().review_due() is None


@pytest.mark.parametrize(("verified", "interval"), [("9999-12-31", "P1D"), ("2026-01-01", "P9000Y")])
def test_review_beyond_the_calendar_is_never_due(verified: str, interval: str) -> None:
    """An interval past the last day that exists is no error of the search that shows it."""
    assert _case(last_verified=verified, review_interval=interval).review_due() == date.max


@pytest.mark.parametrize("text", ["true", "True", "yes", "on", "1"])
def test_yes_in_any_usual_form_is_true(text: str) -> None:
    """Values arrive as strings, also those that mean yes."""
    assert _case(illustrative=text).illustrative


@pytest.mark.parametrize("text", ["false", "no", "off", "0"])
def test_no_in_any_usual_form_is_false(text: str) -> None:
    """The string "no" is not true just because it is not empty."""
    assert not _case(illustrative=text).illustrative


def test_single_value_is_a_list_of_one() -> None:
    """`regions: NO` means the same as `regions: [NO]`."""
    case = _case(regions="NO", industries={"scheme": "isic", "code": "011"}, enablers="enb-coe", value={"metric": "m"})
    assert case.regions == ("NO",)
    assert [industry.code for industry in case.industries] == ["011"]
    assert [use.id for use in case.enablers] == ["enb-coe"]
    assert [metric.metric for metric in case.value] == ["m"]


def test_plain_industry_label_has_no_scheme() -> None:
    """An industry may be a word of the firm's own."""
    industry = _case(industries=["Brewing"]).industries[0]
    assert (industry.scheme, industry.code) == ("", "Brewing")


def test_enabler_may_say_what_it_did() -> None:
    """A missing enabler is a lesson and stays one."""
    uses = _case(enablers=["enb-a", {"id": "enb-b", "effect": "missing"}]).enablers
    assert [(use.id, use.effect) for use in uses] == [("enb-a", None), ("enb-b", "missing")]


def test_figures_stay_as_written() -> None:
    """`3.10` per cent is not 3.1, and a comma is not an error."""
    metric = _case(value=[{"metric": "m", "baseline": "3.10", "result": "1,5"}]).value[0]
    assert (metric.baseline, metric.result) == ("3.10", "1,5")


def test_account_key_leaves_no_item() -> None:
    """The CRM key is read, so that it is no unknown field, and never written anywhere."""
    case = _case(account_key="CRM-4711")
    assert "CRM-4711" not in case.model_dump_json()
    assert "account_key" not in case.model_dump()


def test_references_name_field_id_and_type() -> None:
    """Whatever one item says of another can be checked."""
    case = _case(
        challenge_types=["c"],
        competencies=["k"],
        enablers=[{"id": "e"}],
        replicates="r",
        related=["a", "b"],
        supersedes="s",
        translation_of="t",
    )
    assert set(case.referenced()) == {
        ("challenge_types", "c", "challenge_type"),
        ("competencies", "k", "competency"),
        ("enablers", "e", "enabler"),
        ("replicates", "r", "business_case"),
        ("related", "a", ""),
        ("related", "b", ""),
        ("supersedes", "s", ""),
        ("translation_of", "t", ""),
    }


def test_concepts_and_learning_refer_to_their_own_kind() -> None:
    """A competency is broader than competencies, learning teaches competencies."""
    skill = Competency.model_validate({"id": "k", "labels": {"en": "K"}, "broader": "area"})
    course = LearningResource.model_validate({"id": "l", "title": "L", "teaches": ["k"]})
    assert ("broader", "area", "competency") in skill.referenced()
    assert ("teaches", "k", "competency") in course.referenced()


def _enabler(**values: Any) -> Enabler:
    return Enabler.model_validate({"id": "e", **values})


def test_concept_takes_title_and_summary_from_its_language() -> None:
    """A vocabulary page writes each text once."""
    texts = {"labels": {"en": "Sponsor", "de": "Förderer"}, "definition": {"en": "Helps.", "de": "Hilft."}}
    assert (_enabler(**texts).title, _enabler(**texts).summary) == ("Sponsor", "Helps.")
    german = _enabler(language="de-CH", **texts)
    assert (german.title, german.summary) == ("Förderer", "Hilft.")


def test_concept_without_its_language_takes_english_then_any() -> None:
    """A label in some language is better than none."""
    assert _enabler(language="fr", labels={"de": "D", "en": "E"}).title == "E"
    assert _enabler(language="fr", labels={"de": "D"}).title == "D"


def test_concept_keeps_a_title_of_its_own() -> None:
    """What is written beats what would be filled in."""
    item = _enabler(title="Own", summary="Mine.", labels={"en": "E"}, definition={"en": "Theirs."})
    assert (item.title, item.summary) == ("Own", "Mine.")


def test_long_definition_makes_a_summary_of_the_allowed_length() -> None:
    """A definition may be longer than a summary."""
    assert _enabler(labels={"en": "E"}, definition={"en": "x" * 700}).summary == "x" * 600


def test_label_in_a_language_or_else_the_title() -> None:
    """A reader sees the label in their language where there is one."""
    item = _enabler(labels={"en": "E", "fr": "F"})
    assert [item.label(language) for language in ("fr", "fr-CH", "de", "en")] == ["F", "F", "E", "E"]


@pytest.mark.parametrize("labels", [None, {}, {"en": ""}, {"en": ["E"]}, "E", ["E"]])
def test_concept_without_usable_label_or_title_is_refused(labels: object) -> None:
    """A concept needs a name."""
    with pytest.raises(ValidationError):
        _enabler(labels=labels)


@pytest.mark.parametrize("language", [["en"], {"en": "x"}, ""])
def test_concept_with_a_language_of_the_wrong_form_is_refused_not_crashed(language: object) -> None:
    """Reading a label never trusts the language to be a text."""
    with pytest.raises(ValidationError):
        _enabler(labels={"en": "E"}, language=language)


def test_entry_fields_are_those_of_a_list_of_records() -> None:
    """Fields inside a list's entries are known, so that a misspelt one can be told."""
    assert entry_fields(BusinessCase, "enablers") == {"id", "effect"}
    assert "evidence" in entry_fields(BusinessCase, "value")
    assert entry_fields(Competency, "proficiency_levels") == {"level", "description"}
    assert not entry_fields(BusinessCase, "regions")
    assert not entry_fields(BusinessCase, "title")
    assert not entry_fields(BusinessCase, "no_such_field")
