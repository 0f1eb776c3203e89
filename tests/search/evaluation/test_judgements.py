"""Judged challenges are read from CSV files and BEIR folders; what is wrong is told at once and by place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.errors import JudgementsError
from search.evaluation.judgements import MAX_BYTES, Judgements, read_judgements
from search.understanding.challenge import MAX_LENGTH
from tests.test_layers import ROOT

TEXT = "Nordmed wants its money back"


def _csv(folder: Path, content: str | bytes) -> Path:
    path = folder / "judged.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _folder(folder: Path, queries: Sequence[Mapping[str, object]], qrels: str, *, name: str = "qrels.tsv") -> Path:
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)) + "\n", encoding="utf-8")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(f"query-id\tcorpus-id\tscore\n{qrels}", encoding="utf-8")
    return folder


def _grades(judgements: Judgements) -> dict[str, dict[str, int]]:
    return {challenge.text: dict(challenge.grades) for challenge in judgements.challenges}


def _message(path: Path) -> str:
    with pytest.raises(JudgementsError) as raised:
        read_judgements(path)
    assert raised.value.hint
    assert TEXT not in str(raised.value)
    return raised.value.message


def test_csv_rows_of_one_text_are_one_challenge(tmp_path: Path) -> None:
    """Without ids, rows with the same text judge the same challenge; one without a case says it has no answer."""
    path = _csv(tmp_path, "challenge,case,grade\nPrice,case-a,3\nTravel,,\nPrice,case-b,0\n")
    judgements = read_judgements(path)
    assert _grades(judgements) == {"Price": {"case-a": 3, "case-b": 0}, "Travel": {}}
    assert [judgements.has_answer(challenge) for challenge in judgements.challenges] == [True, False]
    assert [challenge.place for challenge in judgements.challenges] == ["judged.csv:2", "judged.csv:3"]
    assert judgements.challenges[0].places == {"case-a": "judged.csv:2", "case-b": "judged.csv:4"}


def test_csv_columns_in_any_order_with_id_kind_and_language(tmp_path: Path) -> None:
    """Columns are known by name; those that nobody asked for are ignored."""
    path = _csv(tmp_path, "Grade,kind, ID ,remark,case,challenge,language\n2,mail,q1,well,case-a,Price,en\n")
    (challenge,) = read_judgements(path).challenges
    assert (challenge.id, challenge.kind, challenge.language) == ("q1", "mail", "en")
    assert challenge.grades == {"case-a": 2}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_as_spreadsheets_write_it(delimiter: str, end: str, mark: str, tmp_path: Path) -> None:
    """Comma, semicolon or tab, any line end, with or without a byte order mark: the same challenges."""
    rows = [["challenge", "case", "grade"], ['"Prix élevé, ""trop"" cher; non"', "case-a", "3"], ["Price", "", ""]]
    path = _csv(tmp_path, mark + end.join(delimiter.join(row) for row in rows) + end)
    assert _grades(read_judgements(path)) == {'Prix élevé, "trop" cher; non': {"case-a": 3}, "Price": {}}


def test_csv_text_over_several_lines(tmp_path: Path) -> None:
    """A pasted mail keeps its lines, and the rows behind it keep their places."""
    path = _csv(tmp_path, 'challenge,case,grade\n"Hi,\n\nprice?\nBye",case-a,3\n\nOther,case-a,9\n')
    assert "judged.csv:7: The grade" in _message(path)
    path = _csv(tmp_path, 'challenge,case,grade\n"Hi,\n\nprice?\nBye",case-a,3\n')
    assert _grades(read_judgements(path)) == {"Hi,\n\nprice?\nBye": {"case-a": 3}}


def test_every_problem_of_a_csv_is_told_at_once(tmp_path: Path) -> None:
    """One run names every faulty row, and repeats nothing of what a challenge says."""
    rows = [
        "id,challenge,case,grade,kind",
        f"a,{TEXT},case-a,3,mail",
        f"a,{TEXT},case-a,3,mail",
        f"a,{TEXT} soon,case-b,3,mail",
        f"a,{TEXT},case-c,3,call",
        f"b,{TEXT},case-a,4,mail",
        f"c,,{TEXT},2,mail",
        f"d,{TEXT},,2,mail",
        f"e,{TEXT}, but not all,case-a,3,mail",
        f"f,{TEXT},case-a,{TEXT},mail",
        f"g,{'x' * (MAX_LENGTH + 1)},case-a,1,mail",
        f"a,{TEXT},,,mail",
    ]
    lines = _message(_csv(tmp_path, "\n".join(rows))).splitlines()
    for line, problem in (
        (3, "judged for this challenge in judged.csv:2"),
        (4, "Another challenge with the same id"),
        (5, "The kind differs"),
        (6, "The grade is not 0, 1, 2 or 3"),
        (7, "The challenge is empty"),
        (8, "A grade without a case"),
        (9, "more cells than columns"),
        (10, "The grade is not 0, 1, 2 or 3"),
        (11, "20,001 characters"),
        (12, "no answer here, but a case is right elsewhere"),
    ):
        assert any(found.startswith(f"judged.csv:{line}: ") and problem in found for found in lines), problem


def test_a_hundred_problems_are_cut_short(tmp_path: Path) -> None:
    """Twenty places are enough to see what is wrong; the rest is counted."""
    message = _message(_csv(tmp_path, "challenge,case,grade\n" + "Price,case-a,x\n" * 100))
    assert message.count("judged.csv:") == 20
    assert message.endswith("... and 80 more.")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "is empty"),
        ("\ufeff\r\n \n", "is empty"),
        (f"{TEXT},case-a,3\n", "judged.csv:1: There is no column challenge, case, grade"),
        ("challenge,case\nPrice,case-a\n", "judged.csv:1: There is no column grade"),
        ("challenge,case,grade,case\nPrice,case-a,3,\n", "judged.csv:1: There are two columns case"),
        ("challenge,case,grade\n", "holds no judged challenge"),
        (f'challenge,case,grade\nPrice,case-a,3\n"{TEXT},case-b,3\n', "judged.csv:3: The row is no CSV"),
        (b"challenge,case,grade\nPrix,case-a,3\nPrix \xe9lev\xe9,case-a,3\n", "judged.csv:3: The file is no UTF-8"),
        ("challenge,case,grade\n".encode("utf-16"), "judged.csv:1: The file is no UTF-8"),
        ("challenge,case,grade\nPr\0ice,case-a,3\n", "judged.csv:2: The challenge holds a NUL"),
        (b"x" * (MAX_BYTES + 1), "more than 50 MB"),
        ('challenge,case,grade\n"' + "x" * 200_000 + '",case-a,3\n', "judged.csv:2: The row is no CSV: field larger"),
    ],
)
def test_a_file_that_is_no_csv_of_judgements(content: str | bytes, expected: str, tmp_path: Path) -> None:
    """Wrong columns, encodings, quotes, nothing or too much: a message with the place, no traceback."""
    assert expected in _message(_csv(tmp_path, content))


def test_a_path_to_nothing(tmp_path: Path) -> None:
    """A missing file and a folder without the two files are named."""
    assert "nowhere.csv cannot be read" in _message(tmp_path / "nowhere.csv")
    assert "lacks queries.jsonl or qrels.tsv" in _message(tmp_path)


@pytest.mark.parametrize("name", ["qrels.tsv", "qrels/test.tsv"])
def test_beir_folder(name: str, tmp_path: Path) -> None:
    """Queries and grades come together by id; a query without any judgement is left out and counted."""
    queries: list[dict[str, object]] = [
        {"_id": "q1", "text": "Price", "kind": "short", "language": "en"},
        {"_id": "q2", "text": "Prix", "metadata": {}},
        {"_id": "q3", "text": "Unjudged"},
        {"_id": 4, "text": "Recipe", "kind": "none"},
    ]
    judgements = read_judgements(
        _folder(tmp_path, queries, "q1\tcase-a\t3\r\nq2\tcase-b\t1\nq1\tcase-b\t0\n", name=name)
    )
    assert _grades(judgements) == {"Price": {"case-a": 3, "case-b": 0}, "Prix": {"case-b": 1}, "Recipe": {}}
    assert [judgements.has_answer(challenge) for challenge in judgements.challenges] == [True, False, False]
    assert judgements.unjudged == 1
    assert judgements.challenges[0].place == "queries.jsonl:1"


def test_grades_of_0_and_1_only(tmp_path: Path) -> None:
    """Where nobody gave more than 1, as in most BEIR collections, 1 is relevant."""
    judgements = read_judgements(_folder(tmp_path, [{"_id": "q", "text": "Price"}], "q\tcase-a\t1\n"))
    assert judgements.least == 1
    assert judgements.has_answer(judgements.challenges[0])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{", "queries.jsonl:2: This is no JSON object"),
        ("[1]", "queries.jsonl:2: This is no JSON object"),
        ('{"_id": "q2"}', "queries.jsonl:2: This is no JSON object"),
        ('{"_id": "q2", "text": ["Price"]}', "queries.jsonl:2: A value is no text"),
        ('{"_id": "q1", "text": "Price"}', "queries.jsonl:2: The same _id stands in queries.jsonl:1"),
        ("[" * 100_000, "queries.jsonl:2: This is no JSON object"),
    ],
)
def test_faulty_query(line: str, expected: str, tmp_path: Path) -> None:
    """A line of queries.jsonl that is no query is named."""
    folder = _folder(tmp_path, [{"_id": "q1", "text": TEXT}], "q1\tcase-a\t3\n")
    with (folder / "queries.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")
    assert expected in _message(folder)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("q1 case-b 3", "qrels.tsv:3: A line needs query-id, corpus-id, score, with tabs"),
        ("q1\t0\tcase-b\t3", "qrels.tsv:3: A line needs"),
        ("q9\tcase-b\t3", "qrels.tsv:3: queries.jsonl has no query of this id"),
        ("q1\tcase-b\t-1", "qrels.tsv:3: The grade is not 0, 1, 2 or 3"),
        ("q1\tcase-a\t3", "qrels.tsv:3: The same case was judged for this challenge in qrels.tsv:2"),
    ],
)
def test_faulty_judgement(line: str, expected: str, tmp_path: Path) -> None:
    """A line of qrels.tsv that is no judgement is named."""
    assert expected in _message(_folder(tmp_path, [{"_id": "q1", "text": TEXT}], f"q1\tcase-a\t3\n{line}\n"))


def test_a_line_separator_within_a_text_is_no_line(tmp_path: Path) -> None:
    """Only line feeds end a line; a mail may hold other separators."""
    folder = _folder(tmp_path, [], "q\tcase-a\t3\n")
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "one\u2028two\u0085three"}\n', encoding="utf-8")
    assert _grades(read_judgements(folder)) == {"one\u2028two\u0085three": {"case-a": 3}}


def test_a_challenge_is_not_shown_where_values_are_printed(tmp_path: Path) -> None:
    """A log or a traceback that prints a challenge prints nothing of its text."""
    (challenge,) = read_judgements(_csv(tmp_path, f"challenge,case,grade\n{TEXT},case-a,3\n")).challenges
    assert "Nordmed" not in repr(challenge)


def test_examples_in_the_documentation(tmp_path: Path) -> None:
    """The CSV and BEIR examples of docs/evaluate.md are read, and hold the same challenges."""
    page = (ROOT / "docs" / "evaluate.md").read_text(encoding="utf-8")
    blocks = [block.partition("\n")[2] for block in page.split("```")[1::2]]
    csv_text, queries, qrels = (next(b for b in blocks if b.startswith(s)) for s in ("id,", '{"_id"', "query-id\t"))
    from_csv = read_judgements(_csv(tmp_path, csv_text))
    (tmp_path / "queries.jsonl").write_text(queries, encoding="utf-8")
    (tmp_path / "qrels.tsv").write_text(qrels, encoding="utf-8")
    from_folder = read_judgements(tmp_path)
    assert [challenge.id for challenge in from_csv.challenges] == ["q1", "q2", "q3"]
    assert _grades(from_folder) == {text: g for text, g in _grades(from_csv).items() if not text.startswith("preis")}
    assert all((ROOT / "cases" / f"{id_}.md").is_file() for entry in from_csv.challenges for id_ in entry.grades)


@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever a file holds, it is read or refused with a message; nothing else comes out."""
    path = _csv(tmp_path_factory.mktemp("any"), b"challenge,case,grade\n" + content)
    refused = ""
    try:
        read_judgements(path)
    except JudgementsError as error:
        refused = error.hint
    assert refused or read_judgements(path).challenges
