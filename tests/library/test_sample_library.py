"""The sample library that ships: whole, sound, invented, in three languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from library.access import open_to_all
from library.codes import industries
from library.documents import SectionKind, heading_kinds
from library.items import BusinessCase, Competency, Concept, IndustryNote, LearningResource
from library.reading import Reading, count_by_type, plain_reader, read_library
from library.settings import known_codes, load_settings

ROOT = Path(__file__).parents[2]
LANGUAGES = {"en", "de", "fr"}


@pytest.fixture(scope="module")
def reading() -> Reading:
    settings = load_settings(library=ROOT)
    regions, known_industries = known_codes(settings)
    return read_library(
        ROOT,
        plain_reader(heading_kinds(settings.headings)),
        max_bytes=settings.max_file_kilobytes * 1000,
        regions=regions,
        industries=known_industries,
    )


def _concepts(reading: Reading) -> list[Concept]:
    return [document.item for document in reading.documents if isinstance(document.item, Concept)]


def _cases(reading: Reading) -> list[BusinessCase]:
    return [document.item for document in reading.documents if isinstance(document.item, BusinessCase)]


def test_sample_library_has_no_problem(reading: Reading) -> None:
    """Nothing that ships is left out, doubtful or unfinished."""
    assert [problem.as_text() for problem in reading.problems] == []
    assert len(reading.documents) == reading.read


def test_sample_library_has_what_is_promised(reading: Reading) -> None:
    """The whole starting vocabulary, and enough cases, notes and learning to try a search."""
    counts = count_by_type(reading.documents)
    assert (counts["enabler"], counts["challenge_type"]) == (22, 21)
    assert counts["business_case"] >= 12
    assert counts["industry_note"] >= 4
    assert counts["learning_resource"] >= 6


def test_competencies_are_24_in_6_areas(reading: Reading) -> None:
    """Every competency lies in one area, and every area holds some."""
    skills = [document.item for document in reading.documents if isinstance(document.item, Competency)]
    areas = {item.id for item in skills if item.id.startswith("cmp-area-")}
    leaves = [item for item in skills if item.id not in areas]
    assert (len(areas), len(leaves)) == (6, 24)
    assert all(len(item.broader) == 1 for item in leaves)
    assert {item.broader[0] for item in leaves} == areas
    assert not any(item.broader for item in skills if item.id in areas)


def test_vocabulary_speaks_three_languages(reading: Reading) -> None:
    """Labels, definitions and (but for the six areas) other labels in three languages, none of them blank."""
    for item in _concepts(reading):
        for texts in (item.labels, item.definition):
            assert set(texts) >= LANGUAGES, item.id
            assert all(text.strip() for text in texts.values()), item.id
        if item.id.startswith("cmp-area-"):
            continue
        assert set(item.alt_labels) >= LANGUAGES, item.id
        assert all(names and all(name.strip() for name in names) for names in item.alt_labels.values()), item.id


def test_labels_are_unambiguous(reading: Reading) -> None:
    """Within a type no two concepts are called the same in one language."""
    for language in LANGUAGES:
        labels = [(item.model_dump()["type"], item.labels[language].casefold()) for item in _concepts(reading)]
        assert len(set(labels)) == len(labels)


def test_cases_come_from_many_industries(reading: Reading) -> None:
    """Twelve cases from at least eight industries (ISIC divisions or sections)."""
    codes = {industry.code for case in _cases(reading) for industry in case.industries}
    assert len(codes) >= 8
    assert codes <= set(industries().entries)


def test_sample_content_is_marked_as_invented(reading: Reading) -> None:
    """Nobody takes a sample for a customer of theirs."""
    samples = [d.item for d in reading.documents if isinstance(d.item, BusinessCase | IndustryNote | LearningResource)]
    assert [item.id for item in samples if not item.illustrative] == []


def test_every_case_can_be_searched_and_followed_up(reading: Reading) -> None:
    """A sample case tells its challenge and links competencies, enablers, challenge types and somebody to ask."""
    for document in reading.documents:
        item = document.item
        if not isinstance(item, BusinessCase):
            continue
        kinds = {section.kind for section in document.sections if section.text}
        assert {SectionKind.CONTEXT, SectionKind.CHALLENGE, SectionKind.SOLUTION} <= kinds, item.id
        assert item.competencies, item.id
        assert item.enablers, item.id
        assert item.challenge_types, item.id
        assert item.contact or item.owner, item.id


def test_sample_cases_are_open_but_for_those_that_show_access(reading: Reading) -> None:
    """Whoever tries a search sees the cases; a confidential one names its groups."""
    cases = _cases(reading)
    assert sum(open_to_all(case) for case in cases) >= len(cases) * 3 / 4
    assert all(case.access_groups for case in cases if not open_to_all(case))


def test_every_concept_is_described(reading: Reading) -> None:
    """Each page of the vocabulary has text of its own, not only labels."""
    for document in reading.documents:
        if isinstance(document.item, Concept):
            assert any(section.text.strip() for section in document.sections), document.id
