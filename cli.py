"""The command line: parse, call, present. Results go to standard output, all else to standard error."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from library.access import Role
from library.errors import CasebookError, ChallengeError

if TYPE_CHECKING:
    from curation.importing import ImportReport
    from indexer.progress import Progress
    from library.access import Asker
    from library.settings import Settings
    from search.engine import LocalEngine
    from search.evaluation import Threshold
    from search.filters import Filters
    from search.rendering import Styles

app = typer.Typer(
    name="casebook",
    help="Find the closest case to a customer's challenge.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Library = Annotated[
    Path | None,
    typer.Option(
        "--library",
        "-l",
        metavar="DIR",
        help="The folder that holds cases/ and kb/.  [env: CASEBOOK_LIBRARY; default: .]",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Where the index lies, or a copied generation.  [env: CASEBOOK_DATA; default: .casebook in the library]",
    ),
]
User = Annotated[
    str | None,
    typer.Option("--user", metavar="NAME", help="Who asks, as in `owner` and `authors`.  [env: CASEBOOK_ASKER__USER]"),
]
AsRole = Annotated[
    Role | None,
    typer.Option("--role", help="What the asker does in the firm.  [env: CASEBOOK_ASKER__ROLE; default: reader]"),
]
Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--group",
        metavar="NAME",
        help="A group of the asker; a convenience, since whoever can read the folder can read its files.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON (docs/search-json.md).")]
Industries = Annotated[
    list[str] | None,
    typer.Option("--industry", metavar="CODE", help="ISIC code or name; takes narrower ones in."),
]
Regions = Annotated[
    list[str] | None,
    typer.Option("--region", metavar="CODE", help="ISO, M49 or firm region; takes narrower ones in."),
]
ChallengeTypes = Annotated[list[str] | None, typer.Option("--challenge-type", metavar="ID", help="Id or name.")]
Competencies = Annotated[
    list[str] | None, typer.Option("--competency", metavar="ID", help="Id or name; takes narrower ones in.")
]
Enablers = Annotated[list[str] | None, typer.Option("--enabler", metavar="ID", help="Id or name.")]
Outcomes = Annotated[
    list[str] | None,
    typer.Option("--outcome", metavar="NAME", help="success, partial, unsuccessful or ongoing."),
]
Languages = Annotated[
    list[str] | None, typer.Option("--language", metavar="TAG", help="Language of the case, such as de.")
]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write one such as 2026-03-31.") from None


def _threshold(text: str) -> Threshold:
    from search.evaluation import Threshold

    try:
        return Threshold.from_text(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Since = Annotated[
    date | None,
    typer.Option("--since", parser=_day, metavar="YYYY-MM-DD", help="Created or verified since this day."),
]
Limit = Annotated[
    int | None, typer.Option("--limit", "-n", metavar="N", min=1, max=1000, help="How many cases.  [default: 5]")
]
Explain = Annotated[bool, typer.Option("--explain", help="Show each arm's score.")]
Have = Annotated[
    list[str] | None,
    typer.Option(
        "--have",
        metavar="ID",
        help="A competency or enabler that you have; repeatable or with commas. Lists what you lack.",
    ),
]


class TypeName(StrEnum):
    """What the command line calls the types of items."""

    CASE = "case"
    NOTE = "note"
    COMPETENCY = "competency"
    ENABLER = "enabler"
    CHALLENGE = "challenge"
    LEARNING = "learning"


class ListName(StrEnum):
    """What can be listed."""

    CASES = "cases"
    COMPETENCIES = "competencies"
    ENABLERS = "enablers"
    CHALLENGES = "challenges"
    INDUSTRIES = "industries"
    LEARNING = "learning"


class StatusName(StrEnum):
    """How far an item is."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    ARCHIVED = "archived"


_LISTED_TYPES = {
    ListName.CASES: "business_case",
    ListName.COMPETENCIES: "competency",
    ListName.ENABLERS: "enabler",
    ListName.CHALLENGES: "challenge_type",
    ListName.INDUSTRIES: "industry_note",
    ListName.LEARNING: "learning_resource",
}
_NAMED_FILES = 3
_INTERRUPTED = 130


