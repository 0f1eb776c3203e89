"""Any sentence-transformers model: load it, export it once to ONNX, or run it as it is.

Owns sentence_transformers, torch and onnx; all of them come with the extra `models`.
"""

from __future__ import annotations

import hashlib
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.encoder import (
    BATCH_SIZE,
    GRAPH_NAME,
    ONNX_KIND,
    OUTPUT_NAME,
    TOKENIZER_NAME,
    EncoderConfig,
    OnnxEncoder,
)
from library.errors import EncoderError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    Vectors = NDArray[np.float32]

SENTENCE_TRANSFORMERS_KIND = "sentence-transformers"
MODEL_FOLDER = "model"
FAITHFUL = 0.9999  # cosine with sentence-transformers that an export must reach

_PROBE_SENTENCE = "The customer bundles purchasing and asks for a price cut; wir verlieren den Rahmenvertrag. "
_PROBES = ("Price pressure.", "Der Einkauf wird zentralisiert.", "Le sponsor est parti.", _PROBE_SENTENCE * 40)


class SentenceTransformersEncoder:
    """A model that could not be exported, run by sentence-transformers itself; slower to load."""

    def __init__(self, config: EncoderConfig, model: SentenceTransformer) -> None:
        self._config = config
        self._model = model

    @classmethod
    def from_folder(cls, folder: Path, config: EncoderConfig) -> SentenceTransformersEncoder:
        """Open a saved model; raises EncoderError if it cannot be loaded."""
        return cls(config, load_model(str(folder / MODEL_FOLDER)))

    @property
    def config(self) -> EncoderConfig:
        """What the encoder is."""
        return self._config

    def encode_documents(
        self, texts: Sequence[str], *, advance: Callable[[Sequence[int], Vectors], None] | None = None
    ) -> Vectors:
        """Encode texts to be found; see `indexer.encoder.Encoder`."""
        import numpy as np

        vectors = np.zeros((len(texts), self._config.dimension), dtype=np.float32)
        for start in range(0, len(texts), BATCH_SIZE):
            rows = range(start, min(start + BATCH_SIZE, len(texts)))
            vectors[rows.start : rows.stop] = self._run([texts[n] for n in rows], self._config.document_prompt)
            if advance is not None:
                advance(rows, vectors[rows.start : rows.stop])
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode texts to search with; see `indexer.encoder.Encoder`."""
        return self._run(texts, self._config.query_prompt)

    def count_tokens(self, text: str) -> int:
        """Count word pieces, special ones included."""
        return len(self._model.tokenizer(self._config.document_prompt + text, verbose=False)["input_ids"])

    def _run(self, texts: Sequence[str], prompt: str) -> Vectors:
        vectors: Vectors = self._model.encode(
            [prompt + text for text in texts], prompt="", normalize_embeddings=True, show_progress_bar=False
        )
        return vectors


def load_model(name_or_path: str) -> SentenceTransformer:
    """Load a model from a folder or from what is already on this machine; safetensors, no remote code.

    Nothing is downloaded unless the environment sets `CASEBOOK_ALLOW_DOWNLOAD=1`.

    Raises:
        EncoderError: the extra `models` is not installed, or the model cannot be loaded.
    """
    if os.environ.get("CASEBOOK_ALLOW_DOWNLOAD") != "1":
        os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EncoderError(
            f"The model {name_or_path} needs sentence-transformers.",
            hint="Run `pip install torch==2.13.0` and then `pip install 'sam-casebook[models]'`.",
        ) from error
    with _quiet():
        try:
            model = SentenceTransformer(
                name_or_path, device="cpu", trust_remote_code=False, model_kwargs={"use_safetensors": True}
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise EncoderError(
                f"The model {name_or_path} cannot be loaded: {str(error).splitlines()[0]}",
                hint="Give a folder that sentence-transformers saved (safetensors), or the name of a model that is "
                "already on this machine; CASEBOOK_ALLOW_DOWNLOAD=1 allows a download.",
            ) from error
    model.eval()
    return model


def place_model(name_or_path: str, folder: Path, notify: Callable[[str], None]) -> EncoderConfig:
    """Export a model into an empty folder; what cannot be exported faithfully is saved as it is.

    Raises:
        EncoderError: it cannot be loaded.
    """
    model = load_model(name_or_path)
    config = EncoderConfig(
        kind=ONNX_KIND,
        model=name_or_path,
        fingerprint=_fingerprint(model),
        dimension=int(model.get_embedding_dimension() or 0),
        max_tokens=int(model.max_seq_length or 512),
        query_prompt=model.prompts.get("query", ""),
        document_prompt=model.prompts.get("document", ""),
    )
    problem = _try_export(model, folder, config)
    if problem:
        notify(f"{name_or_path} runs on sentence-transformers itself, which is slower: {problem}.")
        for leftover in folder.iterdir():
            leftover.unlink()
        config = _replace_kind(config)
        model.save(str(folder / MODEL_FOLDER), safe_serialization=True)
    config.write(folder)
    return config


def export_graph(model: SentenceTransformer, path: Path) -> tuple[str, ...]:
    """Export the whole pipeline (transformer, pooling, further modules) and return its input names.

    The graph maps (batch, pieces) int64 inputs to (batch, dim) float32 rows of unit length.
    """
    import torch

    names = tuple(
        name
        for name in ("input_ids", "attention_mask", "token_type_ids")
        if name in model.tokenizer.model_input_names or name != "token_type_ids"
    )

    class Pipeline(torch.nn.Module):  # type: ignore[misc]  # torch is not checked
        def __init__(self) -> None:
            super().__init__()
            self.pipeline = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            result = self.pipeline(dict(zip(names, tensors, strict=True)))[OUTPUT_NAME]
            return torch.nn.functional.normalize(result, p=2, dim=1)

    batch = torch.export.Dim("batch", min=1, max=4096)
    pieces = torch.export.Dim("pieces", min=2, max=int(model.max_seq_length or 512))
    example = tuple(torch.ones((2, 8), dtype=torch.int64) for _ in names)
    with _quiet():
        program = torch.onnx.export(
            Pipeline().eval(),
            example,
            dynamo=True,
            input_names=list(names),
            output_names=[OUTPUT_NAME],
            dynamic_shapes=(tuple({0: batch, 1: pieces} for _ in names),),
            verbose=False,
        )
    if program is None:
        raise EncoderError("torch returned no graph.")
    program.save(str(path), external_data=True)
    return names


def compare(model: SentenceTransformer, encoder: OnnxEncoder, texts: Sequence[str] = _PROBES) -> float:
    """Return the lowest cosine between an exported encoder's vectors and sentence-transformers' own."""
    expected = SentenceTransformersEncoder(encoder.config, model).encode_documents(texts)
    actual = encoder.encode_documents(texts)
    return float((expected * actual).sum(axis=1).min())


def _try_export(model: SentenceTransformer, folder: Path, config: EncoderConfig) -> str:
    """Export into a folder and return what went wrong, or nothing."""
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        return "its tokeniser has no fast form"
    try:
        export_graph(model, folder / GRAPH_NAME)
        backend.save(str(folder / TOKENIZER_NAME))
        cosine = compare(model, OnnxEncoder.from_folder(folder, config))
    except Exception as error:  # noqa: BLE001  torch's exporter fails with whatever the model's own code raises
        return f"it cannot be exported ({type(error).__name__})"
    return "" if cosine >= FAITHFUL else f"its export differs (cosine {cosine:.5f})"


def _replace_kind(config: EncoderConfig) -> EncoderConfig:
    from dataclasses import replace

    return replace(config, kind=SENTENCE_TRANSFORMERS_KIND)


def _fingerprint(model: SentenceTransformer) -> str:
    """Hash everything that the vectors depend on: weights, modules, tokeniser, prompts, limit."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    facts: list[Any] = [str(model), model.prompts, model.max_seq_length, backend.to_str() if backend else ""]
    digest.update(repr(facts).encode())
    return digest.hexdigest()[:32]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' own progress and advice off the terminal."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)
