"""Read challenges that somebody has judged: a CSV file, or a folder in the BEIR layout (docs/evaluate.md).

Every problem of the files is found and told at once, by file and line. A message never repeats what a
cell holds, since challenges are confidential and columns get mixed up.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from library.errors import JudgementsError
from search.understanding.challenge import MAX_LENGTH

MAX_BYTES = 50_000_000
COLUMNS = ("challenge", "case", "grade")
MORE_COLUMNS = ("id", "kind", "language")
GRADES = ("0", "1", "2", "3")
# Kinds whose queries have no answer though nothing is judged for them.
KINDS_WITHOUT_ANSWER = frozenset({"none", "near-miss"})
QUERIES = "queries.jsonl"
QRELS = ("qrels.tsv", "qrels/test.tsv")
_QRELS_HEADER = ("query-id", "corpus-id", "score")
_DELIMITERS = (",", ";", "\t")  # a spreadsheet writes what its country uses
_SHOWN_PROBLEMS = 20
_RELEVANT = 2
_HINT = "The layouts are described in docs/evaluate.md."


@dataclass(frozen=True, slots=True)
class JudgedChallenge:
    """A challenge, where it stands (`file:line`), and the grades of cases (0 not, 1 partly, 2 comparable, 3 closest).

    `places` says where each grade stands.
    """

    id: str
    text: str = field(repr=False)
    place: str
    kind: str = ""
    language: str = ""
    grades: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgements:
    """Judged challenges in the order of their file; `unjudged` queries were left out.

    A case is relevant from grade 2 on; in files that know only 0 and 1, from 1 on.
    """

    name: str
    challenges: tuple[JudgedChallenge, ...]
    unjudged: int = 0
    least: int = _RELEVANT

    def has_answer(self, challenge: JudgedChallenge) -> bool:
        """Return whether some case is relevant for a challenge."""
        return max(challenge.grades.values(), default=0) >= self.least


def read_judgements(path: Path) -> Judgements:
    """Read a CSV file or a BEIR folder.

    Raises:
        JudgementsError: something cannot be read; the message lists every place.
    """
    drafts = _Drafts()
    if path.is_dir():
        _read_folder(path, drafts)
    else:
        _read_csv(path, drafts)
    drafts.finish(path)
    judged = [draft for draft in drafts.by_key.values() if draft.is_judged]
    if not judged:
        raise JudgementsError(f"{path} holds no judged challenge.", hint=_HINT)
    return Judgements(
        name=path.resolve().name,
        challenges=tuple(draft.as_challenge() for draft in judged),
        unjudged=len(drafts.by_key) - len(judged),
        least=drafts.least,
    )


@dataclass(slots=True)
class _Draft:
    """A challenge of which not all judgements may have been read."""

    id: str
    text: str
    place: str
    kind: str
    language: str
    grades: dict[str, int] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    without_answer: str = ""  # where it is said that no case is right

    @property
    def is_judged(self) -> bool:
        return bool(self.grades or self.without_answer or self.kind in KINDS_WITHOUT_ANSWER)

    def as_challenge(self) -> JudgedChallenge:
        return JudgedChallenge(self.id, self.text, self.place, self.kind, self.language, self.grades, self.places)


class _Drafts:
    """Collects challenges, judgements and everything that is wrong with them."""

    def __init__(self) -> None:
        self.by_key: dict[str, _Draft] = {}
        self.problems: list[str] = []

    @property
    def least(self) -> int:
        """The grade from which on a case is relevant, by what grades there are."""
        highest = max((grade for draft in self.by_key.values() for grade in draft.grades.values()), default=0)
        return min(_RELEVANT, max(1, highest))

    def report(self, place: str, message: str) -> None:
        self.problems.append(f"{place}: {message}")

    def add(self, key: str, values: Mapping[str, str], place: str) -> _Draft | None:
        """Return the new challenge; nothing if it cannot be searched with."""
        text = values["challenge"]
        if not text:
            self.report(place, "The challenge is empty. Write the text to search with.")
        elif len(text) > MAX_LENGTH:
            self.report(
                place, f"The challenge has {len(text):,} characters; at most {MAX_LENGTH:,} can be searched with."
            )
        elif "\0" in text:
            self.report(place, "The challenge holds a NUL character. Save the file as text.")
        else:
            self.by_key[key] = _Draft(
                values.get("id") or str(len(self.by_key) + 1), text, place, values["kind"], values["language"]
            )
            return self.by_key[key]
        return None

    def judge(self, draft: _Draft, case: str, grade: str, place: str) -> None:
        """Add a judgement; without a case it says that the challenge has no answer."""
        if not case:
            if grade not in ("", "0"):
                self.report(place, "A grade without a case. Write the case's id, or leave both empty for no answer.")
            draft.without_answer = draft.without_answer or place
        elif grade not in GRADES:
            self.report(place, "The grade is not 0, 1, 2 or 3 (0 not, 1 partly, 2 comparable, 3 closest).")
        elif case in draft.grades:
            self.report(place, f"The same case was judged for this challenge in {draft.places[case]}. Keep one.")
        else:
            draft.grades[case] = int(grade)
            draft.places[case] = place

    def finish(self, path: Path) -> None:
        """Raise JudgementsError if anything was wrong."""
        for draft in self.by_key.values():
            if draft.without_answer and max(draft.grades.values(), default=0) >= self.least:
                self.report(draft.without_answer, "The challenge has no answer here, but a case is right elsewhere.")
        if self.problems:
            shown = self.problems[:_SHOWN_PROBLEMS]
            more = len(self.problems) - len(shown)
            lines = [*shown, f"... and {more} more."] if more else shown
            raise JudgementsError("\n".join([f"{path} cannot be used.", *lines]), hint=_HINT)


def _read_csv(path: Path, drafts: _Drafts) -> None:
    """Read one judgement a row; rows of one challenge share its id or, without ids, its text."""
    text = _text_of(path)
    rows = _csv_rows(text, _delimiter(text), path, drafts)
    _, header = next(rows, (path.name, []))
    columns = [name.strip().casefold() for name in header]
    _check_columns(columns, path)
    for place, cells in rows:
        if len(cells) > len(columns):
            drafts.report(place, "There are more cells than columns. Put a text with a comma into quotes.")
            continue
        values = dict.fromkeys((*COLUMNS, *MORE_COLUMNS), "")
        values |= {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name in values}
        draft = _draft_of_row(values, place, drafts)
        if draft is not None:
            drafts.judge(draft, values["case"], values["grade"], place)


def _draft_of_row(values: Mapping[str, str], place: str, drafts: _Drafts) -> _Draft | None:
    """Return the row's challenge; one that was read before must be the same."""
    key = values["id"] or f"\0{values['challenge']}"  # no id is like a text
    draft = drafts.by_key.get(key)
    if draft is None:
        return drafts.add(key, values, place)
    if draft.text != values["challenge"]:
        drafts.report(place, f"Another challenge with the same id stands in {draft.place}. Give each its own id.")
    for name, known in (("kind", draft.kind), ("language", draft.language)):
        if values[name] != known:
            drafts.report(place, f"The {name} differs from that in {draft.place}. A challenge has one {name}.")
    return draft