def run() -> None:
    """Be the process: run the command line and leave at once.

    Tearing the model and the libraries down takes a fifth of a short search, and nothing is left to save.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for some opens every package's metadata
    gc.set_threshold(100_000)  # imports make many objects and no garbage
    status: int | str | None = 0
    try:
        main()
    except SystemExit as end:
        status = end.code
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a closed pipe takes no more
            stream.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a user's mistake ends with a message and status 1 or 2, never with a traceback."""
    # ONNX Runtime's official builds report to their maker unless told not to before they load; no data leaves here.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app(args=arguments, prog_name="casebook")
    except CasebookError as error:
        typer.echo(f"Error: {error.message}", err=True)
        if error.hint:
            typer.echo(error.hint, err=True)
        sys.exit(1)
    except OSError as error:
        typer.echo(f"Error: {error.filename or 'The output'}: {error.strerror or error}.", err=True)
        typer.echo("Check free space and rights.", err=True)
        sys.exit(1)
    except SystemExit as end:
        if end.code == _INTERRUPTED:  # typer makes this of Ctrl-C
            typer.echo("Stopped; what was published before still answers.", err=True)
        raise


def _version(value: bool) -> None:  # noqa: FBT001  typer's callback
    if value:
        from library.settings import casebook_version

        typer.echo(f"casebook {casebook_version()}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find the closest case to a customer's challenge."""


@app.command()
def index(
    library: Library = None,
    data: Data = None,
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
    from indexer.build import build_index

    settings = _settings(library, data, model=model)
    with _progress(quiet=quiet or as_json) as progress:
        report = build_index(settings, full=full, progress=progress)
    if as_json:
        _print_json(report.as_dict())
        return
    if not quiet:
        for problem in report.problems:
            typer.echo(problem.as_text(), err=True)
        typer.echo("\n".join(report.as_lines()))


@app.command()
def search(
    challenge: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help="The challenge in your own words; `-` reads standard input."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", metavar="FILE", help="Read the challenge from a text file.")
    ] = None,
    library: Library = None,
    data: Data = None,
    industry: Industries = None,
    region: Regions = None,
    challenge_type: ChallengeTypes = None,
    competency: Competencies = None,
    enabler: Enablers = None,
    outcome: Outcomes = None,
    language: Languages = None,
    since: Since = None,
    limit: Limit = None,
    have: Have = None,
    as_json: AsJson = False,
    explain: Explain = False,
    user: User = None,
    role: AsRole = None,
    group: Groups = None,
) -> None:
    """Find the closest cases to a challenge."""
    from search.answering import search_cases
    from search.rendering import render_answer

    text = _challenge_text(challenge, file)
    settings = _settings(library, data)
    asker = _asker(settings, user, role, group)
    filters = _filters(
        {
            "industry": industry,
            "region": region,
            "challenge-type": challenge_type,
            "competency": competency,
            "enabler": enabler,
            "outcome": outcome,
            "language": language,
        },
        since,
    )
    with _engine(settings) as engine:
        options = _options(settings, limit, facets=as_json, have=have)
        answer = search_cases(engine, text, asker=asker, filters=filters, options=options)
        _warn_if_stale(engine, settings, asker)
    if as_json:
        _print_json(answer.as_dict())
    else:
        typer.echo(render_answer(answer, _styles(), explain=explain), nl=False)
    if not answer.total and not filters.values and not filters.since:
        typer.echo("Only approved cases are searched; `casebook check` tells what the others lack.", err=True)


@app.command()
def similar(
    case_id: Annotated[str, typer.Argument(metavar="ID", help="A case's id.")],
    library: Library = None,
    data: Data = None,
    limit: Limit = None,
    have: Have = None,
    as_json: AsJson = False,
    explain: Explain = False,
    user: User = None,
    role: AsRole = None,
    group: Groups = None,
) -> None:
    """Find the cases closest to a case."""
    from search.answering import similar_cases
    from search.rendering import render_answer

    settings = _settings(library, data)
    asker = _asker(settings, user, role, group)
    with _engine(settings) as engine:
        options = _options(settings, limit, facets=as_json, have=have)
        answer = similar_cases(engine, case_id, asker=asker, options=options)
        _warn_if_stale(engine, settings, asker)
    if as_json:
        _print_json(answer.as_dict())
    else:
        typer.echo(render_answer(answer, _styles(), explain=explain), nl=False)


@app.command()
def show(
    item_id: Annotated[str, typer.Argument(metavar="ID", help="The id of a case, note, concept or resource.")],
    library: Library = None,
    data: Data = None,
    as_json: AsJson = False,
    user: User = None,
    role: AsRole = None,
    group: Groups = None,
) -> None:
    """Show an item in full."""
    from search.browsing import show_item
    from search.view import View

    settings = _settings(library, data)
    asker = _asker(settings, user, role, group)
    with _engine(settings) as engine:
        page = show_item(View(engine, asker), item_id)
        _warn_if_stale(engine, settings, asker)
    if as_json:
        _print_json(page.as_dict())
    else:
        typer.echo("\n".join(page.as_lines()))


@app.command(name="list")
def list_(
    what: Annotated[ListName, typer.Argument(metavar="WHAT", help="What to list.")],
    library: Library = None,
    data: Data = None,
    status: Annotated[
        list[StatusName] | None,
        typer.Option("--status", help="Others than approved are listed for who may see them (--user, --role)."),
    ] = None,
    as_json: AsJson = False,
    user: User = None,
    role: AsRole = None,
    group: Groups = None,
) -> None:
    """List the items of a type."""
    from dataclasses import asdict

    from search.browsing import list_items
    from search.view import View

    settings = _settings(library, data)
    with _engine(settings) as engine:
        view = View(engine, _asker(settings, user, role, group))
        items = list_items(view, _LISTED_TYPES[what], statuses=status or ("approved",))
    if as_json:
        _print_json([asdict(item) for item in items])
        return
    for item in items:
        state = "" if item.status == "approved" else f" [{item.status}]"
        typer.echo(f"{item.id}  {item.title}{state}")
    typer.echo(f"{len(items)} {what}", err=True)


@app.command()
def status(
    library: Library = None,
    data: Data = None,
    as_json: AsJson = False,
    user: User = None,
    role: AsRole = None,
    group: Groups = None,
) -> None:
    """Tell what is indexed, by which model, how fresh and how large."""
    from search.status import library_status

    settings = _settings(library, data)
    with _engine(settings) as engine:
        report = library_status(engine, settings, _asker(settings, user, role, group))
    if as_json:
        _print_json(report.as_dict())
    else:
        typer.echo("\n".join(report.as_lines()))


@app.command()
def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Files or folders; the whole library if none.")
    ] = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Check files for what keeps an item from being published.

    Ends with status 1 if a published item could not be served as it is; what a draft still lacks is listed only.
    """
    from curation.checking import check_library
    from library.problems import Severity

    report = check_library(_settings(library, None), paths or ())
    counts = {severity: report.count(severity) for severity in Severity}
    if as_json:
        problems = [problem.as_dict() for problem in report.problems]
        _print_json({"checked": report.checked, "passed": report.passed, "counts": counts, "problems": problems})
    else:
        for problem in report.problems:
            typer.echo(problem.as_text())
        found = ", ".join(f"{count} {severity}" for severity, count in counts.items() if count)
        files = f"{report.checked} file{'' if report.checked == 1 else 's'}"
        typer.echo(f"{files} checked: {found or 'no problems'}.", err=True)
    raise typer.Exit(0 if report.passed else 1)


@app.command(name="eval")
def eval_(
    judged: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A CSV file, or a folder with queries.jsonl and qrels.tsv."),
    ],
    library: Library = None,
    data: Data = None,
    worst: Annotated[
        int, typer.Option("--worst", metavar="N", min=0, max=1000, help="How many of the worst challenges to show.")
    ] = 5,
    limit: Annotated[
        int,
        typer.Option("--limit", "-n", metavar="N", min=10, max=1000, help="How many cases of each answer to look at."),
    ] = 20,
    fail_under: Annotated[
        list[Any] | None,
        typer.Option(
            "--fail-under",
            parser=_threshold,
            metavar="METRIC=VALUE",
            help="End with status 1 if a figure over all challenges is below, such as nDCG@5=0.4; repeatable.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (docs/evaluate.md).")] = False,
    user: User = None,
    role: AsRole = None,
    group: Groups = None,
) -> None:
    """Measure the answers to your own judged challenges.

    docs/evaluate.md tells how to write them.
    """
    from search.evaluation import evaluate
    from search.evaluation_text import render_evaluation
    from search.judgements import read_judgements

    judgements = read_judgements(judged)
    settings = _settings(library, data)
    asker = _asker(settings, user, role, group)
    with _engine(settings, for_one_search=False) as engine, _progress(quiet=as_json) as progress:
        options = _options(settings, limit, facets=False)
        evaluation = evaluate(engine, judgements, asker=asker, options=options, progress=progress)
        _warn_if_stale(engine, settings, asker)
    if as_json:
        _print_json(evaluation.as_dict(worst))
    else:
        typer.echo(render_evaluation(evaluation, worst=worst), nl=False)
    shortfalls = evaluation.shortfalls(fail_under or ())
    for shortfall in shortfalls:
        typer.echo(shortfall, err=True)
    raise typer.Exit(1 if shortfalls else 0)


@app.command()
def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")]) -> None:
    """Make a new library with templates and the starting vocabulary."""
    from curation.drafting import init_library

    written = init_library(folder)
    typer.echo(f"{folder}: {len(written)} files written.")
    typer.echo(f'Next: casebook new case "Title"{_library_option(folder)}', err=True)
    typer.echo(f"then: casebook index{_library_option(folder)}", err=True)


@app.command()
def new(
    type_name: Annotated[TypeName, typer.Argument(metavar="TYPE", help="What to start.")],
    title: Annotated[str, typer.Argument(metavar="TITLE", help="The title, or a concept's English label.")],
    library: Library = None,
) -> None:
    """Start an item from a commented template."""
    from curation.drafting import TYPE_NAMES, new_item

    path = new_item(_settings(library, None).library, TYPE_NAMES[type_name], title)
    typer.echo(path)
    typer.echo(f"Fill it in, then run: casebook check {_quoted(path)}{_library_option(library)}", err=True)


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file with one JSON object a line.")],
    library: Library = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=ROW_FIELD",
            help="Where a field comes from; FIELD may be body or body.challenge, body.solution, body.value, ...",
        ),
    ] = None,
    defaults: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="A field's value for rows that have none.")
    ] = None,
    type_name: Annotated[TypeName, typer.Option("--type", help="What the rows are.")] = TypeName.CASE,
    approve: Annotated[bool, typer.Option("--approve", help="Write approved items instead of drafts.")] = False,
    classification: Annotated[
        str | None,
        typer.Option("--classification", metavar="NAME", help="public, internal, confidential or restricted."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace items that were edited since their import.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Turn the rows of a JSON Lines file into items.

    A second run updates them, and leaves those alone that were edited since.
    """
    from curation.drafting import TYPE_NAMES
    from curation.importing import ImportPlan, import_rows, plan_pairs

    plan = ImportPlan(
        type_name=TYPE_NAMES[type_name],
        mapping=plan_pairs(mapping or (), "--map"),
        defaults=plan_pairs(defaults or (), "--set"),
        approve=approve,
        classification=classification,
        overwrite=overwrite,
    )
    report = import_rows(_settings(library, None).library, file, plan)
    _present_import(report, as_json=as_json)
    raise typer.Exit(1 if report.problems else 0)


