"""Names of accounts are found in whatever form people write them, and the list itself tells nobody who they are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from curation.checks.deny_list import DenyList, hash_names, load_deny_list, normalise_name
from library.errors import SettingsError
from library.settings import Settings
from tests.conftest import settings_for, write_library

LIST = (
    "# our accounts\nNordmed AG\nÉclat d'Or S.A.\nHP\nGrøn Energi Holding A/S\n\nShell\n"
    "Deutsche Musterbank\nMuster-Werke\n"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A library with a deny list beside it."""
    (tmp_path / "names.txt").write_text(LIST, encoding="utf-8")
    root = write_library(tmp_path / "lib", {})
    (root / "casebook.toml").write_text('deny_list = "../names.txt"\n', encoding="utf-8")
    return settings_for(root, state=tmp_path / "state" / "state.db")


@pytest.fixture(params=["clear", "hashed"])
def deny_list(request: pytest.FixtureRequest, settings: Settings) -> DenyList:
    """The same list in clear and as hashes."""
    file = settings.library.parent / "names.txt"
    if request.param == "hashed":
        file.write_text("\n".join(hash_names(settings, file)), encoding="utf-8")
    found = load_deny_list(settings)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a call with Nordmed AG today", ["Nordmed"]),
        ("NORDMED wants, and nordmed's buyer", ["NORDMED", "nordmed"]),
        ("Nordmeds Einkauf", ["Nordmeds"]),
        ("the Nordmed-contract", ["Nordmed"]),
        ("chez Eclat d’or", ["Eclat d’or"]),
        ("Éclat\n> d'Or", ["Éclat\n> d'Or"]),
        ("HP and hp", ["HP"]),
        ("Nord-\nmed and Nord\u00admed, Nord-\n> Med", ["Nord-\nmed", "Nord\u00admed", "Nord-\n> Med"]),
        ("Nord med, Nord - med", []),
        ("der Deutschen Musterbank, Deutscher Musterbanks", ["Deutschen Musterbank", "Deutscher Musterbanks"]),
        ("MusterWerke, Muster Werke, muster-werke", ["MusterWerke", "Muster Werke", "muster-werke"]),
        ("Nordmed\u2011Vertrag, Nordmed-\nVertrag", ["Nordmed", "Nordmed"]),
        ("Nordmedia, Unnordmed, Eclat", []),
    ],
)
def test_names_are_found_as_people_write_them(deny_list: DenyList, text: str, found: list[str]) -> None:
    """Without legal form, in any case, with or without accents, over the end of a line, never inside a word."""
    assert [text[start:end] for start, end in deny_list.find(text)] == found


@pytest.mark.parametrize(
    ("name", "normal"),
    [("Nordmed AG", "nordmed"), ("Alfa S.p.A.", "alfa"), ("Holding", "holding"), ("AT&T Inc.", "at t")],
)
def test_legal_form_is_left_out(name: str, normal: str) -> None:
    """People leave it out when they talk; a name that is nothing else stays."""
    assert normalise_name(name) == normal


def test_hashes_tell_no_name(settings: Settings) -> None:
    """A hashed list holds no name, and the same names give the same hashes only under the same key."""
    file = settings.library.parent / "names.txt"
    lines = hash_names(settings, file)
    assert len(lines) == 8
    assert not any(name in "\n".join(lines).lower() for name in ("nordmed", "shell"))
    assert hash_names(settings, file) == lines
    settings.state_file.with_name("denylist.key").unlink()
    assert not set(hash_names(settings, file)) & set(lines)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights another way")
def test_key_is_its_owners_alone(settings: Settings) -> None:
    """Who reads hashes and key can try names out."""
    hash_names(settings, settings.library.parent / "names.txt")
    assert settings.state_file.with_name("denylist.key").stat().st_mode & 0o077 == 0


def test_hashing_again_keeps_hashes(settings: Settings) -> None:
    """New names are added to a hashed list without the old ones in clear."""
    file = settings.library.parent / "names.txt"
    lines = hash_names(settings, file)
    file.write_text("\n".join([*lines, "Newco"]), encoding="utf-8")
    assert set(hash_names(settings, file)) > set(lines)


def test_without_the_key_hashes_are_refused(settings: Settings) -> None:
    """A list that cannot be used is an error: nothing may pass as checked."""
    file = settings.library.parent / "names.txt"
    file.write_text("\n".join(hash_names(settings, file)), encoding="utf-8")
    settings.state_file.with_name("denylist.key").unlink()
    with pytest.raises(SettingsError, match="key"):
        load_deny_list(settings)


def test_a_key_that_is_cut_off_is_refused(settings: Settings) -> None:
    """Hashes under a key that is empty or short could be tried out by anybody."""
    file = settings.library.parent / "names.txt"
    file.write_text("\n".join(hash_names(settings, file)), encoding="utf-8")
    for cut in ("", "00ff"):
        settings.state_file.with_name("denylist.key").write_text(cut, encoding="ascii")
        with pytest.raises(SettingsError, match="key"):
            load_deny_list(settings)


def test_missing_list_is_refused(settings: Settings) -> None:
    """So is a list that is not there."""
    (settings.library.parent / "names.txt").unlink()
    with pytest.raises(SettingsError, match="cannot be read"):
        load_deny_list(settings)


def test_list_in_the_library_is_refused(settings: Settings) -> None:
    """A list of clients does not lie where the cases lie."""
    inside = settings.library / "kb" / "names.txt"
    inside.write_text(LIST, encoding="utf-8")
    with pytest.raises(SettingsError, match="lies in the library"):
        load_deny_list(settings.model_copy(update={"deny_list": inside}))


def test_no_list_is_none(tmp_path: Path) -> None:
    """Without the setting there is nothing to look for."""
    assert load_deny_list(settings_for(write_library(tmp_path, {}))) is None
