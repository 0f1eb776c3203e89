"""The commands that hand out and check the record of who did what: audit."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from commands.options import AsJson, Place
from commands.streams import print_json


class AuditFormat(StrEnum):
    """What the audit is written as."""

    JSON_LINES = "jsonl"
    CSV = "csv"


def export_audit(
    *,
    form: Annotated[AuditFormat, typer.Option("--format", help="JSON Lines or CSV.")] = AuditFormat.JSON_LINES,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="From this day or time (ISO 8601, UTC).")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before this day or time.")] = None,
    item: Annotated[str, typer.Option("--item", metavar="ID", help="Of one item.")] = "",
    place: Place,
) -> None:
    """Print the audit: who did what with which item, and when.

    Over the API it is for auditors and administrators; here for whoever can read the state's file.
    """
    from curation.review.audit import AuditFilter, as_csv_lines, as_json_lines, audit_lines
    from curation.state import State

    wanted = AuditFilter(since=_time_of(since) if since else "", until=_time_of(until) if until else "", item=item)
    lines = audit_lines(State(place.settings().state_file), wanted)
    for text in as_csv_lines(lines) if form is AuditFormat.CSV else as_json_lines(lines):
        typer.echo(text)


def verify_audit(
    *,
    head: Annotated[
        str, typer.Option("--head", metavar="HASH", help="A last hash that was noted before; it must still be there.")
    ] = "",
    place: Place,
    as_json: AsJson = False,
) -> None:
    """Check that no line of the audit was changed or taken out; status 1 if one was.

    Note the last hash somewhere else: with it, a later check tells whether the end was cut off.
    """
    from curation.review.audit import verify_audit as check
    from curation.state import State

    found = check(State(place.settings().state_file), head=head.strip().lower())
    if as_json:
        print_json(found.as_dict())
    else:
        for fault in found.faults:
            typer.echo(fault)
        typer.echo(f"{found.lines} lines, last hash {found.head or 'none'}: {'DAMAGED' if found.faults else 'whole'}")
    raise typer.Exit(1 if found.faults else 0)


def _time_of(text: str) -> str:
    """Return a day or time as the audit writes them; raises typer.BadParameter for what is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day or time; write 2026-03-31 or 2026-03-31T18:00:00Z.") from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).isoformat(timespec="seconds")
