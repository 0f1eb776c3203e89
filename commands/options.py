"""The options that several commands take, each once, and what they say of settings, asker and filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from library.access import Role

if TYPE_CHECKING:
    from library.access import Asker
    from library.settings import Settings
    from search.filters import Filters

Library = Annotated[
    Path | None,
    typer.Option(
        "--library",
        "-l",
        metavar="DIR",
        help="The folder that holds cases/ and kb/.  [env: CASEBOOK_LIBRARY; default: .]",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON (docs/search-json.md).")]
Texts = list[str] | None  # an option that may be repeated


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


class FormatName(StrEnum):
    """What a brief can be written as."""

    MARKDOWN = "md"
    WORD = "docx"
    POWERPOINT = "pptx"


def day_of(text: str) -> date:
    """Return an option's day; raises typer.BadParameter for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write one such as 2026-03-31.") from None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Place:
    """Which library, and where its index lies."""

    library: Library = None
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Where the index lies, or a copied generation.  "
            "[env: CASEBOOK_DATA; default: .casebook in the library]",
        ),
    ] = None

    def settings(self, **options: Any) -> "Settings":
        """Return the settings of this place; an option that is None counts as not given."""
        return settings_of(self.library, data=self.data, **options)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Origin(Place):
    """Where answers come from: a place on this machine, or a server."""

    server: Annotated[
        str | None,
        typer.Option(
            "--server", metavar="URL", help="Ask this server instead, with the key in CASEBOOK_SERVER_KEY if it is set."
        ),
    ] = None
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Let key and challenge go over plain http to another machine's --server."),
    ] = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AskerOptions:
    """Who asks."""

    user: Annotated[
        str | None,
        typer.Option(
            "--user", metavar="NAME", help="Who asks, as in `owner` and `authors`.  [env: CASEBOOK_ASKER__USER]"
        ),
    ] = None
    role: Annotated[
        Role | None,
        typer.Option("--role", help="What the asker does in the firm.  [env: CASEBOOK_ASKER__ROLE; default: reader]"),
    ] = None
    group: Annotated[
        Texts,
        typer.Option(
            "--group",
            metavar="NAME",
            help="A group of the asker; a convenience, since whoever can read the folder can read its files.",
        ),
    ] = None

    def asker(self, settings: "Settings") -> "Asker":
        """Return who asks; what no option says, the settings do."""
        from library.access import Asker
        from library.errors import SettingsError

        name = self.role or settings.asker.role
        if name not in list(Role):
            raise SettingsError(
                f"There is no role {name!r}.", hint=f"Roles are {', '.join(Role)}; look at CASEBOOK_ASKER__ROLE."
            )
        return Asker(
            user=self.user if self.user is not None else settings.asker.user,
            role=Role(name),
            groups=frozenset(self.group if self.group is not None else settings.asker.groups),
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FilterOptions:
    """Which cases are searched."""

    industry: Annotated[
        Texts, typer.Option("--industry", metavar="CODE", help="ISIC code or name; takes narrower ones in.")
    ] = None
    region: Annotated[
        Texts, typer.Option("--region", metavar="CODE", help="ISO, M49 or firm region; takes narrower ones in.")
    ] = None
    challenge_type: Annotated[Texts, typer.Option("--challenge-type", metavar="ID", help="Id or name.")] = None
    competency: Annotated[
        Texts, typer.Option("--competency", metavar="ID", help="Id or name; takes narrower ones in.")
    ] = None
    enabler: Annotated[Texts, typer.Option("--enabler", metavar="ID", help="Id or name.")] = None
    outcome: Annotated[
        Texts, typer.Option("--outcome", metavar="NAME", help="success, partial, unsuccessful or ongoing.")
    ] = None
    language: Annotated[Texts, typer.Option("--language", metavar="TAG", help="Language of the case, such as de.")] = (
        None
    )
    since: Annotated[
        date | None,
        typer.Option("--since", parser=day_of, metavar="YYYY-MM-DD", help="Created or verified since this day."),
    ] = None

    def filters(self) -> "Filters":
        """Return the filters that are set, by facet."""
        from search.filters import Filters

        chosen = {
            "industry": self.industry,
            "region": self.region,
            "challenge-type": self.challenge_type,
            "competency": self.competency,
            "enabler": self.enabler,
            "outcome": self.outcome,
            "language": self.language,
        }
        return Filters({facet: tuple(values) for facet, values in chosen.items() if values}, since=self.since)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AnswerOptions:
    """How much of an answer is asked for, and how it is printed."""

    limit: Annotated[
        int | None, typer.Option("--limit", "-n", metavar="N", min=1, max=1000, help="How many cases.  [default: 5]")
    ] = None
    have: Annotated[
        Texts,
        typer.Option(
            "--have",
            metavar="ID",
            help="A competency or enabler that you have; repeatable or with commas. Lists what you lack.",
        ),
    ] = None
    as_json: AsJson = False
    explain: Annotated[bool, typer.Option("--explain", help="Show each arm's score.")] = False

    @property
    def had(self) -> tuple[str, ...]:
        """The ids of `--have`, one by one."""
        return split_ids(self.have or ())


def settings_of(library: Path | None, **options: Any) -> "Settings":
    """Return the settings, with a note on standard error for every variable that none of them reads."""
    from commands.environment import warn_of_strange_variables
    from library.settings import load_settings

    settings = load_settings(library=library, **options)
    warn_of_strange_variables()
    return settings


def split_ids(entries: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of repeated options that may hold several with commas between."""
    return tuple(part.strip() for entry in entries for part in entry.split(",") if part.strip())


def library_option(library: Path | None) -> str:
    """Return the option that names a library in a command line that a user is shown."""
    return f" --library {quoted(library)}" if library else ""


def quoted(path: Path) -> str:
    """Return a path as a shell takes it."""
    return f'"{path}"' if " " in str(path) else str(path)
