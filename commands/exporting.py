"""The command that hands out items: export."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AskerOptions, FilterOptions, Place, StatusName, TypeName
from commands.streams import print_note

if TYPE_CHECKING:
    from curation.exporting import Selection


class ExportName(StrEnum):
    """What an export can be."""

    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExportOptions:
    """Where an export goes, and what as."""

    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="PLACE", help="A file, or a new folder for Markdown; printed if none."),
    ] = None
    form: Annotated[
        ExportName | None,
        typer.Option("--format", help="JSON Lines, CSV or a folder of Markdown.  [default: as the place's name says]"),
    ] = None
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False

    @property
    def chosen(self) -> ExportName:
        """The format that is asked for, or that the place's name says."""
        if self.form or self.to is None:
            return self.form or ExportName.JSONL
        suffix = self.to.suffix.lower()
        known = {"": ExportName.MARKDOWN, ".csv": ExportName.CSV, ".jsonl": ExportName.JSONL, ".json": ExportName.JSONL}
        if suffix not in known:
            said = f"{self.to.name!r} does not say what to write."
            raise typer.BadParameter(f"{said} Add --format, or let it end in .jsonl or .csv.")
        return known[suffix]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SelectionOptions:
    """Which items an export holds."""

    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="The ids of items; all that are approved if none.")
    ] = None
    types: Annotated[list[TypeName] | None, typer.Option("--type", help="All of a type; repeatable.")] = None
    status: Annotated[
        list[StatusName] | None,
        typer.Option("--status", help="Others than approved are exported for who may see them (--user, --role)."),
    ] = None

    def selection(self, chosen: FilterOptions) -> "Selection":
        """Return what is selected; filters select cases."""
        from dataclasses import replace

        from curation.drafting import TYPE_NAMES
        from curation.exporting import Selection

        statuses = tuple(self.status or ("approved",))
        filters = replace(chosen.filters(), statuses=statuses)
        narrowed = bool(filters.values or filters.since)
        if sum((bool(self.ids), bool(self.types), narrowed)) > 1:
            raise typer.BadParameter("Name ids, or types, or filters (which select cases), not several of these.")
        types = tuple(TYPE_NAMES[name] for name in self.types or ())
        return Selection(tuple(self.ids or ()), types, statuses, filters)


def export(
    *, which: SelectionOptions, where: ExportOptions, place: Place, chosen: FilterOptions, who: AskerOptions
) -> None:
    """Hand out items as files, as far as the asker sees them."""
    from commands.local import open_engine, warn_if_stale
    from curation.exporting import as_csv, as_json_lines, export_items, write_export, write_folder
    from library.settings import known_codes
    from search.view import View

    selection = which.selection(chosen)
    form = where.chosen
    if form is ExportName.MARKDOWN and where.to is None:
        raise typer.BadParameter("Say with --to DIR where to write the folder.")
    settings = place.settings()
    asker = who.asker(settings)
    with open_engine(settings) as engine:
        items = list(export_items(View(engine, asker), selection, known_regions=known_codes(settings)[0]))
        warn_if_stale(engine, settings, asker)
    if form is ExportName.MARKDOWN and where.to is not None:
        write_folder(iter(items), where.to, library=settings.library)
    else:
        text = as_csv(iter(items)) if form is ExportName.CSV else "".join(as_json_lines(iter(items)))
        if where.to is None:
            typer.echo(text, nl=False)
        else:
            write_export(text, where.to, overwrite=where.overwrite, for_spreadsheets=form is ExportName.CSV)
    if where.to is not None:
        typer.echo(where.to)
    print_note(f"{len(items)} item{'' if len(items) == 1 else 's'}")