def _delimiter(text: str) -> str:
    """Return the character that splits the first line into most of the columns."""
    first = text.lstrip("\r\n").partition("\n")[0]

    def known(delimiter: str) -> int:
        names = {name.strip(' \r"').casefold() for name in first.split(delimiter)}
        return len(names.intersection((*COLUMNS, *MORE_COLUMNS)))

    return max(_DELIMITERS, key=known)


def _check_columns(columns: Sequence[str], path: Path) -> None:
    missing = [name for name in COLUMNS if name not in columns]
    twice = [name for name in (*COLUMNS, *MORE_COLUMNS) if columns.count(name) > 1]
    if missing:
        problem = f"There is no column {', '.join(missing)}"
    elif twice:
        problem = f"There are two columns {', '.join(twice)}"
    else:
        return
    needed = f"The first line must name the columns {', '.join(COLUMNS)}; {', '.join(MORE_COLUMNS)} may follow."
    raise JudgementsError(f"{path.name}:1: {problem}. {needed}", hint=_HINT)


def _csv_rows(text: str, delimiter: str, path: Path, drafts: _Drafts) -> Iterator[tuple[str, list[str]]]:
    """Yield rows with the place where each begins; rows without any text are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield f"{path.name}:{begins}", cells
            begins = reader.line_num + 1
    except csv.Error as error:
        drafts.report(f"{path.name}:{begins}", f"The row is no CSV: {error}. Close every quote.")


def _read_folder(folder: Path, drafts: _Drafts) -> None:
    """Read queries.jsonl and qrels.tsv, or qrels/test.tsv."""
    queries = folder / QUERIES
    qrels = next((folder / name for name in QRELS if (folder / name).is_file()), None)
    if not queries.is_file() or qrels is None:
        raise JudgementsError(f"{folder} lacks {QUERIES} or {' or '.join(QRELS)}.", hint=_HINT)
    for place, line in _lines(queries):
        values = _query(line, place, drafts)
        if values["id"] in drafts.by_key:
            drafts.report(place, f"The same _id stands in {drafts.by_key[values['id']].place}. Give each its own.")
        elif values["id"]:
            drafts.add(values["id"], values, place)
    if not drafts.problems:  # else half of the judgements would seem to name unknown queries
        _read_qrels(qrels, drafts)


def _query(line: str, place: str, drafts: _Drafts) -> dict[str, str]:
    """Return a query's values; without an id if it is none."""
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict) or any(row.get(name) in (None, "") for name in ("_id", "text")):
        drafts.report(place, 'This is no JSON object with "_id" and "text".')
        row = {}
    names = {"id": "_id", "challenge": "text", "kind": "kind", "language": "language"}
    if not all(isinstance(row.get(source, ""), str | int) for source in names.values()):
        drafts.report(place, "A value is no text. Put quotes around it.")
        row = {}
    return {name: str(row.get(source, "")).strip() for name, source in names.items()}


