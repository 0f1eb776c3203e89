"""indexer.sentence_models: its libraries are kept quiet, and nobody else is. No model is needed for that."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from indexer.sentence_models import _run

_LIBRARY = logging.getLogger("transformers.casebook_test")
_OWN = logging.getLogger("casebook.access")


@pytest.fixture
def levels() -> Iterator[None]:
    """Loggers with levels of their own, put back afterwards."""
    before = _LIBRARY.level, _OWN.level
    _LIBRARY.setLevel(logging.INFO)
    _OWN.setLevel(logging.INFO)
    yield
    _LIBRARY.setLevel(before[0])
    _OWN.setLevel(before[1])


def _talk(texts: list[str], **_: Any) -> Any:
    _LIBRARY.warning("advice")
    warnings.warn("more advice", stacklevel=2)
    _OWN.info("a request of another thread")
    if "fail" in texts:
        raise ValueError
    return np.zeros((len(texts), 1), dtype=np.float32)


@pytest.mark.usefixtures("levels")
def test_a_model_at_work_is_quiet_and_others_are_heard(caplog: pytest.LogCaptureFixture) -> None:
    """A server logs its requests while a model encodes; what the model's libraries advise is left out."""
    _run(_talk, ["a"])
    assert caplog.messages == ["a request of another thread"]


@pytest.mark.parametrize("text", ["a", "fail"])
@pytest.mark.usefixtures("levels")
def test_the_libraries_may_talk_again_afterwards(caplog: pytest.LogCaptureFixture, text: str) -> None:
    """Whatever came of it, no logger stays silenced, and none of the process."""
    try:
        _run(_talk, [text])
    except ValueError:
        assert text == "fail"
    assert (_LIBRARY.level, logging.root.manager.disable) == (logging.INFO, logging.NOTSET)
    caplog.clear()
    _LIBRARY.warning("advice")
    assert caplog.messages == ["advice"]
