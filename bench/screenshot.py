"""Draw README's picture of a search: `python -m bench.screenshot` writes docs/images/search.svg."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

CHALLENGE = "Our beverage customer wants Scope 3 data and 30% less packaging carbon"
TARGET = Path(__file__).parents[1] / "docs" / "images" / "search.svg"
_LINES = 17
_WIDTH = 112


def main() -> None:
    """Run the search and write the picture, without the web font that rich would refer to."""
    command = [sys.executable, "-m", "cli", "search", CHALLENGE, "--limit", "1"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    console = Console(record=True, width=_WIDTH, file=Path("/dev/null").open("w", encoding="utf-8"))  # noqa: SIM115
    console.print(Text(f'$ casebook search "{CHALLENGE}"\n', style="bold"))
    for line in answer.splitlines()[:_LINES]:
        console.print(_styled(line))
    svg = console.export_svg(title="casebook")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")


def _styled(line: str) -> Text:
    text = Text()
    for part in re.split(r"(\*[^*\s][^*]*\*)", line):
        marked = part.startswith("*") and part.endswith("*") and len(part) > 1
        text.append(part.strip("*") if marked else part, style="bold yellow" if marked else "")
    if line.startswith("1.") or not line.startswith(" "):
        text.stylize("bold")
    return text


if __name__ == "__main__":
    main()
