"""The default model's graph can be made again, and is the same model."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from indexer.default_graph import make_graph
from indexer.default_model import place_default_model
from indexer.encoder import GRAPH_NAME, add_token_space, open_encoder

pytestmark = [
    pytest.mark.models,
    pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="needs the extra `models`"),
]

SHIPPED = Path(__file__).parents[2] / "indexer" / "default_graph.onnx"
TEXTS = ["price", "Der Einkauf wird zentralisiert.", "La direction générale.", "Our customer asks for more. " * 60]


@pytest.fixture(scope="module")
def made_again() -> bytes:
    return make_graph()


def test_a_graph_made_again_gives_the_same_vectors(made_again: bytes, tmp_path: Path) -> None:
    """It loads against the package's weights and computes what the shipped one does."""
    vectors, pieces = [], []
    for name, graph in (("shipped", SHIPPED.read_bytes()), ("again", made_again)):
        folder = tmp_path / name
        folder.mkdir()
        place_default_model(folder)
        (folder / GRAPH_NAME).write_bytes(graph)
        add_token_space(folder)
        encoded = open_encoder(folder).encode_tokens(TEXTS, as_query=False)
        assert encoded.tokens is not None
        vectors.append(encoded.vectors)
        pieces.append(np.concatenate([tokens.vectors for tokens in encoded.tokens]))
    assert vectors[0] == pytest.approx(vectors[1], abs=1e-6)
    assert pieces[0] == pytest.approx(pieces[1], abs=1e-4)
    assert np.linalg.norm(vectors[1], axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_a_graph_holds_no_weights_and_no_notes(made_again: bytes) -> None:
    """Tens of kilobytes ship; the tensors stay in the package's file, and no path of the machine is told."""
    for graph in (SHIPPED.read_bytes(), made_again):
        assert len(graph) < 60_000
        assert b"/site-packages/" not in graph
        assert str(Path.home()).encode() not in graph
