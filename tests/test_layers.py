"""The house: imports go strictly down, and one module owns each third-party library."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# From the top down; a room may import from those after it.
ROOMS = ("cli", "commands", "api", "curation", "search", "indexer", "library")
# Within a room its parts, modules or folders, from the top down as well; those on one line are side by side.
PARTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "api": (
        ("serving",),
        ("app", "warming"),
        ("senders",),
        ("portal", "connector", "routes"),
        ("description",),
        ("dependencies",),
        ("services",),
        ("engines", "publishing", "resources", "credentials"),
        ("requests",),
    ),
    "curation": (
        ("contributing", "governing", "remote_purging"),
        ("guarding", "purging", "saving", "watching"),
        ("exporting", "publishing", "shown_text"),
        ("importing", "outlining", "review", "suggesting", "vocabulary"),
        ("front_matter_edit", "imported_files"),
        ("itemising",),
        ("changing", "converting", "drafting", "feedback", "keys"),
        ("checks", "committing", "composing", "copies", "import_plan", "spreadsheets", "state", "writing"),
    ),
    "search": (
        ("briefs", "browsing", "changes", "evaluation", "grounding"),
        ("rendering",),
        ("answering",),
        ("explaining",),
        ("answers",),
        ("ranking",),
        ("understanding",),
        ("filters",),
        ("view",),
        ("engine",),
    ),
}
# Python outside the rooms: it may import every room, and no room imports it.
OUTSIDE = {"bench", "tests"}
# A module, a folder of modules (with "/" behind it), or several of these.
OWNERS: dict[str, str | tuple[str, ...]] = {
    "babel": "api/portal/translations.py",
    "cryptography": "api/portal/vault.py",
    "docx": "search/briefs/word.py",
    "faiss": "indexer/vectors.py",
    "filelock": ("curation/writing.py", "indexer/generations.py"),
    "httpx2": "commands/calling.py",
    "jinja2": "api/portal/pages.py",
    "jwt": "api/credentials/oidc.py",
    "markdown_it": "library/markdown.py",
    "markitdown": "curation/converting/converter.py",
    "mcp": "api/connector/",
    "nh3": "api/portal/rich_text.py",
    "onnx": "indexer/default_graph.py",
    "onnxruntime": "indexer/encoder.py",
    "platformdirs": "library/settings.py",
    "pptx": "search/briefs/slides.py",
    "prometheus_client": "api/requests/metrics.py",
    "pydantic_settings": "library/settings.py",
    "rdflib": "curation/vocabulary/skos/",
    "rich": "commands/progress.py",
    "sentence_transformers": "indexer/sentence_models.py",
    "sqlite_utils": "indexer/catalogue.py",
    "tantivy": "indexer/lexical.py",
    "tokenizers": "indexer/encoder.py",
    "torch": "indexer/sentence_models.py",
    "transformers": "indexer/sentence_models.py",
    "typer": ("cli.py", "commands/"),
    "uvicorn": "api/serving.py",
    "watchfiles": "curation/watching.py",
    "yaml": "library/front_matter.py",
}


def _modules() -> list[Path]:
    found = [ROOT / "cli.py"]
    for room in ROOMS:
        found += sorted((ROOT / room).rglob("*.py"))
    return found


def _imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, at the top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield node.module or ""


def _room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", _modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_go_strictly_down(path: Path) -> None:
    """A room imports itself and the rooms below it, never one above it."""
    allowed = ROOMS[ROOMS.index(_room(path)) :]
    for name in _imports(path):
        top = name.partition(".")[0]
        assert top not in {*ROOMS, *OUTSIDE} or top in allowed, f"{path} imports {name}"


@pytest.mark.parametrize("path", _modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_within_a_room_go_down(path: Path) -> None:
    """A part of a room imports itself and the parts below it: no two parts know each other."""
    room, *rest = path.relative_to(ROOT).with_suffix("").parts
    if room not in PARTS or rest == ["__init__"]:
        return
    level = _level(room, rest[0])
    for name in _imports(path):
        other, *parts = name.split(".")
        if other == room and parts and parts[0] != rest[0]:
            assert level < _level(room, parts[0]), f"{path} imports {name}"


def _level(room: str, part: str) -> int:
    return next(level for level, parts in enumerate(PARTS[room]) if part in parts)


@pytest.mark.parametrize("path", _modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_each_library_has_one_owner(path: Path) -> None:
    """A third-party library is imported by the module that owns it and by no other."""
    place = path.relative_to(ROOT).as_posix()
    for name in _imports(path):
        owner = OWNERS.get(name.partition(".")[0])
        assert owner is None or _is_owner(place, owner), f"{path} imports {name}, owned by {owner}"


@pytest.mark.parametrize(
    ("place", "owner", "owned"),
    [
        ("cli.py", "cli.py", True),
        ("cli.py", ("cli.py", "commands/"), True),
        ("commands/options.py", ("cli.py", "commands/"), True),
        ("commands/options.py", "commands/progress.py", False),
        ("search/commands/options.py", "commands/", False),
        ("commands.py", "commands/", False),
    ],
)
def test_owner_is_a_module_or_a_folder(place: str, owner: str | tuple[str, ...], owned: bool) -> None:  # noqa: FBT001
    """Only an owner that ends in a slash stands for all below it."""
    assert _is_owner(place, owner) is owned


def _is_owner(place: str, owner: str | tuple[str, ...]) -> bool:
    owners = (owner,) if isinstance(owner, str) else owner
    return any(place.startswith(one) if one.endswith("/") else place == one for one in owners)


def test_every_folder_with_python_is_known() -> None:
    """A new room is declared here before anything can hide in it."""
    folders = {path.relative_to(ROOT).parts[0] for path in ROOT.glob("*/**/*.py")}
    hidden = {name for name in folders if name.startswith((".", "build", "dist"))}
    assert folders - hidden <= {*ROOMS, *OUTSIDE}
    assert {path.stem for path in ROOT.glob("*.py")} <= {"cli"}


def test_every_file_of_tests_has_a_name_of_its_own() -> None:
    """Folders of tests are no packages, so two files of one name cannot be collected together."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
