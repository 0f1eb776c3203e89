"""What is indexed, as far as the asker may see it: counts, model, age, size, and what is stale on disk."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from library.access import Asker
from library.settings import Settings
from search.browsing.coverage import Coverage, measure_coverage
from search.browsing.freshness import StaleFile, find_stale
from search.browsing.listing import count_visible
from search.engine import Engine
from search.view import View


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """Everything counts what the asker sees; `characters` is the length of its passages."""

    generation: int
    created: str
    model: str
    dimension: int
    counts: dict[str, dict[str, int]]
    passages: int
    characters: int
    coverage: Coverage
    overdue: tuple[str, ...]
    stale: tuple[StaleFile, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {**asdict(self), "coverage": self.coverage.as_dict()}

    def as_lines(self) -> list[str]:
        """Return the text form."""
        lines = [f"Index {self.generation}, made {self.created} with {self.model} ({self.dimension} dimensions)"]
        for kind, by_status in self.counts.items():
            more = ", ".join(f"{count} {status}" for status, count in sorted(by_status.items()))
            lines.append(f"  {sum(by_status.values()):>6} {kind} ({more})")
        lines.append(f"  {self.passages:>6} passages, {self.characters:,} characters")
        lines += ["Cases", *self.coverage.as_lines()]
        lines.append("(of what you may see)")
        if self.overdue:
            lines.append(f"Review overdue: {', '.join(self.overdue)}")
        if self.stale:
            lines.append("Not up to date; run `casebook index`:")
            lines += [f"  {file.state}: {file.path}" for file in self.stale]
        else:
            lines.append("Up to date with the files.")
        return lines


def library_status(engine: Engine, settings: Settings, asker: Asker, *, today: date | None = None) -> LibraryStatus:
    """Return the status of an index as one asker sees it."""
    view = View(engine, asker)
    passages = engine.passages(list(view.records))
    texts = view.texts([row for row, record in view.records.items() if record.status == "approved"])
    due = {text.item.id: text.item.review_due() for text in texts.values()}
    day = today or date.today()
    return LibraryStatus(
        generation=engine.manifest.number,
        created=engine.manifest.created,
        model=engine.manifest.model,
        dimension=engine.manifest.dimension,
        counts=count_visible(view),
        passages=len(passages),
        characters=sum(len(passage.text) for passage in passages),
        coverage=measure_coverage(view),
        overdue=tuple(sorted(id_ for id_, when in due.items() if when is not None and when < day)),
        stale=find_stale(view, settings),
    )
