"""docs/search-json.md names every field of the JSON output with its type, and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from library.codes import regions
from search.answers.answer import SCHEMA
from search.filters import CASE_FACETS
from search.ranking.agreement import AGREEMENT_WEIGHTS
from search.ranking.diversity import LIKENESS
from search.ranking.fusion import ARM_WEIGHTS
from search.ranking.reranking import RERANKER
from tests.cli.conftest import Casebook
from tests.conftest import FakeEncoder, case_text, concept_text, index_library, write_library
from tests.test_layers import ROOT

Schema = Mapping[str, str]
# Objects whose keys are data: how the page calls such a key.
_OPEN = {
    "cases[].adjustments": "<name>",
    "cases[].arms": "<arm>",
    "enablers[].effects": "<case>",
    "gaps[].effects": "<case>",
    "facets": "<facet>",
    "filters": "<facet>",
    "counts": "<type>",
    "counts.<type>": "<status>",
    "coverage.values": "<facet>",
    "coverage.values.<facet>": "<value>",
    "coverage.concepts": "<facet>",
    "coverage.concepts.<facet>.cases": "<id>",
}
ASPECTS = {"challenge", "words", "industry", "region", "scale", "outcome", "enabler"}
_CHECK = {**_OPEN, "counts": "<severity>"}


def _documented() -> dict[str, Schema]:
    """Return the types of all fields by path, for each section of the page."""
    page = (ROOT / "docs" / "search-json.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    return {
        section.splitlines()[0]: dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \| [^|]+\S \|$", section, re.MULTILINE))
        for section in sections
    }


DOCUMENTED = _documented()


def _fields(value: Any, opened: Mapping[str, str], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every field of a JSON value with its path as the page writes it."""
    if isinstance(value, dict):
        for key, entry in value.items():
            name = opened.get(path, key)
            place = f"{path}.{name}" if path else name
            yield place, entry
            yield from _fields(entry, opened, place)
    elif isinstance(value, list):
        for entry in value:
            yield from _fields(entry, opened, f"{path}[]")


def _is_a(value: Any, kind: str) -> bool:
    """Whether a JSON value is what the page says."""
    if kind.endswith(" or null"):
        return value is None or _is_a(value, kind.removesuffix(" or null"))
    if kind.startswith("list of "):
        entry = kind.removeprefix("list of ").removesuffix("s")
        entry = "list of integers" if entry == "lists of integer" else entry
        return isinstance(value, list) and all(_is_a(part, entry) for part in value)
    if kind in ("integer", "number"):
        numbers: tuple[type, ...] = (int,) if kind == "integer" else (int, float)
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "boolean": bool, "object": dict, "any": object}[kind])


def _check(values: Sequence[Any], schema: Schema, opened: Mapping[str, str] = _OPEN) -> None:
    """Compare real output with the page: each field documented, each documented field real, each type right."""
    found = [field for value in values for field in _fields(value, opened)]
    assert {path for path, _ in found} == schema.keys()
    for path, value in found:
        assert _is_a(value, schema[path]), f"{path} is no {schema[path]}: {value!r}"


def _json(casebook: Casebook, *arguments: object, status: int = 0) -> Any:
    ended = casebook(*arguments, "--json")
    assert ended.status == status, ended.err
    return json.loads(ended.out)


def test_search_prints_what_the_page_says(casebook: Casebook, library: Path) -> None:
    """Every field of real answers is on the page with its type, and every field on the page is real."""
    narrowed = ("--region", "FR", "--challenge-type", "chl-sponsor")
    answers = [
        _json(casebook, "search", "our executive sponsor left the French brewery, sponsor change", "-l", library),
        _json(casebook, "search", "price cut", "-l", library, *narrowed),
        _json(casebook, "similar", "case-sponsor", "-l", library, "--have", "cmp-value"),
        _json(casebook, "search", "price", "-l", library, "--have", "enb-desk"),
    ]
    _check(answers, DOCUMENTED["search and similar"])


