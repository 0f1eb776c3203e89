"""The command that turns rows and files into items: import."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AsJson, Library, Texts, TypeName, library_option, settings_of
from commands.streams import print_json, print_note

if TYPE_CHECKING:
    from curation.importing import ImportPlan, ImportReport


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImportOptions:
    """What rows become."""

    mapping: Annotated[
        Texts,
        typer.Option(
            "--map",
            metavar="FIELD=ROW_FIELD",
            help="Where a field comes from; FIELD may be body or body.challenge, body.solution, body.value, ...",
        ),
    ] = None
    defaults: Annotated[
        Texts, typer.Option("--set", metavar="FIELD=VALUE", help="A field's value for rows that have none.")
    ] = None
    type_name: Annotated[TypeName, typer.Option("--type", help="What the rows are.")] = TypeName.CASE
    approve: Annotated[bool, typer.Option("--approve", help="Write approved items instead of drafts.")] = False
    classification: Annotated[
        str | None,
        typer.Option("--classification", metavar="NAME", help="public, internal, confidential or restricted."),
    ] = None
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace items that were edited since their import.")
    ] = False

    def plan(self) -> "ImportPlan":
        """Return what `import` shall do."""
        from curation.drafting import TYPE_NAMES
        from curation.importing import ImportPlan, plan_pairs

        return ImportPlan(
            type_name=TYPE_NAMES[self.type_name],
            mapping=plan_pairs(self.mapping or (), "--map"),
            defaults=plan_pairs(self.defaults or (), "--set"),
            approve=self.approve,
            classification=self.classification,
            overwrite=self.overwrite,
        )


def import_(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="JSON Lines, CSV, Word, PowerPoint, PDF, HTML or text; files or folders."),
    ],
    *,
    library: Library = None,
    rows: ImportOptions,
    as_json: AsJson = False,
) -> None:
    """Turn rows, documents and slides into items.

    A second run updates them, and leaves those alone that were edited since. A file that tells several cases
    becomes several drafts.
    """
    from curation.converting.drafts import Reading
    from curation.importing import import_files
    from library.documents import heading_kinds
    from library.settings import known_codes

    plan = rows.plan()
    settings = settings_of(library)
    reading = Reading(heading_kinds(settings.headings), known_codes(settings))
    report = import_files(settings.library, paths, plan, reading)
    if as_json:
        print_json(asdict(report))
    else:
        _present(report, library)
    raise typer.Exit(1 if report.problems else 0)


def _present(report: "ImportReport", library: Path | None) -> None:
    for problem in report.problems:
        print_note(problem)
    for item_id in report.edited:
        print_note(f"{item_id}: edited since its import and left alone (--overwrite replaces it)")
    for item_id in report.gone:
        print_note(f"{item_id}: its file no longer tells it; the draft stays")
    for name in report.skipped:
        print_note(f"{name}: left out, its kind cannot be read")
    if report.unused:
        print_note(f"Row fields left out: {', '.join(report.unused)} (--map FIELD=ROW_FIELD takes one in).")
    for draft in report.drafts:
        missing = f"; missing: {', '.join(draft.missing)}" if draft.missing else ""
        typer.echo(f"{draft.id}  {draft.title} ({draft.file})")
        typer.echo(f"    recognised: {', '.join(draft.recognised)}{missing}")
    typer.echo(
        f"{len(report.created)} created, {len(report.updated)} updated, {len(report.unchanged)} unchanged, "
        f"{len(report.edited)} left alone, {len(report.problems)} problems."
    )
    if report.created and report.drafts:
        print_note(f"Next: casebook suggest FILE, then casebook check FILE{library_option(library)}")
