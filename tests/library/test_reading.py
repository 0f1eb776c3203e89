"""Reading a library: every file is read or told of, and one bad file never stops the others."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

import pytest

from library.codes import industries, regions
from library.documents import ReadFile, heading_kinds, read_document
from library.errors import LibraryError
from library.problems import Problem, Severity
from library.reading import Reading, count_by_type, find_files, plain_reader, read_library
from tests.conftest import case_text, concept_text, write_library

LIMIT = 2_000_000
needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="the file system refuses such a name")


def _read(root: Path, *, max_bytes: int = LIMIT) -> Reading:
    return read_library(
        root, plain_reader(heading_kinds()), max_bytes=max_bytes, regions=regions(), industries=industries()
    )


def _library(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a library that holds a good case beside the given files."""
    return write_library(root, {"cases/good.md": case_text(title="Good"), **files})


def _found(reading: Reading, path: str, fragment: str) -> Problem:
    """Return the one problem of a file whose message holds a fragment."""
    (problem,) = [p for p in reading.problems if p.path == path and fragment in p.message]
    return problem


def _blocker(reading: Reading, path: str) -> Problem:
    """Return the blocker of a file that was left out while the good case was read."""
    assert path in reading.left_out
    assert "cases/good.md" in [document.path for document in reading.documents]
    (problem,) = [p for p in reading.problems if p.path == path and p.severity is Severity.BLOCKER]
    return problem


def _line(text: str, fragment: str) -> int:
    return next(n for n, line in enumerate(text.split("\n"), 1) if fragment in line)


BAD: dict[str, str | bytes] = {
    "cases/01-no-front-matter.md": "# Just text\n",
    "cases/02-broken-yaml.md": "---\ntitle: a\nsummary: b: c\n---\n",
    "cases/03-open-quote.md": '---\ntitle: "a\nsummary: b\n---\n',
    "cases/04-alias.md": "---\ntitle: &a b\nsummary: *a\n---\n",
    "cases/05-unknown-type.md": case_text(more="type: story\n"),
    "cases/06-missing-field.md": "---\ntitle: a\nstatus: approved\n---\n",
    "cases/07-wrong-date.md": case_text(more="reference_permission_until: soon\n"),
    "cases/08-latin-1.md": case_text(title="Müller").encode("latin-1"),
    "cases/09-utf-16.md": case_text().encode("utf-16"),
    "cases/10-nul.md": case_text(title="a\0b"),
    "cases/11-empty.md": "",
    "cases/12-large.md": case_text(context="word " * 3000),
    "cases/13-unknown-ids.md": case_text(enablers="enb-nowhere", more="related: [nobody]\n"),
    "cases/14-unknown-codes.md": case_text(industry="100", region="Narnia"),
    "cases/zz-duplicate.md": case_text(more="id: good\n"),
    "cases/16-link-out.md": case_text(context="[a](../../a.md)"),
    "cases/17-unknown-field.md": case_text(more="colour: red\n"),
    "cases/18-deep-yaml.md": "---\ntitle: " + "[" * 5000 + "\n---\n",
    "cases/19-no-end.md": "---\ntitle: a\n",
    "cases/20-draft.md": "---\ntitle: a\n---\n",
    "cases/21-empty-id.md": case_text(more="id: ''\n"),
    "cases/22-interval.md": case_text(more="review_interval: P99999999999Y\n"),
    "cases/23-broken-address.md": case_text(more="attachments: ['http://[a']\n"),
    "cases/24-control.md": case_text(title="a\x07b"),
    "kb/25-no-folder.md": concept_text("A"),
    "kb/enablers/26-language.md": concept_text("A", more="language: [en]\n"),
    "kb/enablers/27-no-label.md": "---\nstatus: approved\n---\n",
    "kb/learning/28-list.md": "---\n- a\n---\n",
}
READABLE = ("07", "13", "14", "16", "17", "20", "22", "23", "26")


