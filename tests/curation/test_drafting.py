"""A new library is whole, a new item is a draft that says what is still to do."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation.checks.schema import check_library
from curation.drafting import ID_PREFIXES, TYPE_NAMES, init_library, new_item
from curation.writing import slug, write_text
from library.documents import heading_kinds, read_document
from library.errors import LibraryError
from library.items import FOLDERS, ITEM_TYPES, Concept
from library.problems import Severity
from library.reading import count_by_type, plain_reader, read_library
from library.settings import known_codes
from tests.conftest import case_text, settings_for, write_library

TYPES = sorted(FOLDERS)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library as `init` leaves it; tests only read it."""
    folder = tmp_path_factory.mktemp("fresh") / "Bibliothèque des cas"
    init_library(folder)
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with nothing in it."""
    return write_library(tmp_path / "library", {})


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_init_writes_the_whole_vocabulary(fresh: Path) -> None:
    """A new library has the starting vocabulary, in three languages, without a single problem."""
    regions, industries = known_codes(settings_for(fresh))
    reading = read_library(
        fresh, plain_reader(heading_kinds()), max_bytes=10**6, regions=regions, industries=industries
    )
    assert reading.problems == ()
    assert count_by_type(reading.documents) == {
        "business_case": 0,
        "industry_note": 0,
        "competency": 30,  # 24 skills in 6 areas
        "enabler": 22,
        "challenge_type": 21,
        "learning_resource": 0,
    }
    for document in reading.documents:
        assert isinstance(document.item, Concept)
        assert document.item.labels.keys() >= {"en", "de", "fr"}


def test_init_makes_a_folder_for_every_type_and_a_template(fresh: Path) -> None:
    """There is a place for each type of item, and a template to change."""
    for type_name, folder in FOLDERS.items():
        assert (fresh / folder).is_dir()
        assert (fresh / "templates" / f"{type_name}.md").is_file()


def test_init_reports_each_file_that_it_wrote(tmp_path: Path) -> None:
    """The files that `init` returns are those on disk."""
    written = init_library(tmp_path / "new")
    assert sorted(written) == sorted(path for path in (tmp_path / "new").rglob("*") if path.is_file())


def test_init_writes_settings_that_can_be_read(fresh: Path) -> None:
    """casebook.toml of a new library holds the defaults, and the index is kept out of Git."""
    assert settings_for(fresh).contact == "the centre of excellence"
    assert (fresh / ".gitignore").read_text(encoding="utf-8") == ".casebook/\n"


@pytest.mark.parametrize("taken", ["cases", "kb", "casebook.toml", "templates"])
def test_init_refuses_a_folder_with_a_library(tmp_path: Path, taken: str) -> None:
    """A folder that holds any part of a library is left exactly as it is."""
    path = tmp_path / taken
    if "." in taken:
        path.write_text("contact = 'me'", encoding="utf-8")
    else:
        path.mkdir()
    with pytest.raises(LibraryError, match=f"already holds {taken}") as caught:
        init_library(tmp_path)
    assert "empty folder" in caught.value.hint
    assert _names(tmp_path) == [taken]


def test_init_keeps_other_files(tmp_path: Path) -> None:
    """A folder may hold other things, such as a Git repository."""
    (tmp_path / "README.md").write_text("Ours", encoding="utf-8")
    written = init_library(tmp_path)
    assert tmp_path / "README.md" not in written
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "Ours"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"*.bak\n", b"*.bak\n.casebook/\n"),
        (b"*.bak\r\nno end", b"*.bak\r\nno end\n.casebook/\n"),
        (b"", b".casebook/\n"),
        (b"/.casebook/\n*.bak", b"/.casebook/\n*.bak"),
        (b"  .casebook\n", b"  .casebook\n"),
    ],
)
def test_init_keeps_the_index_out_of_git(tmp_path: Path, before: bytes, after: bytes) -> None:
    """An existing .gitignore gets the line that it lacks, and nothing else of it changes."""
    path = tmp_path / ".gitignore"
    path.write_bytes(before)
    assert (path in init_library(tmp_path)) is (before != after)
    assert path.read_bytes() == after


@pytest.mark.parametrize("at", [0, 1, 5, 40])
def test_init_that_was_stopped_is_finished_by_the_next(
    tmp_path: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Whatever file `init` dies at, a second run writes what is missing and nothing over what is there."""
    calls = iter(range(100))

    def dying(path: Path, text: str, *, root: Path) -> None:
        if next(calls) == at:
            raise KeyboardInterrupt
        write_text(path, text, root=root)

    monkeypatch.setattr("curation.drafting.write_text", dying)
    with pytest.raises(KeyboardInterrupt):
        init_library(tmp_path)
    monkeypatch.undo()
    (tmp_path / "casebook.toml").write_text("contact = 'me'\n", encoding="utf-8")
    written = init_library(tmp_path)
    assert tmp_path / "casebook.toml" not in written
    assert (tmp_path / "casebook.toml").read_text(encoding="utf-8") == "contact = 'me'\n"
    assert _files(tmp_path) == _files(fresh)
    with pytest.raises(LibraryError, match="already holds cases"):
        init_library(tmp_path)


