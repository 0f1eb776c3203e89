"""tests/relevance: the judged challenges of the sample library are whole, varied and graded by the rules."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from library.access import open_to_all
from library.documents import heading_kinds
from library.items import BusinessCase
from library.reading import plain_reader, read_library
from library.settings import known_codes, load_settings
from tests.test_layers import ROOT

HERE = Path(__file__).parent
UNANSWERABLE = {"none", "near-miss"}


@pytest.fixture(scope="module")
def queries() -> dict[str, dict[str, Any]]:
    rows = [json.loads(line) for line in (HERE / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len({row["_id"] for row in rows}) == len(rows)
    return {row["_id"]: row for row in rows}


@pytest.fixture(scope="module")
def grades() -> dict[str, dict[str, int]]:
    with (HERE / "qrels.tsv").open(encoding="utf-8", newline="") as file:
        rows = [(row["query-id"], row["corpus-id"], int(row["score"])) for row in csv.DictReader(file, delimiter="\t")]
    assert len({row[:2] for row in rows}) == len(rows)
    found: dict[str, dict[str, int]] = {}
    for query_id, case_id, grade in rows:
        found.setdefault(query_id, {})[case_id] = grade
    return found


@pytest.fixture(scope="module")
def cases() -> dict[str, BusinessCase]:
    settings = load_settings(library=ROOT)
    regions, industries = known_codes(settings)
    reading = read_library(
        ROOT,
        plain_reader(heading_kinds(settings.headings)),
        max_bytes=settings.max_file_kilobytes * 1000,
        regions=regions,
        industries=industries,
    )
    return {doc.item.id: doc.item for doc in reading.documents if isinstance(doc.item, BusinessCase)}


def test_60_answerable_and_40_unanswerable(queries: dict[str, dict[str, Any]]) -> None:
    """Both kinds are there in number, and some of the unanswerable ones are near misses."""
    kinds = Counter(row["kind"] for row in queries.values())
    assert sum(count for kind, count in kinds.items() if kind not in UNANSWERABLE) == 60
    assert kinds["none"] + kinds["near-miss"] == 40
    assert kinds["near-miss"] >= 10


def test_challenges_are_as_people_type_them(queries: dict[str, dict[str, Any]]) -> None:
    """Keywords, sentences, messy mails, German and French, both answerable and not."""
    answerable = [row for row in queries.values() if row["kind"] not in UNANSWERABLE]
    assert {row["kind"] for row in answerable} == {"keywords", "sentence", "email", "german", "french"}
    for language, least in (("de", 6), ("fr", 4)):
        assert sum(row["language"] == language for row in answerable) >= least
    rest = [row for row in queries.values() if row["kind"] in UNANSWERABLE]
    assert {row["language"] for row in rest} == {"en", "de", "fr"}


def test_every_grade_names_a_challenge_and_an_open_case(
    queries: dict[str, dict[str, Any]], grades: dict[str, dict[str, int]], cases: dict[str, BusinessCase]
) -> None:
    """Grades are 0 to 3, and every judged case is served to everybody."""
    for query_id, judged in grades.items():
        assert query_id in queries
        for case_id, grade in judged.items():
            assert grade in range(4), (query_id, case_id)
            assert case_id in cases, (query_id, case_id)
            assert cases[case_id].status == "approved", case_id
            assert open_to_all(cases[case_id]), case_id


def test_answerable_means_graded_so(queries: dict[str, dict[str, Any]], grades: dict[str, dict[str, int]]) -> None:
    """An answerable challenge has a closest or comparable case; an unanswerable one has neither."""
    for query_id, row in queries.items():
        best = max(grades.get(query_id, {}).values(), default=0)
        assert (best >= 2) == (row["kind"] not in UNANSWERABLE), query_id
    closest = sum(3 in grades[id_].values() for id_, row in queries.items() if row["kind"] not in UNANSWERABLE)
    assert closest >= 50


def test_challenges_are_spread_over_the_library(
    grades: dict[str, dict[str, int]], cases: dict[str, BusinessCase]
) -> None:
    """No few cases answer everything: at least two thirds of the open ones are closest or comparable somewhere."""
    served = {id_ for id_, case in cases.items() if case.status == "approved" and open_to_all(case)}
    useful = {id_ for judged in grades.values() for id_, grade in judged.items() if grade >= 2}
    assert len(useful & served) >= len(served) * 2 / 3


def test_challenges_are_in_other_words(queries: dict[str, dict[str, Any]]) -> None:
    """No challenge shares seven words in a row with a case: it was not copied from one."""
    runs: set[tuple[str, ...]] = set()
    for path in (ROOT / "cases").glob("*.md"):
        runs |= _runs(path.read_text(encoding="utf-8"))
    assert {id_ for id_, row in queries.items() if _runs(row["text"]) & runs} == set()


def test_pairs_alike_in_words_are_told_apart(cases: dict[str, BusinessCase], grades: dict[str, dict[str, int]]) -> None:
    """At least six pairs share words and no challenge type, and no challenge has both for its closest."""
    with (HERE / "alike_in_words.tsv").open(encoding="utf-8", newline="") as file:
        pairs = [(row["word"], row["one"], row["other"]) for row in csv.DictReader(file, delimiter="\t")]
    assert len(pairs) >= 6
    texts = {id_: (ROOT / "cases" / f"{id_}.md").read_text(encoding="utf-8").lower() for id_ in cases}
    for word, one, other in pairs:
        assert min(texts[one].count(word), texts[other].count(word)) >= 3, (word, one, other)
        assert not set(cases[one].challenge_types) & set(cases[other].challenge_types), (one, other)
        assert not any(judged.get(one) == judged.get(other) == 3 for judged in grades.values()), (one, other)


def _runs(text: str, length: int = 7) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}