def test_one_bad_file_never_stops_the_others(tmp_path: Path) -> None:
    """Every file is counted, and each that gave no document stands among those left out."""
    reading = _read(_library(tmp_path, BAD), max_bytes=10_000)
    expected = [path for path in BAD if path.rpartition("/")[2].startswith(READABLE)]
    assert [document.path for document in reading.documents] == sorted([*expected, "cases/good.md"])
    assert list(reading.left_out) == sorted(set(BAD) - set(expected))
    assert (reading.read, reading.ignored) == (len(BAD) + 1, 0)


def test_every_problem_has_file_line_message_and_remedy(tmp_path: Path) -> None:
    """Whatever is wrong, its author is told where it is, what it is and what to write."""
    reading = _read(_library(tmp_path, BAD), max_bytes=10_000)
    assert {problem.path for problem in reading.problems} >= set(BAD) - {"cases/23-broken-address.md"}
    for problem in reading.problems:
        lines = (tmp_path / problem.path).read_bytes().count(b"\n") + 1
        assert 0 <= problem.line <= lines
        assert problem.message.strip() == problem.message != ""
        assert problem.remedy.strip() == problem.remedy != ""
        assert "\n" not in problem.as_text()


def test_problems_have_one_order(tmp_path: Path) -> None:
    """Two readings agree, and another order of writing the files changes nothing."""
    one = _read(_library(tmp_path / "one", BAD), max_bytes=10_000)
    two = _read(_library(tmp_path / "two", dict(reversed(BAD.items()))), max_bytes=10_000)
    assert one == two == _read(tmp_path / "one", max_bytes=10_000)
    assert list(one.problems) == sorted(one.problems)


def test_bad_files_alone_make_an_empty_reading(tmp_path: Path) -> None:
    """A library without any good file is read to its end as well."""
    reading = _read(write_library(tmp_path, {"cases/a.md": "", "kb/enablers/b.md": b"\xff\xfe"}))
    assert (reading.documents, reading.read, len(reading.left_out)) == ((), 2, 2)


# Which files


def test_folder_without_cases_and_kb_is_no_library(tmp_path: Path) -> None:
    """A wrong folder is told, with what to do, instead of read as an empty library."""
    (tmp_path / "case").mkdir()
    with pytest.raises(LibraryError, match="neither cases/ nor kb/") as caught:
        _read(tmp_path)
    assert "casebook init" in caught.value.hint


@pytest.mark.parametrize("folder", ["cases", "kb"])
def test_one_of_both_folders_makes_a_library(tmp_path: Path, folder: str) -> None:
    """A library of notes alone, or of cases alone, is one."""
    (tmp_path / folder).mkdir()
    assert _read(tmp_path) == Reading((), (), 0, 0)


def test_files_that_are_no_items_are_counted_or_hidden(tmp_path: Path) -> None:
    """READMEs and other files are counted; what is hidden, or beside both folders, is not looked at."""
    others = ["cases/README.md", "kb/readme.md", "cases/a/Readme.MD", "cases/plan.pdf", "kb/learning/notes.txt"]
    hidden = [
        "cases/.draft.md",
        "cases/.git/a.md",
        "kb/.obsidian/b.md",
        "notes.md",
        "docs/a.md",
        ".casebook/cases/a.md",
    ]
    reading = _read(_library(tmp_path, dict.fromkeys([*others, *hidden], "x")))
    assert (reading.read, reading.ignored) == (1, len(others))
    assert reading.problems == _read(_library(tmp_path / "plain", {})).problems


@pytest.mark.parametrize("name", ["a.md", "a.MD", "a.markdown", "a.Markdown"])
def test_markdown_is_known_by_its_suffix(tmp_path: Path, name: str) -> None:
    """Both usual endings, in any case."""
    assert [document.id for document in _read(write_library(tmp_path, {f"cases/{name}": case_text()})).documents] == [
        "a"
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Fall für Öl & Gas (2026)",
        "cas d'été – n° 3",
        "北京",
        "a b  c",
        "100% [x] #1",
        "name.with.dots",
        "🙂",
        "'quoted'",
    ],
)
def test_names_with_spaces_and_accents_are_read(tmp_path: Path, name: str) -> None:
    """A file may be called what its author likes."""
    (document,) = _read(write_library(tmp_path, {f"cases/Ordner für {name}/{name}.md": case_text()})).documents
    assert (document.path, document.id) == (f"cases/Ordner für {name}/{name}.md", name)


