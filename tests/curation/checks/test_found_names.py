"""What tells who a person or a customer is is found where it is written, and ordinary text is left alone."""

from __future__ import annotations

from datetime import date

import pytest

from curation.checks.deny_list import DenyList
from curation.checks.names import find_names, name_problems
from curation.checks.results import NameKind, WrittenItem
from library.problems import Severity
from tests.conftest import concept_text
from tests.curation.checks.written import written, written_case

TODAY = date(2026, 9, 1)
DENIED = DenyList(frozenset({"nordmed", "eclat d or"}), frozenset(), (3, 1))


def _found(item: WrittenItem) -> list[tuple[NameKind, str]]:
    return [(name.kind, name.text) for name in find_names(item)]


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("write to j.smith@nordmed.example.com.", NameKind.EMAIL, "j.smith@nordmed.example.com"),
        ("call +49 (0)30 1234-5678 now", NameKind.PHONE, "+49 (0)30 1234-5678"),
        ("or 0041 44 123 45 67", NameKind.PHONE, "0041 44 123 45 67"),
        ("Tel.: 030 / 123 45 67", NameKind.PHONE, "030 / 123 45 67"),
        ("call with Dr. Keller today", NameKind.PERSON, "Dr. Keller"),
        ("Mr Jean-Luc O'Neill said", NameKind.PERSON, "Mr Jean-Luc O'Neill"),
        ("Frau Dr. von Hohenfels", NameKind.PERSON, "Frau Dr. von Hohenfels"),
        ("Herrn Müller", NameKind.PERSON, "Herrn Müller"),
        ("selon Mme Lefèvre", NameKind.PERSON, "Mme Lefèvre"),
        ("> From: Anna Berg <a>", NameKind.PERSON, "Anna Berg"),
        ("See you.\n\nBest regards,\n\nAnna Berg", NameKind.PERSON, "Anna Berg"),
        ("> Viele Grüße\n> Jörg", NameKind.PERSON, "Jörg"),
    ],
)
def test_names_and_addresses_are_found(text: str, kind: NameKind, found: str) -> None:
    """Titles, headers of mails, sign-offs, addresses and numbers, in three languages."""
    assert _found(written_case(solution=text)) == [(kind, found)]


@pytest.mark.parametrize(
    "text",
    [
        "They pay EUR +12 000 000 more, 2019-2021, 06:00 to 10:00, 14.2.2024, 1 340 garages.",
        "Part 42CrMo4 and § 271a BGB, ISO 9001:2015, +3.5 percentage points.",
        "Herr Einkaufsleiter, Madame la Directrice, Mr President and Frau Kollegin.",
        "It cost 5 M. Morocco paid.",
        "Best regards were exchanged.",
        "Dr. h.c. is no name.",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    """Figures, dates, norms and roles are no names."""
    assert _found(written_case(solution=text)) == []


def test_french_monsieur_is_read_in_french_alone() -> None:
    """“M.” begins a name in French; elsewhere it is the end of a sentence."""
    assert _found(written_case(language="fr", solution="avec M. Dupont")) == [(NameKind.PERSON, "M. Dupont")]
    assert _found(written_case(language="en", solution="with M. Dupont")) == []


def test_mailboxes_of_the_firm_are_in_their_place() -> None:
    """`owner`, `contact` and `authors` name mailboxes, and an enabler's page says whom to ask."""
    assert (
        _found(written_case(more="contact: desk@example.org\nauthors: [a@example.org]\nsources: [Dr. Keller]\n")) == []
    )
    page = concept_text("Desk", more="how_to_engage: Write to desk@example.org.\n")
    assert _found(written(page, "kb/enablers/enb-desk.md")) == []


@pytest.mark.parametrize("field", ["title: Dr. Keller wants less", "stakeholder_roles: [Dr. Keller]"])
def test_front_matter_is_looked_into(field: str) -> None:
    """A name in a title or a list of roles is shown to every reader, so it is told with its line."""
    item = written_case(title="A") if field.startswith("stake") else written_case(title=field.removeprefix("title: "))
    text = item.text if field.startswith("title") else item.text.replace("title: A\n", f"title: A\n{field}\n")
    (name,) = find_names(written(text))
    assert "Dr. Keller" in text.split("\n")[name.line - 1]


@pytest.mark.parametrize(
    ("status", "more", "severity"),
    [
        ("approved", "", Severity.ERROR),
        ("draft", "", Severity.WARNING),
        ("archived", "", Severity.WARNING),
        ("approved", "reference_permission: external_named\n", Severity.WARNING),
        ("approved", "reference_permission: external_named\nreference_permission_until: 2026-08-31\n", Severity.ERROR),
        ("approved", "reference_permission: external_anonymised\n", Severity.ERROR),
    ],
)
def test_account_fails_what_is_published(status: str, more: str, severity: Severity) -> None:
    """An account's name keeps a published case back, unless the customer lets itself be named."""
    item = written_case(status=status, more=more, solution="We met Nordmed.")
    (problem,) = name_problems(item, find_names(item, DENIED), today=TODAY)
    assert problem.severity is severity
    assert "“Nordmed”" in problem.message


def test_word_in_small_letters_only_warns() -> None:
    """It may be a word that is spelt like a name; and so may the file's name."""
    item = written_case(solution="a nordmed pump")
    problems = list(name_problems(item, find_names(item, DENIED), today=TODAY))
    assert [problem.severity for problem in problems] == [Severity.WARNING]
    named = written_case(solution="x")
    named = written(named.text, "cases/case-nordmed-renewal.md")
    (problem,) = name_problems(named, find_names(named, DENIED), today=TODAY)
    assert (problem.line, problem.severity) == (0, Severity.WARNING)


def test_account_over_two_lines_has_the_line_on_which_it_begins() -> None:
    """A name that a line's end breaks is found as one; the owner is shown and looked at, a CRM key is neither."""
    item = written_case(solution="We met Eclat\nd'Or.", more="owner: role:sam-nordmed\naccount_key: nordmed-1\n")
    names = find_names(item, DENIED)
    assert [name.text for name in names] == ["nordmed", "Eclat d'Or"]
    assert item.text.split("\n")[names[1].line - 1] == "We met Eclat"


def test_every_type_is_searched_for_accounts() -> None:
    """A client's name does not belong on a concept's page either."""
    page = written(concept_text("Desk").replace("All about", "As for Nordmed:"), "kb/enablers/enb-desk.md")
    assert [name.kind for name in find_names(page, DENIED)] == [NameKind.ACCOUNT]
