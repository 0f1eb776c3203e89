"""Documents: from bytes to a typed item, with every problem at its line."""

from __future__ import annotations

import unicodedata

import pytest

from library.documents import Document, ReadFile, SectionKind, heading_kinds, read_document, type_of_path
from library.problems import Problem, Severity
from tests.conftest import case_text, concept_text

HEADINGS = heading_kinds()


def _read(content: str | bytes, path: str = "cases/a.md") -> ReadFile:
    return read_document(path, content.encode() if isinstance(content, str) else content, HEADINGS)


def _document(content: str | bytes, path: str = "cases/a.md") -> Document:
    document = _read(content, path).document
    assert document is not None
    return document


def _problem(content: str | bytes, fragment: str, path: str = "cases/a.md") -> Problem:
    """Return the one problem whose message holds a fragment."""
    problems = _read(content, path).problems
    (found,) = [problem for problem in problems if fragment in problem.message]
    return found


def _line(text: str, fragment: str) -> int:
    return next(n for n, line in enumerate(text.split("\n"), 1) if fragment in line)


def _without(text: str, field: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.startswith(f"{field}:"))


NOTE = """\
---
title: A note
summary: What is new.
status: approved
classification: internal
last_verified: 2026-06-30
industries: [{scheme: isic, code: "10"}]
note_kind: trend
sources: [A report]
---

## Trend

It grows.
"""
LEARNING = """\
---
title: A workshop
summary: What one learns.
status: approved
classification: internal
last_verified: 2026-06-30
learning_resource_type: workshop
teaches: [cmp-x]
---

## Programme

Two days.
"""
COMPLETE = {
    "cases/a.md": case_text(),
    "kb/industries/a.md": NOTE,
    "kb/learning/a.md": LEARNING,
    "kb/competencies/a.md": concept_text("Skill"),
    "kb/enablers/a.md": concept_text("Help"),
    "kb/challenges/a.md": concept_text("Pain"),
}


# Bytes


def test_complete_case_has_no_problem() -> None:
    """The fixture that the other tests take apart is whole."""
    text = case_text(challenge_types="chl-a", competencies="cmp-a", enablers="enb-a")
    assert _read(text).problems == ()


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", 0, "the file is empty"),
        (b" \n\t\r\n", 0, "the file is empty"),
        (b"\xef\xbb\xbf", 0, "the file is empty"),
        (b"\xef\xbb\xbf\r\n \n", 0, "the file is empty"),
        (case_text().encode("utf-16"), 1, "UTF-16"),
        (case_text().encode("utf-16-le"), 1, "NUL byte"),
        (case_text().encode("utf-16-be"), 1, "NUL byte"),
        (b"---\ntitle: a\n---\nfine\nnot \x00 fine\n", 5, "NUL byte"),
        (b"---\ntitle: a\n---\n" + b"x" * 5000 + b"\n\0", 5, "NUL byte"),
        ("---\ntitle: a\nsummary: Müller\n---\n".encode("latin-1"), 3, "0xfc"),
        ("---\r\ntitle: a\r\nsummary: Café\r\n---\r\n".encode("latin-1"), 3, "0xe9"),
        ("---\rtitle: a\rsummary: Café\r---\r".encode("latin-1"), 3, "0xe9"),
        ("---\ntitle: a\n---\n\nit’s".encode("cp1252"), 5, "0x92"),
        ("\ufeff---\ntitle: é\n---\n".encode() + b"caf\xe9", 4, "0xe9"),
        (b"title: a\n", 1, "no front matter"),
        (b"# A\n\ntext", 1, "no front matter"),
        (b"---\ntitle: a\n", 1, "has no end"),
        (b"---\ntitle: a: b\n---\n", 2, "broken YAML"),
        (b"---\ntitle: a\nb: &x c\nd: *x\n---\n", 4, "aliases"),
    ],
)
def test_file_that_cannot_be_read_is_one_blocker(content: bytes, line: int, message: str) -> None:
    """Whatever is wrong with the bytes, the author learns what, where and what to do."""
    read = _read(content)
    (problem,) = read.problems
    assert read.document is None
    assert (problem.path, problem.line, problem.severity) == ("cases/a.md", line, Severity.BLOCKER)
    assert message in problem.message
    assert problem.remedy


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_byte_order_mark_and_line_ends_change_nothing(end: str, mark: bytes) -> None:
    """A file saved on Windows is the same document as one saved elsewhere."""
    text = case_text(context="One\ntwo.", outcome="sucess")
    other = mark + text.replace("\n", end).encode()
    assert _read(other) == _read(text)
    assert _document(mark + case_text().replace("\n", end).encode()) == _document(case_text())


