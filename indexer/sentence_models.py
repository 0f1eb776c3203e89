"""Any sentence-transformers model: load it, export it once to ONNX, or run it as it is.

Owns sentence_transformers, torch and onnx; all of them come with the extra `models`.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.encoder import (
    GRAPH_NAME,
    ONNX_KIND,
    OUTPUT_NAME,
    TOKENIZER_NAME,
    TOKENS_NAME,
    Encoded,
    EncoderConfig,
    OnnxEncoder,
)
from library.errors import EncoderError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sentence_transformers import CrossEncoder, SentenceTransformer

    Vectors = NDArray[np.float32]

SENTENCE_TRANSFORMERS_KIND = "sentence-transformers"
MODEL_FOLDER = "model"
FAITHFUL = 0.9999  # cosine with sentence-transformers that an export must reach
UNSTATED_LIMIT = 512  # word pieces of a model that does not say how many it reads
NO_LIMIT = 8_192
_TOLD_AT_ONCE = 32  # texts between two words of progress
# A cross-encoder reads some 512 word pieces of both texts together; what reads more would take memory by the square.
LONGEST_PAIRED = 2_000
_PAIRS_AT_ONCE = 8
_CHATTY = frozenset({"huggingface_hub", "sentence_transformers", "torch", "transformers"})

# Neither warnings' filters nor transformers' tokenizers bear several threads; a model uses all cores by itself.
_ONE_AT_A_TIME = threading.RLock()

_PROBE_SENTENCE = "The customer bundles purchasing and asks for a price cut; wir verlieren den Rahmenvertrag. "
# The last two are of nearly one length: as challenges they run together, one of them padded.
_PROBES = (
    "Price pressure.",
    "Der Einkauf wird zentralisiert.",
    "Le sponsor est parti.",
    _PROBE_SENTENCE * 40,
    _PROBE_SENTENCE,
    f"{_PROBE_SENTENCE}Price.",
)


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
        for start in range(0, len(texts), _TOLD_AT_ONCE):
            rows = range(start, min(start + _TOLD_AT_ONCE, len(texts)))
            batch = [texts[n] for n in rows]
            vectors[rows.start : rows.stop] = _run(self._model.encode_document, batch)
            if advance is not None:
                advance(rows, vectors[rows.start : rows.stop])
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode texts to search with; see `indexer.encoder.Encoder`."""
        return _run(self._model.encode_query, texts)

    def encode_tokens(self, texts: Sequence[str], *, as_query: bool) -> Encoded:
        """Encode texts; no token vectors are kept of a model that cannot be exported."""
        return Encoded(self.encode_queries(texts) if as_query else self.encode_documents(texts), None)

    def count_tokens(self, text: str) -> int:
        """Count word pieces, special ones included, also beyond the model's limit."""
        with _ONE_AT_A_TIME:
            return self._count(self._config.document_prompt + text)

    def _count(self, text: str) -> int:
        tokenizer = self._model.tokenizer
        if callable(tokenizer):  # one of transformers'
            return len(tokenizer(text, verbose=False)["input_ids"])
        if hasattr(tokenizer, "encode"):  # one of tokenizers', as static embeddings use
            encoding = tokenizer.encode(text)
            return len(encoding.ids) + sum(len(rest.ids) for rest in encoding.overflowing)
        return len(tokenizer.tokenize(text))  # one of sentence-transformers' own


