"""A case's page and its attachments: all that it links to, as far as the visitor sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from search.rendering.labels import TEXT_LABELS
from tests.api.conftest import ANN, ANONYMOUS, HIDDEN_WORDS, LIBRARY, RED, MakeClient
from tests.api.portal.portal_forms import PAGE
from tests.api.portal.portal_site import serve_library
from tests.conftest import case_text

FULL = """\
value:
  - {metric: Price per unit, category: cost_reduction, beneficiary: customer, baseline: 10, result: 9, unit: per piece,
     currency: EUR, period: 2025, evidence: customer_verified}
contact: desk@firm.example
illustrative: true
pitfalls: [We came too late.]
replication_conditions: [One rate card.]
contraindications: [A sponsor near exit.]
offerings: [Chiller service]
sources: ["Report, https://example.org/report."]
related: [note-one, hidden-case]
replicates: price-case
practice_maturity: good_practice
reference_permission: external_anonymised
attachments: [model.xlsx, chart.png, page.html, ../casebook.toml, missing.pdf, "https://example.org/file"]
"""
NOTE = """\
---
title: A note on food
summary: What moves food.
status: approved
classification: internal
last_verified: 2026-06-30
industries: [{scheme: isic, code: "10"}]
note_kind: trend
sources: [a paper]
valid_until: 2020-01-31
key_points: [Buying alliances grow.]
---

## Text

All about food.
"""


CHALLENGE = (
    "They want a *price cut*; see hidden-case, [this](hidden-case.md) and sponsor-case."
    "\n\n| a | b |\n|---|---|\n| 1 | 2 |"
)
FILES = {
    **LIBRARY,
    "cases/full-case.md": case_text(
        title="A <b>full</b> case",
        challenge_types="price-pressure",
        competencies="negotiation",
        enablers="{id: price-corridor, effect: critical}, {id: secret-tool, effect: missing}",
        challenge=CHALLENGE,
        more=FULL,
    ),
    "cases/replication.md": case_text(
        title="Replication Nightingale",
        classification="confidential",
        more="access_groups: [red]\nreplicates: full-case\n",
    ),
    "cases/full-case-de.md": case_text(
        title="Ein voller Fall", language="de", more="translation_of: full-case\nreplicates: full-case\n"
    ),
    "cases/hidden-case.md": LIBRARY["cases/hidden-case.md"].replace("---\n\n", "attachments: [model.xlsx]\n---\n\n", 1),
    "kb/industries/note-one.md": NOTE,
    "cases/model.xlsx": "a workbook",
    "cases/chart.png": "a picture",
    "cases/page.html": "<script>alert(1)</script>",
    "casebook.toml": "",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeClient]:
    """The library, with a case that has everything."""
    with serve_library(tmp_path_factory.mktemp("case"), FILES) as make:
        yield make


@pytest.fixture(scope="module")
def page(client: MakeClient) -> str:
    """The full case's page."""
    answer = client(asker=ANONYMOUS).get("/cases/full-case", headers=PAGE)
    assert answer.status_code == 200
    return answer.text


def test_it_tells_all_of_the_case(page: str) -> None:
    """Facts, figures, conditions, text, and how far it can be relied on."""
    for told in ("Price per unit", "10", "per piece", "customer verified", "We came too late.", "One rate card."):
        assert told in page
    for told in ("A sponsor near exit.", "mailto:desk@firm.example", "30 Jun 2026", "30 Jun 2027", "good practice"):
        assert told in page
    for told in ("an invented sample", "outside, without names", "<em>price cut</em>", "Manufacture of food products"):
        assert told in page


def test_it_links_to_what_it_is_made_of(page: str) -> None:
    """Competencies, enablers with their effect, kinds of challenge, notes, other cases."""
    linked = set(re.findall(r'href="(/[a-z-]+/[^"?#]+)"', page))
    assert {
        "/competencies/negotiation",
        "/enablers/price-corridor",
        "/challenge-types/price-pressure",
        "/notes/note-one",
        "/cases/price-case",
        "/cases/full-case-de",
        "/cases/sponsor-case",
        "/industries/10",
        "/offerings/chiller-service",
    } <= linked
    assert "critical" in page
    assert 'href="https://example.org/report" rel="nofollow noopener noreferrer"' in page


def test_it_tells_nothing_of_what_is_hidden(client: MakeClient) -> None:
    """Neither a replication, a missing enabler nor a link that its text has: only the author's own words stay."""
    page = client(asker=ANONYMOUS).get("/cases/full-case", headers=PAGE).text
    for word in set(HIDDEN_WORDS) - {"hidden-case"}:
        assert word not in page
    assert "/cases/replication" not in page
    assert "/cases/hidden-case" not in page
    seen = client(asker=RED).get("/cases/full-case", headers=PAGE).text
    assert "/cases/hidden-case" in seen
    assert "Replication Nightingale" in seen


