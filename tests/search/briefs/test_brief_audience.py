"""A customer is shown only what another customer allowed, and nothing that is the firm's own."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date

import pytest

from library.access import Asker
from library.items import BusinessCase
from search.answers.options import SearchOptions
from search.briefs.audience import Audience, brief_for
from search.briefs.brief import Brief, make_brief
from search.briefs.files import BriefFormat, file_name, write_brief
from search.briefs.labels import Labels
from search.briefs.use import bar_to_customers, rule_for_use
from search.view import View
from tests.conftest import case_text, concept_text, index_library, write_library

TODAY = date(2026, 11, 22)
_OWN = """value:
  - {metric: Cost per drop, beneficiary: customer, baseline: "14", result: "11", unit: EUR}
  - {metric: Shared stock, beneficiary: mutual, result: lower}
  - {metric: Our margin, beneficiary: supplier, result: "31"}
  - {metric: Unclear gain, result: "9"}
pitfalls: [We overcharged them.]
replication_conditions: [The buyer is weak.]
contraindications: [Poor payers.]
contact: ann@firm.example
sources: [Minutes of our board]
"""
_MAY = "reference_permission: external_named\n"
FILES = {
    "cases/nestor-ag-named.md": case_text(
        title="A named case",
        challenge="The line stood still.",
        solution="A new contract.",
        competencies="negotiation",
        enablers="corridor",
        more=_OWN + _MAY + "illustrative: true\n",
    )
    + "\n## Approach\n\nWe went behind the buyer's back.\n",
    "cases/told-value.md": case_text(title="Value in words", more=_MAY) + "\n## Value\n\nWe earned more.\n",
    "cases/inner.md": case_text(title="An inner case", more="reference_permission: internal_only\n"),
    "kb/competencies/negotiation.md": concept_text("Negotiation"),
    "kb/enablers/corridor.md": concept_text("Price corridor"),
}
_FIRMS_OWN = (
    *("nestor-ag", "margin", "Unclear", "overcharged", "weak", "Poor", "ann@firm", "Minutes", "behind", "earned"),
    *("Negotiation", "corridor", "approved", "Rule for use", "Whom to ask", "inner"),
)


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    root = write_library(tmp_path_factory.mktemp("library"), FILES)
    return View(index_library(root), Asker(is_service=True))


def _brief(view: View, *ids: str, audience: Audience = Audience.CUSTOMER) -> Brief:
    made = make_brief(view, ids or ("nestor-ag-named",), SearchOptions(today=TODAY))
    return brief_for(made, audience)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"reference_permission": "external_named"}, ""),
        ({"reference_permission": "external_named", "reference_permission_until": "2026-11-22"}, ""),
        ({"reference_permission": "external_anonymised", "anonymised": True}, ""),
        ({"reference_permission": "external_anonymised"}, "Take out names first"),
        ({"reference_permission": "external_named", "reference_permission_until": "2026-11-21"}, "Internal use only"),
        ({"reference_permission": "external_named", "status": "draft"}, "Do not pass on: draft"),
        ({"reference_permission": "external_named", "classification": "confidential"}, "Do not pass on: confidential"),
        ({"reference_permission": "internal_only", "classification": "public"}, "Internal use only"),
        ({"reference_permission": "none"}, "Internal use only"),
        ({}, "Internal use only: no permission"),
    ],
)
def test_a_case_is_barred_unless_its_customer_allows_it_today(fields: dict[str, object], reason: str) -> None:
    """Approved, open and allowed until today or later: only then may a case be shown, and the reason is told."""
    given = {"id": "a", "title": "A", "status": "approved", "classification": "internal", **fields}
    bar = bar_to_customers(BusinessCase.model_validate(given), Labels("en"), TODAY)
    assert bar.startswith(reason)
    assert bool(bar) == bool(reason)


def test_the_bar_and_the_rule_never_contradict() -> None:
    """For every permission, class, status and date a case that is barred says so in its rule for use."""
    labels = Labels("en")
    for permission in (None, "none", "internal_only", "external_anonymised", "external_named"):
        for classification in ("public", "internal", "confidential", "restricted"):
            for until in (None, "2026-11-21", "2026-11-22"):
                fields = {
                    "id": "a",
                    "title": "A",
                    "status": "approved",
                    "classification": classification,
                    "anonymised": True,
                    "reference_permission": permission,
                    "reference_permission_until": until,
                }
                case = BusinessCase.model_validate(fields)
                is_open = rule_for_use(case, labels, TODAY).startswith("May be shown")
                assert is_open is not bool(bar_to_customers(case, labels, TODAY))


@pytest.mark.parametrize("form", list(BriefFormat))
def test_a_customer_reads_nothing_of_the_firms_own(form: BriefFormat, view: View) -> None:
    """No id, way, lesson, means, person, source or gain of the firm's is in the text, in any format."""
    brief = _brief(view, "nestor-ag-named", "told-value", "inner")
    shown = _text(write_brief(brief, form), form)
    assert "A named case" in shown
    assert not [word for word in _FIRMS_OWN if word in shown]
    assert "nestor" not in file_name(brief, form)


def _text(content: bytes, form: BriefFormat) -> str:
    if form is BriefFormat.MARKDOWN:
        return content.decode()
    inner = re.compile(r"(word/document|ppt/slides/slide\d+|docProps/core)\.xml")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist() if inner.fullmatch(name))


def test_a_customer_reads_what_was_wrong_what_was_done_and_what_customers_had_of_it(view: View) -> None:
    """Problem, solution, the customer's figures and the notice of an invented example stay."""
    text = write_brief(_brief(view), BriefFormat.MARKDOWN).decode()
    for told in ("# A named case", "The line stood still.", "A new contract.", "Cost per drop", "Shared stock"):
        assert told in text
    assert "> Invented example" in text


def test_what_is_left_out_is_named_with_its_reason(view: View) -> None:
    """A case that no customer may see is not in the brief, but told to the colleague who asked for it."""
    brief = _brief(view, "inner", "nestor-ag-named")
    assert [case.title for case in brief.cases] == ["A named case"]
    assert [(out.id, out.title, out.reason) for out in brief.left_out] == [
        ("inner", "An inner case", "Internal use only.")
    ]


def test_colleagues_get_all_of_it(view: View) -> None:
    """Inside the firm nothing is left out."""
    brief = _brief(view, "inner", "nestor-ag-named", audience=Audience.FIRM)
    assert len(brief.cases) == 2
    assert brief.left_out == ()
    assert "Our margin" in write_brief(brief, BriefFormat.MARKDOWN).decode()
