"""Which generation answers, while others are published, damaged or removed."""

from __future__ import annotations

import gc
import json
import shutil
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.engines import EngineSource
from indexer.build import build_index
from indexer.generations import CATALOGUE, CURRENT, GENERATIONS, MANIFEST
from library.access import Asker
from library.errors import EncoderError, IndexMissingError
from library.settings import Settings
from search.answering.assembling import search_cases
from search.answers.options import SearchOptions
from search.view import View
from tests.api.conftest import ANONYMOUS, MakeClient, MakeSettings
from tests.conftest import FakeEncoder, case_text

_THREADS = 8
_CASE = "cases/price-case.md"


def _publish(settings: Settings, encoder: FakeEncoder, title: str) -> int:
    """Change a case's title and index; return the new generation's number."""
    path = settings.library / _CASE
    path.write_text(case_text(title=title, challenge=f"Purchasing demands a price cut, says {title}."))
    build_index(settings, encoder=encoder)
    return int((settings.data_folder / CURRENT).read_text())


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings()


@pytest.fixture
def source(settings: Settings, encoder: FakeEncoder) -> Iterator[EngineSource]:
    """A source over a library with one generation."""
    _publish(settings, encoder, "Title 1")
    source = EngineSource(settings.data_folder, encoder=encoder)
    source.open_now()
    yield source
    source.close()


def _titles(source: EngineSource) -> set[str]:
    engine = source.current()
    rows = [record.row for record in engine.records() if record.id == "price-case"]
    return {text.item.title for text in engine.texts(rows).values()}


def test_a_new_generation_is_picked_up_when_asked(
    source: EngineSource, settings: Settings, encoder: FakeEncoder
) -> None:
    """What was published answers soon after, without a restart; whoever asks never waits for it."""
    number = _publish(settings, encoder, "Title 2")
    assert source.current().manifest.number == number - 1
    source.settle()
    assert source.current().manifest.number == number
    assert _titles(source) == {"Title 2"}


def test_an_index_made_anew_from_number_one_is_another_one(
    source: EngineSource, settings: Settings, encoder: FakeEncoder
) -> None:
    """A generation is known by more than its number, which begins again once the data folder was removed."""
    shutil.rmtree(settings.data_folder)
    assert _titles(source) == {"Title 1"}  # what is open goes on answering
    assert _publish(settings, encoder, "Other") == 1
    source.look()
    source.settle()
    assert _titles(source) == {"Other"}


def test_an_engine_works_on_when_its_folder_is_gone(source: EngineSource, settings: Settings) -> None:
    """Everything of a generation is open before it serves: the indexer removes old ones."""
    engine = source.current()
    shutil.rmtree(settings.data_folder / GENERATIONS)
    red, options = Asker(groups=frozenset({"red"})), SearchOptions(limit=10)
    answer = search_cases(engine, "purchasing demands a price cut", asker=red, options=options)
    assert {case.id for case in answer.cases} > {"price-case", "hidden-case"}


def test_a_damaged_generation_leaves_the_old_one_serving(
    source: EngineSource, settings: Settings, encoder: FakeEncoder, caplog: pytest.LogCaptureFixture
) -> None:
    """A new generation that cannot be opened is told and passed over; a sound one after it is served."""
    number = _publish(settings, encoder, "Title 2")
    catalogue = settings.data_folder / GENERATIONS / str(number) / CATALOGUE
    catalogue.write_bytes(b"no database" * 1000)
    source.look()
    source.settle()
    assert source.current().manifest.number == number - 1
    assert source.is_behind
    assert "cannot be opened" in caplog.text
    _publish(settings, encoder, "Title 3")
    source.look()
    source.settle()
    assert _titles(source) == {"Title 3"}
    assert not source.is_behind


def test_nothing_published_is_told_until_something_is(settings: Settings, encoder: FakeEncoder) -> None:
    """A server may start before the first index; it picks that up when it comes."""
    source = EngineSource(settings.data_folder, encoder=encoder)
    source.open_now()
    with pytest.raises(IndexMissingError):
        source.current()
    _publish(settings, encoder, "First")
    source.look()
    source.settle()
    assert _titles(source) == {"First"}
    source.close()


