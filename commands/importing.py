"""The command that turns rows and files into items: import."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AsJson, Library, Texts, TypeName, library_option, quoted, settings_of
from commands.streams import print_json, print_note

if TYPE_CHECKING:
    from curation.import_plan import ImportPlan
    from curation.importing import ImportReport, ReadDraft
    from library.settings import Settings


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

    def plan(self, settings: "Settings") -> "ImportPlan":
        """Return what `import` shall do."""
        from curation.drafting import TYPE_NAMES
        from curation.import_plan import ImportPlan, plan_pairs

        return ImportPlan(
            type_name=TYPE_NAMES[self.type_name],
            mapping=plan_pairs(self.mapping or (), "--map", value="ROW_FIELD"),
            defaults=plan_pairs(self.defaults or (), "--set"),
            approve=self.approve,
            classification=self.classification,
            overwrite=self.overwrite,
            most_kilobytes=settings.max_file_kilobytes,
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

    settings = settings_of(library)
    plan = rows.plan(settings)
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
    if report.skipped:
        print_note(f"Left out, of another kind or a link that leads elsewhere: {', '.join(report.skipped)}")
    if report.unused:
        print_note(f"Row fields left out: {', '.join(report.unused)} (--map FIELD=ROW_FIELD takes one in).")
    for draft in report.drafts:
        _present_draft(draft)
    count = len(report.problems)
    typer.echo(
        f"{len(report.created)} created, {len(report.updated)} updated, {len(report.unchanged)} unchanged, "
        f"{len(report.edited)} left alone, {count} problem{'' if count == 1 else 's'}."
    )
    if report.created and report.drafts:
        _say_next(report.drafts, library)


def _present_draft(draft: "ReadDraft") -> None:
    missing = f"; missing: {', '.join(draft.missing)}" if draft.missing else ""
    typer.echo(f"{draft.path}  {draft.title} (from {draft.file})")
    typer.echo(f"    recognised: {', '.join(draft.recognised)}{missing}")


def _say_next(drafts: "Sequence[ReadDraft]", library: Path | None) -> None:
    """Say the two commands that lead on, for a draft alone ready to be copied."""
    file = "FILE"
    if len(drafts) == 1:
        file = quoted((library or Path()) / drafts[0].path)
    option = library_option(library)
    print_note(f"Next: casebook suggest {file}{option}\nthen: casebook check {file}{option}")
