"""Progress goes to standard error: lines into a log, bars onto a terminal, nothing when nobody wants it."""

from __future__ import annotations

import pytest

from commands.progress import BarProgress, shown_progress
from indexer.progress import Progress


def _work(progress: Progress) -> None:
    progress.start("reading", 2)
    progress.notify("A [note] of one's own")
    progress.advance(2)
    progress.start("nothing", 0)
    progress.advance(1)


def test_log_gets_a_line_for_each_phase_with_work(capsys: pytest.CaptureFixture[str]) -> None:
    """Into a file or pipe a phase is a line, a step is none, and an empty phase is not named."""
    with shown_progress(quiet=False) as progress:
        _work(progress)
    assert capsys.readouterr() == ("", "reading: 2\nA [note] of one's own\n")


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """`--quiet` and `--json` leave standard error for errors."""
    with shown_progress(quiet=True) as progress:
        _work(progress)
    assert capsys.readouterr() == ("", "")


def test_bars_keep_notes_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal a note is printed whole, brackets too, and a phase ends with all its steps done."""
    with BarProgress() as progress:
        _work(progress)
    out, err = capsys.readouterr()
    assert out == ""
    assert "A [note] of one's own" in err
    assert "2/2" in err
