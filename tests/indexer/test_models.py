"""Which encoder a library uses, where it is kept, and when it is made again."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from indexer import default_model
from indexer.encoder import CONFIG_NAME, ONNX_KIND, EncoderConfig, open_encoder
from indexer.models import MODELS, copy_encoder, encoder_folder, is_default, prepare_encoder, same_model
from library.errors import EncoderError, IndexWriteError
from library.settings import DEFAULT_MODEL


def _silent(_: str) -> None:
    """Take a notice and say nothing."""


def _states(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        (DEFAULT_MODEL, "sentence-transformers/all-MiniLM-L6-v2", True),
        (DEFAULT_MODEL, "ALL-minilm-l6-V2", True),
        ("some/model", "some/model", True),
        ("some/model", "Some/model", False),
        (DEFAULT_MODEL, "some/model", False),
    ],
)
def test_two_names_of_the_default_model_are_one(name: str, other: str, *, same: bool) -> None:
    """The default model is known under its short and its full name; other names mean themselves."""
    assert same_model(name, other) is same


def test_only_the_published_name_is_the_default() -> None:
    """A name that merely looks like it is another model."""
    assert is_default(DEFAULT_MODEL)
    assert not is_default("all-MiniLM-L12-v2")
    assert not is_default("./all-MiniLM-L6-v2")


def test_a_model_is_placed_once(tmp_path: Path) -> None:
    """The second run opens what the first one placed."""
    first = prepare_encoder(DEFAULT_MODEL, tmp_path, _silent)
    before = _states(tmp_path)
    second = prepare_encoder(DEFAULT_MODEL, tmp_path, _silent)
    assert _states(tmp_path) == before
    assert first.config == second.config
    assert encoder_folder(DEFAULT_MODEL, tmp_path).parent == tmp_path / MODELS


def test_what_a_killed_run_left_half_made_is_made_again(tmp_path: Path) -> None:
    """A folder without its configuration, written last, counts for nothing."""
    folder = encoder_folder(DEFAULT_MODEL, tmp_path)
    for leftover in (folder, folder.with_name(f"{folder.name}.new")):
        leftover.mkdir(parents=True)
        (leftover / "model.onnx").write_bytes(b"half")
    encoder = prepare_encoder(DEFAULT_MODEL, tmp_path, _silent)
    assert encoder.encode_queries(["price"]).shape == (1, 384)
    assert [path.name for path in (tmp_path / MODELS).iterdir()] == [folder.name]


def test_a_copied_encoder_works_alone(tmp_path: Path) -> None:
    """A generation holds everything that the model needs, and nothing of where it came from."""
    encoder = prepare_encoder(DEFAULT_MODEL, tmp_path, _silent)
    source, target = encoder_folder(DEFAULT_MODEL, tmp_path), tmp_path / "encoder"
    copy_encoder(source, target)
    assert _states(target).keys() == _states(source).keys()
    copied = open_encoder(target)
    assert copied.config == encoder.config
    assert (copied.encode_queries(["price"]) == encoder.encode_queries(["price"])).all()


def test_a_copied_encoder_keeps_its_folders(tmp_path: Path) -> None:
    """A model that could not be exported is a folder of folders."""
    (tmp_path / "source" / "model" / "1_Pooling").mkdir(parents=True)
    (tmp_path / "source" / "model" / "1_Pooling" / "config.json").write_text("{}")
    (tmp_path / "source" / "encoder.json").write_text("{}")
    copy_encoder(tmp_path / "source", tmp_path / "target")
    assert _states(tmp_path / "target") == _states(tmp_path / "source")


def test_a_disk_that_cannot_link_gets_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where hard links fail, as over two disks, the files are copied."""

    def refuse(_: object, __: object) -> None:
        raise OSError("Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "model.onnx").write_bytes(b"graph")
    copy_encoder(tmp_path / "source", tmp_path / "target")
    assert (tmp_path / "target" / "model.onnx").read_bytes() == b"graph"
    assert not (tmp_path / "target" / "model.onnx").samefile(tmp_path / "source" / "model.onnx")


def test_a_changed_model_folder_is_another_model(tmp_path: Path) -> None:
    """A model given as a folder is known by its files, so a changed one is exported again."""
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights").write_bytes(b"1")
    first = encoder_folder(str(model), tmp_path)
    assert encoder_folder(str(model), tmp_path) == first
    (model / "weights").write_bytes(b"22")
    assert encoder_folder(str(model), tmp_path) != first


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file where the models should lie is our error, and nothing is left half-made."""
    (tmp_path / MODELS).write_text("x")
    with pytest.raises(IndexWriteError, match="cannot be kept"):
        prepare_encoder(DEFAULT_MODEL, tmp_path, _silent)


def test_a_model_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error on the way removes what was already placed."""
    monkeypatch.setattr(default_model, "PACKAGE", "no_such_package_at_all")
    with pytest.raises(EncoderError):
        prepare_encoder(DEFAULT_MODEL, tmp_path, _silent)
    assert list((tmp_path / MODELS).iterdir()) == []


def test_a_model_without_the_extra_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where sentence-transformers is not installed, the message says what to install."""
    for name in ("sentence_transformers", "transformers", "transformers.utils"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(EncoderError, match="some/model needs sentence-transformers") as caught:
        prepare_encoder("some/model", tmp_path, _silent)
    assert "sam-casebook[models]" in caught.value.hint
    assert list((tmp_path / MODELS).iterdir()) == []


def test_a_configuration_is_read_back(tmp_path: Path) -> None:
    """What an encoder says of itself survives its file, prompts included."""
    config = EncoderConfig(ONNX_KIND, "m", "f", 8, 16, "Frage: ", "Text — ", "space", ("en", "de"))
    config.write(tmp_path)
    assert EncoderConfig.from_folder(tmp_path) == config


@pytest.mark.parametrize("text", [None, "", "[]", "{}", json.dumps({"kind": "onnx", "other": 1})])
def test_a_damaged_configuration_is_told(tmp_path: Path, text: str | None) -> None:
    """A model folder that says nothing usable of itself is our error with a remedy."""
    if text is not None:
        (tmp_path / CONFIG_NAME).write_text(text)
    with pytest.raises(EncoderError, match="missing or damaged") as caught:
        open_encoder(tmp_path)
    assert "casebook index --full" in caught.value.hint


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "model.safetensors"])
def test_a_damaged_model_is_told(tmp_path: Path, name: str) -> None:
    """Each of the model's files is needed whole."""
    prepare_encoder(DEFAULT_MODEL, tmp_path, _silent)
    copy_encoder(encoder_folder(DEFAULT_MODEL, tmp_path), tmp_path / "copy")
    (tmp_path / "copy" / name).unlink()
    with pytest.raises(EncoderError, match="cannot be loaded"):
        open_encoder(tmp_path / "copy")
