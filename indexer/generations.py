"""Where generations lie, how one is published, and who may write.

data folder/
    generations/<n>/   immutable: catalog.db lexical/ vectors.* tokens.* encoder/ history.jsonl manifest.json
    CURRENT            the published generation's name; replaced when everything is on disk
    cache.db           what need not be computed twice
    writer.lock        held by the one process that writes; a dead one holds nothing
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from library.errors import IndexBusyError, IndexMissingError, IndexUnusableError, IndexWriteError

FORMAT = 6
GENERATIONS = "generations"
CURRENT = "CURRENT"
CACHE = "cache.db"
MANIFEST = "manifest.json"
HISTORY = "history.jsonl"
CATALOGUE = "catalog.db"
LEXICAL = "lexical"
ENCODER = "encoder"
PASSAGE_VECTORS = "vectors"
ITEM_VECTORS = "items"
_LOCK = "writer.lock"
_STAGING = "staging-"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is. `inputs` is a hash of all that it was made from, `languages` are those its model knows.

    `checksums` holds the SHA-256 of every file but the encoder's, whose fingerprint stands for them.
    """

    format: int
    number: int
    created: str
    casebook_version: str
    model: str
    encoder_fingerprint: str
    dimension: int
    languages: tuple[str, ...]
    inputs: str
    counts: dict[str, int]
    passages: int
    average_terms: float
    checksums: dict[str, str]

    def write(self, folder: Path) -> None:
        """Write the manifest into a generation's folder."""
        (folder / MANIFEST).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def from_folder(cls, folder: Path) -> Manifest:
        """Read a generation's manifest.

        Raises:
            IndexUnusableError: it is missing, damaged, or of another format.
        """
        try:
            values = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            found = values.get("format")
            manifest = cls(**{**values, "languages": tuple(values["languages"])}) if found == FORMAT else None
        except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
            raise IndexUnusableError(
                f"The index in {folder} is damaged: {error}", hint="Run `casebook index --full`."
            ) from error
        if manifest is None:
            raise IndexUnusableError(
                f"The index in {folder} has format {found}; this version reads {FORMAT}.", hint="Run `casebook index`."
            )
        return manifest


def current_generation(data: Path) -> Path:
    """Return the published generation's folder; `data` may also be a generation itself (a copied one).

    Raises:
        IndexMissingError: nothing was published.
    """
    if (data / MANIFEST).is_file():
        return data
    try:
        name = _published_name(data)
    except FileNotFoundError:
        raise IndexMissingError("There is no index yet.", hint="Run `casebook index`.") from None
    except OSError as error:
        raise IndexMissingError(
            f"The index in {data} cannot be read: {error.strerror}", hint="Check its rights."
        ) from error
    folder = data / GENERATIONS / name
    if not name or not folder.is_dir():
        raise IndexMissingError(f"The index in {data} is incomplete.", hint="Run `casebook index`.")
    return folder


@contextmanager
def writer_lock(data: Path) -> Iterator[None]:
    """Be the one writer.

    Raises:
        IndexBusyError: another process writes.
        IndexWriteError: the data folder cannot be made or written.
    """
    from filelock import FileLock, Timeout

    try:
        (data / GENERATIONS).mkdir(parents=True, exist_ok=True)
        lock = FileLock(data / _LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise IndexBusyError(
            f"Another process is writing the index in {data}.", hint="Wait until it has ended, then run this again."
        ) from None
    except OSError as error:
        raise IndexWriteError(
            f"The folder {data} cannot be written: {error.strerror or error}",
            hint="Check its rights, or set CASEBOOK_DATA to another folder.",
        ) from error
    try:
        _drop_unused(data)
        yield
    finally:
        lock.release()


@contextmanager
def staged_generation(data: Path) -> Iterator[tuple[int, Path]]:
    """Give the next number and an empty folder; it is gone afterwards unless `publish` moved it."""
    number = max((int(path.name) for path in _numbered(data)), default=0) + 1
    folder = data / GENERATIONS / f"{_STAGING}{number}"
    folder.mkdir()
    try:
        yield number, folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(data: Path, staging: Path, number: int) -> Path:
    """Make a finished folder the published generation; the one before stays for those who read it, others go."""
    for path in (*staging.rglob("*"), staging):
        _sync(path)
    target = data / GENERATIONS / str(number)
    staging.rename(target)
    _sync(target.parent)
    replace_text(data / CURRENT, f"{number}\n")
    _drop_unused(data)
    return target


def drop_older(data: Path) -> None:
    """Remove every generation but the published one; whoever has an older one open keeps it until he closes it.

    Raises:
        IndexWriteError: one cannot be removed.
    """
    with writer_lock(data):
        published = _published_name(data)
        for folder in [path for path in _numbered(data) if path.name != published]:
            try:
                shutil.rmtree(folder)
            except OSError as error:
                raise IndexWriteError(f"{folder} cannot be removed: {error.strerror or error}.") from error


def replace_text(path: Path, text: str) -> None:
    """Write a small file so that readers see the old text or the new one, never half."""
    temporary = path.with_name(f"{path.name}.new")
    with temporary.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    _sync(path.parent)


def _published_name(data: Path) -> str:
    return (data / CURRENT).read_text(encoding="utf-8", errors="replace").strip()


def _drop_unused(data: Path) -> None:
    """Remove what a dead writer left, and every generation but the published one and the one before it."""
    for leftover in (data / GENERATIONS).glob(f"{_STAGING}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    name = _published_name(data) if (data / CURRENT).is_file() else ""
    numbers = [int(path.name) for path in _numbered(data)]
    if not name.isdecimal() or int(name) not in numbers:
        return  # nothing says which of them counts
    kept = sorted(number for number in numbers if number <= int(name))[-2:]
    for number in set(numbers) - set(kept):
        shutil.rmtree(data / GENERATIONS / str(number), ignore_errors=True)


def _numbered(data: Path) -> list[Path]:
    return [path for path in (data / GENERATIONS).iterdir() if path.name.isdecimal()]


def _sync(path: Path) -> None:
    """Have a file, or a folder's list of files, on disk."""
    if os.name == "nt" and path.is_dir():
        return  # a folder cannot be opened there
    # Windows flushes only what is open for writing.
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