def test_decomposed_letters_are_composed() -> None:
    """A file written on a Mac holds the same words, also in headings and its name."""
    text = case_text(title="Müller für Öl").replace("## Challenge", "## Défi")
    plain, decomposed = (
        _document(text, "cases/für.md"),
        _document(unicodedata.normalize("NFD", text), unicodedata.normalize("NFD", "cases/für.md")),
    )
    assert (plain.item, plain.sections) == (decomposed.item, decomposed.sections)
    assert decomposed.id == "für"


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\x85"])
def test_line_separators_of_other_programs_are_spaces(char: str) -> None:
    """No editor shows these as a new line, so no line number counts them."""
    text = case_text(title=f"Price{char}pressure", outcome="sucess")
    assert _problem(text, "`outcome`").line == _line(text, "outcome:")
    assert _document(case_text(title=f"Price{char}pressure")).item.title == "Price pressure"


# Types and ids


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("cases/a.md", "business_case"),
        ("cases/2026/emea/a.md", "business_case"),
        ("kb/challenges/a.md", "challenge_type"),
        ("kb/competencies/a.md", "competency"),
        ("kb/enablers/a.md", "enabler"),
        ("kb/industries/a.md", "industry_note"),
        ("kb/learning/a.md", "learning_resource"),
        ("kb/a.md", None),
        ("kb/other/a.md", None),
        ("kb/learning-more/a.md", None),
    ],
)
def test_type_follows_from_the_folder(path: str, expected: str | None) -> None:
    """The folder, at any depth below it, says what a file is."""
    assert type_of_path(path) == expected


@pytest.mark.parametrize("path", COMPLETE)
def test_every_type_is_read_from_its_folder(path: str) -> None:
    """A complete item of each type passes without a blocker or an error."""
    read = _read(COMPLETE[path], path)
    assert read.document is not None
    assert read.document.item.type == type_of_path(path)
    assert not [problem for problem in read.problems if problem.fails_check]


def test_written_type_beats_the_folder_with_a_warning() -> None:
    """A file in the wrong folder is read as what it says it is, and the right folder is named."""
    text = NOTE.replace("title:", "type: industry_note\ntitle:")
    problem = _problem(text, "stands in the folder of")
    assert (problem.severity, problem.line, problem.remedy) == (Severity.WARNING, 2, "Move the file to kb/industries")
    assert _document(text).item.type == "industry_note"


@pytest.mark.parametrize("written", ["case", "Business_Case", "[business_case]", "{a: b}"])
def test_unknown_type_is_a_blocker(written: str) -> None:
    """The possible types are named."""
    text = case_text(more=f"type: {written}\n")
    problem = _problem(text, "unknown type")
    assert (problem.severity, problem.line) == (Severity.BLOCKER, _line(text, "type: "))
    assert "industry_note" in problem.remedy
    assert _read(text).document is None


def test_folder_of_no_type_needs_a_written_type() -> None:
    """A file beside the folders of kb/ says what it is or is left out."""
    assert _problem(NOTE, "folder does not tell", "kb/a.md").severity is Severity.BLOCKER
    assert _document(NOTE.replace("title:", "type: industry_note\ntitle:"), "kb/a.md").item.type == "industry_note"


@pytest.mark.parametrize(
    ("path", "expected"),
    [("cases/a.md", "a"), ("cases/deep/er/b.c.md", "b.c"), ("cases/Fall für Öl.markdown", "Fall für Öl")],
)
def test_file_stem_is_the_id(path: str, expected: str) -> None:
    """Names with spaces, dots and accents are ids like any other."""
    assert _document(case_text(), path).id == expected


def test_written_id_beats_the_file_name() -> None:
    """A file may be renamed and keep its id; an id that is left blank is none."""
    assert _document(case_text(more="id: 011\n")).id == "011"
    assert _document(case_text(more="id:\n")).id == "a"


