"""The curators' commands: index, check, init, new, import, feedback."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AsJson, AskerOptions, Library, Place, Texts, TypeName, library_option, quoted, settings_of
from commands.streams import print_json, print_lines, print_note

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
    from indexer.build import build_index

    settings = place.settings(model=model)
    with shown_progress(quiet=quiet or as_json) as progress:
        report = build_index(settings, full=full, progress=progress)
    if as_json:
        print_json(report.as_dict())
    elif not quiet:
        for problem in report.problems:
            print_note(problem.as_text())
        print_lines(report.as_lines())


def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Files or folders; the whole library if none.")
    ] = None,
    *,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Check files for what keeps an item from being published.

    Ends with status 1 if a published item could not be served as it is; what a draft still lacks is listed only.
    """
    from curation.checking import check_library
    from library.problems import Severity

    report = check_library(settings_of(library), paths or ())
    counts = {severity: report.count(severity) for severity in Severity}
    if as_json:
        problems = [problem.as_dict() for problem in report.problems]
        print_json({"checked": report.checked, "passed": report.passed, "counts": counts, "problems": problems})
    else:
        for problem in report.problems:
            typer.echo(problem.as_text())
        found = ", ".join(f"{count} {severity}" for severity, count in counts.items() if count)
        files = f"{report.checked} file{'' if report.checked == 1 else 's'}"
        print_note(f"{files} checked: {found or 'no problems'}.")
    raise typer.Exit(0 if report.passed else 1)


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


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file with one JSON object a line.")],
    *,
    library: Library = None,
    rows: ImportOptions,
    as_json: AsJson = False,
) -> None:
    """Turn the rows of a JSON Lines file into items.

    A second run updates them, and leaves those alone that were edited since.
    """
    from curation.importing import import_rows

    plan = rows.plan()
    report = import_rows(settings_of(library).library, file, plan)
    if as_json:
        print_json(asdict(report))
    else:
        _present_import(report)
    raise typer.Exit(1 if report.problems else 0)


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


def _present_import(report: "ImportReport") -> None:
    for problem in report.problems:
        print_note(problem)
    for item_id in report.edited:
        print_note(f"{item_id}: edited since its import and left alone (--overwrite replaces it)")
    if report.unused:
        print_note(f"Row fields left out: {', '.join(report.unused)} (--map FIELD=ROW_FIELD takes one in).")
    typer.echo(
        f"{len(report.created)} created, {len(report.updated)} updated, {len(report.unchanged)} unchanged, "
        f"{len(report.edited)} left alone, {len(report.problems)} problems."
    )