def test_init_where_a_file_stands(tmp_path: Path) -> None:
    """A file in the way is told as an error with the path, not as a traceback."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(LibraryError, match="file cannot be written"):
        init_library(tmp_path / "file")


@pytest.mark.parametrize("type_name", TYPES)
def test_new_item_is_a_draft_without_blockers_that_lists_what_is_to_do(fresh: Path, type_name: str) -> None:
    """A template as shipped reads as a draft of its type; `check` lists what it lacks and passes."""
    path = new_item(fresh, type_name, f"A draft for {type_name.replace('_', ' ')}")
    report = check_library(settings_for(fresh), [path])
    path.unlink()
    assert report.checked == 1
    assert report.passed
    assert {problem.severity for problem in report.problems} <= {Severity.TODO, Severity.WARNING}
    told = " ".join(problem.message for problem in report.problems)
    missing = set(ITEM_TYPES[type_name].TO_PUBLISH) - {"classification", "labels"}  # these two the template states
    assert {name for name in missing if f"`{name}`" in told} == missing
    assert "the body is empty" in told


@pytest.mark.parametrize("type_name", TYPES)
def test_new_item_knows_every_field_of_its_template(fresh: Path, type_name: str) -> None:
    """No template names a field that its type does not have."""
    path = new_item(fresh, type_name, "Known fields")
    report = check_library(settings_for(fresh), [path])
    path.unlink()
    assert not [problem for problem in report.problems if "unknown field" in problem.message]


@pytest.mark.parametrize("type_name", TYPES)
def test_new_item_lies_in_its_folder_under_its_prefix(library: Path, type_name: str) -> None:
    """The id tells the type, and is not prefixed twice."""
    prefix = ID_PREFIXES[type_name]
    path = new_item(library, type_name, "Price pressure")
    assert path == library / FOLDERS[type_name] / f"{prefix}price-pressure.md"
    again = new_item(library, type_name, f"{prefix} two words")
    assert again.name == f"{prefix}two-words.md"


def test_every_type_has_a_name_and_a_prefix() -> None:
    """Each type can be started from the command line, and no two share a prefix."""
    assert sorted(TYPE_NAMES.values()) == TYPES == sorted(ID_PREFIXES)
    assert len(set(ID_PREFIXES.values())) == len(TYPES)


@pytest.mark.parametrize(
    "title",
    [
        'He said "no": what now?',
        "Margin: 5% # not 6%",
        "A {brace}, {{two}} and {title} and {today}",
        "L'été à Genève – Größe",
        "- a list? [no], & *no* alias, !no tag, | no block",
        "back\\slash and \\n",
        "'single' and `code`",
        "yes",
        "2026-01-01",
        "emoji 🚀 and 東京 too",
    ],
)
@pytest.mark.parametrize("type_name", ["business_case", "enabler"])
def test_new_item_keeps_the_title_as_typed(library: Path, type_name: str, title: str) -> None:
    """Whatever YAML makes of quotes, colons or braces, the title that was typed is the title that is read."""
    path = new_item(library, type_name, title)
    read = read_document(path.relative_to(library).as_posix(), path.read_bytes(), heading_kinds())
    assert read.document is not None
    assert read.document.item.title == title


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(title=st.text(min_size=1, max_size=100))
def test_new_item_with_any_title(library: Path, title: str) -> None:
    """Any title gives a readable draft, or an error that says why it gives none; spaces are joined."""
    if not slug(title):
        with pytest.raises(LibraryError, match="gives no id"):
            new_item(library, "business_case", title)
        return
    path = new_item(library, "business_case", title)
    content = path.read_bytes()
    path.unlink()
    read = read_document(path.relative_to(library).as_posix(), content, heading_kinds())
    assert read.document is not None
    assert path.parent == library / "cases"


@pytest.mark.parametrize("title", ["line one\nline two", "  spaces   in\ta row ", "bell \x07 and \x85 next line"])
def test_new_item_puts_the_title_on_one_line(library: Path, title: str) -> None:
    """Line breaks and characters that YAML cannot hold become spaces."""
    path = new_item(library, "business_case", title)
    read = read_document(path.relative_to(library).as_posix(), path.read_bytes(), heading_kinds())
    assert read.document is not None
    assert read.document.item.title == " ".join(title.replace("\x07", " ").split())


def test_new_item_carries_the_day(library: Path) -> None:
    """A draft says when it was begun."""
    path = new_item(library, "business_case", "Today")
    assert f"created: {date.today().isoformat()}\n" in path.read_text(encoding="utf-8")


def test_new_item_keeps_flow_mappings_of_the_template(library: Path) -> None:
    """The doubled braces of a template's examples come out single, so that they can be uncommented."""
    text = new_item(library, "business_case", "Braces").read_text(encoding="utf-8")
    assert '# - {scheme: isic, code: "10"}' in text
    assert "{{" not in text