class CrossEncoderScorer:
    """A cross-encoder: it reads a challenge and a text together and says how well they fit."""

    def __init__(self, name: str, model: CrossEncoder) -> None:
        self._name = name
        self._model = model

    @classmethod
    def from_name(cls, name_or_path: str) -> CrossEncoderScorer:
        """Load a model as `load_model` does; raises EncoderError if it cannot be loaded or is no cross-encoder."""
        model = _load(name_or_path, "CrossEncoder")
        if not _has_trained_head(model):
            raise EncoderError(f"The model {name_or_path} is no cross-encoder.", hint="An encoder cannot score pairs.")
        return cls(name_or_path, model)

    def score(self, challenge: str, texts: Sequence[str]) -> list[float]:
        """Return a raw score, a logit, for each text; raises EncoderError. Only the first 2,000 characters are read."""
        import torch

        pairs = [(challenge[:LONGEST_PAIRED], text[:LONGEST_PAIRED]) for text in texts]
        with _quiet_at_work():
            try:
                scores = self._model.predict(
                    pairs, batch_size=_PAIRS_AT_ONCE, activation_fn=torch.nn.Identity(), show_progress_bar=False
                )
            except Exception as error:  # a model's own code raises whatever it likes
                # Not the message: it may repeat a text that only standard output should hold.
                raise EncoderError(f"The model {self._name} cannot score ({type(error).__name__}).") from error
        if scores.ndim != 1:
            raise EncoderError(f"The model {self._name} gives several numbers for each case.")
        return [float(score) for score in scores]


def load_model(name_or_path: str) -> SentenceTransformer:
    """Load a model in float32 from a folder or from what is already on this machine; safetensors, no remote code.

    Nothing is downloaded unless the environment sets `CASEBOOK_ALLOW_DOWNLOAD=1`.

    Raises:
        EncoderError: the extra `models` is not installed, or the model cannot be loaded.
    """
    return _load(name_or_path, "SentenceTransformer")


def _load(name_or_path: str, kind: str) -> Any:
    """Load one of sentence-transformers' classes of models; see `load_model`."""
    if os.environ.get("CASEBOOK_ALLOW_DOWNLOAD") != "1":
        os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported
    folder = Path(name_or_path).expanduser()
    with _quiet():
        try:
            import sentence_transformers
        except ImportError as error:
            raise EncoderError(
                f"The model {name_or_path} needs sentence-transformers.",
                hint="Run `pip install torch==2.13.0` and then `pip install 'sam-casebook[models]'`.",
            ) from error
        try:
            model = getattr(sentence_transformers, kind)(
                str(folder) if folder.is_dir() else name_or_path,
                device="cpu",
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as error:  # several libraries raise whatever a model's files lead them to
            raise EncoderError(
                f"The model {name_or_path} cannot be loaded: {_first_line(error)}",
                hint="Give a folder that sentence-transformers saved (safetensors), or the name of a model that is "
                "already on this machine; CASEBOOK_ALLOW_DOWNLOAD=1 allows a download.",
            ) from error
    return model.float().eval()  # weights may be stored in 16 bits, which a CPU runs slowly


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
        max_tokens=_limit(model),
        query_prompt=_prompt(model, ("query",)),
        document_prompt=_prompt(model, ("document", "passage", "corpus")),
    )
    before = set(folder.iterdir())
    problem = _try_export(model, folder, config)
    if problem:
        notify(f"{name_or_path} runs on sentence-transformers itself, which is slower: {problem}.")
        for leftover in set(folder.iterdir()) - before:
            leftover.unlink()
        config = replace(config, kind=SENTENCE_TRANSFORMERS_KIND)
        with _quiet():
            model.save(str(folder / MODEL_FOLDER), create_model_card=False, safe_serialization=True)
    config.write(folder)
    return config


