"""The commands that decide on items: review."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AsJson, AskerOptions, Place, TypeName, library_option
from commands.streams import print_json, print_lines, print_note
from library.access import Role

if TYPE_CHECKING:
    from curation.review.desk import Desk, DeskItem
    from curation.review.settling import Decision
    from curation.review.several import Outcome

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of items.")]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; whoever wrote it reads this.", show_default=False)
]
Sure = Annotated[bool, typer.Option("--yes", "-y", help="Do it.")]


_HOW_TO_DECIDE = " Next: casebook review diff ID, then casebook review approve ID, or return ID --reason TEXT."


class OrderName(StrEnum):
    """What the queue is sorted by."""

    USE = "use"
    OWNER = "owner"
    DUE = "due"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ArchiveOptions:
    """Why items go, and whether that is sure."""

    reason: Reason = ""
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


@dataclass(frozen=True, slots=True)
class _Wish:
    """Where something is decided, by whom, and how that is told."""

    place: Place
    who: AskerOptions
    as_json: bool


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
    print_note(f"{len(entries)} waiting." + (_HOW_TO_DECIDE if entries else " Nothing is to be decided."))


def diff(
    item_id: Annotated[str, typer.Argument(metavar="ID", help="An item.")],
    *,
    place: Place,
    unified: Annotated[bool, typer.Option("--unified", "-u", help="By lines instead of by words.")] = False,
    as_json: AsJson = False,
    who: AskerOptions,
) -> None:
    """Show what changed of an item since its last approval on record, and what the checks say of it."""
    from curation.review.approvable import why_not_approved
    from curation.review.diff import review_diff

    desk = _desk(place, who)
    found = review_diff(desk, item_id)
    if as_json:
        print_json(found.as_dict())
        return
    print_lines(found.as_lines(unified=unified))
    item = desk.item(item_id)
    if told := _check_lines(desk, item):
        print_lines(["", "checks", *(f"  {line}" for line in told)])
    obstacle = why_not_approved(desk, item)
    if obstacle and desk.asker.role is not Role.CONTRIBUTOR:
        print_note(f"You cannot approve it: {obstacle}")


def _check_lines(desk: "Desk", item: "DeskItem") -> list[str]:
    """Return what the checks say of an item's text as the asker sees it: what it refers to unseen is not in there."""
    from curation.checks.checking import Checks, check_text
    from curation.checks.report import text_lines
    from curation.shown_text import shown_text
    from library.errors import EditError

    types = {id_: one.item.type for id_, one in desk.items().items()}
    try:
        text = shown_text(desk, item)
    except EditError as error:
        return [f"Not checked: {error.message}"]
    report = check_text(desk.settings, item.document.path, text, checks=Checks.of(desk.settings), types=types)
    return list(text_lines(report))


def submit(ids: Ids, *, place: Place, as_json: AsJson = False, who: AskerOptions) -> None:
    """Hand drafts in for review."""
    from curation.review.decisions import submit as decide

    _decide_all(ids, decide, _Wish(place, who, as_json))


def approve(ids: Ids, *, place: Place, as_json: AsJson = False, who: AskerOptions) -> None:
    """Approve items as their files read now; never your own, and a wider audience takes a publisher."""
    from curation.review.decisions import approve as decide

    _decide_all(ids, decide, _Wish(place, who, as_json))


def return_(ids: Ids, *, reason: Reason, place: Place, as_json: AsJson = False, who: AskerOptions) -> None:
    """Make items drafts again, with a reason that their authors find in their queue."""
    from curation.review.decisions import send_back

    _decide_all(ids, lambda desk, id_: send_back(desk, id_, reason), _Wish(place, who, as_json))


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
    _decide_all(ids or selection.ids(_desk(place, who)), decide, _Wish(place, who, as_json))


def reassign(
    leaver: Annotated[str, typer.Argument(metavar="FROM", help="Who left, as `owner` or `contact` name him.")],
    successor: Annotated[str, typer.Argument(metavar="TO", help="Who takes over.")],
    *,
    place: Place,
    as_json: AsJson = False,
    who: AskerOptions,
) -> None:
    """Name somebody else as owner and contact of all items of one who left; authors stay."""
    from curation.review.several import reassign as decide

    _present(decide(_desk(place, who), leaver, successor), _Wish(place, who, as_json))
    if not as_json:
        print_note("What you may not see was left alone; someone who sees it can run this too.")


def archive(ids: Ids, *, how: ArchiveOptions, place: Place, as_json: AsJson = False, who: AskerOptions) -> None:
    """Take items out of service; their files stay, with the reason.

    The only approved case for a kind of challenge goes with --yes alone.
    """
    from curation.review.decisions import archive as decide

    wish = _Wish(place, who, as_json)
    _decide_all(ids, lambda desk, id_: decide(desk, id_, how.reason, confirmed=how.yes), wish)


def _desk(place: Place, who: AskerOptions) -> "Desk":
    from curation.review.desk import Desk

    settings = place.settings()
    return Desk(settings, who.asker(settings))


def _decide_all(ids: list[str], decide: "Callable[[Desk, str], Decision]", wish: _Wish) -> None:
    from curation.review.several import decide_all

    desk = _desk(wish.place, wish.who)
    _present(decide_all(ids, lambda id_: decide(desk, id_)), wish)


def _present(outcome: "Outcome", wish: _Wish) -> None:
    """Print what was done; status 1 if anything was refused."""
    if wish.as_json:
        print_json(outcome.as_dict())
    else:
        for decision in outcome.done:
            typer.echo(f"{decision.what.value}  {decision.id}  {decision.path}")
        for refused in outcome.refused:
            more = [part for part in (refused.hint, refused.command) if part]
            print_note("\n  ".join([f"{refused.id}: {refused.message}", *more]))
        if outcome.done:
            print_note(_next_step(outcome.done[0], wish))
        elif not outcome.refused:
            print_note("There was nothing to do.")
    if outcome.refused:
        raise typer.Exit(1)


def _next_step(decision: "Decision", wish: _Wish) -> str:
    from curation.review.audit import Act

    option = library_option(wish.place.library)
    match decision.what:
        case Act.SUBMITTED:
            return f"Next: somebody else approves it; casebook review queue{option} shows what waits."
        case Act.RETURNED:
            return "Its author finds it in his queue, with the reason."
        case _:
            return f"Next: casebook index{option}, which publishes it."
