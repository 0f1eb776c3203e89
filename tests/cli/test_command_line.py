"""Each command does what it says; each mistake is told with what to do; nothing but results is on stdout."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import cli
from commands.options import FormatName
from library.settings import casebook_version
from search.briefs.files import BriefFormat
from search.rendering.text import Styles
from tests.cli.conftest import FILES, Casebook
from tests.conftest import FakeEncoder, case_text, concept_text, index_library, write_library
from tests.test_layers import ROOT

COMMANDS = (
    *("index", "watch", "search", "similar", "show", "list", "brief", "status", "check"),
    *("eval", "init", "new", "import", "suggest", "export", "feedback", "purge", "serve"),
    *("mcp", "keys", "denylist", "review", "audit", "vocabulary"),
)


@pytest.fixture
def worded(tmp_path: Path) -> Path:
    """A library of one's own, indexed without a model: enough for all but searching with a text."""
    root = write_library(tmp_path / "worded", FILES)
    index_library(root, FakeEncoder()).close()
    return root


# Help and wrong usage


def test_help_names_every_command_with_what_it_does(casebook: Casebook) -> None:
    """`--help` lists all commands, each with a whole sentence."""
    ended = casebook("--help")
    listed = dict(re.findall(r"^  (\w+)  +(\S.*)$", ended.out.partition("Commands:")[2], re.MULTILINE))
    assert tuple(listed) == COMMANDS == tuple(get_command(cli.app).commands)  # type: ignore[attr-defined]
    assert all(sentence.endswith(".") and not sentence.endswith("..") for sentence in listed.values())
    assert (ended.status, ended.err) == (0, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_explains_each_option(casebook: Casebook, command: str) -> None:
    """`COMMAND --help` names every argument and option, and none stands without a word of help."""
    ended = casebook(command, "--help")
    assert ended.status == 0
    parameters = get_command(cli.app).commands[command].params  # type: ignore[attr-defined]
    for parameter in parameters:
        assert parameter.help
        for name in parameter.opts if parameter.param_type_name == "option" else [parameter.metavar]:
            assert name in ended.out
        assert parameter.help.split()[0] in ended.out


@pytest.mark.parametrize("command", ["create", "list", "revoke"])
def test_help_of_a_command_for_keys_explains_each_option(casebook: Casebook, command: str) -> None:
    """`keys COMMAND --help` names what it takes, and none of it stands without a word of help."""
    ended = casebook("keys", command, "--help")
    parameters = get_command(cli.app).commands["keys"].commands[command].params  # type: ignore[attr-defined]
    assert ended.status == 0
    assert all(parameter.help and parameter.help.split()[0] in ended.out for parameter in parameters)


@pytest.mark.parametrize("command", ["search", "similar", "show", "list", "brief"])
def test_commands_that_read_take_a_server(casebook: Casebook, command: str) -> None:
    """Whatever reads items can be asked of a server instead; no option ever takes its key."""
    out = casebook(command, "--help").out
    assert all(text in out for text in ("--server", "--insecure", "CASEBOOK_SERVER_KEY"))
    assert "--key" not in out


@pytest.mark.parametrize("command", ["search", "similar", "show", "list", "status", "feedback"])
def test_commands_that_read_take_the_asker(casebook: Casebook, command: str) -> None:
    """Whatever shows content of an index can be asked as anyone and prints JSON."""
    out = casebook(command, "--help").out
    assert all(option in out for option in ("--user", "--role", "--group", "--json", "--library", "--data"))


def test_readme_lists_every_command() -> None:
    """README's reference has each command that there is and no other, with the sentence that its help begins with."""
    listed = re.findall(r"^\| `casebook ([\w ]+)` \| (.*) \|$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert dict(listed) == dict(_sentences(get_command(cli.app)))
    assert len(listed) == len(dict(listed))


def _sentences(group: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _sentences(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command.help.partition("\n\n")[0]


def test_version(casebook: Casebook) -> None:
    """`--version` prints the name and the version alone."""
    ended = casebook("--version")
    assert (ended.status, ended.out, ended.err) == (0, f"casebook {casebook_version()}\n", "")


def test_no_command_shows_help(casebook: Casebook) -> None:
    """Without a command one is told what there is."""
    ended = casebook()
    assert ended.status == 2
    assert "Commands:" in ended.out + ended.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["serch"], "serch"),
        (["search"], "as text, as `-` for standard input, or with --file"),
        (["search", "x", "--file", "brief.txt"], "as text, as `-` for standard input, or with --file"),
        (["search", "price", "pressure"], "pressure"),
        (["search", "x", "--colour", "red"], "--colour"),
        (["search", "x", "--limit", "0"], "--limit"),
        (["search", "x", "--limit", "1001"], "--limit"),
        (["search", "x", "--limit", "many"], "--limit"),
        (["search", "x", "--since", "yesterday"], "'yesterday' is no day; write one such as 2026-03-31"),
        (["search", "x", "--since", "2026-13-01"], "'2026-13-01' is no day"),
        (["search", "x", "--role", "boss"], "curator"),
        (["similar"], "ID"),
        (["show"], "ID"),
        (["list"], "WHAT"),
        (["list", "customers"], "cases"),
        (["list", "cases", "--status", "drft"], "draft"),
        (["new", "case"], "TITLE"),
        (["new", "story", "A title"], "learning"),
        (["init"], "DIR"),
        (["import"], "PATH"),
        (["import", "rows.jsonl", "--type", "story"], "learning"),
        (["brief"], "ID"),
        (["brief", "case-a", "--format", "pdf"], "docx"),
        (["brief", "case-a", "--format", "pptx"], "Say with --output FILE where to write the pptx file"),
        (["brief", "a", "b", "--server", "http://127.0.0.1:1"], "one case at a time"),
        (["serve", "--port", "70000"], "--port"),
        (["serve", "--workers", "0"], "--workers"),
        (["keys", "create"], "NAME"),
        (["keys", "create", "portal", "--role", "boss"], "curator"),
        (["keys", "create", "portal", "--expires", "never"], "'never' is no day"),
        (["keys", "revoke"], "ID"),
        (["keys", "burn"], "burn"),
    ],
)
def test_wrong_usage_ends_with_2(casebook: Casebook, arguments: list[str], told: str) -> None:
    """Wrong usage prints how to use the command on standard error, names the fault, and ends with 2."""
    ended = casebook(*arguments)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("Usage: casebook")
    assert told in ended.err


# Mistakes that are no wrong usage: each is told in two lines, what is wrong and what to do


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["search", ""], ("The challenge is empty", "Describe")),
        (["search", "  \n "], ("The challenge is empty", "Describe")),
        (["search", "!!! ???"], ("no words", "Describe")),
        (["search", "12345 67"], ("no words", "Describe")),
        (["search", "price " * 5000], ("29,999 characters", "Paste the part")),
        (["search", "bad \udcff byte"], ("no UTF-8", "--file")),
        (["search", "--file", "gone.txt"], ("gone.txt cannot be read", "name")),
        (["search", "--file", "."], ("cannot be read", "rights")),
        (["search", "--file", "latin1.txt"], ("latin1.txt is no UTF-8", "Save it as UTF-8")),
        (["search", "price", "--industry", "Fod products"], ("No industry is called 'Fod products'", "10")),
        (["search", "price", "--region", "Germny"], ("No region is called 'Germny'", "DE")),
        (["search", "price", "--challenge-type", "chl-prise"], ("No challenge-type is called", "chl-price")),
        (["search", "price", "--competency", "cmp-valu"], ("No competency is called", "cmp-value")),
        (["search", "price", "--enabler", "enb-des"], ("No enabler is called", "enb-desk")),
        (["search", "price", "--outcome", "win"], ("No outcome is called", "success")),
        (["search", "price", "--language", "xx"], ("No language is called", "en")),
        (["similar", "case-spons"], ("There is no item 'case-spons'", "case-sponsor")),
        (["similar", "enb-desk"], ("is no case", "casebook list cases")),
        (["show", "nope"], ("There is no item 'nope'", "casebook list")),
        (["brief", "case-spons"], ("There is no item 'case-spons'", "case-sponsor")),
        (["brief", "case-sponsor", "enb-desk"], ("There is no case 'enb-desk'", "casebook list cases")),
        (["brief", "case-secret"], ("There is no item 'case-secret'", "")),
        (["feedback"], ("Feedback is for curators and publishers", "--role curator")),
        (["show", "case-secret"], ("There is no item 'case-secret'", "")),
        (["check", "gone.md"], ("There is no file gone.md", "path in the library")),
        (["check", "."], ("does not lie in the library", "--library")),
        (["import", "gone.jsonl"], ("gone.jsonl cannot be read", "name")),
        (["import", "empty.jsonl"], ("empty.jsonl is empty", "one JSON object a line")),
        (["import", "empty.jsonl", "--map", "title"], ("--map 'title' is no pair", "FIELD=ROW_FIELD")),
        (["import", "empty.jsonl", "--map", "titel=x"], ("no field titel", "title")),
        (["import", "empty.jsonl", "--approve"], ("need a classification", "--classification")),
        (["new", "case", "日本"], ("gives no id", "Latin")),
        (["new", "enabler", "Desk"], ("exists already", "another title")),
    ],
)
def test_mistake_is_told_with_what_to_do(
    casebook: Casebook, library: Path, tmp_path: Path, arguments: list[str], told: tuple[str, str]
) -> None:
    """A mistake prints what is wrong and what to do on standard error, nothing on standard output, and ends with 1."""
    (tmp_path / "latin1.txt").write_bytes("Größe".encode("latin-1"))
    (tmp_path / "empty.jsonl").write_bytes(b"\n")
    ended = casebook(*arguments, "--library", library)
    assert (ended.status, ended.out) == (1, "")
    first, _, rest = ended.err.partition("\n")
    assert first.startswith("Error: ")
    assert told[0] in first
    assert rest.strip()
    assert told[1] in rest
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "command",
    [["search", "price"], ["similar", "a"], ["show", "a"], ["list", "cases"], ["brief", "a"], ["status"], ["feedback"]],
)
def test_missing_index_is_told(casebook: Casebook, tmp_path: Path, command: list[str]) -> None:
    """Before the first `index` every command that reads says how to make one."""
    ended = casebook(*command, "--library", write_library(tmp_path / "new", {}))
    assert (ended.status, ended.out) == (1, "")
    assert ended.err == "Error: There is no index yet.\nRun `casebook index`.\n"


