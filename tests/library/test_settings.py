"""Settings: which source wins, and that a wrong setting says what, where and what to do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from library.documents import SectionKind, heading_kinds
from library.errors import LibraryError, SettingsError
from library.settings import DEFAULT_MODEL, SECRETS, Settings, casebook_version, known_codes, load_settings


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith("CASEBOOK_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _write(folder: Path, toml: str | bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "casebook.toml").write_bytes(toml if isinstance(toml, bytes) else toml.encode())
    return folder


def _set(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_defaults_need_nothing(tmp_path: Path) -> None:
    """Without any setting the current folder is the library and the shipped model is used."""
    settings = load_settings()
    assert (settings.library, settings.model, settings.limit) == (Path(), DEFAULT_MODEL, 5)
    assert settings.asker.role == "reader"
    assert settings.data_folder.resolve() == tmp_path / ".casebook"


@pytest.mark.parametrize(
    ("name", "values"), [("limit", (1, 2, 3)), ("contact", ("a", "b", "c")), ("model", ("x", "y", "z"))]
)
def test_option_beats_environment_beats_file_beats_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, values: tuple[object, object, object]
) -> None:
    """Whoever is nearer to the command wins, one setting at a time."""
    default = Settings.model_fields[name].default
    in_file, in_environment, as_option = values
    assert getattr(load_settings(library=tmp_path), name) == default
    _write(tmp_path, f"{name} = {in_file!r}\nlanguage = 'de'\n")
    assert getattr(load_settings(library=tmp_path), name) == in_file
    _set(monkeypatch, {f"CASEBOOK_{name.upper()}": str(in_environment)})
    assert getattr(load_settings(library=tmp_path), name) == in_environment
    assert getattr(load_settings(library=tmp_path, **{name: as_option}), name) == as_option
    assert load_settings(library=tmp_path, **{name: as_option}).language == "de"


def test_option_that_was_not_given_counts_for_nothing(tmp_path: Path) -> None:
    """An option left out arrives as None and hides no other source."""
    _write(tmp_path, "limit = 7")
    assert load_settings(library=tmp_path, limit=None).limit == 7


def test_empty_variable_counts_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`CASEBOOK_LIMIT=` in a shell unsets it."""
    _write(tmp_path, "limit = 7")
    _set(monkeypatch, {"CASEBOOK_LIMIT": "", "CASEBOOK_ASKER__USER": ""})
    assert load_settings(library=tmp_path).limit == 7


@pytest.mark.parametrize("source", ["option", "environment", "folder"])
def test_file_is_that_of_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """casebook.toml is read from the library that is meant, not from where the command runs."""
    _write(tmp_path, "contact = 'of the working folder'")
    library = _write(tmp_path / "library", "contact = 'of the library'")
    options = {"library": library} if source == "option" else {}
    if source == "environment":
        _set(monkeypatch, {"CASEBOOK_LIBRARY": str(library)})
    if source == "folder":
        monkeypatch.chdir(library)
    assert load_settings(**options).contact == "of the library"


def test_option_library_beats_environment_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file follows the library that won."""
    _set(monkeypatch, {"CASEBOOK_LIBRARY": str(_write(tmp_path / "a", "contact = 'a'"))})
    assert load_settings(library=_write(tmp_path / "b", "contact = 'b'")).contact == "b"


def test_nested_settings_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two underscores stand between the parts; what is not set comes from the file."""
    _write(tmp_path, "[asker]\nuser = 'anna'\nrole = 'curator'\n")
    _set(monkeypatch, {"CASEBOOK_ASKER__USER": "otto", "CASEBOOK_ASKER__GROUPS": '["red", "blue"]'})
    asker = load_settings(library=tmp_path).asker
    assert (asker.user, asker.role, asker.groups) == ("otto", "curator", ("red", "blue"))