@pytest.mark.parametrize("written", ['""', "[a]", "{a: b}"])
def test_id_that_is_no_text_is_a_blocker(written: str) -> None:
    """Nothing can refer to an item without an id."""
    text = case_text(more=f"id: {written}\n")
    problem = _problem(text, "`id`")
    assert (problem.severity, problem.line) == (Severity.BLOCKER, _line(text, "id: "))


# Fields

REQUIRED = {
    "cases/a.md": [
        *("summary", "classification", "last_verified", "industries", "regions", "customer"),
        *("challenge_types", "outcome", "competencies", "enablers"),
    ],
    "kb/industries/a.md": ["summary", "classification", "last_verified", "industries", "note_kind", "sources"],
    "kb/learning/a.md": ["summary", "classification", "last_verified", "learning_resource_type", "teaches"],
    "kb/competencies/a.md": ["classification", "last_verified"],
    "kb/enablers/a.md": ["classification", "last_verified"],
    "kb/challenges/a.md": ["classification", "last_verified"],
}
_REQUIRED = [(path, field) for path, fields in REQUIRED.items() for field in fields]


@pytest.mark.parametrize(("path", "field"), _REQUIRED)
def test_missing_field_keeps_an_approved_item_out(path: str, field: str) -> None:
    """An approved item lacks nothing that readers rely on."""
    text = _without(COMPLETE[path], field)
    problem = _problem(text, f"`{field}` is missing", path)
    assert (problem.severity, problem.line) == (Severity.BLOCKER, 1)
    assert problem.remedy
    assert _read(text, path).document is None


@pytest.mark.parametrize(("path", "field"), _REQUIRED)
def test_missing_field_is_a_todo_of_a_draft(path: str, field: str) -> None:
    """A draft may be written step by step; what is still to do is said, and nothing fails."""
    text = _without(COMPLETE[path], field).replace("status: approved", "status: draft")
    read = _read(text, path)
    assert _problem(text, f"`{field}` is missing", path).severity is Severity.TODO
    assert read.document is not None
    assert not any(problem.fails_check for problem in read.problems)


@pytest.mark.parametrize("blank", ["", " null", " ~"])
def test_field_without_value_is_missing_at_its_own_line(blank: str) -> None:
    """A field that was left blank is told where it stands."""
    text = case_text(outcome="@").replace("outcome: @", f"outcome:{blank}")
    problem = _problem(text, "`outcome` is missing")
    assert (problem.severity, problem.line) == (Severity.BLOCKER, _line(text, "outcome:"))


def test_definition_of_a_concept_is_required() -> None:
    """A concept without definition is not published, and a blank language is as if not written."""
    text = "---\nlabels:\n  en: A\n  de:\nstatus: approved\nclassification: internal\nlast_verified: 2026-06-30\n---\nx"
    problem = _problem(text, "`definition` is missing", "kb/enablers/a.md")
    assert problem.severity is Severity.BLOCKER
    assert not [p for p in _read(text, "kb/enablers/a.md").problems if "labels" in p.message]


@pytest.mark.parametrize("status", ["approved", "draft"])
def test_missing_title_is_a_blocker_of_drafts_too(status: str) -> None:
    """Without a title there is nothing to show."""
    text = _without(case_text(status=status), "title")
    problem = _problem(text, "`title` is missing")
    assert (problem.severity, problem.line) == (Severity.BLOCKER, 1)


