"""The commands that work on the vocabulary: export, import, check, rename, merge."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AsJson, Library, TypeName, settings_of
from commands.streams import print_json, print_lines, print_note

if TYPE_CHECKING:
    from curation.changing import Change
    from curation.vocabulary.pages import IncomingVocabulary
    from curation.vocabulary.plans import RenamePlan, UpdatePlan
    from library.settings import Settings

_CONCEPTS = (TypeName.CHALLENGE, TypeName.COMPETENCY, TypeName.ENABLER)


class VocabularyFormat(StrEnum):
    """What a vocabulary can be written as."""

    TURTLE = "ttl"
    CSV = "csv"


def _concept_type(name: str) -> TypeName:
    if name not in _CONCEPTS:
        raise typer.BadParameter(f"{name!r} is no type of concepts; say {', '.join(_CONCEPTS)}.")
    return TypeName(name)


Base = Annotated[
    str | None,
    typer.Option("--base", metavar="URI", help="What concepts' URIs begin with.  [default: urn:casebook:concept:]"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change and write nothing.")]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Shown:
    """What is printed, and whether anything is written."""

    dry_run: DryRun = False
    as_json: AsJson = False


OldId = Annotated[str, typer.Argument(metavar="OLD", help="The id of a concept.")]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class UpdateChoices:
    """How a vocabulary's file is taken."""

    type_name: Annotated[
        TypeName | None,
        typer.Option("--type", parser=_concept_type, metavar="TYPE", help="What concepts are that name no type."),
    ] = None
    base: Base = None
    language: Annotated[
        str, typer.Option("--language", metavar="TAG", help="The language of labels that name none, such as de.")
    ] = "en"
    delete: Annotated[bool, typer.Option("--delete", help="Remove pages that the file does not tell of.")] = False


