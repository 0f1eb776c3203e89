"""Where the server may listen, and the process that does: one worker or several."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest

from api.serving import _listening, _Port, check_binding, serve
from curation.keys import KeyStore
from curation.state import State
from library.errors import SettingsError
from library.settings import Settings
from tests.api.conftest import MakeSettings

_ROOT = Path(__file__).parents[2]
_PROGRAM = """
import sys
from api.serving import serve
from library.settings import Settings
serve(Settings.model_validate_json(sys.argv[1]), announce=lambda address: print(address, flush=True))
"""


@contextmanager
def _running(settings: Settings) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a server in a process of its own; give its address."""
    # A folder with a short name: pytest's own may be too long for what is made in it.
    with tempfile.TemporaryDirectory() as temporary:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, settings.model_dump_json()],
            cwd=_ROOT,
            env={**os.environ, "TMPDIR": temporary},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        assert list(Path(temporary).glob("casebook-serve-*")) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_alone_may_always_be_served(make_settings: MakeSettings, host: str) -> None:
    """Loopback needs no credentials."""
    check_binding(make_settings(server={"host": host}), asks_credentials=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "kb.example.com", "", "localhost.example.com"])  # noqa: S104
def test_others_are_served_only_when_they_are_told_apart(make_settings: MakeSettings, host: str) -> None:
    """An address that others reach is refused with what to do, until a key exists or OpenID Connect is set."""
    settings = make_settings(server={"host": host})
    check_binding(settings, asks_credentials=True)
    with pytest.raises(SettingsError) as caught:
        check_binding(settings, asks_credentials=False)
    assert "casebook keys create" in caught.value.hint
    assert "oidc.issuer" in caught.value.hint


def test_a_server_refuses_before_it_listens(make_settings: MakeSettings) -> None:
    """Nothing is announced where nothing may be served."""
    told: list[str] = []
    with pytest.raises(SettingsError):
        serve(make_settings(server={"host": "0.0.0.0", "port": 0}), announce=told.append)  # noqa: S104
    assert told == []


def test_a_key_that_was_revoked_does_not_open_the_server(make_settings: MakeSettings) -> None:
    """Whether credentials count depends on whether a key was ever made."""
    settings = make_settings(server={"host": "0.0.0.0", "port": 1})  # noqa: S104
    keys = KeyStore(State(settings.state_file))
    keys.revoke(keys.create("portal").key.id)
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))  # noqa: S104
        taken.listen()
        busy = settings.model_copy(
            update={"server": settings.server.model_copy(update={"port": taken.getsockname()[1]})}
        )
        with pytest.raises(SettingsError, match="Nothing can listen"):  # it was let through to listening
            serve(busy, announce=print)


def test_the_server_announces_itself_answers_and_ends(make_settings: MakeSettings) -> None:
    """A free port is found and told once requests are answered, and the process ends when told to."""
    with _running(make_settings(server={"port": 0})) as (address, process):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
        answer = httpx2.get(f"{address}/healthz", headers={"X-Request-ID": "mine"})
        assert answer.json() == {"status": "ok"}
        assert "server" not in answer.headers
        assert answer.headers["x-request-id"] == "mine"
        assert httpx2.get(f"{address}/readyz").status_code == 503
    assert process.returncode in (0, -signal.SIGTERM)


def test_a_refused_body_is_answered_on_a_kept_connection(make_settings: MakeSettings) -> None:
    """A caller who still sends gets the refusal, not a connection that was reset; the next request is answered too."""
    large = b'{"challenge": "' + b"x" * 3_000_000 + b'"}'
    head = {"Content-Type": "application/json"}

    def in_parts() -> Iterator[bytes]:
        yield from (large[start : start + 50_000] for start in range(0, len(large), 50_000))

    with _running(make_settings(server={"port": 0})) as (address, _), httpx2.Client(base_url=address) as api:
        for _ in range(10):
            assert api.get("/healthz").status_code == 200
            assert api.post("/v1/search", content=large, headers=head).status_code == 413
            assert api.get("/healthz").status_code == 200
            assert api.post("/v1/search", content=in_parts(), headers=head).status_code == 413