@pytest.mark.parametrize(
    ("values", "fragment", "severity"),
    [
        ({"classification": "secret"}, "`classification`", Severity.BLOCKER),
        ({"classification": "Internal"}, "`classification`", Severity.BLOCKER),
        ({"status": "aproved"}, "`status`", Severity.BLOCKER),
        ({"outcome": "great"}, "`outcome`", Severity.BLOCKER),
        ({"summary": "x" * 601}, "`summary` has 601 characters", Severity.BLOCKER),
        ({"title": "[a]"}, "`title` has the wrong form", Severity.BLOCKER),
        ({"more": "access_groups: [[a]]\n"}, "`access_groups.0` has the wrong form", Severity.BLOCKER),
        ({"more": "existence: maybe\n"}, "`existence`", Severity.BLOCKER),
        ({"more": "owner: [a, b]\n"}, "`owner` has the wrong form", Severity.BLOCKER),
        ({"region": "DE, null"}, "`regions.1` is empty", Severity.BLOCKER),
        ({"language": "Deutsch"}, "`language`", Severity.ERROR),
        ({"more": "period: [a]\n"}, "`period` has the wrong form", Severity.ERROR),
        ({"more": "practice_maturity: best\n"}, "`practice_maturity` cannot be 'best'", Severity.ERROR),
        ({"more": "review_interval: 12 months\n"}, "`review_interval`", Severity.ERROR),
        ({"more": "illustrative: perhaps\n"}, "`illustrative`", Severity.ERROR),
        ({"more": "value:\n- category: quality\n"}, "`value.0.metric` is missing", Severity.ERROR),
        ({"more": "value:\n- {metric: a, evidence: sure}\n"}, "`value.0.evidence` cannot be 'sure'", Severity.ERROR),
        ({"more": "created: soon\n"}, "stands twice", Severity.BLOCKER),
    ],
)
def test_wrong_value_is_told(values: dict[str, str], fragment: str, severity: Severity) -> None:
    """A fault in what decides who sees an item leaves it out; another leaves the field out."""
    text = case_text(**values)
    problem = _problem(text, fragment)
    assert problem.severity is severity
    assert problem.remedy
    assert (_read(text).document is None) == (severity is Severity.BLOCKER)


def test_line_of_a_wrong_value_is_its_own() -> None:
    """In a list of records the line is that of the field, not of the list."""
    text = case_text(more="value:\n  - metric: a\n    category: quality\n  - metric: b\n    category: money\n")
    problem = _problem(text, "`value.1.category`")
    assert problem.line == _line(text, "category: money")
    assert "cannot be 'money'" in problem.message


def test_faulty_optional_field_is_dropped_and_the_rest_is_kept() -> None:
    """One wrong word in an optional field does not keep a case from its readers."""
    item = _document(case_text(more="practice_maturity: best\nperiod: 2024\n")).item
    assert item.type == "business_case"
    assert (item.practice_maturity, item.period) == (None, "2024")


@pytest.mark.parametrize("field", ["created", "last_verified", "reference_permission_until"])
@pytest.mark.parametrize("written", ["2026-02-30", "31.03.2026", "2026", "1767571200", "soon", "[2026-01-01]"])
def test_wrong_date_is_told_with_its_line(field: str, written: str) -> None:
    """A date that is none is never guessed."""
    text = _without(case_text(), field).replace("customer:", f"{field}: {written}\ncustomer:")
    problem = _problem(text, f"`{field}`")
    assert problem.line == _line(text, f"{field}:")
    assert "2026-03-31" in problem.remedy or "2027-12-31" in problem.remedy


def test_unknown_field_is_a_warning_with_the_nearest_known_one() -> None:
    """A misspelt field is not silently ignored."""
    text = case_text(more="pitfals: [a]\nzzz: b\n")
    problem = _problem(text, "unknown field `pitfals`")
    assert (problem.severity, problem.line) == (Severity.WARNING, _line(text, "pitfals"))
    assert problem.remedy == "Did you mean `pitfalls`?"
    assert _problem(text, "unknown field `zzz`").remedy == "Take it out, or correct its name"
    assert _read(text).document is not None


def test_unknown_field_in_a_record_is_a_warning() -> None:
    """`efect: missing` would turn a lesson into a recommendation."""
    text = case_text(enablers="enb-a, {id: enb-b, efect: missing}", more="value:\n  - metric: a\n    evidnce: b\n")
    problem = _problem(text, "unknown field `enablers.1.efect`")
    assert (problem.line, problem.remedy) == (_line(text, "efect"), "Did you mean `effect`?")
    assert _problem(text, "unknown field `value.0.evidnce`").line == _line(text, "evidnce")


def test_confidential_item_without_groups_is_told() -> None:
    """An item that only its owner can see is hardly meant that way."""
    problem = _problem(case_text(classification="restricted"), "`access_groups`")
    assert (problem.severity, problem.line) == (Severity.ERROR, 6)
    with_groups = case_text(classification="restricted", more="access_groups: [red]\n")
    assert not [p for p in _read(with_groups).problems if "access_groups" in p.message]


# Links


