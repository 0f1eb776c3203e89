"""Measure the server under load beside what its encoder alone can do: requests a second, errors, times, memory.

A real `casebook serve` over the sample library is asked by sixteen clients, in a process of their own,
with short challenges (the judged ones) and long mails (made of them). They share the machine with the server, so they
do no more than they must: they read every answer and look whether it has cases.

Before and after that, as many processes as it had workers encode, with one thread for each core, just the texts that
those searches encode, and in the same way. Two further figures: the same texts one by one, and each challenge once as
a whole, cut at the model's limit.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import fmean, quantiles
from urllib.parse import urlsplit

from bench.processes import processor_seconds, resident_megabytes
from bench.reporting import RESULTS, ROOT, append_result, format_table
from indexer.build import build_index
from indexer.encoder import Encoder, open_encoder
from indexer.generations import ENCODER, current_generation
from library.access import Asker
from library.settings import load_settings
from search.answering.assembling import search_cases
from search.engine import LocalEngine

_QUERIES = ROOT / "tests" / "relevance" / "queries.jsonl"
_GOAL = 0.60
_SEED = 20_261
_HEADERS = {"Content-Type": "application/json", "Accept-Encoding": "gzip"}
_ANY_CASE = b'"cases":[{'
_EVERY_SECONDS = 5.0
_WARM_SECONDS = 5.0
# As the server has it: its threads wait for each other by turning, which would slow the encoder alone by a tenth.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}


@dataclass(slots=True)
class Load:
    """What the clients saw: seconds of each answer, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lasted: float = 0.0
    processor_seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.lasted if self.lasted else 0.0

    def percentile(self, share: int) -> float:
        """Return the seconds within which so many per cent were answered."""
        return quantiles(self.seconds, n=100)[share - 1] if len(self.seconds) > 1 else 0.0