def test_new_item_never_overwrites(library: Path) -> None:
    """The same title twice leaves the first file alone and says what to do."""
    path = new_item(library, "business_case", "Lost tender")
    path.write_text(case_text(title="Mine"), encoding="utf-8")
    with pytest.raises(LibraryError, match="exists already") as caught:
        new_item(library, "business_case", "Lost  tender!")
    assert "another title" in caught.value.hint
    assert path.read_text(encoding="utf-8") == case_text(title="Mine")


def test_own_template_beats_the_shipped_one(library: Path) -> None:
    """A firm's own template is used, with its place-holders filled in; a byte-order mark does no harm."""
    own = library / "templates" / "business_case.md"
    own.parent.mkdir()
    own.write_bytes(b"\xef\xbb\xbf---\ntitle: {title}\ncreated: {today}\nofferings: [pumps]\n---\n\n## Ours\n")
    text = new_item(library, "business_case", "A pump").read_text(encoding="utf-8")
    today = date.today().isoformat()
    assert text == f'---\ntitle: "A pump"\ncreated: {today}\nofferings: [pumps]\n---\n\n## Ours\n'


def test_own_template_that_cannot_be_read(library: Path) -> None:
    """A template in Latin-1 is told by name."""
    own = library / "templates" / "enabler.md"
    own.parent.mkdir()
    own.write_bytes("---\nlabels: {{en: Größe}}\n---\n".encode("latin-1"))
    with pytest.raises(LibraryError, match=r"enabler\.md is no UTF-8 text"):
        new_item(library, "enabler", "Anything")


@pytest.mark.parametrize("title", ["", "   ", "!!!", "日本"])
def test_title_without_latin_letters_gives_no_id(library: Path, title: str) -> None:
    """A title that gives no file name is refused with what to write."""
    with pytest.raises(LibraryError, match="gives no id") as caught:
        new_item(library, "business_case", title)
    assert caught.value.hint
    assert _names(library / "cases") == []


def test_new_item_outside_a_library_makes_no_folder(tmp_path: Path) -> None:
    """A mistyped library is refused, not littered."""
    with pytest.raises(LibraryError, match="is no library"):
        new_item(tmp_path, "business_case", "A case")
    assert _names(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_new_item_does_not_follow_a_link_outside(tmp_path: Path) -> None:
    """A linked folder of the library does not take a draft outside."""
    root = write_library(tmp_path / "library", {})
    (tmp_path / "outside").mkdir()
    (root / "kb" / "enablers").symlink_to(tmp_path / "outside", target_is_directory=True)
    with pytest.raises(LibraryError, match="lies outside"):
        new_item(root, "enabler", "Anything")
    assert _names(tmp_path / "outside") == []
