"""What a run tells whoever watches it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a run tells whoever watches it."""

    def start(self, phase: str, total: int) -> None:
        """Begin a phase of `total` steps."""
        ...

    def advance(self, steps: int) -> None:
        """Count finished steps of the phase."""
        ...

    def notify(self, message: str) -> None:
        """Say something worth knowing."""
        ...


class Silence:
    """Progress that nobody watches."""

    def start(self, phase: str, total: int) -> None:
        """Ignore a phase."""

    def advance(self, steps: int) -> None:
        """Ignore steps."""

    def notify(self, message: str) -> None:
        """Ignore a message."""
