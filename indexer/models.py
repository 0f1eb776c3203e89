"""Which models a library uses: the default encoder, another one that is exported once, and a cross-encoder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from indexer.default_model import graph_hash, link_or_copy, place_default_model
from indexer.encoder import CONFIG_NAME, Encoder, add_token_space, open_encoder
from library.errors import CasebookError, IndexWriteError
from library.settings import DEFAULT_MODEL

MODELS = "models"
# Raise it whenever what is written beside a model's graph changes, so that models are prepared again.
_VERSION = 2
_DEFAULT_NAMES = frozenset({DEFAULT_MODEL.casefold(), f"sentence-transformers/{DEFAULT_MODEL}".casefold()})


class PairScorer(Protocol):
    """Reads a challenge and a text together, which an encoder never does."""

    def score(self, challenge: str, texts: Sequence[str]) -> Sequence[float]:
        """Return a number for each text, higher for one that fits better; raises EncoderError."""
        ...


def prepare_encoder(model: str, data: Path, notify: Callable[[str], None]) -> Encoder:
    """Open the encoder for a model, exporting it first if this data folder has not seen it as it is now.

    Raises:
        EncoderError: the model is missing, damaged, or needs the extra `models`.
        IndexWriteError: the disk is full or cannot be written.
    """
    folder = encoder_folder(model, data)
    if not (folder / CONFIG_NAME).is_file():
        _place(model, folder, notify)
    return open_encoder(folder)


def encoder_folder(model: str, data: Path) -> Path:
    """Return where `prepare_encoder` keeps a model."""
    return data / MODELS / hashlib.sha256(f"{_VERSION} {_signature(model)}".encode()).hexdigest()[:16]


def copy_encoder(source: Path, target: Path) -> None:
    """Put an encoder's files into a generation: the same files where the disk can link, else copies."""
    target.mkdir()
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if path.is_dir():
            place.mkdir()
        else:
            link_or_copy(path, place)


def open_cross_encoder(model: str) -> PairScorer:
    """Open a cross-encoder by name or path.

    Raises:
        EncoderError: the model is missing or damaged, or needs the extra `models`.
    """
    from indexer.sentence_models import CrossEncoderScorer

    return CrossEncoderScorer.from_name(model)


def is_default(model: str) -> bool:
    """Whether a name means the model that comes without torch."""
    return model.casefold() in _DEFAULT_NAMES


def drop_other_models(model: str, data: Path) -> None:
    """Forget every exported model but the one in use; a generation has files of its own."""
    kept = encoder_folder(model, data)
    for folder in (data / MODELS).iterdir() if (data / MODELS).is_dir() else ():
        if folder != kept:
            shutil.rmtree(folder, ignore_errors=True)


def same_model(name: str, other: str) -> bool:
    """Whether two names mean the same model."""
    return name == other or (is_default(name) and is_default(other))


def _place(model: str, folder: Path, notify: Callable[[str], None]) -> None:
    staging = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        staging.mkdir(parents=True)
        if is_default(model):
            place_default_model(staging)
        else:
            from indexer.sentence_models import place_model

            notify(f"Preparing the model {model}; this happens once.")
            place_model(model, staging, notify)
        add_token_space(staging)
        shutil.rmtree(folder, ignore_errors=True)
        staging.rename(folder)
    except OSError as error:
        shutil.rmtree(staging, ignore_errors=True)
        raise IndexWriteError(f"The model cannot be kept in {folder.parent}: {error.strerror or error}") from error
    except CasebookError:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _signature(model: str) -> str:
    """Return what identifies a model: its name, or its folder with every file's size and time."""
    if is_default(model):
        return f"{DEFAULT_MODEL} {graph_hash()}"
    path = Path(model).expanduser()
    if not path.is_dir():
        return model
    files = sorted(place for place in path.rglob("*") if place.is_file())
    facts = [(os.fspath(place.relative_to(path)), place.stat().st_size, place.stat().st_mtime_ns) for place in files]
    return json.dumps([os.fspath(path.resolve()), facts])
