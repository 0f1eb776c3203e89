"""Turn text into vectors with an exported model. Owns onnxruntime and tokenizers; needs no torch."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from indexer.tokens import TokenVectors, fit_space, project
from indexer.vectors import save_rows
from library.codes import industries
from library.errors import EncoderError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

    Vectors = NDArray[np.float32]

CONFIG_NAME = "encoder.json"
GRAPH_NAME = "model.onnx"
TOKENIZER_NAME = "tokenizer.json"
OUTPUT_NAME = "sentence_embedding"  # `embedding` collides with a node of the same name
TOKENS_NAME = "token_embeddings"
SPACE_NAME = "token_space.npy"
ONNX_KIND = "onnx"
_TOGETHER = 8  # texts in one run at most; more gain nothing
_PADDED = 1.15  # a text in a run with others is longer by this factor and a piece at most


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """What `encoder.json` says. `max_tokens` counts word pieces with the special ones.

    `fingerprint` changes whenever the vectors would; `token_space` is the hash of the space that token vectors
    are projected to, empty for a model that gives none; `languages` are those that it knows, none for any.
    """

    kind: str
    model: str
    fingerprint: str
    dimension: int
    max_tokens: int
    query_prompt: str = ""
    document_prompt: str = ""
    token_space: str = ""
    languages: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write the configuration into an encoder's folder."""
        (folder / CONFIG_NAME).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def from_folder(cls, folder: Path) -> EncoderConfig:
        """Read an encoder's configuration; raises EncoderError if it is missing or damaged."""
        try:
            values = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
            return cls(**{**values, "languages": tuple(values.get("languages", ()))})
        except (OSError, ValueError, TypeError) as error:
            raise EncoderError(
                f"The model in {folder} is missing or damaged: {error}.", hint="Run `casebook index --full`."
            ) from error


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Texts as vectors, (n, dim) float32 of unit length, and as token vectors where the model gives some."""

    vectors: Vectors
    tokens: tuple[TokenVectors, ...] | None


class Encoder(Protocol):
    """Text in, unit vectors out."""

    @property
    def config(self) -> EncoderConfig:
        """What the encoder is."""
        ...

    def encode_documents(
        self, texts: Sequence[str], *, advance: Callable[[Sequence[int], Vectors], None] | None = None
    ) -> Vectors:
        """Return (n, dim) float32, rows of unit length, for texts to be found.

        `advance` is called after each text, or some of them, with their positions and vectors.
        """
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return (n, dim) float32, rows of unit length, for texts to search with.

        Give those of one challenge together: they may share a run of the model.
        """
        ...

    def encode_tokens(self, texts: Sequence[str], *, as_query: bool) -> Encoded:
        """Return vectors and token vectors, from one run of the model."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return how many word pieces the model would read, special ones included."""
        ...


