"""The encoder's second output: what the model says of each word piece, from the same run as the vectors."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from indexer.default_model import place_default_model
from indexer.encoder import SPACE_NAME, EncoderConfig, OnnxEncoder, add_token_space, group_lengths, open_encoder
from indexer.models import copy_encoder
from indexer.tokens import TOKEN_DIMENSION
from library.errors import EncoderError

TEXTS = (
    "price",
    "Our largest customer asks for a price cut of 5 % and threatens to dual source.",
    "Unser Konzernkunde bündelt den Einkauf und schreibt den Rahmenvertrag europaweit neu aus.",
    "customer " * 400,
    "",
)


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default model as a data folder keeps it."""
    folder = tmp_path_factory.mktemp("model") / "placed"
    folder.mkdir()
    place_default_model(folder)
    add_token_space(folder)
    return folder


@pytest.fixture(scope="module")
def onnx_encoder(placed: Path) -> OnnxEncoder:
    return OnnxEncoder.from_folder(placed, EncoderConfig.from_folder(placed))


def _with_prompts(placed: Path, query: str, document: str) -> OnnxEncoder:
    config = replace(EncoderConfig.from_folder(placed), query_prompt=query, document_prompt=document)
    return OnnxEncoder.from_folder(placed, config)


def test_both_outputs_come_from_one_run(onnx_encoder: OnnxEncoder) -> None:
    """The vectors beside the token vectors are those that texts have anyway."""
    documents = onnx_encoder.encode_tokens(TEXTS, as_query=False)
    queries = onnx_encoder.encode_tokens(TEXTS, as_query=True)
    assert documents.vectors == pytest.approx(onnx_encoder.encode_documents(TEXTS), abs=1e-5)
    assert queries.vectors == pytest.approx(onnx_encoder.encode_queries(TEXTS), abs=1e-5)
    assert documents.tokens is not None
    assert len(documents.tokens) == len(TEXTS)


def test_texts_of_like_length_run_together(onnx_encoder: OnnxEncoder) -> None:
    """Short or long, alone or among many: a text has the same vector, and each keeps its place."""
    sentences = [" ".join(TEXTS[1].split()[: 1 + n * 5 % 17]) for n in range(40)]
    alone = [onnx_encoder.encode_queries([text])[0] for text in sentences]
    assert onnx_encoder.encode_queries(sentences) == pytest.approx(np.stack(alone), abs=1e-5)
    assert onnx_encoder.encode_queries([]).shape == (0, onnx_encoder.config.dimension)


@given(st.lists(st.integers(1, 256), max_size=60))
def test_groups_of_lengths_add_little(lengths: list[int]) -> None:
    """Each text stands in one group, of eight at most, and none is padded by more than a sixth and a piece."""
    groups = group_lengths(lengths)
    assert sorted(place for group in groups for place in group) == list(range(len(lengths)))
    for group in groups:
        own = [lengths[place] for place in group]
        assert len(group) <= 8
        assert max(own) <= min(own) * 7 / 6 + 1


def test_special_pieces_are_left_out(placed: Path, onnx_encoder: OnnxEncoder) -> None:
    """A text has a unit vector for each of its own pieces, in order, as far as the model reads; an empty one none."""
    plain = Tokenizer.from_file(str(placed / "tokenizer.json"))
    plain.no_truncation()
    plain.no_padding()
    found = onnx_encoder.encode_tokens(TEXTS, as_query=True).tokens or ()
    for text, tokens in zip(TEXTS, found, strict=True):
        assert tokens.pieces.tolist() == plain.encode(text, add_special_tokens=False).ids[:254]
        assert tokens.vectors.shape == (len(tokens.pieces), TOKEN_DIMENSION)
        assert np.linalg.norm(tokens.vectors, axis=1) == pytest.approx(np.ones(len(tokens.pieces)), abs=1e-5)
    assert [len(tokens.pieces) for tokens in (found[0], found[3], found[4])] == [1, 254, 0]


def test_no_text_gives_no_tokens(onnx_encoder: OnnxEncoder) -> None:
    """An empty batch is no mistake."""
    encoded = onnx_encoder.encode_tokens([], as_query=True)
    assert (len(encoded.vectors), encoded.tokens) == (0, ())


def test_a_texts_tokens_do_not_depend_on_its_company(onnx_encoder: OnnxEncoder) -> None:
    """Padding is no context."""
    together = onnx_encoder.encode_tokens(TEXTS, as_query=True).tokens or ()
    alone = onnx_encoder.encode_tokens([TEXTS[1]], as_query=True).tokens or ()
    assert together[1].vectors == pytest.approx(alone[0].vectors, abs=1e-4)