def test_titles_are_text(page: str) -> None:
    """What looks like markup in a field is shown as it is written."""
    assert "<b>full" not in page
    assert "A &lt;b&gt;full&lt;/b&gt; case" in page


def test_nothing_is_inline(page: str) -> None:
    """The policy of the page forbids styles and scripts within it."""
    assert not re.search(r"\sstyle=|<style|<script(?! src=)|\son[a-z]+=", page)


@pytest.mark.parametrize("path", ["/cases/hidden-case", "/cases/stub-case", "/cases/draft-case", "/cases/negotiation"])
def test_a_hidden_case_looks_like_a_missing_one(client: MakeClient, path: str) -> None:
    """So does a draft, a stub, and an item of another type."""
    browser = client(asker=ANONYMOUS)
    missing = browser.get("/cases/no-such-case", headers=PAGE)
    found = browser.get(path, headers=PAGE)
    assert (found.status_code, missing.status_code) == (404, 404)
    assert _without_ids(found.text, path) == _without_ids(missing.text, "/cases/no-such-case")


def _without_ids(page: str, path: str) -> str:
    return re.sub(rf"[0-9a-f]{{8}}-[0-9a-f-]{{27}}|{re.escape(path)}", "", page)


def test_who_may_see_a_case_finds_its_page(client: MakeClient) -> None:
    """A draft has one for its author, and says that it is one."""
    assert client(asker=RED).get("/cases/hidden-case", headers=PAGE).status_code == 200
    draft = client(asker=ANN).get("/cases/draft-case", headers=PAGE)
    assert draft.status_code == 200
    assert "draft" in draft.text


def test_attachments_are_listed_and_handed_out(client: MakeClient, page: str) -> None:
    """Files that are there, by number; an address elsewhere is a link."""
    listed = re.findall(r"/cases/full-case/attachments/(\d+)", page)
    assert sorted(set(listed)) == ["1", "2", "3"]
    assert 'href="https://example.org/file"' in page
    assert "missing.pdf" not in page
    answer = client(asker=ANONYMOUS).get("/cases/full-case/attachments/1")
    assert (answer.status_code, answer.text) == (200, "a workbook")
    assert answer.headers["content-disposition"] == 'attachment; filename="model.xlsx"'


def test_no_attachment_is_run_by_a_browser(client: MakeClient) -> None:
    """HTML is mere bytes to be saved, in a sandbox, and its type is not guessed; a picture may be shown."""
    browser = client(asker=ANONYMOUS)
    answer = browser.get("/cases/full-case/attachments/3")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    picture = browser.get("/cases/full-case/attachments/2")
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["content-disposition"].startswith("inline")


@pytest.mark.parametrize(
    "path",
    [
        "full-case/attachments/0",
        "full-case/attachments/4",
        "full-case/attachments/5",
        "full-case/attachments/6",
        "full-case/attachments/99",
        "full-case/attachments/-1",
        "hidden-case/attachments/1",
        "no-such-case/attachments/1",
    ],
)
def test_other_attachments_are_not_there(client: MakeClient, path: str) -> None:
    """Settings, missing files, addresses elsewhere, and those of a case that the visitor does not see."""
    assert client(asker=ANONYMOUS).get(f"/cases/{path}").status_code == 404


def test_an_attachment_of_a_hidden_case_is_for_who_sees_it(client: MakeClient) -> None:
    """Visibility of the case decides."""
    assert client(asker=RED).get("/cases/hidden-case/attachments/1").text == "a workbook"


def test_a_note_tells_when_it_no_longer_holds(client: MakeClient) -> None:
    """An expired one says so, in the list and on its page, and links to its cases."""
    browser = client(asker=ANONYMOUS)
    note = browser.get("/notes/note-one", headers=PAGE).text
    assert "expired 31 Jan 2020" in note
    assert "Buying alliances grow." in note
    assert "/cases/full-case" in note
    assert "expired 31 Jan 2020" in browser.get("/notes", headers=PAGE).text


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_labels_follow_the_language(client: MakeClient, language: str) -> None:
    """What stands around the case's own words is in the language of the pages."""
    page = client(asker=ANONYMOUS).get("/cases/downtime-case", headers={**PAGE, "accept-language": language}).text
    assert f'<html lang="{language}">' in page
    assert TEXT_LABELS[language]["outcome_partial"] in page
