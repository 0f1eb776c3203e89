"""Serving, and the keys of those who call: what is refused, what is shown once, what goes where."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest

from curation.feedback import FeedbackKind, Remark, keep_remark
from curation.keys import KeyStore, today_in_utc
from curation.state import State
from library.access import Role
from tests.cli.conftest import Casebook
from tests.cli.test_server import serving
from tests.conftest import write_library
from tests.test_layers import ROOT


@pytest.fixture
def state(casebook: Casebook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:  # noqa: ARG001  first it empties the environment
    """A state of one's own, which does not exist yet."""
    path = tmp_path / "state" / "state.db"
    monkeypatch.setenv("CASEBOOK_STATE", str(path))
    return path


# Keys


def test_key_is_shown_once_on_standard_output_alone(casebook: Casebook, state: Path) -> None:
    """`keys create` prints the key and nothing else there; what is kept and listed holds no secret."""
    made = casebook("keys", "create", "sales portal", "--role", "curator")
    key = made.out.strip()
    assert (made.status, made.out) == (0, f"{key}\n")
    assert key not in made.err
    assert "sales portal (curator)" in made.err
    known = KeyStore(State(state)).verify(key)
    assert known
    assert (known.name, known.role) == ("sales portal", Role.CURATOR)
    secret = key.rpartition("_")[2]
    for command in (["keys", "list"], ["keys", "list", "--json"]):
        listed = casebook(*command)
        assert known.id in listed.out
        assert secret not in listed.out + listed.err


def test_key_expires_on_the_day_that_was_said(casebook: Casebook, state: Path) -> None:
    """A key works for a year unless told otherwise; a day that is past, or years away, is refused."""
    day = today_in_utc() + timedelta(days=3)
    assert casebook("keys", "create", "short", "--expires", day.isoformat()).status == 0
    assert casebook("keys", "create", "usual").status == 0
    assert [key.expires for key in KeyStore(State(state)).all()] == [day, today_in_utc() + timedelta(days=365)]
    for wrong in ("2020-01-01", "2999-01-01"):
        ended = casebook("keys", "create", "wrong", "--expires", wrong)
        assert (ended.status, ended.out) == (1, "")
        assert wrong in ended.err
    assert len(KeyStore(State(state)).all()) == 2


def test_revoked_key_is_listed_and_useless(casebook: Casebook, state: Path) -> None:
    """`keys revoke` says which key it was; an id that no key has is an error."""
    key = casebook("keys", "create", "portal").out.strip()
    key_id = key.split("_")[1]
    assert casebook("keys", "list").out == f"{key_id}  portal  reader  valid until {_year()}, never used\n"
    assert casebook("keys", "revoke", key_id).out == f"Key {key_id} (portal) is revoked.\n"
    assert KeyStore(State(state)).verify(key) is None
    assert f"revoked {today_in_utc()}" in casebook("keys", "list").out
    (listed,) = json.loads(casebook("keys", "list", "--json").out)
    assert (listed["id"], listed["standing"]) == (key_id, "revoked")
    ended = casebook("keys", "revoke", "nothere1")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err == "Error: There is no key 'nothere1'.\n`casebook keys list` shows which there are.\n"


def _year() -> str:
    return (today_in_utc() + timedelta(days=365)).isoformat()


def test_listing_keys_makes_no_file(casebook: Casebook, state: Path) -> None:
    """Looking leaves nothing behind where no key was ever made."""
    ended = casebook("keys", "list")
    assert (ended.status, ended.out, ended.err) == (0, "", "0 keys\n")
    assert not state.exists()


def test_keys_belong_to_a_library(casebook: Casebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file named, each library has keys of its own, in the user's data folder."""
    for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    first, second = (write_library(tmp_path / name, {}) for name in ("first", "second"))
    casebook("keys", "create", "portal", "--library", first)
    assert casebook("keys", "list", "--library", first).err == "1 key\n"
    assert casebook("keys", "list", "--library", second).err == "0 keys\n"
    assert not (first / ".casebook").exists()


# Feedback


def test_feedback_is_listed_for_curators(casebook: Casebook, state: Path, library: Path) -> None:
    """The latest first, each on one line, and whole as JSON; what the curator does not see is left out."""
    with State(state).writing() as db:
        keep_remark(db, Remark("case-price", FeedbackKind.OUTDATED, "key:aaaaaaaa", comment="Two\nlines"))
        keep_remark(db, Remark("case-secret", FeedbackKind.WRONG, "anyone", comment="Hidden"))
        keep_remark(db, Remark("case-sponsor", FeedbackKind.HELPFUL, "anyone"))
    asked = ["feedback", "--role", "curator", "--library", library]
    ended = casebook(*asked)
    assert (ended.status, ended.err) == (0, "2 remarks\n")
    assert re.fullmatch(r"\S+  case-sponsor  helpful\n\S+  case-price  outdated  Two lines\n", ended.out)
    remarks = json.loads(casebook(*asked, "--json").out)
    assert [(remark["case_id"], remark["comment"]) for remark in remarks] == [
        ("case-sponsor", ""),
        ("case-price", "Two\nlines"),
    ]


# Serving


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104  this is what is refused
def test_server_that_anyone_could_reach_is_refused(casebook: Casebook, state: Path, tmp_path: Path, host: str) -> None:
    """Without a key or OpenID Connect nothing but this machine is listened to; the message says what to do."""
    root = write_library(tmp_path / "library", {})
    ended = casebook("serve", "--host", host, "--port", "0", "--library", root)
    assert (ended.status, ended.out) == (1, "")
    assert host in ended.err
    assert "casebook keys create" in ended.err
    assert not state.exists()


@pytest.mark.usefixtures("state")
def test_port_in_use_is_told(casebook: Casebook, tmp_path: Path) -> None:
    """A port that another process has is an error with the way out."""
    root = write_library(tmp_path / "library", {})
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = casebook("serve", "--port", taken.getsockname()[1], "--library", root)
    assert (ended.status, ended.out) == (1, "")
    assert "--port" in ended.err


@pytest.mark.usefixtures("state")
def test_options_beat_variables(casebook: Casebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no option says of the server, the environment does."""
    root = write_library(tmp_path / "library", {})
    monkeypatch.setenv("CASEBOOK_SERVER__HOST", "192.0.2.7")
    assert "192.0.2.7" in casebook("serve", "--port", "0", "--library", root).err
    assert "192.0.2.8" in casebook("serve", "--host", "192.0.2.8", "--library", root).err


def test_server_says_where_it_answers(library: Path, state: Path) -> None:
    """The address on standard output answers, with the index that was published."""
    with serving(library, state) as url, urllib.request.urlopen(f"{url}/v1/cases") as answer:  # noqa: S310
        assert {item["id"] for item in json.load(answer)["items"]} == {"case-price", "case-sponsor"}


def test_connector_prints_nothing_but_the_protocol(library: Path, state: Path) -> None:
    """`mcp` answers on standard output in JSON lines; a note about a variable goes to standard error."""
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    ended = subprocess.run(
        [sys.executable, ROOT / "cli.py", "mcp", "--library", library],
        input=json.dumps(hello) + "\n",
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CASEBOOK_STATE": str(state), "CASEBOOK_LIMITT": "1"},
    )
    assert ended.returncode == 0, ended.stderr
    (line,) = ended.stdout.splitlines()
    assert json.loads(line)["result"]["serverInfo"]["name"]
    assert "CASEBOOK_LIMITT" in ended.stderr
