"""`--server` asks a server instead of an index on this machine, and prints what that index would have printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.resources import addresses
from commands.remote import PLACES
from curation.drafting import ID_PREFIXES
from curation.keys import KeyStore
from curation.state import State
from indexer.build import build_index
from tests.cli.conftest import FILES, Casebook
from tests.conftest import settings_for, write_library
from tests.test_layers import ROOT

# A service sees no stubs and no drafts; without these a reader on this machine sees just what it sees.
_OPEN = {name: text for name, text in FILES.items() if name not in ("cases/case-secret.md", "cases/case-draft.md")}
# A mail so long that its sentences run through the model before it is known what of it is searched with.
_MAIL = (
    "Dear colleagues,\n\nI hope that you are well. Our executive sponsor at the dairy left in spring, and nobody has "
    "taken over. The purchasing department now asks for a price cut of four per cent each year. Two of their plants "
    "were merged and order from one list. Last week a buyer told us that a rival offers to manage their stock. We have "
    "no target for the account and no team behind it. The renewal is due in October, and the tender may come before. "
    "What did others do when the sponsor was gone?\n\nBest regards,\nAlex\n\nSent from my phone"
)


@dataclass(frozen=True)
class Served:
    """A running server: its address, a key for it, and the library that it serves."""

    url: str
    key: str
    library: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server process over a small library, reached with a key alone."""
    folder = tmp_path_factory.mktemp("served")
    library = write_library(folder / "library", _OPEN)
    build_index(settings_for(library))
    state = State(folder / "state.db")
    key = KeyStore(state).create("tests").text
    state.close()
    with serving(library, folder / "state.db") as url:
        yield Served(url, key, library)


class serving:  # noqa: N801  used like a function
    """A server process while a block runs; gives its address."""

    def __init__(self, library: Path, state: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CASEBOOK_")}
        self._process = subprocess.Popen(
            [sys.executable, ROOT / "cli.py", "serve", "--port", "0", "--library", library],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment, "CASEBOOK_STATE": str(state)},
        )

    def __enter__(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if not found:
            self._process.kill()
            raise AssertionError(self._process.communicate())
        return found[0]

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=60)
        # What tells it to end is no failure; Windows knows no such signal and ends it at once.
        assert self._process.returncode == 0 or os.name != "posix"


@pytest.fixture
def with_key(casebook: Casebook, served: Served, monkeypatch: pytest.MonkeyPatch) -> Casebook:
    """The command line with the server's key in the environment."""
    monkeypatch.setenv("CASEBOOK_SERVER_KEY", served.key)
    return casebook