def test_a_piece_is_read_in_its_context(onnx_encoder: OnnxEncoder) -> None:
    """One word in like sentences is nearer to itself than in an unlike one: the space keeps what the model says."""
    texts = ["we lost the plant to a rival", "a rival took the plant from us", "the plant needs water and light"]
    found = onnx_encoder.encode_tokens(texts, as_query=True).tokens or ()
    piece = onnx_encoder.encode_tokens(["plant"], as_query=True).tokens
    assert piece is not None
    vectors = [entry.vectors[entry.pieces.tolist().index(piece[0].pieces[0])] for entry in found]
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.05


@pytest.mark.parametrize(("query", "document"), [("question: ", "answer: "), ("question:", "answer:")])
def test_a_prompt_is_context_and_no_text(placed: Path, query: str, document: str) -> None:
    """A prompt colours the vectors but gives no pieces: no passage holds a query's, every one holds a document's."""
    prompted, plain = _with_prompts(placed, query, document), _with_prompts(placed, "", "")
    for as_query in (True, False):
        with_prompt, without = (encoder.encode_tokens(TEXTS[:3], as_query=as_query) for encoder in (prompted, plain))
        expected = prompted.encode_queries(TEXTS[:3]) if as_query else prompted.encode_documents(TEXTS[:3])
        assert with_prompt.vectors == pytest.approx(expected, abs=1e-5)
        assert not np.allclose(with_prompt.vectors, without.vectors, atol=1e-3)
        for one, other in zip(with_prompt.tokens or (), without.tokens or (), strict=True):
            assert one.pieces.tolist() == other.pieces.tolist()
            assert not np.allclose(one.vectors, other.vectors, atol=1e-3)


# The space.


def test_the_space_is_orthonormal_and_named_by_its_hash(placed: Path, tmp_path: Path) -> None:
    """A model placed again, elsewhere, has the same space, so token vectors that were kept stay good."""
    space = np.load(placed / SPACE_NAME)
    assert space.T @ space == pytest.approx(np.eye(TOKEN_DIMENSION), abs=1e-5)
    place_default_model(tmp_path)
    assert EncoderConfig.from_folder(tmp_path).token_space == ""
    add_token_space(tmp_path)
    assert EncoderConfig.from_folder(tmp_path) == EncoderConfig.from_folder(placed)
    assert EncoderConfig.from_folder(tmp_path).token_space
    assert (tmp_path / SPACE_NAME).read_bytes() == (placed / SPACE_NAME).read_bytes()


def test_a_copied_model_has_its_space(placed: Path, onnx_encoder: OnnxEncoder, tmp_path: Path) -> None:
    """A generation's own model gives the same token vectors."""
    copy_encoder(placed, tmp_path / "copy")
    copied = open_encoder(tmp_path / "copy").encode_tokens([TEXTS[1]], as_query=True).tokens
    original = onnx_encoder.encode_tokens([TEXTS[1]], as_query=True).tokens
    assert copied is not None
    assert original is not None
    assert copied[0].vectors == pytest.approx(original[0].vectors, abs=1e-4)


def test_a_model_without_a_space_gives_no_tokens(placed: Path) -> None:
    """Vectors come as ever, and None says that there is nothing to compare piece by piece."""
    encoder = OnnxEncoder.from_folder(placed, replace(EncoderConfig.from_folder(placed), token_space=""))
    encoded = encoder.encode_tokens(TEXTS, as_query=False)
    assert encoded.tokens is None
    assert encoded.vectors == pytest.approx(encoder.encode_documents(TEXTS), abs=1e-5)


@pytest.mark.parametrize("content", [None, b"", b"no array"], ids=["missing", "empty", "damaged"])
def test_a_damaged_space_is_told(placed: Path, tmp_path: Path, content: bytes | None) -> None:
    """The space is part of the model: without it the model is damaged."""
    copy_encoder(placed, tmp_path / "copy")
    (tmp_path / "copy" / SPACE_NAME).unlink()
    if content is not None:
        (tmp_path / "copy" / SPACE_NAME).write_bytes(content)
    with pytest.raises(EncoderError, match="cannot be loaded") as caught:
        open_encoder(tmp_path / "copy")
    assert "casebook index --full" in caught.value.hint


def test_a_configuration_of_an_earlier_version_is_read(placed: Path, tmp_path: Path) -> None:
    """One that says nothing of a space has none."""
    values = json.loads((placed / "encoder.json").read_text())
    del values["token_space"]
    (tmp_path / "encoder.json").write_text(json.dumps(values))
    assert EncoderConfig.from_folder(tmp_path).token_space == ""
