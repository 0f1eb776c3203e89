"""The desk's commands for items that are there: review, purge, audit."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AsJson, AskerOptions, Place, TypeName
from commands.streams import print_json, print_lines, print_note

if TYPE_CHECKING:
    from curation.review.decisions import Decision, Outcome
    from curation.review.desk import Desk

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of items.")]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; whoever wrote it reads this.", show_default=False)
]
Sure = Annotated[bool, typer.Option("--yes", "-y", help="Do it.")]


class OrderName(StrEnum):
    """What the queue is sorted by."""

    USE = "use"
    OWNER = "owner"
    DUE = "due"


class AuditFormat(StrEnum):
    """What the audit is written as."""

    JSON_LINES = "jsonl"
    CSV = "csv"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ArchiveOptions:
    """Why items go, and whether that is sure."""

    reason: Reason = ""
    yes: Sure = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PurgeOptions:
    """What a purge may do."""

    delete_file: Annotated[bool, typer.Option("--delete-file", help="Delete its file too, if it is there.")] = False
    yes: Sure = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Selection:
    """Which items are verified where no ids are given."""

    overdue: Annotated[bool, typer.Option("--overdue", help="All whose review is due.")] = False
    owner: Annotated[str | None, typer.Option("--owner", metavar="NAME", help="All of one owner.")] = None
    type_name: Annotated[TypeName | None, typer.Option("--type", help="All of one type.")] = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for."""
        return not self.overdue and self.owner is None and self.type_name is None

    def ids(self, desk: "Desk") -> list[str]:
        """Return the approved items that pass all that is given."""
        from curation.drafting import TYPE_NAMES

        kind = TYPE_NAMES[self.type_name] if self.type_name else None
        return [
            id_
            for id_, found in desk.items().items()
            if desk.is_approved(found)
            and (not self.overdue or desk.is_overdue(found))
            and (self.owner is None or (found.item.owner or "").casefold() == self.owner.casefold())
            and (kind is None or found.item.type == kind)
        ]


def queue(
    *,
    place: Place,
    order: Annotated[OrderName, typer.Option("--by", help="Most used first, by owner, or longest due first.")] = (
        OrderName.USE
    ),
    owner: Annotated[str, typer.Option("--owner", metavar="NAME", help="Of one owner alone.")] = "",
    as_json: AsJson = False,
    who: AskerOptions,
) -> None:
    """List what waits: new items, edits that nobody approved, reviews that are due, drafts of yours that came back."""
    from curation.review.queue import QueueOrder, queue_lines, review_queue

    entries = review_queue(_desk(place, who), order=QueueOrder(order.value), owner=owner)
    if as_json:
        print_json([entry.as_dict() for entry in entries])
        return
    if entries:
        print_lines(queue_lines(entries))
    print_note(f"{len(entries)} waiting. Next: casebook review diff ID, then approve or return it.")


def diff(
    item_id: Annotated[str, typer.Argument(metavar="ID", help="An item.")],
    *,
    place: Place,
    unified: Annotated[bool, typer.Option("--unified", "-u", help="By lines instead of by words.")] = False,
    as_json: AsJson = False,
    who: AskerOptions,
) -> None:
    """Show what changed of an item since its last approval on record."""
    from curation.review.diff import review_diff

    found = review_diff(_desk(place, who), item_id)
    if as_json:
        print_json(found.as_dict())
    else:
        print_lines(found.as_lines(unified=unified))


def submit(ids: Ids, *, place: Place, as_json: AsJson = False, who: AskerOptions) -> None:
    """Hand drafts in for review."""
    from curation.review.decisions import submit as decide

    _decide_all(ids, decide, _desk(place, who), as_json=as_json)


def approve(ids: Ids, *, place: Place, as_json: AsJson = False, who: AskerOptions) -> None:
    """Approve items as their files read now; never your own, and a wider audience takes a publisher."""
    from curation.review.decisions import approve as decide

    _decide_all(ids, decide, _desk(place, who), as_json=as_json)


