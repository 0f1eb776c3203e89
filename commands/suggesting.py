"""The command that suggests what a draft could link to: suggest."""

import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AsJson, AskerOptions, Place, Texts, quoted, split_ids
from commands.streams import print_json, print_note

if TYPE_CHECKING:
    from curation.suggesting.suggestions import Suggestion
    from library.settings import Settings

_HEADINGS = {
    "challenge_types": "Challenge types",
    "competencies": "Competencies",
    "enablers": "Enablers",
    "industries": "Industries",
    "regions": "Regions",
    "related": "Related cases",
}
_RULE = re.compile(r"(?:\|\s*:?-{3,}:?\s*)+\|")
_TABLE = re.compile(r"(?:\s*\|)+\s*")
_NOTHING = "Nothing is suggested beyond what the file names. The index gives the suggestions: is it up to date?"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AcceptOptions:
    """What is taken over."""

    accept: Annotated[
        Texts,
        typer.Option("--accept", metavar="ID", help="Write this into the front matter; repeatable or with commas."),
    ] = None
    accept_all: Annotated[bool, typer.Option("--accept-all", help="Write all that is suggested; read it first.")] = (
        False
    )
    as_json: AsJson = False


def suggest(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A draft of a case, or any text.")],
    *,
    place: Place,
    wish: AcceptOptions,
    who: AskerOptions,
) -> None:
    """Suggest what a draft could link to.

    Challenge types, competencies, enablers, industries, regions and related cases, each with the passage that speaks
    for it. What is accepted is written into the file, and nothing else of it changes.
    """
    from commands.local import open_engine
    from curation.suggesting.accepting import choose
    from curation.suggesting.drafts import Draft
    from curation.suggesting.suggestions import suggest as suggested_for
    from curation.writing import read_text
    from library.settings import known_codes
    from search.view import View

    settings = place.settings()
    root = settings.library if file.resolve().is_relative_to(settings.library.resolve()) else file.parent
    text, tag = read_text(file, root=root)
    draft = Draft.from_text(text, path=_case_path(file, settings))
    with open_engine(settings) as engine:
        view = View(engine, who.asker(settings))
        suggestions = suggested_for(view, draft, codes=known_codes(settings), language=settings.language)
    accepted = suggestions if wish.accept_all else choose(suggestions, split_ids(wish.accept or ()))
    if accepted:
        _write(file, text, tag, accepted, root)
    if wish.as_json:
        rows = [{**suggestion.as_dict(), "accepted": suggestion in accepted} for suggestion in suggestions]
        print_json({"file": str(file), "suggestions": rows})
        return
    if accepted:
        for suggestion in accepted:
            typer.echo(f"{suggestion.field}: {suggestion.value}  {suggestion.label}")
        print_note(f"Written into the front matter of {file}. Next: casebook check {quoted(file)}")
        return
    _present(suggestions)
    said = "--accept ID writes one into the file's front matter." if suggestions else _NOTHING
    print_note(said)


def _case_path(file: Path, settings: "Settings") -> str:
    """Return a file's path in the library; that of a case for a file outside it."""
    from library.documents import type_of_path
    from library.items import FOLDERS

    if file.resolve().is_relative_to(settings.library.resolve()):
        path = file.resolve().relative_to(settings.library.resolve()).as_posix()
        if type_of_path(path):
            return path
    return f"{FOLDERS['business_case']}/{file.stem}.md"


def _write(file: Path, text: str, tag: str, accepted: "list[Suggestion]", root: Path) -> None:
    from curation.suggesting.accepting import accept
    from curation.writing import write_text

    changed = accept(text, accepted)
    if changed != text:
        write_text(file, changed, root=root, replace=True, expect=tag)


def _present(suggestions: "list[Suggestion]") -> None:
    for field, group in groupby(suggestions, key=lambda suggestion: suggestion.field):
        typer.echo(f"{_HEADINGS[field]} ({field})")
        for suggestion in group:
            typer.echo(f"  {suggestion.value}  {suggestion.label}: {_reason(suggestion)}")
            typer.echo(f"      “{_shown(suggestion.passage)}”")
        typer.echo("")


def _shown(passage: str) -> str:
    """Return a passage as one reads it on a line: bars and rules of tables are none of its words."""
    return " ".join(_TABLE.sub(" · ", _RULE.sub(" ", passage)).strip(" ·").split())


def _reason(suggestion: "Suggestion") -> str:
    from curation.suggesting.suggestions import Reason

    carried = f"carried by {', '.join(suggestion.cases)}" if suggestion.cases else ""
    match suggestion.reason:
        case Reason.NAMED:
            return "; ".join(part for part in (f"the text says “{suggestion.words}”", carried) if part)
        case Reason.CARRIED:
            return carried
        case _:
            return "closest in content"
