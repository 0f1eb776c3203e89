"""A variable that looks like a setting and is none is told, not ignored without a word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from commands.environment import strange_variables
from library.settings import Settings
from tests.cli.conftest import Casebook
from tests.test_layers import ROOMS, ROOT


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("CASEBOOK_LIBARY", "CASEBOOK_LIBRARY"),
        ("CASEBOOK_LIMITS", "CASEBOOK_LIMIT"),
        ("casebook_modle", "CASEBOOK_MODEL"),
        ("CASEBOOK_ASKER_USER", "CASEBOOK_ASKER__USER"),
        ("CASEBOOK_ASKR__ROLE", "CASEBOOK_ASKER__ROLE"),
        ("CASEBOOK_SERVERKEY", "CASEBOOK_SERVER_KEY"),
        ("CASEBOOK_WEATHER_ON_MARS", ""),
        ("CASEBOOK_", ""),
    ],
)
def test_strange_variable_has_the_nearest_right_name(name: str, nearest: str) -> None:
    """What resembles a setting is said to be meant as that one; what resembles none, as nothing."""
    assert strange_variables([name, "PATH", "_CASEBOOK_COMPLETE", "MY_CASEBOOK_LIBARY"]) == [(name, nearest)]


def test_every_setting_is_known() -> None:
    """No variable that sets something is called strange, whatever its case and its parts."""
    names = [f"CASEBOOK_{field}" for field in Settings.model_fields] + [
        "CASEBOOK_ASKER__USER",
        "CASEBOOK_REGIONS__ALPS",
    ]
    assert strange_variables([*names, *map(str.upper, names), *map(str.lower, names)]) == []


def test_every_variable_that_the_rooms_read_is_known() -> None:
    """A variable that code names, such as one that is no setting, is never called strange."""
    texts = [path.read_text(encoding="utf-8") for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    named = {name for text in texts for name in re.findall(r'"(CASEBOOK_[A-Z_]*[A-Z])"', text)}
    assert "CASEBOOK_ALLOW_DOWNLOAD" in named
    assert strange_variables(named) == []


@pytest.mark.parametrize("command", [["list", "cases"], ["check"]])
def test_strange_variable_is_told_beside_the_result(
    casebook: Casebook, library: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """The note stands on standard error, names the right variable, and changes neither result nor status."""
    before = casebook(*command, "--library", library)
    monkeypatch.setenv("CASEBOOK_LIMITT", "3")
    after = casebook(*command, "--library", library)
    note = "Note: there is no setting CASEBOOK_LIMITT; it is ignored; do you mean CASEBOOK_LIMIT?\n"
    assert (after.status, after.out, after.err) == (before.status, before.out, note + before.err)
    monkeypatch.setenv("CASEBOOK_LIMITT", "")
    assert note in casebook(*command, "--library", library).err