def return_(ids: Ids, *, reason: Reason, place: Place, as_json: AsJson = False, who: AskerOptions) -> None:
    """Make items drafts again, with a reason that their authors find in their queue."""
    from curation.review.decisions import send_back

    _decide_all(ids, lambda desk, id_: send_back(desk, id_, reason), _desk(place, who), as_json=as_json)


def verify(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID...]", help="Ids of items.")] = None,
    *,
    selection: Selection,
    place: Place,
    as_json: AsJson = False,
    who: AskerOptions,
) -> None:
    """Say that approved items still hold: today becomes their day of verification, nothing else changes."""
    from curation.review.decisions import verify as decide

    if bool(ids) is not selection.is_empty:
        raise typer.BadParameter("Give ids, or one or more of --overdue, --owner and --type.")
    desk = _desk(place, who)
    _decide_all(ids or selection.ids(desk), decide, desk, as_json=as_json)


def reassign(
    leaver: Annotated[str, typer.Argument(metavar="FROM", help="Who left, as `owner` or `contact` name him.")],
    successor: Annotated[str, typer.Argument(metavar="TO", help="Who takes over.")],
    *,
    place: Place,
    as_json: AsJson = False,
    who: AskerOptions,
) -> None:
    """Name somebody else as owner and contact of all items of one who left; authors stay."""
    from curation.review.decisions import reassign as decide

    _present(decide(_desk(place, who), leaver, successor), as_json=as_json)
    if not as_json:
        print_note("What you may not see was left alone; someone who sees it can run this too.")


def archive(ids: Ids, *, how: ArchiveOptions, place: Place, as_json: AsJson = False, who: AskerOptions) -> None:
    """Take items out of service; their files stay, with the reason.

    The only approved case for a kind of challenge goes with --yes alone.
    """
    from curation.review.decisions import archive as decide

    desk = _desk(place, who)
    _decide_all(ids, lambda at, id_: decide(at, id_, how.reason, confirmed=how.yes), desk, as_json=as_json)


def purge(
    item_id: Annotated[str, typer.Argument(metavar="ID", help="An item.")],
    *,
    how: PurgeOptions,
    place: Place,
    as_json: AsJson = False,
    who: AskerOptions,
) -> None:
    """Remove an item's text, and say where copies remain.

    It leaves index, caches and state.

    For publishers and administrators. Without --yes it only says what it would do, and ends with status 1.
    """
    from functools import partial

    from commands.progress import shown_progress
    from curation.publishing import publish_library
    from curation.purging import plan_purge, purge_item

    settings = place.settings()
    asker = who.asker(settings)
    if not how.yes:
        plan = plan_purge(settings, asker, item_id)
        if as_json:
            print_json(plan.as_dict())
        else:
            print_lines(plan.as_lines())
            print_note("Nothing was removed; add --yes to do it.")
        raise typer.Exit(1)
    with shown_progress(quiet=as_json) as progress:
        publish = partial(publish_library, progress=progress)
        report = purge_item(settings, asker, item_id, delete_file=how.delete_file, publish=publish)
    if as_json:
        print_json(report.as_dict())
    else:
        print_lines(report.as_lines())


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


def _desk(place: Place, who: AskerOptions) -> "Desk":
    from curation.review.desk import Desk

    settings = place.settings()
    return Desk(settings, who.asker(settings))


def _decide_all(ids: list[str], decide: "Callable[[Desk, str], Decision]", desk: "Desk", *, as_json: bool) -> None:
    from curation.review.decisions import decide_all

    _present(decide_all(ids, lambda id_: decide(desk, id_)), as_json=as_json)


def _present(outcome: "Outcome", *, as_json: bool) -> None:
    """Print what was done; status 1 if anything was refused."""
    if as_json:
        print_json(outcome.as_dict())
    else:
        for decision in outcome.done:
            typer.echo(f"{decision.what.value}  {decision.id}  {decision.path}")
        for refused in outcome.refused:
            print_note(f"{refused.id}: {refused.message}" + (f"\n  {refused.hint}" if refused.hint else ""))
        if outcome.done:
            print_note("Next: casebook index, which publishes it.")
        elif not outcome.refused:
            print_note("There was nothing to do.")
    if outcome.refused:
        raise typer.Exit(1)
