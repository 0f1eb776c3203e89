"""Run the server: refuse to listen where anyone could reach it unasked, then hand over to uvicorn. Owns uvicorn."""

from __future__ import annotations

import ipaddress
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from api.app import Parts, create_app, identities_of
from api.requests.metrics import SHARED_FOLDER
from api.warming import begin_warming
from library.errors import SettingsError
from library.settings import SECRETS, Settings

# How worker processes learn what the first one was told; no setting of a user's begins with an underscore.
_SETTINGS = "_CASEBOOK_SERVED_SETTINGS"
_SHARED = "_CASEBOOK_SHARED_FOLDER"
_START_SECONDS = 120.0
_GRACE_SECONDS = 5


def serve(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Serve until told to end; `announce` is given the address once requests are answered there.

    Raises:
        SettingsError: it may not, or cannot, listen there.
        StateError: the keys cannot be read.
    """
    _end_in_peace()
    _take_one_core_each()
    check_binding(settings, asks_credentials=identities_of(settings).required)
    configure_logging()
    with _listening(settings.server.host, settings.server.port) as listener:
        address = _address(listener)
        settings = _with_port(settings, listener.getsockname()[1])
        if settings.server.workers > 1:
            _serve_by_workers(settings, listener, lambda: announce(address))
        else:
            app = create_app(settings)
            begin_warming(app)
            _Server(_configuration(settings, app), lambda: announce(address)).run(sockets=[listener])


def create() -> FastAPI:
    """Make the application of a worker process, from what the first process left in the environment."""
    configure_logging()
    settings = Settings.model_validate_json(os.environ[_SETTINGS])
    app = create_app(settings, Parts(shared=Path(os.environ[_SHARED])))
    begin_warming(app)
    return app


def check_binding(settings: Settings, *, asks_credentials: bool) -> None:
    """Refuse an address that others can reach unless the server asks who they are.

    Raises:
        SettingsError: with what to do instead.
    """
    host = settings.server.host
    if asks_credentials or _is_loopback(host):
        return
    raise SettingsError(
        f"Nobody could be told apart at {host}: no key exists and OpenID Connect is not set up.",
        hint="Make a key (`casebook keys create NAME`) or set oidc.issuer and oidc.audience, then start again; "
        "or listen on 127.0.0.1, which only this machine reaches.",
    )


def _end_in_peace() -> None:
    """Let SIGTERM end the process with status 0: uvicorn closes all first, then sends itself the signal again."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def _take_one_core_each() -> None:
    """Let each search compute in its own thread alone: beside others, threads of libraries only wait for each other."""
    for name, value in (("OPENBLAS_NUM_THREADS", "1"), ("TOKENIZERS_PARALLELISM", "false")):
        os.environ.setdefault(name, value)


def configure_logging() -> None:
    """Log to standard error: requests without their contents, and what goes wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for name in ("uvicorn.error", "httpx2", "mcp"):
        logging.getLogger(name).setLevel(logging.WARNING)


class _Port(socket.socket):
    """A bound port, of which each worker process that is given it has a socket of its own (Linux).

    The kernel deals connections out over these. From one that they share, the first worker to wake would take all of a
    portal's connections at once, and the others idle.
    """

    def share_out(self) -> None:
        """Let sockets of this server be bound here too; another server is refused all the same."""
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)

    def __reduce__(self) -> tuple[Any, ...]:
        return _bind_beside, (self.family, self.getsockname())


def _bind_beside(family: int, address: tuple[Any, ...]) -> _Port:
    port = _Port(family)
    port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    port.share_out()
    port.bind(address)
    return port


class _Server(uvicorn.Server):
    """Tells when it has started."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()


class _Workers(Multiprocess):
    """Tells when all workers have started."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket, started: Callable[[], None]) -> None:
        super().__init__(config, [listener])
        self._tell = started

    def init_processes(self) -> None:
        super().init_processes()
        if all(process.wait_until_ready(_START_SECONDS, self.should_exit) for process in self.processes):
            self._tell()


def _serve_by_workers(settings: Settings, listener: socket.socket, started: Callable[[], None]) -> None:
    if isinstance(listener, _Port):
        listener.share_out()
    with _shared_folder() as folder:
        os.environ[_SETTINGS] = settings.model_dump_json(context=SECRETS)
        os.environ[_SHARED] = str(folder)
        figures = folder / "figures"  # Prometheus takes every *.db in its folder for its own
        figures.mkdir()
        os.environ[SHARED_FOLDER] = str(figures)
        _Workers(_configuration(settings, "api.serving:create"), listener, started).run()


def _configuration(settings: Settings, app: FastAPI | str) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=settings.server.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(settings.server.proxies),
        timeout_graceful_shutdown=int(settings.server.search_seconds) + _GRACE_SECONDS,
        timeout_worker_healthcheck=30,
        ws="none",
    )


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with _Port(family) if sys.platform == "linux" else socket.socket(family) as listener:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"Nothing can listen on {host}, port {port}: {error.strerror}.",
                hint="Take another --port (0 finds a free one) or --host.",
            ) from error
        if isinstance(listener, _Port):
            # While nobody listens yet, another server that reuses addresses could bind the port too, and share it.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        listener.set_inheritable(True)
        yield listener


def _with_port(settings: Settings, port: int) -> Settings:
    """Return the settings with the port that was found, for links."""
    return settings.model_copy(update={"server": settings.server.model_copy(update={"port": port})})


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def _shared_folder() -> Iterator[Path]:
    """Give the workers a folder for figures and limits that ends with the server."""
    folder = Path(tempfile.mkdtemp(prefix="casebook-serve-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
