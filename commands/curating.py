"""The curators' commands: index, init, new, feedback."""

from pathlib import Path
from typing import Annotated

import typer

from commands.options import AsJson, AskerOptions, Library, Place, TypeName, library_option, quoted, settings_of
from commands.streams import print_json, print_lines, print_note


def index(
    *,
    place: Place,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="A sentence-transformers name or path (extra `models`).  [env: CASEBOOK_MODEL]",
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Forget every cached vector and start over.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: AsJson = False,
) -> None:
    """Index the library's files and publish the result."""
    from commands.progress import shown_progress
    from curation.publishing import publish_library

    settings = place.settings(model=model)
    with shown_progress(quiet=quiet or as_json) as progress:
        report = publish_library(settings, full=full, progress=progress)
    if as_json:
        print_json(report.as_dict())
    elif not quiet:
        for problem in report.problems:
            print_note(problem.as_text())
        print_lines(report.as_lines())


def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")]) -> None:
    """Make a new library with templates and the starting vocabulary."""
    from curation.drafting import init_library

    written = init_library(folder)
    typer.echo(f"{folder}: {len(written)} files written.")
    print_note(f'Next: casebook new case "Title"{library_option(folder)}')
    print_note(f"then: casebook index{library_option(folder)}")


def new(
    type_name: Annotated[TypeName, typer.Argument(metavar="TYPE", help="What to start.")],
    title: Annotated[str, typer.Argument(metavar="TITLE", help="The title, or a concept's English label.")],
    *,
    library: Library = None,
) -> None:
    """Start an item from a commented template."""
    from curation.drafting import TYPE_NAMES, new_item

    path = new_item(settings_of(library).library, TYPE_NAMES[type_name], title)
    typer.echo(path)
    print_note(f"Fill it in, then run: casebook check {quoted(path)}{library_option(library)}")


def feedback(*, place: Place, as_json: AsJson = False, who: AskerOptions) -> None:
    """List what users said of the cases that they found.

    The latest first; for curators and publishers.
    """
    from commands.local import open_engine
    from curation.feedback import list_feedback
    from curation.state import State
    from search.view import View

    settings = place.settings()
    with open_engine(settings) as engine:
        remarks = list_feedback(State(settings.state_file), View(engine, who.asker(settings)))
    if as_json:
        print_json([remark.as_dict() for remark in remarks])
        return
    for kept in remarks:
        comment = " ".join(kept.remark.comment.split())
        typer.echo(f"{kept.at}  {kept.remark.case_id}  {kept.remark.kind}" + (f"  {comment}" if comment else ""))
    print_note(f"{len(remarks)} remark{'' if len(remarks) == 1 else 's'}")