def _settings(library: Path | None, data: Path | None, **options: Any) -> Settings:
    from library.settings import load_settings

    return load_settings(library=library, data=data, **options)


def _asker(settings: Settings, user: str | None, role: Role | None, groups: Sequence[str] | None) -> Asker:
    from library.access import Asker
    from library.errors import SettingsError

    name = role or settings.asker.role
    if name not in list(Role):
        raise SettingsError(
            f"There is no role {name!r}.", hint=f"Roles are {', '.join(Role)}; look at CASEBOOK_ASKER__ROLE."
        )
    return Asker(
        user=user if user is not None else settings.asker.user,
        role=Role(name),
        groups=frozenset(groups if groups is not None else settings.asker.groups),
    )


def _filters(values: dict[str, list[str] | None], since: date | None) -> Filters:
    from search.filters import Filters

    return Filters({facet: tuple(chosen) for facet, chosen in values.items() if chosen}, since=since)


def _quoted(path: Path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)


def _library_option(library: Path | None) -> str:
    return f" --library {_quoted(library)}" if library else ""


def _options(settings: Settings, limit: int | None, *, facets: bool, have: Sequence[str] | None = None) -> Any:
    from library.settings import known_codes
    from search.options import SearchOptions
    from search.reranking import open_reranker

    return SearchOptions(
        limit=limit or settings.limit,
        language=settings.language,
        contact=settings.contact,
        regions=known_codes(settings)[0],
        facets=facets,
        have=tuple(part.strip() for entry in have or () for part in entry.split(",") if part.strip()),
        reranker=open_reranker(settings.reranker, lambda message: typer.echo(message, err=True)),
    )


