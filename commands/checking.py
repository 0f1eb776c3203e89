"""The commands that check what curators write: check, denylist hash."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AsJson, AskerOptions, Library, Place, settings_of
from commands.streams import print_json, print_lines, print_note

if TYPE_CHECKING:
    from library.settings import Settings
    from search.view import View


class CheckFormat(StrEnum):
    """What a check's report can be written as."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CheckOptions:
    """What is looked for, and how it is reported."""

    report_format: Annotated[
        CheckFormat, typer.Option("--format", help="How to report; github makes annotations of a workflow's run.")
    ] = CheckFormat.TEXT
    as_json: AsJson = False
    duplicates: Annotated[
        bool | None,
        typer.Option(
            "--duplicates/--no-duplicates",
            help="Look in the index for cases that tell nearly the same.  [default: for named files if there is one]",
        ),
    ] = None

    def wants_duplicates(self, paths: Sequence[Path]) -> bool:
        """Whether near-duplicates are looked for; by default for named files, since each takes a moment."""
        return any(not path.is_dir() for path in paths) if self.duplicates is None else self.duplicates


def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Files or folders; the whole library if none.")
    ] = None,
    *,
    place: Place,
    wish: CheckOptions,
    who: AskerOptions,
) -> None:
    """Check files, and say how to make them better.

    Told is what keeps an item from being published, what to add next, and who could be recognised.

    Ends with status 1 if a published item could not be served as it is, or names an account of the deny list; what a
    draft still lacks, and advice, are listed only.
    """
    from curation.checks.checking import check_files
    from curation.checks.report import as_json as json_of
    from curation.checks.report import github_lines, summary_line, text_lines

    settings = place.settings()
    with ExitStack() as opened:
        view = None
        if wish.wants_duplicates(paths or ()):
            view = _view(settings, who, opened, must=wish.duplicates is True)
        report = check_files(settings, paths or (), view=view)
    if wish.as_json or wish.report_format is CheckFormat.JSON:
        print_json(json_of(report))
    else:
        is_github = wish.report_format is CheckFormat.GITHUB
        lines = github_lines(report, library=settings.library, root=Path()) if is_github else text_lines(report)
        for line in lines:
            typer.echo(line)
        print_note(summary_line(report))
    raise typer.Exit(0 if report.passed else 1)


def hash_deny_list(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Names of accounts, one a line; # begins a comment.")],
    *,
    library: Library = None,
) -> None:
    """Print a deny list's names as hashes, for a file that tells nobody who the accounts are.

    The key to them is kept beside the state.
    """
    from curation.checks.deny_list import hash_names

    lines = hash_names(settings_of(library), file)
    print_lines(lines)
    print_note(f"{len(lines)} name{'' if len(lines) == 1 else 's'}. Name the file that you keep them in: deny_list.")


def _view(settings: "Settings", who: AskerOptions, opened: ExitStack, *, must: bool) -> "View | None":
    """Return the index as the asker sees it; without a usable one nothing, unless it must be."""
    from commands.local import open_engine
    from library.errors import IndexMissingError, IndexUnusableError
    from search.view import View

    try:
        return View(opened.enter_context(open_engine(settings)), who.asker(settings))
    except IndexMissingError:
        if must:
            raise
    except IndexUnusableError as error:
        if must:
            raise
        print_note(f"Note: no near-duplicates were looked for: {error.message}")
    return None