def make_texts() -> list[str]:
    """Return short challenges and long mails, one of these for two of those, in an order that is always the same."""
    rng = random.Random(_SEED)  # noqa: S311  the same mails at every run
    short = [json.loads(line)["text"] for line in _QUERIES.read_text(encoding="utf-8").splitlines() if line.strip()]
    long = [_mail(rng.sample(short, 4)) for _ in range(len(short) // 2)]
    texts = short + long
    rng.shuffle(texts)
    return texts


def main() -> None:
    """Run the benchmark and keep its figures."""
    options = _options()
    os.environ.update(_ONE_THREAD)
    texts = make_texts()
    data = options.work / "data"
    build_index(load_settings(library=ROOT, data=data))
    memory: list[float] = []
    works = _works(data, texts)

    def encode() -> list[Alone]:
        return [encode_alone(data, work, options.workers) for work in works.values()]

    before = encode()
    with _server(data, options.workers) as (address, process):
        _in_own_process(ask, address, texts, options.clients, _WARM_SECONDS)
        used = processor_seconds(process.pid)
        load = _in_own_process(ask, address, texts, options.clients, options.seconds, memory=(process, memory))
        load.processor_seconds = processor_seconds(process.pid) - used
    means = map(_mean, zip(before, encode(), strict=True))
    figures = _figures(load, dict(zip(works, means, strict=True))) | {
        "memory_megabytes": [round(value) for value in memory],
        "clients": options.clients,
        "workers": options.workers,
        "texts": len(texts),
        "cores": os.cpu_count(),
        "load_of_others": round(os.getloadavg()[2], 1),
    }
    append_result(options.out, figures)
    _show(figures)
    if load.errors:
        sys.exit("There were errors.")


def ask(address: str, texts: Sequence[str], clients: int, seconds: float) -> Load:
    """Ask a server with so many clients at once, for so long."""
    load, begun = Load(), time.perf_counter()

    def one(place: int) -> None:
        with closing(HTTPConnection(urlsplit(address).netloc, timeout=60)) as connection:
            while time.perf_counter() - begun < seconds:
                _post(connection, texts[place % len(texts)], load)
                place += clients

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(one, range(clients)))
    load.lasted = time.perf_counter() - begun
    return load


def _post(connection: HTTPConnection, text: str, load: Load) -> None:
    sent = time.perf_counter()
    try:
        connection.request("POST", "/v1/search", json.dumps({"challenge": text}), _HEADERS)
        answer = connection.getresponse()
        body, is_packed = answer.read(), answer.getheader("Content-Encoding") == "gzip"
        is_answered = answer.status == HTTPStatus.OK and _ANY_CASE in (gzip.decompress(body) if is_packed else body)
        failed = "" if is_answered else str(answer.status)
    except (OSError, HTTPException) as error:
        connection.close()
        failed = type(error).__name__
    if failed:
        load.errors.append(failed)
    else:
        load.seconds.append(time.perf_counter() - sent)


@dataclass(frozen=True, slots=True)
class Alone:
    """For how many challenges a second the encoder is good, and how much processor time one takes."""

    rate: float
    processor_seconds: float


@dataclass(frozen=True, slots=True)
class Call:
    """What a search asks of its encoder: vectors of texts, and of their word pieces too if `tokens`."""

    texts: tuple[str, ...]
    tokens: bool

    def run(self, encoder: Encoder) -> None:
        """Ask an encoder for it."""
        if self.tokens:
            encoder.encode_tokens(self.texts, as_query=True)
        else:
            encoder.encode_queries(self.texts)


def _mean(runs: Sequence[Alone]) -> Alone:
    """Return what runs did on average: what others do on the machine changes from minute to minute."""
    return Alone(fmean(run.rate for run in runs), fmean(run.processor_seconds for run in runs))


def encode_alone(data: Path, work: Sequence[Sequence[Call]], processes: int) -> Alone:
    """Encode in so many processes at once, with a thread for each core.

    Texts differ tenfold in what they cost, so each process does all of them once, and begins elsewhere among them.
    """
    begins = [n * len(work) // processes for n in range(processes)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        runs = pool.starmap(_encode, [(data, [*work[begin:], *work[:begin]]) for begin in begins])
    done = sum(run.rate for run in runs)
    return Alone(done, sum(run.rate * run.processor_seconds for run in runs) / done)


def _encode(data: Path, work: Sequence[Sequence[Call]]) -> Alone:
    encoder = open_encoder(current_generation(data) / ENCODER, threads=1)
    encoder.encode_queries(["warm"])
    begun, used = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(lambda calls: _run(encoder, calls), work))
    return Alone(len(work) / (time.perf_counter() - begun), (time.process_time() - used) / len(work))


def _run(encoder: Encoder, calls: Sequence[Call]) -> None:
    for call in calls:
        call.run(encoder)


class _Recorder:
    """An encoder that notes what it is asked to encode."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.calls: list[Call] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._encoder, name)

    def encode_queries(self, texts: Sequence[str]) -> object:
        self.calls.append(Call(tuple(texts), tokens=False))
        return self._encoder.encode_queries(texts)

    def encode_tokens(self, texts: Sequence[str], *, as_query: bool) -> object:
        self.calls.append(Call(tuple(texts), tokens=True))
        return self._encoder.encode_tokens(texts, as_query=as_query)


def _works(data: Path, texts: Sequence[str]) -> dict[str, list[list[Call]]]:
    """Return what the encoder alone is given for each text, by what the figure is called."""
    searched = _calls_of_searches(data, texts)
    singly = [[Call((text,), call.tokens) for call in calls for text in call.texts] for calls in searched]
    whole = [[Call((text,), tokens=True)] for text in texts]
    return {"encoder": searched, "encoder_one_by_one": singly, "whole_text_encoder": whole}


def _calls_of_searches(data: Path, texts: Sequence[str]) -> list[list[Call]]:
    """Return what a search for each text has the model encode: its aspects, and of a long one each sentence."""
    recorder = _Recorder(open_encoder(current_generation(data) / ENCODER))
    engine = LocalEngine.from_data_folder(data, encoder=recorder)  # type: ignore[arg-type]  # the rest is passed on
    found = []
    for text in texts:
        recorder.calls = []
        search_cases(engine, text, asker=Asker(is_service=True))
        found.append(recorder.calls)
    engine.close()
    return found


@contextmanager
def _server(data: Path, workers: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CASEBOOK_")}
    more = {"CASEBOOK_SERVER__RATE_PER_MINUTE": "0", "CASEBOOK_STATE": str(data / "state.db")}
    command = [sys.executable, "-m", "cli", "serve", "--library", str(ROOT), "--data", str(data)]
    command += ["--port", "0", "--workers", str(workers)]
    with (data / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**kept, **more}, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            assert process.stdout is not None
            address = next(word for word in process.stdout.readline().split() if word.startswith("http"))
            yield address, process
        finally:
            process.terminate()
            process.wait(60)


def _in_own_process(
    work: Callable[..., Load], *given: object, memory: tuple[subprocess.Popen[str], list[float]] | None = None
) -> Load:
    """Run a function in another process and watch a server's memory meanwhile."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        waiting = pool.apply_async(work, given)
        while True:
            try:
                return waiting.get(_EVERY_SECONDS)
            except multiprocessing.TimeoutError:
                if memory is not None:
                    memory[1].append(resident_megabytes(memory[0].pid))


def _figures(load: Load, alone: Mapping[str, Alone]) -> dict[str, object]:
    each = load.processor_seconds / len(load.seconds)
    return {
        "requests": len(load.seconds),
        "errors": dict(Counter(load.errors)),
        "requests_per_second": round(load.rate, 2),
        "p50": round(load.percentile(50), 3),
        "p95": round(load.percentile(95), 3),
        "processor_milliseconds": round(each * 1000, 1),
        **{f"{name}_per_second": round(one.rate, 2) for name, one in alone.items()},
        **{f"{name}_processor_milliseconds": round(one.processor_seconds * 1000, 1) for name, one in alone.items()},
        **{f"share_of_{name}": round(load.rate / one.rate, 3) for name, one in alone.items()},
        **{f"share_of_{name}_by_processor_time": round(one.processor_seconds / each, 3) for name, one in alone.items()},
    }


def _show(figures: dict[str, object]) -> None:
    rows = [[name.replace("_", " "), str(value)] for name, value in figures.items() if name != "memory_megabytes"]
    memory = figures["memory_megabytes"]
    assert isinstance(memory, list)
    if memory:
        half = memory[len(memory) // 2]
        rows.append(["memory, MB: first, half-way, most, last", f"{memory[0]}, {half}, {max(memory)}, {memory[-1]}"])
    print(format_table(["", ""], rows))
    print(f"Aim: {_GOAL:.0%} of what the encoder alone does with the texts that searches encode, and no error.")


def _mail(parts: Sequence[str]) -> str:
    body = "\n\n".join(parts)
    return (
        f"Subject: Your advice, please\n\nDear colleagues,\n\nI hope that you are well. {body}\n\n"
        "What did others do in such a situation, and whom could I ask? We meet the customer in two weeks.\n\n"
        "Best regards,\nAlex\n\nSent from my phone"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120, help="how long the clients ask")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--work", type=Path, default=Path(tempfile.gettempdir()) / "casebook-http", help="for the index"
    )
    parser.add_argument("--out", type=Path, default=RESULTS / "http.jsonl")
    return parser.parse_args()


if __name__ == "__main__":
    main()