@pytest.mark.parametrize(
    "target",
    [
        "../../secret.md",
        "../kb/../../secret.md",
        "%2e%2e/%2e%2e/secret.md",
        "/etc/passwd",
        "file:///etc/passwd",
        "FILE://server/share/a.md",
        "C:/secret.md",
        "<C:\\secret.md>",
        "<\\\\server\\share\\a.md>",
        "../../secret.md#part",
    ],
)
def test_link_out_of_the_library_is_an_error_at_its_line(target: str) -> None:
    """What a reader cannot open, and what names a place on somebody's disk, is told."""
    text = case_text(context=f"First line\nand a [link]({target}).")
    problem = _problem(text, "leads out of the library")
    assert (problem.severity, problem.line) == (Severity.ERROR, _line(text, "and a [link]"))
    assert _read(text).document is not None


@pytest.mark.parametrize(
    "target",
    [
        "b.md",
        "../kb/enablers/enb-a.md",
        "../README.md",
        "#value",
        "?x",
        "sub/../b.md",
        "<mein Fall.md>",
        "https://example.org/../../x",
        "mailto:a@example.org",
        "http://[broken",
        "//example.org/x",
        "",
    ],
)
def test_link_within_the_library_or_to_the_web_is_fine(target: str) -> None:
    """Links that stay inside, or lead to an address, are nobody's problem; a broken address is no crash."""
    read = _read(case_text(context=f"A [link]({target})."))
    assert not [problem for problem in read.problems if "link" in problem.message]


def test_attachment_out_of_the_library_is_an_error_at_its_line() -> None:
    """Attachments are links too."""
    text = case_text(
        more='attachments:\n  - files/a.pdf\n  - ../../b.pdf\n  - C:\\c.pdf\n  - ..\\..\\d.pdf\n  - "http://[x"\n'
    )
    found = [problem for problem in _read(text).problems if "leads out" in problem.message]
    assert [problem.line for problem in found] == [_line(text, name) for name in ("b.pdf", "c.pdf", "d.pdf")]


def test_deep_file_may_link_up_to_the_library() -> None:
    """How far up a link may lead depends on where its file lies."""
    text = case_text(context="A [link](../../../kb/enablers/a.md).")
    assert not [p for p in _read(text, "cases/a/b/c.md").problems if "leads out" in p.message]
    assert _problem(text, "leads out", "cases/a/c.md").severity is Severity.ERROR


# Sections

_HEADINGS = {
    SectionKind.CONTEXT: ["Context", "Ausgangslage", "Contexte"],
    SectionKind.CHALLENGE: ["Challenge", "Herausforderung", "Défi"],
    SectionKind.APPROACH: ["Approach", "Vorgehen", "Démarche"],
    SectionKind.SOLUTION: ["Solution", "Lösung"],
    SectionKind.VALUE: ["Value", "Nutzen", "Valeur"],
    SectionKind.WENT_WRONG: ["What went wrong", "Was schiefging", "Ce qui n'a pas marché"],
    SectionKind.CONDITIONS: ["Conditions for replication", "Übertragbarkeit", "Conditions de réplication"],
}


def _kinds(body: str, headings: dict[str, SectionKind] | None = None) -> list[SectionKind | None]:
    content = f"---\ntitle: a\n---\n{body}".encode()
    document = read_document("cases/a.md", content, headings or HEADINGS).document
    assert document is not None
    return [section.kind for section in document.sections]


@pytest.mark.parametrize(
    ("heading", "kind"), [(heading, kind) for kind, headings in _HEADINGS.items() for heading in headings]
)
def test_heading_is_known_in_three_languages(heading: str, kind: SectionKind) -> None:
    """A case may be written in English, German or French, whatever its language field says."""
    assert _kinds(f"## {heading}\n\nText.") == [kind]


@pytest.mark.parametrize(
    "heading",
    [
        *("CHALLENGE", "challenge", "  Challenge  ", "Challenge:", "Challenge :", "**Challenge**", "Challenge ##"),
        *("DÉFI", "Défi\u00a0:", "De\u0301fi", "herausforderung."),
    ],
)
def test_heading_is_known_in_any_usual_spelling(heading: str) -> None:
    """Case, spaces, a colon and marks are a matter of taste."""
    assert _kinds(f"## {heading}\n\nText.") == [SectionKind.CHALLENGE]


