"""A model that is loaded ahead is the generation's own, and what is wrong with it is told as ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.build import build_index
from indexer.generations import ENCODER, current_generation
from library.errors import EncoderError
from search.engine import LocalEngine
from tests.conftest import FakeEncoder, case_text, index_library, settings_for, write_library


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a library that the default model has indexed."""
    settings = settings_for(write_library(tmp_path_factory.mktemp("ahead"), {"cases/c.md": case_text()}))
    build_index(settings)
    return settings.data_folder


def test_a_model_loaded_ahead_encodes_as_one_that_was_not(data: Path) -> None:
    """The very same vectors, and it is loaded once."""
    ahead, later = LocalEngine.from_data_folder(data), LocalEngine.from_data_folder(data)
    ahead.load_ahead()
    texts = ["our executive sponsor left", "the price is too high"]
    assert ahead.encoder.encode_queries(texts).tolist() == later.encoder.encode_queries(texts).tolist()
    assert ahead.encoder is ahead.encoder
    ahead.close()
    later.close()


def test_a_damaged_model_is_told_to_who_asks_for_it(data: Path) -> None:
    """Loading ahead raises nothing; asking for the model raises what it would have raised, each time."""
    graph = current_generation(data) / ENCODER / "model.onnx"
    kept = graph.read_bytes()
    graph.write_bytes(b"")
    try:
        engine = LocalEngine.from_data_folder(data)
        engine.load_ahead()
        for _ in range(2):
            with pytest.raises(EncoderError, match="cannot be loaded"):
                _ = engine.encoder
        engine.close()
    finally:
        graph.write_bytes(kept)


def test_a_given_encoder_stays(tmp_path: Path) -> None:
    """Who brings an encoder gets no other one."""
    encoder = FakeEncoder()
    engine = index_library(write_library(tmp_path, {"cases/c.md": case_text()}), encoder)
    engine.load_ahead()
    assert engine.encoder is encoder
    engine.close()