def test_decomposed_names_give_composed_ids(tmp_path: Path) -> None:
    """A name written by a Mac is the same id, so that references from elsewhere find it."""
    name = unicodedata.normalize("NFD", "enb-für-é")
    files = {f"kb/enablers/{name}.md": concept_text("A"), "cases/a.md": case_text(enablers="enb-für-é")}
    reading = _read(write_library(tmp_path, files))
    assert [document.id for document in reading.documents] == ["a", "enb-für-é"]
    assert not [problem for problem in reading.problems if problem.fails_check]


def test_deep_folders_are_read(tmp_path: Path) -> None:
    """Folders below cases/ are the firm's own business."""
    path = "cases/" + "".join(f"level {n}/" for n in range(40)) + "a.md"
    assert [document.path for document in _read(write_library(tmp_path, {path: case_text()})).documents] == [path]


def test_documents_are_in_order_of_path(tmp_path: Path) -> None:
    """The order does not depend on the file system."""
    names = ["b.md", "a.md", "a/z.md", "a-b.md", "Z.md", "ä.md"]
    reading = _read(write_library(tmp_path, {f"cases/{name}": case_text() for name in names}))
    paths = [document.path for document in reading.documents]
    assert paths == sorted(f"cases/{name}" for name in names)
    assert [source.path for source in find_files(tmp_path)[0]] == paths


