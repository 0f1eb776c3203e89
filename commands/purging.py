"""The command that removes an item's text: purge."""

from dataclasses import dataclass
from typing import Annotated

import typer

from commands.options import AsJson, AskerOptions, Place
from commands.streams import print_json, print_lines, print_note


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PurgeOptions:
    """What a purge may do."""

    delete_file: Annotated[bool, typer.Option("--delete-file", help="Delete its file too, if it is there.")] = False
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it.")] = False


def purge(
    item_id: Annotated[str, typer.Argument(metavar="ID", help="An item.")],
    *,
    how: PurgeOptions,
    place: Place,
    as_json: AsJson = False,
    who: AskerOptions,
) -> None:
    """Remove an item's text, and say where copies remain.

    It leaves index, caches and state.

    For publishers and administrators. Without --yes it only says what it would do, and ends with status 1.
    """
    from functools import partial

    from commands.progress import shown_progress
    from curation.publishing import publish_library
    from curation.purging import plan_purge, purge_item

    settings = place.settings()
    asker = who.asker(settings)
    if not how.yes:
        plan = plan_purge(settings, asker, item_id)
        if as_json:
            print_json(plan.as_dict())
        else:
            print_lines(plan.as_lines())
            added = "--yes --delete-file" if plan.files and not how.delete_file else "--yes"
            print_note(f"Nothing was removed; add {added} to do it.")
        raise typer.Exit(1)
    with shown_progress(quiet=as_json) as progress:
        publish = partial(publish_library, progress=progress)
        report = purge_item(settings, asker, item_id, delete_file=how.delete_file, publish=publish)
    if as_json:
        print_json(report.as_dict())
    else:
        print_lines(report.as_lines())