def test_page_names_every_facet_arm_and_adjustment(casebook: Casebook, library: Path) -> None:
    """Where the page lists the keys of an object, it lists those that there are."""
    page = (ROOT / "docs" / "search-json.md").read_text(encoding="utf-8")
    facets = re.search(r"^\| `facets` \|.*$", page, re.MULTILINE)
    arms = re.search(r"^\| `cases\[\]\.arms` \|.*$", page, re.MULTILINE)
    adjustments = re.search(r"^\| `cases\[\]\.adjustments` \|.*$", page, re.MULTILINE)
    assert facets
    assert arms
    assert adjustments
    assert tuple(re.findall(r"`([\w-]+)`", facets[0]))[1:] == CASE_FACETS
    assert set(re.findall(r": (`.*`);", arms[0])[0].replace("`", "").split(", ")) == ARM_WEIGHTS.keys()
    names = {*AGREEMENT_WEIGHTS, RERANKER, LIKENESS}
    assert set(re.findall(r"`([\w-]+)`", adjustments[0].partition(" by name: ")[2].partition(";")[0])) == names
    answer = _json(casebook, "search", "our sponsor left", "-l", library)
    assert tuple(answer["facets"]) == CASE_FACETS
    assert answer["schema"] == SCHEMA
    assert f"| `schema` | integer | version of this format: {SCHEMA} |" in page


def test_values_of_an_answer_mean_what_the_page_says(casebook: Casebook, wide_library: Path) -> None:
    """Ranks count from one, highlights cut words out of the text, aspects and ids refer to what is there."""
    answer = _json(casebook, "search", "our executive sponsor left", "-l", wide_library)
    assert [case["rank"] for case in answer["cases"]] == [1, 2]
    assert [case["id"] for case in answer["cases"]] == ["case-sponsor", "case-stock"]
    grouped = {other["id"]: other["relation"] for other in answer["cases"][0]["grouped"]}
    assert grouped == {"case-price": "replication", "case-weg": "translation"}
    assert answer["cases"][1]["grouped"] == []
    assert answer["total"] == 4
    assert answer["filters"] == {}
    shown = {case["id"] for case in answer["cases"]}
    for case in answer["cases"]:
        for passage in case["passages"]:
            assert 0 <= passage["aspect"] < len(answer["aspects"])
            words = {passage["text"][start:end] for start, end in passage["highlights"]}
            assert all(re.fullmatch(r"\w+", word) for word in words)
        for region in case["regions"]:
            assert regions().label(region["id"]) == region["label"]
        parts = [arm["weight"] * arm["normalised"] for arm in case["arms"].values()]
        assert sum(parts) + sum(case["adjustments"].values()) == pytest.approx(case["score"], abs=1e-5)
        assert {entry["aspect"] for entry in (*case["matches"], *case["differs"])} <= ASPECTS
    assert all(
        set(entry["cases"]) <= shown for name in ("competencies", "enablers", "contacts") for entry in answer[name]
    )
    assert all(not entry["effects"] and not entry["how_to_engage"] for entry in answer["competencies"])
    assert {entry["id"]: entry["weight"] for entry in answer["competencies"]} == {"cmp-value": pytest.approx(1)}


def test_words_that_were_understood_stand_in_the_text(casebook: Casebook, library: Path) -> None:
    """Each thing that was read from a challenge names the characters that say it."""
    text = "  the champion left a brewery with 6 plants in Poland; what was it worth? successful cases, please"
    understood = _json(casebook, "search", text, "-l", library)["understood"]
    assert [entry["aspect"] for entry in understood] == [
        "challenge",
        "industry",
        "region",
        "scale",
        "figures",
        "success",
    ]
    assert all(text.strip()[entry["start"] : entry["end"]] == entry["words"] for entry in understood)
    assert [entry["label"] for entry in understood][:4] == ["Sponsor change", "Manufacture of beverages", "Poland", "6"]


def test_gaps_are_what_is_not_had(casebook: Casebook, library: Path) -> None:
    """--have takes ids one by one or with commas; a misspelt one ends with a suggestion."""
    arguments = ("search", "our sponsor left", "-l", library)
    answer = _json(casebook, *arguments, "--have", "cmp-value, enb-sponsor", "--have", "enb-desk")
    assert (answer["have"], answer["gaps"]) == (["cmp-value", "enb-sponsor", "enb-desk"], [])
    answer = _json(casebook, *arguments, "--have", "cmp-value")
    assert [entry["id"] for entry in answer["gaps"]] == ["enb-desk", "enb-sponsor"]
    ended = casebook(*arguments, "--have", "cmp-valu")
    assert ended.status == 1
    assert "Did you mean cmp-value?" in ended.err