@contextmanager
def _engine(settings: Settings, *, for_one_search: bool = True) -> Iterator[LocalEngine]:
    from search.engine import LocalEngine

    engine = LocalEngine.from_data_folder(settings.data_folder, for_one_search=for_one_search)
    try:
        yield engine
    finally:
        engine.close()


def _challenge_text(challenge: str | None, file: Path | None) -> str:
    """Return the challenge from the argument, a file or standard input."""
    if (challenge is None) == (file is None):
        raise typer.BadParameter("Give the challenge as text, as `-` for standard input, or with --file.")
    if file is None and challenge != "-":
        return _readable(challenge or "")
    name = "standard input" if file is None else str(file)
    if file is None and sys.stdin is None:
        raise ChallengeError("There is no standard input.", hint="Give the challenge as text or with --file.")
    try:
        content = sys.stdin.buffer.read() if file is None else file.read_bytes()
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ChallengeError(f"The text from {name} is no UTF-8: {error.reason}.", hint="Save it as UTF-8.") from error
    except OSError as error:
        raise ChallengeError(f"{name} cannot be read: {error.strerror}.", hint="Check its name and rights.") from error


def _readable(text: str) -> str:
    """Refuse what Python makes of an argument's bytes that are no UTF-8: lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ChallengeError(
            "The challenge is no UTF-8 text.", hint="Set the terminal to UTF-8, or use --file."
        ) from None
    return text


def _warn_if_stale(engine: LocalEngine, settings: Settings, asker: Asker) -> None:
    from indexer.models import same_model
    from search.freshness import find_stale
    from search.view import View

    if "model" in settings.model_fields_set and not same_model(settings.model, engine.manifest.model):
        typer.echo(
            f"Note: the index was made with {engine.manifest.model}; the settings name {settings.model}. "
            "Run `casebook index` to change over.",
            err=True,
        )
    stale = find_stale(View(engine, asker), settings, most=_NAMED_FILES + 1)
    if stale:
        names = ", ".join(file.path for file in stale[:_NAMED_FILES]) + (" ..." if len(stale) > _NAMED_FILES else "")
        typer.echo(f"Note: files differ from the index ({names}). Run `casebook index`.", err=True)


def _styles() -> Styles:
    import shutil

    from search.rendering import Styles

    if not sys.stdout.isatty():
        return Styles()
    return Styles(
        mark=lambda word: typer.style(word, fg="yellow", bold=True),
        strong=lambda text: typer.style(text, bold=True),
        faint=lambda text: typer.style(text, dim=True),
        width=min(110, shutil.get_terminal_size().columns),
    )


def _print_json(value: Any) -> None:  # any JSON value
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _present_import(report: ImportReport, *, as_json: bool) -> None:
    if as_json:
        from dataclasses import asdict

        _print_json(asdict(report))
        return
    for problem in report.problems:
        typer.echo(problem, err=True)
    for item_id in report.edited:
        typer.echo(f"{item_id}: edited since its import and left alone (--overwrite replaces it)", err=True)
    if report.unused:
        typer.echo(f"Row fields left out: {', '.join(report.unused)} (--map FIELD=ROW_FIELD takes one in).", err=True)
    typer.echo(
        f"{len(report.created)} created, {len(report.updated)} updated, {len(report.unchanged)} unchanged, "
        f"{len(report.edited)} left alone, {len(report.problems)} problems."
    )


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress]:
    from indexer.progress import Silence

    if quiet:
        yield Silence()
    elif sys.stderr.isatty():
        with _BarProgress() as bars:
            yield bars
    else:
        yield _LineProgress()


class _LineProgress:
    """Plain lines for logs: one when a phase begins."""

    def start(self, phase: str, total: int) -> None:
        if total:
            typer.echo(f"{phase}: {total}", err=True)

    def advance(self, steps: int) -> None:
        """Say nothing; a log needs no steps."""

    def notify(self, message: str) -> None:
        typer.echo(message, err=True)


class _BarProgress:
    """A bar for each phase on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bars = Progress(*columns, console=Console(stderr=True))
        self._task: Any = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def start(self, phase: str, total: int) -> None:
        self._task = self._bars.add_task(phase, total=total) if total else None

    def advance(self, steps: int) -> None:
        if self._task is not None:
            self._bars.advance(self._task, steps)

    def notify(self, message: str) -> None:
        self._bars.console.print(message, markup=False, highlight=False)


if __name__ == "__main__":
    run()