def test_relative_library_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--library .` gives the same paths as the whole one."""
    _library(tmp_path, {})
    monkeypatch.chdir(tmp_path)
    assert _read(Path()) == _read(tmp_path)


@needs_linux
def test_name_that_is_no_utf_8_is_told(tmp_path: Path) -> None:
    """A name from an old archive is told in letters that every terminal can show."""
    _library(tmp_path, {})
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/cases/caf\xe9.md")).write_text(case_text())
    reading = _read(tmp_path)
    (path,) = reading.left_out
    assert path.encode("ascii") == b"cases/caf\\udce9.md"
    assert _blocker(reading, path).message == "its name is no UTF-8"


@needs_linux
def test_folder_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    """A folder too deep to be opened (as one without rights) is a problem, never silently skipped."""
    _library(tmp_path, {})
    place = os.open(tmp_path / "cases", os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=place)
        inner = os.open("d" * 250, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = inner
    os.close(place)
    reading = _read(tmp_path)
    (path,) = reading.left_out
    assert path.startswith("cases/ddd")
    assert "cannot be read" in _blocker(reading, path).message


# Size


def test_file_over_the_limit_is_left_out_unread(tmp_path: Path) -> None:
    """A file of 20 MB costs nothing: only its size is looked at."""
    _library(tmp_path, {"cases/large.md": case_text(context="word " * 4_000_000)})
    seen: list[str] = []

    def reader(path: str, content: bytes) -> ReadFile:
        seen.append(path)
        return read_document(path, content, heading_kinds())

    reading = read_library(tmp_path, reader, max_bytes=LIMIT, regions=regions(), industries=industries())
    problem = _blocker(reading, "cases/large.md")
    assert seen == ["cases/good.md"]
    assert problem.message == "it has 20.0 MB, more than 2 MB"
    assert "max_file_kilobytes" in problem.remedy


def test_limit_itself_is_allowed(tmp_path: Path) -> None:
    """One byte decides."""
    size = (_library(tmp_path, {}) / "cases/good.md").stat().st_size
    assert _read(tmp_path, max_bytes=size).left_out == ()
    assert _read(tmp_path, max_bytes=size - 1).left_out == ("cases/good.md",)


# Links of the file system


@needs_links
def test_link_to_a_file_outside_is_left_out(tmp_path: Path) -> None:
    """A link cannot bring a file of the machine into the index."""
    root = _library(tmp_path / "library", {})
    (tmp_path / "secret.md").write_text(case_text(title="Secret"))
    (root / "cases/link.md").symlink_to(tmp_path / "secret.md")
    (root / "cases/relative.md").symlink_to("../../secret.md")
    reading = _read(root)
    for path in ("cases/link.md", "cases/relative.md"):
        assert "leads out of the library" in _blocker(reading, path).message
    assert "Secret" not in repr(reading)


@needs_links
def test_linked_folder_is_told_not_followed(tmp_path: Path) -> None:
    """Neither a folder outside nor one inside is read through a link, and both are told."""
    root = _library(tmp_path / "library", {"cases/real/a.md": case_text()})
    write_library(tmp_path / "other", {"cases/b.md": case_text(title="Secret")})
    (root / "cases/outside").symlink_to(tmp_path / "other/cases")
    (root / "cases/inside").symlink_to(root / "cases/real")
    (root / "cases/circle").symlink_to(root / "cases")
    reading = _read(root)
    assert reading.left_out == ("cases/circle", "cases/inside", "cases/outside")
    assert "leads out" in _blocker(reading, "cases/outside").message
    assert "folder was not read" in _blocker(reading, "cases/inside").message
    assert [document.path for document in reading.documents] == ["cases/good.md", "cases/real/a.md"]


@needs_links
def test_cases_that_lie_outside_are_left_out(tmp_path: Path) -> None:
    """The library's own folders may not be links to elsewhere either."""
    (tmp_path / "library").mkdir()
    write_library(tmp_path / "other", {"cases/a.md": case_text()})
    (tmp_path / "library/cases").symlink_to(tmp_path / "other/cases")
    reading = _read(tmp_path / "library")
    assert (reading.documents, reading.left_out) == ((), ("cases/a.md",))


@needs_links
def test_link_within_the_library_is_read(tmp_path: Path) -> None:
    """A file may be linked to from another folder, under another name."""
    root = _library(tmp_path, {})
    (root / "cases/other.md").symlink_to(root / "cases/good.md")
    assert [document.id for document in _read(root).documents] == ["good", "other"]


@needs_links
def test_library_may_itself_be_a_link(tmp_path: Path) -> None:
    """What counts is whether a file lies in the library, wherever that lies."""
    _library(tmp_path / "real", {})
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert _read(tmp_path / "link") == _read(tmp_path / "real")


@needs_links
@pytest.mark.parametrize("target", ["nowhere.md", "circle.md"])
def test_link_to_nothing_or_to_itself_is_told(tmp_path: Path, target: str) -> None:
    """A dead link and a circle are problems of one file."""
    root = _library(tmp_path, {})
    (root / "cases/circle.md").symlink_to(target)
    problem = _blocker(_read(root), "cases/circle.md")
    assert "cannot be read" in problem.message
    assert problem.remedy


@needs_links
def test_pipe_is_told_not_waited_for(tmp_path: Path) -> None:
    """Whatever is no file is not read: a pipe would never end."""
    pipe = _library(tmp_path, {}) / "cases/pipe.md"
    os.mkfifo(pipe)
    # A reader that opened the pipe after all would get an empty file instead of waiting for ever.
    writer = Thread(target=pipe.write_bytes, args=(b"",), daemon=True)
    writer.start()
    assert "no ordinary file" in _blocker(_read(tmp_path), "cases/pipe.md").message
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writer.join()
    os.close(reader)


def test_folder_called_like_a_file_is_a_folder(tmp_path: Path) -> None:
    """What lies in `a.md/` is read."""
    reading = _read(_library(tmp_path, {"cases/a.md/b.md": case_text()}))
    assert [document.path for document in reading.documents] == ["cases/a.md/b.md", "cases/good.md"]


# What items say of each other

VOCABULARY = {
    "kb/enablers/enb-a.md": concept_text("A"),
    "kb/competencies/cmp-a.md": concept_text("B"),
    "kb/challenges/chl-a.md": concept_text("C"),
}


def test_known_references_are_no_problem(tmp_path: Path) -> None:
    """Each reference finds its item, whatever the order of the files."""
    text = case_text(challenge_types="chl-a", competencies="cmp-a", enablers="enb-a", more="related: [enb-a, good]\n")
    reading = _read(_library(tmp_path, {**VOCABULARY, "cases/a.md": text}))
    assert [problem for problem in reading.problems if problem.path == "cases/a.md"] == []


@pytest.mark.parametrize(
    ("values", "field", "message", "remedy"),
    [
        ({"enablers": "enb-aa"}, "enablers", "there is no enabler 'enb-aa'", "Did you mean enb-a?"),
        ({"enablers": "{id: enb-zzzzz, effect: missing}"}, "enablers", "there is no enabler", "from kb/enablers/"),
        ({"competencies": "cmp-x9"}, "competencies", "there is no competency 'cmp-x9'", ""),
        ({"challenge_types": "something"}, "challenge_types", "there is no challenge_type", "from kb/challenges/"),
        ({"competencies": "enb-a"}, "competencies", "'enb-a' is of type enabler", "from kb/competencies/"),
        ({"more": "related: [nobody-here]\n"}, "related", "there is no item 'nobody-here'", "from the library/"),
        ({"more": "replicates: zzz\n"}, "replicates", "there is no business_case 'zzz'", "from cases/"),
        ({"more": "translation_of: goods\n"}, "translation_of", "there is no item 'goods'", "Did you mean good?"),
    ],
)
def test_unknown_reference_is_an_error_at_its_line(
    tmp_path: Path, values: dict[str, str], field: str, message: str, remedy: str
) -> None:
    """An id that is not there, or of another type, is told with the nearest one; the item is still read."""
    text = case_text(**values)
    reading = _read(_library(tmp_path, {**VOCABULARY, "cases/a.md": text}))
    problem = _found(reading, "cases/a.md", f"`{field}`: ")
    assert (problem.severity, problem.line) == (Severity.ERROR, _line(text, f"{field}:"))
    assert message in problem.message
    assert remedy in problem.remedy
    assert "a" in [document.id for document in reading.documents]


def test_reference_to_a_file_that_was_left_out_is_unknown(tmp_path: Path) -> None:
    """What is not served cannot be linked to."""
    reading = _read(_library(tmp_path, {"kb/enablers/enb-b.md": "", "cases/a.md": case_text(enablers="enb-b")}))
    assert _found(reading, "cases/a.md", "there is no enabler 'enb-b'").severity is Severity.ERROR


def test_concept_may_be_broader_than_its_own_kind_only(tmp_path: Path) -> None:
    """An enabler is not part of a competency."""
    text = concept_text("D", more="broader: [enb-a, cmp-a]\n")
    reading = _read(_library(tmp_path, {**VOCABULARY, "kb/enablers/enb-d.md": text}))
    problem = _found(reading, "kb/enablers/enb-d.md", "`broader`")
    assert "'cmp-a' is of type competency, not enabler" in problem.message
    assert problem.line == _line(text, "broader")


def test_second_file_of_an_id_is_left_out(tmp_path: Path) -> None:
    """The first in order of path keeps the id; every other is told where it is taken, at its own line."""
    files = {
        "cases/a/same.md": case_text(title="First"),
        "cases/b/same.md": case_text(title="Second"),
        "cases/c.md": case_text(title="Third", more="id: same\n"),
        "kb/enablers/same.md": concept_text("Fourth"),
    }
    reading = _read(_library(tmp_path, files))
    assert reading.left_out == ("cases/b/same.md", "cases/c.md", "kb/enablers/same.md")
    assert [d.item.title for d in reading.documents if d.id == "same"] == ["First"]
    assert _blocker(reading, "cases/b/same.md").message == "the id 'same' is taken by cases/a/same.md"
    assert _blocker(reading, "cases/c.md").line == _line(files["cases/c.md"], "id: same")


@pytest.mark.parametrize("written", ["f\u00fcr", "fu\u0308r"])
def test_ids_that_look_the_same_are_the_same(tmp_path: Path, written: str) -> None:
    """Composed or decomposed, an id is one id."""
    files = {"cases/a/fu\u0308r.md": case_text(), "cases/b.md": case_text(more=f"id: {written}\n")}
    assert _read(_library(tmp_path, files)).left_out == ("cases/b.md",)


def test_file_that_was_left_out_holds_no_id(tmp_path: Path) -> None:
    """A broken file does not take the id of a good one."""
    files = {"cases/a/same.md": "", "cases/b/same.md": case_text()}
    assert _read(_library(tmp_path, files)).left_out == ("cases/a/same.md",)


# Codes


@pytest.mark.parametrize(
    "region", ["DE", "NO", '"150"', "150", "011", "EMEA", "Deutschland", "cote d'ivoire", "europe de l'ouest"]
)
def test_known_region_is_no_problem(tmp_path: Path, region: str) -> None:
    """A code or a name in any language; Norway is no falsehood and 011 is Western Africa."""
    reading = _read(write_library(tmp_path, {"cases/a.md": case_text(region=region)}))
    assert not [problem for problem in reading.problems if "region" in problem.message]


def test_unknown_region_is_a_warning_at_its_line(tmp_path: Path) -> None:
    """A region of the firm's own may be meant, so the case is served."""
    text = case_text(region="\n  DE,\n  Narnia")
    problem = _found(_read(_library(tmp_path, {"cases/a.md": text})), "cases/a.md", "unknown region 'Narnia'")
    assert (problem.severity, problem.line) == (Severity.WARNING, _line(text, "Narnia"))
    assert "casebook.toml" in problem.remedy


def test_region_of_the_firms_own_is_known(tmp_path: Path) -> None:
    """What casebook.toml adds is no problem."""
    root = write_library(tmp_path, {"cases/a.md": case_text(region="ALPS")})
    own = regions().with_groups({"ALPS": ["CH"]})
    reading = read_library(root, plain_reader(heading_kinds()), max_bytes=LIMIT, regions=own, industries=industries())
    assert not [problem for problem in reading.problems if "region" in problem.message]


@pytest.mark.parametrize("code", ["C", "01", "10", "99"])
def test_known_industry_is_no_problem(tmp_path: Path, code: str) -> None:
    """Sections and divisions, leading zeros kept."""
    reading = _read(write_library(tmp_path, {"cases/a.md": case_text(industry=code)}))
    assert not [problem for problem in reading.problems if "isic" in problem.message]


@pytest.mark.parametrize("code", ["1", "100", "04", "Z", "Brewing"])
@pytest.mark.parametrize("scheme", ["isic", "ISIC", "nace"])
def test_unknown_industry_code_is_an_error_at_its_line(tmp_path: Path, code: str, scheme: str) -> None:
    """A code that claims a scheme must be in it."""
    text = case_text(industry=code).replace("scheme: isic", f"scheme: {scheme}")
    problem = _found(_read(_library(tmp_path, {"cases/a.md": text})), "cases/a.md", f"unknown {scheme} code {code!r}")
    assert (problem.severity, problem.line) == (Severity.ERROR, _line(text, "industries:"))


def test_plain_industry_label_is_no_problem(tmp_path: Path) -> None:
    """A word, or a code of the firm's own scheme, is not looked up."""
    text = case_text().replace('{scheme: isic, code: "10"}', "Brewing, {scheme: own, code: X1}")
    assert not [p for p in _read(write_library(tmp_path, {"cases/a.md": text})).problems if "unknown" in p.message]


def test_documents_are_counted_by_type(tmp_path: Path) -> None:
    """Every type is named, also one without items, always in the same order."""
    reading = _read(_library(tmp_path, VOCABULARY))
    assert list(count_by_type(reading.documents).items()) == [
        ("business_case", 1),
        ("industry_note", 0),
        ("competency", 1),
        ("enabler", 1),
        ("challenge_type", 1),
        ("learning_resource", 0),
    ]
