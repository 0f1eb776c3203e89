"""The command as a process among others: pipes that close, disks that are full, keys that interrupt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_layers import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and special files of POSIX")
_CASEBOOK = (sys.executable, str(ROOT / "cli.py"))


def test_reader_that_stops_reading_is_no_error_to_tell(library: Path) -> None:
    """`casebook list cases | head -1` prints its line and nothing else: no traceback, no complaint."""
    command = f'"{_CASEBOOK[0]}" "{_CASEBOOK[1]}" list cases --library "{library}" | head -n 1'
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert ended.stdout == "case-price  Five percent down\n"
    assert "Traceback" not in ended.stderr
    assert "Exception" not in ended.stderr


def test_closed_pipe_ends_quietly(library: Path) -> None:
    """A pipe that is closed before the first line ends the command with 1, without a traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*_CASEBOOK, "list", "competencies", "--library", library],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "Exception" not in ended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_is_told(library: Path) -> None:
    """Results that cannot be written are an error with a message."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ended = subprocess.run(
            [*_CASEBOOK, "list", "cases", "--library", library],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: The output: No space left on device.\n")


def test_interrupt_ends_with_130(library: Path, tmp_path: Path) -> None:
    """Ctrl-C ends a command with status 130 and one line that says what remains."""
    pipe = tmp_path / "brief.txt"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [*_CASEBOOK, "search", "--file", pipe, "--library", library],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process, pipe.open("wb"):  # the pipe opens when the command begins to read, and keeps it waiting
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (130, "")
    assert err == "Stopped; what was published before still answers.\n"


def test_argument_that_is_no_utf8_is_told(library: Path) -> None:
    """Bytes that a terminal of another encoding sends are refused with what to do."""
    ended = subprocess.run(
        [*_CASEBOOK, b"search", b"Gr\xf6\xdfe", b"--library", os.fsencode(library)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("Error: The challenge is no UTF-8 text.\n")


def test_closed_standard_input_is_told(library: Path) -> None:
    """`-` without a standard input to read is an error with a message."""
    command = f'"{_CASEBOOK[0]}" "{_CASEBOOK[1]}" search - --library "{library}" <&-'
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: There is no standard input.\n")


def test_search_leaves_nothing_elsewhere(library: Path, tmp_path: Path) -> None:
    """However abruptly the process ends, neither the temporary folder nor the user's own holds anything new.

    ONNX Runtime would leave a device id and a queue of telemetry there; none is collected, none is sent.
    """
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    ended = subprocess.run(
        [*_CASEBOOK, "search", "our sponsor left", "--library", library],
        capture_output=True,
        text=True,
        check=False,
        env={**environment, "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
    )
    assert ended.returncode == 0, ended.stderr
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(("switch", "shown"), [([], False), (["-W", "always"], True)])
def test_warnings_of_libraries_are_for_developers(tmp_path: Path, *, switch: list[str], shown: bool) -> None:
    """What a library warns of is not printed beside a command's results, unless Python is told to."""
    script = (
        "import warnings, cli\n"
        "@cli.app.command('warn')\n"
        "def warn() -> None: [warnings.warn(f'old way {n}', UserWarning, stacklevel=1) for n in range(1000)]\n"
        "cli.run()\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    ended = subprocess.run(
        [sys.executable, *switch, "-c", script, "warn"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT)},
    )
    assert ended.returncode == 0
    assert ("old way" in ended.stderr) is shown
