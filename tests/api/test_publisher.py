"""What the desk decided is published in the background, and no failure of that ends in silence."""

from __future__ import annotations

import logging

import pytest

from api.publishing import Publisher
from tests.api.conftest import MakeSettings
from tests.conftest import FakeEncoder


def test_a_failure_to_serve_what_was_published_is_told(
    make_settings: MakeSettings, encoder: FakeEncoder, indexed: None, caplog: pytest.LogCaptureFixture
) -> None:
    """The index is written, the server cannot turn to it: its queue says so, and the next wish is heard."""
    del indexed
    calls: list[int] = []

    def fail_once() -> None:
        calls.append(len(calls))
        if len(calls) == 1:
            raise OSError("of the index")

    publisher = Publisher(make_settings(), encoder=encoder, on_published=fail_once)
    with caplog.at_level(logging.ERROR, "casebook.index"):
        publisher.request()
        publisher.settle()
    assert (publisher.state().status, "does not serve" in publisher.state().message) == ("failed", True)
    assert "of the index" not in caplog.text
    publisher.request()
    publisher.settle()
    assert publisher.state().status == "idle"
    assert calls == [0, 1]
    publisher.close()