def test_data_folder_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CASEBOOK_DATA moves everything that can be rebuilt."""
    _set(monkeypatch, {"CASEBOOK_DATA": str(tmp_path / "elsewhere")})
    assert load_settings(library=tmp_path).data_folder == tmp_path / "elsewhere"


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    """What a command started with holds to its end."""
    settings: object = load_settings(library=tmp_path)
    with pytest.raises(ValidationError):
        settings.limit = 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("toml", "fragments"),
    [
        ("limit = 0", ["limit", "greater than or equal to 1"]),
        ("limit = 'many'", ["limit", "integer"]),
        ("max_file_kilobytes = 0", ["max_file_kilobytes"]),
        ("contact = 3", ["contact", "string"]),
        ("limits = 3", ["limits", "no such setting"]),
        ("[asker]\nrolle = 'curator'", ["asker.rolle", "no such setting"]),
        ("[headings]\nchallenge = 'Problem'", ["headings.challenge"]),
        ("[headings]\nproblem = ['Problem']", ["headings.problem", "'challenge'"]),
        ("[regions]\nALPS = 'CH'", ["regions.ALPS"]),
        ("limit = ", ["casebook.toml cannot be read", "Invalid value"]),
        ("a = 1\nlimit 3\n", ["casebook.toml cannot be read", "line 2"]),
        ("limit = 1\nlimit = 2", ["casebook.toml cannot be read"]),
        ("contact = 'Zürich'".encode("latin-1"), ["casebook.toml cannot be read", "utf-8"]),
        (b"\xef\xbb\xbflimit = 3", ["casebook.toml cannot be read", "line 1"]),
    ],
)
def test_wrong_file_says_what_where_and_what_to_do(tmp_path: Path, toml: str | bytes, fragments: list[str]) -> None:
    """A wrong value, an unknown key and broken TOML each name themselves and the file."""
    _write(tmp_path, toml)
    with pytest.raises(SettingsError) as caught:
        load_settings(library=tmp_path)
    assert all(fragment in caught.value.message for fragment in fragments)
    assert "casebook.toml" in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "value", "fragments"),
    [
        ("CASEBOOK_LIMIT", "many", ["limit", "integer"]),
        ("CASEBOOK_LIMIT", "-1", ["limit"]),
        ("CASEBOOK_ASKER__ROLLE", "curator", ["asker.rolle", "no such setting"]),
        ("CASEBOOK_ASKER__GROUPS", "red,blue", ["CASEBOOK_ variable", "asker"]),
        ("CASEBOOK_REGIONS", "ALPS", ["CASEBOOK_ variable", "regions"]),
        ("CASEBOOK_REGIONS", '{"ALPS": "CH"}', ["regions.ALPS"]),
    ],
)
def test_wrong_variable_says_what_where_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, fragments: list[str]
) -> None:
    """A variable that cannot be used is not blamed on the file."""
    _set(monkeypatch, {name: value})
    with pytest.raises(SettingsError) as caught:
        load_settings(library=tmp_path)
    assert all(fragment in caught.value.message for fragment in fragments)
    assert "CASEBOOK_" in str(caught.value)
    assert "casebook.toml cannot be read" not in str(caught.value)


def test_wrong_option_says_what(tmp_path: Path) -> None:
    """Options are checked as the other sources are."""
    with pytest.raises(SettingsError, match="limit"):
        load_settings(library=tmp_path, limit=0)


def test_all_wrong_settings_are_told_together(tmp_path: Path) -> None:
    """Nobody mends one setting only to hear of the next."""
    _write(tmp_path, "limit = 0\nlimits = 3\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(library=tmp_path)
    assert len(caught.value.message.splitlines()) == 2


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_library_that_is_no_folder_is_told(tmp_path: Path, kind: str) -> None:
    """The message names the folder and three ways on."""
    place = tmp_path / "library"
    if kind == "file":
        place.write_text("x")
    with pytest.raises(LibraryError) as caught:
        load_settings(library=place)
    assert str(place) in caught.value.message
    assert all(way in caught.value.hint for way in ("--library", "CASEBOOK_LIBRARY", "casebook init"))


def test_headings_of_the_firm_are_accepted(tmp_path: Path) -> None:
    """What casebook.toml adds is a heading like any other."""
    _write(tmp_path, "[headings]\nchallenge = ['Problem', 'Problemstellung']\n")
    kinds = heading_kinds(load_settings(library=tmp_path).headings)
    assert kinds["problemstellung"] is SectionKind.CHALLENGE
    assert kinds["challenge"] is SectionKind.CHALLENGE


def test_regions_of_the_firm_are_known(tmp_path: Path) -> None:
    """What casebook.toml adds is a region like any other; industries stay as shipped."""
    _write(tmp_path, "[regions]\nALPS = ['CH', 'Austria']\n")
    regions, industries = known_codes(load_settings(library=tmp_path))
    assert "ALPS" in regions.ancestors("AT")
    assert industries.resolve("Brewing") == "11"


@pytest.mark.parametrize("members", ["['CH', 'Swizerland']", "['ALPS']"])
def test_wrong_region_of_the_firm_is_told(tmp_path: Path, members: str) -> None:
    """A misspelt member, or a group in itself, is a wrong setting."""
    _write(tmp_path, f"[regions]\nALPS = {members}\n")
    with pytest.raises(SettingsError, match=r"regions\.ALPS: ") as caught:
        known_codes(load_settings(library=tmp_path))
    assert "casebook.toml" in caught.value.hint


def test_version_is_told() -> None:
    """A version is always something to print."""
    assert casebook_version()[0].isdigit()


def test_a_relative_data_folder_in_the_file_lies_in_the_library(tmp_path: Path) -> None:
    """Wherever the command is run, a library's own settings mean the same folder."""
    (tmp_path / "casebook.toml").write_text('data = "index"\n', encoding="utf-8")
    assert load_settings(library=tmp_path).data_folder == tmp_path / "index"
    assert load_settings(library=tmp_path, data=Path("index")).data_folder == Path("index")


@pytest.mark.parametrize("name", ["model", "reranker"])
def test_a_relative_model_in_the_file_lies_in_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A folder that is there is one in the library, wherever the command is run; anything else is a name."""
    library = _write(tmp_path / "library", f"{name} = 'models/mine'\n")
    monkeypatch.chdir(tmp_path)
    assert getattr(load_settings(library=library), name) == "models/mine"
    (library / "models" / "mine").mkdir(parents=True)
    assert getattr(load_settings(library=library), name) == str(library / "models" / "mine")


def test_no_reranker_is_set_by_default(tmp_path: Path) -> None:
    """It is off, and an empty one in the file is off too, not the library's folder."""
    assert load_settings(library=_write(tmp_path, "")).reranker == ""
    assert load_settings(library=_write(tmp_path, "reranker = ''\n")).reranker == ""


def test_a_secret_is_shown_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes from the environment, stands in no text of the settings, and reaches worker processes alone."""
    monkeypatch.setenv("CASEBOOK_OIDC__CLIENT_SECRET", "s3cret")
    settings = load_settings(library=tmp_path)
    assert settings.oidc.client_secret.get_secret_value() == "s3cret"
    assert "s3cret" not in f"{settings!r} {settings} {settings.model_dump_json()} {settings.model_dump()}"
    again = Settings.model_validate_json(settings.model_dump_json(context=SECRETS))
    assert again.oidc.client_secret == settings.oidc.client_secret