def _read_qrels(path: Path, drafts: _Drafts) -> None:
    for place, line in _lines(path):
        cells = [cell.strip() for cell in line.split("\t")]
        if tuple(cell.casefold() for cell in cells) == _QRELS_HEADER:
            continue
        if len(cells) != len(_QRELS_HEADER):
            drafts.report(place, f"A line needs {', '.join(_QRELS_HEADER)}, with tabs between them.")
        elif cells[0] not in drafts.by_key:
            drafts.report(place, f"{QUERIES} has no query of this id.")
        else:
            drafts.judge(drafts.by_key[cells[0]], cells[1], cells[2], place)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the lines that hold something, with their places."""
    for number, line in enumerate(_text_of(path).split("\n"), 1):
        if line.strip():
            yield f"{path.name}:{number}", line.rstrip("\r")


def _text_of(path: Path) -> str:
    """Return a file's text without its byte order mark."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise JudgementsError(f"{path} cannot be read: {error.strerror}.", hint="Check its name and rights.") from error
    if len(content) > MAX_BYTES:
        raise JudgementsError(f"{path} has more than {MAX_BYTES // 1_000_000} MB.", hint="Split the file.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise JudgementsError(
            f"{path.name}:{line}: The file is no UTF-8.", hint='Save it as UTF-8 (in a spreadsheet "CSV UTF-8").'
        ) from None
    if not text.strip():
        raise JudgementsError(f"{path} is empty.", hint=_HINT)
    return text