def test_the_loaded_model_is_kept_for_generations_that_it_made(settings: Settings, encoder: FakeEncoder) -> None:
    """A new generation with the same model does not load it again; one with another model does not keep it."""
    _publish(settings, encoder, "Title 1")
    source = EngineSource(settings.data_folder, encoder=encoder)
    source.open_now()
    opening = EngineSource(settings.data_folder)
    opening._engine = source.current()
    _publish(settings, encoder, "Title 2")
    opening.open_now()
    assert opening.current().encoder is encoder
    folder = settings.data_folder / GENERATIONS / (settings.data_folder / CURRENT).read_text().strip()
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "encoder_fingerprint": "another"}))
    with pytest.raises(EncoderError):  # its own is looked for; the one that behaves has no files
        opening._encoder_for(folder)


def test_an_old_generation_is_closed_when_the_last_request_lets_go(
    source: EngineSource, settings: Settings, encoder: FakeEncoder
) -> None:
    """Who holds an engine may use it; when nobody does, its files are closed, views and answers included."""
    held = source.current()
    search_cases(held, "price", asker=ANONYMOUS)
    view = View(held, ANONYMOUS)
    gone = weakref.ref(held)
    catalogue_closed = held._catalogue._close
    links = held._lexical._remove_links
    del held
    _publish(settings, encoder, "Title 2")
    source.look()
    source.settle()
    gc.collect()
    assert view.texts([view.record("price-case").row])
    assert gone() is not None
    del view
    gc.collect()
    assert gone() is None
    assert not catalogue_closed.alive
    assert not links.alive


def test_searching_while_indexing_never_fails_and_never_mixes(
    source: EngineSource, settings: Settings, encoder: FakeEncoder
) -> None:
    """Eight threads search while one generation after the other is published: every answer is of one of them."""
    failures: list[BaseException] = []
    seen: set[int] = set()
    titles = {source.current().manifest.number: "Title 1"}
    ended = threading.Event()

    def search() -> None:
        try:
            while not ended.is_set():
                engine = source.current()
                answer = search_cases(engine, "purchasing demands a price cut", asker=ANONYMOUS)
                found = {case.title for case in answer.cases if case.id == "price-case"}
                assert found == {titles[answer.generation]}
                seen.add(answer.generation)
        except BaseException as error:  # noqa: BLE001  told by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    for n in range(2, 8):
        titles[max(titles) + 1] = f"Title {n}"
        _publish(settings, encoder, f"Title {n}")
        source.settle()
    source.look()
    source.settle()
    ended.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert source.current().manifest.number == max(titles)
    assert len(seen) > 1


def test_without_an_index_the_server_runs_and_says_so(
    make_settings: MakeSettings, encoder: FakeEncoder, client: MakeClient
) -> None:
    """Readiness is a clear 503 until the first generation is there; the process is alive all the time."""
    api = client(data=make_settings().library / "elsewhere")
    assert api.get("/healthz").status_code == 200
    answer = api.get("/readyz")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/not-ready")
    assert int(answer.headers["retry-after"]) > 0
    settings = make_settings(data=make_settings().library / "elsewhere")
    build_index(settings, encoder=encoder)
    api.get("/readyz")
    api.app.state.services.engines.settle()  # type: ignore[attr-defined]  # the client's app is FastAPI
    assert api.get("/readyz").json() == {"status": "ready", "index": "current", "publishing": "idle"}


def test_readiness_tells_that_a_newer_index_cannot_be_opened(
    make_settings: MakeSettings, encoder: FakeEncoder, client: MakeClient
) -> None:
    """Whoever watches the server learns that it serves an older index than was published, and no path."""
    api = client()
    number = _publish(make_settings(), encoder, "Title 2")
    folder: Path = make_settings().data_folder / GENERATIONS / str(number)
    (folder / "vectors.npy").write_bytes(b"damaged")
    api.get("/readyz")
    api.app.state.services.engines.settle()  # type: ignore[attr-defined]
    assert api.get("/readyz").json() == {"status": "ready", "index": "older", "publishing": "idle"}


def test_a_new_generation_is_taken_up_while_nobody_asks(
    make_settings: MakeSettings, encoder: FakeEncoder, client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first who asks after a purge, hours later, is not answered from what was served before."""
    monkeypatch.setattr("api.app._LOOK_SECONDS", 0.01)
    api = client()
    number = _publish(make_settings(), encoder, "Title 2")
    engines = api.app.state.services.engines  # type: ignore[attr-defined]
    for _ in range(500):
        if engines._engine.manifest.number == number:
            break
        time.sleep(0.02)
    assert engines._engine.manifest.number == number