@pytest.mark.parametrize(
    "command",
    [["index"], ["search", "price"], ["list", "cases"], ["check"], ["new", "case", "X"], ["import", "x.jsonl"]],
)
def test_missing_library_is_told(casebook: Casebook, tmp_path: Path, command: list[str]) -> None:
    """A mistyped folder is named, with how to name or make a library, and nothing is made there."""
    ended = casebook(*command, "--library", tmp_path / "gone")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith(f"Error: There is no folder {tmp_path / 'gone'}.\n")
    assert "--library" in ended.err
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("command", [["index"], ["check"], ["new", "case", "X"], ["import", "x.jsonl"]])
def test_folder_that_is_no_library_is_told(casebook: Casebook, tmp_path: Path, command: list[str]) -> None:
    """A folder without cases/ and kb/ is refused and left as it is."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (tmp_path / "x.jsonl").write_text('{"title": "A", "body": "x"}', encoding="utf-8")
    ended = casebook(*command, "--library", folder)
    assert (ended.status, ended.out) == (1, "")
    assert "is no library" in ended.err
    assert not any(folder.iterdir())


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("CASEBOOK_ASKER__ROLE=boss", "no role 'boss'"),
        ("CASEBOOK_LIMIT=many", "limit"),
        ("CASEBOOK_LIBRARY=gone", "There is no folder gone"),
    ],
)
def test_wrong_variable_is_told(
    casebook: Casebook, library: Path, monkeypatch: pytest.MonkeyPatch, variable: str, told: str
) -> None:
    """A setting from the environment that cannot be used is an error that names it."""
    name, _, value = variable.partition("=")
    monkeypatch.setenv(name, value)
    ended = casebook("search", "price", *([] if name == "CASEBOOK_LIBRARY" else ["--library", library]))
    assert (ended.status, ended.out) == (1, "")
    assert told in ended.err


def test_wrong_settings_file_is_told(casebook: Casebook, tmp_path: Path) -> None:
    """A casebook.toml that is no TOML is named."""
    root = write_library(tmp_path / "lib", {})
    (root / "casebook.toml").write_text("limit = ", encoding="utf-8")
    ended = casebook("check", "--library", root)
    assert (ended.status, ended.out) == (1, "")
    assert "casebook.toml" in ended.err


# Searching


def test_search_prints_the_closest_case_with_reasons(casebook: Casebook, library: Path) -> None:
    """The answer on standard output: verdict, cases with facts and marked words, what they share, whom to ask."""
    ended = casebook("search", "our executive sponsor left", "--library", library)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("There is a close case.\n")
    assert "\n1. The champion is gone  case-sponsor\n" in ended.out
    for told in ("a customer", "Germany", "outcome: success", "*sponsor*", "critical in 1", "sam@example.org"):
        assert told in ended.out


def test_text_may_come_from_an_argument_a_file_or_standard_input(casebook: Casebook, library: Path) -> None:
    """The same text gives the same answer, wherever it comes from; a byte-order mark does no harm."""
    text = "Größerer Preisdruck: price cut of five percent"
    Path("brief.txt").write_bytes(b"\xef\xbb\xbf" + text.encode())
    answers = [
        casebook("search", text, "--library", library),
        casebook("search", "-", "--library", library, stdin=text.encode()),
        casebook("search", "--file", "brief.txt", "--library", library),
    ]
    assert {ended.status for ended in answers} == {0}
    assert len({ended.out for ended in answers}) == 1
    assert "case-price" in answers[0].out


def test_standard_input_in_another_encoding_is_told(casebook: Casebook, library: Path) -> None:
    """Latin-1 on standard input is refused, not searched with question marks."""
    ended = casebook("search", "-", "--library", library, stdin="Größe".encode("latin-1"))
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("Error: The text from standard input is no UTF-8")


def test_text_is_never_taken_for_an_option(casebook: Casebook, library: Path) -> None:
    """After `--` a text may begin with a hyphen, as pasted lists do."""
    ended = casebook("search", "--library", library, "--", "- price cut")
    assert ended.status == 0
    assert "case-price" in ended.out


def test_limit_bounds_the_cases(casebook: Casebook, library: Path) -> None:
    """`--limit 1` shows one case."""
    ended = casebook("search", "price cut", "--library", library, "--limit", "1")
    assert re.findall(r"^\d+\. ", ended.out, re.MULTILINE) == ["1. "]


def test_filters_are_repeatable(casebook: Casebook, library: Path) -> None:
    """A filter given twice means either value."""
    out = casebook("search", "price", "--library", library, "--region", "FR", "--region", "DE", "--json").out
    assert json.loads(out)["filters"] == {"region": ["FR", "DE"]}
    assert json.loads(out)["total"] == 2


def test_empty_result_says_which_filter_to_relax(casebook: Casebook, library: Path) -> None:
    """Nothing found because of a filter is told as that, and ends with 0: the search itself worked."""
    ended = casebook("search", "price", "--library", library, "--region", "FR", "--challenge-type", "Sponsor change")
    assert ended.status == 0
    assert "Without --region there would be 1 case." in ended.out
    assert "Without --challenge-type there would be 1 case." in ended.out


def test_explain_shows_each_arm(casebook: Casebook, library: Path) -> None:
    """`--explain` adds every arm's part of the score, and what the answer was made with."""
    plain = casebook("search", "our executive sponsor left", "--library", library)
    explained = casebook("search", "our executive sponsor left", "--library", library, "--explain")
    for arm in ("passages", "problem", "words", "whole"):
        assert re.search(rf"^   {arm} +raw", explained.out, re.MULTILINE)
        assert not re.search(rf"^   {arm} +raw", plain.out, re.MULTILINE)
    assert "model all-MiniLM-L6-v2" in explained.out