def export_graph(model: SentenceTransformer, path: Path) -> tuple[str, ...]:
    """Export the whole pipeline (transformer, pooling, further modules) and return its input names.

    The graph maps (batch, pieces) int64 inputs to (batch, dim) float32 rows of unit length and, where the model
    has them, to what its transformer says of each word piece, (batch, pieces, hidden) float32.
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

        def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
            result = self.pipeline(dict(zip(names, tensors, strict=True)))
            vectors = torch.nn.functional.normalize(result[OUTPUT_NAME], p=2, dim=1)
            return (vectors, result[TOKENS_NAME]) if TOKENS_NAME in result else (vectors,)

    batch = torch.export.Dim("batch", min=1, max=4096)
    pieces = torch.export.Dim("pieces", min=2, max=_limit(model))
    example = tuple(torch.ones((2, 8), dtype=torch.int64) for _ in names)
    pipeline = Pipeline().eval()
    with _quiet():
        with torch.no_grad():
            outputs = (OUTPUT_NAME, TOKENS_NAME)[: len(pipeline(*example))]
        program = torch.onnx.export(
            pipeline,
            example,
            dynamo=True,
            input_names=list(names),
            output_names=list(outputs),
            dynamic_shapes=(tuple({0: batch, 1: pieces} for _ in names),),
            verbose=False,
        )
    if program is None:
        raise EncoderError("torch returned no graph.")
    program.save(str(path), external_data=True)
    return names


def compare(model: SentenceTransformer, encoder: OnnxEncoder, texts: Sequence[str] = _PROBES) -> float:
    """Return the lowest cosine between an exported encoder's vectors and sentence-transformers' own.

    Each text counts as a document and as a query, since a model may treat them differently.
    """
    original = SentenceTransformersEncoder(encoder.config, model)
    documents = original.encode_documents(texts) * encoder.encode_documents(texts)
    queries = original.encode_queries(texts) * encoder.encode_queries(texts)
    return float(min(documents.sum(axis=1).min(), queries.sum(axis=1).min()))


def _has_trained_head(model: CrossEncoder) -> bool:
    """Whether what turns a pair into a number came with the model; else transformers makes it up at random."""
    stored = getattr(model.config, "architectures", None) or ()
    made = type(model.model).__name__
    return not made.endswith("ForSequenceClassification") or made in stored


def _run(encode: Callable[..., Any], texts: Sequence[str]) -> Vectors:
    with _quiet_at_work():
        # One text a run: padded beside others its vector would depend on them.
        vectors: Vectors = encode(list(texts), batch_size=1, normalize_embeddings=True, show_progress_bar=False)
    return vectors


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


def _limit(model: SentenceTransformer) -> int:
    """Return how many word pieces the model reads; static embeddings know no limit."""
    limit = model.max_seq_length or UNSTATED_LIMIT
    return int(limit) if math.isfinite(limit) else NO_LIMIT


def _prompt(model: SentenceTransformer, names: Sequence[str]) -> str:
    """Return what sentence-transformers itself would put in front (`encode_query`, `encode_document`)."""
    name = next((name for name in names if name in model.prompts), model.default_prompt_name)
    return model.prompts.get(name) or ""


def _fingerprint(model: SentenceTransformer) -> str:
    """Hash everything that the vectors depend on: weights, modules, tokeniser, prompts, limit."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    tokeniser = backend.to_str() if backend else ""
    facts: list[Any] = [str(model), model.prompts, model.default_prompt_name, model.max_seq_length, tokeniser]
    digest.update(repr(facts).encode())
    return digest.hexdigest()[:32]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' own progress and advice off the terminal while a model is loaded or made.

    One thread at a time, and nothing of any is logged meanwhile: what is imported first sets up loggers of its own.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        previous = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            warnings.simplefilter("ignore")
            _silence_transformers()
            yield
        finally:
            logging.disable(previous)


@contextmanager
def _quiet_at_work() -> Iterator[None]:
    """Keep the libraries quiet while a loaded model works; what other threads log is no business of theirs."""
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _silence_transformers()
        chatty = [
            logger
            for name, logger in list(logging.root.manager.loggerDict.items())  # other threads may add some
            if isinstance(logger, logging.Logger) and name.partition(".")[0] in _CHATTY
        ]
        levels = [logger.level for logger in chatty]
        for logger in chatty:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(chatty, levels, strict=True):
                logger.setLevel(level)


def _silence_transformers() -> None:
    try:
        from transformers.utils import logging as transformers_logging
    except ImportError:  # `load_model` says what is missing
        return
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
