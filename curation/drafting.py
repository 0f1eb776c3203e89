"""Start a library, and start an item from a commented template."""

from __future__ import annotations

import re
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from curation.writing import slug, write_text
from library.errors import LibraryError
from library.items import FOLDERS
from library.reading import ROOTS
from library.settings import CONFIG_NAME

# What the command line calls each type, and how the ids of its items begin.
TYPE_NAMES = {
    "case": "business_case",
    "note": "industry_note",
    "competency": "competency",
    "enabler": "enabler",
    "challenge": "challenge_type",
    "learning": "learning_resource",
}
ID_PREFIXES = {
    "business_case": "case-",
    "industry_note": "note-",
    "competency": "cmp-",
    "enabler": "enb-",
    "challenge_type": "chl-",
    "learning_resource": "lrn-",
}
TEMPLATES = "templates"
# Stands in the folder while `init` writes; where it was left behind, `init` goes on.
_UNFINISHED = ".casebook-init"
_INDEX = ".casebook"
# What YAML cannot hold; a command line may hand over lone surrogates for bytes that are no UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_VOCABULARY = ("challenges", "competencies", "enablers")
_CONFIG = """\
# Settings of this library; an environment variable (CASEBOOK_...) or an option beats them.

# Whom to ask where an item names nobody.
contact = "the centre of excellence"

# Language of labels: en, de or fr.
language = "en"

# Further headings of a case, by section.
# [headings]
# challenge = ["Problem", "Problemstellung"]

# The firm's own regions.
# [regions]
# ALPS = ["CH", "AT"]
"""


def init_library(folder: Path) -> list[Path]:
    """Make a new library with folders, settings, templates and the starting vocabulary.

    What an earlier run left undone because it was stopped is finished; no file is written over, a .gitignore gets
    a line more. Returns the files written, in order. Raises LibraryError if the folder holds a library's parts.
    """
    texts = {CONFIG_NAME: _CONFIG, **{f"{TEMPLATES}/{name}.md": _template(name) for name in FOLDERS}, **_vocabulary()}
    unfinished = folder / _UNFINISHED
    taken = next((name for name in (*ROOTS, CONFIG_NAME, TEMPLATES) if (folder / name).exists()), None)
    if taken and not unfinished.exists():
        raise LibraryError(f"{folder} already holds {taken}.", hint="Choose a new or an empty folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished.touch()
        for place in FOLDERS.values():
            (folder / place).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(
            f"{folder} cannot be written: {error.strerror}.", hint="Check its rights, or choose another folder."
        ) from error
    missing = [name for name in texts if not (folder / name).exists()]
    for name in missing:
        write_text(folder / name, texts[name], root=folder)
    written = [folder / name for name in missing] + _ignore_index(folder)
    unfinished.unlink()
    return written


def new_item(library: Path, type_name: str, title: str) -> Path:
    """Write a commented draft and return its path; the library's own template beats the shipped one.

    Raises:
        LibraryError: the folder is no library, the title gives no id, the file exists, or it cannot be written.
    """
    if not any((library / name).is_dir() for name in ROOTS):
        raise LibraryError(
            f"{library} is no library: it has neither cases/ nor kb/.",
            hint="Name a library with --library DIR, or make one with `casebook init DIR`.",
        )
    stem = slug(title)
    if not stem:
        raise LibraryError(
            f"The title {title!r} gives no id: it has no Latin letters or digits.",
            hint="Write one with a Latin word in it; the file's `title:` may be changed afterwards, its name may not.",
        )
    prefix = ID_PREFIXES[type_name]
    path = library / FOLDERS[type_name] / f"{stem if stem.startswith(prefix) else prefix + stem}.md"
    values = {"{title}": _quoted(title), "{today}": date.today().isoformat(), "{{": "{", "}}": "}"}
    text = re.sub(r"\{title\}|\{today\}|\{\{|\}\}", lambda found: values[found[0]], _template_of(library, type_name))
    write_text(path, text, root=library)
    return path


def _ignore_index(folder: Path) -> list[Path]:
    """Keep the index out of Git; return the file if it was written or got a line more."""
    path = folder / ".gitignore"
    before = path.read_bytes() if path.exists() else b""
    if any(line.strip().strip(b"/") == _INDEX.encode() for line in before.splitlines()):
        return []
    gap = b"" if not before or before.endswith(b"\n") else b"\n"
    with path.open("ab") as stream:  # the user's own file: nothing that stands there is touched
        stream.write(gap + f"{_INDEX}/\n".encode())
    return [path]


def _template_of(library: Path, type_name: str) -> str:
    own = library / TEMPLATES / f"{type_name}.md"
    if not own.is_file():
        return _template(type_name)
    try:
        return own.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise LibraryError(f"The template {own} is no UTF-8 text: {error.reason}.", hint="Save it as UTF-8.") from error
    except OSError as error:
        raise LibraryError(f"The template {own} cannot be read: {error.strerror}.", hint="Check its rights.") from error


def _template(type_name: str) -> str:
    return files("library").joinpath(TEMPLATES, f"{type_name}.md").read_text(encoding="utf-8")


def _vocabulary() -> dict[str, str]:
    """Return the starting vocabulary's files: packed into a wheel, or from the checkout itself."""
    packed = files("library").joinpath("starter", "kb")
    source: Traversable = packed if packed.is_dir() else Path(__file__).parents[1] / "kb"
    return {
        f"kb/{name}/{file.name}": file.read_text(encoding="utf-8")
        for name in _VOCABULARY
        for file in sorted(source.joinpath(name).iterdir(), key=lambda file: file.name)
        if file.name.endswith(".md")
    }


def _quoted(title: str) -> str:
    """Return a title as a YAML scalar on one line."""
    plain = " ".join(_UNPRINTABLE.sub(" ", title).split())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