def export(
    *,
    library: Library = None,
    form: Annotated[
        VocabularyFormat | None,
        typer.Option("--format", help="Turtle (SKOS) or CSV.  [default: as the file's name says]"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it; printed if none.")
    ] = None,
    types: Annotated[
        list[TypeName] | None,
        typer.Option(
            "--type", parser=_concept_type, metavar="TYPE", help="challenge, competency or enabler; repeatable."
        ),
    ] = None,
    base: Base = None,
) -> None:
    """Write the vocabulary as SKOS in Turtle, or as a table.

    It holds every concept's file, drafts and closed ones too, as whoever can read the library's folder can read them.
    """
    from curation.drafting import TYPE_NAMES
    from curation.vocabulary.pages import CONCEPT_TYPES, read_pages
    from curation.vocabulary.skos.terms import DEFAULT_BASE
    from curation.vocabulary.skos.writing import write_turtle
    from curation.vocabulary.table import write_table
    from curation.writing import replace_file

    chosen = [TYPE_NAMES[name] for name in types or ()] or CONCEPT_TYPES
    pages = [file.page for file in read_pages(settings_of(library).library, types=chosen)]
    is_table = (form or _named_format(output)) is VocabularyFormat.CSV
    text = write_table(pages) if is_table else write_turtle(pages, base=base or DEFAULT_BASE)
    if output is None:
        typer.echo(text, nl=False)
    else:
        # Spreadsheets take a table for UTF-8 only if it begins with a byte-order mark.
        replace_file(output, text.encode("utf-8-sig" if is_table else "utf-8"))
        typer.echo(output)
    print_note(f"{len(pages)} concepts")


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Turtle (.ttl) or CSV file.")],
    *,
    library: Library = None,
    choices: UpdateChoices,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take a vocabulary's file into the concept pages.

    A page becomes what Casebook's own export tells; other makers' thesauri only add. No page is removed without
    --delete.
    """
    from curation.drafting import TYPE_NAMES
    from curation.vocabulary.plans import UpdateOptions
    from curation.vocabulary.skos.terms import DEFAULT_BASE
    from curation.vocabulary.updating import plan_update

    settings = settings_of(library)
    options = UpdateOptions(
        type_name=TYPE_NAMES[choices.type_name] if choices.type_name else "",
        base=choices.base or DEFAULT_BASE,
        language=choices.language,
        delete=choices.delete,
    )
    plan = plan_update(settings.library, _read(file, options.base, options.language), options)
    if not dry_run:
        _apply(settings, plan.changes, f"Import the vocabulary {file.name}")
    if as_json:
        print_json(plan.as_dict())
    else:
        _present_update(plan, dry_run=dry_run)
    raise typer.Exit(1 if plan.problems else 0)


def check(*, library: Library = None, as_json: AsJson = False) -> None:
    """Check concepts against SKOS's rules: labels apart, no circles, references that lead somewhere.

    Ends with status 1 if there is an error.
    """
    from curation.vocabulary.integrity import check_pages
    from curation.vocabulary.pages import read_items

    pages, types = read_items(settings_of(library).library)
    problems = check_pages(pages, types)
    if as_json:
        print_json([problem.as_dict() for problem in problems])
    else:
        for problem in problems:
            typer.echo(problem.as_text())
        print_note(
            f"{len(pages)} concepts checked: {len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}."
        )
    raise typer.Exit(1 if any(problem.fails_check for problem in problems) else 0)


def rename(
    old: OldId,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new id.")],
    *,
    library: Library = None,
    shown: Shown,
) -> None:
    """Give a concept another id; every file that uses it follows, all or none."""
    from curation.vocabulary.renaming import plan_rename

    settings = settings_of(library)
    _carry_out(settings, plan_rename(settings.library, old, new), f"Rename {old} to {new}", shown)


def merge(
    old: OldId,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The concept that stays.")],
    *,
    library: Library = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove the page instead of archiving it.")] = False,
    shown: Shown,
) -> None:
    """Make one concept of two; every file that uses the first follows, all or none.

    The one that stays takes the other's labels; the other's page is archived, and superseded.
    """
    from curation.vocabulary.renaming import plan_merge

    settings = settings_of(library)
    plan = plan_merge(settings.library, old, into, delete=delete)
    _carry_out(settings, plan, f"Merge {old} into {into}", shown)


def _read(file: Path, base: str, language: str) -> "IncomingVocabulary":
    from curation.vocabulary.skos.reading import read_turtle
    from curation.vocabulary.table import read_table

    if _named_format(file) is VocabularyFormat.CSV:
        return read_table(file)
    return read_turtle(file, base=base, language=language)


def _named_format(file: Path | None) -> VocabularyFormat:
    is_table = file is not None and file.suffix.lower() in (".csv", ".tsv", ".txt")
    return VocabularyFormat.CSV if is_table else VocabularyFormat.TURTLE


def _carry_out(settings: "Settings", plan: "RenamePlan", message: str, shown: Shown) -> None:
    if not shown.dry_run:
        _apply(settings, plan.changes, message)
    if shown.as_json:
        print_json({"files": plan.files, "notes": plan.notes, "written": not shown.dry_run})
        return
    print_lines(plan.files)
    for note in plan.notes:
        print_note(note)
    print_note(f"{len(plan.files)} files {'would change' if shown.dry_run else 'changed'}." + _next(shown.dry_run))


def _apply(settings: "Settings", changes: "Sequence[Change]", message: str) -> None:
    """Write the files, and commit them where the settings say so."""
    from curation.changing import apply_changes
    from curation.committing import Author, check_committable, commit_files

    author = Author.from_user(settings.asker.user) if settings.commit else None
    if author:
        check_committable(settings.library)
    apply_changes(settings.library, changes)
    _tell_of_approvals(settings, changes)
    if author and changes:
        commit_files([settings.library / change.path for change in changes], message, author, root=settings.library)


def _tell_of_approvals(settings: "Settings", changes: "Sequence[Change]") -> None:
    """Say how many items were approved as they were, where that is what counts."""
    from curation.review.approvals import approved_among
    from curation.state import State

    if settings.approval == "recorded":
        waiting = approved_among(State(settings.state_file), [(change.before or "").strip('"') for change in changes])
        if waiting:
            print_note(f"Approved as they were, and waiting for that again: {waiting} (`casebook review queue`).")


def _present_update(plan: "UpdatePlan", *, dry_run: bool) -> None:
    for note in (*plan.problems, *plan.notes):
        print_note(note)
    print_lines(
        [
            *(f"+ {item_id}" for item_id in plan.created),
            *(f"~ {item_id}: {', '.join(names)}" for item_id, names in plan.updated),
            *(f"- {item_id}" for item_id in plan.removed),
            _summary(plan),
        ]
    )
    if plan.missing:
        print_note(f"{len(plan.missing)} pages are not in the file and stay (--delete removes them).")
    print_note(("Nothing was written (--dry-run)." if dry_run else "Written.") + _next(dry_run))


def _summary(plan: "UpdatePlan") -> str:
    counts = {
        "created": len(plan.created),
        "updated": len(plan.updated),
        "unchanged": plan.unchanged,
        "removed": len(plan.removed),
        "problems": len(plan.problems),
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items()) + "."


def _next(dry_run: bool) -> str:  # noqa: FBT001
    return "" if dry_run else " Next: casebook check, then casebook index."
