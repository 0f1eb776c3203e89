"""Commands that read an index: search, similar, show, list, brief, status, eval."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import (
    AnswerOptions,
    AsJson,
    AskerOptions,
    FilterOptions,
    FormatName,
    ListName,
    Origin,
    Place,
    StatusName,
)
from commands.sources import Wish, open_source
from commands.streams import challenge_text, print_json, print_lines, print_note, terminal_styles

if TYPE_CHECKING:
    from search.answers.answer import Answer
    from search.evaluation.running import Threshold

_LISTED_TYPES = {
    ListName.CASES: "business_case",
    ListName.COMPETENCIES: "competency",
    ListName.ENABLERS: "enabler",
    ListName.CHALLENGES: "challenge_type",
    ListName.INDUSTRIES: "industry_note",
    ListName.LEARNING: "learning_resource",
}


def _threshold(text: str) -> "Threshold":
    from search.evaluation.running import Threshold

    try:
        return Threshold.from_text(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ChallengeOptions:
    """The challenge as text, or where it is read from."""

    challenge: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help="The challenge in your own words; `-` reads standard input."),
    ] = None
    file: Annotated[
        Path | None, typer.Option("--file", "-f", metavar="FILE", help="Read the challenge from a text file.")
    ] = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EvaluationOptions:
    """How much is measured and shown, and what makes it fail."""

    worst: Annotated[
        int, typer.Option("--worst", metavar="N", min=0, max=1000, help="How many of the worst challenges to show.")
    ] = 5
    limit: Annotated[
        int,
        typer.Option("--limit", "-n", metavar="N", min=10, max=1000, help="How many cases of each answer to look at."),
    ] = 20
    fail_under: Annotated[
        list[Any] | None,
        typer.Option(
            "--fail-under",
            parser=_threshold,
            metavar="METRIC=VALUE",
            help="End with status 1 if a figure over all challenges is below, such as nDCG@5=0.4; repeatable.",
        ),
    ] = None
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (docs/evaluate.md).")] = False


def search(
    *, given: ChallengeOptions, origin: Origin, chosen: FilterOptions, wanted: AnswerOptions, who: AskerOptions
) -> None:
    """Find the closest cases to a challenge."""
    text = challenge_text(given.challenge, given.file)
    with open_source(origin, who, for_challenge=True) as source:
        filters = chosen.filters()
        answer = source.search(text, filters, _wish(wanted))
    _present(answer, wanted)
    if not answer.total and not filters.values and not filters.since and origin.server is None:
        print_note("Only approved cases are searched; `casebook check` tells what the others lack.")


def similar(
    case_id: Annotated[str, typer.Argument(metavar="ID", help="A case's id.")],
    *,
    origin: Origin,
    wanted: AnswerOptions,
    who: AskerOptions,
) -> None:
    """Find the cases closest to a case."""
    with open_source(origin, who) as source:
        answer = source.similar(case_id, _wish(wanted))
    _present(answer, wanted)


def show(
    item_id: Annotated[str, typer.Argument(metavar="ID", help="The id of a case, note, concept or resource.")],
    *,
    origin: Origin,
    as_json: AsJson = False,
    who: AskerOptions,
) -> None:
    """Show an item in full."""
    with open_source(origin, who) as source:
        page = source.show(item_id)
    if as_json:
        print_json(page.as_dict())
    else:
        print_lines(page.as_lines())


def list_(
    what: Annotated[ListName, typer.Argument(metavar="WHAT", help="What to list.")],
    *,
    origin: Origin,
    status: Annotated[
        list[StatusName] | None,
        typer.Option("--status", help="Others than approved are listed for who may see them (--user, --role)."),
    ] = None,
    as_json: AsJson = False,
    who: AskerOptions,
) -> None:
    """List the items of a type."""
    with open_source(origin, who) as source:
        items = source.items(_LISTED_TYPES[what], status or ("approved",))
    if as_json:
        print_json([asdict(item) for item in items])
        return
    for item in items:
        state = "" if item.status == "approved" else f" [{item.status}]"
        typer.echo(f"{item.id}  {item.title}{state}")
    print_note(f"{len(items)} {what}")


def brief(
    case_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="The ids of one case or a few.")],
    *,
    form: Annotated[
        FormatName | None,
        typer.Option("--format", help="Markdown, Word or PowerPoint.  [default: as the file's name says, or md]"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it; printed if none.")
    ] = None,
    origin: Origin,
    who: AskerOptions,
) -> None:
    """Put cases on a page each, for an account plan or a meeting."""
    form = form or _named_format(output)
    if output is None and form != FormatName.MARKDOWN:
        raise typer.BadParameter(f"Say with --output FILE where to write the {form} file.")
    if origin.server is not None and len(set(case_ids)) > 1:
        raise typer.BadParameter("A --server writes the brief of one case at a time.")
    with open_source(origin, who) as source:
        content = source.brief(list(dict.fromkeys(case_ids)), form)
    if output is None:
        typer.echo(content.decode(), nl=False)
    else:
        output.write_bytes(content)
        typer.echo(output)


def _named_format(output: Path | None) -> FormatName:
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    return FormatName(suffix) if suffix in list(FormatName) else FormatName.MARKDOWN


def status(*, place: Place, as_json: AsJson = False, who: AskerOptions) -> None:
    """Tell what is indexed, by which model, how fresh and how large."""
    from commands.local import open_engine
    from search.browsing.status import library_status

    settings = place.settings()
    with open_engine(settings) as engine:
        report = library_status(engine, settings, who.asker(settings))
    if as_json:
        print_json(report.as_dict())
    else:
        print_lines(report.as_lines())


def eval_(
    judged: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A CSV file, or a folder with queries.jsonl and qrels.tsv."),
    ],
    *,
    place: Place,
    measure: EvaluationOptions,
    who: AskerOptions,
) -> None:
    """Measure the answers to your own judged challenges.

    docs/evaluate.md tells how to write them.
    """
    from commands.local import open_engine, search_options, warn_if_stale
    from commands.progress import shown_progress
    from search.evaluation.judgements import read_judgements
    from search.evaluation.report import render_evaluation
    from search.evaluation.running import evaluate

    judgements = read_judgements(judged)
    settings = place.settings()
    asker = who.asker(settings)
    with open_engine(settings) as engine, shown_progress(quiet=measure.as_json) as progress:
        options = search_options(settings, measure.limit, facets=False)
        evaluation = evaluate(engine, judgements, asker=asker, options=options, progress=progress)
        warn_if_stale(engine, settings, asker)
    if measure.as_json:
        print_json(evaluation.as_dict(measure.worst))
    else:
        typer.echo(render_evaluation(evaluation, worst=measure.worst), nl=False)
    shortfalls = evaluation.shortfalls(measure.fail_under or ())
    for shortfall in shortfalls:
        print_note(shortfall)
    raise typer.Exit(1 if shortfalls else 0)


def _wish(wanted: AnswerOptions) -> Wish:
    return Wish(limit=wanted.limit, have=wanted.had, facets=wanted.as_json)


def _present(answer: "Answer", wanted: AnswerOptions) -> None:
    from search.rendering.text import render_answer

    if wanted.as_json:
        print_json(answer.as_dict())
    else:
        typer.echo(render_answer(answer, terminal_styles(), explain=wanted.explain), nl=False)