@pytest.mark.parametrize("apostrophe", ["'", "’"])
def test_heading_is_known_with_either_apostrophe(apostrophe: str) -> None:
    """Word processors curl apostrophes."""
    assert _kinds(f"## Ce qui n{apostrophe}a pas marché\n\nText.") == [SectionKind.WENT_WRONG]


def test_sections_below_a_part_belong_to_it() -> None:
    """Headings of level three and deeper do not end a part, whatever they are called."""
    body = "before\n\n## Challenge\na\n### Context\nb\n#### Value\nc\n## Other\nd\n### Value\ne\n## Value\nf\n# End\ng"
    challenge, value = SectionKind.CHALLENGE, SectionKind.VALUE
    assert _kinds(body) == [None, challenge, challenge, challenge, None, None, value, None]


@pytest.mark.parametrize("hashes", ["#", "###"])
def test_only_level_two_parts_a_case(hashes: str) -> None:
    """A title or a sub-heading that happens to say Challenge is no part."""
    assert _kinds(f"{hashes} Challenge\n\nText.") == [None]


def test_headings_are_extended_by_settings() -> None:
    """A firm's own headings are accepted beside the usual ones, in any spelling."""
    headings = heading_kinds({SectionKind.CHALLENGE: ["Problem statement", "Das Problem"]})
    body = "## PROBLEM statement:\na\n## Das Problem\nb\n## Challenge\nc\n## Context\nd"
    challenge = SectionKind.CHALLENGE
    assert _kinds(body, headings) == [challenge, challenge, challenge, SectionKind.CONTEXT]
    assert _kinds(body) == [None, None, challenge, SectionKind.CONTEXT]


def test_sections_know_their_lines_in_the_file() -> None:
    """A section's line counts the front matter too."""
    text = case_text()
    sections = _document(text).sections
    assert [section.line for section in sections] == [_line(text, f"## {section.path[-1]}") for section in sections]


@pytest.mark.parametrize(("status", "severity"), [("approved", Severity.WARNING), ("draft", Severity.TODO)])
def test_case_without_challenge_is_told(status: str, severity: Severity) -> None:
    """Search ranks on the challenge; a case without one is hardly found."""
    for body in (case_text(status=status, challenge=""), case_text(status=status, challenge="<!-- write here -->")):
        assert _problem(body, "`## Challenge`").severity is severity


@pytest.mark.parametrize(("status", "severity"), [("approved", Severity.WARNING), ("draft", Severity.TODO)])
@pytest.mark.parametrize("body", ["", "\n\n", "## Context\n\n## Challenge\n", "<!-- nothing -->"])
def test_empty_body_is_told(status: str, severity: Severity, body: str) -> None:
    """An item of headings and comments alone has no text."""
    text = case_text(status=status).split("## Context", maxsplit=1)[0] + body
    assert _problem(text, "the body is empty").severity is severity


def test_body_without_headings_is_read() -> None:
    """A note needs no headings."""
    document = _document(NOTE.replace("## Trend\n\n", ""), "kb/industries/a.md")
    assert [section.text for section in document.sections] == ["It grows."]


# Order and lines


def test_problems_are_in_order_of_line() -> None:
    """Two runs over the same file say the same in the same order."""
    text = case_text(outcome="great", classification="secret", more="zzz: a\ncreatd: b\nperiod: [c]\n")
    read = _read(text)
    assert list(read.problems) == sorted(read.problems)
    assert len({problem.line for problem in read.problems}) > 3
    assert read == _read(text)


def test_lines_of_ids_references_and_codes_are_kept() -> None:
    """What is checked against other files is told at the line where it stands in this one."""
    text = case_text(
        industry="99x",
        more="id: own\nrelated:\n  - one\n  - two\nreplicates: three\n",
        region="DE, FR",
        enablers="{id: enb-a, effect: critical}",
    )
    read = _read(text)
    assert read.line_of("id", "own") == _line(text, "id: own")
    assert read.line_of("related", "two") == _line(text, "- two")
    assert read.line_of("replicates", "three") == _line(text, "replicates")
    assert read.line_of("regions", "FR") == _line(text, "regions")
    assert read.line_of("industries", "99x") == _line(text, "industries")
    assert read.line_of("enablers", "enb-a") == _line(text, "enablers")
    assert read.line_of("related", "elsewhere") == 0
