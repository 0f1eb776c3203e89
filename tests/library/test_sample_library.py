"""The sample library that ships: whole, sound, invented, in three languages, wide enough to learn from."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from library.access import open_to_all
from library.codes import industries
from library.documents import SectionKind, heading_kinds
from library.items import (
    BusinessCase,
    ChallengeType,
    Competency,
    Concept,
    Enabler,
    IndustryNote,
    LearningResource,
    NoteKind,
)
from library.problems import Severity
from library.reading import Reading, count_by_type, plain_reader, read_library
from library.settings import known_codes, load_settings

ROOT = Path(__file__).parents[2]
LANGUAGES = {"en", "de", "fr"}
WRITTEN = date(2026, 11, 22)  # a review that was overdue on this day stays overdue


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


def _replaced(reading: Reading) -> set[str]:
    return {id_ for case in _cases(reading) for id_ in case.supersedes}


def test_sample_library_has_no_problem(reading: Reading) -> None:
    """Nothing that ships is left out or doubtful; only what a draft still lacks is noted."""
    drafts = {f"cases/{case.id}.md" for case in _cases(reading) if case.status == "draft"}
    noted = [p for p in reading.problems if p.severity is not Severity.TODO or p.path not in drafts]
    assert [problem.as_text() for problem in noted] == []
    assert len(reading.documents) == reading.read


def test_sample_library_has_what_is_promised(reading: Reading) -> None:
    """72 cases, 20 notes, 30 learning resources and the whole starting vocabulary."""
    counts = count_by_type(reading.documents)
    assert (counts["enabler"], counts["challenge_type"]) == (22, 21)
    assert (counts["business_case"], counts["industry_note"], counts["learning_resource"]) == (72, 20, 30)


def test_cases_cover_the_vocabulary(reading: Reading) -> None:
    """Each challenge type has at least three cases that are served, each competency and enabler at least one."""
    served = [case for case in _cases(reading) if case.status == "approved"]
    types = Counter(id_ for case in served for id_ in case.challenge_types)
    skills = {id_ for case in served for id_ in case.competencies}
    used = {use.id for case in served for use in case.enablers}
    concepts = {type(item): set[str]() for item in _concepts(reading)}
    for item in _concepts(reading):
        concepts[type(item)].add(item.id)
    assert {id_: types[id_] for id_ in concepts[ChallengeType] if types[id_] < 3} == {}
    assert {id_ for id_ in concepts[Competency] - skills if not id_.startswith("cmp-area-")} == set()
    assert concepts[Enabler] - used == set()


def test_cases_come_from_many_places(reading: Reading) -> None:
    """At least 16 industries (ISIC divisions) and 12 countries."""
    cases = _cases(reading)
    divisions = {industry.code for case in cases for industry in case.industries}
    assert divisions <= set(industries().entries)
    assert len(divisions) >= 16
    assert len({region for case in cases for region in case.regions if re.fullmatch("[A-Z]{2}", region)}) >= 12


def test_cases_end_in_every_way(reading: Reading) -> None:
    """What failed half or wholly, or is not finished, stands beside what succeeded."""
    outcomes = Counter(case.outcome for case in _cases(reading))
    assert outcomes["partial"] >= 10
    assert outcomes["unsuccessful"] >= 6
    assert outcomes["ongoing"] >= 4


def test_cases_show_every_state(reading: Reading) -> None:
    """Languages, access, drafts, overdue reviews and superseded cases are all there to be tried."""
    cases = _cases(reading)
    languages = Counter(case.language.partition("-")[0] for case in cases)
    assert languages["de"] >= 6
    assert languages["fr"] >= 4
    classes = Counter(case.classification for case in cases)
    assert classes["confidential"] >= 6
    assert classes["restricted"] >= 2
    existences = {case.existence for case in cases if case.classification in ("confidential", "restricted")}
    assert {"discoverable", "hidden"} <= existences
    served = [case for case in cases if case.status == "approved"]
    assert sum(1 for case in served if (due := case.review_due()) and due < WRITTEN) >= 5
    assert sum(1 for case in cases if case.status == "draft") == 3
    assert len(_replaced(reading)) == 3
    assert {case.status for case in cases if case.id in _replaced(reading)} == {"archived"}
    assert all(case.archive_reason for case in cases if case.status == "archived")


def test_cases_show_what_is_optional(reading: Reading) -> None:
    """Offerings, market archetypes of life sciences and a translation are there to be tried."""
    cases = _cases(reading)
    assert sum(1 for case in cases if case.offerings) >= len(cases) / 2
    archetypes = [case for case in cases if case.market_archetype]
    assert len(archetypes) >= 3
    assert {industry.code for case in archetypes for industry in case.industries} <= {"21", "32", "46", "47", "86"}
    originals = {case.id: case for case in cases}
    translations = [case for case in cases if case.translation_of]
    assert [case.language for case in translations] == ["de"]
    assert all(originals[case.translation_of].language == "en" for case in translations if case.translation_of)


def test_practices_are_replicated(reading: Reading) -> None:
    """At least eight cases repeat an earlier one elsewhere: another customer, the same challenge or a part of it."""
    cases = {case.id: case for case in _cases(reading)}
    again = [case for case in cases.values() if case.replicates]
    assert len(again) >= 8
    for case in again:
        earlier = cases[case.replicates or ""]
        assert set(case.challenge_types) & set(earlier.challenge_types), case.id
        assert case.customer != earlier.customer, case.id


def test_no_two_cases_are_alike(reading: Reading) -> None:
    """No sentence of eight words or more stands in two cases, and no case is shorter than half a page."""
    seen: dict[str, str] = {}
    for document in reading.documents:
        if not isinstance(document.item, BusinessCase):
            continue
        body = " ".join(section.text for section in document.sections)
        assert len(body.split()) >= 300, document.id
        for sentence in re.split(r"(?<=[.!?])\s+", body):
            if len(sentence.split()) >= 8:
                assert seen.setdefault(sentence, document.id) == document.id, sentence


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
    cases = [case for case in _cases(reading) if case.status == "approved"]
    assert sum(open_to_all(case) for case in cases) >= len(cases) * 3 / 4
    assert all(case.access_groups for case in cases if not open_to_all(case))


HEADINGS = {
    Enabler: {
        "What good looks like",
        "How to engage it",
        "What gets in the way",
        "Questions to ask",
        "Do we have this?",
    },
    Competency: {"What good looks like", "How to build it", "What gets in the way", "Questions to ask"},
    ChallengeType: {"How it shows", "Questions to ask", "What often helps", "Signs that it is solved"},
}


def test_every_concept_has_a_page_to_use(reading: Reading) -> None:
    """Each page of the vocabulary says what a SAM needs: what good looks like, questions, blockers, indicators."""
    for document in reading.documents:
        item = document.item
        if not isinstance(item, Concept) or item.id.startswith("cmp-area-"):
            continue
        headings = {section.path[-1] for section in document.sections if section.path and section.text.strip()}
        assert HEADINGS[type(item)] <= headings, item.id


def test_enablers_and_competencies_can_be_checked(reading: Reading) -> None:
    """An enabler says how to get it and how to tell that it works; a competency how it shows."""
    for item in _concepts(reading):
        if isinstance(item, Enabler):
            assert item.how_to_engage, item.id
            assert item.typical_blockers, item.id
            assert item.indicators, item.id
        if isinstance(item, Competency) and not item.id.startswith("cmp-area-"):
            assert item.behavioural_indicators, item.id


def test_every_competency_is_taught(reading: Reading) -> None:
    """For each competency there is something to learn it from."""
    resources = [d.item for d in reading.documents if isinstance(d.item, LearningResource)]
    taught = {id_ for resource in resources for id_ in resource.teaches}
    skills = {item.id for item in _concepts(reading) if isinstance(item, Competency)}
    assert {id_ for id_ in skills - taught if not id_.startswith("cmp-area-")} == set()
    assert all(resource.url.startswith("https://example.org/") for resource in resources)


def test_notes_are_of_every_kind(reading: Reading) -> None:
    """Each kind of note is there, each with sources, key points, questions and a date until which it holds."""
    notes = [d.item for d in reading.documents if isinstance(d.item, IndustryNote)]
    assert {note.note_kind for note in notes} == set(get_args(NoteKind))
    for note in notes:
        assert note.valid_until, note.id
        assert min(len(note.sources), len(note.key_points), len(note.opportunity_questions)) >= 2, note.id
