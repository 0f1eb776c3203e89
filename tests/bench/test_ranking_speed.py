"""The two rankings whose times are compared rank the same library, and the plain one ranks as it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.ranking_speed import RandomEncoder, challenges, rank_two_arms
from indexer.build import build_index
from library.access import Asker
from search.engine import LocalEngine
from search.ranking.fusion import rank
from search.understanding.challenge import understand
from search.view import View
from tests.conftest import case_text, settings_for, write_library


def test_two_arms_rank_as_the_full_ranking_with_two_weights(tmp_path: Path) -> None:
    """Plain hybrid retrieval gives the order that the ranking gives with half words and half passages."""
    texts = challenges(12)
    files: dict[str, str | bytes] = {
        f"cases/case-{n:02}.md": case_text(title=f"Case {n}", challenge=text) for n, text in enumerate(texts)
    }
    encoder = RandomEncoder()
    settings = settings_for(write_library(tmp_path, files))
    build_index(settings, encoder=encoder)
    engine = LocalEngine.from_data_folder(settings.data_folder, encoder=encoder)
    try:
        rows = View(engine, Asker()).rows("business_case")
        for text in texts:
            challenge = understand(text, encoder)
            full = rank(engine, challenge, rows, limit=5, weights={"passages": 0.5, "words": 0.5})
            plain = rank_two_arms(engine, challenge, rows, limit=5)
            assert [row for _, row in plain] == [item.row for item in full]
            assert [score for score, _ in plain] == pytest.approx([item.score for item in full], abs=1e-4)
    finally:
        engine.close()


def test_random_vectors_are_unit_and_repeatable() -> None:
    """The same text has the same direction; two texts have directions that say nothing of each other."""
    vectors = RandomEncoder().encode_queries(["price", "sponsor", "price"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)
    assert np.array_equal(vectors[0], vectors[2])
    assert abs(float(vectors[0] @ vectors[1])) < 0.3
    assert RandomEncoder().encode_queries([]).shape == (0, 384)


def test_challenges_are_short_and_long() -> None:
    """A third each are a sentence, a paragraph and a mail; the same ones at every run."""
    texts = challenges(6)
    assert texts == challenges(6)
    assert len(set(texts)) == 6
    assert len(texts[0]) < len(texts[1]) < len(texts[2])