def test_groups_open_what_they_may_see(casebook: Casebook, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A confidential case appears for its group, named by option or environment, and for nobody else."""
    assert "case-secret" not in casebook("search", "sponsor left", "--library", library).out
    assert "case-secret" not in casebook("search", "sponsor left", "--library", library, "--role", "curator").out
    assert "case-secret" in casebook("search", "sponsor left", "--library", library, "--group", "red").out
    monkeypatch.setenv("CASEBOOK_ASKER__GROUPS", '["red"]')
    assert "case-secret" in casebook("search", "sponsor left", "--library", library).out
    assert "case-secret" not in casebook("search", "sponsor left", "--library", library, "--group", "blue").out


def test_library_without_approved_cases_says_so(casebook: Casebook, tmp_path: Path) -> None:
    """Who has only written drafts is told why nothing is found."""
    root = write_library(tmp_path / "lib", {"cases/case-a.md": case_text(status="draft")})
    casebook("index", "--library", root)
    ended = casebook("search", "price pressure", "--library", root)
    assert ended.status == 0
    assert "Only approved cases are searched" in ended.err


def test_changed_files_are_told(casebook: Casebook, tmp_path: Path) -> None:
    """An answer from an index that is behind its files comes with a note on standard error."""
    root = write_library(tmp_path / "lib", {"cases/case-a.md": case_text()})
    casebook("index", "--library", root)
    assert casebook("search", "a problem", "--library", root).err == ""
    write_library(root, {"cases/case-b.md": case_text()})
    ended = casebook("search", "a problem", "--library", root)
    assert ended.err == "Note: files differ from the index (cases/case-b.md). Run `casebook index`.\n"
    assert "case-a" in ended.out


def test_other_model_is_told(casebook: Casebook, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of another model than the settings name still answers, with a note."""
    monkeypatch.setenv("CASEBOOK_MODEL", "another-model")
    ended = casebook("search", "sponsor left", "--library", library)
    assert ended.status == 0
    assert "made with all-MiniLM-L6-v2; the settings name another-model" in ended.err


# Looking without searching


def test_similar_finds_the_others(casebook: Casebook, worded: Path) -> None:
    """The cases closest to a case, without itself."""
    ended = casebook("similar", "case-sponsor", "--library", worded)
    assert ended.status == 0
    assert re.findall(r"^\d+\. .*  (case-\S+)$", ended.out, re.MULTILINE) == ["case-price"]


def test_show_prints_a_case_in_full(casebook: Casebook, worded: Path) -> None:
    """Fields, sections and links of an item, and nothing on standard error."""
    ended = casebook("show", "case-sponsor", "--library", worded)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("# The champion is gone\n")
    assert "## Challenge\n\nOur executive sponsor at the customer left" in ended.out
    assert "- enablers: enb-sponsor (Sponsorship)" in ended.out
    assert "regions: DE\n" in ended.out


def test_show_prints_where_a_concept_is_used(casebook: Casebook, worded: Path) -> None:
    """A concept's page names the visible cases that refer to it."""
    out = casebook("show", "chl-sponsor", "--library", worded).out
    assert "- challenge_types: case-sponsor (The champion is gone)" in out
    assert "case-secret" not in out


@pytest.mark.parametrize(
    ("what", "ids"),
    [
        ("cases", ["case-price", "case-sponsor"]),
        ("competencies", ["cmp-value"]),
        ("enablers", ["enb-desk", "enb-sponsor"]),
        ("challenges", ["chl-price", "chl-sponsor"]),
        ("industries", ["note-food"]),
        ("learning", ["lrn-value"]),
    ],
)
def test_list_prints_one_item_a_line(casebook: Casebook, worded: Path, what: str, ids: list[str]) -> None:
    """Items come by id on standard output, one a line; their number on standard error."""
    ended = casebook("list", what, "--library", worded)
    assert [line.split("  ")[0] for line in ended.out.splitlines()] == ids
    assert ended.err == f"{len(ids)} {what}\n"


def test_list_shows_drafts_to_who_may_see_them(casebook: Casebook, worded: Path) -> None:
    """A draft is listed, marked, for its owner and for curators; for others there is none."""
    draft = ["list", "cases", "--status", "draft", "--library", worded]
    assert casebook(*draft).out == ""
    assert casebook(*draft, "--user", "ann").out == "case-draft  Not yet [draft]\n"
    assert casebook(*draft, "--role", "curator").out == "case-draft  Not yet [draft]\n"
    both = casebook("list", "cases", "--status", "draft", "--status", "approved", "--user", "ann", "--library", worded)
    assert len(both.out.splitlines()) == 3


def test_status_tells_what_is_indexed(casebook: Casebook, worded: Path) -> None:
    """Model, numbers as the asker sees them, and whether the files have changed."""
    ended = casebook("status", "--library", worded)
    assert (ended.status, ended.err) == (0, "")
    assert "with fake-model (64 dimensions)" in ended.out
    assert re.search(r"^ +2 business_case \(2 approved\)$", ended.out, re.MULTILINE)
    assert ended.out.endswith("Up to date with the files.\n")
    (worded / "cases" / "case-price.md").unlink()
    assert "  removed: cases/case-price.md\n" in casebook("status", "--library", worded).out


def test_brief_is_printed_or_written(casebook: Casebook, worded: Path) -> None:
    """Markdown goes to standard output; a file's name decides on its format, an option beats it."""
    place = ["--library", worded]
    printed = casebook("brief", "case-sponsor", "case-price", "case-sponsor", *place)
    assert (printed.status, printed.err) == (0, "")
    assert re.findall("^# .*", printed.out, re.MULTILINE) == ["# The champion is gone", "# Five percent down"]
    for name, options, begins in (
        ("a.md", [], b"# The champion is gone"),
        ("a.DOCX", [], b"PK"),
        ("a.pptx", [], b"PK"),
        ("a", ["--format", "docx"], b"PK"),
        ("b.docx", ["--format", "md"], b"# The champion is gone"),
    ):
        ended = casebook("brief", "case-sponsor", "--output", name, *options, *place)
        assert (ended.status, ended.out, ended.err) == (0, f"{name}\n", "")
        assert Path(name).read_bytes().startswith(begins)


def test_brief_that_cannot_be_written_is_told(casebook: Casebook, worded: Path) -> None:
    """A folder that does not exist is named; nothing is made."""
    ended = casebook("brief", "case-sponsor", "--output", "gone/a.docx", "--library", worded)
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("Error: gone/a.docx: No such file or directory.\n")


def test_formats_of_a_brief_are_those_that_can_be_written() -> None:
    """The command line offers every format that there is."""
    assert [name.value for name in FormatName] == [form.value for form in BriefFormat]


# Writing


def test_index_tells_what_it_did(casebook: Casebook, tmp_path: Path) -> None:
    """A run ends with how many files were read, indexed and left out and why; steps go to standard error."""
    files = {"cases/a.md": case_text(), "cases/b.md": "no front matter", "cases/c.txt": "x"}
    root = write_library(tmp_path / "Fälle 2026", files)
    ended = casebook("index", "--library", root)
    assert ended.status == 0
    assert ended.out.splitlines()[:2] == [
        "2 files read (1 other files ignored), 1 indexed, 1 left out.",
        "  left out: cases/b.md (see above)",
    ]
    assert "cases/b.md:1: blocker: no front matter" in ended.err
    assert re.search(r"^embedding: \d+$", ended.err, re.MULTILINE)
    again = casebook("index", "--library", root)
    assert "Nothing has changed; index 1 stays." in again.out
    quiet = casebook("index", "--library", root, "--full", "--quiet")
    assert (quiet.status, quiet.out, quiet.err) == (0, "", "")
    assert "Index 2," in casebook("status", "--library", root).out


def test_index_where_nothing_can_be_written(casebook: Casebook, tmp_path: Path) -> None:
    """A data folder that cannot be made is told with its path and the way out."""
    root = write_library(tmp_path / "lib", {"cases/a.md": case_text()})
    (tmp_path / "file").write_text("", encoding="utf-8")
    ended = casebook("index", "--library", root, "--data", tmp_path / "file" / "data")
    assert (ended.status, ended.out) == (1, "")
    assert str(tmp_path / "file" / "data") in ended.err
    assert "CASEBOOK_DATA" in ended.err


def test_from_nothing_to_a_found_case(casebook: Casebook) -> None:
    """The newcomer's way: init, new, check, fill in, index, search, all in a folder with a space."""
    made = casebook("init", "Our cases")
    assert made.status == 0
    assert re.fullmatch(r"Our cases: \d+ files written\.\n", made.out)
    assert '--library "Our cases"' in made.err
    begun = casebook("new", "case", "Price: down?", "--library", "Our cases")
    path = Path(begun.out.strip())
    assert (begun.status, path.as_posix()) == (0, "Our cases/cases/case-price-down.md")
    hinted = re.search(r'casebook check "([^"]+)" --library "([^"]+)"', begun.err)
    assert hinted
    checked = casebook("check", hinted[1], "--library", hinted[2])
    assert checked.status == 0
    assert ": todo: `summary` is missing. " in checked.out
    assert checked.err.startswith("1 file checked: ")
    path.write_text(case_text(title="'Price: down?'", challenge_types="chl-price-pressure"), encoding="utf-8")
    for folder in ("competencies", "enablers"):  # the pages of the vocabulary take their time to embed
        shutil.rmtree(Path("Our cases", "kb", folder))
    assert casebook("index", "--library", "Our cases").status == 0
    assert "case-price-down" in casebook("search", "prices go down", "--library", "Our cases").out


def test_init_twice_is_refused(casebook: Casebook) -> None:
    """A library is never written over."""
    assert casebook("init", "lib").status == 0
    again = casebook("init", "lib")
    assert (again.status, again.out) == (1, "")
    assert again.err == "Error: lib already holds cases.\nChoose a new or an empty folder.\n"


@pytest.mark.parametrize("name", ["case", "note", "competency", "enabler", "challenge", "learning"])
def test_new_makes_every_type(casebook: Casebook, tmp_path: Path, name: str) -> None:
    """Each type can be begun; the path on standard output is the file."""
    ended = casebook("new", name, "A title", "--library", write_library(tmp_path / "lib", {}))
    assert ended.status == 0
    assert Path(ended.out.strip()).is_file()


def test_check_passes_and_fails(casebook: Casebook, tmp_path: Path) -> None:
    """Problems on standard output, the sum on standard error; status 1 only if something keeps an item back."""
    never = "review_interval: P900Y\n"
    good = {"cases/a.md": case_text(challenge_types="x", competencies="x", enablers="x", more=never)}
    root = write_library(tmp_path / "lib", {**good, "kb/challenges/x.md": concept_text("X", more=never)})
    failed = casebook("check", "--library", root)
    assert failed.status == 1
    assert failed.out.startswith("cases/a.md:14: error: ")
    assert failed.err == "2 files checked: 2 errors.\n"
    write_library(root, {"cases/a.md": case_text(challenge_types="x", outcome="partial", more=never)})
    passed = casebook("check", "--library", root)
    assert passed.status == 0
    assert passed.err == "2 files checked: 2 warnings.\n"
    assert casebook("check", "kb", "--library", root).err == "1 file checked: no problems.\n"


def test_import_tells_what_it_did(casebook: Casebook, tmp_path: Path) -> None:
    """The sum on standard output; rows that gave nothing, files left alone and unused fields on standard error."""
    root = write_library(tmp_path / "lib", {})
    Path("rows.jsonl").write_text(
        '{"name": "A", "text": "x", "price": 1}\n{"name": "B", "text": "y"}\n{broken\n', encoding="utf-8"
    )
    command = ["import", "rows.jsonl", "--map", "title=name", "--map", "body=text", "--library", root]
    first = casebook(*command)
    assert first.status == 1
    assert first.out == "2 created, 0 updated, 0 unchanged, 0 left alone, 1 problem.\n"
    assert "rows.jsonl:3: no JSON" in first.err
    assert "Row fields left out: price (--map FIELD=ROW_FIELD takes one in)." in first.err
    path = root / "cases" / "case-a.md"
    path.write_text(path.read_text(encoding="utf-8") + "\nMore.\n", encoding="utf-8")
    Path("rows.jsonl").write_text('{"name": "A", "text": "new"}\n{"name": "B", "text": "y"}\n', encoding="utf-8")
    second = casebook(*command)
    assert second.status == 0
    assert second.out == "0 created, 0 updated, 1 unchanged, 1 left alone, 0 problems.\n"
    assert "case-a: edited since its import and left alone (--overwrite replaces it)" in second.err
    third = casebook(*command, "--overwrite")
    assert third.out == "0 created, 1 updated, 1 unchanged, 0 left alone, 0 problems.\n"


def test_import_approves_with_a_classification(casebook: Casebook, tmp_path: Path) -> None:
    """Approved rows are found at once after indexing; --type puts them where they belong."""
    root = write_library(tmp_path / "lib", {})
    Path("rows.jsonl").write_text('{"title": "Desk", "body": "x", "labels": {"en": "Desk"}}', encoding="utf-8")
    options = ["--type", "enabler", "--approve", "--classification", "internal", "--set", "summary=A desk."]
    ended = casebook("import", "rows.jsonl", *options, "--library", root)
    assert ended.status == 1
    assert "`definition` is missing" in ended.err
    Path("rows.jsonl").write_text(
        '{"title": "Desk", "body": "x", "labels": {"en": "Desk"}, "definition": {"en": "A desk."}}', encoding="utf-8"
    )
    ended = casebook("import", "rows.jsonl", *options, "--library", root)
    assert (ended.status, ended.err) == (0, "")
    assert casebook("check", "--library", root).status == 0


# Presentation


def test_styles_without_a_terminal_are_plain(casebook: Casebook, library: Path) -> None:
    """Output into a file or pipe has stars around found words and no escape sequences."""
    ended = casebook("search", "our executive sponsor left", "--library", library)
    assert Styles().mark("x") == "*x*"
    assert "\x1b" not in ended.out


@pytest.mark.parametrize(("words", "completed"), [("casebook sea", "search"), ("casebook li", "list")])
def test_completion_knows_the_commands(
    casebook: Casebook, monkeypatch: pytest.MonkeyPatch, words: str, completed: str
) -> None:
    """A shell that asks for completions gets the commands."""
    monkeypatch.setenv("_CASEBOOK_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", "1")
    assert casebook().out.split() == [completed]
