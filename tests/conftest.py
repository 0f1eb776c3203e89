"""Parts that tests share: an encoder that behaves, and small libraries written to disk."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import numpy as np
import pytest

from indexer.build import build_index
from indexer.encoder import Encoded, EncoderConfig
from indexer.lexical import terms_of
from indexer.tokens import TOKEN_DIMENSION, TokenVectors
from library.settings import Settings, load_settings
from search.engine import LocalEngine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

# A slow machine is no failure: no test asserts a time.
hypothesis.settings.register_profile(
    "thorough", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
# Before each commit fewer examples do; `make test-all` takes them all.
hypothesis.settings.register_profile("quick", hypothesis.settings.get_profile("thorough"), max_examples=30)
hypothesis.settings.load_profile("quick")

# A job in the background starts with Ctrl-C ignored, and so would the processes that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

DIMENSION = 64
MAX_TOKENS = 128
PIECES = 30_000


class FakeEncoder:
    """An encoder that behaves: same text, same vector; texts that share words are near, and a word is a piece.

    `encoded` counts the texts that it was asked to embed as documents. With an empty `space` it gives no
    token vectors, as a model that cannot be exported.
    """

    def __init__(self, *, fingerprint: str = "fake-1", space: str = "fake-space-1") -> None:
        self.config = EncoderConfig("fake", "fake-model", fingerprint, DIMENSION, MAX_TOKENS, token_space=space)
        self.encoded = 0

    def encode_documents(
        self, texts: Sequence[str], *, advance: Callable[[Sequence[int], Vectors], None] | None = None
    ) -> Vectors:
        self.encoded += len(texts)
        vectors = self.encode_queries(texts)
        if advance is not None:
            advance(range(len(texts)), vectors)
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for row, text in enumerate(texts):
            for term in terms_of(text, "en"):
                vectors[row] += _direction(term, DIMENSION)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors[:, 0] += (lengths[:, 0] == 0).astype(np.float32)  # a text without words still has a direction
        result: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return result

    def encode_tokens(self, texts: Sequence[str], *, as_query: bool) -> Encoded:
        vectors = self.encode_queries(texts) if as_query else self.encode_documents(texts)
        tokens = tuple(map(_tokens_of, texts)) if self.config.token_space else None
        return Encoded(vectors, tokens)

    def count_tokens(self, text: str) -> int:
        return len(text.split()) + 2


def _tokens_of(text: str) -> TokenVectors:
    terms = terms_of(text, "en")
    pieces = [int.from_bytes(hashlib.sha256(term.encode()).digest()[:4], "big") % PIECES for term in terms]
    rows = [_direction(f"piece {term}", TOKEN_DIMENSION) for term in terms]
    vectors = np.array(rows, dtype=np.float32).reshape(len(terms), TOKEN_DIMENSION)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return TokenVectors(np.array(pieces, dtype=np.int32), vectors / lengths)


@cache
def _direction(word: str, dimension: int) -> Vectors:
    """Return the vector of a word, of any length."""
    seed = hashlib.sha256(word.encode()).digest()
    return np.random.default_rng(list(seed)).standard_normal(dimension).astype(np.float32)


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


CASE = """\
---
title: {title}
language: {language}
summary: {summary}
status: {status}
classification: {classification}
created: 2026-01-05
last_verified: 2026-06-30
industries: [{{scheme: isic, code: "{industry}"}}]
regions: [{region}]
customer: a customer
challenge_types: [{challenge_types}]
outcome: {outcome}
competencies: [{competencies}]
enablers: [{enablers}]
{more}---

## Context

{context}

## Challenge

{challenge}

## Solution

{solution}
"""

_CASE_DEFAULTS: Mapping[str, str] = {
    "title": "A case",
    "language": "en",
    "summary": "What happened.",
    "status": "approved",
    "classification": "internal",
    "industry": "10",
    "region": "DE",
    "challenge_types": "",
    "outcome": "success",
    "competencies": "",
    "enablers": "",
    "more": "",
    "context": "We supplied the customer.",
    "challenge": "The customer had a problem.",
    "solution": "We solved it.",
}


def case_text(**values: str) -> str:
    """Return the text of a complete approved case with some values of one's own (`more`: further lines)."""
    return CASE.format(**{**_CASE_DEFAULTS, **values})


def concept_text(label: str, *, more: str = "", classification: str = "internal") -> str:
    """Return the text of a complete approved concept."""
    return (
        f"---\nlabels:\n  en: {label}\ndefinition:\n  en: What {label} means.\nstatus: approved\n"
        f"classification: {classification}\nlast_verified: 2026-06-30\n{more}---\n\n## About\n\nAll about {label}.\n"
    )


def write_library(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a library's files (path -> text or bytes) and return its folder."""
    for folder in ("cases", "kb"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def settings_for(root: Path, **options: object) -> Settings:
    """Return the settings of a library in a folder."""
    return load_settings(library=root, **options)


def index_library(root: Path, encoder: FakeEncoder | None = None) -> LocalEngine:
    """Index a library with the fake encoder and open the result."""
    fake = encoder or FakeEncoder()
    settings = settings_for(root)
    build_index(settings, encoder=fake)
    return LocalEngine.from_data_folder(settings.data_folder, encoder=fake)