def test_workers_add_up_their_figures_and_share_their_limits(make_settings: MakeSettings) -> None:
    """Whichever worker answers, metrics count all requests, and what a caller may ask is counted once."""
    settings = make_settings(server={"port": 0, "workers": 2, "rate_per_minute": 1, "rate_burst": 60})
    # A connection for each request, so that both workers get some.
    apart = httpx2.Limits(max_keepalive_connections=0)
    with _running(settings) as (address, _), httpx2.Client(base_url=address, limits=apart) as api:
        for _ in range(40):
            assert api.get("/healthz").status_code == 200
        expected = 'casebook_requests_total{method="GET",route="/healthz",status="200"} 40.0'
        asked = _ask_until(api, "/metrics", expected)
        statuses = [api.get("/v1/me").status_code for _ in range(70)]
        assert statuses.count(200) == 60 - asked
        assert statuses[-1] == 429


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers share one socket")
def test_a_ports_connections_are_dealt_out_to_all_workers(make_settings: MakeSettings) -> None:
    """Each worker takes connections from a socket of its own."""
    with _running(make_settings(server={"port": 0, "workers": 2})) as (address, process), ExitStack() as stack:
        host, port = address.removeprefix("http://").split(":")
        workers = [child for child in _children(process.pid) if _listens(child, int(port))]
        assert len(workers) == 2
        assert len({inode for worker in workers for inode in _listens(worker, int(port))}) == 2
        before = {worker: len(_sockets(worker)) for worker in workers}
        for _ in range(40):
            stack.enter_context(socket.create_connection((host, int(port))))
        for _ in range(100):
            taken = [len(_sockets(worker)) - before[worker] for worker in workers]
            if sum(taken) == 40:
                break
            time.sleep(0.1)
        assert sum(taken) == 40
        assert min(taken) >= 5, "chance alone gives fewer once in a million"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers share one socket")
def test_a_port_is_one_servers_before_its_workers_listen() -> None:
    """A second server is refused while the first one's workers still start; they themselves are not."""
    with _listening("127.0.0.1", 0) as held:
        assert isinstance(held, _Port)
        held.share_out()
        make, given = held.__reduce__()  # as it is sent to a worker
        with pytest.raises(SettingsError, match="Nothing can listen"), _listening("127.0.0.1", held.getsockname()[1]):
            pytest.fail("It was bound twice.")
        with make(*given) as of_worker:
            of_worker.listen()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _sockets(pid: int) -> set[str]:
    """Return the inodes of a process's sockets."""
    links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    return {link[len("socket:[") : -1] for link in links if link.startswith("socket:")}


def _listens(pid: int, port: int) -> set[str]:
    """Return the inodes of those of its sockets that listen on a port."""
    entries = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = {entry[9] for entry in entries if entry[1].endswith(f":{port:04X}") and entry[3] == "0A"}
    return _sockets(pid) & listening


def _ask_until(api: httpx2.Client, path: str, expected: str) -> int:
    """Ask until the answer holds what is expected, for one may come just before it is counted; say how often."""
    for asked in range(1, 20):
        if expected in api.get(path).text:
            return asked
        time.sleep(0.1)
    pytest.fail(f"{path} never said {expected}")


def test_settings_reach_the_workers_as_they_are(make_settings: MakeSettings) -> None:
    """What a worker reads from the environment equals what the first process was given."""
    settings = make_settings(
        server={"port": 0, "public_url": "https://kb.example.com/x", "allowed_hosts": ("a", "b")},
        oidc={"roles": {"kb-coe": "curator"}},
        regions={"ALPS": ("CH", "AT")},
        headings={"challenge": ("Problem",)},
    )
    assert Settings.model_validate_json(settings.model_dump_json()) == settings
