"""What goes in and out: the challenge's text, results on standard output, notes on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from library.errors import ChallengeError

if TYPE_CHECKING:
    from search.rendering.text import Styles


def print_json(value: Any) -> None:  # any JSON value
    """Print a result as JSON."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_lines(lines: Iterable[str]) -> None:
    """Print a result as lines of text."""
    typer.echo("\n".join(lines))


def print_note(message: str) -> None:
    """Say something that is no result."""
    typer.echo(message, err=True)


def challenge_text(challenge: str | None, file: Path | None) -> str:
    """Return the challenge from the argument, a file or standard input."""
    if (challenge is None) == (file is None):
        raise typer.BadParameter("Give the challenge as text, as `-` for standard input, or with --file.")
    if file is None and challenge != "-":
        return _readable(challenge or "")
    name = "standard input" if file is None else str(file)
    if file is None and sys.stdin is None:
        raise ChallengeError("There is no standard input.", hint="Give the challenge as text or with --file.")
    try:
        content = sys.stdin.buffer.read() if file is None else file.read_bytes()
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ChallengeError(f"The text from {name} is no UTF-8: {error.reason}.", hint="Save it as UTF-8.") from error
    except OSError as error:
        raise ChallengeError(f"{name} cannot be read: {error.strerror}.", hint="Check its name and rights.") from error


def terminal_styles() -> Styles:
    """Return colours for a terminal, and plain marks for files and pipes."""
    import shutil

    from search.rendering.text import Styles

    if not sys.stdout.isatty():
        return Styles()
    return Styles(
        mark=lambda word: typer.style(word, fg="yellow", bold=True),
        strong=lambda text: typer.style(text, bold=True),
        faint=lambda text: typer.style(text, dim=True),
        width=min(110, shutil.get_terminal_size().columns),
    )


def _readable(text: str) -> str:
    """Refuse what Python makes of an argument's bytes that are no UTF-8: lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ChallengeError(
            "The challenge is no UTF-8 text.", hint="Set the terminal to UTF-8, or use --file."
        ) from None
    return text
