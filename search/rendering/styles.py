"""How an answer as text is set: marks, width, and the language of what stands around the cases' own words."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from search.rendering.labels import TEXT_LABELS

Style = Callable[[str], str]
INDENT = "   "
_NARROWEST = 20
_BREAKABLE = re.compile(r"[ \t\r\n\f\v]+")  # not the spaces at which no line may break, as French has them


@dataclass(frozen=True, slots=True)
class Styles:
    """How to set words off, how wide a line may be, and in which language to label: en, de or fr."""

    mark: Style = "*{}*".format
    strong: Style = str
    faint: Style = str
    width: int = 100
    language: str = "en"

    def say(self, key: str, **values: object) -> str:
        """Return a label in the language, with values filled in."""
        return self._labels()[key].format(**values)

    def name(self, kind: str, value: str) -> str:
        """Return what one of a fixed set of values is called, such as the evidence `customer_verified`."""
        return self._labels().get(f"{kind}_{value}", value.replace("_", " "))

    def wrap(self, text: str, indent: str = INDENT) -> list[str]:
        """Return a text in lines."""
        return textwrap.wrap(
            _BREAKABLE.sub(" ", text).strip(),
            self.width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def short(self, text: str, indent: str = INDENT, *, ending: str = "") -> str:
        """Return a text in one line, cut between words where it is too long; `ending` is never cut."""
        room = max(_NARROWEST, self.width - len(indent) - len(ending))
        line = textwrap.TextWrapper(room, max_lines=1, placeholder=" …", break_on_hyphens=False)
        return indent + line.fill(_BREAKABLE.sub(" ", text).strip()) + ending

    def _labels(self) -> dict[str, str]:
        return TEXT_LABELS[self.language]