@pytest.mark.parametrize(
    "command",
    [
        ["search", "our executive sponsor left"],
        ["search", "our executive sponsor left", "--explain", "--limit", "1"],
        ["search", "Größerer Preisdruck: price cut", "--region", "FR", "--since", "2020-01-01", "--have", "cmp-value"],
        ["search", "price", "--challenge-type", "Sponsor change", "--region", "FR"],
        ["search", "price", "--enabler", "enb-desk", "--enabler", "enb-sponsor", "--outcome", "success"],
        ["search", "mayonnaise recipes"],
        ["search", _MAIL],
        ["similar", "case-sponsor"],
        ["similar", "case-sponsor", "--limit", "1", "--have", "cmp-value,enb-desk"],
        ["show", "case-sponsor"],
        ["show", "cmp-value"],
        ["show", "enb-sponsor"],
        ["show", "chl-sponsor"],
        ["show", "note-food"],
        ["show", "lrn-value"],
        ["brief", "case-sponsor"],
        ["list", "cases"],
        ["list", "competencies"],
        ["list", "enablers"],
        ["list", "challenges"],
        ["list", "industries"],
        ["list", "learning"],
        ["list", "cases", "--status", "draft", "--status", "archived"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_server_answers_what_the_index_answers(
    with_key: Casebook, served: Served, command: list[str], form: list[str]
) -> None:
    """Text and JSON are the same to the byte, but for the random id of a search."""
    form = [] if command[0] == "brief" else form
    here = with_key(*command, *form, "--library", served.library)
    there = with_key(*command, *form, "--server", served.url)
    assert here.status == 0
    assert (there.status, _without_id(there.out), there.err) == (here.status, _without_id(here.out), here.err)


def _without_id(out: str) -> str:
    return re.sub(r"\b[0-9a-f]{32}\b", "...", out)


@pytest.mark.parametrize("name", ["brief.docx", "brief.pptx", "brief.md"])
def test_server_writes_the_same_brief(with_key: Casebook, served: Served, name: str) -> None:
    """A brief's file is the same to the byte, wherever it was made."""
    with_key("brief", "case-sponsor", "--output", f"here-{name}", "--library", served.library)
    ended = with_key("brief", "case-sponsor", "--output", f"there-{name}", "--server", served.url)
    assert (ended.status, ended.out) == (0, f"there-{name}\n")
    assert Path(f"there-{name}").read_bytes() == Path(f"here-{name}").read_bytes()


def test_server_needs_no_library_here(
    with_key: Casebook, served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A machine without a library, or with wrong settings for one, asks a server all the same."""
    monkeypatch.setenv("CASEBOOK_LIBRARY", "gone")
    (tmp_path / "casebook.toml").write_text("limit = ", encoding="utf-8")
    ended = with_key("search", "our sponsor left", "--server", served.url)
    assert (ended.status, ended.err) == (0, "")
    assert "case-sponsor" in ended.out


def test_challenge_comes_from_a_file_too(with_key: Casebook, served: Served) -> None:
    """A challenge is read as ever, wherever the answer comes from."""
    Path("mail.txt").write_text("Größere Preise: price cut", encoding="utf-8")
    asked = ["--server", served.url]
    from_file = with_key("search", "--file", "mail.txt", *asked)
    piped = with_key("search", "-", *asked, stdin="Größere Preise: price cut".encode())
    assert from_file.out == piped.out
    assert "case-price" in piped.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["search", ""], "challenge: Write some text."),
        (["search", "x" * 20_001], "challenge: It may have 20,000 characters at most."),
        (
            ["search", "price", "--region", "Germny"],
            "--region: No region is called 'Germny'. Did you mean DE (Germany)",
        ),
        (["search", "price", "--challenge-type", "chl-prise"], "--challenge-type: No challenge-type is called"),
        (["search", "price", "--limit", "101"], "--limit: It may be 100 at most."),
        (["search", "price", "--have", "cmp-x"], "--have: No competency or enabler has the id 'cmp-x'."),
        (["search", "price", "--industry", "\udcff"], "--industry"),
        (["similar", "case-spons"], "There is no item 'case-spons' at http://127.0.0.1"),
        (["similar", "enb-desk"], "There is no item 'enb-desk' at http://127.0.0.1"),
        (["show", "nope"], "There is no item 'nope' at http://127.0.0.1"),
        (["brief", "enb-desk"], "There is no item 'enb-desk' at http://127.0.0.1"),
        (["show", "../me"], "There is no item '../me' at http://127.0.0.1"),
        (["show", "a/b?c#d"], "There is no item 'a/b?c#d' at http://127.0.0.1"),
    ],
)
def test_refusal_is_told_with_the_option_it_is_about(
    with_key: Casebook, served: Served, arguments: list[str], told: str
) -> None:
    """What a server refuses is an error with what and where, and ends with 1; nothing is on standard output."""
    ended = with_key(*arguments, "--server", served.url)
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("Error: ")
    assert told in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("key", ["", "cbk_aaaaaaaa_" + "a" * 43, "no key at all"])
def test_missing_or_wrong_key_is_told(
    casebook: Casebook, served: Served, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """Without a valid key nothing is shown; the message names the variable and never the key."""
    monkeypatch.setenv("CASEBOOK_SERVER_KEY", key)
    ended = casebook("list", "cases", "--server", served.url)
    assert (ended.status, ended.out) == (1, "")
    assert "CASEBOOK_SERVER_KEY" in ended.err
    assert not key or key not in ended.err


@pytest.mark.parametrize("option", ["--library", "--data", "--user", "--group"])
@pytest.mark.parametrize("command", [["search", "x"], ["similar", "x"], ["show", "x"], ["list", "cases"]])
def test_options_for_this_machine_are_refused_beside_a_server(
    casebook: Casebook, command: list[str], option: str
) -> None:
    """Who asks, and of which library, is the server's to know: such an option is wrong usage, never ignored."""
    ended = casebook(*command, "--server", "http://127.0.0.1:1", option, "red")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("Usage: casebook")
    assert option in ended.err


@pytest.mark.parametrize(
    ("server", "told"),
    [
        ("127.0.0.1:8000", "is no address of a server"),
        ("ftp://127.0.0.1", "is no address of a server"),
        ("http://", "is no address of a server"),
        ("http://127.0.0.1:many", "is no address of a server"),
        ("https://127.0.0.1/?key=1", "is no address of a server"),
        ("https://me:secret@127.0.0.1", "An address holds no credentials"),
        ("http://kb.example.com", "could be read on their way"),
        ("http://localhost.example.com", "could be read on their way"),
        ("http://127.0.0.1\\@kb.example.com", "An address holds no credentials"),
        ("http://0.0.0.0:8000", "could be read on their way"),
    ],
)
def test_address_that_is_not_safe_or_none_is_refused(casebook: Casebook, server: str, told: str) -> None:
    """Nothing is sent to what is no address, or to another machine over plain http."""
    ended = casebook("list", "cases", "--server", server)
    assert (ended.status, ended.out) == (1, "")
    assert told in ended.err
    assert "secret" not in ended.err


def test_every_type_has_a_place_at_a_server() -> None:
    """The places are the server's, and the ids by which one is guessed are those that `new` gives."""
    assert {name: prefix for name, (_, prefix) in PLACES.items()} == ID_PREFIXES
    assert {name: place for name, (place, _) in PLACES.items()} == addresses.PLACES