def test_two_searches_have_different_ids(casebook: Casebook, library: Path) -> None:
    """An answer can be referred to: no two share an id; all else is the same for the same question."""
    first, second = (_json(casebook, "search", "our sponsor left", "-l", library) for _ in range(2))
    assert first.pop("search_id") != second.pop("search_id")
    assert first == second


@pytest.mark.parametrize("item_id", ["case-sponsor", "enb-desk", "note-food", "lrn-value"])
def test_show_prints_what_the_page_says(casebook: Casebook, library: Path, item_id: str) -> None:
    """An item's fixed fields are on the page; the others are fields of its front matter."""
    page = _json(casebook, "show", item_id, "-l", library)
    schema = DOCUMENTED["show"]
    fixed = {name: value for name, value in page.items() if name in schema}
    assert fixed.keys() == {path for path in schema if not re.search(r"[\[.<]", path)}
    front = next(library.rglob(f"{item_id}.md")).read_text(encoding="utf-8").split("---")[1]
    given = {line.partition(":")[0] for line in front.splitlines() if re.match(r"\w", line)}
    assert page.keys() - fixed.keys() - {"title", "summary"} <= given
    for path, value in _fields(fixed, {}):
        assert _is_a(value, schema[path]), path


def test_show_links_both_ways(casebook: Casebook, library: Path) -> None:
    """Both lists of links are there with every documented field."""
    pages = [_json(casebook, "show", item_id, "-l", library) for item_id in ("case-sponsor", "enb-desk")]
    fixed = [{name: page[name] for name in ("id", "type", "sections", "links", "linked_from")} for page in pages]
    assert {path for page in fixed for path, _ in _fields(page, {})} == DOCUMENTED["show"].keys() - {"<field>"}


def test_list_prints_what_the_page_says(casebook: Casebook, library: Path) -> None:
    """Every field of a listed item is on the page."""
    listed = _json(casebook, "list", "cases", "-l", library)
    assert [entry["id"] for entry in listed] == ["case-price", "case-sponsor"]
    _check([listed], DOCUMENTED["list"])


def test_status_prints_what_the_page_says(casebook: Casebook, tmp_path: Path) -> None:
    """Every field of the status is on the page, also of stale files and overdue items."""
    root = write_library(tmp_path / "lib", {"cases/case-a.md": case_text().replace("2026-06-30", "2001-01-01")})
    write_library(root, {"kb/enablers/enb-desk.md": concept_text("Pricing desk")})
    _json(casebook, "index", "-l", root)
    write_library(root, {"cases/case-b.md": case_text()})
    report = _json(casebook, "status", "-l", root)
    assert report["stale"] == [{"path": "cases/case-b.md", "state": "new"}]
    assert report["overdue"] == ["case-a"]
    _check([report], DOCUMENTED["status"])


def test_check_prints_what_the_page_says(
    casebook: Casebook, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every field of a check is on the page, and a failed check prints its JSON too."""
    monkeypatch.setattr("search.engine.open_encoder", lambda *_, **__: FakeEncoder())
    report = _json(casebook, "check", "-l", library, status=1)
    assert report["counts"].keys() == {"blocker", "error", "warning", "todo", "hint"}
    root = write_library(tmp_path / "lib", {"cases/case-a.md": case_text(challenge="Herr Müller wants a lower price.")})
    index_library(root).close()
    write_library(root, {"cases/case-b.md": case_text(challenge="Herr Müller wants a lower price.")})
    named = _json(casebook, "check", root / "cases" / "case-b.md", "--format", "json", "-l", root)
    _check([report, named], DOCUMENTED["check"], _CHECK)


def test_index_prints_what_the_page_says(casebook: Casebook, tmp_path: Path) -> None:
    """Every field of a run is on the page."""
    files = {"cases/a.md": case_text(), "cases/b.md": "broken", "kb/enablers/enb-a.md": concept_text("A")}
    root = write_library(tmp_path / "lib", files)
    _check([_json(casebook, "index", "-l", root)], DOCUMENTED["index"])


def test_import_prints_what_the_page_says(casebook: Casebook, tmp_path: Path) -> None:
    """Every field of an import is on the page, and an import with problems prints its JSON too."""
    root = write_library(tmp_path / "lib", {})
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"title": "A", "body": "x", "other": 1}\n{broken\n', encoding="utf-8")
    report = _json(casebook, "import", rows, "-l", root, status=1)
    assert report["unused"] == ["other"]
    _check([report], DOCUMENTED["import"])