class OnnxEncoder:
    """An encoder whose graph holds the whole pipeline: transformer, pooling, normalisation."""

    def __init__(
        self, config: EncoderConfig, session: InferenceSession, tokenizer: Tokenizer, space: Vectors | None = None
    ) -> None:
        self._config = config
        self._session = session
        self._tokenizer = tokenizer
        self._space = space
        self._inputs = frozenset(entry.name for entry in session.get_inputs())

    @classmethod
    def from_folder(cls, folder: Path, config: EncoderConfig, *, threads: int = 0) -> OnnxEncoder:
        """Open an exported model; a text is run by as many `threads`, or as there are cores.

        Raises:
            EncoderError: a file is missing or damaged.
        """
        # Its official builds report to their maker unless told not to before they are loaded.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import numpy as np
        import onnxruntime as ort
        from tokenizers import Tokenizer

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # its warnings are about optimisation, not for our users
        try:
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_NAME))
            session = ort.InferenceSession(str(folder / GRAPH_NAME), options, providers=["CPUExecutionProvider"])
            space = np.load(folder / SPACE_NAME, allow_pickle=False) if config.token_space else None
        except Exception as error:  # both libraries raise bare Exception for whatever is wrong with a file
            raise EncoderError(
                f"The model in {folder} cannot be loaded: {_first_line(error)}", hint="Run `casebook index --full`."
            ) from error
        # The shipped tokeniser truncates and pads at 128, whatever the model's limit.
        tokenizer.no_padding()
        tokenizer.enable_truncation(config.max_tokens)
        return cls(config, session, tokenizer, space)

    @property
    def config(self) -> EncoderConfig:
        """What the encoder is."""
        return self._config

    def encode_documents(
        self, texts: Sequence[str], *, advance: Callable[[Sequence[int], Vectors], None] | None = None
    ) -> Vectors:
        """Encode texts to be found; see `Encoder`."""
        return self._encode([self._config.document_prompt + text for text in texts], advance)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode texts to search with, those of about the same length in one run; see `Encoder`.

        A run has the model's weights pass through the processor once: short sentences take three quarters of the time.
        """
        import numpy as np

        encodings = self._tokenizer.encode_batch([self._config.query_prompt + text for text in texts])
        vectors = np.zeros((len(texts), self._config.dimension), dtype=np.float32)
        # A model without a mask would read padding as text.
        most = _TOGETHER if "attention_mask" in self._inputs else 1
        for rows in group_lengths([len(encoding.ids) for encoding in encodings], most=most):
            vectors[rows] = self._run([encodings[row] for row in rows], [OUTPUT_NAME])[0]
        return vectors

    def encode_tokens(self, texts: Sequence[str], *, as_query: bool) -> Encoded:
        """Encode texts and their word pieces; see `Encoder`."""
        prompt = self._config.query_prompt if as_query else self._config.document_prompt
        if self._space is None:
            return Encoded(self._encode([prompt + text for text in texts], None), None)
        space = self._space
        vectors, tokens = self._encode_pieces(texts, prompt)
        return Encoded(vectors, tuple(TokenVectors(entry.pieces, project(entry.vectors, space)) for entry in tokens))

    def fit_token_space(self) -> Vectors | None:
        """Return the space for token vectors, learned from what industries are called; None if the model has none."""
        import numpy as np

        if TOKENS_NAME not in {entry.name for entry in self._session.get_outputs()}:
            return None
        _, tokens = self._encode_pieces(industries().descriptions(), "")
        rows = np.concatenate([entry.vectors for entry in tokens])
        return fit_space(rows / np.linalg.norm(rows, axis=1, keepdims=True))

    def count_tokens(self, text: str) -> int:
        """Count word pieces; the count stops at the model's limit plus what was cut off."""
        encoding = self._tokenizer.encode(self._config.document_prompt + text)
        return len(encoding.ids) + sum(len(rest.ids) for rest in encoding.overflowing)

    def _encode(self, texts: Sequence[str], advance: Callable[[Sequence[int], Vectors], None] | None) -> Vectors:
        import numpy as np

        vectors = np.zeros((len(texts), self._config.dimension), dtype=np.float32)
        for row, encoding in enumerate(self._tokenizer.encode_batch(list(texts))):
            vectors[row] = self._run([encoding], [OUTPUT_NAME])[0][0]
            if advance is not None:
                advance([row], vectors[row : row + 1])
        return vectors

    def _encode_pieces(self, texts: Sequence[str], prompt: str) -> tuple[Vectors, list[TokenVectors]]:
        """Return vectors and the model's own token vectors of what a text says.

        Special pieces are left out, and so are the prompt's: those of a query's stand in no passage and would
        count as the rarest of all, those of a document's in every one.
        """
        import numpy as np

        vectors = np.zeros((len(texts), self._config.dimension), dtype=np.float32)
        tokens = []
        for row, encoding in enumerate(self._tokenizer.encode_batch([prompt + text for text in texts])):
            vectors[row], pieces = (result[0] for result in self._run([encoding], [OUTPUT_NAME, TOKENS_NAME]))
            plain = _pieces_of_text(encoding, len(prompt))
            tokens.append(TokenVectors(np.asarray(encoding.ids, dtype=np.int32)[plain], pieces[plain]))
        return vectors, tokens

    def _run(self, encodings: Sequence[Encoding], outputs: Sequence[str]) -> list[Vectors]:
        """Run the model on texts, padded to the longest; return (texts, ...) for each output.

        Beside others a vector differs in its last bits with what these are, so what is kept runs alone: it depends on
        nothing that a reader may not see.
        """
        import numpy as np

        longest = max(len(encoding.ids) for encoding in encodings)
        for encoding in encodings:
            encoding.pad(longest)
        columns = {
            "input_ids": [encoding.ids for encoding in encodings],
            "attention_mask": [encoding.attention_mask for encoding in encodings],
            "token_type_ids": [encoding.type_ids for encoding in encodings],
        }
        inputs = {name: np.array(columns[name], dtype=np.int64) for name in self._inputs if name in columns}
        found: list[Vectors] = self._session.run(list(outputs), inputs)
        return found


def open_encoder(folder: Path, *, threads: int = 0) -> Encoder:
    """Open whatever encoder a folder holds.

    One thread a text is best where several texts are encoded at once; 0 takes all cores for each.

    Raises:
        EncoderError: it cannot be loaded.
    """
    config = EncoderConfig.from_folder(folder)
    if config.kind == ONNX_KIND:
        return OnnxEncoder.from_folder(folder, config, threads=threads)
    from indexer.sentence_models import SentenceTransformersEncoder

    return SentenceTransformersEncoder.from_folder(folder, config)


def add_token_space(folder: Path) -> None:
    """Give an exported model in a folder the space for its token vectors, if it has such vectors."""
    config = EncoderConfig.from_folder(folder)
    if config.kind != ONNX_KIND:
        return
    space = OnnxEncoder.from_folder(folder, config).fit_token_space()
    if space is None:
        return
    save_rows(folder, SPACE_NAME.removesuffix(".npy"), space)
    replace(config, token_space=hashlib.sha256(space.tobytes()).hexdigest()[:32]).write(folder)


def group_lengths(lengths: Sequence[int], *, most: int = _TOGETHER) -> list[list[int]]:
    """Return the places of lengths, at most so many in a group, so that little is added to its shorter ones."""
    groups: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda place: lengths[place]):
        last = groups[-1] if groups else []
        if last and len(last) < most and lengths[place] <= lengths[last[0]] * _PADDED + 1:
            last.append(place)
        else:
            groups.append([place])
    return groups


def _pieces_of_text(encoding: Encoding, start: int) -> list[int]:
    """Return the places of pieces that stand for text behind `start`, without special ones."""
    places = enumerate(zip(encoding.special_tokens_mask, encoding.offsets, strict=True))
    return [place for place, (special, (_, end)) in places if not special and end > start]


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:200]
